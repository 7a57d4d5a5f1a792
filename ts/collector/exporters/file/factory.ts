// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import { number, path, word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object, optional } from '../../config/schema/structure.js';
import type { ExporterFactory } from '../../pipeline/component.js';
import { Destination } from '../destination.js';
import { requestToJson } from '../request-json.js';
import { retryOnFailure } from '../retry.js';
import { sendingQueue } from '../sending-queue.js';
import { NO_ROTATION } from './append-file.js';
import { FileExporter } from './file.js';
import { jsonLines, lengthPrefixed } from './framing.js';

const MEGABYTE = 1 << 20;

const config = object(
  {
    path: path({}),
    directory: path({}),
    format: word(['json', 'proto'], { default: 'json' }),
    rotation: optional(
      object({
        max_megabytes: number({ default: 100, above: 0, fraction: true }),
        max_backups: number({ default: 100, min: 1 }),
        max_days: number({ default: 0, min: 0 }),
      }),
    ),
    sending_queue: sendingQueue,
    retry_on_failure: retryOnFailure,
  },
  ({ path, directory }, fail) => {
    if (path === undefined && directory === undefined) fail('path', 'is required; or directory, for one file a signal');
    if (path !== undefined && directory !== undefined) fail('directory', 'excludes path: give one of them');
  },
);

export const fileExporter: ExporterFactory<Read<typeof config>> = {
  type: 'file',
  summary: 'OTLP in files: JSON lines, or encoded requests',
  signals: SIGNALS,
  config,
  create(settings, context) {
    const { path, directory, format, rotation } = settings;
    const json = format === 'json';
    const exporter = new FileExporter(context.id, {
      path,
      directory,
      extension: json ? '.jsonl' : '.binpb',
      framing: json ? jsonLines(requestToJson(context.binding)) : lengthPrefixed,
      rotation: rotation
        ? {
            maxBytes: Math.floor(rotation.max_megabytes * MEGABYTE),
            maxBackups: rotation.max_backups,
            maxDays: rotation.max_days,
          }
        : NO_ROTATION,
    });
    return new Destination(exporter, settings, context);
  },
};
