// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { SIGNALS, type Signal } from '../batch.js';
import { EXPORTERS, EXTENSIONS, PROCESSORS, RECEIVERS } from '../components.js';
import type { ExporterFactory, ExtensionFactory, ProcessorFactory, ReceiverFactory } from '../pipeline/component.js';
import { type ConfigMap, type ConfigNode, plainOf, structureOf } from './node.js';
import { type ProblemSink, Problems } from './problems.js';
import { keyPath, map } from './schema/structure.js';
import { type PipelineConfig, type ServiceConfig, service } from './service.js';
import { didYouMean } from './suggestion.js';

/** One component of the configuration: what makes it, and what it is made with. */
export interface Configured<Factory> {
  factory: Factory;
  config: unknown;
  /** The same for two configurations exactly if what they say of this component is the same. */
  fingerprint: string;
}

/** Everything that a run is made from. */
export interface CollectorConfig {
  receivers: ReadonlyMap<string, Configured<ReceiverFactory>>;
  processors: ReadonlyMap<string, Configured<ProcessorFactory>>;
  exporters: ReadonlyMap<string, Configured<ExporterFactory>>;
  extensions: ReadonlyMap<string, Configured<ExtensionFactory>>;
  /** By name, as in `traces/2`. */
  pipelines: ReadonlyMap<string, PipelineConfig & { signal: Signal }>;
  service: ServiceConfig;
}

type PipelineFactory = ReceiverFactory | ProcessorFactory | ExporterFactory;

type Section = 'receivers' | 'processors' | 'exporters';

const SECTIONS: Readonly<Record<Section | 'extensions', readonly (PipelineFactory | ExtensionFactory)[]>> = {
  receivers: RECEIVERS,
  processors: PROCESSORS,
  exporters: EXPORTERS,
  extensions: EXTENSIONS,
};

/**
 * Reads a whole document.
 *
 * @throws ConfigError with every mistake in it.
 */
export function collectorConfig(root: ConfigNode): CollectorConfig {
  const problems = new Problems();
  const entries = sectionOf(root, '', problems);
  for (const [key, { source }] of entries) {
    const known = [...Object.keys(SECTIONS), 'service'];
    if (!known.includes(key)) problems.add(key, source, `is not known here${didYouMean(key, known)}`);
  }
  const receivers = components('receivers', RECEIVERS, entries, problems);
  const processors = components('processors', PROCESSORS, entries, problems);
  const exporters = components('exporters', EXPORTERS, entries, problems);
  const extensions = components('extensions', EXTENSIONS, entries, problems);
  const read = service.read(entries.get('service'), 'service', problems);
  const pipelines = new Map<string, PipelineConfig & { signal: Signal }>();
  const named = { receivers, processors, exporters };
  const pipelineNodes = sectionOf(nodeAt(entries, 'service', 'pipelines'), 'service.pipelines', problems);
  if (pipelineNodes.size === 0) {
    const source = (entries.get('service') ?? root).source;
    problems.add('service.pipelines', source, 'names no pipeline: at least one of traces, logs and metrics is needed');
  }
  for (const [name, node] of pipelineNodes) {
    const pipeline = read.pipelines?.[name];
    const signal = SIGNALS.find((known) => known === typeOf(name));
    const path = keyPath('service.pipelines', name);
    if (signal === undefined) {
      problems.add(path, node.source, `is the pipeline of no signal: its name begins with ${SIGNALS.join(', ')}`);
    } else if (hasBadName(name)) {
      problems.add(path, node.source, BAD_NAME);
    } else if (pipeline !== undefined) {
      checkPipeline(pipeline, node, path, signal, named, problems);
      pipelines.set(name, { ...pipeline, signal });
    }
  }
  checkAddresses(exporters, receivers, pipelines, entries, problems);
  read.extensions?.forEach((id, index) => {
    if (extensions.has(id)) return;
    const source = nodeAt(entries, 'service', 'extensions')?.source;
    const hint = extensions.size > 0 ? didYouMean(id, [...extensions.keys()]) : '';
    problems.add(`service.extensions[${index}]`, source, `'${id}' is not configured under extensions${hint}`);
  });
  problems.throwIfAny();
  return { receivers, processors, exporters, extensions, pipelines, service: read };
}

/** The document with defaults filled in and secrets masked, as a plain object. It has to be one that `collectorConfig` takes. */
export function shownConfig(root: ConfigNode): object {
  const entries = root.value as ConfigMap;
  const sections = Object.entries(SECTIONS).map(([section, factories]) => {
    const components = structureOf(entries.get(section))?.value;
    if (!(components instanceof Map)) return [section, undefined] as const;
    const shown = [...components].map(([id, node]) => [id, factoryOf(id, factories)?.config.show(node)] as const);
    return [section, Object.fromEntries(shown)] as const;
  });
  const shown = [...sections, ['service', service.show(entries.get('service'))] as const];
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
}

/** `otlphttp/eu` is of type `otlphttp`. */
function typeOf(id: string): string {
  const at = id.indexOf('/');
  return at < 0 ? id : id.slice(0, at);
}

const hasBadName = (id: string) => /\/$|\s/.test(id);
const BAD_NAME = 'has no name after the slash, or a blank in it';

function factoryOf<Factory extends PipelineFactory | ExtensionFactory>(
  id: string,
  factories: readonly Factory[],
): Factory | undefined {
  const type = typeOf(id);
  return factories.find((factory) => factory.type === type || factory.aliases?.includes(type));
}

function components<Factory extends PipelineFactory | ExtensionFactory>(
  section: keyof typeof SECTIONS,
  factories: readonly Factory[],
  entries: ConfigMap,
  problems: ProblemSink,
): Map<string, Configured<Factory>> {
  const configured = new Map<string, Configured<Factory>>();
  for (const [id, node] of sectionOf(entries.get(section), section, problems)) {
    const factory = factoryOf(id, factories);
    const path = keyPath(section, id);
    if (factory === undefined) {
      const known = factories.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]);
      problems.add(path, node.source, `is of no known type of ${section}${didYouMean(typeOf(id), known)}`);
    } else if (hasBadName(id)) {
      problems.add(path, node.source, BAD_NAME);
    } else {
      const fingerprint = `${factory.type} ${JSON.stringify(plainOf(node))}`;
      configured.set(id, { factory, config: factory.config.read(node, path, problems), fingerprint });
    }
  }
  return configured;
}

function checkPipeline(
  pipeline: PipelineConfig,
  node: ConfigNode,
  path: string,
  signal: Signal,
  named: Readonly<Record<Section, ReadonlyMap<string, Configured<PipelineFactory>>>>,
  problems: ProblemSink,
): void {
  for (const section of ['receivers', 'processors', 'exporters'] as const) {
    const ids = pipeline[section];
    const source = nodeAt(structureOf(node)!.value as ConfigMap, section)?.source ?? node.source;
    const sectionPath = keyPath(path, section);
    if (ids.length === 0 && section !== 'processors') problems.add(sectionPath, source, 'has to name at least one');
    ids.forEach((id, index) => {
      if (id === undefined) return;
      const component = named[section].get(id);
      const place = `${sectionPath}[${index}]`;
      if (component === undefined) {
        const known = [...named[section].keys()];
        const hint = known.length > 0 ? didYouMean(id, known) : '';
        problems.add(place, source, `'${id}' is not configured under ${section}${hint}`);
      } else if (!component.factory.signals.includes(signal)) {
        problems.add(place, source, `'${id}' takes no ${signal}`);
      } else if (ids.indexOf(id) !== index) {
        problems.add(place, source, `'${id}' is named twice`);
      }
    });
  }
}

/** What this receiver's apps say of where to send may be followed. */
export function trustsApps(receivers: ReadonlyMap<string, Configured<ReceiverFactory>>, id: string): boolean {
  const { factory, config } = receivers.get(id) ?? {};
  return config !== undefined && factory?.trustsApps?.(config) === true;
}

/** An exporter that is told no address needs apps that are trusted to say one, in every pipeline that names it. */
function checkAddresses(
  exporters: ReadonlyMap<string, Configured<ExporterFactory>>,
  receivers: ReadonlyMap<string, Configured<ReceiverFactory>>,
  pipelines: CollectorConfig['pipelines'],
  entries: ConfigMap,
  problems: ProblemSink,
): void {
  for (const [id, { factory, config }] of exporters) {
    if (config === undefined || !factory.followsApps?.(config)) continue;
    // an address that is a mistake is told as that
    const keys = ['endpoint', ...SIGNALS.map((signal) => `${signal}_endpoint`)];
    if (keys.some((key) => nodeAt(entries, 'exporters', id, key)?.value != null)) continue;
    const of = [...pipelines.values()].filter((pipeline) => pipeline.exporters.includes(id));
    if (
      of.length > 0 &&
      of.every((pipeline) => pipeline.receivers.every((receiver) => trustsApps(receivers, receiver)))
    )
      continue;
    const source = nodeAt(entries, 'exporters', id)?.source ?? { name: '' };
    const path = keyPath(keyPath('exporters', id), 'endpoint');
    problems.add(path, source, "is required, unless apps say where to (the receiver's 'trust_producer: true')");
  }
}

function sectionOf(node: ConfigNode | undefined, path: string, problems: ProblemSink): ConfigMap {
  // Says so when it is no map.
  map({ read: () => undefined, show: () => undefined }).read(node, path, problems);
  const given = structureOf(node)?.value;
  return given instanceof Map ? given : new Map();
}

function nodeAt(entries: ConfigMap, ...keys: string[]): ConfigNode | undefined {
  let node: ConfigNode | undefined = { value: entries, source: { name: '' } };
  for (const key of keys) {
    const given: ConfigNode['value'] | undefined = structureOf(node)?.value;
    node = given instanceof Map ? given.get(key) : undefined;
  }
  return node;
}
