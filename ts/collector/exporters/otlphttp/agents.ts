// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { tunnel } from '../connection/proxy.js';
import type { TlsOptions } from '../connection/tls.js';

/** Connections through a proxy that only passes bytes on. */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(options: https.AgentOptions, proxy: URL) {
    super(options);
    this.#proxy = proxy;
  }

  // Node.js takes a connection that comes later, in the callback.
  override createConnection(
    options: tls.ConnectionOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    tunnel(this.#proxy, String(options.host), String(options.port)).then(
      (socket) => callback?.(null, tls.connect({ ...options, socket })),
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}

/** Kept connections: one pool for plain ones, one for TLS, each a new one when certificates or the proxy are others. */
export class Agents {
  readonly #keepAlive: boolean;
  #plain: http.Agent | undefined;
  #secure: { agent: https.Agent; options: TlsOptions; proxy: string | undefined } | undefined;

  constructor(keepAlive: boolean) {
    this.#keepAlive = keepAlive;
  }

  plain(): http.Agent {
    this.#plain ??= new http.Agent({ keepAlive: this.#keepAlive });
    return this.#plain;
  }

  secure(options: TlsOptions, proxy: URL | undefined): https.Agent {
    const known = this.#secure;
    if (known !== undefined && known.options === options && known.proxy === proxy?.href) return known.agent;
    // Requests that are under way keep their connections; the others would go on with the old certificates.
    for (const sockets of Object.values(known?.agent.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
    const all = { keepAlive: this.#keepAlive, ...options };
    const agent = proxy === undefined ? new https.Agent(all) : new TunnelAgent(all, proxy);
    this.#secure = { agent, options, proxy: proxy?.href };
    return agent;
  }

  close(): void {
    this.#plain?.destroy();
    this.#secure?.agent.destroy();
  }
}
