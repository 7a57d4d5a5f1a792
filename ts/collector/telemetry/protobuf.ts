// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Fields of a protobuf message, one after the other. */
export class MessageWriter {
  readonly #chunks: Buffer[] = [];

  bytes(field: number, body: Uint8Array): this {
    this.#varint(field * 8 + 2);
    this.#varint(body.length);
    this.#chunks.push(Buffer.from(body));
    return this;
  }

  text(field: number, text: string): this {
    return text === '' ? this : this.bytes(field, Buffer.from(text));
  }

  message(field: number, write: (message: MessageWriter) => void): this {
    const message = new MessageWriter();
    write(message);
    return this.bytes(field, message.finish());
  }

  uint(field: number, value: number): this {
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  fixed64(field: number, value: bigint): this {
    this.#varint(field * 8 + 1);
    this.#chunks.push(fixed64(value));
    return this;
  }

  double(field: number, value: number): this {
    this.#varint(field * 8 + 1);
    this.#chunks.push(double(value));
    return this;
  }

  packed(field: number, values: readonly Buffer[]): this {
    return this.bytes(field, Buffer.concat(values));
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
    bytes.push(value);
    this.#chunks.push(Buffer.from(bytes));
  }
}

export function fixed64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}

export function double(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleLE(value);
  return buffer;
}
