// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { join } from 'node:path';
import { SIGNALS, type Signal } from '../batch';
import { type BackoffSettings, DEFAULT_BACKOFF } from '../exporters/backoff';
import type { Level } from '../logger';
import type { BatchSettings } from '../processors/batch';
import { UsageError } from '../usage-error';
import {
  namesEndpoint,
  type OtlpEndpoint,
  type OtlpOverrides,
  otlpEndpoint,
  parseCompression,
  parseHeader,
} from './otlp-environment';
import { parseDuration, parseSize } from './units';

/** Rotation of the files that are written when nobody asked for any. */
const CAPPED_FILE_SIZE = 64 * 1024 * 1024;

export type ExporterConfig =
  | { type: 'otlphttp'; endpoints: Record<Signal, OtlpEndpoint> }
  | { type: 'file'; directory: string; maxFileSize: number }
  | { type: 'debug' };

type ExporterType = ExporterConfig['type'];

const EXPORTER_TYPES: readonly ExporterType[] = ['otlphttp', 'file', 'debug'];

/** Everything that a run is made from, whatever it was read from. */
export interface RunConfig {
  /** Folders to watch; undefined: the default ones. */
  directories: string[] | undefined;
  files: string[];
  exporters: ExporterConfig[];
  batch: BatchSettings;
  backoff: BackoffSettings;
  /** Milliseconds after a signal within which everything must be delivered. */
  shutdownTimeout: number;
  statsFile: string | undefined;
  level: Level;
}

/** The options of `run` as `parseArgs` gives them. */
export interface RunOptions {
  dir?: string[];
  file?: string[];
  exporter?: string[];
  endpoint?: string;
  header?: string[];
  compression?: string;
  timeout?: string;
  output?: string;
  'max-file-size'?: string;
  'retry-interval'?: string;
  'shutdown-timeout'?: string;
  'stats-file'?: string;
  quiet?: boolean;
  verbose?: boolean;
}

/** Which exporter an option belongs to: giving it without that exporter is a mistake. */
const EXPORTER_OPTIONS: readonly [keyof RunOptions, ExporterType][] = [
  ['endpoint', 'otlphttp'],
  ['header', 'otlphttp'],
  ['compression', 'otlphttp'],
  ['timeout', 'otlphttp'],
  ['output', 'file'],
  ['max-file-size', 'file'],
];

/** @throws UsageError naming the argument or the variable. */
export function runConfig(options: RunOptions, env: NodeJS.ProcessEnv): RunConfig {
  if (options.quiet && options.verbose) throw new UsageError('--quiet and --verbose exclude each other');
  return {
    directories: directories(options, env),
    files: options.file ?? [],
    exporters: exporterTypes(options, env).map((type) => exporterConfig(type, options, env)),
    batch: { sendBatchSize: 8192, timeout: 200, maxBytes: 4 * 1024 * 1024 },
    backoff: {
      ...DEFAULT_BACKOFF,
      ...(options['retry-interval'] !== undefined && {
        initialInterval: positive(parseDuration(options['retry-interval'], '--retry-interval'), '--retry-interval'),
      }),
    },
    shutdownTimeout: parseDuration(options['shutdown-timeout'] ?? '10s', '--shutdown-timeout'),
    statsFile: options['stats-file'],
    level: options.quiet ? 'error' : options.verbose ? 'debug' : 'info',
  };
}

function directories(options: RunOptions, env: NodeJS.ProcessEnv): string[] | undefined {
  for (const [name, values] of [['--dir', options.dir] as const, ['--file', options.file] as const]) {
    if (values?.includes('')) throw new UsageError(`${name} needs a path, and this one is empty`);
  }
  if (options.dir) return options.dir;
  if (options.file) return [];
  return env.OTLP_MMAP_DIR ? [env.OTLP_MMAP_DIR] : undefined;
}

/** Those that were named; else those that an option speaks of; else otlphttp if the environment has an endpoint; else text and files. */
function exporterTypes(options: RunOptions, env: NodeJS.ProcessEnv): ExporterType[] {
  const named = (options.exporter ?? []).map(exporterType);
  const twice = named.find((type, index) => named.indexOf(type) !== index);
  if (twice) throw new UsageError(`--exporter ${twice} is given twice`);

  const implied = new Set<ExporterType>();
  for (const [option, type] of EXPORTER_OPTIONS) {
    if (options[option] === undefined) continue;
    if (named.length > 0 && !named.includes(type)) throw new UsageError(`--${option} needs --exporter ${type}`);
    implied.add(type);
  }
  if (named.length > 0) return named;
  if (implied.size > 0) return [...implied];
  return namesEndpoint(env) ? ['otlphttp'] : ['debug', 'file'];
}

function exporterType(name: string): ExporterType {
  const type = EXPORTER_TYPES.find((known) => known === name);
  if (!type) throw new UsageError(`--exporter '${name}' is not known: it is one of ${EXPORTER_TYPES.join(', ')}`);
  return type;
}

function exporterConfig(type: ExporterType, options: RunOptions, env: NodeJS.ProcessEnv): ExporterConfig {
  switch (type) {
    case 'otlphttp': {
      const overrides = otlpOverrides(options);
      const endpoints = SIGNALS.map((signal) => [signal, otlpEndpoint(env, signal, overrides)]);
      return { type, endpoints: Object.fromEntries(endpoints) };
    }
    case 'file': {
      const asked = options.output !== undefined || options.exporter !== undefined;
      const size = options['max-file-size'];
      return {
        type,
        directory: options.output ?? defaultOutput(env),
        maxFileSize: size !== undefined ? parseSize(size, '--max-file-size') : asked ? 0 : CAPPED_FILE_SIZE,
      };
    }
    case 'debug':
      return { type };
  }
}

function otlpOverrides(options: RunOptions): OtlpOverrides {
  const headers = (options.header ?? []).map((text) => parseHeader(text, '--header'));
  return {
    endpoint: options.endpoint,
    headers: Object.fromEntries(headers),
    timeout:
      options.timeout === undefined ? undefined : positive(parseDuration(options.timeout, '--timeout'), '--timeout'),
    compression: options.compression === undefined ? undefined : parseCompression(options.compression, '--compression'),
  };
}

function positive(value: number, argument: string): number {
  if (value > 0) return value;
  throw new UsageError(`${argument} must be above 0`);
}

/** A folder of this user for data that programs keep (XDG Base Directory Specification). */
function defaultOutput(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'otlp-mmap');
}
