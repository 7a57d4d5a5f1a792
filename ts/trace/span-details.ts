// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, HrTime, Link } from '@opentelemetry/api';

/** An event as span processors see it. */
export interface TimedEvent {
  time: HrTime;
  name: string;
  attributes?: Attributes;
  droppedAttributesCount?: number;
}

/** A link as span processors see it. */
export interface RecordedLink extends Link {
  droppedAttributesCount?: number;
}

/** What few spans have. Events and links themselves are kept only for span processors: the file has them. */
export class SpanDetails {
  eventCount = 0;
  linkCount = 0;
  droppedAttributes = 0;
  droppedEvents = 0;
  droppedLinks = 0;
  statusMessage: string | undefined = undefined;
  readonly events: TimedEvent[] = [];
  readonly links: RecordedLink[] = [];
  /** Where an attribute's key is, once there are many. */
  attributeIndex: Map<string, number> | undefined = undefined;
}
