// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// `npm run bench`: measures, prints, keeps the result, writes the page.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import appCost from './cases/app-cost.mjs';
import collection from './cases/collection.mjs';
import collector from './cases/collector.mjs';
import eventLoop from './cases/event-loop.mjs';
import exporters from './cases/exporters.mjs';
import httpServer from './cases/http-server.mjs';
import journal from './cases/journal.mjs';
import logCost from './cases/log-cost.mjs';
import longValues from './cases/long-values.mjs';
import measurement from './cases/measurement.mjs';
import metricCells from './cases/metric-cells.mjs';
import metricCollector from './cases/metric-collector.mjs';
import outage from './cases/outage.mjs';
import quietFiles from './cases/quiet-files.mjs';
import ringToOtlp from './cases/ring-to-otlp.mjs';
import slotSize from './cases/slot-size.mjs';
import startup from './cases/startup.mjs';
import { interleave, summariseRounds } from './interleave.mjs';
import { provenance } from './machine.mjs';
import { writeReport } from './report.mjs';
import { expectations, figure, table } from './tables.mjs';

const CASES = {
  'app-cost': appCost,
  'log-cost': logCost,
  'event-loop': eventLoop,
  'http-server': httpServer,
  startup,
  measurement,
  collection,
  collector,
  exporters,
  journal,
  outage,
  'quiet-files': quietFiles,
  'ring-to-otlp': ringToOtlp,
  'metric-cells': metricCells,
  'metric-collector': metricCollector,
  'long-values': longValues,
  'slot-size': slotSize,
};

const HELP = `Usage: npm run bench -- [NAME...] [options]

  NAME                one of ${Object.keys(CASES).join(', ')}; without any, all of them
  --arms A,B          only these arms of a case: nothing is kept
  --set NAME=VALUE    change one of a case's settings (numbers, printed with each result)
  --smoke             the smallest sizes, to see that everything works: nothing is kept
  --profiles DIR      write CPU profiles of app and collector there: nothing is kept
  --gate              end with 1 when an arm is not as many times better than its rival as was promised: nothing is kept
  --report            only write docs/benchmarks.md and the table of the README anew`;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    arms: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    smoke: { type: 'boolean', default: false },
    profiles: { type: 'string' },
    gate: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Only whole runs give figures that are shown to others. */
const keeps = !options.smoke && !options.arms && !options.profiles && !options.gate;

if (options.help) {
  console.log(HELP);
} else {
  if (!options.report) await runCases(names.length > 0 ? names : Object.keys(CASES));
  if (options.report || keeps) console.log(`wrote ${writeReport(CASES).join(' and ')}`);
}

async function runCases(chosen) {
  const unknown = chosen.find((name) => !CASES[name]);
  if (unknown) throw new Error(`there is no benchmark '${unknown}'\n${HELP}`);
  if (options.profiles) process.env.BENCHMARK_PROFILES = resolve(options.profiles);
  for (const name of chosen) await runCase(name, CASES[name]);
}

async function runCase(name, definition) {
  const { title, description, metrics, expected, prepare, measure } = definition;
  const settings = { ...definition.settings, ...(options.smoke && definition.smoke), ...changedSettings(definition) };
  const chosen = options.arms?.split(',') ?? Object.keys(definition.arms);
  const unknown = chosen.find((arm) => !definition.arms[arm]);
  if (unknown) throw new Error(`${name} has no arm '${unknown}': it has ${Object.keys(definition.arms).join(', ')}`);

  console.log(`\n${title}`);
  const arms = await available(chosen, definition);
  const taken = provenance();
  await prepare?.();
  const values = await interleave({
    arms,
    rounds: settings.rounds,
    measure: (arm) => measure(arm, settings),
    onRound: (round, arm, measured) => console.log(`  round ${round + 1} ${arm.padEnd(10)} ${oneLine(measured)}`),
  });
  const summary = summariseRounds(values, definition);
  for (const arm of arms) summary[arm] = { title: definition.arms[arm].title, ...summary[arm] };
  const result = { name, title, description, taken, settings, metrics, bare: definition.bare, arms: summary };

  const lines = expectations(result, expected);
  console.log(['', ...table(result), '', ...lines].join('\n'));
  if (options.gate && lines.some((line) => /^NOT MET.*times better/.test(line))) process.exitCode = 1;
  if (keeps) keep(result);
}

/** The arms that this machine can run; says which it cannot, and why. */
async function available(arms, { missing }) {
  const reasons = await Promise.all(arms.map((arm) => missing?.(arm)));
  arms.forEach((arm, i) => {
    if (reasons[i] !== undefined) console.log(`  without ${arm}: ${reasons[i]}`);
  });
  return arms.filter((_arm, i) => reasons[i] === undefined);
}

function changedSettings({ settings }) {
  const known = options.set.map((text) => text.split('=')).filter(([name]) => name in settings);
  return Object.fromEntries(known.map(([name, value]) => [name, Number(value)]));
}

function oneLine(measured) {
  return Object.entries(measured)
    .map(([metric, value]) => `${metric} ${figure(value)}`)
    .join(', ');
}

function keep(result) {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
