// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  type ViewOptions as StockViewOptions,
} from '@opentelemetry/sdk-metrics';
import type * as fc from 'fast-check';
import type { ViewOptions } from '../../ts/metrics/view';
import type { Definition, viewOptions } from './calls';

/** A view as it is generated, for either SDK. */
export type View = typeof viewOptions extends fc.Arbitrary<(infer V)[]> ? V : never;

export function stockView({ keys, ...view }: View): StockViewOptions {
  const create = keys?.allow ? createAllowListAttributesProcessor : createDenyListAttributesProcessor;
  return { ...view, ...(keys && { attributesProcessors: [create(keys.list)] }) } as StockViewOptions;
}

export function ourView({ keys, ...view }: View): ViewOptions {
  return {
    ...view,
    ...(keys && { [keys.allow ? 'allowedAttributes' : 'deniedAttributes']: keys.list }),
  } as ViewOptions;
}

/** Of two views of one name for one instrument the stock SDK takes the second for the first, and records twice. */
export function distinct(views: View[]): View[] {
  return views.filter((view, at) => views.findIndex((other) => other.name === view.name) === at);
}

/** Histograms of observations: the stock SDK keeps those of the last collection only. */
export function isComparable(list: Definition[], views: View[]): boolean {
  return !views.some((view) => (view.aggregation?.type ?? 0) >= 4) || !list.some(({ type }) => type.startsWith('Obs'));
}
