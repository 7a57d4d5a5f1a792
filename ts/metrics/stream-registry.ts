// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { HistogramAggregation } from '../config/metrics.js';
import { resolveAggregation } from './aggregation.js';
import { warnDescriptions, warnIncompatible, warnPlans, warnSpelling } from './conflicts.js';
import { type InstrumentDescriptor, isCompatible } from './descriptor.js';
import type { Stream } from './stream.js';
import type { StreamPlan } from './stream-plan.js';
import type { MeterIdentity, View } from './view.js';

/** How a registry makes a stream. */
export type CreateStream = (plan: StreamPlan) => Stream;

/** The streams of one meter: which of them an instrument writes is for the views to say. */
export class StreamRegistry {
  readonly #meter: MeterIdentity;
  readonly #views: readonly View[];
  readonly #histograms: HistogramAggregation;
  readonly #create: CreateStream;
  /** By name in lower case; those of one name differ in what makes two metrics incompatible. */
  readonly #streams = new Map<string, Stream[]>();

  constructor(meter: MeterIdentity, views: readonly View[], histograms: HistogramAggregation, create: CreateStream) {
    this.#meter = meter;
    this.#views = views;
    this.#histograms = histograms;
    this.#create = create;
  }

  /** One stream for each view that selects the instrument; one as the instrument itself is if none does. */
  streamsOf(instrument: InstrumentDescriptor): readonly Stream[] {
    const selected = this.#views.filter((view) => view.selects(instrument, this.#meter));
    const streams = new Set<Stream>();
    for (const view of selected.length === 0 ? [undefined] : selected) {
      const descriptor = view?.apply(instrument) ?? instrument;
      const aggregation = resolveAggregation(descriptor, view?.options.aggregation, this.#histograms);
      if (aggregation === undefined) continue;
      const { attributesProcessors, aggregationCardinalityLimit } = view?.options ?? {};
      const plan: StreamPlan = {
        descriptor,
        aggregation,
        keeps: view?.keeps,
        processors: attributesProcessors ?? NO_PROCESSORS,
        cardinalityLimit: aggregationCardinalityLimit,
      };
      streams.add(this.#find(plan) ?? this.#add(plan));
    }
    return [...streams];
  }

  /** A stream that the plan's descriptor can share. Tells of those that it cannot, and of what else differs. */
  #find(plan: StreamPlan): Stream | undefined {
    const { descriptor } = plan;
    let found: Stream | undefined;
    for (const stream of this.#streams.get(descriptor.name.toLowerCase()) ?? []) {
      const existing = stream.descriptor;
      if (!isCompatible(existing, descriptor)) {
        warnIncompatible(existing, descriptor);
        continue;
      }
      if (existing.name !== descriptor.name) warnSpelling(existing, descriptor);
      if (existing.description !== descriptor.description) {
        if (descriptor.description.length > existing.description.length) stream.describe(descriptor.description);
        warnDescriptions(existing, descriptor, stream.descriptor.description);
      }
      if (!isAlike(stream.plan, plan)) warnPlans(descriptor);
      found = stream;
    }
    return found;
  }

  #add(plan: StreamPlan): Stream {
    const stream = this.#create(plan);
    const key = plan.descriptor.name.toLowerCase();
    const alike = this.#streams.get(key);
    if (alike === undefined) this.#streams.set(key, [stream]);
    else alike.push(stream);
    return stream;
  }
}

const NO_PROCESSORS: StreamPlan['processors'] = [];

/** Whether measurements are kept in the same way. */
function isAlike(one: StreamPlan, other: StreamPlan): boolean {
  return (
    one.keeps === other.keeps &&
    one.processors === other.processors &&
    one.cardinalityLimit === other.cardinalityLimit &&
    JSON.stringify(one.aggregation) === JSON.stringify(other.aggregation)
  );
}
