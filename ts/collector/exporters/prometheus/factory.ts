// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { listenAddress, urlPath } from '../../config/schema/address.js';
import { duration, number, path } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { list, object } from '../../config/schema/structure.js';
import type { ExporterFactory } from '../../pipeline/component.js';
import { PrometheusExporter } from './prometheus.js';
import { Scrapes } from './scrapes.js';

const config = object({
  endpoint: listenAddress({ default: 'localhost:9464' }),
  path: urlPath({ default: '/metrics' }),
  max_concurrent_scrapes: number({ default: 16, min: 1, max: 1000 }),
  timeout: duration({ default: '1m', above: 0 }),
  /** Folders whose files are shown; the default ones when it is left out. */
  include: list(path({ required: true })),
  /** Files that are shown, by path. */
  files: list(path({ required: true })),
});

export const prometheusExporter: ExporterFactory<Read<typeof config>> = {
  type: 'prometheus',
  summary: 'metrics for Prometheus to scrape, in its text format or OpenMetrics',
  signals: ['metrics'],
  config,
  create(settings, { binding }) {
    const { include, files = [] } = settings;
    const directories = include ?? (files.length > 0 ? [] : binding.defaultDirectories());
    return new PrometheusExporter(settings, new Scrapes(() => binding.createScraper(directories, files)));
  },
};
