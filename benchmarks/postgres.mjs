// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const NOBODY = 65534;

/** Whether there is a PostgreSQL to measure with. */
export function hasPostgres() {
  return spawnSync('initdb', ['--version']).status === 0;
}

/** `use` gets the port of a PostgreSQL of its own in `folder`. */
export async function withPostgres(folder, use) {
  const data = join(folder, 'postgres');
  const user = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  mkdirSync(data, { mode: 0o700 });
  if (user.uid) {
    chmodSync(folder, 0o711);
    chownSync(data, user.uid, user.gid);
  }
  const { status, stderr } = spawnSync('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  const port = await freePort();
  const settings = ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'];
  const server = spawn('postgres', ['-D', data, '-p', String(port), ...settings], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  try {
    await answers(port);
    return await use(port);
  } finally {
    server.kill('SIGINT');
    await new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve) : resolve()));
  }
}

/** Resolves when something listens there. */
async function answers(port) {
  for (let attempt = 0; attempt < 500; attempt++) {
    const connected = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('PostgreSQL does not answer');
}
