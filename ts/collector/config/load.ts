// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';
import { type DocumentContext, readDocument } from './document.js';
import { merge, nested } from './merge.js';
import type { ConfigNode } from './node.js';
import { Problems } from './problems.js';

/** Where a configuration comes from. */
export interface ConfigSources {
  /** Files, or `env:NAME` and `yaml:TEXT`; the later goes over the earlier. */
  config: readonly string[];
  /** `a.b=c`, over all of them. */
  set: readonly string[];
  /** What is there before any of them. */
  base?: ConfigNode;
}

/**
 * Reads and merges all sources.
 *
 * @param warn Told of what is no mistake, but may be one.
 * @throws ConfigError with every mistake; UsageError when `set` has not the form.
 */
export function loadConfig(
  { config, set, base }: ConfigSources,
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): ConfigNode {
  const problems = new Problems();
  const nodes = [
    ...(base === undefined ? [] : [base]),
    ...config.map((location) => orEmpty(readSource(location, { env, problems, warn }))),
    ...set.map((assignment) => readAssignment(assignment, { env, problems, warn })),
  ];
  problems.throwIfAny();
  return nodes.reduce(merge, { value: new Map(), source: { name: 'the configuration' } });
}

/** Leaves out the mark at the beginning that some editors write. */
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A file with nothing in it says nothing. */
const orEmpty = (node: ConfigNode): ConfigNode => (node.value === null ? { ...node, value: new Map() } : node);

type Context = Omit<DocumentContext, 'name'>;

function readSource(location: string, context: Context): ConfigNode {
  const nothing: ConfigNode = { value: new Map(), source: { name: location } };
  if (location.startsWith('yaml:'))
    return readDocument(location.slice('yaml:'.length), {
      // not what it says, which may be a secret
      name: '--config yaml:…',
      oneLine: !location.includes('\n'),
      ...context,
    });
  if (location.startsWith('env:')) {
    const text = context.env[location.slice('env:'.length)];
    if (text !== undefined) return readDocument(text, { name: location, ...context });
    context.problems.add('', { name: location }, 'the environment variable is not set');
    return nothing;
  }
  const path = location.startsWith('file:') ? location.slice('file:'.length) : location;
  let text: string;
  try {
    text = decoder.decode(readFileSync(path));
    if (text.includes('\0')) throw new TypeError('it has NUL characters');
  } catch (error) {
    const why = error instanceof TypeError ? 'is no text in UTF-8' : `cannot be read (${(error as Error).message})`;
    context.problems.add('', { name: path }, why);
    return nothing;
  }
  return readDocument(text, { name: path, ...context });
}

/** What may be a key, without what follows: that may be a secret. */
function keyIn(assignment: string): string {
  const key = /^[\w./-]*/.exec(assignment)![0];
  return key === assignment ? key : `${key}…`;
}

/** Keys are set apart by dots; by `::` where one of them has a dot in it. */
function readAssignment(assignment: string, context: Context): ConfigNode {
  const at = assignment.indexOf('=');
  if (at < 1) throw new UsageError(`--set '${keyIn(assignment)}' is not of the form a.b=c`);
  const name = assignment.slice(0, at);
  const keys = name.split(name.includes('::') ? '::' : '.');
  if (keys.includes('')) throw new UsageError(`--set '${name}' has an empty key`);
  const value = readDocument(assignment.slice(at + 1), { name: `--set ${name}`, oneLine: true, ...context });
  return nested(keys, value, { name: `--set ${name}` });
}
