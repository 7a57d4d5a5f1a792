// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Attributes, Context } from '@opentelemetry/api';
import type { AggregationOption } from './aggregation.js';
import type { InstrumentDescriptor, InstrumentType } from './descriptor.js';

/** Changes the attributes of every measurement; the stock SDK's allow-list and deny-list processors are such. */
export interface AttributesProcessor {
  process(incoming: Attributes, context?: Context): Attributes;
}

/** A view: which instruments it is for (all criteria that are given must hold), and what it makes of them. The stock SDK's options are taken. */
export interface ViewOptions {
  /** Name of the instrument; `*` stands for any characters, `?` for one. */
  instrumentName?: string;
  instrumentType?: InstrumentType | `${InstrumentType}`;
  instrumentUnit?: string;
  meterName?: string;
  meterVersion?: string;
  meterSchemaUrl?: string;
  /** Name of the metric. Only with an `instrumentName` that has no wildcard. */
  name?: string;
  description?: string;
  /** Attribute keys that stay; all others go. */
  allowedAttributes?: readonly string[];
  /** Attribute keys that go. */
  deniedAttributes?: readonly string[];
  /** For what the lists cannot say. They run at every measurement and make objects: prefer the lists. */
  attributesProcessors?: readonly AttributesProcessor[];
  aggregation?: AggregationOption;
  /** Series that the metric may have, the one for what is beyond the limit among them. Default 2000. */
  aggregationCardinalityLimit?: number;
}

/** What is selected by of a meter. */
export interface MeterIdentity {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
}

/** Says which attribute keys stay. */
export type KeyFilter = (key: string) => boolean;

/** A view with its pattern compiled. */
export class View {
  readonly options: ViewOptions;
  /** Undefined: all keys stay. */
  readonly keeps: KeyFilter | undefined;
  readonly #name: RegExp | undefined;

  /** @throws Error when the options select nothing in particular, or give one name to many instruments. */
  constructor(options: ViewOptions) {
    checkSelection(options);
    this.options = options;
    this.keeps = keyFilter(options);
    this.#name = options.instrumentName === undefined ? undefined : compile(options.instrumentName);
  }

  selects(instrument: InstrumentDescriptor, meter: MeterIdentity): boolean {
    const { instrumentType, instrumentUnit, meterName, meterVersion, meterSchemaUrl } = this.options;
    return (
      (this.#name?.test(instrument.name) ?? true) &&
      isAny(instrumentType, instrument.type) &&
      isAny(instrumentUnit, instrument.unit) &&
      isAny(meterName, meter.name) &&
      isAny(meterVersion, meter.version) &&
      isAny(meterSchemaUrl, meter.schemaUrl)
    );
  }

  /** What the metric is called and described as. */
  apply(instrument: InstrumentDescriptor): InstrumentDescriptor {
    const { name = instrument.name, description = instrument.description } = this.options;
    return { ...instrument, name, description };
  }
}

function isAny(wish: string | undefined, is: string): boolean {
  return wish === undefined || wish === null || wish === is;
}

/** Metrics SDK specification, "View": both are errors, and to be told early. */
function checkSelection(options: ViewOptions): void {
  const { instrumentName, instrumentType, instrumentUnit, meterName, meterVersion, meterSchemaUrl, name } = options;
  const criteria = [instrumentName, instrumentType, instrumentUnit, meterName, meterVersion, meterSchemaUrl];
  if (criteria.every((criterion) => criterion === undefined || criterion === null)) {
    throw new Error(
      'otlp-mmap: a view has no criterion: name the instruments that it is for (instrumentName: "*" for all)',
    );
  }
  if (name !== undefined && (instrumentName === undefined || /[*?]/.test(instrumentName))) {
    throw new Error(
      `otlp-mmap: the view that names its metric "${name}" may select many instruments: give it an instrumentName without wildcards`,
    );
  }
}

/** Names count without case (API specification, "Instrument name syntax"). */
function compile(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}

function keyFilter({ allowedAttributes, deniedAttributes }: ViewOptions): KeyFilter | undefined {
  if (allowedAttributes === undefined && deniedAttributes === undefined) return undefined;
  const allowed = allowedAttributes && new Set(allowedAttributes);
  const denied = new Set(deniedAttributes);
  return (key) => (allowed?.has(key) ?? true) && !denied.has(key);
}
