// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Median with spread: what every figure is reported as. `rounds` keeps the values in the order of the rounds. */
export function summarise(rounds) {
  const sorted = rounds.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds };
}

/** The value below which `fraction` of the sorted `values` lie. */
export function quantile(values, fraction) {
  return values[Math.min(values.length - 1, Math.floor(values.length * fraction))];
}
