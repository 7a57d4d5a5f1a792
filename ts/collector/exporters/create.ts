// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../../native/binding';
import type { ExporterConfig } from '../config/run-config';
import { writeOut } from '../standard-output';
import { paletteFor } from '../terminal';
import { DebugExporter } from './debug/debug';
import type { Exporter } from './exporter';
import { FileExporter } from './file/file';
import { OtlpHttpExporter } from './otlphttp/otlphttp';
import { requestToJson } from './request-json';

/** The exporter that a configuration describes. */
export function createExporter(config: ExporterConfig, binding: NativeBinding): Exporter {
  switch (config.type) {
    case 'otlphttp':
      return new OtlpHttpExporter(config.endpoints);
    case 'file':
      return new FileExporter(config.directory, config.maxFileSize, requestToJson(binding));
    case 'debug':
      return new DebugExporter(writeOut, paletteFor(process.stdout), requestToJson(binding));
  }
}
