// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { AppBinding } from '../native/binding/app.js';
import { encodeResource } from '../record/otlp-value.js';
import { settledAttributes } from './resource.js';

/** How long a file says "the resource is still to come" before it is settled with what is known. */
const DETECTION_LIMIT = 5_000;

/** Puts a provider's resource into its file: at once with what is known, and again when slow detectors are done. */
export class ResourcePublication {
  readonly #binding: AppBinding;
  readonly #writer: number;
  readonly #resource: Resource;
  #isSettled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(binding: AppBinding, writer: number, resource: Resource) {
    this.#binding = binding;
    this.#writer = writer;
    this.#resource = resource;
    if (!resource.asyncAttributesPending) {
      this.settle();
      return;
    }
    this.#publish(false);
    this.#timer = setTimeout(() => this.settle(), DETECTION_LIMIT);
    this.#timer.unref();
    resource.waitForAsyncAttributes?.().then(
      () => this.settle(),
      () => this.settle(),
    );
  }

  /** Takes what is known by now as final. */
  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#publish(true);
  }

  #publish(settled: boolean): void {
    try {
      const resource = encodeResource(settledAttributes(this.#resource));
      this.#binding.setResource(this.#writer, resource, this.#resource.schemaUrl ?? '', settled);
    } catch (error) {
      diag.error('otlp-mmap: the resource could not be written', error);
    }
  }
}
