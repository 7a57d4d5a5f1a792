// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The same requests through the OpenTelemetry Collector's batch processor and through ours: the same batches, item by item.

import { randomInt } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { type Batch, batchOf, SIGNALS, type Signal } from '../../../ts/collector/batch';
import { Logger } from '../../../ts/collector/logger';
import { BatchProcessor, type BatchSettings } from '../../../ts/collector/processors/batch/batch';
import { loadBinding } from '../../../ts/native/loader';
import { partOf } from '../batches';
import { startOtelcol } from '../otelcol';
import { field, logsRequest, type TestLog, type TestSpan, tracesRequest } from '../requests';
import { Sink } from '../sink';

const binding = loadBinding();
const SEED = Number(process.env.OTLP_MMAP_TEST_SEED ?? randomInt(2 ** 31));

/** A request of each signal with as many items as each scope of each resource should have. */
type Layout = readonly (readonly number[])[];

/** A number that no other item has. */
let items = 0;

/** Of each kind in turn, at most five points in one. */
function metrics(points: number): Buffer[] {
  const kinds = [5, 7, 9, 10, 11];
  const made: Buffer[] = [];
  for (let left = points; left > 0; left -= 5) {
    const kind = kinds[items % kinds.length];
    const isNumber = kind < 9;
    // Buckets of an exponential histogram: the OpenTelemetry Collector writes them though they are empty.
    const buckets = kind === 10 ? [field(8, field(1, 2)), field(9, field(1, 2))] : [];
    const list = Array.from({ length: Math.min(left, 5) }, () =>
      field(1, Buffer.concat([field(3, BigInt(++items)), field(isNumber ? 6 : 4, 7n), ...buckets])),
    );
    const temporality = kind === 5 || kind === 11 ? [] : [field(2, 2)];
    made.push(Buffer.concat([field(1, `metric ${items}`), field(kind, Buffer.concat([...list, ...temporality]))]));
  }
  return made;
}

const REQUESTS: Readonly<Record<Signal, (count: number, resource: object, scope: string) => Buffer>> = {
  traces: (count, resource, scope) => {
    const spans = Array.from({ length: count }, (): TestSpan => ({ name: `span ${++items}` }));
    return tracesRequest(spans, { ...resource }, scope);
  },
  logs: (count, resource, scope) => {
    const logs = Array.from({ length: count }, (): TestLog => ({ body: `log ${++items}` }));
    return logsRequest(logs, { ...resource }, scope);
  },
  metrics: (count, resource, scope) => {
    const attributes = Object.entries(resource).map(([key, value]) =>
      field(1, Buffer.concat([field(1, key), field(2, field(1, value))])),
    );
    const list = metrics(count).map((metric) => field(2, metric));
    const group = Buffer.concat([field(1, field(1, scope)), ...list]);
    return field(1, Buffer.concat([field(1, Buffer.concat(attributes)), field(2, group)]));
  },
};

/** Fields joined are a request; scopes of one resource have to be joined within it. */
function requestOf(signal: Signal, layout: Layout): { body: Buffer; items: number } {
  const groups = layout.flatMap((scopes, resource) =>
    scopes.map((count, scope) => REQUESTS[signal](count, { resource: `r${resource}` }, `s${scope}`)),
  );
  return { body: Buffer.concat(groups), items: layout.flat().reduce((sum, count) => sum + count, 0) };
}

/** Empty texts count as left out: encoders differ in them. */
const asJson = (signal: string, request: Buffer) =>
  JSON.parse(binding.requestToJson(signal, request), (_key, value) => (value === '' ? undefined : value));

/** What our processor makes of the requests, and of its end. */
function batched(settings: BatchSettings, signal: Signal, requests: readonly ReturnType<typeof requestOf>[]): Buffer[] {
  const batches: Batch[] = [];
  const next = { consume: (batch: Batch) => batches.push(batch) };
  const processor = new BatchProcessor(settings, binding.splitPiece, next, new Logger('error'));
  for (const { body, items } of requests) {
    processor.consume(batchOf({ signal, urgent: false, stream: undefined }, [partOf(body, items)]));
  }
  processor.flush();
  processor.close();
  return batches.map(({ parts }) => Buffer.concat(parts));
}

const layouts = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 2 }), {
  minLength: 1,
  maxLength: 3,
});

for (const [name, settings] of Object.entries({
  'a size alone': { send_batch_size: 30 },
  'a size and a maximum above it': { send_batch_size: 20, send_batch_max_size: 33 },
  'a size that is the maximum': { send_batch_size: 7, send_batch_max_size: 7 },
  'a maximum of one': { send_batch_size: 1, send_batch_max_size: 1 },
  'no size but a maximum': { send_batch_size: 0, send_batch_max_size: 11 },
  'no time but a maximum': { send_batch_size: 1000, send_batch_max_size: 1000, timeout: 0 },
})) {
  test(`batches are those of the OpenTelemetry Collector, for ${name}`, async (t) => {
    const sink = await Sink.start();
    t.teardown(() => sink.close());
    const { timeout = 3_600_000, send_batch_max_size = 0, send_batch_size } = settings as Partial<BatchSettings>;
    const batch = { send_batch_size, send_batch_max_size, timeout: `${timeout}ms` };
    const running = await startOtelcol(t, sink.url, { batch });
    if (running === undefined) return;
    t.log(`OTLP_MMAP_TEST_SEED=${SEED}`);
    const ours = new Map<Signal, Buffer[]>();
    for (const signal of SIGNALS) {
      const requests = fc.sample(layouts, { numRuns: 12, seed: SEED }).map((layout) => requestOf(signal, layout));
      for (const { body } of requests) {
        const headers = { 'content-type': 'application/x-protobuf' };
        const { status } = await fetch(`http://${running.http}/v1/${signal}`, { method: 'POST', headers, body });
        t.is(status, 200);
      }
      const own = { send_batch_size: send_batch_size!, send_batch_max_size, send_batch_max_bytes: 0, timeout };
      ours.set(signal, batched(own, signal, requests));
    }
    await running.stop();
    for (const signal of SIGNALS) {
      const theirs = sink.requests.filter(({ path }) => path.endsWith(signal)).map(({ body }) => asJson(signal, body));
      t.deepEqual(
        ours.get(signal)!.map((body) => asJson(signal, body)),
        theirs,
        signal,
      );
    }
  });
}
