// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Scope } from './scope.js';
import type { Pairs } from './span-fields.js';
import type { SpanIdentity } from './span-identity.js';

/**
 * What the encoder of log records takes. Values are plain data: nothing of the user's runs while they are encoded. One object
 * serves record after record.
 */
export interface LogFields extends SpanIdentity {
  readonly scope: Scope;
  /** OTLP's numbers, 1 to 24; 0 is unspecified. */
  readonly severityNumber: number;
  readonly severityText: string | undefined;
  readonly eventName: string | undefined;
  /** Any value; undefined: no body. */
  readonly body: unknown;
  readonly attributePairs: Pairs;
  /** Elements of `attributePairs`: twice the number of attributes. */
  readonly attributeCount: number;
  readonly droppedAttributes: number;
  /** Whether the ids are those of a span that the record belongs to. */
  readonly hasSpan: boolean;
  readonly traceFlags: number;
  /** Whether the time is given, in seconds and nanoseconds since the Unix epoch; else the clock tells it at the commit. */
  readonly hasTime: boolean;
  readonly seconds: number;
  readonly nanos: number;
  /** As above, for the time of observation. */
  readonly hasObserved: boolean;
  readonly observedSeconds: number;
  readonly observedNanos: number;
  /** A value was cut or left out already, so that the record is not what the user gave. */
  readonly wasCut: boolean;
}
