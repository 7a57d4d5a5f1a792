// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { join } from 'node:path';
import { SIGNALS, type Signal } from '../batch.js';
import { UsageError } from '../usage-error.js';
import { type ConfigNode, nodeOf } from './node.js';
import { namesEndpoint, type OtlpOverrides, otlpEndpoint, parseCompression, parseHeader } from './otlp-environment.js';
import { parseDuration, parseSize } from './units.js';

/** Rotation of the files that are written when nobody asked for any. */
const CAPPED_FILE_SIZE = 64 * 1024 * 1024;

type ExporterType = 'otlphttp' | 'file' | 'debug';

const EXPORTER_TYPES: readonly ExporterType[] = ['otlphttp', 'file', 'debug'];

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
  storage?: string;
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

/** Options that say what to read and where to export: a configuration file says it in their place. */
export const CONFIG_OPTIONS = [
  'dir',
  'file',
  'exporter',
  'endpoint',
  'header',
  'compression',
  'timeout',
  'output',
  'max-file-size',
  'retry-interval',
  'storage',
] as const satisfies readonly (keyof RunOptions)[];

/**
 * The configuration that options and environment stand for, as a document.
 *
 * @throws UsageError naming the argument or the variable.
 */
export function configFromOptions(options: RunOptions, env: NodeJS.ProcessEnv): ConfigNode {
  const include = directories(options, env);
  const limit = options['shutdown-timeout'] ?? '10s';
  parseDuration(limit, '--shutdown-timeout');
  const interval = options['retry-interval'];
  if (interval !== undefined) positive(parseDuration(interval, '--retry-interval'), '--retry-interval');
  // Without a configuration nobody has said when to give up.
  const retry = { initial_interval: interval ?? '1s', max_interval: '30s', max_elapsed_time: '0s' };

  const exporters: Record<string, object> = {};
  /** Which exporters each signal goes to. */
  const perSignal: Record<Signal, string[]> = { traces: [], logs: [], metrics: [] };
  for (const type of exporterTypes(options, env)) {
    for (const { id, signals, section } of exporterSections(type, options, env)) {
      exporters[id] = { ...section, ...(type !== 'debug' && { retry_on_failure: retry }) };
      for (const signal of signals) perSignal[signal].push(id);
    }
  }
  const wish = temporality(env);
  const pipelines = SIGNALS.map((signal) => [
    signal,
    {
      receivers: ['mmap'],
      processors: [...(signal === 'metrics' ? Object.keys(wish) : []), 'batch'],
      exporters: perSignal[signal],
    },
  ]);
  const document = {
    receivers: { mmap: { include, files: options.file } },
    processors: { ...wish, batch: {} },
    exporters,
    service: {
      pipelines: Object.fromEntries(pipelines),
      shutdown_timeout: limit,
      storage: storage(options, env),
      // Several may run side by side without a configuration: a port of their own would be one too many.
      telemetry: { metrics: { level: 'none' } },
    },
  };
  return nodeOf(document, { name: 'the command line' });
}

/** The processor that the environment asks for, if it does. */
function temporality(env: NodeJS.ProcessEnv): { temporality?: object } {
  const preference = env.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE?.trim().toLowerCase();
  return preference ? { temporality: { preference } } : {};
}

/** Where the journal is, or that there is none. */
function storage({ storage: given }: RunOptions, env: NodeJS.ProcessEnv): object | string | undefined {
  if (given === '') throw new UsageError('--storage needs a folder, or none');
  const where = given ?? env.OTLP_MMAP_STORAGE;
  return !where || where === 'none' ? where || undefined : { directory: where };
}

interface ExporterSection {
  id: string;
  signals: readonly Signal[];
  section: object;
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

function exporterSections(type: ExporterType, options: RunOptions, env: NodeJS.ProcessEnv): ExporterSection[] {
  switch (type) {
    case 'otlphttp':
      return otlpSections(options, env);
    case 'file': {
      const asked = options.output !== undefined || options.exporter !== undefined;
      const size = options['max-file-size'];
      const cap = size !== undefined ? parseSize(size, '--max-file-size') : asked ? 0 : CAPPED_FILE_SIZE;
      const rotation = cap > 0 ? { max_megabytes: cap / 2 ** 20, max_backups: 1 } : undefined;
      return [{ id: type, signals: SIGNALS, section: { directory: options.output ?? defaultOutput(env), rotation } }];
    }
    case 'debug':
      return [{ id: type, signals: SIGNALS, section: { verbosity: 'detailed' } }];
  }
}

/** One exporter for all signals, or one for each where variables of one signal set it apart. */
function otlpSections(options: RunOptions, env: NodeJS.ProcessEnv): ExporterSection[] {
  const overrides = otlpOverrides(options);
  const sections = SIGNALS.map((signal) => {
    const { protocol, url, address, tls, headers, timeout, compression } = otlpEndpoint(env, signal, overrides);
    const grpc = protocol === 'grpc';
    const rest = {
      ...(grpc ? { endpoint: address } : { encoding: protocol === 'http/json' ? 'json' : undefined }),
      ...(Object.values(tls).some((value) => value !== undefined) && { tls }),
      headers,
      timeout: `${timeout}ms`,
      compression,
    };
    const own = grpc ? {} : { [`${signal}_endpoint`]: url.href };
    return { signal, type: grpc ? 'otlp' : 'otlphttp', own, rest };
  });
  const [{ type, rest }] = sections;
  const isSame = (section: (typeof sections)[number]) =>
    section.type === type && JSON.stringify(section.rest) === JSON.stringify(rest);
  if (sections.every(isSame)) {
    return [{ id: type, signals: SIGNALS, section: Object.assign({}, ...sections.map(({ own }) => own), rest) }];
  }
  return sections.map(({ signal, type, own, rest }) => ({
    id: `${type}/${signal}`,
    signals: [signal],
    section: { ...own, ...rest },
  }));
}

function otlpOverrides(options: RunOptions): OtlpOverrides {
  const headers = (options.header ?? []).map((text) => parseHeader(text, '--header'));
  return {
    // Whoever names the exporter or its address says the protocol, too.
    protocol: options.exporter === undefined && options.endpoint === undefined ? undefined : 'http/protobuf',
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
