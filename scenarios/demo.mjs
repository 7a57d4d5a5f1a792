// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// An unchanged HTTP server is recorded, killed with SIGKILL in mid-request, and loses nothing. What must arrive is known
// from the load generator alone; what did arrive is counted at the far end, by an OTLP server of this process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Load } from './load.mjs';
import { Sink } from './sink.mjs';
import { traceTree } from './tree.mjs';

const CHECKOUTS = 400;
const CONCURRENCY = 16;
const REPORTS = 4;
const WATCHDOG = 45_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const processes = [];

/** A Node process of the demo, in the package's folder and without OpenTelemetry settings of whoever runs the demo. */
function start(args, settings = {}) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|OTLP_|SDK_MMAP_|NODE_OPTIONS$)/.test(name),
  );
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.log = '';
  child.stderr.on('data', (chunk) => {
    child.log += chunk;
  });
  child.ended = once(child, 'exit');
  processes.push(child);
  return child;
}

async function portOf(app) {
  for await (const line of createInterface({ input: app.stdout })) {
    const match = /^listening on (\d+)$/.exec(line);
    if (match) return Number(match[1]);
  }
  throw new Error('the app ended before it listened');
}

/** Resolves when the sink has at least as many spans of every trace as are expected. */
async function arrived(sink, expected) {
  const missing = () => [...expected].some(([traceId, spans]) => (sink.traces.get(traceId)?.size ?? 0) < spans);
  while (missing()) await once(sink, 'spans');
}

async function fileSpans(path) {
  const ids = new Set();
  for (const line of (await readFile(path, 'utf8')).trim().split('\n')) {
    for (const { scopeSpans } of JSON.parse(line).resourceSpans) {
      for (const { spans } of scopeSpans) for (const { spanId } of spans) ids.add(spanId);
    }
  }
  return ids.size;
}

function isIncomplete(span) {
  return Boolean(span.attributes['otlp_mmap.incomplete']);
}

async function demo(folder) {
  const sink = new Sink();
  const endpoint = await sink.listen();
  const directory = join(folder, 'telemetry');
  const output = join(folder, 'output');
  const stats = join(folder, 'stats.json');
  const exporters = ['--exporter', 'otlphttp', '--endpoint', endpoint, '--exporter', 'file', '--output', output];
  const collector = start([
    'dist/collector/main.js',
    '--dir',
    directory,
    ...exporters,
    '--storage',
    join(folder, 'state'),
    '--stats-file',
    stats,
  ]);
  const app = start(['--import', 'otlp-mmap/register', 'scenarios/app.cjs'], {
    OTEL_SERVICE_NAME: 'shop',
    OTLP_MMAP_DIR: directory,
  });

  const load = new Load(await portOf(app));
  console.log(`app        pid ${app.pid}: node --import otlp-mmap/register scenarios/app.cjs`);
  console.log(`collector  pid ${collector.pid}: otlp-mmap-collector --dir DIR --exporter otlphttp --exporter file`);
  await load.checkouts(CHECKOUTS, CONCURRENCY);
  const reports = await load.reports(REPORTS);
  app.kill('SIGKILL');
  const [, signal] = await app.ended;
  load.close();
  console.log(
    `${load.answered} requests answered; ${load.inFlight} more in flight when the app ended with ${signal}\n`,
  );

  const delivered = arrived(sink, load.expected);
  await Promise.race([delivered, collector.ended]);
  collector.kill('SIGTERM');
  const [exitCode] = await collector.ended;
  sink.close();

  const recorded = load.spansExpected;
  const { settled } = JSON.parse(await readFile(stats, 'utf8'));
  const inFile = await fileSpans(join(output, 'traces.jsonl'));
  const incomplete = [...sink.traces.values()].flatMap((trace) => [...trace.values()].filter(isIncomplete));
  const expectedIncomplete = reports.reduce((sum, traceId) => sum + load.expected.get(traceId), 0);
  const lost = [...load.expected].reduce(
    (sum, [traceId, spans]) => sum + Math.max(0, spans - (sink.traces.get(traceId)?.size ?? 0)),
    0,
  );
  const row = (what, count, note = '') =>
    console.log(`${what.padEnd(22)}${String(count).padStart(6)}  ${note}`.trimEnd());
  row('requests sent', load.answered + load.inFlight);
  row('spans recorded', recorded, `known from the requests: ${load.answered} x 5 + ${load.inFlight} x 3`);
  row('spans exported', sink.spans, `as the OTLP server counts; in the file: ${inFile}`);
  row('recovered incomplete', incomplete.length, 'open when the app was killed');
  row('sent twice', sink.repeated);
  row('lost', lost);
  console.log(`\nA request that was cut off, trace ${reports[0]}:\n`);
  for (const line of traceTree(sink.traces.get(reports[0]) ?? new Map())) console.log(`  ${line}`);

  const faults = [
    [lost > 0, `${lost} spans are lost`],
    [sink.spans !== recorded, `${sink.spans} spans arrived where ${recorded} were recorded`],
    [inFile !== recorded, `${inFile} spans are in the file where ${recorded} were recorded`],
    [
      settled.traces?.exported !== recorded + sink.repeated,
      `the collector counts ${settled.traces?.exported} exported`,
    ],
    [
      incomplete.length !== expectedIncomplete,
      `${incomplete.length} incomplete spans instead of ${expectedIncomplete}`,
    ],
    [exitCode !== 0, `the collector ended with ${exitCode}`],
  ];
  return faults.filter(([found]) => found).map(([, message]) => message);
}

const folder = await mkdtemp(join(tmpdir(), 'otlp-mmap-demo-'));
let faults;
try {
  let timer;
  const watchdog = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${WATCHDOG / 1000} s`)), WATCHDOG);
  });
  faults = await Promise.race([demo(folder), watchdog]);
  clearTimeout(timer);
} catch (error) {
  faults = [error.stack];
}
for (const child of processes) child.kill('SIGKILL');
await rm(folder, { recursive: true, force: true });
if (faults.length > 0) {
  for (const { spawnargs, log } of processes) console.error(`\n--- ${spawnargs.slice(1).join(' ')}\n${log}`);
  for (const fault of faults) console.error(`FAILED: ${fault}`);
}
process.exit(faults.length > 0 ? 1 : 0);
