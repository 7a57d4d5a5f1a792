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
 * Median and spread of every value, and of what is compared within each round: `beyond` (an arm less the bare one), `ratios`
 * (how many times better than the rival: less where less is better, more where more is).
 */
export function summariseRounds(values, { metrics, bare, rival }) {
  const arms = {};
  for (const [arm, measured] of Object.entries(values)) {
    const entry = { metrics: {}, beyond: {}, ratios: {} };
    for (const { key, beyondBare, ratio } of metrics) {
      const rounds = measured[key];
      if (rounds === undefined) continue;
      entry.metrics[key] = summarise(rounds);
      const bareRounds = values[bare]?.[key];
      if (beyondBare && bareRounds && arm !== bare) {
        entry.beyond[key] = summarise(rounds.map((value, i) => value - bareRounds[i]));
      }
      const rivalRounds = values[rivalOf(rival, arm)]?.[key];
      if (ratio && rivalRounds && arm !== bare && arm !== rivalOf(rival, arm)) {
        entry.ratios[key] = summarise(
          rounds.map((value, i) => (ratio === 'less' ? rivalRounds[i] / value : value / rivalRounds[i])),
        );
      }
    }
    arms[arm] = entry;
  }
  return arms;
}

/** One rival for all, or one for each arm. */
function rivalOf(rival, arm) {
  return typeof rival === 'object' ? rival[arm] : rival;
}
