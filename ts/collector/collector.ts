// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding } from '../native/binding.js';
import { ITEM_NAMES, type Signal } from './batch.js';
import type { CollectorConfig } from './config/collector-config.js';
import { Deployment, type DeploymentContext } from './deployment.js';
import { type Logger, ThrottledWarnings } from './logger.js';
import { type Memory, memoryOf } from './memory.js';
import type { CollectorStatus, Exporter } from './pipeline/component.js';
import { Intake } from './pipeline/intake.js';
import { Reception } from './reception.js';
import { ServiceManager } from './service-manager.js';
import { SettledCounters } from './telemetry/counters.js';
import {
  exporterCountsOf,
  exporterMeasurements,
  pipelineMeasurements,
  processMeasurements,
} from './telemetry/measurements.js';
import { countersOf, PastCounts } from './telemetry/past-counts.js';
import type { Measurement } from './telemetry/registry.js';
import { type Snapshot, StatsFile, summaryLine } from './telemetry/snapshot.js';
import { VERSION } from './version.js';

/** Milliseconds between two looks at the counters for `--stats-file`. */
const STATS_INTERVAL = 250;
/** Milliseconds between two summaries with `--verbose`. */
const SUMMARY_INTERVAL = 10_000;
/** Milliseconds after which a reader that gives no sign of life is at fault: it comes round five times a second at least. */
const LONGEST_SILENCE = 5000;

export interface CollectorOptions {
  binding: NativeBinding;
  logger: Logger;
  /** File that the counters are kept in. */
  statsFile?: string;
  env?: NodeJS.ProcessEnv;
}

/** One run, from the first file to the last acknowledgement. */
export class Collector {
  readonly #logger: Logger;
  readonly #context: DeploymentContext;
  readonly #reception: Reception;
  readonly #statsFile: StatsFile | undefined;
  readonly #statsFaults: ThrottledWarnings;
  readonly #serviceManager: ServiceManager;
  readonly #settled = new SettledCounters();
  readonly #pastCounts = new PastCounts();
  readonly #memory: Memory;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #finished: Promise<number>;
  /** Configurations that were in force and have something on its way yet. */
  readonly #retiring = new Set<Deployment>();
  readonly #started = performance.now();
  #deployment!: Deployment;
  #changing: Promise<void> = Promise.resolve();
  #state: Snapshot['state'] = 'running';
  #crash: string | undefined;
  #finish!: (exitCode: number) => void;

  private constructor({ binding, logger, statsFile, env = process.env }: CollectorOptions) {
    this.#logger = logger;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const intake = new Intake((open) => this.#reception.setOpen(open));
    this.#context = {
      binding,
      logger,
      intake,
      settled: this.#settled,
      status: () => this.status,
      measure: () => this.#measure(),
      onSettled: () => this.#finishIfDrained(),
    };
    this.#reception = new Reception({ ...this.#context, env, onEnded: (error) => this.#onReaderEnded(error) });
    this.#memory = memoryOf(binding);
    this.#statsFaults = new ThrottledWarnings(logger);
    this.#statsFile = statsFile === undefined ? undefined : new StatsFile(statsFile);
    this.#serviceManager = new ServiceManager(binding, logger, env);
  }

  /**
   * Begins to read.
   *
   * @throws ConfigError when a component cannot do its work with its configuration, Error with a sentence when a receiver cannot start.
   */
  static async start(config: CollectorConfig, options: CollectorOptions): Promise<Collector> {
    const collector = new Collector(options);
    collector.#deployment = await Deployment.start(config, collector.#context);
    collector.#reception.start(collector.#deployment);
    if (options.statsFile !== undefined) {
      collector.#timers.push(setInterval(() => collector.#writeStats(), STATS_INTERVAL));
    }
    const summarise = () => options.logger.debug(summaryLine(collector.#snapshot()));
    // Also keeps the process alive, whatever the receiver's thread does for that.
    collector.#timers.push(setInterval(summarise, SUMMARY_INTERVAL));
    return collector;
  }

  /** Resolves when everything is over, with the exit code of the process. */
  async run(): Promise<number> {
    this.#announce();
    const exitCode = await this.#finished;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#reception.close();
    await Promise.all([this.#deployment, ...this.#retiring].map((deployment) => deployment.close()));
    this.#state = exitCode === 0 ? 'stopped' : 'failed';
    this.#writeStats();
    this.#logger.info(summaryLine(this.#snapshot()));
    return exitCode;
  }

  get status(): CollectorStatus {
    return { fault: this.#fault(), uptime: performance.now() - this.#started };
  }

  /** Another configuration takes over. Nothing is lost or sent twice for it. @throws Error (ConfigError for a mistake) when it cannot; all goes on as before. */
  reload(config: CollectorConfig): Promise<void> {
    const change = this.#changing.then(async () => {
      if (this.#state !== 'running') throw new Error(`the collector is ${this.#state}`);
      this.#serviceManager.reloading();
      try {
        await this.#replace(config);
      } finally {
        this.#announce();
      }
    });
    // One that failed does not stand in the way of the next.
    this.#changing = change.catch(() => {});
    return change;
  }

  /** Sends what waits for more or for another attempt. */
  flush(): void {
    this.#reception.flush();
    this.#deployment.graph.flush();
    for (const exporter of this.#deployment.exporters.values()) exporter.retryNow();
  }

  /** Reads what is there, delivers it, and ends; within the configured limit, whatever is left. */
  stop(reason: string): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#serviceManager.stopping();
    this.#logger.info(`${reason}: delivering what is left, ${this.#limit} ms at most`);
    this.#timers.push(setTimeout(() => this.#giveUp(), this.#limit));
    // What a change that is under way begins has to end, too.
    void this.#changing.then(() => this.#drain());
  }

  #drain(): void {
    this.#reception.stop();
    // Pieces that are on their way come first: a reader tells when it has handed over everything. One that stands still never will.
    if (!this.#reception.reading || this.#silent !== undefined) this.#deployment.graph.flush();
    for (const exporter of this.#deployment.exporters.values()) exporter.retryNow();
    this.#finishIfDrained();
  }

  get #limit(): number {
    return this.#deployment.config.service.shutdown_timeout;
  }

  #fault(): string | undefined {
    if (this.#crash !== undefined) return `the reader thread ended: ${this.#crash}`;
    if (this.#state !== 'running') return `the collector is ${this.#state}`;
    const silent = this.#silent;
    return silent && `the reader thread of ${silent[0]} has not come round for ${Math.round(silent[1].silence())} ms`;
  }

  /** A receiver whose thread stands still. */
  get #silent() {
    return this.#reception.silent(LONGEST_SILENCE);
  }

  #announce(): void {
    const targets = [...this.#deployment.exporters.values()].map(({ target }) => target);
    const status = `reads ${this.#reception.sources.join(', ')}; exports to ${targets.join(', ')}`;
    this.#logger.info(status);
    if (this.#state === 'running') this.#serviceManager.ready(status, () => this.#fault() === undefined);
  }

  async #replace(wanted: CollectorConfig): Promise<void> {
    const previous = this.#deployment;
    // The journals that there are go on, and exporters have to know whether there are any.
    const { storage } = previous.config.service;
    const config = { ...wanted, service: { ...wanted.service, storage } };
    const next = await Deployment.start(config, this.#context, previous);
    this.#deployment = next;
    this.#retiring.add(previous);
    if (JSON.stringify(storage) !== JSON.stringify(wanted.service.storage)) {
      this.#logger.warn('service.storage: the change takes effect at the next start');
    }
    // From here on pieces go into the new pipelines; what the old ones hold follows to the destinations.
    const received = this.#reception.change(next);
    void received
      .then(() => previous.retire(next))
      .then(() => {
        this.#retiring.delete(previous);
        this.#pastCounts.add(componentMeasurements(previous, this.#exportersBut(previous)));
        this.#finishIfDrained();
      });
  }

  #onReaderEnded(error: string | undefined): void {
    if (error !== undefined) {
      this.#logger.error(`the reader thread ended: ${error}`);
      this.#crash = error;
      this.stop('without its reader');
    }
    this.#deployment.graph.flush();
    this.#finishIfDrained();
  }

  #finishIfDrained(): void {
    if (this.#reception.reading || this.#state === 'running') return;
    const idle = [this.#deployment, ...this.#retiring].every(({ graph }) => graph.idle);
    if (idle) this.#finish(this.#crash === undefined ? 0 : 1);
  }

  #giveUp(): void {
    const exporters = [this.#deployment, ...this.#retiring].flatMap((deployment) => [...deployment.exporters.values()]);
    if (exporters.every(({ pending }) => pending.size === 0)) {
      this.#logger.error(`the files were not read to their end within ${this.#limit} ms`);
    }
    for (const { target, pending } of new Set(exporters)) {
      const left: Partial<Record<Signal, number>> = {};
      for (const { signal, items } of pending) left[signal] = (left[signal] ?? 0) + items;
      for (const [signal, items] of Object.entries(left)) {
        this.#logger.error(
          `${target} did not take ${items} ${ITEM_NAMES[signal as Signal]} within ${this.#limit} ms; ` +
            `they stay in the ${this.#reception.hasJournal ? 'journal' : 'files'} and are sent by the next collector`,
        );
      }
    }
    this.#finish(1);
  }

  /** Exporters in all configurations that are in force or have something on its way, but this one. */
  #exportersBut(one: Deployment): Set<Exporter> {
    const others = [this.#deployment, ...this.#retiring].filter((deployment) => deployment !== one);
    return new Set(others.flatMap(({ exporters }) => [...exporters.values()]));
  }

  /** What pipelines and exporters count, and what those before them of the same names had counted. */
  #componentMeasurements(): Measurement[] {
    const current = componentMeasurements(this.#deployment);
    const counted = new Set(this.#deployment.exporters.values());
    const retiring = [...this.#retiring].flatMap((deployment) => {
      const measured = componentMeasurements(deployment, counted);
      for (const exporter of deployment.exporters.values()) counted.add(exporter);
      return measured;
    });
    return [...current, ...countersOf(retiring), ...this.#pastCounts.all];
  }

  #measure(): Measurement[] {
    return [...this.#reception.measurements(), ...this.#componentMeasurements(), ...processMeasurements(this.#memory)];
  }

  #snapshot(): Snapshot {
    return {
      version: VERSION,
      pid: process.pid,
      state: this.#state,
      receiver: this.#reception.stats(),
      settled: this.#settled.signals,
      exporters: exporterCountsOf(this.#componentMeasurements()),
    };
  }

  #writeStats(): void {
    if (this.#statsFile === undefined) return;
    try {
      this.#statsFile.write(this.#snapshot());
    } catch (error) {
      this.#statsFaults.warn(`cannot write --stats-file (${(error as Error).message})`);
    }
  }
}

/** What the pipelines of a configuration count, and its exporters but these. */
function componentMeasurements(
  { graph, exporters }: Deployment,
  but: ReadonlySet<Exporter> = new Set(),
): Measurement[] {
  const own = [...exporters].filter(([, exporter]) => !but.has(exporter));
  return [
    ...graph.pipelines.flatMap(pipelineMeasurements),
    ...own.flatMap(([id, exporter]) => exporterMeasurements(id, exporter)),
  ];
}
