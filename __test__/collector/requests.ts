// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../../ts/native/binding';

/** A field of a protobuf message: text, bytes or fields as delimited, a number as a varint, a bigint as a fixed64. */
export function field(number: number, value: string | Buffer | number | bigint): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
  if (typeof value === 'bigint') {
    const fixed = Buffer.alloc(8);
    fixed.writeBigUInt64LE(value);
    return Buffer.concat([varint(number * 8 + 1), fixed]);
  }
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest > 127 ? (rest % 128) + 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}

export type Attributes = Record<string, string | number | boolean>;

function attributes(number: number, given: Attributes = {}): Buffer[] {
  return Object.entries(given).map(([key, value]) => {
    const any =
      typeof value === 'string'
        ? field(1, value)
        : typeof value === 'boolean'
          ? field(2, Number(value))
          : field(3, value);
    return field(number, Buffer.concat([field(1, key), field(2, any)]));
  });
}

export interface TestSpan {
  name: string;
  kind?: number;
  traceId?: Buffer;
  attributes?: Attributes;
}

/** An encoded traces request of one resource and one scope. */
export function tracesRequest(spans: readonly TestSpan[], resource: Attributes = {}, scope = 'scope'): Buffer {
  const items = spans.map(({ name, kind = 1, traceId = Buffer.alloc(16, 1), attributes: given }) =>
    field(
      2,
      Buffer.concat([
        field(1, traceId),
        field(2, Buffer.alloc(8, 2)),
        field(5, name),
        field(6, kind),
        field(7, 1_700_000_000_000_000_000n),
        field(8, 1_700_000_000_001_000_000n),
        ...attributes(9, given),
      ]),
    ),
  );
  const group = Buffer.concat([field(1, field(1, scope)), ...items]);
  return field(1, Buffer.concat([field(1, Buffer.concat(attributes(1, resource))), field(2, group)]));
}

export interface TestLog {
  body: string;
  severity?: number;
  attributes?: Attributes;
}

/** An encoded logs request of one resource and one scope. */
export function logsRequest(logs: readonly TestLog[], resource: Attributes = {}, scope = 'scope'): Buffer {
  const items = logs.map(({ body, severity = 9, attributes: given }) =>
    field(
      2,
      Buffer.concat([
        field(1, 1_700_000_000_000_000_000n),
        field(2, severity),
        field(3, severity > 12 ? 'WARN' : 'INFO'),
        field(5, field(1, body)),
        ...attributes(6, given),
      ]),
    ),
  );
  const group = Buffer.concat([field(1, field(1, scope)), ...items]);
  return field(1, Buffer.concat([field(1, Buffer.concat(attributes(1, resource))), field(2, group)]));
}

/** An encoded metrics request with one sum of these points. */
export function metricsRequest(name: string, points: readonly number[], resource: Attributes = {}): Buffer {
  const items = points.map((value) =>
    field(1, Buffer.concat([field(3, 1_700_000_000_000_000_000n), field(6, BigInt(value))])),
  );
  const sum = Buffer.concat([...items, field(2, 2), field(3, 1)]);
  const metric = Buffer.concat([field(1, name), field(3, '1'), field(7, sum)]);
  const group = Buffer.concat([field(1, field(1, 'scope')), field(2, metric)]);
  return field(1, Buffer.concat([field(1, Buffer.concat(attributes(1, resource))), field(2, group)]));
}

/** The spans of a request with their attributes, as plain objects. */
export function spansOf(
  binding: NativeBinding,
  request: Buffer,
): { name: string; attributes: Attributes; resource: Attributes }[] {
  const found = [];
  for (const { resource, scopeSpans } of JSON.parse(binding.requestToJson('traces', request)).resourceSpans) {
    for (const { spans } of scopeSpans) {
      for (const span of spans) {
        found.push({ name: span.name, attributes: plain(span.attributes), resource: plain(resource.attributes) });
      }
    }
  }
  return found;
}

function plain(list: { key: string; value: Record<string, unknown> }[]): Attributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0] as string]));
}
