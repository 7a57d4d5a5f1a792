// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { AttributeTest, ItemCondition, TextTest } from '../../native/binding.js';
import { loadBinding } from '../../native/loader.js';
import { ITEM_NAMES, type Signal } from '../batch.js';
import { flag, text, word } from '../config/schema/scalar.js';
import type { Read, Schema } from '../config/schema/schema.js';
import { type Check, list, object, optional } from '../config/schema/structure.js';
import { scalarValue } from './scalar-value.js';
import { severity } from './severity.js';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

const attributes = list(object({ key: text({ required: true, nonEmpty: true }), value: optional(scalarValue) }));
const texts = list(text({ required: true })) as Schema<string[] | undefined>;
const severityNumber = optional(
  object({ min: severity, match_undefined: flag({ default: false }) }, ({ min }, fail) => {
    if (min === undefined) fail('min', 'is required');
  }),
);

const shape = {
  match_type: word(['strict', 'regexp'], { required: true }),
  services: texts,
  resources: attributes,
  libraries: list(object({ name: text({ required: true }) })),
  span_names: texts,
  span_kinds: list(
    word([...KINDS, ...KINDS.map((kind) => `SPAN_KIND_${kind.toUpperCase()}`)], { required: true }),
  ) as Schema<string[] | undefined>,
  metric_names: texts,
  attributes,
  log_bodies: texts,
  log_severity_texts: texts,
  log_severity_number: severityNumber,
};

type Given = { [K in keyof typeof shape]: Read<(typeof shape)[K]> };

/** Expressions are compiled once here, so that a mistake is told with its place. */
const checkExpressions: Check<Given> = (given, fail) => {
  const asked = Object.keys(shape).filter((key) => key !== 'match_type');
  if (asked.every((key) => given[key as keyof Given] === undefined)) fail('', 'needs something to match');
  if (given.match_type !== 'regexp') return;
  const check = (key: string, expression: string) => {
    const problem = loadBinding().patternProblem(expression);
    if (problem !== null) fail(key, `'${expression}' is no regular expression: ${problem}`);
  };
  for (const key of ['services', 'span_names', 'metric_names', 'log_bodies', 'log_severity_texts'] as const) {
    for (const expression of given[key] ?? []) check(key, expression);
  }
  for (const { name } of given.libraries ?? []) check('libraries', name);
  for (const key of ['attributes', 'resources'] as const) {
    for (const { value } of given[key] ?? []) if (value !== undefined) check(key, value.text);
  }
};

/** What items have to be, as under `include` and `exclude`: all that is given must hold; of a list of texts, one. */
export const matchProperties = object(shape, checkExpressions);

/** Keys that ask for what only items of one signal have. */
const OF_SIGNAL: Readonly<Record<string, Signal>> = {
  span_names: 'traces',
  span_kinds: 'traces',
  metric_names: 'metrics',
  log_bodies: 'logs',
  log_severity_texts: 'logs',
  log_severity_number: 'logs',
};

/**
 * As the addon takes it.
 *
 * @throws Error naming `place` and a key that asks for what the signal does not have.
 */
export function itemCondition(given: Given, signal: Signal, place: string): ItemCondition {
  for (const [key, owner] of Object.entries(OF_SIGNAL)) {
    if (owner !== signal && given[key as keyof Given] !== undefined) {
      throw new Error(`${place}: '${key}' is about ${ITEM_NAMES[owner]}, and this is a pipeline of ${signal}`);
    }
  }
  const strict = given.match_type === 'strict';
  const tests = (list: readonly string[] | undefined): TextTest[] =>
    (list ?? []).map((text) => (strict ? { exact: text } : { pattern: text }));
  const attributeTests = (list: Given['attributes']): AttributeTest[] =>
    (list ?? []).map(({ key, value }) => {
      if (value === undefined) return { key };
      return strict ? { key, exact: value } : { key, pattern: value.text };
    });
  return {
    services: tests(given.services),
    resourceAttributes: attributeTests(given.resources),
    scopeNames: tests(given.libraries?.map(({ name }) => name)),
    names: tests(signal === 'metrics' ? given.metric_names : given.span_names),
    spanKinds: (given.span_kinds ?? []).map((kind) => KINDS.indexOf(kind.toLowerCase().replace('span_kind_', ''))),
    attributes: attributeTests(given.attributes),
    severityTexts: tests(given.log_severity_texts),
    severityNumber: given.log_severity_number?.min,
    matchUndefined: given.log_severity_number?.match_undefined ?? false,
    bodies: tests(given.log_bodies),
  };
}
