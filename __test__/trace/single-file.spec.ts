// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import { createTraceState, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import test from 'ava';
import { MmapTracerProvider } from 'otlp-mmap';
import { decodeFile, type V1SpanRecord } from '../support/v1-decoder';
import { withDirectory } from '../support/written-files';

/** Uses everything that a span can do, values too long for a slot included. */
function useEverything(provider: MmapTracerProvider): void {
  const tracer = provider.getTracer('everything', '9.8.7', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' });
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
    isRemote: true,
    traceState: createTraceState('vendor=x,other=y'),
  };
  const parent = tracer.startSpan('server', { kind: SpanKind.SERVER }, trace.setSpanContext(ROOT_CONTEXT, remote));
  const child = tracer.startSpan(
    'näme',
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        text: 'ß'.repeat(30),
        whole: -3,
        broken: 0.5,
        yes: true,
        list: ['a', null as never, 'c'],
        long: 'x'.repeat(2000),
      },
      links: [{ context: remote, attributes: { link: 1 } }],
      startTime: [1_700_000_000, 5],
    },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  for (let i = 0; i < 40; i++) child.setAttribute(`key.${i}`, `value ${i}`);
  child.addEvent('event', { at: 1, stack: 'line\n'.repeat(300) }, 1_700_000_000_100);
  child.recordException(new TypeError('no'));
  child.addLink({ context: remote, attributes: { big: 'y'.repeat(3000), lost: true } });
  const members = Array.from({ length: 20 }, (_, i) => `v${i}=${'w'.repeat(20)}`);
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`link.${i}`, `value ${i}`]));
  child.addLink({ context: { ...remote, traceState: createTraceState(members.join(',')) }, attributes: { one: 1 } });
  child.addLink({ context: { ...remote, traceState: createTraceState(members.join(',')) }, attributes: many });
  child.updateName('renamed');
  child.setStatus({ code: 2, message: 'z'.repeat(3000) });
  child.end([1_700_000_001, 7]);
  parent.end();
}

test('the_single_file_is_read_by_version_1_with_every_feature_in_use', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'sdk.mmap');
    const resource = resourceFromAttributes({ 'service.name': 'single', replicas: 3 }, { schemaUrl: 'https://x/1' });
    const geometry = { spansBuffers: 64, spansBufferSize: 512 };
    const provider = new MmapTracerProvider({ file, resource, geometry, resourceDetectors: [] });
    useEverything(provider);

    const { spans, events, measurements } = decodeFile(file);
    t.deepEqual([events, measurements], [[], []]);
    const [server, start, ...rest] = spans;
    t.like(server.start, { name: 'server', kind: 2, parentSpanId: 'b7ad6b7169203331', flags: 0x301 });
    t.like(start.start, { name: 'näme', kind: 4, parentSpanId: server.spanId, time: 1_700_000_000_000_000_005n });
    t.is(start.traceId, '0af7651916cd43dd8448eb211c80319c');
    t.like(start.scope, { name: 'everything', version: '9.8.7' });
    t.deepEqual(start.scope.resource.filter(([key]) => key === 'replicas' || key === 'service.name').sort(), [
      ['replicas', { int: 3n }],
      ['service.name', { string: 'single' }],
    ]);

    const ofChild = rest.filter(({ spanId }) => spanId === start.spanId);
    const attributes = new Map(
      [start.start!.attributes, ...ofChild.map((record) => record.attributes?.attributes ?? [])].flat(),
    );
    t.deepEqual(attributes.get('text'), { string: 'ß'.repeat(30) });
    t.deepEqual(attributes.get('whole'), { int: -3n });
    t.deepEqual(attributes.get('broken'), { double: 0.5 });
    t.deepEqual(attributes.get('list'), { array: [{ string: 'a' }, { empty: true }, { string: 'c' }] });
    t.regex((attributes.get('long') as { string: string }).string, /^x{400,}$/);
    for (let i = 0; i < 40; i++) t.deepEqual(attributes.get(`key.${i}`), { string: `value ${i}` });

    const links = ofChild.flatMap((record) => record.links?.links ?? []);
    t.is(links.length, 4);
    for (const { traceId, spanId, flags, droppedAttributes } of links) {
      t.deepEqual(
        [traceId, spanId, flags, droppedAttributes],
        ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', 0x301, 0],
      );
    }
    const [first, big, longState, manyAttributes] = links;
    t.deepEqual([first.traceState, big.traceState], ['vendor=x,other=y', 'vendor=x,other=y']);
    t.regex(longState.traceState, /^v0=w{20}(,v\d+=w{20}){8,}$/, 'no member is cut');
    t.deepEqual(longState.attributes, [['one', { int: 1n }]]);
    t.true(manyAttributes.attributes.length > 8 && manyAttributes.attributes.length < 60);
    for (const [i, attribute] of manyAttributes.attributes.entries()) {
      t.deepEqual(attribute, [`link.${i}`, { string: `value ${i}` }], 'what a slot takes of them is whole');
    }
    t.is(ofChild.find((record) => record.name !== undefined)?.name, 'renamed');
    const end = ofChild.at(-1)?.end;
    t.is(end?.time, 1_700_000_001_000_000_007n);
    t.is(end?.status?.code, 2);
    t.regex(end?.status?.message ?? '', /^z{400,}$/);
    await provider.shutdown();
  }));

test('records_of_version_1_are_whole_in_the_order_of_their_calls', (t) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'order.mmap');
    const provider = new MmapTracerProvider({ file, resourceDetectors: [] });
    useEverything(provider);
    const kinds = decodeFile(file).spans.map(kindOf);
    t.deepEqual(kinds.slice(0, 3), ['start', 'start', 'attributes']);
    t.deepEqual(kinds.slice(-2), ['end', 'end']);
    t.true(kinds.indexOf('name') > kinds.lastIndexOf('links'));
    await provider.shutdown();
  }));

function kindOf(record: V1SpanRecord): string {
  const kinds = ['start', 'end', 'name', 'attributes', 'links'] as const;
  return kinds.find((kind) => record[kind] !== undefined) ?? 'none';
}
