// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runNode } from '../support/child';
import { attributeOf } from '../support/reader';
import { spansIn, withDirectory } from '../support/written-files';

// What the hook makes of the environment, by what arrives.

const apps = join(__dirname, 'apps');

async function run(t: ExecutionContext, app: string, env: Record<string, string>) {
  return withDirectory(async (directory) => {
    const args = ['--import', 'otlp-mmap/register', join(apps, app)];
    const ended = await runNode(args, { env: { OTLP_MMAP_DIR: directory, ...env } });
    t.is(ended.code, 0, ended.stderr);
    return { ...ended, spans: spansIn(directory) };
  });
}

interface Counted {
  attributes: unknown[];
  dropped: number;
}

/** What a limit leaves of the span that limits.cjs makes: how many there are, and how many were dropped. */
async function limited(t: ExecutionContext, env: Record<string, string>) {
  const { spans } = await run(t, 'limits.cjs', env);
  t.is(spans.length, 1);
  const { span } = spans[0];
  const [events, links] = [span.events as Counted[], span.links as Counted[]];
  const count = ({ attributes, dropped }: Counted) => [attributes.length, dropped];
  return {
    attributes: [(span.attributes as unknown[]).length, span.droppedAttributes],
    events: [events.length, span.droppedEvents],
    links: [links.length, span.droppedLinks],
    ofEvent: count(events[0]),
    ofLink: count(links[0]),
    text: attributeOf(spans[0], 'first'),
  };
}

const WHOLE = {
  attributes: [2, 0],
  events: [2, 0],
  links: [2, 0],
  ofEvent: [2, 0],
  ofLink: [2, 0],
  text: 'long enough to be cut',
};

const limits: [variable: string, value: string, expected: Partial<typeof WHOLE>][] = [
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '1', { attributes: [1, 1] }],
  ['OTEL_ATTRIBUTE_COUNT_LIMIT', '1', { attributes: [1, 1] }],
  ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '4', { text: 'long' }],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '4', { text: 'long' }],
  ['OTEL_SPAN_EVENT_COUNT_LIMIT', '1', { events: [1, 1] }],
  ['OTEL_SPAN_LINK_COUNT_LIMIT', '1', { links: [1, 1] }],
  ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', '1', { ofEvent: [1, 1] }],
  ['OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT', '1', { ofEvent: [1, 1] }],
  ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', '1', { ofLink: [1, 1] }],
  ['OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT', '1', { ofLink: [1, 1] }],
  // Empty means unset.
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '', {}],
];

for (const [variable, value, expected] of limits) {
  test(`what_is_over_the_limit_of_${variable}=${value}_is_cut_or_counted`, async (t) =>
    t.deepEqual(await limited(t, { [variable]: value }), { ...WHOLE, ...expected }));
}

const samplers: [sampler: string, argument: string, spans: number][] = [
  ['always_on', '', 1],
  ['always_off', '', 0],
  ['traceidratio', '0', 0],
  ['traceidratio', '1', 1],
  ['parentbased_always_on', '', 1],
  ['parentbased_always_off', '', 0],
  ['parentbased_traceidratio', '0', 0],
  ['', '0', 1],
];

for (const [sampler, argument, count] of samplers) {
  test(`the_sampler_${sampler}_with_argument_${argument}_records_${count}`, async (t) => {
    const { spans } = await run(t, 'limits.cjs', {
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: argument,
    });
    t.is(spans.length, count);
  });
}

const propagators: [value: string, headers: string][] = [
  ['', 'traceparent'],
  ['tracecontext,baggage', 'traceparent'],
  ['b3', 'b3'],
  ['b3multi', 'x-b3-sampled x-b3-spanid x-b3-traceid'],
  ['jaeger', 'uber-trace-id'],
  ['none', ''],
];

for (const [value, headers] of propagators) {
  test(`requests_carry_the_headers_of_the_propagators_${value}`, async (t) => {
    const { stdout, spans } = await run(t, 'headers-app.cjs', { OTEL_PROPAGATORS: value });
    t.is(stdout, `${headers}\n`);
    const traces = new Set(spans.map(({ span }) => span.traceId));
    t.is(traces.size, value === 'none' ? 2 : 1);
  });
}

test('an_instrumentation_that_is_disabled_records_nothing_and_the_others_go_on', async (t) => {
  const { spans } = await run(t, 'fetch-app.mjs', { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' });
  t.deepEqual(
    spans.map(({ span }) => span.kind),
    [2],
  );
});

test('the_service_name_wins_over_the_resource_attributes_and_detectors_are_those_named', async (t) => {
  const resourceOf = async (env: Record<string, string>) => {
    const { spans } = await run(t, 'limits.cjs', env);
    const attributes = spans[0].resource as { key: string; value: { stringValue?: string } }[];
    return new Map(attributes.map(({ key, value }) => [key, value.stringValue]));
  };
  const attributes = {
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,team=core%2C',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,os',
  };
  const named = await resourceOf({ ...attributes, OTEL_SERVICE_NAME: 'b' });
  t.is(named.get('service.name'), 'b');
  t.is(named.get('team'), 'core,');
  t.is(named.get('telemetry.sdk.name'), 'otlp-mmap');
  t.true(named.has('os.type') && !named.has('host.name') && !named.has('process.pid'));
  t.is((await resourceOf({ ...attributes, OTEL_SERVICE_NAME: ' ' })).get('service.name'), 'a');
});

test('what_diag_prints_is_what_the_log_level_asks_for', async (t) => {
  const bad = { OTEL_SPAN_EVENT_COUNT_LIMIT: 'many' };
  const said = async (level: string) => {
    const { stdout, stderr } = await run(t, 'limits.cjs', { ...bad, OTEL_LOG_LEVEL: level });
    return stdout + stderr;
  };
  t.is(await said(''), '');
  t.is(await said('none'), '');
  t.is(await said('error'), '');
  t.regex(await said('warn'), /OTEL_SPAN_EVENT_COUNT_LIMIT="many"/);
  const everything = await said('debug');
  t.regex(everything, /OTEL_SPAN_EVENT_COUNT_LIMIT="many"/);
  t.regex(everything, /otlp-mmap: \d+ instrumentation\(s\) set up/);
});
