// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch.js';
import { word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import type { ExporterFactory } from '../../pipeline/component.js';
import { writeOut } from '../../standard-output.js';
import { paletteFor } from '../../terminal.js';
import { Destination } from '../destination.js';
import { requestToJson } from '../request-json.js';
import { RETRY_FOREVER } from '../retry.js';
import { PLAIN_QUEUE } from '../sending-queue.js';
import { DebugExporter, VERBOSITIES } from './debug.js';

const config = object({ verbosity: word(VERBOSITIES, { default: 'basic' }) });

export const debugExporter: ExporterFactory<Read<typeof config>> = {
  type: 'debug',
  summary: 'readable text on standard output',
  signals: SIGNALS,
  config,
  create({ verbosity }, context) {
    const palette = paletteFor(process.stdout);
    const exporter = new DebugExporter(context.id, verbosity, writeOut, palette, requestToJson(context.binding));
    return new Destination(exporter, { sending_queue: PLAIN_QUEUE, retry_on_failure: RETRY_FOREVER }, context);
  },
};
