// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { wireFields } from '../../wire.js';

/** Status codes of gRPC, by name, in the order of their numbers. */
export const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type StatusName = (typeof STATUS_NAMES)[number];

/** Codes after which a request may be sent again (OTLP specification, "Failures" of OTLP/gRPC). */
const RETRYABLE: ReadonlySet<StatusName> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** What stands for a missing grpc-status (gRPC, "HTTP to gRPC Status Code Mapping"). */
const OF_HTTP: Readonly<Record<number, StatusName>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** How a call ended. */
export interface GrpcStatus {
  name: StatusName;
  /** From the server; may be empty. */
  message: string;
  /** Milliseconds that the server asked to wait (google.rpc.RetryInfo). */
  retryAfter: number | undefined;
}

/** The status in trailers, or in the headers of an answer without a body; that of HTTP where there is none. */
export function statusOf(trailers: Headers, httpStatus: number): GrpcStatus {
  const code = trailers['grpc-status'];
  if (code === undefined) {
    const name = OF_HTTP[httpStatus] ?? (httpStatus === 200 ? 'INTERNAL' : 'UNKNOWN');
    const message =
      httpStatus === 200 ? 'it ended without a status: is this a gRPC server?' : `HTTP status ${httpStatus}`;
    return { name, message, retryAfter: undefined };
  }
  const name = STATUS_NAMES[Number(code)] ?? 'UNKNOWN';
  return { name, message: percentDecoded(String(trailers['grpc-message'] ?? '')), retryAfter: retryInfo(trailers) };
}

/** Whether a call that ended so may be tried again: exhausted resources only when the server says when. */
export function isRetryable({ name, retryAfter }: GrpcStatus): boolean {
  return RETRYABLE.has(name) || (name === 'RESOURCE_EXHAUSTED' && retryAfter !== undefined);
}

/** Like decodeURIComponent, but what is not encoded right stays as it is (gRPC, "Status-Message"). */
function percentDecoded(text: string): string {
  const bytes: number[] = [];
  const source = Buffer.from(text, 'latin1');
  for (let at = 0; at < source.length; at++) {
    const encoded = source[at] === 0x25 ? /^[0-9a-fA-F]{2}$/.exec(source.toString('latin1', at + 1, at + 3)) : null;
    bytes.push(encoded ? Number.parseInt(encoded[0], 16) : source[at]);
    if (encoded) at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Milliseconds of the RetryInfo in `grpc-status-details-bin`, a google.rpc.Status in base64. */
function retryInfo(trailers: Headers): number | undefined {
  const details = trailers['grpc-status-details-bin'];
  if (details === undefined) return undefined;
  try {
    for (const detail of messages(Buffer.from(String(details), 'base64'), 3)) {
      const type = [...messages(detail, 1)].at(-1)?.toString();
      if (!type?.endsWith('/google.rpc.RetryInfo')) continue;
      const info = [...messages(detail, 2)].at(-1) ?? Buffer.alloc(0);
      return duration([...messages(info, 1)].at(-1) ?? Buffer.alloc(0));
    }
  } catch {
    // Details that cannot be read say nothing.
  }
  return undefined;
}

/** The contents of all fields of one number. */
function* messages(message: Buffer, number: number): Generator<Buffer> {
  for (const field of wireFields(message)) {
    if (field.number === number && Buffer.isBuffer(field.value)) yield field.value;
  }
}

/** Milliseconds of a google.protobuf.Duration; an hour at most. */
function duration(message: Buffer): number {
  let milliseconds = 0;
  for (const { number, value } of wireFields(message)) {
    if (typeof value !== 'number') continue;
    if (number === 1) milliseconds += value * 1000;
    if (number === 2) milliseconds += value / 1e6;
  }
  return Math.min(milliseconds, 3_600_000);
}
