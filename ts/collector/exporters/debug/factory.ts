// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS } from '../../batch';
import { word } from '../../config/schema/scalar';
import type { Read } from '../../config/schema/schema';
import { object } from '../../config/schema/structure';
import type { ExporterFactory } from '../../pipeline/component';
import { writeOut } from '../../standard-output';
import { paletteFor } from '../../terminal';
import { Destination } from '../destination';
import { requestToJson } from '../request-json';
import { RETRY_FOREVER } from '../retry';
import { PLAIN_QUEUE } from '../sending-queue';
import { DebugExporter, VERBOSITIES } from './debug';

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
