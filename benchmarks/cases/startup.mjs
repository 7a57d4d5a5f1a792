// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withDirectory } from '../processes.mjs';

/** Where rivals are installed, apart from the product's own dependencies: what is found there decides what is instrumented. */
const HTTP = join(import.meta.dirname, '../startup/http');
const ALL = join(import.meta.dirname, '../startup/all');
const OWN_HOOK = ['--import', pathToFileURL(join(import.meta.dirname, '../../register.mjs')).href];
const STOCK_HTTP = ['--import', pathToFileURL(join(HTTP, 'stock-hook.cjs')).href];
const STOCK_ALL = ['--import', '@opentelemetry/auto-instrumentations-node/register'];
const STOCK_LOADER = ['--experimental-loader', '@opentelemetry/instrumentation/hook.mjs', '--no-warnings'];

const COMMANDS = {
  node: { cwd: HTTP, flags: [] },
  stockHttpCommonJs: { cwd: HTTP, flags: STOCK_HTTP },
  stockHttp: { cwd: HTTP, flags: [...STOCK_LOADER, ...STOCK_HTTP] },
  ownHttp: { cwd: HTTP, flags: OWN_HOOK },
  stockAllCommonJs: { cwd: ALL, flags: STOCK_ALL },
  stockAll: { cwd: ALL, flags: [...STOCK_LOADER, ...STOCK_ALL] },
  ownAll: { cwd: ALL, flags: OWN_HOOK },
};

/** What a process says of itself as it ends. */
const PROGRAM = `process.on('exit', () => {
  const { maxRSS } = process.resourceUsage();
  const { user, system } = process.cpuUsage();
  process._rawDebug(JSON.stringify({ mebibytes: maxRSS / 1024, cpuMilliseconds: (user + system) / 1000 }));
});`;

export default {
  title: 'Start-up of the register hook',
  description: `From starting Node.js with the hook and an empty program until its end, CPU time of all threads, and the largest resident
memory. "HTTP": with instrumentation-http alone; "all": with everything that @opentelemetry/auto-instrumentations-node
brings. Resource detectors that ask the network are off. The stock hook needs a loader beside it to see ES modules, and its rows with
that loader are the rivals; ours always sees both kinds.`,
  arms: {
    node: { title: 'Node.js alone' },
    stockHttpCommonJs: { title: 'stock NodeSDK, HTTP, CommonJS only' },
    stockHttp: { title: 'stock NodeSDK, HTTP, with the loader' },
    ownHttp: { title: 'otlp-mmap/register, HTTP' },
    stockAllCommonJs: { title: 'stock register, all, CommonJS only' },
    stockAll: { title: 'stock register, all, with the loader' },
    ownAll: { title: 'otlp-mmap/register, all' },
  },
  bare: 'node',
  rival: { ownHttp: 'stockHttp', ownAll: 'stockAll' },
  metrics: [
    { key: 'milliseconds', title: 'start to end', unit: 'ms', ratio: 'less', beyondBare: true },
    { key: 'cpuMilliseconds', title: 'CPU', unit: 'ms' },
    { key: 'mebibytes', title: 'memory', unit: 'MiB', beyondBare: true },
  ],
  expected: [],
  settings: { rounds: 15 },
  smoke: { rounds: 1 },

  prepare() {
    for (const folder of [HTTP, ALL]) {
      if (existsSync(join(folder, 'node_modules'))) continue;
      console.log(`installing a rival (npm ci in ${folder})`);
      const { status } = spawnSync('npm', ['ci'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
      if (status !== 0) throw new Error(`npm ci in ${folder} failed`);
    }
  },

  measure(arm) {
    const { cwd, flags } = COMMANDS[arm];
    return withDirectory((directory) => startUp([...flags, '-e', PROGRAM], { cwd, env: environment(directory) }));
  },
};

function environment(directory) {
  return {
    PATH: process.env.PATH,
    OTLP_MMAP_DIR: directory,
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process,serviceinstance',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}

function startUp(args, options) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    let milliseconds;
    child.once('exit', () => {
      milliseconds = performance.now() - begin;
    });
    // Comes after the exit, when the output is read to its end.
    child.once('close', () => {
      try {
        resolve({ milliseconds, ...JSON.parse(output) });
      } catch {
        reject(new Error(`node ${args.join(' ')} said: ${output}`));
      }
    });
  });
}
