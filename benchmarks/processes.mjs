// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The processes of a measurement: the sink, the collector, the measured app. Each is ended by who started it.

import { fork, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';

const COLLECTOR = join(import.meta.dirname, '../dist/collector/main.js');
/** Clock ticks a second in /proc (USER_HZ, the same on all of Linux' architectures that Node.js supports). */
const TICKS = 100;
/** Milliseconds after which a process that does not answer is taken for hanging. */
const PATIENCE = 120_000;
/** Milliseconds for the last spans to reach the sink: who made them has waited for their export already. */
const PATIENCE_WITH_SPANS = 10_000;

/** A folder in memory where there is one, as in production; gone when `use` is over. */
export function withDirectory(use) {
  return withDirectoryIn(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), use);
}

/** A folder on disk, as for a journal; gone when `use` is over. */
export function withDirectoryOnDisk(use) {
  return withDirectoryIn(os.tmpdir(), use);
}

async function withDirectoryIn(parent, use) {
  const directory = await mkdtemp(join(parent, 'otlp-mmap-benchmark-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `use` gets { url, grpc, received(spans) }; the latter resolves with the counts once that many spans are there, or no more come. */
export async function withSink(use) {
  const sink = forkScript('sink.mjs', []);
  try {
    const { url, grpc } = await message(sink, 'the sink', ({ url }) => url !== undefined);
    let id = 0;
    const received = async (spans) => {
      const own = ++id;
      sink.send({ id: own, spans });
      const impatience = setTimeout(() => sink.send({ id: own, spans: 0 }), PATIENCE_WITH_SPANS);
      const { counts } = await message(sink, 'the sink', (answer) => answer.id === own);
      clearTimeout(impatience);
      return counts;
    };
    return await use({ url, grpc, received });
  } finally {
    await end(sink, 'SIGKILL');
  }
}

/** `use` gets { pid, cpuSeconds(), cpuMillisecondsByThread() }. `storage` is the folder of its journal, or `none`; `more` are further arguments. */
export function withCollector(directory, endpoint, use, storage = 'none', more = []) {
  const args = ['--dir', directory, '--exporter', 'otlphttp', '--endpoint', endpoint, '--storage', storage, ...more];
  return withCollectorOf(args, directory, use);
}

/** The same with a configuration (an object) that reads `directory`. */
export async function withConfiguredCollector(config, directory, use) {
  const file = await configFile(config);
  try {
    return await withCollectorOf(['--config', file], directory, use);
  } finally {
    await rm(file);
  }
}

function withCollectorOf(args, directory, use) {
  if (!existsSync(COLLECTOR)) throw new Error(`${COLLECTOR} is missing: run 'npm run build' first`);
  return withProgram(process.execPath, [...collectorFlags(), COLLECTOR, ...args], directory, use);
}

/** An OpenTelemetry Collector with a configuration (an object). `use` gets the same. */
export async function withOtelcol(path, config, use) {
  const file = await configFile(config);
  try {
    return await withProgram(path, ['--config', file], 'Everything is ready', use);
  } finally {
    await rm(file);
  }
}

/** JSON is YAML, too. */
async function configFile(config) {
  const file = join(os.tmpdir(), `otlp-mmap-benchmark-${process.pid}.yaml`);
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Runs a program that is ready when its standard error says so. */
async function withProgram(command, args, ready, use) {
  const program = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
  let output = '';
  const started = new Promise((resolve) =>
    program.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (output.includes(ready)) resolve();
    }),
  );
  const ended = new Promise((_, reject) =>
    program.once('exit', (code, signal) => reject(new Error(`the collector ended (${signal ?? code}):\n${output}`))),
  );
  ended.catch(() => {});
  try {
    await within(Promise.race([started, ended]), () => `the collector did not start:\n${output}`);
    const costs = {
      cpuSeconds: () => cpuSeconds(program.pid),
      cpuMillisecondsByThread: () => cpuMillisecondsByThread(program.pid),
    };
    return await Promise.race([use({ pid: program.pid, ...costs }), ended]);
  } finally {
    await end(program, 'SIGTERM');
  }
}

/**
 * Runs app.mjs. `drive` may talk with it while it runs.
 * @returns what its task measured.
 */
export async function runApp(task, arm, settings, { execArgv = [], drive = async () => {} } = {}) {
  const app = forkScript('app.mjs', [task, arm, JSON.stringify(settings)], [...appFlags(arm), ...execArgv]);
  try {
    const result = message(app, `the app (${task}, ${arm})`, (answer) => answer.result !== undefined);
    await Promise.race([drive(app), result]);
    const answer = await result;
    await end(app);
    return answer.result;
  } finally {
    await end(app, 'SIGKILL');
  }
}

/** Runs a script that sends one { result }. */
export async function runScript(script, settings, execArgv = []) {
  const child = forkScript(script, [JSON.stringify(settings)], execArgv);
  try {
    return (await message(child, script, (answer) => answer.result !== undefined)).result;
  } finally {
    await end(child, 'SIGKILL');
  }
}

/** Runs a script for as long as `use` takes, which gets { send(message), answer(fits) }. */
export async function withChild(script, settings, use) {
  const child = forkScript(script, [JSON.stringify(settings)]);
  const answer = (fits) => message(child, script, fits);
  try {
    return await use({ send: (told) => child.send(told), answer });
  } finally {
    await end(child, 'SIGKILL');
  }
}

/** Resolves with the next message that fits. */
export function message(child, name, fits) {
  let onMessage;
  let onExit;
  const arrived = new Promise((resolve, reject) => {
    onMessage = (answer) => fits(answer) && resolve(answer);
    onExit = (code, signal) => reject(new Error(`${name} ended without an answer (${signal ?? code})`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
  return within(arrived, () => `${name} did not answer within ${PATIENCE / 1000} s`).finally(() => {
    child.off('message', onMessage);
    child.off('exit', onExit);
  });
}

function forkScript(script, args, execArgv = []) {
  return fork(join(import.meta.dirname, script), args, { execArgv, env: environment() });
}

/** Without settings of telemetry that the caller's shell may have. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTEL|OTLP_MMAP|SDK_MMAP)_/.test(name)));
}

/** Profiles of the app or the collector, into the folder that run.mjs was told. */
function appFlags(arm) {
  const folder = process.env.BENCHMARK_PROFILES;
  return folder ? ['--cpu-prof', '--cpu-prof-dir', join(folder, arm)] : [];
}

function collectorFlags() {
  const folder = process.env.BENCHMARK_PROFILES;
  return folder ? ['--cpu-prof', '--cpu-prof-dir', join(folder, 'collector')] : [];
}

/** Seconds of CPU, user and system, all threads. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * CPU of each thread that lives, by its id, from the scheduler: nanoseconds where `cpuSeconds` counts ticks, so even a process
 * at rest can be measured in seconds. Linux only.
 */
function cpuMillisecondsByThread(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  return new Map(threads.map((thread) => [thread, spent(thread)]));
}

/** Waits for the end of a process, after a signal if one is given. */
async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  if (signal) child.kill(signal);
  await within(exit, () => `process ${child.pid} did not end`).finally(() => child.kill('SIGKILL'));
}

function within(promise, complain) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complain())), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
