// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Where a gRPC server listens. */
export type GrpcAddress =
  | { host: string; port: string; tls: boolean | undefined }
  | { path: string; tls: boolean | undefined };

/**
 * Reads `host:port`, with `http://` (without TLS), `https://`, `dns:///` or nothing before it, or `unix:///path`. Undefined for
 * anything else.
 */
export function grpcAddress(text: string): GrpcAddress | undefined {
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(text);
  if (unix) return { path: unix[1], tls: undefined };
  const match = /^(?:(https?):\/\/|dns:\/\/\/|dns:)?([^/\s@?#]+?)(?::(\d{1,5}))?\/?$/.exec(text);
  if (!match) return undefined;
  const [, scheme, host, port] = match;
  if (!URL.canParse(`http://${host}`) || Number(port ?? 1) > 65_535) return undefined;
  const standard = scheme === 'http' ? '80' : '443';
  if (scheme === undefined && port === undefined) return undefined;
  return { host, port: port ?? standard, tls: scheme === undefined ? undefined : scheme === 'https' };
}
