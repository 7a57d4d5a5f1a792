// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Batch, batchOf } from './batch.js';
import { type CollectorConfig, type Configured, trustsApps } from './config/collector-config.js';
import { ConfigError } from './config/problems.js';
import { buildExporters, buildGraph, type SharedContext } from './pipeline/build.js';
import type { CollectorStatus, Exporter, Extension } from './pipeline/component.js';
import type { Graph } from './pipeline/graph.js';
import { Intake } from './pipeline/intake.js';
import type { Measurement } from './telemetry/registry.js';
import { Telemetry } from './telemetry/telemetry.js';

export interface DeploymentContext extends SharedContext {
  status: () => CollectorStatus;
  /** Everything that is counted, now. */
  measure: () => Measurement[];
  /** Called whenever a piece is settled. */
  onSettled: () => void;
}

/** One configuration in force: its exporters, pipelines and extensions. */
export class Deployment {
  readonly config: CollectorConfig;
  readonly exporters: ReadonlyMap<string, Exporter>;
  readonly graph: Graph;
  readonly #extensions: ReadonlyMap<string, Extension>;

  private constructor(
    config: CollectorConfig,
    exporters: ReadonlyMap<string, Exporter>,
    extensions: ReadonlyMap<string, Extension>,
    context: DeploymentContext,
  ) {
    this.config = config;
    this.exporters = exporters;
    this.#extensions = extensions;
    this.graph = buildGraph(config, exporters, context, context.onSettled);
  }

  /**
   * Makes and starts everything. Of `previous`, exporters and extensions whose section is the same go on as they are.
   *
   * @throws ConfigError when something cannot do its work; `previous` is then as it was.
   */
  static async start(config: CollectorConfig, context: DeploymentContext, previous?: Deployment): Promise<Deployment> {
    const kept = new Map(
      [...(previous?.exporters ?? [])].filter(([id]) =>
        same(config.exporters.get(id), previous!.config.exporters.get(id)),
      ),
    );
    const { storage } = config.service;
    // With a journal a destination that cannot take more holds up nobody: what comes waits there.
    const ofExporters = storage ? { ...context, persistent: true, intake: new Intake(() => {}) } : context;
    const exporters = buildExporters(config, ofExporters, kept);
    const started: { close(): Promise<void> }[] = [...exporters]
      .filter(([id]) => !kept.has(id))
      .map(([, made]) => made);
    const released = [...(previous?.exporters ?? [])].filter(([id]) => !kept.has(id)).map(([, exporter]) => exporter);
    try {
      for (const exporter of released) await exporter.release?.();
      for (const [id, exporter] of exporters) {
        if (!kept.has(id)) await naming(`exporters.${id}`, exporter.start?.());
      }
      const extensions = await startExtensions(config, context, previous);
      return new Deployment(config, exporters, extensions, context);
    } catch (error) {
      await Promise.all(started.map((each) => each.close()));
      for (const exporter of released) {
        if (exporter.release === undefined) continue;
        // Why the new configuration cannot start is what counts.
        await exporter.start?.().catch(({ message }: Error) => context.logger.error(`${exporter.target}: ${message}`));
      }
      throw error;
    }
  }

  /**
   * Another configuration has taken over: what is on its way goes there, and what it has no use for is closed.
   *
   * Resolves when nothing is pending here any more.
   */
  async retire(successor: Deployment): Promise<void> {
    this.graph.flush();
    this.graph.close();
    const left = [...this.exporters].filter(([id, exporter]) => successor.exporters.get(id) !== exporter);
    await Promise.all(
      left.map(async ([id, exporter]) => {
        const next = successor.exporters.get(id);
        // What was to go to one place may come from apps that are not trusted now either.
        const as = next?.followsApps && !this.#areTrusted(id, successor) ? withoutEndpoints : (batch: Batch) => batch;
        await exporter.retire(next && ((batch) => next.deliver(as(batch))));
        await exporter.close();
      }),
    );
  }

  async close(): Promise<void> {
    this.graph.close();
    await Promise.all([...this.exporters.values(), ...this.#extensions.values()].map((each) => each.close()));
  }

  /** @internal The extensions go over to a successor one by one, since two cannot listen on one port. */
  get extensions(): ReadonlyMap<string, Extension> {
    return this.#extensions;
  }

  /** Everything that went to this exporter is of receivers that the successor trusts. */
  #areTrusted(exporter: string, { config: { receivers } }: Deployment): boolean {
    const of = [...this.config.pipelines.values()].filter(({ exporters }) => exporters.includes(exporter));
    return of.every((pipeline) => pipeline.receivers.every((id) => trustsApps(receivers, id)));
  }
}

/** The name of the collector's own metrics among the extensions; no section can have it. */
const TELEMETRY = 'service.telemetry';

/** What is beside the pipelines, by the path of its section, and what has to be the same for it to go on. */
function extensionsOf(config: CollectorConfig, context: DeploymentContext): Map<string, ExtensionPlan> {
  const plans = config.service.extensions.map((id): [string, ExtensionPlan] => {
    const { factory, config: settings, fingerprint } = config.extensions.get(id)!;
    const { status, logger } = context;
    return [`extensions.${id}`, { fingerprint, make: () => factory.create(settings, { id, status, logger }) }];
  });
  const { metrics, resource } = config.service.telemetry;
  const telemetry = {
    fingerprint: JSON.stringify({ metrics, resource }),
    make: () => new Telemetry(config.service.telemetry, context),
  };
  return new Map([...plans, [TELEMETRY, telemetry]]);
}

interface ExtensionPlan {
  fingerprint: string;
  make: () => Extension;
}

function same(one: Configured<unknown> | undefined, other: Configured<unknown> | undefined): boolean {
  return one !== undefined && other !== undefined && one.fingerprint === other.fingerprint;
}

/** The extensions in use; those of the previous configuration that do not go on make room first, and come back when this fails. */
async function startExtensions(
  config: CollectorConfig,
  context: DeploymentContext,
  previous: Deployment | undefined,
): Promise<Map<string, Extension>> {
  const wanted = extensionsOf(config, context);
  const before = previous === undefined ? new Map<string, ExtensionPlan>() : extensionsOf(previous.config, context);
  const running = new Map<string, Extension>();
  const ended: string[] = [];
  for (const [path, extension] of previous?.extensions ?? []) {
    if (wanted.get(path)?.fingerprint === before.get(path)?.fingerprint) {
      running.set(path, extension);
    } else {
      await extension.close();
      ended.push(path);
    }
  }
  const made: Extension[] = [];
  try {
    for (const [path, { make }] of wanted) {
      if (running.has(path)) continue;
      const extension = make();
      await naming(path, extension.start());
      made.push(extension);
      running.set(path, extension);
    }
    return running;
  } catch (error) {
    await Promise.all(made.map((extension) => extension.close()));
    for (const path of ended) {
      const again = before.get(path)!.make();
      await again.start();
      (previous!.extensions as Map<string, Extension>).set(path, again);
    }
    throw error;
  }
}

function withoutEndpoints(batch: Batch): Batch {
  return batchOf(
    batch,
    batch.pieces.map((part) => ({ ...part, endpoint: undefined })),
  );
}

/** A start that fails is a mistake of the section with this path. */
async function naming(path: string, start: Promise<void> | undefined): Promise<void> {
  try {
    await start;
  } catch (error) {
    throw new ConfigError([`${path}: ${(error as Error).message}`]);
  }
}
