// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './fixtures';
import { freePort } from './free-port';

/** Addresses of a running OpenTelemetry Collector that sends on what it gets, to an OTLP/HTTP address. */
export interface RunningOtelcol {
  /** host:port */
  grpc: string;
  http: string;
  /** Resolves when it has delivered what it held, and ended. */
  stop(): Promise<void>;
}

type Addresses = Pick<RunningOtelcol, 'grpc' | 'http'>;

interface Settings {
  /** Lines of the receivers' section `tls`. */
  tls?: readonly string[];
  /** The section `batch`, if the pipelines have that processor. */
  batch?: object;
}

/**
 * Starts one, of the core components, built with Go.
 *
 * @returns undefined, with a line that says why, where it cannot be built.
 */
export async function startOtelcol(
  t: ExecutionContext,
  destination: string,
  settings: Settings = {},
): Promise<RunningOtelcol | undefined> {
  const build = join(__dirname, '..', '..', 'benchmarks', 'otelcol', 'build.mjs');
  // The first time, Go fetches and builds some hundred packages.
  t.timeout(600_000, 'building the OpenTelemetry Collector');
  const { otelcol } = await import(build);
  const { path, missing } = await otelcol();
  if (path === undefined) {
    t.log(`nothing was tried: ${missing}`);
    t.pass();
    return undefined;
  }
  // It does not tell which ports it opened, so they are chosen before: whoever opens one in between is met by other ports.
  for (;;) {
    const ports = { grpc: `127.0.0.1:${await freePort()}`, http: `127.0.0.1:${await freePort()}` };
    const started = await start(t, path, configuration(ports, destination, settings));
    if ('stop' in started) return { ...ports, ...started };
    const { output } = started;
    if (!output.includes('address already in use')) throw new Error(`the OpenTelemetry Collector ended:\n${output}`);
  }
}

function configuration({ grpc, http }: Addresses, destination: string, { tls = [], batch }: Settings): string {
  const section = tls.length > 0 ? ['        tls:', ...tls.map((line) => `          ${line}`)] : [];
  return [
    'receivers:',
    '  otlp:',
    '    protocols:',
    '      grpc:',
    `        endpoint: ${grpc}`,
    ...section,
    '      http:',
    `        endpoint: ${http}`,
    ...section,
    ...(batch ? [`processors: { batch: ${JSON.stringify(batch)} }`] : []),
    'exporters:',
    '  otlphttp:',
    `    endpoint: ${destination}`,
    '    compression: none',
    '    sending_queue: { enabled: false }',
    'service:',
    '  telemetry: { metrics: { level: none } }',
    '  pipelines:',
    ...['traces', 'logs', 'metrics'].map(
      (signal) => `    ${signal}: { receivers: [otlp], processors: [${batch ? 'batch' : ''}], exporters: [otlphttp] }`,
    ),
  ].join('\n');
}

/** Resolves when it is ready; with what it said when it ended instead. */
async function start(
  t: ExecutionContext,
  path: string,
  config: string,
): Promise<Pick<RunningOtelcol, 'stop'> | { output: string }> {
  const file = join(temporaryFolder(t), 'otelcol.yaml');
  writeFileSync(file, config);
  const child = spawn(path, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  while (!output.includes('Everything is ready')) {
    const [next] = await Promise.race([once(child.stderr, 'data'), ended.then(() => [undefined])]);
    if (next === undefined) return { output };
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
