// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS, type Signal } from '../../batch';
import { duration, text, url, word } from '../../config/schema/scalar';
import type { Read } from '../../config/schema/schema';
import { map, object } from '../../config/schema/structure';
import type { ExporterFactory } from '../../pipeline/component';
import { Destination } from '../destination';
import { backoffOf, retryOnFailure } from '../retry';
import { OtlpHttpExporter } from './otlphttp';

const config = object(
  {
    endpoint: url({}),
    traces_endpoint: url({}),
    logs_endpoint: url({}),
    metrics_endpoint: url({}),
    headers: map(text({ required: true, secret: true })),
    timeout: duration({ default: '10s', above: 0 }),
    compression: word(['gzip', 'none'], { default: 'gzip' }),
    retry_on_failure: retryOnFailure,
  },
  (value, fail) => {
    if (SIGNALS.every((signal) => value[`${signal}_endpoint`] === undefined) && value.endpoint === undefined) {
      fail('endpoint', 'is required');
    }
  },
);

type OtlpHttpConfig = Read<typeof config>;

export const otlpHttpExporter: ExporterFactory<OtlpHttpConfig> = {
  type: 'otlphttp',
  aliases: ['otlp_http'],
  summary: 'OTLP over HTTP, protobuf bodies',
  signals: SIGNALS,
  config,
  create(settings, { logger }) {
    const { headers, timeout, compression } = settings;
    const endpoints = SIGNALS.map((signal) => [
      signal,
      { url: signalUrl(settings, signal), headers, timeout, compression },
    ]);
    return new Destination(
      new OtlpHttpExporter(Object.fromEntries(endpoints)),
      backoffOf(settings.retry_on_failure),
      logger,
    );
  },
};

/** The signal's own address as it is; else the base address with the signal's path appended (OTLP exporter specification). */
function signalUrl(settings: OtlpHttpConfig, signal: Signal): URL {
  const own = settings[`${signal}_endpoint`];
  if (own !== undefined) return own;
  const url = new URL(settings.endpoint ?? 'http://localhost:4318');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}
