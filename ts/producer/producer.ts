// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Resource } from '@opentelemetry/resources';
import { readGeometry, readValueLimit } from '../config/geometry.js';
import { readLocation } from '../config/location.js';
import type { AppBinding } from '../native/binding/app.js';
import type { WriterStatus } from '../native/binding/writer.js';
import { Writer } from '../record/writer.js';
import { ResourcePublication } from '../resource/publish.js';
import { identityOf, settledAttributes } from '../resource/resource.js';
import { publishEndpoints } from './endpoints.js';
import { awaitExport } from './flush.js';
import type { PlaceOptions } from './options.js';

const FLUSH_TIMEOUT = 30_000;

/**
 * What writes the records of one resource, whatever the signal: a native writer, and the resource that may settle late. Producers
 * of one place and resource share a file.
 */
export class Producer {
  readonly binding: AppBinding;
  readonly resource: Resource;
  readonly writer: Writer;
  /** Where the records go, for a line in the log. */
  readonly target: string;
  readonly #publication: ResourcePublication;
  readonly #flushTimeout: number;

  /** @throws Error naming the option that cannot be right. */
  constructor(binding: AppBinding, resource: Resource, options: PlaceOptions) {
    const { flushTimeoutMillis, directory, file, group, directoryLimit } = options;
    const location = directory === undefined && file === undefined ? readLocation(process.env) : { directory, file };
    const attributes = settledAttributes(resource);
    const handle = binding.openWriter({
      ...location,
      group,
      directoryLimit,
      geometry: options.geometry ?? readGeometry(process.env),
      serviceName: String(attributes['service.name'] ?? 'unknown_service'),
      identity: identityOf(attributes, resource.schemaUrl, binding.processInstanceId()),
    });
    this.binding = binding;
    this.resource = resource;
    const valueLimit = options.valueLimit ?? readValueLimit(process.env);
    this.writer = new Writer(binding, handle, location.file === undefined, valueLimit);
    this.target = location.file ?? location.directory ?? binding.writerStatus(handle).directory;
    publishEndpoints(binding, handle);
    this.#publication = new ResourcePublication(binding, handle, resource);
    this.#flushTimeout = flushTimeoutMillis ?? FLUSH_TIMEOUT;
  }

  /**
   * Resolves when the collector has exported everything written so far.
   *
   * @throws Error (as a rejection) naming file and remedy: no collector reads it, or the time is up.
   */
  flush(timeoutMillis = this.#flushTimeout): Promise<void> {
    return awaitExport(this.binding, this.writer.handle, timeoutMillis);
  }

  status(): WriterStatus {
    return this.binding.writerStatus(this.writer.handle);
  }

  /** Ends this use of the file. What is written stays in it, with the resource as it is known by now. */
  close(): void {
    this.#publication.settle();
    this.writer.close();
  }
}
