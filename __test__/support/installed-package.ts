// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './child';

export interface Installation {
  /** Another version than the real one. */
  version?: string;
  /** Without the native addon when false. */
  addon?: boolean;
}

/** Installs the built package into a node_modules folder, as npm would. Returns the path of its main module. */
export function installPackage(modules: string, { version, addon = true }: Installation = {}): string {
  const target = join(modules, 'otlp-mmap');
  mkdirSync(target, { recursive: true });
  const addons = addon ? readdirSync(packageRoot).filter((name) => name.endsWith('.node')) : [];
  for (const part of ['dist', 'index.mjs', 'register.mjs', ...addons]) {
    cpSync(join(packageRoot, part), join(target, part), { recursive: true });
  }
  const description = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const installed = version === undefined ? description : { ...description, version };
  writeFileSync(join(target, 'package.json'), JSON.stringify(installed));
  return join(target, 'dist', 'index.js');
}
