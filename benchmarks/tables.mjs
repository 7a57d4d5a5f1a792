// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A result as a table: one row an arm, one column a metric, in markdown that also reads well in a terminal.

const FIGURES = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });
const COUNTS = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** Columns of a result: each metric, then what is derived from it, where any arm has it. */
function columns({ metrics, arms, bare }) {
  const beyond = `beyond the row "${arms[bare]?.title}"`;
  const has = (of, key) => Object.values(arms).some((arm) => arm[of]?.[key]);
  return metrics.flatMap(({ key, title, unit, ratio }) => [
    { of: 'metrics', key, heading: unit ? `${title} (${unit})` : title, suffix: '' },
    ...(has('beyond', key) ? [{ of: 'beyond', key, heading: beyond, suffix: '' }] : []),
    ...(has('ratios', key) ? [{ of: 'ratios', key, heading: `times ${ratio} than its rival`, suffix: '×' }] : []),
    ...(has('ratiosBeyond', key) ? [{ of: 'ratiosBeyond', key, heading: `both ${beyond}`, suffix: '×' }] : []),
    ...(has('ratiosAbove', key)
      ? [{ of: 'ratiosAbove', key, heading: 'both beyond what the stock SDK makes alone', suffix: '×' }]
      : []),
  ]);
}

/** Lines of a markdown table. */
export function table(result) {
  const head = columns(result);
  const rows = Object.values(result.arms).map((arm) => [
    arm.title,
    ...head.map(({ of, key, suffix }) => (arm[of]?.[key] ? spread(arm[of][key], suffix) : '')),
  ]);
  return align([['', ...head.map(({ heading }) => heading)], ...rows]);
}

/** "median (min to max)". */
function spread({ median, min, max }, suffix = '') {
  return `${figure(median)}${suffix} (${figure(min)} to ${figure(max)})`;
}

export function figure(value) {
  return (Math.abs(value) >= 1000 ? COUNTS : FIGURES).format(value);
}

/** Cells as lines of a markdown table; the first row is the head. */
export function align([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
}

const WHAT = {
  metrics: '',
  beyond: ' beyond the bare row',
  ratios: ', times better than its rival',
  ratiosBeyond: ', times better than its rival, both beyond the bare row',
  ratiosAbove: ', times better than its rival, both beyond what the stock SDK makes alone',
};

/** What was promised, and whether the result holds it: one line each. */
export function expectations({ arms, metrics }, expected) {
  return expected.flatMap(({ arm, metric, of, atLeast, atMost }) => {
    const measured = arms[arm]?.[of]?.[metric];
    if (!measured) return [];
    const { title } = metrics.find(({ key }) => key === metric);
    const met = measured.median >= (atLeast ?? -Infinity) && measured.median <= (atMost ?? Infinity);
    const bound = atLeast !== undefined ? `at least ${figure(atLeast)}` : `at most ${figure(atMost)}`;
    const what = WHAT[of];
    return `${met ? 'met    ' : 'NOT MET'} ${arms[arm].title}: ${title}${what}: ${figure(measured.median)}, expected ${bound}`;
  });
}
