// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HrTime } from '@opentelemetry/api';
import { textOf } from '../input/text.js';
import type { Scope } from '../record/scope.js';
import {
  type EndFields,
  type EventFields,
  type LinkFields,
  otlpFlags,
  type StartFields,
} from '../record/span-fields.js';
import { parseWord, type SpanIdentity } from '../record/span-identity.js';
import type { SpanRecords } from '../record/span-records.js';
import { useTime } from '../record/writer.js';
import { serializeTraceState } from '../trace/trace-state.js';
import type { StockProducer } from './producer.js';
import type { StockAttributes, StockEvent, StockLink, StockSpan } from './readable-span.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NO_PAIRS: readonly unknown[] = [];

// Keys and values by turns, for the encoders: one array for each purpose serves all records.
const startPairs: unknown[] = [];
const latePairs: unknown[] = [];
const detailPairs: unknown[] = [];

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
  attributePairs = startPairs;
  /** Elements of the pairs that the start was written with, and a copy of them. */
  attributeCount = 0;
  writtenPairs = NO_PAIRS;
  linkCount = 0;
  lastLink: StockLink | undefined = undefined;
  /** Links that have no ids, which the SDK lets through: nobody can export them. */
  badLinks = 0;

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
  attributePairs: detailPairs,
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
  attributePairs: detailPairs,
  attributeCount: 0,
  droppedAttributes: 0,
  keepAtMost: 0,
};

/** Writes the start of a span with everything that it has by then. */
export function writeStart(producer: StockProducer, span: StockSpan): WrittenSpan {
  const written = new WrittenSpan(producer.scopeOf(span.instrumentationScope), producer.records);
  const context = span.spanContext();
  setIdentity(written, context.traceId, context.spanId);
  const parent = span.parentSpanContext;
  if (parent?.spanId) {
    setParent(written, parent.spanId);
  }
  written.kind = span.kind;
  written.flags = otlpFlags(context.traceFlags, parent?.isRemote);
  written.traceState = serializeTraceState(context.traceState);
  writeStartRecords(written, span);
  return written;
}

/** A start record repeated replaces what went before it, so this also serves when a span took back what it had. */
function writeStartRecords(written: WrittenSpan, span: StockSpan): void {
  written.name = textOf(span.name);
  written.attributeCount = fill(startPairs, span.attributes);
  written.writtenPairs = written.attributeCount === 0 ? NO_PAIRS : startPairs.slice(0, written.attributeCount);
  setTime(span.startTime);
  written.records.start(written);
  written.linkCount = 0;
  written.badLinks = 0;
  writeLinks(written, span);
}

/** Writes what the span has got since its start, and its end. Returns the answer of the end's commit. */
export function writeEnd(written: WrittenSpan, span: StockSpan): number {
  const { records } = written;
  let lateCount = collectLatePairs(written, span.attributes);
  if (lateCount < 0 || hasLostLinks(written, span)) {
    writeStartRecords(written, span);
    lateCount = 0;
  } else {
    const name = textOf(span.name);
    if (name !== written.name) {
      records.name(written, name);
    }
    writeLinks(written, span);
  }
  return writeClosing(written, span, lateCount);
}

/** Writes a span that has ended, all at once. */
export function writeWhole(producer: StockProducer, span: StockSpan): void {
  writeClosing(writeStart(producer, span), span, 0);
}

/** Events, late attributes and end: nothing of them is known to the file before. */
function writeClosing(written: WrittenSpan, span: StockSpan, lateCount: number): number {
  const { records } = written;
  for (const stock of span.events) {
    writeEvent(written, stock);
  }
  const { status } = span;
  end.statusCode = status.code;
  end.statusMessage = status.message;
  end.droppedAttributes = span.droppedAttributesCount;
  end.droppedEvents = span.droppedEventsCount;
  end.droppedLinks = span.droppedLinksCount + written.badLinks;
  setTime(span.endTime);
  return records.endWith(written, end, latePairs, lateCount);
}

/**
 * Puts attributes that are new or differ into `latePairs` and returns the count of its elements in use; −1 when one that was
 * written is gone, or does not stand where it stood (a key that is a whole number goes before all others). Values that are objects
 * may have changed within, so they always count as different.
 */
function collectLatePairs(written: WrittenSpan, attributes: StockAttributes): number {
  const { writtenPairs: before } = written;
  let at = 0;
  let late = 0;
  for (const key in ownOnly(attributes)) {
    const value = attributes[key];
    if (at < before.length) {
      if (before[at] !== key) {
        return -1;
      }
      const isSame = before[at + 1] === value && value !== undefined && typeof value !== 'object';
      at += 2;
      if (isSame) {
        continue;
      }
    }
    latePairs[late++] = key;
    latePairs[late++] = value;
  }
  return at < before.length ? -1 : late;
}

/** The SDK drops the oldest link when a span has too many. */
function hasLostLinks(written: WrittenSpan, span: StockSpan): boolean {
  const { linkCount } = written;
  return linkCount > 0 && span.links[linkCount - 1] !== written.lastLink;
}

function writeLinks(written: WrittenSpan, span: StockSpan): void {
  const { links } = span;
  const count = links.length;
  if (count === written.linkCount) {
    return;
  }
  for (let i = written.linkCount; i < count; i++) {
    writeLink(written, links[i]);
  }
  written.linkCount = count;
  written.lastLink = links[count - 1];
}

function writeLink(written: WrittenSpan, stock: StockLink): void {
  const { context } = stock;
  if (typeof context?.traceId !== 'string' || typeof context.spanId !== 'string') {
    written.badLinks++;
    return;
  }
  setIdentity(link, context.traceId, context.spanId);
  link.flags = otlpFlags(context.traceFlags, context.isRemote);
  link.traceState = serializeTraceState(context.traceState);
  link.attributeCount = fill(detailPairs, stock.attributes);
  link.droppedAttributes = stock.droppedAttributesCount ?? 0;
  written.records.link(written, link);
}

function writeEvent(written: WrittenSpan, stock: StockEvent): void {
  event.name = textOf(stock.name);
  event.attributeCount = fill(detailPairs, stock.attributes);
  event.droppedAttributes = stock.droppedAttributesCount ?? 0;
  setTime(stock.time);
  written.records.event(written, event);
}

/** Fills `pairs` with keys and values; returns how many elements of it are in use. */
export function fill(pairs: unknown[], attributes: StockAttributes | undefined): number {
  let count = 0;
  if (attributes !== undefined) {
    for (const key in ownOnly(attributes)) {
      pairs[count++] = key;
      pairs[count++] = attributes[key];
    }
  }
  return count;
}

/**
 * The attributes, sure to have no enumerable properties but their own. `for in` over a plain object is twice as fast as
 * Object.keys; but an attribute named "__proto__" makes the object's prototype of its value in the stock SDK.
 */
function ownOnly(attributes: StockAttributes): StockAttributes {
  const prototype = Object.getPrototypeOf(attributes);
  return prototype === Object.prototype || prototype === null ? attributes : { ...attributes };
}

/** The ids parsed last: the spans of a trace share its id, and siblings their parent's, as the very same string. */
let lastTraceId = '';
const lastTrace = { word0: 0, word1: 0, word2: 0, word3: 0 };
let lastParentId = '';
let lastParent0 = 0;
let lastParent1 = 0;

export function setIdentity(to: SpanIdentity, traceId: string, spanId: string): void {
  if (traceId !== lastTraceId) {
    lastTrace.word0 = parseWord(traceId, 0);
    lastTrace.word1 = parseWord(traceId, 8);
    lastTrace.word2 = parseWord(traceId, 16);
    lastTrace.word3 = parseWord(traceId, 24);
    lastTraceId = traceId;
  }
  to.trace0 = lastTrace.word0;
  to.trace1 = lastTrace.word1;
  to.trace2 = lastTrace.word2;
  to.trace3 = lastTrace.word3;
  to.span0 = parseWord(spanId, 0);
  to.span1 = parseWord(spanId, 8);
}

function setParent(written: WrittenSpan, spanId: string): void {
  if (spanId !== lastParentId) {
    lastParent0 = parseWord(spanId, 0);
    lastParent1 = parseWord(spanId, 8);
    lastParentId = spanId;
  }
  written.hasParent = true;
  written.parent0 = lastParent0;
  written.parent1 = lastParent1;
}

const NANOS_PER_SECOND = 1_000_000_000;

/** The next record's time. Times given by users need not be normal: fractions are cut as the stock exporter cuts them. */
export function setTime(time: HrTime): void {
  let seconds = Math.trunc(time[0]);
  let nanos = Math.trunc(time[1]);
  if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
    const carry = Math.floor(nanos / NANOS_PER_SECOND);
    seconds += carry;
    nanos -= carry * NANOS_PER_SECOND;
  }
  useTime(seconds | 0, nanos | 0);
}
