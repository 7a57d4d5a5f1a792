// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import { duration, flag, path, scalar, text, url } from '../../config/schema/scalar.js';
import type { Read, Schema } from '../../config/schema/schema.js';
import { object, optional } from '../../config/schema/structure.js';
import type { ExporterFactory } from '../../pipeline/component.js';
import { checkCompression, compressionKeys } from '../compression.js';
import { HeaderSource, headerProblem, headers } from '../connection/headers.js';
import { TlsSource, tls } from '../connection/tls.js';
import { Destination } from '../destination.js';
import { retryOnFailure } from '../retry.js';
import { sendingQueue } from '../sending-queue.js';
import { type GrpcAddress, grpcAddress } from './address.js';
import { OtlpGrpcExporter } from './otlp.js';

const endpoint = scalar<GrpcAddress>(
  (node) => {
    const value = grpcAddress(String(node.text ?? node.value));
    return value === undefined
      ? { expected: 'is no address of a gRPC server: write host:port, as in localhost:4317' }
      : { value };
  },
  { required: true },
) as Schema<GrpcAddress>;

const config = object(
  {
    endpoint,
    ...compressionKeys,
    headers,
    bearer_token_file: path({}),
    timeout: duration({ default: '5s', above: 0 }),
    tls,
    authority: text({ nonEmpty: true }),
    proxy_url: url({}),
    keepalive: optional(
      object({
        time: duration({ default: '10s', min: 1000 }),
        timeout: duration({ default: '10s', above: 0 }),
        permit_without_stream: flag({ default: false }),
      }),
    ),
    sending_queue: sendingQueue,
    retry_on_failure: retryOnFailure,
  },
  (value, fail) => {
    checkCompression(value, fail);
    const problem = headerProblem(value.headers);
    if (problem !== undefined) fail('headers', problem);
    if (value.endpoint.tls === true && value.tls.insecure) fail('tls.insecure', 'excludes an endpoint with https://');
  },
);

type OtlpConfig = Read<typeof config>;

export const otlpExporter: ExporterFactory<OtlpConfig> = {
  type: 'otlp',
  aliases: ['otlp_grpc'],
  summary: 'OTLP over gRPC',
  signals: SIGNALS,
  config,
  create(settings, context) {
    const { endpoint: address, keepalive } = settings;
    const secure = address.tls ?? !settings.tls.insecure;
    const exporter = new OtlpGrpcExporter(context.id, {
      address,
      tls: secure ? new TlsSource(settings.tls) : undefined,
      proxy: settings.proxy_url,
      authority: settings.authority,
      keepAlive: keepalive && {
        time: keepalive.time,
        timeout: keepalive.timeout,
        withoutCalls: keepalive.permit_without_stream,
      },
      headers: new HeaderSource(settings.headers, settings.bearer_token_file),
      timeout: settings.timeout,
      compression: settings.compression,
      level: settings.compression_params.level,
    });
    return new Destination(exporter, settings, context);
  },
};
