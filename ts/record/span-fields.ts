// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Scope } from './scope.js';
import type { SpanIdentity } from './span-identity.js';

// What the encoders of span records take. A span of our own provider has these as its fields, so that nothing is built per
// record; the writer for stock spans fills one object again and again.

/** Keys and values by turns. A count beside it says how many elements are in use. */
export type Pairs = readonly unknown[];

export interface RecordedSpan extends SpanIdentity {
  readonly scope: Scope;
}

/** Status as the API has it: 0 unset, 1 ok, 2 error. */
export interface StatusFields {
  readonly statusCode: number;
  readonly statusMessage: string | undefined;
}

export interface StartFields extends RecordedSpan {
  readonly hasParent: boolean;
  readonly parent0: number;
  readonly parent1: number;
  readonly name: string;
  /** As the API has it: 0 is internal. */
  readonly kind: number;
  /** OTLP's flags: see `otlpFlags`. */
  readonly flags: number;
  readonly traceState: string | undefined;
  readonly attributePairs: Pairs;
  /** Elements of `attributePairs`: twice the number of attributes. */
  readonly attributeCount: number;
}

export interface EndFields extends StatusFields {
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
}

export interface EventFields {
  readonly name: string;
  readonly attributePairs: Pairs;
  readonly attributeCount: number;
  readonly droppedAttributes: number;
  /** The span's limit of events when this one exceeds it, so that the oldest goes; else 0. */
  readonly keepAtMost: number;
}

export interface LinkFields extends SpanIdentity {
  readonly flags: number;
  readonly traceState: string | undefined;
  readonly attributePairs: Pairs;
  readonly attributeCount: number;
  readonly droppedAttributes: number;
  /** As for events. */
  readonly keepAtMost: number;
}

/** W3C flags; "it is known whether the context is remote"; and whether it is. */
export function otlpFlags(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0);
}
