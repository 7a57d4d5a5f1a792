// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { type Parsed, scalar } from './scalar.js';
import type { Schema } from './schema.js';

/** Where something listens. */
export interface ListenAddress {
  /** Name or number; undefined for every address of the machine. */
  host: string | undefined;
  port: number;
}

/** `host:port`; the host may be left out, and is in brackets if it has colons. */
export function listenAddress(options: { default: string }): Schema<ListenAddress> {
  return scalar((node): Parsed<ListenAddress> => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/.exec(String(node.text ?? node.value));
    const port = Number(match?.[2]);
    if (!match || port > 65_535)
      return { expected: 'is no address to listen on: write host:port, as in localhost:8888' };
    const host = match[1].replace(/^\[|\]$/g, '');
    return { value: { host: host === '' ? undefined : host, port } };
  }, options);
}

export const addressText = ({ host = '', port }: ListenAddress) => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The path of an address, as requests name it. */
export function urlPath(options: { default: string }): Schema<string> {
  return scalar((node) => {
    const value = String(node.text ?? node.value);
    return /^\/[^?#\s]*$/.test(value)
      ? { value }
      : { expected: 'is no path of an address: it begins with /, as in /metrics' };
  }, options) as Schema<string>;
}
