// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { text } from '../../config/schema/scalar.js';
import { map } from '../../config/schema/structure.js';
import { VERSION } from '../../version.js';
import { WatchedFile } from './watched-file.js';

/** The section `headers` of an exporter: secret, all of them. */
export const headers = map(text({ required: true, secret: true }));

const USER_AGENT = `otlp-mmap-collector/${VERSION}`;

/** What the protocol itself sets. */
const RESERVED = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'te',
  'grpc-encoding',
  'grpc-timeout',
]);

/** What is wrong with headers of the configuration: the message names one, never its value. */
export function headerProblem(given: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return `'${name}' is no name of a header`;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return `'${name}' has a value that no header can hold`;
    if (RESERVED.has(name.toLowerCase())) return `'${name}' is set by the protocol`;
  }
  return undefined;
}

/** The headers of each request: the configured ones, User-Agent, and the bearer token that stands in a file now. */
export class HeaderSource {
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #token: WatchedFile | undefined;

  constructor(given: Readonly<Record<string, string>>, tokenFile: string | undefined) {
    const named = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]);
    this.#fixed = { 'user-agent': USER_AGENT, ...Object.fromEntries(named) };
    this.#token = tokenFile === undefined ? undefined : new WatchedFile(tokenFile);
  }

  /** @throws Error with a sentence that names the token's file when that cannot be read or holds none. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#token === undefined) return this.#fixed;
    const token = (await this.#token.read()).toString('utf8').trim();
    if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`${this.#token.path} holds no bearer token`);
    return { ...this.#fixed, authorization: `Bearer ${token}` };
  }
}
