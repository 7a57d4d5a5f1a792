// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SCRATCH_RECORD, SCRATCH_RECORD_LENGTH } from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import { putKeyValue } from './any-value.js';
import { bounds, DELIMITED, putString, putVarint, SLACK } from './wire.js';

const RESOURCE_ATTRIBUTES_TAG = (1 << 3) | DELIMITED;
const RESOURCE_DROPPED_TAG = 2 << 3;
const SCOPE_NAME_TAG = (1 << 3) | DELIMITED;
const SCOPE_VERSION_TAG = (2 << 3) | DELIMITED;
const SCOPE_ATTRIBUTES_TAG = (3 << 3) | DELIMITED;
const SCOPE_DROPPED_TAG = 4 << 3;

const { bytes } = threadScratch;

type Attributes = Readonly<Record<string, unknown>>;

/** An OTLP Resource message. What exceeds 127 KiB is left out and counted in it. */
export function encodeResource(attributes: Attributes): Uint8Array {
  return encodeAttributes(attributes, RESOURCE_ATTRIBUTES_TAG, RESOURCE_DROPPED_TAG);
}

/** The attributes of an OTLP InstrumentationScope, and how many there are not. */
export function encodeScopeAttributes(attributes: Attributes | undefined, dropped: number): Uint8Array {
  if (attributes === undefined && dropped === 0) return new Uint8Array();
  return encodeAttributes(attributes ?? {}, SCOPE_ATTRIBUTES_TAG, SCOPE_DROPPED_TAG, dropped);
}

/** What an instrumentation scope has. */
interface ScopeFields {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes | undefined;
  readonly droppedAttributes: number;
}

/** An OTLP InstrumentationScope. */
export function encodeScope({ name, version, attributes, droppedAttributes }: ScopeFields): Uint8Array {
  bounds.limit = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH - SLACK;
  bounds.cutting = true;
  let to = putString(SCRATCH_RECORD, SCOPE_NAME_TAG, name);
  to = putString(to, SCOPE_VERSION_TAG, version);
  bounds.cutting = false;
  const head = Uint8Array.prototype.slice.call(bytes, SCRATCH_RECORD, to);
  return Buffer.concat([head, encodeScopeAttributes(attributes, droppedAttributes)]);
}

function encodeAttributes(attributes: Attributes, tag: number, droppedTag: number, droppedBefore = 0): Uint8Array {
  bounds.limit = SCRATCH_RECORD + SCRATCH_RECORD_LENGTH - SLACK;
  bounds.cutting = false;
  let to = SCRATCH_RECORD;
  let dropped = droppedBefore;
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    const end = putKeyValue(to, tag, key, value);
    if (end > bounds.limit) dropped++;
    else to = end;
  }
  if (dropped > 0) {
    bytes[to] = droppedTag;
    to = putVarint(to + 1, dropped);
  }
  return Uint8Array.prototype.slice.call(bytes, SCRATCH_RECORD, to);
}
