// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { loadBinding } from '../../native/loader.js';
import { Collector } from '../collector.js';
import type { CollectorConfig } from '../config/collector-config.js';
import { exitCodeOf, messagesOf } from '../failure.js';
import { Logger } from '../logger.js';
import type { Command } from './command.js';
import {
  type ConfigOptions,
  configOptionsHelp,
  configureLogger,
  formatOf,
  levelOf,
  loadFromOptions,
  parseConfigOptions,
} from './config-options.js';

const help = `Usage: otlp-mmap-collector [run] [options]

Reads the telemetry files of this machine's processes and exports them as OTLP. Without any option it watches the default
folders and exports to OTEL_EXPORTER_OTLP_ENDPOINT; without that, it prints what it reads and appends it to a file.

${configOptionsHelp}
  --stats-file FILE       keep counters there, as JSON
  -h, --help              this text

Signals: SIGINT and SIGTERM deliver what is there and end, SIGHUP reads the configuration again, SIGUSR1 sends what waits.

Exit codes: 0; 1 if it could not start, or not deliver everything in time; 2 for a wrong command line; 78 for a wrong
configuration.`;

export const run: Command = {
  name: 'run',
  summary: 'read files and export them (default)',
  help,
  async run(args) {
    const options = parseConfigOptions(args);
    const logger = new Logger(levelOf(options) ?? 'info', undefined, formatOf(options['log-format']));
    tellFaults(logger);
    let ready!: (collector: Collector) => void;
    // Signals that come while it starts have their effect when it has.
    const started = new Promise<Collector>((resolve) => {
      ready = resolve;
    });
    const load = () => loadFromOptions(options, process.env, (message) => logger.warn(message)).config;
    stopWhenTold(started, logger);
    process.on('SIGUSR1', async () => {
      const collector = await started;
      logger.info('SIGUSR1: sending what waits');
      collector.flush();
    });
    process.on('SIGHUP', async () => reload(await started, logger, options, load));
    let collector: Collector;
    try {
      const config = load();
      configureLogger(logger, options, config);
      collector = await Collector.start(config, { binding: loadBinding(), logger, statsFile: options['stats-file'] });
    } catch (error) {
      // Whoever reads the log as JSON reads this, too.
      if (!logger.isJson) throw error;
      for (const message of messagesOf(error as Error)) logger.error(message);
      return exitCodeOf(error as Error);
    }
    ready(collector);
    return collector.run();
  },
};

/** What Node.js would write to standard error by itself goes through the log, so that each line has the form that was asked for. */
function tellFaults(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => logger.warn(`${name}: ${message}`));
  process.on('uncaughtException', (error) => {
    const what = error instanceof Error ? error.stack : String(error);
    logger.error(`a fault of this program (${what}): please report it; the next collector goes on where this one was`);
    process.exit(1);
  });
}

/** A configuration that cannot be right, or cannot start, changes nothing. */
async function reload(
  collector: Collector,
  logger: Logger,
  options: ConfigOptions,
  load: () => CollectorConfig,
): Promise<void> {
  try {
    const config = load();
    await collector.reload(config);
    configureLogger(logger, options, config);
    logger.info('SIGHUP: the new configuration is in force');
  } catch (error) {
    for (const problem of messagesOf(error as Error)) logger.error(problem);
    logger.error('SIGHUP: the configuration before stays in force');
  }
}

/** The first signal asks for an orderly end, the second ends at once. `debug` without a reader is an end, too. */
function stopWhenTold(started: Promise<Collector>, logger: Logger): void {
  let signalled = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalled) {
      logger.error(`second signal (${signal}): ending at once`);
      process.exit(1);
    }
    signalled = true;
    void started.then((collector) => collector.stop(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', async (error) => {
    (await started).stop(`standard output is closed (${error.message})`);
  });
}
