// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { loadBinding } from '../../native/loader';
import { Collector } from '../collector';
import { collectorConfig } from '../config/collector-config';
import { configFromOptions, levelOf } from '../config/from-options';
import { Logger } from '../logger';
import { UsageError } from '../usage-error';
import type { Command } from './command';

const help = `Usage: otlp-mmap-collector [run] [options]

Reads the telemetry files of this machine's processes and exports it as OTLP. Without any option it watches the default
folders and exports to OTEL_EXPORTER_OTLP_ENDPOINT; without that, it prints every span and appends it to a file.

What to read:
  --dir DIR               watch this folder; may be given more than once (else OTLP_MMAP_DIR, else the default folders)
  --file FILE...          read these files, of this package or any other SDK of the format

Where to export:
  --exporter TYPE         otlphttp, file or debug; may be given more than once
  --endpoint URL          otlphttp: base address, /v1/traces is appended (OTEL_EXPORTER_OTLP_ENDPOINT)
  --header NAME=VALUE     otlphttp: sent with each request; may be given more than once (OTEL_EXPORTER_OTLP_HEADERS)
  --compression CODEC     otlphttp: none or gzip (OTEL_EXPORTER_OTLP_COMPRESSION)
  --timeout DURATION      otlphttp: for one attempt, default 10s (OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds)
  --output DIR            file: folder of traces.jsonl
  --max-file-size SIZE    file: begin a new one at this size and keep one old one, as in 64MiB (0: no limit)
  --retry-interval DURATION
                          wait before the second attempt, default 1s; it grows to 30s

Operation:
  --shutdown-timeout DURATION
                          time for delivering the rest after SIGINT or SIGTERM, default 10s
  --stats-file FILE       keep counters there, as JSON
  -q, --quiet             errors only
  -v, --verbose           more, and a summary every 10 s
  -h, --help              this text

Exit codes: 0; 1 if it could not start, or not deliver everything in time; 2 for a wrong command line.`;

export const run: Command = {
  name: 'run',
  summary: 'read files and export them (default)',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
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
        'shutdown-timeout': { type: 'string' },
        'stats-file': { type: 'string' },
        quiet: { type: 'boolean', short: 'q' },
        verbose: { type: 'boolean', short: 'v' },
      },
    });
    // What follows `--file a` without a name of its own is another file, as a shell's wildcard gives it.
    if (positionals.length > 0 && !values.file) throw new UsageError(`unexpected argument '${positionals[0]}'`);
    const file = values.file && [...values.file, ...positionals];

    const level = levelOf(values);
    const config = collectorConfig(configFromOptions({ ...values, file }, process.env));
    const logger = new Logger(level);
    let collector: Collector;
    try {
      collector = new Collector(config, loadBinding(), logger, values['stats-file']);
    } catch (error) {
      logger.error((error as Error).message);
      return 1;
    }
    stopWhenTold(collector, logger);
    return collector.run();
  },
};

/** The first signal asks for an orderly end, the second ends at once. `debug` without a reader is an end, too. */
function stopWhenTold(collector: Collector, logger: Logger): void {
  let signalled = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalled) {
      logger.error(`second signal (${signal}): ending at once`);
      process.exit(1);
    }
    signalled = true;
    collector.stop(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', (error) => collector.stop(`standard output is closed (${error.message})`));
}
