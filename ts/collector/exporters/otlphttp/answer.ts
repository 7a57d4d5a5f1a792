// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Signal } from '../../batch.js';
import { wireFields } from '../../wire.js';
import type { Outcome } from '../attempt.js';
import { type PartialSuccess, partialSuccess, shortened, takenWith } from '../partial-success.js';
import type { PostResponse } from './post.js';

/** Bytes of an answer that is shown as text; a little more than what is shown, so that one sees that it goes on. */
const MAX_TEXT = 4100;

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
  if (!RETRYABLE.has(status)) return { kind: 'failed', reason: reason + remedyOf(response) };
  // The answer's own date is by the clock that the other is by, whatever this machine's shows.
  const answered = Date.parse(response.headers.date ?? '');
  const after = retryAfter(response.headers['retry-after'], Number.isNaN(answered) ? now : answered);
  return { kind: 'retry', reason, after };
}

/** What somebody can do about an answer, as far as its status tells. */
const REMEDIES: Readonly<Record<number, string>> = {
  101: 'is the address right?',
  401: 'it wants other credentials: see headers and bearer_token_file',
  403: 'these credentials are not enough: see headers and bearer_token_file',
  404: 'is the address right?',
  405: 'is the address right?',
  413: 'make batches smaller: send_batch_max_size and send_batch_max_bytes of the processor batch',
  415: 'it may not know this encoding or compression',
};

function remedyOf({ status, headers: { location } }: PostResponse): string {
  if (status < 300 || status >= 400) return REMEDIES[status] === undefined ? '' : `; ${REMEDIES[status]}`;
  // Neither user nor query: both may hold secrets. Of a relative one there is nothing to say.
  const { origin, pathname } = URL.canParse(location ?? '') ? new URL(location!) : { origin: '', pathname: '' };
  const named = origin === '' ? '' : `: it names ${shortened(origin + pathname)}`;
  return `; redirections are not followed${named}`;
}

/**
 * Milliseconds that a Retry-After header asks to wait, given as seconds or as a date (RFC 9110, section 10.2.3);
 * an hour at most.
 *
 * @param now When it was said, in milliseconds since 1970.
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, MAX_RETRY_AFTER);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), MAX_RETRY_AFTER);
}

function success(response: PostResponse, signal: Signal): Outcome {
  const partial = partialSuccessOf(response);
  if (partial !== undefined) return takenWith(partial, signal);
  const type = response.headers['content-type'] ?? 'no content type';
  return {
    kind: 'sent',
    warning: `it answered ${response.status} with a body that is no OTLP response (${type}); is the address right?`,
  };
}

/** The partial success of a response in protobuf or JSON; undefined if it is neither. */
function partialSuccessOf({ headers, body }: PostResponse): PartialSuccess | undefined {
  if (body.length === 0) return { rejected: 0, message: '' };
  try {
    return headers['content-type']?.startsWith('application/json') ? jsonPartialSuccess(body) : partialSuccess(body);
  } catch {
    return undefined;
  }
}

function jsonPartialSuccess(body: Buffer): PartialSuccess {
  const { partialSuccess = {} } = JSON.parse(body.toString());
  const { rejectedSpans, rejectedLogRecords, rejectedDataPoints, errorMessage } = partialSuccess;
  const rejected = Number(rejectedSpans ?? rejectedLogRecords ?? rejectedDataPoints ?? 0);
  return { rejected: Number.isFinite(rejected) ? rejected : 0, message: shortened(String(errorMessage ?? '')) };
}

/** The message of an error: of a google.rpc.Status in protobuf or JSON, else the body as text. */
function errorMessage({ headers, body }: PostResponse): string {
  const type = headers['content-type'] ?? '';
  try {
    if (type.startsWith('application/x-protobuf')) {
      for (const { number, value } of wireFields(body)) {
        if (number === 2 && Buffer.isBuffer(value)) return shortened(value.toString());
      }
      return '';
    }
    if (type.startsWith('application/json')) {
      const { message } = JSON.parse(body.toString());
      if (typeof message === 'string') return shortened(message);
    }
  } catch {
    // Not what its type says: shown as it is.
  }
  return shortened(body.toString('utf8', 0, MAX_TEXT).trim());
}
