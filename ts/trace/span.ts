// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  type Attributes,
  type AttributeValue,
  type Context,
  diag,
  type Exception,
  type Link,
  type Span,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { isAttributeValue, limitLength, readAttributes, warnInvalid } from '../attributes/valid.js';
import { warnOnce } from '../config/warn-once.js';
import { textOf } from '../input/text.js';
import { isTimeInput, useTimeInput } from '../input/time.js';
import * as layout from '../native/layout.js';
import { pendingAttributes } from '../record/pending-attributes.js';
import { recordTime, useClock, useTime } from '../record/writer.js';
import { describeException } from './exception.js';
import { acquirePairs, NO_PAIRS, releasePairs } from './pairs.js';
import * as data from './span-data.js';
import type { SpanDetails } from './span-details.js';
import { recordEvent, recordLink } from './span-events.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const { COMMIT_PUBLISHED } = layout;
const { ENDED, ENDING, IN_FILE, STATUS, STATUS_SHIFT } = data;

// The API's SpanStatusCode.
const UNSET = 0;
const OK = 1;
const ERROR = 2;

/** Attributes (two elements each) from which a map finds the keys. */
const MANY_ELEMENTS = 32;

/**
 * A recording span: each call is in the file when it returns, attributes at the end of the turn. Without span processors its
 * attributes, events and links are not kept beyond what the file needs.
 *
 * Its private methods are private to TypeScript only: a class with `#methods` costs each new object a call into the runtime.
 */
export class MmapSpan extends data.SpanData implements Span, ReadableSpan {
  /** @internal Commits the start (of a sampled span), adds the links and tells the span processors. */
  begin(
    context: Context,
    attributes: Attributes | undefined,
    links: Link[] | undefined,
    startTime: TimeInput | undefined,
  ): void {
    const { records, processors } = this.origin;
    if (attributes !== undefined && attributes !== null) this.storeAll(attributes);
    const given = useTimeInput(startTime);
    if (!given) useClock(-1, 0, 0);
    if ((this.packed & 1) === 1 && records.start(this) === COMMIT_PUBLISHED) this.packed |= IN_FILE;
    else if (!given) records.writer.readClock();
    this.startSeconds = recordTime.seconds;
    this.startNanos = recordTime.nanos;
    if (!given) this.anchor = recordTime.anchor;
    if (links !== undefined && links !== null) this.addLinks(links);
    processors?.onStart(this, context);
  }

  private storeAll(attributes: Attributes): void {
    try {
      this.store(attributes);
    } catch {
      // A getter threw: once more, with care. What is stored already is stored again.
      for (const [key, value] of readAttributes(attributes)) {
        if (value !== undefined && value !== null) this.keep(key, value);
      }
    }
  }

  /** The attributes that the span begins with: keys of one object, so each is new. */
  private store(attributes: Attributes): void {
    for (const key in attributes) {
      // biome-ignore lint/suspicious/noPrototypeBuiltins: the compiler knows this form within for-in; hasOwn costs a call a key
      if (!Object.prototype.hasOwnProperty.call(attributes, key)) continue;
      const value = attributes[key];
      if (value !== undefined && value !== null && this.isValid(key, value)) {
        this.append(key, this.limited(key, value));
      }
    }
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (value === undefined || value === null || this.refuses()) return this;
    const at = this.keep(key, value);
    if (at !== -1 && (this.packed & IN_FILE) !== 0) {
      pendingAttributes.add(this.origin.records, this, key, this.attributePairs[at]);
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.refuses()) return this;
    try {
      for (const key in attributes) {
        // biome-ignore lint/suspicious/noPrototypeBuiltins: as above
        if (Object.prototype.hasOwnProperty.call(attributes, key))
          this.setAttribute(key, attributes[key] as AttributeValue);
      }
    } catch {
      // A getter threw: once more, with care.
      for (const [key, value] of readAttributes(attributes)) this.setAttribute(key, value as AttributeValue);
    }
    return this;
  }

  /** Stores a valid attribute within the limits. Returns where its value is, or −1. */
  private keep(key: string, value: unknown): number {
    if (!this.isValid(key, value)) return -1;
    const kept = this.limited(key, value);
    if (kept === undefined) return -1;
    const found = this.find(key, this.attributeCount);
    if (found === -1) return this.append(key, kept);
    this.attributePairs[found] = kept;
    return found;
  }

  private isValid(key: string, value: unknown): boolean {
    if (typeof key !== 'string' || key === '') {
      warnInvalid('key', key);
      return false;
    }
    // `typeof` compared at once is a look at the value, kept in a variable it is a call for the type's name.
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return true;
    if (isAttributeValue(value)) return true;
    warnInvalid('value', key);
    return false;
  }

  /** What is kept of a valid value; undefined: the user's hook leaves it out. */
  private limited(key: string, value: unknown): unknown {
    const { limits, redaction } = this.origin;
    if (redaction !== undefined) return redaction.of(key, limitLength(value, limits.attributeValueLengthLimit));
    if (typeof value === 'number' || typeof value === 'boolean') return value;
    const limit = limits.attributeValueLengthLimit;
    return typeof value === 'string' && value.length <= limit ? value : limitLength(value, limit);
  }

  /** Stores an attribute whose key is new. Returns where its value is, or −1 when there is none, or are too many. */
  private append(key: string, value: unknown): number {
    if (value === undefined) return -1;
    const count = this.attributeCount;
    if (count / 2 >= this.origin.limits.attributeCountLimit) {
      this.detail().droppedAttributes++;
      return -1;
    }
    if (count === 0) this.attributePairs = acquirePairs();
    this.attributePairs[count] = key;
    this.attributePairs[count + 1] = value;
    this.attributeCount = count + 2;
    this.keyBits |= keyBit(key);
    if (count >= MANY_ELEMENTS) this.details?.attributeIndex?.set(key, count + 1);
    return count + 1;
  }

  /** Where the value of `key` is, or −1. */
  private find(key: string, count: number): number {
    if ((this.keyBits & keyBit(key)) === 0) return -1;
    const pairs = this.attributePairs;
    if (count < MANY_ELEMENTS) {
      for (let i = 0; i < count; i += 2) if (pairs[i] === key) return i + 1;
      return -1;
    }
    const details = this.detail();
    if (details.attributeIndex === undefined) {
      details.attributeIndex = new Map();
      for (let i = 0; i < count; i += 2) details.attributeIndex.set(pairs[i] as string, i + 1);
    }
    return details.attributeIndex.get(key) ?? -1;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.refuses()) return this;
    let attributes: unknown = attributesOrTime;
    let given: unknown = time;
    if (isTimeInput(attributesOrTime)) {
      if (!isTimeInput(time)) given = attributesOrTime;
      attributes = undefined;
    }
    recordEvent(this, this.detail(), name, attributes, given);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    let attributes: Attributes | undefined;
    try {
      attributes = describeException(exception);
    } catch {
      // A getter of the error threw.
    }
    if (attributes === undefined) diag.warn('Failed to record an exception', exception);
    else this.addEvent('exception', attributes, time);
  }

  addLink(link: Link): this {
    if (this.refuses()) return this;
    try {
      recordLink(this, this.detail(), link);
    } catch (error) {
      warnUnreadable('link', error);
    }
    return this;
  }

  addLinks(links: Link[]): this {
    try {
      for (const link of links) this.addLink(link);
    } catch (error) {
      warnUnreadable('list of links', error);
    }
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.refuses()) return this;
    try {
      const { code, message } = status;
      const current = this.statusCode;
      if (code === UNSET || current === OK) return this;
      this.packed = (this.packed & ~STATUS) | ((code << STATUS_SHIFT) & STATUS);
      let text: string | undefined;
      if (code === ERROR) {
        if (typeof message === 'string') text = message;
        else if (message !== undefined && message !== null) {
          diag.warn(`Dropping invalid status.message of type '${typeof message}', expected 'string'`);
        }
      }
      if (text !== undefined || this.details !== undefined) this.detail().statusMessage = text;
      if (this.inFile) pendingAttributes.addStatus(this.origin.records, this, this);
    } catch (error) {
      warnUnreadable('status', error);
    }
    return this;
  }

  updateName(name: string): this {
    if (this.refuses()) return this;
    this.name = textOf(name);
    if (this.inFile) {
      pendingAttributes.flushOf(this);
      this.origin.records.name(this, this.name);
    }
    return this;
  }

  end(endTime?: TimeInput): void {
    if ((this.packed & (ENDED | ENDING)) !== 0) {
      const { traceId, spanId } = this.spanContext();
      diag.error(`${this.name} ${traceId}-${spanId} - You can only call end() on a span once.`);
      return;
    }
    const { details } = this;
    if (details !== undefined) warnOfDrops(details);
    const { records, processors } = this.origin;
    const given = endTime !== undefined && useTimeInput(endTime);
    if (given) this.notBeforeStart();
    else useClock(this.anchor, this.startSeconds, this.startNanos);
    if (processors !== undefined || !this.inFile) {
      if (!given) records.writer.readClock();
      this.endSeconds = recordTime.seconds;
      this.endNanos = recordTime.nanos;
      this.packed |= ENDING;
      processors?.onEnding(this);
      useTime(this.endSeconds, this.endNanos);
    }
    if (this.inFile) {
      pendingAttributes.end(records, this, this);
      this.endSeconds = recordTime.seconds;
      this.endNanos = recordTime.nanos;
    }
    this.packed |= ENDED;
    if (processors !== undefined) {
      processors.onEnd(this);
      return;
    }
    releasePairs(this.attributePairs, this.attributeCount);
    this.attributePairs = NO_PAIRS;
    this.attributeCount = 0;
  }

  /** An end before the start becomes the start, as in the stock SDK. */
  private notBeforeStart(): void {
    const late = (recordTime.seconds >>> 0) - (this.startSeconds >>> 0) || recordTime.nanos - this.startNanos;
    if (late >= 0) return;
    diag.warn('Inconsistent start and end time, startTime > endTime. Setting span duration to 0ms.');
    useTime(this.startSeconds, this.startNanos);
  }

  isRecording(): boolean {
    return (this.packed & ENDED) === 0;
  }

  private refuses(): boolean {
    if ((this.packed & ENDED) === 0) return false;
    const { traceId, spanId } = this.spanContext();
    diag.warn(`Cannot execute the operation on ended Span {traceId: ${traceId}, spanId: ${spanId}}`);
    return true;
  }
}

/** One of 32 bits by the key: a span that has no key of this bit has not this key. */
function keyBit(key: string): number {
  return 1 << key.length;
}

/** The types forbid it, and JavaScript allows it: null, an object whose getter throws. The stock SDK throws; an app must not suffer. */
function warnUnreadable(what: string, error: unknown): void {
  warnOnce(`a ${what} that cannot be read is left out`, error);
}

function warnOfDrops({ droppedEvents, droppedLinks }: SpanDetails): void {
  if (droppedEvents > 0) diag.warn(`Dropped ${droppedEvents} events because eventCountLimit reached`);
  if (droppedLinks > 0) diag.warn(`Dropped ${droppedLinks} links because linkCountLimit reached`);
}
