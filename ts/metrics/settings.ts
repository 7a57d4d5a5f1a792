// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { chosenWord, type ExportTimes, readTemporality, TEMPORALITIES } from '../config/metrics.js';
import type { Producer } from '../producer/producer.js';
import type { MmapMeterProviderOptions } from './options.js';

/**
 * Tells collectors what the app wants of the export of its metrics, under the names of the environment variables. Cells hold running
 * totals whatever the temporality: it is the collector that takes differences.
 */
export function publishSettings(producer: Producer, options: MmapMeterProviderOptions, times: ExportTimes): void {
  const { binding, writer } = producer;
  try {
    const chosen = chosenWord('temporality', options.temporality, TEMPORALITIES);
    const temporality = chosen ?? readTemporality(process.env);
    binding.setSetting(writer.handle, 'OTEL_METRIC_EXPORT_INTERVAL', String(times.interval));
    binding.setSetting(writer.handle, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', temporality);
  } catch (error) {
    diag.warn('otlp-mmap: collectors cannot be told the settings of the metrics', error);
  }
}
