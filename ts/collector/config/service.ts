// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { storage } from '../storage/settings';
import { duration, text, word } from './schema/scalar';
import type { Read } from './schema/schema';
import { list, map, object, withDefault } from './schema/structure';

/** Names of components; empty when it is left out. */
const names = withDefault(list(text({ required: true })), []);

const pipeline = object({ receivers: names, processors: names, exporters: names });

const telemetry = object({
  logs: object({
    level: word(['error', 'warn', 'info', 'debug'], { default: 'info' }),
    encoding: word(['console', 'json'], { default: 'console' }),
  }),
});

/** The section `service`. */
export const service = object({
  pipelines: map(pipeline),
  telemetry,
  /** The journals; `none`: without. */
  storage,
  /** Time for delivering the rest after SIGINT or SIGTERM. */
  shutdown_timeout: duration({ default: '10s' }),
});

export type PipelineConfig = Read<typeof pipeline>;
export type ServiceConfig = Read<typeof service>;
