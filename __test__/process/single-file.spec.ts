// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import test from 'ava';
import * as fc from 'fast-check';
import { MmapLoggerProvider, MmapMeterProvider, MmapTracerProvider } from 'otlp-mmap';
import { decodeFile, type Unknown } from '../support/v1-decoder';
import { logsIn, metricsIn, spansIn, withDirectory } from '../support/written-files';
import { calls, perform } from '../trace/calls';

// One file for readers of version 1 that all signals of a process write to, every extension in use: what is ours is nothing but
// unknown fields to them.

const FIRST_OWN_FIELD = 1000;
const long = 'ä'.repeat(20_000);

test('a_file_of_all_signals_with_every_extension_in_use_is_read_by_version_1', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'sdk.mmap');
    const resource = resourceFromAttributes({ 'service.name': 'all' }, { schemaUrl: 'https://x/1' });
    const options = { file, resource, resourceDetectors: [] };
    const [tracers, loggers, meters] = [
      new MmapTracerProvider(options),
      new MmapLoggerProvider(options),
      new MmapMeterProvider({ ...options, exemplarFilter: 'always_on' }),
    ];
    const scope = ['everything', '1', { schemaUrl: 'https://s/1' }] as const;
    const traceState = { serialize: () => `a=${'x'.repeat(2000)},b=2`, get() {}, set: () => traceState } as never;
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true, traceState };
    const attributes = { long, bytes: new Uint8Array(3000), map: { deep: [long, null, 1.5] } } as never;
    const span = tracers
      .getTracer(...scope)
      .startSpan(long, { attributes, links: [{ context, attributes }] }, trace.setSpanContext(ROOT_CONTEXT, context));
    const within = trace.setSpan(ROOT_CONTEXT, span);
    loggers
      .getLogger(...scope)
      .emit({ body: { long }, attributes, eventName: long, severityText: long, context: within });
    meters
      .getMeter(...scope)
      .createHistogram('h', { description: 'd' })
      .record(3, { key: 'v' }, within);
    meters
      .getMeter(...scope)
      .createCounter('c')
      .add(2, attributes, within);
    span.addEvent(long, attributes).addLink({ context, attributes }).updateName('renamed');
    span.setStatus({ code: 2, message: long }).end();

    const { spans, events, measurements } = decodeFile(file);
    t.is(events.length, 1, 'one log is one event');
    t.is(measurements.length, 2);
    const [start, ...rest] = spans;
    t.true(long.startsWith(start.start!.name));
    t.is(start.start!.parentSpanId, context.spanId);
    const traces = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    t.deepEqual([...traces], [`${context.traceId} ${span.spanContext().spanId}`]);
    t.is(rest.at(-1)?.end?.status?.code, 2);
    t.deepEqual(
      rest.flatMap(({ name }) => name ?? []),
      ['renamed'],
    );
    t.is(rest.flatMap(({ links }) => links?.links ?? []).length, 2);
    t.is(events[0].spanContext?.spanId, span.spanContext().spanId);
    for (const { scope: found } of [start, events[0]]) {
      t.like(found, { name: 'everything', version: '1' });
      t.true(found.resource.some(([key]) => key === 'service.name'));
    }
    const parts = spans.flatMap(({ start, end, attributes, links }) => [start, end, attributes, links]);
    const unknown = [...parts, ...events, ...measurements].flatMap((part) => fieldsOf(part?.unknown));
    t.true(unknown.length > 5);
    t.true(
      unknown.every((field) => field >= FIRST_OWN_FIELD),
      `${unknown}`,
    );

    // And our readers have all of it.
    const [ours] = spansIn(directory);
    t.is((ours.span.status as { message: string }).message, long);
    t.is(ours.span.traceState, (traceState as { serialize(): string }).serialize());
    t.is(logsIn(directory)[0].log.eventName, long);
    t.is(metricsIn(directory).length, 2);
    t.deepEqual(tracers.status()?.drops.spans, undefined);
    await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
  }));

test('whatever_is_called_version_1_reads_as_many_spans_as_we_do', async (t) => {
  await fc.assert(
    fc.asyncProperty(calls, (todo) =>
      withDirectory(async (directory) => {
        const file = join(directory, 'sdk.mmap');
        const geometry = { spansBuffers: 512, spansBufferSize: 256, eventsBuffers: 2, measurementsBuffers: 2 };
        const provider = new MmapTracerProvider({ file, geometry, resourceDetectors: [] });
        perform(provider, todo);
        const ids = (list: { traceId: string; spanId: string }[]) =>
          list.map(({ traceId, spanId }) => `${traceId} ${spanId}`).sort();
        const ours = spansIn(directory).map(({ span }) => span as { traceId: string; spanId: string });
        if (ours.length > 0) {
          const { spans } = decodeFile(file);
          t.deepEqual(ids(spans.filter(({ start }) => start !== undefined)), ids(ours));
          t.deepEqual(ids(spans.filter(({ end }) => end !== undefined)), ids(ours));
        }
        await provider.shutdown();
      }),
    ),
    { numRuns: 100 },
  );
});

function fieldsOf(unknown: Unknown | undefined): number[] {
  return Object.keys(unknown ?? {}).map(Number);
}
