// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ITEM_NAMES, type Signal } from '../../batch';
import { wireFields } from '../../wire';
import type { Outcome } from '../attempt';
import type { PostResponse } from './post';

/** Characters of a destination's message that are shown. */
const MAX_MESSAGE = 4096;

/** Milliseconds that a destination may ask to wait: a longer wait is taken as this one. */
const MAX_RETRY_AFTER = 3_600_000;

/** Statuses after which a request may be sent again (OTLP specification, "Retryable Response Codes"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What an answer means for the batch that was sent. */
export function outcomeOf(response: PostResponse, signal: Signal, now = Date.now()): Outcome {
  const { status } = response;
  if (status >= 200 && status < 300) return success(response, signal);
  const message = errorMessage(response);
  const reason = `it answered ${status} ${response.statusText}`.trimEnd() + (message && `: ${message}`);
  if (!RETRYABLE.has(status)) return { kind: 'failed', reason };
  return { kind: 'retry', reason, after: retryAfter(response.headers['retry-after'], now) };
}

/**
 * Milliseconds that a Retry-After header asks to wait, given as seconds or as a date (RFC 9110, section 10.2.3);
 * an hour at most.
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, MAX_RETRY_AFTER);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), MAX_RETRY_AFTER);
}

function success(response: PostResponse, signal: Signal): Outcome {
  const partial = partialSuccess(response);
  if (partial === undefined) {
    const type = response.headers['content-type'] ?? 'no content type';
    return {
      kind: 'sent',
      warning: `it answered ${response.status} with a body that is no OTLP response (${type}); is the address right?`,
    };
  }
  const { rejected, message } = partial;
  if (rejected === 0 && message === '') return { kind: 'sent' };
  const what = rejected > 0 ? `it rejected ${rejected} ${ITEM_NAMES[signal]}` : 'it warns';
  return { kind: 'sent', rejected, warning: message ? `${what}: ${message}` : what };
}

/** The partial success of an ExportTraceServiceResponse or its like, in protobuf or JSON; undefined if it is neither. */
function partialSuccess({ headers, body }: PostResponse): { rejected: number; message: string } | undefined {
  if (body.length === 0) return { rejected: 0, message: '' };
  try {
    return headers['content-type']?.startsWith('application/json')
      ? jsonPartialSuccess(body)
      : wirePartialSuccess(body);
  } catch {
    return undefined;
  }
}

function wirePartialSuccess(body: Buffer): { rejected: number; message: string } {
  const partial = { rejected: 0, message: '' };
  for (const field of wireFields(body)) {
    if (field.number !== 1 || !Buffer.isBuffer(field.value)) continue;
    for (const { number, value } of wireFields(field.value)) {
      if (number === 1 && typeof value === 'number') partial.rejected = value;
      if (number === 2 && Buffer.isBuffer(value)) partial.message = cut(value.toString());
    }
  }
  return partial;
}

function jsonPartialSuccess(body: Buffer): { rejected: number; message: string } {
  const { partialSuccess = {} } = JSON.parse(body.toString());
  const { rejectedSpans, rejectedLogRecords, rejectedDataPoints, errorMessage } = partialSuccess;
  const rejected = Number(rejectedSpans ?? rejectedLogRecords ?? rejectedDataPoints ?? 0);
  return { rejected: Number.isFinite(rejected) ? rejected : 0, message: cut(String(errorMessage ?? '')) };
}

/** The message of an error: of a google.rpc.Status in protobuf or JSON, else the body as text. */
function errorMessage({ headers, body }: PostResponse): string {
  const type = headers['content-type'] ?? '';
  try {
    if (type.startsWith('application/x-protobuf')) {
      for (const { number, value } of wireFields(body)) {
        if (number === 2 && Buffer.isBuffer(value)) return cut(value.toString());
      }
      return '';
    }
    if (type.startsWith('application/json')) {
      const { message } = JSON.parse(body.toString());
      if (typeof message === 'string') return cut(message);
    }
  } catch {
    // Not what its type says: shown as it is.
  }
  return cut(body.toString('utf8', 0, MAX_MESSAGE).trim());
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}...` : message;
}
