// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { collectorConfig } from '../../../ts/collector/config/collector-config';
import { loadConfig } from '../../../ts/collector/config/load';
import { type ConfigNode, plainOf } from '../../../ts/collector/config/node';
import { ConfigError } from '../../../ts/collector/config/problems';
import { temporaryFolder } from '../fixtures';

/** A configuration that works, to be spoilt. */
export const SOUND = `receivers:
  mmap:
processors:
  batch:
exporters:
  debug:
service:
  pipelines:
    traces: { receivers: [mmap], processors: [batch], exporters: [debug] }
`;

/** Texts as files of a folder of the test's own: their paths. */
export function configFiles(t: ExecutionContext, ...texts: string[]): string[] {
  const folder = temporaryFolder(t);
  return texts.map((text, index) => {
    const path = join(folder, `${index + 1}.yaml`);
    writeFileSync(path, text);
    return path;
  });
}

/** The merged document of some texts. */
export function documentOf(t: ExecutionContext, texts: string[], set: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const warnings: string[] = [];
  const root = loadConfig({ config: configFiles(t, ...texts), set }, env, (warning) => warnings.push(warning));
  return { root, plain: plainOf(root), warnings };
}

/** What is wrong with these texts, a line each, with the folder's name left out. */
export function problemsOf(t: ExecutionContext, texts: string[], set: string[] = [], env: NodeJS.ProcessEnv = {}) {
  try {
    collectorConfig(documentOf(t, texts, set, env).root as ConfigNode);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.replace(/^\/\S*\//, ''));
    throw error;
  }
  return [];
}
