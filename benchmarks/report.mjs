// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Writes docs/benchmarks.md, and the table of the README, from benchmarks/results: no figure gets there by hand.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { headline } from './headline.mjs';
import { table } from './tables.mjs';

const RESULTS = join(import.meta.dirname, 'results');
const PAGE = join(import.meta.dirname, '../docs/benchmarks.md');
const README = join(import.meta.dirname, '../README.md');

/** Around the table of the README. */
const BEGIN = '<!-- written by npm run bench -->';
const END = '<!-- end -->';

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\` from benchmarks/results; do not edit. \`npm run bench -- NAME\` takes one table again, \`-- --help\` lists
what there is. Every arm runs in its own processes; arms take turns within a round, each figure is the median of all rounds with its
least and greatest value, and ratios are taken within a round before their median is. The rival is the stock OpenTelemetry SDK for Node.js with its defaults.
`;

/** @param cases by name, in the order of the page. */
export function writeReport(cases) {
  const sections = Object.keys(cases)
    .map((name) => join(RESULTS, `${name}.json`))
    .filter((path) => existsSync(path))
    .map((path) => section(JSON.parse(readFileSync(path, 'utf8'))));
  writeFileSync(PAGE, [INTRODUCTION, ...sections].join('\n'));
  const [before, rest] = readFileSync(README, 'utf8').split(BEGIN);
  const after = rest.split(END)[1];
  writeFileSync(README, [before, BEGIN, '\n\n', headline(RESULTS).join('\n'), '\n\n', END, after].join(''));
  return [PAGE, README];
}

function section(result) {
  const { title, description, settings, taken } = result;
  const used = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return `## ${title}

${description}

${table(result).join('\n')}

Taken on ${taken.date} at commit ${taken.commit}: Node.js ${taken.node}, ${taken.cores} cores of ${taken.processor}, ${taken.memory},
${taken.system}. Settings: ${used.join(', ')}.
`;
}
