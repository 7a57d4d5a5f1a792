// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { debugExporter } from './exporters/debug/factory.js';
import { fileExporter } from './exporters/file/factory.js';
import { otlpExporter } from './exporters/otlp/factory.js';
import { otlpHttpExporter } from './exporters/otlphttp/factory.js';
import { prometheusExporter } from './exporters/prometheus/factory.js';
import { healthCheck } from './extensions/health-check.js';
import type { ExporterFactory, ExtensionFactory, ProcessorFactory, ReceiverFactory } from './pipeline/component.js';
import { attributesProcessor } from './processors/attributes/factory.js';
import { batchProcessor } from './processors/batch/factory.js';
import { filterProcessor } from './processors/filter/factory.js';
import { groupProcessor } from './processors/group/factory.js';
import { memoryLimiterProcessor } from './processors/memory-limiter/factory.js';
import { probabilisticSamplerProcessor } from './processors/probabilistic-sampler/factory.js';
import { resourceProcessor } from './processors/resource/factory.js';
import { temporalityProcessor } from './processors/temporality/factory.js';
import { mmapReceiver } from './receivers/mmap.js';

// What a configuration can name. Each type checks its own section, so that here its type is not known.

export const RECEIVERS: readonly ReceiverFactory[] = [mmapReceiver as ReceiverFactory];

export const PROCESSORS: readonly ProcessorFactory[] = [
  memoryLimiterProcessor as ProcessorFactory,
  batchProcessor as ProcessorFactory,
  resourceProcessor as ProcessorFactory,
  attributesProcessor as ProcessorFactory,
  filterProcessor as ProcessorFactory,
  probabilisticSamplerProcessor as ProcessorFactory,
  temporalityProcessor as ProcessorFactory,
  groupProcessor as ProcessorFactory,
];

export const EXPORTERS: readonly ExporterFactory[] = [
  otlpExporter as ExporterFactory,
  otlpHttpExporter as ExporterFactory,
  fileExporter as ExporterFactory,
  debugExporter as ExporterFactory,
  prometheusExporter as ExporterFactory,
];

export const EXTENSIONS: readonly ExtensionFactory[] = [healthCheck as ExtensionFactory];
