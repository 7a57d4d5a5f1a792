// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parse,
  parseAllDocuments,
} from 'yaml';
import { expand } from './expansion.js';
import { type ConfigMap, type ConfigNode, nodeOf, placeOf, type Source } from './node.js';
import type { ProblemSink } from './problems.js';
import { keyPath } from './schema/structure.js';

/** What a document is read with. */
export interface DocumentContext {
  /** Where it comes from, for messages. */
  name: string;
  /** Of a single line, where its number tells nothing. */
  oneLine?: boolean;
  env: NodeJS.ProcessEnv;
  problems: ProblemSink;
  /** Something that is no mistake, but worth telling. */
  warn: (message: string) => void;
}

/** Values that a document may hold, aliases filled in: more are an attack or an accident. */
const MAX_VALUES = 100_000;

/** Mistakes of one document's form that are told: more say only that it is something else. */
const MAX_ERRORS = 10;

/** The parser's message without what was written there, which may be a secret. */
const withoutText = (message: string) => message.replace(/ in YAML stream: [\s\S]*$/, '').split('\n')[0];

/** Reads YAML, with references to the environment filled in; nothing for an empty text. Mistakes go to `problems`, with their lines. */
export function readDocument(text: string, context: DocumentContext): ConfigNode {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const empty: ConfigNode = { value: null, source: { name: context.name } };
  if (documents.length === 0 || !Array.isArray(documents)) return empty;
  if (documents.length > 1) {
    context.problems.add(
      '',
      sourceAt(context, lines.linePos(documents[1].range[0]).line),
      'a second document begins here; a file holds one',
    );
  }
  const [document] = documents;
  for (const { pos, message } of document.errors.slice(0, MAX_ERRORS)) {
    context.problems.add('', sourceAt(context, lines.linePos(pos[0]).line), `is no YAML: ${withoutText(message)}`);
  }
  if (document.errors.length > MAX_ERRORS) {
    const more = document.errors.length - MAX_ERRORS;
    context.problems.add('', { name: context.name }, `is no YAML: ${more} more such mistakes`);
  }
  if (document.errors.length > 0 || document.contents === null) return empty;
  const reader = new Reader(context, lines, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined));
  return reader.node(document.contents, '', reader.lineOf(document.contents));
}

function sourceAt({ name, oneLine }: DocumentContext, line: number): Source {
  return oneLine ? { name } : { name, line };
}

class Reader {
  readonly #context: DocumentContext;
  readonly #lines: LineCounter;
  readonly #resolve: (alias: Node) => Node | undefined;
  /** What is being filled in for aliases, from the outermost in. */
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(context: DocumentContext, lines: LineCounter, resolve: (alias: Node) => Node | undefined) {
    this.#context = context;
    this.#lines = lines;
    this.#resolve = resolve;
  }

  lineOf(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }

  node(node: Node | null, path: string, line: number): ConfigNode {
    const source = sourceAt(this.#context, line);
    if (++this.#values > MAX_VALUES) {
      if (this.#values === MAX_VALUES + 1) this.#problem(path, line, `has more than ${MAX_VALUES} values`);
      return { value: null, source };
    }
    if (isAlias(node)) return this.#alias(node, path, line);
    if (isMap(node)) return { value: this.#map(node.items, path), source };
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.node(item as Node, `${path}[${index}]`, this.lineOf(item as Node)),
      );
      return { value: items, source };
    }
    if (!isScalar(node)) return { value: null, source };
    if (typeof node.value === 'string') return this.#text(node.value, path, line);
    return { value: node.value as ConfigNode['value'], text: node.source ?? String(node.value), source };
  }

  #alias(alias: Node, path: string, line: number): ConfigNode {
    const target = this.#resolve(alias);
    if (target !== undefined && !this.#open.has(target)) {
      this.#open.add(target);
      const node = this.node(target, path, line);
      this.#open.delete(target);
      return node;
    }
    this.#problem(path, line, `is an alias of ${target === undefined ? 'nothing' : 'what it is part of'}`);
    return { value: null, source: sourceAt(this.#context, line) };
  }

  #map(pairs: readonly Pair[], path: string): ConfigMap {
    const entries: ConfigMap = new Map();
    const merged: ConfigNode[] = [];
    for (const pair of pairs) {
      if (!isPair(pair) || !isScalar(pair.key)) {
        this.#problem(path, isPair(pair) ? this.lineOf(pair.key as Node) : 0, 'has a key that is not a word');
        continue;
      }
      const key = String(pair.key.value);
      const line = this.lineOf(pair.key);
      const value = this.node(pair.value as Node | null, keyPath(path, key), line);
      if (key === '<<' && pair.key.type === 'PLAIN')
        merged.push(...(Array.isArray(value.value) ? value.value : [value]));
      else entries.set(key, value);
    }
    for (const { value } of merged) {
      if (!(value instanceof Map)) continue;
      for (const [key, inherited] of value) if (!entries.has(key)) entries.set(key, inherited);
    }
    return entries;
  }

  #text(written: string, path: string, line: number): ConfigNode {
    const source = sourceAt(this.#context, line);
    if (!written.includes('$')) return { value: written, text: written, source };
    try {
      const { text, whole, filled, unset } = expand(written, this.#context.env);
      for (const name of unset) {
        this.#context.warn(`${placeOf(source)}: ${path}: the environment variable ${name} is not set`);
      }
      if (!whole) return { value: text, text, source, ...(filled && { shown: written }) };
      const value = valueIn(text);
      if (value === null || typeof value !== 'object') return { ...nodeOf(value, source), text, shown: written };
      return { value: text, text, shown: written, structure: hidden(nodeOf(value, source), written), source };
    } catch (error) {
      this.#problem(path, line, (error as Error).message);
      return { value: null, source };
    }
  }

  #problem(path: string, line: number, message: string): void {
    this.#context.problems.add(path, sourceAt(this.#context, line), message);
  }
}

/** What a variable's text stands for: `true`, a number, nothing, a list or a map as in YAML, else itself. */
function valueIn(text: string): unknown {
  try {
    const value = parse(text, { logLevel: 'silent' });
    return typeof value === 'string' ? text : value;
  } catch {
    return text;
  }
}

/** With all that messages would show of it replaced. */
function hidden({ value, ...node }: ConfigNode, shown: string): ConfigNode {
  if (Array.isArray(value)) return { ...node, value: value.map((item) => hidden(item, shown)) };
  if (!(value instanceof Map)) return { ...node, value, shown };
  return { ...node, value: new Map([...value].map(([key, item]) => [key, hidden(item, shown)])) };
}
