// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http2 from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { proxyFor, tunnel } from '../connection/proxy.js';
import type { TlsOptions, TlsSource } from '../connection/tls.js';
import type { GrpcAddress } from './address.js';
import { Late } from './call.js';

export interface ChannelOptions {
  address: GrpcAddress;
  /** Undefined for a connection without TLS. */
  tls: TlsSource | undefined;
  proxy: URL | undefined;
  /** The name by which the server is asked; else its address. */
  authority: string | undefined;
  /** Pings a connection that is quiet for `time` milliseconds, and gives it up without an answer within `timeout`. */
  keepAlive: { time: number; timeout: number; withoutCalls: boolean } | undefined;
  /** Milliseconds for an attempt, and so for a connection. */
  timeout: number;
}

/** Bytes that the server may send before this side has read them: answers are small. */
const SETTINGS = { enablePush: false, initialWindowSize: 1 << 20 };

/** A connection, and what it carries. */
interface Connection {
  session: http2.ClientHttp2Session;
  socket: Duplex;
  /** Under way on it. */
  calls: number;
  /** Called when it carries none any more, and takes none. */
  onIdle?: () => void;
}

/** One HTTP/2 connection to a server, opened when it is needed and again when it is gone. */
export class Channel {
  readonly #options: ChannelOptions;
  #opening: Promise<Connection> | undefined;
  #open: Connection | undefined;
  #tlsOptions: TlsOptions | undefined;
  #closed = false;
  /** Under way. */
  #calls = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** The value of `:scheme`. */
  get scheme(): string {
    return this.#options.tls === undefined ? 'http' : 'https';
  }

  /** The value of `:authority`. */
  get authority(): string {
    const { address, authority } = this.#options;
    return authority ?? ('path' in address ? 'localhost' : `${address.host}:${address.port}`);
  }

  /** A connection that takes requests, and whether it is a kept one: that may be gone without anyone having noticed. */
  async #acquire(): Promise<{ connection: Connection; kept: boolean }> {
    const options = await this.#options.tls?.options();
    if (options !== this.#tlsOptions) this.#leave(this.#open);
    this.#tlsOptions = options;
    const open = this.#open;
    if (open !== undefined && !open.session.closed && !open.session.destroyed) return { connection: open, kept: true };
    this.#opening ??= this.#connect(options).finally(() => {
      this.#opening = undefined;
    });
    return { connection: await this.#opening, kept: false };
  }

  /**
   * Makes a call; once more on another connection, where `canRepeat` allows it, if a kept one failed: the server may have
   * closed it meanwhile, which costs no wait.
   *
   * @throws Error when there is no connection: refused, no TLS, no way through the proxy; else, what the call throws.
   */
  async use<T>(
    make: (session: http2.ClientHttp2Session) => Promise<T>,
    canRepeat: (error: unknown) => boolean,
  ): Promise<T> {
    this.#calls++;
    try {
      const { connection, kept } = await this.#acquire();
      try {
        return await this.#on(connection, make);
      } catch (error) {
        if (!kept || !canRepeat(error)) throw error;
        this.#forget(connection);
        return await this.#on((await this.#acquire()).connection, make);
      }
    } finally {
      this.#calls--;
    }
  }

  close(): void {
    this.#closed = true;
    this.#open?.session.destroy();
  }

  async #on<T>(connection: Connection, make: (session: http2.ClientHttp2Session) => Promise<T>): Promise<T> {
    connection.calls++;
    let isUnsent = false;
    try {
      return await make(connection.session);
    } catch (error) {
      isUnsent = error instanceof Late && error.isUnsent;
      throw error;
    } finally {
      connection.calls--;
      if (connection.calls === 0) connection.onIdle?.();
      if (isUnsent) await this.#end(connection);
    }
  }

  /**
   * Ends a connection that would send what nobody waits for any more, from memory that serves others by then. Resolves when it cannot;
   * the calls on it end before that.
   */
  async #end(connection: Connection): Promise<void> {
    this.#leave(connection);
    if (connection.calls > 0) {
      const { onIdle } = connection;
      await new Promise<void>((resolve) => {
        connection.onIdle = () => {
          onIdle?.();
          resolve();
        };
      });
    }
    // A session that is closing only ends its socket, which sends all that waits in it first.
    connection.socket.destroy();
    connection.session.destroy();
  }

  async #connect(options: TlsOptions | undefined): Promise<Connection> {
    const socket = await this.#socket(options);
    const session = http2.connect(`${this.scheme}://${this.authority}`, {
      createConnection: () => socket,
      settings: SETTINGS,
    });
    session.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      session.once('connect', () => resolve());
      session.once('error', reject);
      session.once('close', () => reject(new Error('the connection was closed before it could be used')));
    });
    if (this.#closed) {
      session.destroy();
      throw new Error('the exporter is closed');
    }
    const connection = { session, socket, calls: 0 };
    this.#open = connection;
    session.once('close', () => this.#forget(connection));
    // The server answers what it has and takes no more.
    session.once('goaway', () => this.#leave(connection));
    this.#keepAlive(connection);
    return connection;
  }

  async #socket(options: TlsOptions | undefined): Promise<Duplex> {
    const { address, proxy: configured, timeout } = this.#options;
    if ('path' in address) return connected(net.connect(address.path), 'connect', timeout);
    const host = address.host.replace(/^\[(.*)\]$/, '$1');
    const proxy = proxyFor(address.host, address.port, 'https:', configured);
    const raw = proxy && (await tunnel(proxy, address.host, address.port));
    if (options === undefined) {
      return raw ?? connected(net.connect({ host, port: Number(address.port), noDelay: true }), 'connect', timeout);
    }
    const servername = options.servername ?? (net.isIP(host) ? undefined : host);
    const way = raw === undefined ? { host, port: Number(address.port) } : { socket: raw, host };
    const socket = tls.connect({ ...way, ...options, servername, ALPNProtocols: ['h2'] });
    await connected(socket, 'secureConnect', timeout);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      throw new Error('the server does not speak HTTP/2 over TLS, which gRPC needs');
    }
    return socket;
  }

  #keepAlive({ session, socket }: Connection): void {
    const { keepAlive } = this.#options;
    if (keepAlive === undefined) return;
    const timer = setInterval(() => {
      if (session.destroyed) return;
      if (!keepAlive.withoutCalls && this.#calls === 0) return;
      const late = setTimeout(() => {
        session.destroy(new Error('no answer to a ping'));
        socket.destroy();
      }, keepAlive.timeout);
      session.ping(() => clearTimeout(late));
    }, keepAlive.time);
    session.once('close', () => clearInterval(timer));
  }

  #forget(connection: Connection): void {
    if (this.#open === connection) this.#open = undefined;
  }

  /** Lets the calls on a connection end, and opens another one for the next. */
  #leave(connection: Connection | undefined): void {
    if (connection === undefined) return;
    this.#forget(connection);
    connection.session.close();
  }
}

/** Resolves when the socket is open. */
function connected<S extends net.Socket>(socket: S, event: 'connect' | 'secureConnect', timeout: number): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeout} ms`)), timeout);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
