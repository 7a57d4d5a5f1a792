// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A server of bare connections until the test ends. Their sockets, and those that are handed to `keep`, are destroyed then. */
export async function tcpServer(
  t: ExecutionContext,
  onConnection: (client: net.Socket, keep: (socket: net.Socket) => void) => void,
): Promise<{ address: string; sockets: ReadonlySet<net.Socket> }> {
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  };
  const server = net.createServer((client) => {
    keep(client);
    onConnection(client, keep);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}
