// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The log records that every arm makes: a line as an app logs it for a request, with five attributes.

export const ATTRIBUTES_PER_RECORD = 5;

/** Emits one record; `i` varies some of the values. */
export function makeRecord(logger, i) {
  logger.emit({
    severityNumber: 9,
    severityText: 'INFO',
    body: 'request completed',
    attributes: {
      'http.request.method': 'GET',
      'url.path': `/items/${i}`,
      'http.response.status_code': 200,
      'user.tier': (i & 3) === 0 ? 'gold' : 'free',
      'example.duration_ms': (i & 1023) / 8,
    },
  });
}
