// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { type Env, readString } from '../config/env.js';
import type { AppBinding } from '../native/binding/app.js';

const SIGNALS = ['TRACES', 'LOGS', 'METRICS'] as const;

/**
 * Tells collectors where the app wants its telemetry, under the names of the environment variables; they follow it only where they were
 * told to trust their apps. Headers never travel, and neither does an address that may hold a secret.
 */
export function publishEndpoints(binding: AppBinding, writer: number, env: Env = process.env): void {
  for (const [name, value] of endpointsOf(env)) binding.setSetting(writer, name, value);
}

/** The variables that collectors may know: OTLP over HTTP only, since over gRPC an address means another thing. */
export function endpointsOf(env: Env): [name: string, value: string][] {
  const protocol = readString(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  const general = readString(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const named: [string, string | undefined][] = [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', protocol === 'grpc' ? undefined : general],
    ...SIGNALS.map((signal): [string, string | undefined] => {
      const own = readString(env, `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`) ?? protocol;
      const value = readString(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
      return [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, own === 'grpc' ? undefined : value];
    }),
  ];
  return named.filter((each): each is [string, string] => {
    const [name, value] = each;
    if (value === undefined) return false;
    if (isPlain(value)) return true;
    diag.warn(`otlp-mmap: ${name} is no http address without user, password and query: collectors are not told of it`);
    return false;
  });
}

function isPlain(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isHttp && !/[@?#]/.test(address);
}
