// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { announce } from '../config/diagnostics.js';
import { readResourceDetectors } from '../config/resource-detectors.js';
import type { AppBinding } from '../native/binding/app.js';
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
  const binding = bindingOrWord();
  // Undefined: it cannot be loaded, or another version of this package is at work here, which has been told.
  if (binding === undefined) return undefined;
  try {
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
    announce('error', `nothing is recorded (${records}): ${textOf(error)}`);
    return undefined;
  }
}

let toldOfBinding = false;

/** Without the addon no signal is recorded: one line says so for all of them. */
function bindingOrWord(): AppBinding | undefined {
  try {
    return findBinding();
  } catch (error) {
    if (!toldOfBinding) announce('error', `nothing is recorded: ${textOf(error)}`);
    toldOfBinding = true;
    return undefined;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
