// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** One field of a protobuf message. `value` is a varint or fixed number (as bigint), or the bytes of a delimited field. */
export interface Field {
  number: number;
  wireType: number;
  value: bigint | Uint8Array;
}

/** A varint at `at` and where it ends. Padded ones are valid. @throws Error when it is cut off or longer than ten bytes. */
function readVarint(bytes: Uint8Array, at: number): [value: bigint, end: number] {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new Error(`varint at ${at} is cut off`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return [BigInt.asUintN(64, value), at + i + 1];
  }
  throw new Error(`varint at ${at} does not end`);
}

/** The bytes of a varint-delimited part at `at`, and where it ends. */
export function readDelimited(bytes: Uint8Array, at: number): [value: Uint8Array, end: number] {
  const [length, from] = readVarint(bytes, at);
  const end = from + Number(length);
  if (end > bytes.length) throw new Error(`part at ${at} of ${length} bytes exceeds its container`);
  return [bytes.subarray(from, end), end];
}

/** The fields of a message, in their order. */
export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  while (at < message.length) {
    const [tag, from] = readVarint(message, at);
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    let value: bigint | Uint8Array;
    if (wireType === 0) [value, at] = readVarint(message, from);
    else if (wireType === 1) [value, at] = [view.getBigUint64(from, true), from + 8];
    else if (wireType === 2) [value, at] = readDelimited(message, from);
    else if (wireType === 5) [value, at] = [BigInt(view.getUint32(from, true)), from + 4];
    else throw new Error(`wire type ${wireType} of field ${number}`);
    fields.push({ number, wireType, value });
  }
  return fields;
}
