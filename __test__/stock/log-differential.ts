// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { LoggerProvider } from '@opentelemetry/api-logs';
import type { ExecutionContext } from 'ava';
import * as fc from 'fast-check';
import { MmapLoggerProvider } from '../../ts/logs/provider';
import { loadBinding } from '../../ts/native/loader';
import { MmapLogRecordExporter } from '../../ts/stock/log-record-exporter';
import { MmapLogRecordProcessor } from '../../ts/stock/log-record-processor';
import { type FlatLog, flattenLogs } from '../support/otlp-json';
import '../support/warnings';
import { logsIn, withDirectory } from '../support/written-files';
import { type Emission, emissions, emitAll, type LogLimits, logLimits } from './log-calls';

/** A stock logs SDK with an exporter that keeps what it gets. */
export interface StockLogsSdk {
  /** A provider with a processor that feeds the keeping exporter, and one more. */
  createProvider(limits: LogLimits, processor?: unknown): LoggerProvider & { shutdown(): Promise<void> };
  /** A simple processor in front of an exporter. */
  createSimpleProcessor(exporter: unknown): unknown;
  /** What the keeping exporter got since the last call, as the stock OTLP exporter sends it in protobuf. */
  takeRequest(): Uint8Array;
}

/** A file small enough to make one for each run, with room for all records of a run; many of them are longer than a slot. */
const geometry = { eventsBuffers: 64, eventsBufferSize: 256, spansBuffers: 2, measurementsBuffers: 2 };

/** The stock exporter's request, read by field. */
function sent(sdk: StockLogsSdk): FlatLog[] {
  const request = sdk.takeRequest();
  return inOrder(flattenLogs([JSON.parse(loadBinding().requestToJson('logs', request))]));
}

/** Resources with scopes in any order: only the order within a scope means something. */
function inOrder(logs: FlatLog[]): FlatLog[] {
  const name = ({ scope }: FlatLog) => (scope as { name: string }).name;
  return logs.sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}

/** The same records give the same OTLP through the stock exporter and through our file. */
async function compare(
  t: ExecutionContext,
  sdk: StockLogsSdk,
  todo: Emission[],
  limits: LogLimits,
  create: (directory: string) => unknown,
): Promise<void> {
  await withDirectory(async (directory) => {
    const provider = sdk.createProvider(limits, create(directory));
    emitAll(provider, todo);
    const ours = inOrder(logsIn(directory));
    await provider.shutdown();
    t.deepEqual(ours, sent(sdk));
  });
}

export async function compareLogProcessor(t: ExecutionContext, sdk: StockLogsSdk, numRuns: number): Promise<void> {
  const create = (directory: string) => new MmapLogRecordProcessor({ directory, geometry });
  await fc.assert(
    fc.asyncProperty(emissions, logLimits, (todo, limits) => compare(t, sdk, todo, limits, create)),
    { numRuns },
  );
}

export async function compareLogExporter(t: ExecutionContext, sdk: StockLogsSdk, numRuns: number): Promise<void> {
  const create = (directory: string) => sdk.createSimpleProcessor(new MmapLogRecordExporter({ directory, geometry }));
  await fc.assert(
    fc.asyncProperty(emissions, logLimits, (todo, limits) => compare(t, sdk, todo, limits, create)),
    { numRuns },
  );
}

/** Our provider in place of the stock one: everything but the resource, which is told of us. */
export async function compareLoggerProvider(t: ExecutionContext, sdk: StockLogsSdk, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(emissions, logLimits, (todo, logRecordLimits) =>
      withDirectory(async (directory) => {
        const stock = sdk.createProvider(logRecordLimits);
        const provider = new MmapLoggerProvider({ directory, geometry, resourceDetectors: [], logRecordLimits });
        emitAll(stock, todo);
        emitAll(provider, todo);
        const ours = inOrder(logsIn(directory));
        await Promise.all([stock.shutdown(), provider.shutdown()]);
        t.deepEqual(ours.map(withoutResource), sent(sdk).map(withoutResource));
      }),
    ),
    { numRuns },
  );
}

function withoutResource({ scope, scopeSchemaUrl, log }: FlatLog): unknown {
  return { scope, scopeSchemaUrl, log };
}
