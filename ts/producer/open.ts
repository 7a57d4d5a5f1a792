// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { announce } from '../config/diagnostics.js';
import { readResourceDetectors } from '../config/resource-detectors.js';
import { findBinding, packageVersion } from '../native/loader.js';
import { createResource } from '../resource/resource.js';
import type { ProducerOptions } from './options.js';
import { Producer } from './producer.js';

/**
 * The producer of a provider for the API. Never throws.
 *
 * @param records What it records, for messages: `spans`, `log records`, `measurements`.
 * @returns undefined when nothing can be recorded, which has been told by then.
 */
export function openProducer(options: ProducerOptions, records: string): Producer | undefined {
  try {
    const binding = findBinding();
    // Undefined: another version of this package is at work here, which has been told.
    if (binding === undefined) return undefined;
    const serviceInstanceId = () => binding.processInstanceId();
    const resource = createResource({
      resource: options.resource,
      schemaUrl: options.schemaUrl,
      detectors: options.resourceDetectors ?? readResourceDetectors(process.env, { serviceInstanceId }),
      serviceInstanceId,
      version: packageVersion,
    });
    const producer = new Producer(binding, resource, options);
    diag.debug(`otlp-mmap: ${records} go to ${producer.target}`);
    return producer;
  } catch (error) {
    announce('error', `nothing is recorded (${records}): ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
