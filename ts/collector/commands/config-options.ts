// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { type CollectorConfig, collectorConfig } from '../config/collector-config.js';
import { CONFIG_OPTIONS, configFromOptions, type RunOptions } from '../config/from-options.js';
import { loadConfig } from '../config/load.js';
import type { ConfigNode } from '../config/node.js';
import { jsonLines, type Level, type LineFormat, type Logger, textLines } from '../logger.js';
import { paletteFor } from '../terminal.js';
import { UsageError } from '../usage-error.js';

/** Options by which run, validate and print-config are told their configuration. */
export const configOptionsHelp = `Configuration:
  --config FILE           YAML in the OpenTelemetry Collector's form; may be given more than once, the later goes over the
                          earlier. Also env:NAME and yaml:TEXT
  --set KEY=VALUE         one value over all files, as in processors.batch.timeout=1s; may be given more than once

What to read, without --config:
  --dir DIR               watch this folder; may be given more than once (else OTLP_MMAP_DIR, else the default folders)
  --file FILE...          read these files, of this package or any other SDK of the format

Where to export, without --config:
  --exporter TYPE         otlphttp, file or debug; may be given more than once
  --endpoint URL          otlphttp: base address, /v1/traces is appended (OTEL_EXPORTER_OTLP_ENDPOINT)
  --header NAME=VALUE     otlphttp: sent with each request; may be given more than once (OTEL_EXPORTER_OTLP_HEADERS)
  --compression CODEC     otlphttp: none or gzip (OTEL_EXPORTER_OTLP_COMPRESSION)
  --timeout DURATION      otlphttp: for one attempt, default 10s (OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds)
  --output DIR            file: folder of traces.jsonl
  --max-file-size SIZE    file: begin a new one at this size and keep one old one, as in 64MiB (0: no limit)
  --retry-interval DURATION
                          wait before the second attempt, default 1s; it grows to 30s

What survives, without --config:
  --storage DIR|none      folder of the journal, in which open spans and what is not delivered survive (OTLP_MMAP_STORAGE; else a
                          folder in STATE_DIRECTORY or XDG_STATE_HOME); none: what is open is lost if this process is killed

Operation:
  --shutdown-timeout DURATION
                          time for delivering the rest after SIGINT or SIGTERM, default 10s
  --log-format FORMAT     text or json
  -q, --quiet             errors only
  -v, --verbose           more, and a summary every 10 s`;

const options = {
  config: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  dir: { type: 'string', multiple: true },
  file: { type: 'string', multiple: true },
  exporter: { type: 'string', multiple: true },
  endpoint: { type: 'string' },
  header: { type: 'string', multiple: true },
  compression: { type: 'string' },
  timeout: { type: 'string' },
  output: { type: 'string' },
  'max-file-size': { type: 'string' },
  'retry-interval': { type: 'string' },
  storage: { type: 'string' },
  'shutdown-timeout': { type: 'string' },
  'log-format': { type: 'string' },
  'stats-file': { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

export type ConfigOptions = RunOptions & { config?: string[]; set?: string[]; 'log-format'?: string };

/** @throws UsageError, or a TypeError of parseArgs, for arguments that cannot be right. */
export function parseConfigOptions(args: string[]): ConfigOptions {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  // What follows `--file a` without a name of its own is another file, as a shell's wildcard gives it.
  if (positionals.length > 0 && !values.file) {
    // It may be the rest of a secret.
    if (values.header || values.set) throw new UsageError('unexpected argument: a value with spaces needs quotes');
    throw new UsageError(`unexpected argument '${positionals[0]}'`);
  }
  if (values.quiet && values.verbose) throw new UsageError('--quiet and --verbose exclude each other');
  const format = values['log-format'];
  if (format !== undefined && format !== 'text' && format !== 'json') {
    throw new UsageError(`--log-format '${format}' is not known: it is text or json`);
  }
  for (const name of CONFIG_OPTIONS) {
    if (!values.config || values[name] === undefined) continue;
    throw new UsageError(`--${name} and --config exclude each other: write it into the file, or use --set`);
  }
  return { ...values, file: values.file && [...values.file, ...positionals] };
}

/** The document that the options stand for, and what was read from it. */
export interface Loaded {
  root: ConfigNode;
  config: CollectorConfig;
}

/**
 * Reads the configuration, now; files may have changed since the last time.
 *
 * @throws ConfigError with every mistake, UsageError for one of the options.
 */
export function loadFromOptions(
  options: ConfigOptions,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Loaded {
  const { config = [], set = [] } = options;
  const base = options.config ? undefined : configFromOptions(options, env);
  const limit = options.config && options['shutdown-timeout'];
  const root = loadConfig(
    { base, config, set: limit === undefined ? set : [...set, `service.shutdown_timeout=${limit}`] },
    env,
    warn,
  );
  return { root, config: collectorConfig(root) };
}

/** Has the logger do what options and configuration say; options go first. */
export function configureLogger(logger: Logger, options: ConfigOptions, { service }: CollectorConfig): void {
  const { level, encoding } = service.telemetry.logs;
  logger.configure(levelOf(options) ?? level, formatOf(options['log-format'] ?? encoding));
}

/** The level that the options name, if they do. */
export function levelOf({ quiet, verbose }: ConfigOptions): Level | undefined {
  return quiet ? 'error' : verbose ? 'debug' : undefined;
}

export function formatOf(name: string | undefined): LineFormat {
  return name === 'json' ? jsonLines : textLines(paletteFor(process.stderr));
}
