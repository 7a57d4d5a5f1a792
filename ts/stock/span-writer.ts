// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HrTime } from '@opentelemetry/api';
import {
  type EndFields,
  type EventFields,
  type LinkFields,
  otlpFlags,
  type StartFields,
} from '../record/span-fields.js';
import { parseWord, type SpanIdentity } from '../record/span-identity.js';
import type { SpanRecords } from '../record/span-records.js';
import { type Scope, useTime } from '../record/writer.js';
import type { Producer } from './producer.js';
import type { StockAttributes, StockEvent, StockLink, StockSpan } from './readable-span.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NO_PAIRS: unknown[] = [];

/**
 * What of an open span is in the file already, so that its end writes only the rest. It serves the encoders as the span's
 * start fields as well: one object a span.
 */
export class WrittenSpan implements StartFields {
  trace0 = 0;
  trace1 = 0;
  trace2 = 0;
  trace3 = 0;
  span0 = 0;
  span1 = 0;
  hasParent = false;
  parent0 = 0;
  parent1 = 0;
  name = '';
  kind = 0;
  flags = 0;
  traceState: string | undefined = undefined;
  attributePairs = NO_PAIRS;
  attributeCount = 0;
  linkCount = 0;
  lastLink: StockLink | undefined = undefined;

  constructor(
    readonly scope: Scope,
    readonly records: SpanRecords,
  ) {}
}

// One object of each kind serves all records: an encoder is done with it when its call returns.
const end: Mutable<EndFields> = {
  statusCode: 0,
  statusMessage: undefined,
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
};
const event: Mutable<EventFields> = {
  name: '',
  attributePairs: NO_PAIRS,
  attributeCount: 0,
  droppedAttributes: 0,
  keepAtMost: 0,
};
const link: Mutable<LinkFields> = {
  trace0: 0,
  trace1: 0,
  trace2: 0,
  trace3: 0,
  span0: 0,
  span1: 0,
  flags: 0,
  traceState: undefined,
  attributePairs: NO_PAIRS,
  attributeCount: 0,
  droppedAttributes: 0,
  keepAtMost: 0,
};
const latePairs: unknown[] = [];

/** Writes the start of a span with everything that it has by then. */
export function writeStart(producer: Producer, span: StockSpan): WrittenSpan {
  const written = new WrittenSpan(producer.scopeOf(span.instrumentationScope), producer.records);
  const context = span.spanContext();
  setIdentity(written, context.traceId, context.spanId);
  const parent = span.parentSpanContext;
  if (parent?.spanId) {
    written.hasParent = true;
    written.parent0 = parseWord(parent.spanId, 0);
    written.parent1 = parseWord(parent.spanId, 8);
  }
  written.kind = span.kind;
  written.flags = otlpFlags(context.traceFlags, parent?.isRemote);
  written.traceState = context.traceState?.serialize();
  writeStartRecords(written, span);
  return written;
}

/** A start record repeated replaces what went before it, so this also serves when a span took back what it had. */
function writeStartRecords(written: WrittenSpan, span: StockSpan): void {
  written.name = span.name;
  written.attributePairs = pairsOf(span.attributes);
  written.attributeCount = written.attributePairs.length;
  setTime(span.startTime);
  written.records.start(written);
  written.linkCount = 0;
  writeLinks(written, span);
}

/** Writes what the span has got since its start, and its end. */
export function writeEnd(written: WrittenSpan, span: StockSpan): void {
  const { records } = written;
  const lateCount = collectLatePairs(written, span.attributes);
  if (lateCount < 0 || hasLostLinks(written, span)) {
    writeStartRecords(written, span);
  } else {
    if (lateCount > 0) {
      records.attributes(written, latePairs, lateCount);
    }
    if (span.name !== written.name) {
      records.name(written, span.name);
    }
    writeLinks(written, span);
  }
  writeClosing(written, span);
}

/** Writes a span that has ended, all at once. */
export function writeWhole(producer: Producer, span: StockSpan): void {
  writeClosing(writeStart(producer, span), span);
}

/** Events and end: nothing of them is known to the file before. */
function writeClosing(written: WrittenSpan, span: StockSpan): void {
  const { records } = written;
  for (const stock of span.events) {
    writeEvent(written, stock);
  }
  const { status } = span;
  end.statusCode = status.code;
  end.statusMessage = status.message;
  end.droppedAttributes = span.droppedAttributesCount;
  end.droppedEvents = span.droppedEventsCount;
  end.droppedLinks = span.droppedLinksCount;
  setTime(span.endTime);
  records.end(written, end);
}

/**
 * Puts attributes that are new or differ into `latePairs` and returns the count of its elements in use; −1 when one that was
 * written is gone or has moved. Values that are objects may have changed within, so they always count as different.
 */
function collectLatePairs(written: WrittenSpan, attributes: StockAttributes): number {
  const { attributePairs: pairs, attributeCount: count } = written;
  let at = 0;
  let late = 0;
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (at < count) {
      if (pairs[at] !== key) {
        return -1;
      }
      const before = pairs[at + 1];
      at += 2;
      if (before === value && typeof value !== 'object') {
        continue;
      }
    }
    latePairs[late++] = key;
    latePairs[late++] = value;
  }
  return at < count ? -1 : late;
}

/** The SDK drops the oldest link when a span has too many. */
function hasLostLinks(written: WrittenSpan, span: StockSpan): boolean {
  const { linkCount } = written;
  return linkCount > 0 && span.links[linkCount - 1] !== written.lastLink;
}

function writeLinks(written: WrittenSpan, span: StockSpan): void {
  const { links } = span;
  for (let i = written.linkCount; i < links.length; i++) {
    writeLink(written, links[i]);
  }
  written.linkCount = links.length;
  written.lastLink = links[links.length - 1];
}

function writeLink(written: WrittenSpan, stock: StockLink): void {
  const { context } = stock;
  setIdentity(link, context.traceId, context.spanId);
  link.flags = otlpFlags(context.traceFlags, context.isRemote);
  link.traceState = context.traceState?.serialize();
  link.attributePairs = pairsOf(stock.attributes);
  link.attributeCount = link.attributePairs.length;
  link.droppedAttributes = stock.droppedAttributesCount ?? 0;
  written.records.link(written, link);
  link.attributePairs = NO_PAIRS;
}

function writeEvent(written: WrittenSpan, stock: StockEvent): void {
  event.name = stock.name;
  event.attributePairs = pairsOf(stock.attributes);
  event.attributeCount = event.attributePairs.length;
  event.droppedAttributes = stock.droppedAttributesCount ?? 0;
  setTime(stock.time);
  written.records.event(written, event);
  event.attributePairs = NO_PAIRS;
}

function pairsOf(attributes: StockAttributes | undefined): unknown[] {
  if (attributes === undefined) {
    return NO_PAIRS;
  }
  const keys = Object.keys(attributes);
  if (keys.length === 0) {
    return NO_PAIRS;
  }
  const pairs: unknown[] = [];
  for (const key of keys) {
    pairs.push(key, attributes[key]);
  }
  return pairs;
}

function setIdentity(to: SpanIdentity, traceId: string, spanId: string): void {
  to.trace0 = parseWord(traceId, 0);
  to.trace1 = parseWord(traceId, 8);
  to.trace2 = parseWord(traceId, 16);
  to.trace3 = parseWord(traceId, 24);
  to.span0 = parseWord(spanId, 0);
  to.span1 = parseWord(spanId, 8);
}

const NANOS_PER_SECOND = 1_000_000_000;

/** The next record's time. Times given by users need not be normal: fractions are cut as the stock exporter cuts them. */
function setTime(time: HrTime): void {
  let seconds = Math.trunc(time[0]);
  let nanos = Math.trunc(time[1]);
  if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
    const carry = Math.floor(nanos / NANOS_PER_SECOND);
    seconds += carry;
    nanos -= carry * NANOS_PER_SECOND;
  }
  useTime(seconds | 0, nanos | 0);
}
