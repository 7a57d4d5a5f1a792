// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createSecureContext, type SecureVersion } from 'node:tls';
import { flag, path, text, word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { object } from '../../config/schema/structure.js';
import { WatchedFile } from './watched-file.js';

const VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;

/** The section `tls` of an exporter. */
export const tls = object(
  {
    insecure: flag({ default: false }),
    insecure_skip_verify: flag({ default: false }),
    server_name_override: text({ nonEmpty: true }),
    ca_file: path({}),
    cert_file: path({}),
    key_file: path({}),
    min_version: word(VERSIONS, { default: '1.2' }),
    max_version: word(VERSIONS, {}),
  },
  ({ cert_file, key_file, min_version, max_version }, fail) => {
    if (cert_file !== undefined && key_file === undefined) fail('key_file', 'is required beside cert_file');
    if (key_file !== undefined && cert_file === undefined) fail('cert_file', 'is required beside key_file');
    if (max_version !== undefined && max_version < min_version) fail('max_version', 'is below min_version');
  },
);

export type TlsSettings = Read<typeof tls>;

/** What node:tls, node:https and node:http2 take. */
export interface TlsOptions {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  rejectUnauthorized: boolean;
  servername?: string;
  minVersion: SecureVersion;
  maxVersion?: SecureVersion;
}

/** The options of TLS connections, their files read anew when they were changed: certificates are renewed under a running collector. */
export class TlsSource {
  readonly #settings: TlsSettings;
  readonly #files: Readonly<Record<'ca' | 'cert' | 'key', WatchedFile | undefined>>;
  #current: TlsOptions | undefined;

  constructor(settings: TlsSettings) {
    const { ca_file, cert_file, key_file } = settings;
    const watched = (path: string | undefined) => (path === undefined ? undefined : new WatchedFile(path));
    this.#settings = settings;
    this.#files = { ca: watched(ca_file), cert: watched(cert_file), key: watched(key_file) };
  }

  /**
   * The same object as long as no file was changed.
   *
   * @throws Error with a sentence that names the file which cannot be read or holds something else.
   */
  async options(): Promise<TlsOptions> {
    const { ca, cert, key } = this.#files;
    const read = { ca: await ca?.read(), cert: await cert?.read(), key: await key?.read() };
    const known = this.#current;
    if (known !== undefined && known.ca === read.ca && known.cert === read.cert && known.key === read.key) return known;
    this.#check(read);
    const { insecure_skip_verify, server_name_override, min_version, max_version } = this.#settings;
    this.#current = {
      ...read,
      rejectUnauthorized: !insecure_skip_verify,
      servername: server_name_override,
      minVersion: `TLSv${min_version}` as SecureVersion,
      maxVersion: max_version && (`TLSv${max_version}` as SecureVersion),
    };
    return this.#current;
  }

  #check({ ca, cert, key }: { ca?: Buffer; cert?: Buffer; key?: Buffer }): void {
    const attempt = (what: string, options: Parameters<typeof createSecureContext>[0]) => {
      try {
        createSecureContext(options);
      } catch (error) {
        throw new Error(
          `${what} cannot be used (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
        );
      }
    };
    if (ca) attempt(this.#files.ca!.path, { ca });
    if (ca && !ca.includes('-----BEGIN ')) throw new Error(`${this.#files.ca!.path} holds no certificate in PEM form`);
    if (cert && key) attempt(`${this.#files.cert!.path} with ${this.#files.key!.path}`, { cert, key });
  }
}
