// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** What a piece becomes when it is split or changed. */
export interface PiecePart {
  body: Buffer;
  /** Spans, log records or data points within. */
  items: number;
}

/** A single value; an int has up to 64 bits, so it comes as text. */
export interface ScalarValue {
  kind: 'string' | 'bool' | 'int' | 'double';
  text: string;
}

/** One change to a list of attributes. */
export interface AttributeAction {
  action: 'insert' | 'update' | 'upsert' | 'delete' | 'hash';
  key?: string;
  /** delete and hash: a regular expression that keys match. */
  pattern?: string;
  /** insert, update, upsert: the value, or the attribute that has it. */
  value?: ScalarValue;
  fromAttribute?: string;
}

/** A test of a text: it is this one, or it matches a regular expression (RE2's syntax). */
export type TextTest = { exact: string } | { pattern: string };

/** A test of an attribute: without either member, it is there. */
export interface AttributeTest {
  key: string;
  exact?: ScalarValue;
  pattern?: string;
}

/** What an item has to be; an empty list asks for nothing. */
export interface ItemCondition {
  services: TextTest[];
  resourceAttributes: AttributeTest[];
  scopeNames: TextTest[];
  /** Of spans and metrics. */
  names: TextTest[];
  spanKinds: number[];
  attributes: AttributeTest[];
  severityTexts: TextTest[];
  /** The least one; `matchUndefined`: also records without. */
  severityNumber?: number;
  matchUndefined: boolean;
  bodies: TextTest[];
}

/** What fits the first, less what fits the second. */
export interface ItemSelector {
  include?: ItemCondition;
  exclude?: ItemCondition;
}

export interface SamplerSettings {
  /** 0 to 100. */
  percentage: number;
  seed: number;
  /** Also items that have nothing to be sampled by. */
  keepWithout: boolean;
  /** Log records: an attribute to sample by instead of the trace id. */
  attribute?: string;
  /** Log records: an attribute with a percentage of its own. */
  priority?: string;
}

/** What a processor on pieces does. */
export type ProcessorPlan =
  | { resource: AttributeAction[] }
  | { attributes: AttributeAction[]; selector?: ItemSelector }
  | { filter: ItemSelector }
  | { sampler: SamplerSettings };

/** A processor on pieces of one signal. */
export interface NativePieceProcessor {
  /** What becomes of a piece; null where it stays as it is. Throws when the bytes are no piece of the signal. */
  process(body: Uint8Array): PiecePart | null;
}

/** Changes to encoded pieces, on their bytes. */
export interface PieceCalls {
  /**
   * Splits a piece between items: `first` of them (0: there is no such part), then as many as `each` in every part, the rest in
   * the last. Resource and scope are repeated, and the metric whose data points are cut. Only the bytes are needed. Throws when
   * they are no piece of the signal.
   */
  splitPiece(signal: string, body: Uint8Array, first: number, each: number): PiecePart[];
  /** What is wrong with a regular expression; null for one that can be used. */
  patternProblem(expression: string): string | null;
  /** Throws with a sentence about a regular expression that cannot be right. */
  createPieceProcessor(signal: string, plan: ProcessorPlan): NativePieceProcessor;
}
