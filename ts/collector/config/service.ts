// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { storage } from '../storage/settings.js';
import { duration, number, text, url, word } from './schema/scalar.js';
import type { Read } from './schema/schema.js';
import { list, map, object, optional, withDefault } from './schema/structure.js';

/** Names of components; empty when it is left out. */
const names = withDefault(list(text({ required: true })), []);

const pipeline = object({ receivers: names, processors: names, exporters: names });

/** One way out of the collector's own metrics, in the form of OpenTelemetry's declarative configuration. Times are milliseconds. */
const reader = object(
  {
    pull: optional(
      object({
        exporter: object({
          prometheus: object({
            host: text({ default: 'localhost' }),
            port: number({ default: 8888, min: 0, max: 65_535 }),
          }),
        }),
      }),
    ),
    periodic: optional(
      object({
        interval: number({ default: 60_000, min: 1 }),
        timeout: number({ default: 30_000, min: 1 }),
        exporter: object({
          otlp: object({
            protocol: word(['http/protobuf'], { default: 'http/protobuf' }),
            endpoint: url({ default: 'http://localhost:4318/v1/metrics' }),
            headers: map(text({ required: true, secret: true })),
          }),
        }),
      }),
    ),
  },
  ({ pull, periodic }, fail) => {
    if ((pull === undefined) === (periodic === undefined)) fail('', 'has to be one of pull and periodic');
  },
);

const telemetry = object({
  logs: object({
    level: word(['error', 'warn', 'info', 'debug'], { default: 'info' }),
    encoding: word(['console', 'json'], { default: 'console' }),
  }),
  metrics: object({
    level: word(['none', 'basic', 'normal', 'detailed'], { default: 'normal' }),
    /** Left out: Prometheus on localhost:8888. */
    readers: list(reader),
  }),
  /** Attributes of the resource of the collector's own metrics. */
  resource: map(text({ required: true })),
});

/** The section `service`. */
export const service = object({
  pipelines: map(pipeline),
  extensions: names,
  telemetry,
  /** The journals; `none`: without. */
  storage,
  /** Time for delivering the rest after SIGINT or SIGTERM. */
  shutdown_timeout: duration({ default: '10s' }),
});

export type PipelineConfig = Read<typeof pipeline>;
export type ServiceConfig = Read<typeof service>;

export type TelemetryReader = Read<typeof reader>;
