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
}

/**
 * Starts one, of the core components, built with Go.
 *
 * @param tls Lines of the receivers' section `tls`.
 * @returns undefined, with a line that says why, where it cannot be built.
 */
export async function startOtelcol(
  t: ExecutionContext,
  destination: string,
  tls: readonly string[] = [],
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
    const output = await start(t, path, configuration(ports, destination, tls));
    if (output === undefined) return ports;
    if (!output.includes('address already in use')) throw new Error(`the OpenTelemetry Collector ended:\n${output}`);
  }
}

function configuration({ grpc, http }: RunningOtelcol, destination: string, tls: readonly string[]): string {
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
    'exporters:',
    '  otlphttp:',
    `    endpoint: ${destination}`,
    '    compression: none',
    '    sending_queue: { enabled: false }',
    'service:',
    '  telemetry: { metrics: { level: none } }',
    '  pipelines:',
    ...['traces', 'logs', 'metrics'].map((signal) => `    ${signal}: { receivers: [otlp], exporters: [otlphttp] }`),
  ].join('\n');
}

/** Resolves when it is ready; with what it said when it ended instead. */
async function start(t: ExecutionContext, path: string, config: string): Promise<string | undefined> {
  const file = join(temporaryFolder(t), 'otelcol.yaml');
  writeFileSync(file, config);
  const child = spawn(path, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  while (!output.includes('Everything is ready')) {
    const [next] = await Promise.race([once(child.stderr, 'data'), once(child, 'exit').then(() => [undefined])]);
    if (next === undefined) return output;
  }
  return undefined;
}
