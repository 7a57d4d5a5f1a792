// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** One field of a protobuf message: a number for a varint, else the field's bytes. */
export interface WireField {
  number: number;
  value: number | Buffer;
}

/**
 * The fields of a protobuf message in order. A varint beyond 2^53 loses precision.
 *
 * @throws RangeError when the bytes are not a protobuf message.
 */
export function* wireFields(message: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) break;
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('malformed protobuf: a varint has no end');
  };
  const bytes = (length: number): Buffer => {
    if (length > message.length - at) throw new RangeError('malformed protobuf: a field is longer than its message');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (number === 0) throw new RangeError('malformed protobuf: field number 0');
    if (type === 0) yield { number, value: varint() };
    else if (type === 1) yield { number, value: bytes(8) };
    else if (type === 2) yield { number, value: bytes(varint()) };
    else if (type === 5) yield { number, value: bytes(4) };
    else throw new RangeError(`malformed protobuf: wire type ${type}`);
  }
}
