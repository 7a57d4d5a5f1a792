// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { randomFillSync } from 'node:crypto';

/** The ids of a span as big-endian words, signed: small integers all, so that they cost no memory of their own. */
export interface SpanIdentity {
  trace0: number;
  trace1: number;
  trace2: number;
  trace3: number;
  span0: number;
  span1: number;
}

/** Eight hexadecimal digits of `text`, in either case, as a signed word. */
export function parseWord(text: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    // Digits are 0x30–0x39, letters 0x41–0x46 or 0x61–0x66. No branch: ids are random, so it would be guessed wrong half the time.
    const code = text.charCodeAt(i);
    word = (word << 4) | ((code & 0xf) + 9 * (code >> 6));
  }
  return word;
}

/** The identity of a span whose ids are known to be valid hexadecimal. */
export function parseIdentity(traceId: string, spanId: string): SpanIdentity {
  return {
    trace0: parseWord(traceId, 0),
    trace1: parseWord(traceId, 8),
    trace2: parseWord(traceId, 16),
    trace3: parseWord(traceId, 24),
    span0: parseWord(spanId, 0),
    span1: parseWord(spanId, 8),
  };
}

const digits = Buffer.alloc(24);

/** Trace id and span id as one string of 48 lowercase hexadecimal digits. */
export function formatIdentity(span: SpanIdentity): string {
  digits.writeInt32BE(span.trace0, 0);
  digits.writeInt32BE(span.trace1, 4);
  digits.writeInt32BE(span.trace2, 8);
  digits.writeInt32BE(span.trace3, 12);
  digits.writeInt32BE(span.span0, 16);
  digits.writeInt32BE(span.span1, 20);
  return digits.toString('hex');
}

/** Two words as 16 hexadecimal digits. */
export function formatSpanId(span0: number, span1: number): string {
  digits.writeInt32BE(span0, 0);
  digits.writeInt32BE(span1, 4);
  return digits.toString('hex', 0, 8);
}

// xoshiro128**: 128 bits of state from the system, a few instructions a word. Each thread has its own.
const state = randomFillSync(new Int32Array(4));
state[0] |= 1;

/** 32 random bits, signed. Ids need to be unlike each other, not secret. */
export function randomWord(): number {
  const s1 = state[1];
  const product = Math.imul(s1, 5);
  const result = Math.imul((product << 7) | (product >>> 25), 9);
  const s2 = state[2] ^ state[0];
  const s3 = state[3] ^ s1;
  state[1] = s1 ^ s2;
  state[0] ^= s3;
  state[2] = s2 ^ (s1 << 9);
  state[3] = (s3 << 11) | (s3 >>> 21);
  return result;
}
