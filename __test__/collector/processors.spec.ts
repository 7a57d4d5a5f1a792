// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import test from 'ava';
import { type Batch, batchOf, type Signal } from '../../ts/collector/batch';
import { nodeOf } from '../../ts/collector/config/node';
import { ConfigError, Problems } from '../../ts/collector/config/problems';
import { Logger } from '../../ts/collector/logger';
import type { ProcessorFactory } from '../../ts/collector/pipeline/component';
import { Intake } from '../../ts/collector/pipeline/intake';
import { Receipt } from '../../ts/collector/pipeline/receipt';
import { attributesProcessor } from '../../ts/collector/processors/attributes/factory';
import { filterProcessor } from '../../ts/collector/processors/filter/factory';
import { probabilisticSamplerProcessor } from '../../ts/collector/processors/probabilistic-sampler/factory';
import { resourceProcessor } from '../../ts/collector/processors/resource/factory';
import { loadBinding } from '../../ts/native/loader';
import { logsRequest, metricsRequest, spansOf, type TestSpan, tracesRequest } from './requests';

const binding = loadBinding();

/** What a document says, read as the collector reads it. */
function configured<T>(factory: ProcessorFactory<T>, document: object): T {
  const problems = new Problems();
  const config = factory.config.read(nodeOf(document, { name: 'test' }), 'processors.it', problems);
  problems.throwIfAny();
  return config;
}

/** A processor with what it hands on and what became of the parts that it was given. */
function given<T>(factory: ProcessorFactory<T>, document: object, signal: Signal = 'traces') {
  const out: Batch[] = [];
  let settled = 0;
  const lines: string[] = [];
  const processor = factory.create(configured(factory, document), {
    id: 'it',
    binding,
    logger: new Logger('debug', (line) => lines.push(line)),
    intake: new Intake(() => {}),
    signal,
    next: { consume: (batch) => out.push(batch) },
    position: 0,
    pipeline: signal,
  });
  const consume = (body: Buffer, items: number) => {
    const receipt = new Receipt(1, 1, () => settled++);
    processor.consume(batchOf({ signal, urgent: false, stream: undefined }, [{ body, items, receipt }]));
  };
  return { out, consume, settled: () => settled, log: () => lines.join('') };
}

const SPANS: TestSpan[] = [
  { name: 'GET /health', kind: 2, attributes: { 'http.route': '/health', size: 5 } },
  { name: 'GET /items', kind: 2, attributes: { 'user.email': 'a@example.org', size: 7 } },
  { name: 'SELECT', kind: 3, attributes: { 'db.system.name': 'postgresql', ok: true } },
];
const REQUEST = tracesRequest(SPANS, { 'service.name': 'shop' });

test('attributes are inserted, updated, upserted, deleted and hashed in the order of the list', (t) => {
  const { out, consume } = given(attributesProcessor, {
    actions: [
      { key: 'region', action: 'insert', value: 'eu' },
      { key: 'size', action: 'update', value: 5.5 },
      { key: 'copy', action: 'upsert', from_attribute: 'http.route' },
      { key: 'ok', action: 'delete' },
      { pattern: '^user\\.', action: 'hash' },
    ],
  });
  consume(REQUEST, 3);
  t.deepEqual(
    spansOf(binding, out[0].parts[0]).map(({ attributes }) => attributes),
    [
      { 'http.route': '/health', size: 5.5, region: 'eu', copy: '/health' },
      { 'user.email': createHash('sha256').update('a@example.org').digest('hex'), size: 5.5, region: 'eu' },
      { 'db.system.name': 'postgresql', region: 'eu' },
    ],
  );
  t.is(out[0].items, 3);
});

test('actions may be for some spans only', (t) => {
  const { out, consume } = given(attributesProcessor, {
    include: { match_type: 'regexp', span_names: ['^GET'] },
    exclude: { match_type: 'strict', attributes: [{ key: 'size', value: 7 }] },
    actions: [{ key: 'seen', action: 'insert', value: true }],
  });
  consume(REQUEST, 3);
  t.deepEqual(
    spansOf(binding, out[0].parts[0]).map(({ attributes }) => attributes.seen),
    [true, undefined, undefined],
  );
});

test('resources change and what they hold stays as it is', (t) => {
  const { out, consume } = given(resourceProcessor, {
    attributes: [
      { key: 'deployment.environment.name', action: 'upsert', value: 'prod' },
      { key: 'service.name', action: 'hash' },
    ],
  });
  consume(REQUEST, 3);
  const spans = spansOf(binding, out[0].parts[0]);
  t.deepEqual(
    spans.map(({ name }) => name),
    SPANS.map(({ name }) => name),
  );
  t.deepEqual(spans[0].resource, {
    'service.name': createHash('sha256').update('shop').digest('hex'),
    'deployment.environment.name': 'prod',
  });
});

test('a batch that nothing is about goes on as it came', (t) => {
  const { out, consume } = given(attributesProcessor, { actions: [{ key: 'nowhere', action: 'delete' }] });
  consume(REQUEST, 3);
  t.is(out[0].parts[0], REQUEST);
});

test('spans are dropped by name and by attribute; a batch without any left is settled', (t) => {
  const spans = { exclude: { match_type: 'regexp', span_names: ['/health$'] } };
  const { out, consume, settled } = given(filterProcessor, { spans });
  consume(REQUEST, 3);
  t.is(out[0].items, 2);
  t.deepEqual(
    spansOf(binding, out[0].parts[0]).map(({ name }) => name),
    ['GET /items', 'SELECT'],
  );
  consume(tracesRequest([SPANS[0], SPANS[0]]), 2);
  t.is(out.length, 1);
  t.is(settled(), 1);

  const servers = { include: { match_type: 'strict', span_kinds: ['server'], services: ['shop'] } };
  const kept = given(filterProcessor, { spans: servers });
  kept.consume(REQUEST, 3);
  t.is(kept.out[0].items, 2);
});

test('log records are dropped by severity, metrics by name', (t) => {
  const logs = given(
    filterProcessor,
    { logs: { include: { match_type: 'strict', log_severity_number: { min: 'WARN' } } } },
    'logs',
  );
  logs.consume(logsRequest([{ body: 'quiet' }, { body: 'loud', severity: 17 }]), 2);
  t.is(logs.out[0].items, 1);
  t.regex(binding.requestToJson('logs', logs.out[0].parts[0]), /loud/);

  const metrics = given(
    filterProcessor,
    { metrics: { exclude: { match_type: 'strict', metric_names: ['requests'] } } },
    'metrics',
  );
  metrics.consume(metricsRequest('requests', [1, 2, 3]), 3);
  t.deepEqual([metrics.out.length, metrics.settled()], [0, 1]);
  metrics.consume(metricsRequest('errors', [1]), 1);
  t.is(metrics.out.length, 1);
});

test('of many traces about the part asked for is kept, whole traces, and the same with the same seed', (t) => {
  const spans = Array.from({ length: 2000 }, (_, index) => {
    const traceId = createHash('sha256')
      .update(String(index >> 1))
      .digest()
      .subarray(0, 16);
    return { name: String(index >> 1), traceId };
  });
  const names = (document: object) => {
    const { out, consume } = given(probabilisticSamplerProcessor, document);
    consume(tracesRequest(spans), spans.length);
    return spansOf(binding, out[0].parts[0]).map(({ name }) => name);
  };
  const kept = names({ sampling_percentage: 25, hash_seed: 7 });
  t.true(kept.length > 400 && kept.length < 600, `${kept.length} of 2000`);
  t.is(kept.length, 2 * new Set(kept).size);
  t.deepEqual(names({ sampling_percentage: 25, hash_seed: 7 }), kept);
  t.notDeepEqual(names({ sampling_percentage: 25, hash_seed: 8 }), kept);
});

test('bytes that are no piece are dropped with a message, and settled', (t) => {
  const { out, consume, settled, log } = given(attributesProcessor, { actions: [{ key: 'a', action: 'hash' }] });
  consume(Buffer.from([0xff, 0xff, 0xff]), 2);
  t.deepEqual([out.length, settled()], [0, 1]);
  t.regex(log(), /warn .*it: 2 items are dropped: not a piece of its signal/);
});

/** A configuration that is refused, with a message that names the place in it. */
function explained<T>(name: string, factory: ProcessorFactory<T>, document: object, message: RegExp): void {
  test(`${factory.type} with ${name} is explained with its place`, (t) => {
    const error = t.throws(() => configured(factory, document), { instanceOf: ConfigError });
    t.regex(error.message, message);
  });
}

explained('no actions', attributesProcessor, {}, /processors\.it\.actions: needs at least one action/);
explained(
  'an unknown action',
  attributesProcessor,
  { actions: [{ key: 'a', action: 'remove' }] },
  /actions\[0\]\.action: 'remove' is not known/,
);
explained(
  'an insert of nothing',
  attributesProcessor,
  { actions: [{ key: 'a', action: 'insert' }] },
  /needs value or from_attribute for insert/,
);
explained(
  'two values',
  attributesProcessor,
  { actions: [{ key: 'a', action: 'insert', value: 1, from_attribute: 'b' }] },
  /excludes value/,
);
explained(
  'a delete of nothing',
  resourceProcessor,
  { attributes: [{ action: 'delete' }] },
  /needs key or pattern for delete/,
);
explained(
  'a broken pattern',
  attributesProcessor,
  { actions: [{ pattern: 'a(b', action: 'delete' }] },
  /'a\(b' is no regular expression: unclosed group/,
);
explained(
  'a broken expression',
  filterProcessor,
  { spans: { include: { match_type: 'regexp', span_names: ['[a'] } } },
  /span_names: '\[a' is no regular expression/,
);
explained('no match type', filterProcessor, { spans: { include: { span_names: ['a'] } } }, /match_type: is required/);
explained(
  'nothing to match',
  filterProcessor,
  { spans: { include: { match_type: 'strict' } } },
  /needs something to match/,
);
explained(
  'an unknown severity',
  filterProcessor,
  { logs: { include: { match_type: 'strict', log_severity_number: { min: 'LOUD' } } } },
  /'LOUD' is no severity/,
);
explained('no percentage', probabilisticSamplerProcessor, {}, /sampling_percentage: is required/);

test('a condition about what the signal does not have is refused', (t) => {
  const document = { actions: [{ key: 'a', action: 'delete' }], include: { match_type: 'strict', span_names: ['a'] } };
  t.throws(() => given(attributesProcessor, document, 'logs'), {
    message: "it: include: 'span_names' is about spans, and this is a pipeline of logs",
  });
});
