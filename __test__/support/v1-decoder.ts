// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A reader of otlp-mmap files that knows version 1 only, written from the table of that version and from nothing of this
// package's code: what it cannot read, the readers of others cannot read either. It is strict: a scope reference of 0, a message
// without its one-of, a wrong wire type or bad UTF-8 is an error. What version 1 does not name is kept under `unknown`.

import { readFileSync } from 'node:fs';
import { type Field, readDelimited, readFields } from './protobuf-fields';

export type Value =
  | { string: string }
  | { bool: boolean }
  | { int: bigint }
  | { double: number }
  | { bytes: Uint8Array }
  | { array: Value[] }
  | { map: Attribute[] }
  | { empty: true };
export type Attribute = [key: string, value: Value];
/** Fields that version 1 does not name, by number. */
export type Unknown = Record<number, (bigint | Uint8Array)[]>;

export interface V1Scope {
  name: string;
  version: string;
  attributes: Attribute[];
  resource: Attribute[];
}

export interface V1Link {
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: Attribute[];
  droppedAttributes: number;
  flags: number;
}

interface Message {
  unknown: Unknown;
}

export interface V1Start extends Message {
  parentSpanId: string;
  name: string;
  kind: number;
  time: bigint;
  attributes: Attribute[];
  flags: number;
}

export interface V1SpanRecord {
  index: number;
  traceId: string;
  spanId: string;
  scope: V1Scope;
  start?: V1Start;
  end?: Message & { time: bigint; status?: { code: number; message: string } };
  name?: string;
  attributes?: Message & { attributes: Attribute[] };
  links?: Message & { links: V1Link[] };
}

export interface V1SpanContext {
  traceId: string;
  spanId: string;
  flags: number;
}

export interface V1Event extends Message {
  index: number;
  scope: V1Scope;
  time: bigint;
  severityNumber: number;
  severityText: string;
  body?: Value;
  eventName: string;
  spanContext?: V1SpanContext;
  attributes: Attribute[];
}

export interface V1Metric {
  name: string;
  description: string;
  unit: string;
  /** Name of its scope. */
  scope: string;
  /** Which of its one-of: the field's number. */
  kind: number;
  /** The fields of that message, by number. */
  data: Unknown;
}

export interface V1Measurement extends Message {
  metric: V1Metric;
  attributes: Attribute[];
  time: bigint;
  value: { long: bigint } | { double: number };
  context?: V1SpanContext;
}

export interface V1File {
  startTime: bigint;
  /** Records that are published, oldest first; those that the ring has overwritten are gone. */
  spans: V1SpanRecord[];
  /** One log each. */
  events: V1Event[];
  measurements: V1Measurement[];
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function decodeFile(path: string): V1File {
  const bytes = readFileSync(path);
  const header = (offset: number): number => Number(bytes.readBigInt64LE(offset));
  if (header(0) !== 1) throw new Error(`version ${header(0)}`);
  const [events, spans, measurements, dictionary] = [8, 16, 24, 32].map(header);
  if (!(64 <= events && events < spans && spans < measurements && measurements < dictionary)) {
    throw new Error(`sections out of order: ${events} ${spans} ${measurements} ${dictionary}`);
  }
  if (bytes.subarray(48, 64).some((byte) => byte !== 0)) throw new Error('header bytes 48 to 63 are not zero');
  const decoder = new Decoder(bytes, Number(bytes.readBigInt64LE(dictionary)));
  return {
    startTime: bytes.readBigUInt64LE(40),
    events: readRing(bytes.subarray(events, spans)).map(([index, message]) => decoder.event(index, message)),
    spans: readRing(bytes.subarray(spans, measurements))
      .filter(([, message]) => message.length > 0)
      .map(([index, message]) => decoder.spanRecord(index, message)),
    measurements: readRing(bytes.subarray(measurements, dictionary)).map(([, message]) => decoder.measurement(message)),
  };
}

function readRing(ring: Buffer): [index: number, message: Uint8Array][] {
  const [count, size, , writer] = [0, 8, 16, 24].map((offset) => Number(ring.readBigInt64LE(offset)));
  const slots = 32 + count * 4;
  if (slots + count * size > ring.length) throw new Error(`a ring of ${count} x ${size} exceeds its section`);
  const messages: [number, Uint8Array][] = [];
  for (let index = Math.max(0, writer - count + 1); index <= writer; index++) {
    const slot = index % count;
    if (ring.readInt32LE(32 + slot * 4) !== Math.floor(index / count)) continue;
    const at = slots + slot * size;
    messages.push([index, readDelimited(ring.subarray(at, at + size), 0)[0]]);
  }
  return messages;
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  #entry(reference: bigint): Uint8Array {
    if (reference <= 0n || Number(reference) >= this.#end)
      throw new Error(`reference ${reference} is outside of the dictionary`);
    return readDelimited(this.#bytes, Number(reference))[0];
  }

  #text(reference: bigint): string {
    return reference === 0n ? '' : utf8.decode(this.#entry(reference));
  }

  measurement(message: Uint8Array): V1Measurement {
    const fields = new Fields(message);
    const metric = new Fields(this.#entry(fields.varint(1)));
    const kinds = [5, 6, 7, 8].filter((number) => metric.has(number));
    if (kinds.length !== 1) throw new Error(`a metric of ${kinds.length} kinds`);
    return {
      metric: {
        name: metric.text(1),
        description: metric.text(2),
        unit: metric.text(3),
        scope: this.#text(new Fields(this.#entry(metric.varint(4))).varint(1)),
        kind: kinds[0],
        data: new Fields(metric.bytes(kinds[0])).unknown(),
      },
      attributes: fields.all(2).map((pair) => this.attribute(pair)),
      time: fields.fixed(3, 1),
      value: fields.has(4)
        ? { long: BigInt.asIntN(64, fields.varint(4)) }
        : { double: new Float64Array(new BigUint64Array([fields.fixed(5, 1)]).buffer)[0] },
      context: fields.has(6) ? spanContext(new Fields(fields.bytes(6))) : undefined,
      unknown: fields.unknown(1, 2, 3, 4, 5, 6),
    };
  }

  spanRecord(index: number, message: Uint8Array): V1SpanRecord {
    const fields = new Fields(message);
    const record: V1SpanRecord = {
      index,
      traceId: fields.id(1, 16),
      spanId: fields.id(2, 8),
      scope: this.#scope(fields.varint(20)),
    };
    const parts = [11, 12, 13, 14, 15].filter((number) => fields.has(number));
    if (parts.length !== 1) throw new Error(`span record ${index} has ${parts.length} of its one-of`);
    const part = new Fields(fields.bytes(parts[0]));
    if (parts[0] === 11) record.start = this.#start(part);
    else if (parts[0] === 12) record.end = end(part);
    else if (parts[0] === 13) record.name = part.text(5);
    else if (parts[0] === 14) record.attributes = { attributes: this.#attributes(part, 9), unknown: part.unknown(9) };
    else record.links = { links: part.all(13).map((link) => this.#link(new Fields(link))), unknown: part.unknown(13) };
    return record;
  }

  event(index: number, message: Uint8Array): V1Event {
    const fields = new Fields(message);
    return {
      index,
      scope: this.#scope(fields.varint(1)),
      time: fields.fixed(2, 1),
      severityNumber: Number(fields.varint(3)),
      severityText: fields.text(4),
      body: fields.has(5) ? this.#value(fields.bytes(5)) : undefined,
      eventName: this.#text(fields.varint(6)),
      spanContext: fields.has(7) ? spanContext(new Fields(fields.bytes(7))) : undefined,
      attributes: this.#attributes(fields, 8),
      unknown: fields.unknown(1, 2, 3, 4, 5, 6, 7, 8),
    };
  }

  #start(part: Fields): V1Start {
    return {
      parentSpanId: part.has(4) ? part.id(4, 8) : '',
      name: part.text(5),
      kind: Number(part.varint(6)),
      time: part.fixed(7, 1),
      attributes: this.#attributes(part, 9),
      flags: Number(part.fixed(16, 5)),
      unknown: part.unknown(4, 5, 6, 7, 9, 16),
    };
  }

  #link(link: Fields): V1Link {
    return {
      traceId: link.id(1, 16),
      spanId: link.id(2, 8),
      traceState: link.text(3),
      attributes: this.#attributes(link, 4),
      droppedAttributes: Number(link.varint(5)),
      flags: Number(link.fixed(6, 5)),
    };
  }

  #scope(reference: bigint): V1Scope {
    const scope = new Fields(this.#entry(reference));
    const resource = new Fields(this.#entry(scope.varint(5)));
    return {
      name: this.#text(scope.varint(1)),
      version: this.#text(scope.varint(2)),
      attributes: this.#attributes(scope, 3),
      resource: this.#attributes(resource, 1),
    };
  }

  #attributes(message: Fields, field: number): Attribute[] {
    return message.all(field).map((pair) => this.attribute(pair));
  }

  /** A KeyValueRef. */
  attribute(message: Uint8Array): Attribute {
    const pair = new Fields(message);
    const key = pair.varint(1);
    if (key === 0n) throw new Error('an attribute without a key');
    return [this.#text(key), pair.has(2) ? this.#value(pair.bytes(2)) : { empty: true }];
  }

  #value(message: Uint8Array): Value {
    const [field, ...others] = readFields(message);
    if (others.length > 0) throw new Error('a value with more than one form');
    if (field === undefined) return { empty: true };
    const value = new Fields(message);
    switch (field.number) {
      case 1:
        return { string: value.text(1) };
      case 2:
        return { bool: value.varint(2) !== 0n };
      case 3:
        return { int: BigInt.asIntN(64, value.varint(3)) };
      case 4:
        return { double: new Float64Array(new BigUint64Array([value.fixed(4, 1)]).buffer)[0] };
      case 5:
        return { array: new Fields(value.bytes(5)).all(1).map((element) => this.#value(element)) };
      case 6:
        return { map: new Fields(value.bytes(6)).all(1).map((pair) => this.attribute(pair)) };
      case 7:
        return { bytes: value.bytes(7) };
      case 8:
        return this.#value(this.#entry(value.varint(8)));
      default:
        throw new Error(`a value of unknown form ${field.number}`);
    }
  }
}

function spanContext(context: Fields): V1SpanContext {
  return { spanId: context.id(1, 8), traceId: context.id(2, 16), flags: Number(context.fixed(3, 5)) };
}

function end(part: Fields): V1SpanRecord['end'] {
  const status = part.has(15) ? new Fields(part.bytes(15)) : undefined;
  return {
    time: part.fixed(8, 1),
    status: status && { code: Number(status.varint(3)), message: status.text(2) },
    unknown: part.unknown(8, 15),
  };
}

/** The fields of a message by number; of a singular field the last one counts. */
class Fields {
  readonly #fields: Field[];

  constructor(message: Uint8Array) {
    this.#fields = readFields(message);
  }

  has(number: number): boolean {
    return this.#fields.some((field) => field.number === number);
  }

  #last(number: number, wireType: number): bigint | Uint8Array | undefined {
    const found = this.#fields.findLast((field) => field.number === number);
    if (found !== undefined && found.wireType !== wireType)
      throw new Error(`field ${number} has wire type ${found.wireType}`);
    return found?.value;
  }

  varint(number: number): bigint {
    return (this.#last(number, 0) ?? 0n) as bigint;
  }

  fixed(number: number, wireType: 1 | 5): bigint {
    return (this.#last(number, wireType) ?? 0n) as bigint;
  }

  bytes(number: number): Uint8Array {
    return (this.#last(number, 2) ?? new Uint8Array()) as Uint8Array;
  }

  text(number: number): string {
    return utf8.decode(this.bytes(number));
  }

  id(number: number, length: number): string {
    const bytes = this.bytes(number);
    if (bytes.length !== length) throw new Error(`an id of ${bytes.length} bytes`);
    return Buffer.from(bytes).toString('hex');
  }

  all(number: number): Uint8Array[] {
    return this.#fields.filter((field) => field.number === number).map((field) => field.value as Uint8Array);
  }

  unknown(...known: number[]): Unknown {
    const unknown: Unknown = {};
    for (const { number, value } of this.#fields) {
      if (known.includes(number)) continue;
      unknown[number] ??= [];
      unknown[number].push(value);
    }
    return unknown;
  }
}
