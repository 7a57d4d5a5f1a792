// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import { object } from '../../config/schema/structure';
import type { ExporterFactory } from '../../pipeline/component';
import { writeOut } from '../../standard-output';
import { paletteFor } from '../../terminal';
import { Destination } from '../destination';
import { requestToJson } from '../request-json';
import { RETRY_FOREVER } from '../retry';
import { PLAIN_QUEUE } from '../sending-queue';
import { DebugExporter } from './debug';

export const debugExporter: ExporterFactory<object> = {
  type: 'debug',
  summary: 'readable text on standard output',
  signals: SIGNALS,
  config: object({}),
  create(_config, context) {
    const exporter = new DebugExporter(writeOut, paletteFor(process.stdout), requestToJson(context.binding));
    return new Destination(exporter, { sending_queue: PLAIN_QUEUE, retry_on_failure: RETRY_FOREVER }, context);
  },
};
