// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import { size, text } from '../../config/schema/scalar';
import { object } from '../../config/schema/structure';
import type { ExporterFactory } from '../../pipeline/component';
import { Destination } from '../destination';
import { requestToJson } from '../request-json';
import { type RetrySettings, retryOnFailure } from '../retry';
import { PLAIN_QUEUE } from '../sending-queue';
import { FileExporter } from './file';

interface FileConfig {
  directory: string;
  max_file_size: number;
  retry_on_failure: RetrySettings;
}

export const fileExporter: ExporterFactory<FileConfig> = {
  type: 'file',
  summary: 'OTLP JSON lines, one file a signal',
  signals: SIGNALS,
  config: object({
    directory: text({ required: true, nonEmpty: true }),
    max_file_size: size({ default: 0 }),
    retry_on_failure: retryOnFailure,
  }),
  create({ directory, max_file_size, retry_on_failure }, context) {
    const exporter = new FileExporter(directory, max_file_size, requestToJson(context.binding));
    return new Destination(exporter, { sending_queue: PLAIN_QUEUE, retry_on_failure }, context);
  },
};
