// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { random } from './random';

/** What becomes of one connection. */
export type Fault =
  | { kind: 'none' }
  /** Every chunk is held back for so long. */
  | { kind: 'latency'; milliseconds: number }
  /** Reset at once. */
  | { kind: 'reset' }
  /** Ended after so many bytes from the client, in the middle of a body. */
  | { kind: 'cut-request'; after: number }
  /** Ended after so many bytes from the server, in the middle of its answer: what was sent has arrived. */
  | { kind: 'cut-answer'; after: number };

/**
 * Draws faults, the same from the same seed.
 *
 * @param bytes Where a connection is cut in its way there, at most: one that is kept may have several requests before.
 */
export function faultsOf(seed: number, bytes = 40_000): () => Fault {
  const draw = random(seed);
  return () => {
    const which = draw();
    const part = draw();
    if (which < 0.3) return { kind: 'none' };
    if (which < 0.45) return { kind: 'latency', milliseconds: Math.floor(part * 20) };
    if (which < 0.6) return { kind: 'reset' };
    if (which < 0.85) return { kind: 'cut-request', after: Math.floor(part * bytes) };
    return { kind: 'cut-answer', after: Math.floor(part * 300) };
  };
}

/** Passes connections on to a port of this machine, with faults. */
export class FaultProxy {
  readonly counts: Partial<Record<Fault['kind'], number>> = {};
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(port: number, next: () => Fault) {
    this.#server = net.createServer((client) => {
      const fault = next();
      this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
      this.#keep(client);
      if (fault.kind === 'reset') return void client.resetAndDestroy();
      const server = net.connect(port, '127.0.0.1');
      this.#keep(server);
      const cut = () => {
        client.destroy();
        server.destroy();
      };
      pass(client, server, fault, fault.kind === 'cut-request' ? fault.after : Number.POSITIVE_INFINITY, cut);
      pass(server, client, fault, fault.kind === 'cut-answer' ? fault.after : Number.POSITIVE_INFINITY, cut);
    });
  }

  static async start(port: number, next: () => Fault): Promise<FaultProxy> {
    const proxy = new FaultProxy(port, next);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

function pass(from: net.Socket, to: net.Socket, fault: Fault, limit: number, cut: () => void): void {
  let passed = 0;
  from.on('data', (chunk) => {
    const rest = chunk.subarray(0, Math.max(0, limit - passed));
    passed += chunk.length;
    const write = () => {
      if (rest.length > 0) to.write(rest);
      if (passed > limit) setImmediate(cut);
    };
    if (fault.kind === 'latency') setTimeout(write, fault.milliseconds);
    else write();
  });
  from.on('close', () => to.destroy());
}
