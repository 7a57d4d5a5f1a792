// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Signal } from '../batch.js';
import { UsageError } from '../usage-error.js';
import { checkDuration } from './units.js';

export type Compression = 'none' | 'gzip';

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/** Where and how export requests of one signal are sent. */
export interface OtlpEndpoint {
  protocol: Protocol;
  /** Over HTTP: the whole address. */
  url: URL;
  /** Over gRPC: address as the exporter `otlp` takes it. */
  address: string;
  /** Keys of the exporters' section `tls`. */
  tls: { ca_file?: string; cert_file?: string; key_file?: string; insecure?: boolean };
  headers: Record<string, string>;
  /** Milliseconds for one attempt, from the connection to the end of the answer. */
  timeout: number;
  compression: Compression;
}

/** Values from the command line; each goes before the environment. */
export interface OtlpOverrides {
  protocol?: Protocol;
  endpoint?: string;
  headers?: Record<string, string>;
  timeout?: number;
  compression?: Compression;
}

const PREFIX = 'OTEL_EXPORTER_OTLP_';
const DEFAULT_ENDPOINT = 'http://localhost:4318';
const DEFAULT_GRPC_ENDPOINT = 'http://localhost:4317';
const DEFAULT_TIMEOUT = 10_000;

/** An http or https URL. @throws UsageError naming `source`; the text is not shown, since it may hold a password. */
function parseEndpoint(text: string, source: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`${source} is no URL that begins with http:// or https://, as in ${DEFAULT_ENDPOINT}`);
  }
  return url;
}

/** A base URL with the signal's path appended (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP"). */
function signalUrl(base: URL, signal: Signal): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}

/** One `name=value` header. @throws UsageError naming `source`, never the value. */
export function parseHeader(text: string, source: string): [string, string] {
  const at = text.indexOf('=');
  const name = text.slice(0, at).trim().toLowerCase();
  if (at < 1 || !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name))
    throw new UsageError(`${source} is not of the form name=value`);
  return [name, headerValue(text.slice(at + 1).trim(), name, source)];
}

function headerValue(value: string, name: string, source: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new UsageError(`${source}: '${name}' has a value that no header can hold`);
}

/** Headers of a list such as `api-key=1,other=a%20b`: values are percent-encoded, as in W3C Baggage. */
function parseHeaderList(text: string, source: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue;
    const [name, encoded] = parseHeader(entry, source);
    let value: string;
    try {
      value = decodeURIComponent(encoded);
    } catch {
      throw new UsageError(`${source}: the value of '${name}' is not percent-encoded correctly`);
    }
    headers[name] = headerValue(value, name, source);
  }
  return headers;
}

/** Does the environment name a destination for any signal? */
export function namesEndpoint(env: NodeJS.ProcessEnv): boolean {
  return ['', 'TRACES_', 'LOGS_', 'METRICS_'].some((part) => !!env[`${PREFIX}${part}ENDPOINT`]);
}

/**
 * The settings of one signal, by the OTLP exporter specification: the signal's own variable before the general one, an
 * empty variable as if unset, the general endpoint with `/v1/<signal>` appended, the signal's own endpoint as it is.
 *
 * @throws UsageError naming the argument or the variable.
 */
export function otlpEndpoint(env: NodeJS.ProcessEnv, signal: Signal, overrides: OtlpOverrides): OtlpEndpoint {
  const own = `${PREFIX}${signal.toUpperCase()}_`;
  const name = (setting: string) => (env[own + setting] ? own + setting : PREFIX + setting);
  const read = (setting: string) => env[name(setting)] || undefined;

  const protocol = overrides.protocol ?? parseProtocol(read('PROTOCOL'), name('PROTOCOL'));
  const tls = { ca_file: read('CERTIFICATE'), cert_file: read('CLIENT_CERTIFICATE'), key_file: read('CLIENT_KEY') };
  const grpc = protocol === 'grpc';
  const address = read('ENDPOINT') ?? DEFAULT_GRPC_ENDPOINT;
  // With a scheme the address says it; without one, the specification's default is TLS.
  const insecure = grpc && !address.includes('://') && read('INSECURE')?.toLowerCase() === 'true';
  return {
    protocol,
    url: grpc ? new URL(DEFAULT_ENDPOINT) : endpointUrl(env, signal, overrides.endpoint),
    address: grpc ? grpcEndpoint(address, name('ENDPOINT')) : '',
    tls: { ...tls, ...(insecure && { insecure }) },
    headers: { ...parseHeaderList(read('HEADERS') ?? '', name('HEADERS')), ...overrides.headers },
    timeout: overrides.timeout ?? parseTimeout(read('TIMEOUT'), name('TIMEOUT')),
    compression: overrides.compression ?? parseCompression(read('COMPRESSION') ?? 'none', name('COMPRESSION')),
  };
}

function endpointUrl(env: NodeJS.ProcessEnv, signal: Signal, override: string | undefined): URL {
  if (override !== undefined) return signalUrl(parseEndpoint(override, '--endpoint'), signal);
  const own = `${PREFIX}${signal.toUpperCase()}_ENDPOINT`;
  if (env[own]) return parseEndpoint(env[own], own);
  return signalUrl(parseEndpoint(env[`${PREFIX}ENDPOINT`] || DEFAULT_ENDPOINT, `${PREFIX}ENDPOINT`), signal);
}

/** The address without a path: gRPC has none, and variables that serve both protocols do. */
function grpcEndpoint(text: string, source: string): string {
  if (!text.includes('://')) return text;
  if (text.startsWith('unix://')) return text;
  const { protocol, host, port } = parseEndpoint(text, source);
  return `${protocol}//${port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host}`;
}

function parseProtocol(text: string | undefined, source: string): Protocol {
  const protocol = PROTOCOLS.find((known) => known === (text ?? 'http/protobuf'));
  if (protocol === undefined) {
    throw new UsageError(`${source} '${text}' is not known: it is one of ${PROTOCOLS.join(', ')}`);
  }
  return protocol;
}

function parseTimeout(text: string | undefined, source: string): number {
  if (text === undefined) return DEFAULT_TIMEOUT;
  if (!/^\d+$/.test(text) || Number(text) === 0)
    throw new UsageError(`${source} '${text}' is no number of milliseconds above 0`);
  return checkDuration(Number(text), text, source);
}

export function parseCompression(text: string, source: string): Compression {
  if (text === 'none' || text === 'gzip') return text;
  throw new UsageError(`${source} '${text}' is not known: it is none or gzip`);
}
