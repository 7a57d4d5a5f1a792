// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ValueType } from '@opentelemetry/api';
import { warnOnce } from '../config/warn-once.js';
import type { InstrumentDescriptor } from './descriptor.js';

// What the specification wants to be told when two instruments of a meter become metrics of one name (SDK specification,
// "Duplicate instrument registration"): that, why, and what helps.

/** The two cannot share a metric; both are exported under the one name. */
export function warnIncompatible(existing: InstrumentDescriptor, added: InstrumentDescriptor): void {
  warnOnce(
    `two metrics are called ${added.name}: ${differences(existing, added)}. Both are exported, and a backend may take one ` +
      `for the other. ${remedy(existing, added)}`,
  );
}

/** They share a metric, which can have one description only: `used`. */
export function warnDescriptions(existing: InstrumentDescriptor, added: InstrumentDescriptor, used: string): void {
  warnOnce(
    `${added.name} is created with two descriptions, "${existing.description}" and "${added.description}": "${used}" ` +
      'is used. Give both the same, or add a view that sets the description',
  );
}

/** They share a metric, under the first one's name. */
export function warnSpelling(existing: InstrumentDescriptor, added: InstrumentDescriptor): void {
  warnOnce(`${added.name} differs from ${existing.name} by case only: both are recorded as ${existing.name}`);
}

/** They share a metric, which can keep measurements in one way only (also "Instrument advisory parameters", of two that differ). */
export function warnPlans({ name }: InstrumentDescriptor): void {
  warnOnce(
    `${name} is to be kept in two ways: aggregation, buckets, attributes or limit differ between views, or between advice. ` +
      'The first one is used. Give both the same, or two names',
  );
}

function differences(existing: InstrumentDescriptor, added: InstrumentDescriptor): string {
  const found: string[] = [];
  compare(found, 'kind', existing.type, added.type);
  compare(found, 'unit', existing.unit, added.unit);
  compare(found, 'value type', ValueType[existing.valueType], ValueType[added.valueType]);
  compare(found, 'description', existing.description, added.description);
  return found.join(', ');
}

function compare(found: string[], what: string, one: string, other: string): void {
  if (one !== other) found.push(`${what} "${one}" and "${other}"`);
}

function remedy(existing: InstrumentDescriptor, added: InstrumentDescriptor): string {
  if (existing.type === added.type) return 'Create the two alike, or give them two names';
  const selector = JSON.stringify({ instrumentName: added.name, instrumentType: added.type });
  return `Give them two names, or rename one by a view for ${selector}`;
}
