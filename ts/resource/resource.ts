// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type * as Resources from '@opentelemetry/resources';
import type { Resource, ResourceDetector } from '@opentelemetry/resources';

export interface ResourceSources {
  /** The user's resource; its attributes win over detected ones (resource SDK specification, "Specifying resource information"). */
  resource: Resource | undefined;
  schemaUrl: string | undefined;
  detectors: readonly ResourceDetector[];
  /** The same in every thread of the process. */
  serviceInstanceId: () => string;
  /** Version of this package. */
  version: string;
}

/** The resource of a provider: defaults, what detectors find, the user's attributes, and who we are. */
export function createResource(sources: ResourceSources): Resource {
  // Loaded here, so that a program that never makes a provider does not pay for it at start.
  const sdk = require('@opentelemetry/resources') as typeof Resources;
  const { serviceInstanceId, version } = sources;
  const detectors = sources.detectors.map((detector) => ofProcess(detector, serviceInstanceId));
  const given = sources.resource === undefined ? undefined : adopt(sdk, sources.resource);
  return sdk
    .defaultResource()
    .merge(sdk.detectResources({ detectors }))
    .merge(given ?? null)
    .merge(
      sdk.resourceFromAttributes(
        {
          'telemetry.sdk.name': 'otlp-mmap',
          'telemetry.sdk.language': 'nodejs',
          'telemetry.sdk.version': version,
        },
        { schemaUrl: sources.schemaUrl },
      ),
    );
}

/** The stock detector gives each thread an id of its own; a process is one instance. */
function ofProcess(detector: ResourceDetector, serviceInstanceId: () => string): ResourceDetector {
  if (detector.constructor?.name !== 'ServiceInstanceIdDetector') return detector;
  return { detect: () => ({ attributes: { 'service.instance.id': serviceInstanceId() } }) };
}

/** The user's resource, of whichever version of the stock SDK. */
function adopt(sdk: typeof Resources, resource: Resource): Resource {
  if (typeof resource.getRawAttributes === 'function') return resource;
  const { attributes, schemaUrl } = resource as { attributes?: Resource['attributes']; schemaUrl?: string };
  return sdk.resourceFromAttributes(attributes ?? {}, { schemaUrl });
}

/** The attributes that are known by now. Does not complain of the others, as the resource's own getter does. */
export function settledAttributes(resource: Resource): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [key, value] of resource.getRawAttributes()) {
    if (value === undefined || value === null || Object.hasOwn(attributes, key) || isPromise(value)) continue;
    attributes[key] = value;
  }
  return attributes;
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown }).then === 'function';
}

/**
 * What tells two providers of one process apart: equal identities share a file. What a detector says of the process and of its
 * threads does not count, so that the providers of all worker threads are one.
 */
export function identityOf(
  attributes: Record<string, unknown>,
  schemaUrl: string | undefined,
  instanceId: string,
): string {
  const telling = Object.entries(attributes).filter(
    ([key, value]) => !/^(process|thread)\./.test(key) && !(key === 'service.instance.id' && value === instanceId),
  );
  telling.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([schemaUrl ?? '', telling]);
}
