// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { summarise } from './statistics.mjs';

/**
 * Measures the arms by turns (A B C, A B C, ...), so that what changes on the machine meanwhile meets all of them.
 * @returns by arm, then by metric: a list with one value a round.
 */
export async function interleave({ arms, rounds, measure, onRound }) {
  const values = Object.fromEntries(arms.map((arm) => [arm, {}]));
  for (let round = 0; round < rounds; round++) {
    for (const arm of arms) {
      const metrics = await measure(arm);
      for (const [metric, value] of Object.entries(metrics)) {
        values[arm][metric] ??= [];
        values[arm][metric].push(value);
      }
      onRound?.(round, arm, metrics);
    }
  }
  return values;
}

/**
 * Median and spread of every value, and of what is compared within each round. A metric that is `beyondIdle` is first cleared of what
 * the process of the `idle` arm used, which makes nothing. Then: `beyond` (an arm less the bare one), `ratios` (how many times better than the rival: less where less is better, more where more is), `ratiosBeyond` (the same of what both
 * have beyond the bare arm), `ratiosAbove` (the same beyond the arm on which this one and its rival both stand: `floors` names it).
 */
export function summariseRounds(raw, { metrics, idle, bare, rival, floors = {} }) {
  const values = withoutIdle(raw, metrics, idle);
  return Object.fromEntries(
    Object.entries(values).map(([arm, measured]) => {
      const rivalArm = rivalOf(rival, arm);
      const summary = { metrics: {}, beyond: {}, ratios: {}, ratiosBeyond: {}, ratiosAbove: {} };
      for (const { key, beyondBare, ratio } of metrics) {
        const rounds = measured[key];
        if (rounds === undefined) continue;
        summary.metrics[key] = summarise(rounds);
        if (arm === bare || arm === idle) continue;
        const less = beyondBare ? values[bare]?.[key] : undefined;
        const beyond = less && difference(rounds, less);
        if (beyond) summary.beyond[key] = summarise(beyond);
        const rivals = ratio && arm !== rivalArm ? values[rivalArm]?.[key] : undefined;
        if (rivals) summary.ratios[key] = summarise(timesBetter(rounds, rivals, ratio));
        if (rivals && beyond) {
          summary.ratiosBeyond[key] = summarise(timesBetter(beyond, difference(rivals, less), ratio));
        }
        const floor = values[floors[arm]]?.[key];
        if (rivals && floor) {
          const above = timesBetter(difference(rounds, floor), difference(rivals, floor), ratio);
          summary.ratiosAbove[key] = summarise(above);
        }
      }
      return [arm, summary];
    }),
  );
}

/** The same values, those that are `beyondIdle` less the idle arm's of the same round. */
function withoutIdle(values, metrics, idle) {
  const less = new Set(metrics.filter(({ beyondIdle }) => beyondIdle).map(({ key }) => key));
  const net = ([key, rounds]) => [key, less.has(key) ? difference(rounds, values[idle][key]) : rounds];
  return Object.fromEntries(
    Object.entries(values).map(([arm, measured]) => [
      arm,
      arm === idle || !values[idle] ? measured : Object.fromEntries(Object.entries(measured).map(net)),
    ]),
  );
}

function difference(values, less) {
  return values.map((value, i) => value - less[i]);
}

function timesBetter(values, rivals, ratio) {
  return values.map((value, i) => (ratio === 'less' ? rivals[i] / value : value / rivals[i]));
}

/** One rival for all, or one for each arm. */
function rivalOf(rival, arm) {
  return typeof rival === 'object' ? rival[arm] : rival;
}
