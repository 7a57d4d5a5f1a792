// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding, NativeViewer } from '../../native/binding.js';
import { SIGNALS, type Signal } from '../batch.js';
import { journalsIn } from '../storage/directory.js';
import { defaultStateDirectory } from '../storage/settings.js';
import { UsageError } from '../usage-error.js';

const FORMATS = ['text', 'json'] as const;

/** Text for people, or JSON for programs: one object, or one a line. */
export type Format = (typeof FORMATS)[number];

/** @throws UsageError */
export function formatNamed(name = 'text'): Format {
  const format = FORMATS.find((known) => known === name);
  if (!format) throw new UsageError(`--format '${name}' is not known: it is text or json`);
  return format;
}

/** The signals that were named, or all. @throws UsageError */
export function signalsNamed(names: readonly string[] = SIGNALS): Signal[] {
  return names.map((name) => {
    const signal = SIGNALS.find((known) => known === name);
    if (!signal) throw new UsageError(`--signal '${name}' is not known: it is one of ${SIGNALS.join(', ')}`);
    return signal;
  });
}

/** @throws UsageError */
export function countNamed(text: string | undefined, argument: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0) {
    throw new UsageError(`${argument} '${text}' is no whole number above 0`);
  }
  return count;
}

export const placesHelp = `  --dir DIR           look at this folder; may be given more than once (else OTLP_MMAP_DIR, else the default folders)
  --file FILE         look at this file; may be given more than once
  --storage DIR       state directory of the collectors that read them, where spans are known that began long ago (else where \`run\` would
                      keep it); none: only what the rings hold`;

/** What `parseArgs` is told of the places. */
export const placesOptions = {
  dir: { type: 'string', multiple: true },
  file: { type: 'string', multiple: true },
  storage: { type: 'string' },
} as const;

/** Follows the files of the places that were named, or of those that `run` would read. @throws UsageError */
export function viewerOf(
  binding: NativeBinding,
  { dir, file = [], storage }: { dir?: string[]; file?: string[]; storage?: string },
  env: NodeJS.ProcessEnv,
): NativeViewer {
  for (const path of [...(dir ?? []), ...file, storage]) if (path === '') throw new UsageError('a path is empty');
  const otherwise = env.OTLP_MMAP_DIR ? [env.OTLP_MMAP_DIR] : binding.defaultDirectories();
  const journals = storage === 'none' ? [] : journalsIn(storage ?? defaultStateDirectory(env));
  return new binding.NativeViewer(dir ?? (file.length > 0 ? [] : otherwise), file, journals);
}
