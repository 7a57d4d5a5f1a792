// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { debugExporter } from './exporters/debug/factory';
import { fileExporter } from './exporters/file/factory';
import { otlpExporter } from './exporters/otlp/factory';
import { otlpHttpExporter } from './exporters/otlphttp/factory';
import { prometheusExporter } from './exporters/prometheus/factory';
import { healthCheck } from './extensions/health-check';
import type { ExporterFactory, ExtensionFactory, ProcessorFactory, ReceiverFactory } from './pipeline/component';
import { attributesProcessor } from './processors/attributes/factory';
import { batchProcessor } from './processors/batch/factory';
import { filterProcessor } from './processors/filter/factory';
import { groupProcessor } from './processors/group/factory';
import { memoryLimiterProcessor } from './processors/memory-limiter/factory';
import { probabilisticSamplerProcessor } from './processors/probabilistic-sampler/factory';
import { resourceProcessor } from './processors/resource/factory';
import { temporalityProcessor } from './processors/temporality/factory';
import { mmapReceiver } from './receivers/mmap';

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
