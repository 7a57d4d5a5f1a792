// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS, type Signal } from '../../batch.js';
import { duration, flag, path, url, word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { ComponentContext, ExporterFactory } from '../../pipeline/component.js';
import { checkCompression, compressionKeys } from '../compression.js';
import { HeaderSource, headerProblem, headers } from '../connection/headers.js';
import { TlsSource, tls } from '../connection/tls.js';
import { Destination } from '../destination.js';
import { requestToJson } from '../request-json.js';
import { retryOnFailure } from '../retry.js';
import { sendingQueue } from '../sending-queue.js';
import { FollowingExporter } from './following.js';
import { OtlpHttpExporter } from './otlphttp.js';

const config = object(
  {
    endpoint: url({}),
    traces_endpoint: url({}),
    logs_endpoint: url({}),
    metrics_endpoint: url({}),
    encoding: word(['proto', 'json'], { default: 'proto' }),
    ...compressionKeys,
    headers,
    bearer_token_file: path({}),
    timeout: duration({ default: '30s', above: 0 }),
    tls,
    proxy_url: url({}),
    disable_keep_alives: flag({ default: false }),
    sending_queue: sendingQueue,
    retry_on_failure: retryOnFailure,
  },
  (value, fail) => {
    const secret = secretOf(value);
    if (isToldNoAddress(value) && secret !== undefined) {
      fail('endpoint', `is required beside ${secret}, which would be sent to whatever address a file names`);
    }
    checkCompression(value, fail);
    const problem = headerProblem(value.headers);
    if (problem !== undefined) fail('headers', problem);
  },
);

type OtlpHttpConfig = Read<typeof config>;

export const otlpHttpExporter: ExporterFactory<OtlpHttpConfig> = {
  type: 'otlphttp',
  aliases: ['otlp_http'],
  summary: 'OTLP over HTTP, with bodies in protobuf or JSON',
  signals: SIGNALS,
  config,
  followsApps: isToldNoAddress,
  create(settings, context) {
    if (isToldNoAddress(settings)) {
      const make = (url: string | undefined) =>
        create(url === undefined ? settings : { ...settings, ...addressesOf(url) }, context);
      return new FollowingExporter(context.id, context.logger, make);
    }
    return create(settings, context);
  },
};

type Addresses = Pick<OtlpHttpConfig, 'endpoint' | `${Signal}_endpoint`>;

/** Where nothing says where to, apps may; and what names no address goes to this machine's usual one. */
function isToldNoAddress(settings: Addresses): boolean {
  return settings.endpoint === undefined && SIGNALS.every((signal) => settings[`${signal}_endpoint`] === undefined);
}

function addressesOf(url: string): Partial<Addresses> {
  return Object.fromEntries(SIGNALS.map((signal) => [`${signal}_endpoint`, new URL(url)]));
}

/** The key of something that only a chosen destination may see. */
function secretOf({
  headers,
  bearer_token_file,
  tls,
}: Pick<OtlpHttpConfig, 'headers' | 'bearer_token_file' | 'tls'>): string | undefined {
  if (Object.keys(headers ?? {}).length > 0) return 'headers';
  if (bearer_token_file !== undefined) return 'bearer_token_file';
  return tls.cert_file === undefined ? undefined : 'tls.cert_file';
}

function create(settings: OtlpHttpConfig, context: ComponentContext): Destination {
  const urls = Object.fromEntries(SIGNALS.map((signal) => [signal, signalUrl(settings, signal)]));
  const exporter = new OtlpHttpExporter(context.id, {
    urls: urls as Record<Signal, URL>,
    headers: new HeaderSource(settings.headers, settings.bearer_token_file),
    tls: new TlsSource(settings.tls),
    proxy: settings.proxy_url,
    keepAlive: !settings.disable_keep_alives,
    timeout: settings.timeout,
    compression: settings.compression,
    level: settings.compression_params.level,
    toJson: settings.encoding === 'json' ? requestToJson(context.binding) : undefined,
  });
  return new Destination(exporter, settings, context);
}

/** The signal's own address as it is; else the base address with the signal's path appended (OTLP exporter specification). */
function signalUrl(settings: OtlpHttpConfig, signal: Signal): URL {
  const own = settings[`${signal}_endpoint`];
  if (own !== undefined) return own;
  const url = new URL(settings.endpoint ?? 'http://localhost:4318');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}
