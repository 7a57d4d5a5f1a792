// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import { object } from '../../config/schema/structure';
import type { ExporterFactory } from '../../pipeline/component';
import { writeOut } from '../../standard-output';
import { paletteFor } from '../../terminal';
import { DEFAULT_BACKOFF } from '../backoff';
import { Destination } from '../destination';
import { requestToJson } from '../request-json';
import { DebugExporter } from './debug';

export const debugExporter: ExporterFactory<object> = {
  type: 'debug',
  summary: 'readable text on standard output',
  signals: SIGNALS,
  config: object({}),
  create(_config, { binding, logger }) {
    const exporter = new DebugExporter(writeOut, paletteFor(process.stdout), requestToJson(binding));
    return new Destination(exporter, DEFAULT_BACKOFF, logger);
  },
};
