// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressText, type ListenAddress } from './config/schema/address.js';

/** What the system says when an address cannot be listened on, and the remedy. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use, maybe by another collector; choose another one',
  EACCES: 'not allowed; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name of the host is not known',
};

/** An HTTP server for small answers about this process; it never holds the process. */
export class HttpListener {
  readonly #address: ListenAddress;
  readonly #server: http.Server;

  constructor(address: ListenAddress, answer: http.RequestListener) {
    this.#address = address;
    this.#server = http.createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, answer);
    this.#server.unref();
  }

  /** @throws Error with a sentence when the address cannot be listened on. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const reason = REASONS[error.code ?? ''] ?? error.message;
        reject(new Error(`cannot listen on ${addressText(this.#address)}: ${error.code}: ${reason}`));
      });
      this.#server.listen(this.#address, () => {
        this.#server.removeAllListeners('error').on('error', () => {});
        resolve();
      });
    });
  }

  /** host:port, with the port that the system chose where 0 left it the choice. */
  get address(): string {
    const bound = this.#server.address() as AddressInfo | null;
    return addressText({ host: this.#address.host ?? bound?.address, port: bound?.port ?? this.#address.port });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The path that is asked for, without its query. */
export const pathOf = ({ url = '/' }: http.IncomingMessage) => url.split('?', 1)[0];
