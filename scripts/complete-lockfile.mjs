// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// `npm install` leaves out of package-lock.json those optional packages for other platforms that its registry does not
// serve, and `npm ci` then refuses the lock file. This adds them with name, version and platform, which is all that
// `npm ci` needs to see that they are not for this machine. Run it after every change of the dependencies.

import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

/** Platform, processor and C library as npm names them, from the end of a package's name. */
function platformOf(name) {
  const match = /-(android|darwin|freebsd|linux|wasm32|win32)(?:-([a-z0-9]+))?(?:-(.+))?$/.exec(name);
  if (!match) return undefined;
  const [, os, cpu, abi] = match;
  if (os === 'wasm32') return { cpu: ['wasm32'] };
  const libc = os === 'linux' && abi?.startsWith('musl') ? 'musl' : os === 'linux' && abi ? 'glibc' : undefined;
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
}

const entries = { ...lock.packages };
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const own = `${place}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    if (entries[own] || entries[hoisted]) continue;
    const platform = platformOf(name);
    if (!platform) throw new Error(`${name}, optional for ${place}, is not in the lock file and names no platform`);
    entries[hoisted] = { version, ...platform, ...(entry.dev && { dev: true }), optional: true };
  }
}
lock.packages = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
