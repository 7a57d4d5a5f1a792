// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Attributes, type Context, context, type SpanContext } from '@opentelemetry/api';
import type { ExemplarFilter } from '../config/metrics.js';
import { warnOnce } from '../config/warn-once.js';
import type { InstrumentOptions } from '../native/binding/cells.js';
import { CONSTANT_RING_MEASUREMENTS } from '../native/layout.js';
import type { MeasurementRecords } from '../record/measurement-records.js';
import type { Scope } from '../record/scope.js';
import type { Writer } from '../record/writer.js';
import { encodeAttributeSet, encodeDropped } from './attribute-set.js';
import { type Cells, COMMIT_PUBLISHED, COMMIT_STALE, type Place } from './cells.js';
import { type InstrumentDescriptor, isObservable } from './descriptor.js';
import { NOT_SAMPLED, reservoirSlots, sampledIn } from './exemplars.js';
import { instrumentOptions } from './instrument-options.js';
import { createMirror, ObservedMirror } from './mirror.js';
import { SeriesIndex, UNKNOWN_SERIES } from './series-index.js';
import type { StreamPlan } from './stream-plan.js';
import type { AttributesProcessor } from './view.js';

/** What the streams of a provider share. */
export interface StreamOwner {
  readonly writer: Writer;
  readonly cells: Cells;
  readonly exemplarFilter: ExemplarFilter;
  readonly cardinalityLimit: number | undefined;
  /** False: the provider is shut down, and nothing is recorded. */
  isOpen: boolean;
}

const NO_ATTRIBUTES: Attributes = {};
const NO_SERIES = 0;
export const NO_INSTRUMENT = -1;
/** Not defined natively yet; and cannot be. */
const UNDEFINED = NO_INSTRUMENT;
const IMPOSSIBLE = -2;

/**
 * A metric: the measurements of an instrument, kept in one way. Its series are cells of the file; this finds the cell for an
 * attributes object and changes it. Nothing here throws.
 */
export class Stream {
  readonly owner: StreamOwner;
  readonly scope: Scope;
  readonly plan: StreamPlan;
  #descriptor: InstrumentDescriptor;
  #instrument = UNDEFINED;
  /** The epoch of what the index remembers. */
  #epoch: number;
  #index: SeriesIndex;
  readonly #cells: Cells;
  readonly #isSum: boolean;
  /** A callback sets its values. */
  readonly #isSet: boolean;
  readonly #isMonotonic: boolean;
  readonly #filter: ExemplarFilter;
  /** Of its exemplar reservoirs. */
  readonly #slots: number;
  readonly #processors: readonly AttributesProcessor[];
  readonly #mirror: MeasurementRecords | undefined;
  readonly #observedMirror: ObservedMirror | undefined;

  constructor(owner: StreamOwner, scope: Scope, plan: StreamPlan) {
    const { kind } = plan.aggregation;
    const isObserved = isObservable(plan.descriptor.type);
    this.owner = owner;
    this.scope = scope;
    this.plan = plan;
    this.#descriptor = plan.descriptor;
    this.#cells = owner.cells;
    this.#epoch = owner.cells.tick.epoch;
    this.#index = new SeriesIndex(plan.keeps);
    this.#isSet = isObserved && (kind === 'sum' || kind === 'gauge');
    this.#isSum = kind === 'sum' && !isObserved;
    this.#isMonotonic = kind === 'sum' && (plan.aggregation as { monotonic: boolean }).monotonic;
    this.#filter = isObserved ? 'always_off' : owner.exemplarFilter;
    this.#slots = reservoirSlots(plan.aggregation);
    this.#processors = plan.processors;
    this.#mirror = createMirror(owner.writer, scope, plan);
    this.#observedMirror = this.#isSet && this.#mirror ? new ObservedMirror(this.#mirror, kind === 'sum') : undefined;
  }

  get descriptor(): InstrumentDescriptor {
    return this.#descriptor;
  }

  /** Each measurement goes into the ring as well. */
  get isMirrored(): boolean {
    return this.#mirror !== undefined;
  }

  /** Gives the metric another description, as long as it has no series. */
  describe(description: string): void {
    if (this.#instrument === UNDEFINED) this.#descriptor = { ...this.#descriptor, description };
  }

  /** Takes a measurement of a synchronous instrument. */
  record(value: number, given: Attributes | undefined, passed: Context | undefined): void {
    if (!this.owner.isOpen) return;
    try {
      const attributes = this.#processors.length === 0 ? (given ?? NO_ATTRIBUTES) : this.#process(given, passed);
      let series = this.#find(attributes);
      if (series <= 0) return;
      const status = this.#write(series, value);
      if (status !== COMMIT_PUBLISHED) {
        series = status === COMMIT_STALE ? this.#findAgain(attributes) : NO_SERIES;
        if (series <= 0 || this.#write(series, value) !== COMMIT_PUBLISHED) return;
      }
      if (this.#filter === 'always_off' && this.#mirror === undefined) return;
      this.#accompany(series, value, given ?? NO_ATTRIBUTES, attributes, sampledIn(this.#filter, passed));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes a measurement for a series that was looked up before. False: it has to be looked up again. */
  recordFor(series: number, value: number, attributes: Attributes, passed: Context | undefined): boolean {
    if (!this.owner.isOpen) return true;
    const status = series <= 0 ? COMMIT_STALE : this.#write(series, value);
    // What is lost for another reason is counted, and lost again at the next try.
    if (status !== COMMIT_PUBLISHED) return status !== COMMIT_STALE;
    if (passed === undefined && this.#mirror === undefined) return true;
    try {
      const span = passed === undefined ? NOT_SAMPLED : sampledIn(this.#filter, passed);
      this.#accompany(series, value, attributes, attributes, span);
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  /** The series of attributes; 0 or below when there is none to be had. */
  seriesOf(given: Attributes | undefined): number {
    if (!this.owner.isOpen) return NO_SERIES;
    try {
      return this.#find(this.#processors.length === 0 ? (given ?? NO_ATTRIBUTES) : this.#process(given, undefined));
    } catch (error) {
      this.#fail(error);
      return NO_SERIES;
    }
  }

  /** Where a series can be added to by plain stores, if it can. */
  placeOf(series: number): Place | undefined {
    return this.#isSum && this.#mirror === undefined && series > 0 ? this.#cells.placeOf(series) : undefined;
  }

  /** The instrument of a series whose cell alone has to be changed by a measurement; else NO_INSTRUMENT. */
  directInstrument(series: number): number {
    return this.#mirror === undefined && series > 0 ? this.#instrument : NO_INSTRUMENT;
  }

  /** The value of a series in the round of callbacks that is under way; `isFresh`: it was observed in this very round. */
  observe(series: number, value: number, attributes: Attributes | undefined, isFresh: boolean): void {
    // What was observed before stays as it is in a sum or a gauge; in a histogram it has been counted.
    if (!this.#isSet) {
      if (isFresh) this.#cells.record(this.#instrument, series, value);
      return;
    }
    this.#cells.observe(this.#instrument, series, value < 0 && this.#isMonotonic ? this.#tooLow() : value);
    if (isFresh) this.#observedMirror?.write(series, value, attributes);
  }

  /** Somebody holds on to a series: it does not end when it is idle. */
  pin(series: number): void {
    if (series > 0) this.#cells.pin(this.#instrument, series);
  }

  /**
   * Ends series that were not measured since `before` (seconds), a portion at each step. The index begins anew before: what is in use
   * is looked up again at its next measurement. Not of streams whose values callbacks set: what these do not observe ends by itself.
   */
  *retire(before: number): Generator<void> {
    if (this.#isSet || this.#instrument < 0) return;
    this.#index = new SeriesIndex(this.plan.keeps);
    for (let portion = 0; this.#cells.retire(this.#instrument, portion, before); portion++) yield;
  }

  /** What was observed since the last call is what there is of this stream now. */
  commitRound(): void {
    if (!this.#isSet || this.#instrument < 0) return;
    this.#cells.commitRound(this.#instrument);
    // What goes into the ring as well is told apart by its series for ever.
    if (!this.isMirrored && this.#cells.endUnobserved(this.#instrument)) this.#forget();
  }

  #write(series: number, value: number): number {
    return this.#isSum
      ? this.#cells.add(this.#instrument, series, value)
      : this.#cells.record(this.#instrument, series, value);
  }

  #find(attributes: Attributes): number {
    if (this.#epoch !== this.#cells.tick.epoch) this.#forget();
    const series = this.#index.find(attributes);
    return series === UNKNOWN_SERIES ? this.#lookUp(attributes) : series;
  }

  #findAgain(attributes: Attributes): number {
    this.#cells.look();
    this.#forget();
    return this.#find(attributes);
  }

  #forget(): void {
    this.#epoch = this.#cells.tick.epoch;
    this.#index = new SeriesIndex(this.plan.keeps);
    this.#observedMirror?.forget();
  }

  #lookUp(attributes: object): number {
    if (this.#instrument < 0 && !this.#define()) return NO_SERIES;
    const length = encodeAttributeSet(attributes, this.plan.keeps);
    const series = this.#cells.find(this.#instrument, length);
    if (series <= 0) this.owner.writer.abandon(CONSTANT_RING_MEASUREMENTS, -series);
    else if (this.#cells.isLasting) this.#index.remember(series);
    return series;
  }

  #define(): boolean {
    if (this.#instrument === IMPOSSIBLE) return false;
    const { descriptor, plan, scope } = this;
    const limit = plan.cardinalityLimit ?? this.owner.cardinalityLimit;
    const options: InstrumentOptions = instrumentOptions(descriptor, plan.aggregation, scope, this.#isSet, limit);
    try {
      this.#instrument = this.#cells.define(options);
      return true;
    } catch (error) {
      this.#instrument = IMPOSSIBLE;
      warnOnce(`${descriptor.name} cannot be recorded: ${(error as Error).message}`);
      return false;
    }
  }

  #process(given: Attributes | undefined, passed: Context | undefined): Attributes {
    const active = passed ?? context.active();
    let attributes = given ?? NO_ATTRIBUTES;
    for (const processor of this.#processors) attributes = processor.process(attributes, active);
    return attributes;
  }

  /** Exemplar and copy in the ring, of a measurement that its cell has. */
  #accompany(
    series: number,
    value: number,
    given: Attributes,
    kept: Attributes,
    span: SpanContext | undefined | typeof NOT_SAMPLED,
  ): void {
    if (span !== NOT_SAMPLED) {
      const length = encodeDropped(given, kept, this.plan.keeps);
      this.#cells.offer(this.#instrument, series, this.#slots, value, span, length);
    }
    this.#mirror?.write(value, kept, span ?? undefined);
  }

  /** What stands for a value below 0 of a sum that cannot fall, as in the stock SDK. */
  #tooLow(): number {
    warnOnce(`${this.#descriptor.name} was given a value below 0, which it does not take: it is taken for 0`);
    return 0;
  }

  #fail(error: unknown): void {
    warnOnce(`a measurement of ${this.#descriptor.name} could not be taken`, error);
  }
}
