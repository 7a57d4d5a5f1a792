// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';

/** Milliseconds for a proxy to open the way. */
const CONNECT_TIMEOUT = 10_000;

/**
 * The proxy on the way to an address: the configured one for everything; else, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY (also in
 * lower case) say, but never to this machine itself.
 *
 * @param scheme Of the request: gRPC counts as `https:`, with and without TLS.
 */
export function proxyFor(
  host: string,
  port: string,
  scheme: string,
  configured: URL | undefined,
  env: NodeJS.ProcessEnv = process.env,
): URL | undefined {
  if (configured !== undefined) return configured;
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const name = scheme === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const given = read(name);
  if (given === undefined || isLoopback(host) || isExcepted(host, port, read('NO_PROXY') ?? '')) return undefined;
  const address = given.includes('://') ? given : `http://${given}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new Error(`${name} is no URL that begins with http:// or https://`);
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** One entry of NO_PROXY fits: `*`, a host with the hosts below it, `.suffix`, an address, or a range in CIDR notation. */
function isExcepted(host: string, port: string, list: string): boolean {
  const name = bare(host);
  return list.split(',').some((entry) => {
    const text = entry.trim().toLowerCase();
    if (text === '') return false;
    if (text === '*') return true;
    const range = /^([^/]+)\/(\d+)$/.exec(text);
    if (range) return isWithin(name, range[1], Number(range[2]));
    const withPort = /^(.*[^:]):(\d+)$/.exec(text);
    if (withPort && withPort[2] !== port) return false;
    const wanted = bare(withPort?.[1] ?? text).replace(/^\*?\./, '');
    const belowOnly = /^\*?\./.test(text);
    return (!belowOnly && name === wanted) || (isIP(name) === 0 && name.endsWith(`.${wanted}`));
  });
}

function isWithin(name: string, net: string, prefix: number): boolean {
  const family = isIP(name);
  if (family === 0 || family !== isIP(net) || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(net, prefix, type);
  return list.check(name, type);
}

/** The header by which a proxy knows its users, if its address has a user. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/**
 * A connection to `host:port` through a proxy (CONNECT).
 *
 * @throws Error with a sentence without the proxy's password.
 */
export function tunnel(proxy: URL, host: string, port: string): Promise<Duplex> {
  const address = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the proxy ${proxy.host} gives no way to ${address}: ${reason}`));
    const request = (proxy.protocol === 'https:' ? https : http).request({
      host: bare(proxy.hostname),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: address,
      headers: { host: address, ...proxyAuthorization(proxy) },
      agent: false,
      timeout: CONNECT_TIMEOUT,
    });
    request.once('connect', (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return fail(`it answered ${response.statusCode} ${response.statusMessage}`);
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once('response', (response) => {
      request.destroy();
      fail(`it answered ${response.statusCode} ${response.statusMessage}`);
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${CONNECT_TIMEOUT} ms`)));
    request.once('error', (error) => fail(error.message));
    request.end();
  });
}
