// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { GroupRules, TextTest } from '../../../native/binding.js';
import { loadBinding } from '../../../native/loader.js';
import { text, word } from '../../config/schema/scalar.js';
import type { Read, Schema } from '../../config/schema/schema.js';
import { type Check, list, object } from '../../config/schema/structure.js';
import type { ProcessorFactory } from '../../pipeline/component.js';

interface Test {
  exact: string | undefined;
  pattern: string | undefined;
}

const checkTest: Check<Test> = ({ exact, pattern }, fail) => {
  if ((exact === undefined) === (pattern === undefined)) fail('', 'needs either exact or pattern');
  const problem = pattern === undefined ? null : loadBinding().patternProblem(pattern);
  if (problem !== null) fail('pattern', `'${pattern}' is no regular expression: ${problem}`);
};

const test = { exact: text({}), pattern: text({}) };
const texts = list(text({ required: true, nonEmpty: true })) as Schema<string[] | undefined>;

const config = object(
  {
    attribute: text({ required: true, nonEmpty: true }),
    group_attribute: text({ nonEmpty: true }),
    rules: list(object({ ...test, group: text({ required: true, nonEmpty: true }) }, checkTest)),
    default_group: text({ nonEmpty: true }),
    detail: texts,
    all_metrics: texts,
    essential_metrics: list(object(test, checkTest)),
    gauges: word(['last', 'sum', 'min', 'max', 'mean'], { default: 'last' }),
  },
  ({ rules, default_group, detail, all_metrics }, fail) => {
    if (!rules?.length && default_group === undefined) fail('rules', 'names no group: give a rule, or default_group');
    const groups = new Set([...(rules ?? []).map(({ group }) => group), default_group]);
    for (const [key, names] of Object.entries({ detail, all_metrics })) {
      const unknown = names?.find((name) => !groups.has(name));
      if (unknown !== undefined) fail(key, `names '${unknown}', which is the group of no rule`);
    }
  },
);

type GroupConfig = Read<typeof config>;

/** The receiver does the work: series are merged before they are encoded. */
export const groupProcessor: ProcessorFactory<GroupConfig> = {
  type: 'group',
  summary: 'merges metric series by groups of an attribute',
  signals: ['metrics'],
  config,
  metricStream: (settings) => ({ groups: rulesOf(settings) }),
  create: (_settings, { next }) => ({ consume: (batch) => next.consume(batch) }),
};

function rulesOf(settings: GroupConfig): GroupRules {
  const attribute = settings.attribute!;
  return {
    attribute,
    groupAttribute: settings.group_attribute ?? `${attribute}.group`,
    rules: (settings.rules ?? []).map(({ group, ...values }) => ({ values: testOf(values), group: group! })),
    defaultGroup: settings.default_group,
    detail: settings.detail ?? [],
    allMetrics: settings.all_metrics ?? [],
    essentialMetrics: settings.essential_metrics?.map(testOf),
    gauges: settings.gauges,
  };
}

function testOf({ exact, pattern }: Test): TextTest {
  return pattern === undefined ? { exact: exact! } : { pattern };
}
