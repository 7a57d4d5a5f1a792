// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** An instrumentation scope and where the current file has it. One object a tracer and writer. */
export class Scope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Readonly<Record<string, unknown>> | undefined;
  readonly droppedAttributes: number;
  /** The epoch of the references; −1 before the first. */
  epoch = -1;
  reference = 0;
  schemaUrlReference = 0;
  /** The field of span records that refers to it, encoded: see `encodeScopeField`. */
  fieldWord0 = 0;
  fieldWord1 = 0;
  fieldLength = 0;

  constructor(
    name?: string,
    version?: string,
    schemaUrl?: string,
    attributes?: Readonly<Record<string, unknown>>,
    droppedAttributes = 0,
  ) {
    this.name = name ?? '';
    this.version = version ?? '';
    this.schemaUrl = schemaUrl ?? '';
    this.attributes = attributes;
    this.droppedAttributes = droppedAttributes;
  }
}
