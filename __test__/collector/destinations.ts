// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { nodeOf } from '../../ts/collector/config/node';
import { Problems } from '../../ts/collector/config/problems';
import type { Destination } from '../../ts/collector/exporters/destination';
import { Logger } from '../../ts/collector/logger';
import type { ExporterFactory } from '../../ts/collector/pipeline/component';
import { Intake } from '../../ts/collector/pipeline/intake';
import { loadBinding } from '../../ts/native/loader';

/** Attempts follow one another at once. */
export const QUICK_RETRIES = { initial_interval: '1ms', max_interval: '2ms', multiplier: 1, randomization_factor: 0 };

/** What a section of the configuration says. @throws ConfigError. */
export function configured<T>(factory: ExporterFactory<T>, section: object): T {
  const problems = new Problems();
  const config = factory.config.read(nodeOf(section, { name: 'test' }), `exporters.${factory.type}`, problems);
  problems.throwIfAny();
  return config;
}

/** The exporter that a section makes, with what it logs and whether it holds the intake. */
export function destinationOf<T>(factory: ExporterFactory<T>, section: object, id = factory.type) {
  const lines: string[] = [];
  const intake = new Intake(() => {});
  const context = { id, binding: loadBinding(), logger: new Logger('debug', (line) => lines.push(line)), intake };
  const destination = factory.create(configured(factory, section), context) as Destination;
  return { destination, intake, log: () => lines.join('') };
}
