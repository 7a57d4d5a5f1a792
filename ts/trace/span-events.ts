// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, diag, type Link, type SpanContext } from '@opentelemetry/api';
import { type CollectedAttributes, collect, toAttributes } from '../attributes/valid.js';
import { warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';
import { useTimeInput } from '../input/time.js';
import { COMMIT_PUBLISHED } from '../native/layout.js';
import { pendingAttributes } from '../record/pending-attributes.js';
import { type LinkFields, otlpFlags } from '../record/span-fields.js';
import { parseIdentity } from '../record/span-identity.js';
import { recordTime, useClock } from '../record/writer.js';
import type { SpanData } from './span-data.js';
import type { SpanDetails } from './span-details.js';
import { serializeTraceState } from './trace-state.js';

// Events and links go to the file at once. At its limit a span drops the oldest, as the stock SDK does: the record of the newest
// tells the reader how many to keep.

export function recordEvent(
  span: SpanData,
  details: SpanDetails,
  name: string,
  attributes: unknown,
  time: unknown,
): void {
  const { limits, records, processors, redaction } = span.origin;
  if (limits.eventCountLimit === 0) {
    diag.warn('No events allowed.');
    details.droppedEvents++;
    return;
  }
  const overLimit = details.eventCount >= limits.eventCountLimit;
  if (overLimit) {
    if (details.droppedEvents === 0) diag.debug('Dropping extra events.');
    details.events.shift();
    details.droppedEvents++;
  } else {
    details.eventCount++;
  }
  const collected = collect(
    attributes,
    limits.attributePerEventCountLimit,
    limits.attributeValueLengthLimit,
    redaction,
  );
  const text = textOf(name);
  if (span.inFile) pendingAttributes.flushOf(span);
  const given = useTimeInput(time);
  if (!given) useClock(span.anchor, 0, 0);
  let status = -1;
  if (span.inFile) {
    status = records.event(span, {
      name: text,
      attributePairs: collected.pairs,
      attributeCount: collected.pairs.length,
      droppedAttributes: collected.dropped,
      keepAtMost: overLimit ? limits.eventCountLimit : 0,
    });
  }
  if (processors === undefined) return;
  if (status !== COMMIT_PUBLISHED && !given) records.writer.readClock();
  details.events.push({
    name: text,
    attributes: attributesOf(collected),
    time: [recordTime.seconds >>> 0, recordTime.nanos],
    droppedAttributesCount: collected.dropped,
  });
}

export function recordLink(span: SpanData, details: SpanDetails, link: Link): void {
  const { limits, records, processors, redaction } = span.origin;
  if (limits.linkCountLimit === 0) {
    details.droppedLinks++;
    return;
  }
  const { context, attributes } = link ?? {};
  if (!isEncodable(context)) {
    warnOnce('a link without a trace id of 32 and a span id of 16 hexadecimal digits is dropped');
    details.droppedLinks++;
    return;
  }
  const overLimit = details.linkCount >= limits.linkCountLimit;
  if (overLimit) {
    if (details.droppedLinks === 0) diag.debug('Dropping extra links.');
    details.links.shift();
    details.droppedLinks++;
  } else {
    details.linkCount++;
  }
  const collected = collect(attributes, limits.attributePerLinkCountLimit, limits.attributeValueLengthLimit, redaction);
  if (span.inFile) {
    pendingAttributes.flushOf(span);
    records.link(span, linkFields(context, collected, overLimit ? limits.linkCountLimit : 0));
  }
  if (processors === undefined) return;
  details.links.push({
    context,
    ...(collected.pairs.length > 0 && { attributes: attributesOf(collected) }),
    ...(collected.dropped > 0 && { droppedAttributesCount: collected.dropped }),
  });
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;

/** Ids of the right form; zeros, which are valid nowhere else, are kept as the stock SDK keeps them. */
function isEncodable(context: SpanContext | undefined): context is SpanContext {
  return context !== undefined && context !== null && TRACE_ID.test(context.traceId) && SPAN_ID.test(context.spanId);
}

function attributesOf({ pairs }: CollectedAttributes): Attributes {
  return toAttributes(pairs, pairs.length);
}

function linkFields(context: SpanContext, collected: CollectedAttributes, keepAtMost: number): LinkFields {
  return {
    ...parseIdentity(context.traceId, context.spanId),
    flags: otlpFlags(context.traceFlags, context.isRemote),
    traceState: serializeTraceState(context.traceState),
    attributePairs: collected.pairs,
    attributeCount: collected.pairs.length,
    droppedAttributes: collected.dropped,
    keepAtMost,
  };
}
