// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { DiagLogLevel, defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { readLogLevel } from '../../ts/config/diagnostics';
import type { Env } from '../../ts/config/env';
import { readGeometry, readValueLimit } from '../../ts/config/geometry';
import { readInstrumentationFilter } from '../../ts/config/instrumentations';
import { readLocation } from '../../ts/config/location';
import { readPropagator } from '../../ts/config/propagator';
import { readResourceAttributes } from '../../ts/config/resource-attributes';
import { readResourceDetectors } from '../../ts/config/resource-detectors';
import { readSampler } from '../../ts/config/sampler';
import { isSdkDisabled, isSignalEnabled } from '../../ts/config/signals';
import { readSpanLimits } from '../../ts/config/span-limits';
import { warningsOf } from '../support/warnings';

/** Header names that a propagator writes for a valid span context. */
function headersOf(env: Env): string[] {
  const carrier: Record<string, string> = {};
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  });
  readPropagator(env)?.inject(context, carrier, defaultTextMapSetter);
  return Object.keys(carrier).sort();
}

test('span_limits_fall_back_from_the_spans_own_variable_to_the_general_one_to_the_default', (t) => {
  t.deepEqual(readSpanLimits({}), {
    attributeValueLengthLimit: Number.POSITIVE_INFINITY,
    attributeCountLimit: 128,
    eventCountLimit: 128,
    linkCountLimit: 128,
    attributePerEventCountLimit: 128,
    attributePerLinkCountLimit: 128,
  });
  const general = { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9' };
  t.like(readSpanLimits(general), { attributeCountLimit: 5, attributeValueLengthLimit: 9 });
  const own = { ...general, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3', OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4' };
  t.like(readSpanLimits(own), { attributeCountLimit: 3, attributeValueLengthLimit: 4 });
  const broken = { ...general, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'x', OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '' };
  t.like(readSpanLimits(broken), { attributeCountLimit: 5, attributeValueLengthLimit: 9 });
});

test('limits_of_events_and_links_are_read_by_the_specifications_name_and_by_the_javascript_sdks', (t) => {
  const spec = {
    OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    OTEL_SPAN_LINK_COUNT_LIMIT: '2',
    OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '3',
    OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '4',
    OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '30',
  };
  t.like(readSpanLimits(spec), {
    eventCountLimit: 1,
    linkCountLimit: 2,
    attributePerEventCountLimit: 3,
    attributePerLinkCountLimit: 4,
  });
  const stock = { OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '5', OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: '6' };
  t.like(readSpanLimits(stock), { attributePerEventCountLimit: 5, attributePerLinkCountLimit: 6 });
});

test('each_sampler_name_of_the_specification_gives_its_sampler', (t) => {
  t.true(readSampler({ OTEL_TRACES_SAMPLER: 'always_on' }) instanceof AlwaysOnSampler);
  t.true(readSampler({ OTEL_TRACES_SAMPLER: 'always_off' }) instanceof AlwaysOffSampler);
  t.true(readSampler({ OTEL_TRACES_SAMPLER: 'traceidratio' }) instanceof TraceIdRatioBasedSampler);
  for (const name of ['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio']) {
    t.true(readSampler({ OTEL_TRACES_SAMPLER: name }) instanceof ParentBasedSampler, name);
  }
  const quarter = readSampler({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' });
  t.regex(quarter.toString(), /TraceIdRatioBased\{0\.25\}/);
});

test('a_bad_sampler_or_ratio_gives_the_default_and_a_warning', (t) => {
  const told = warningsOf(() => {
    t.is(readSampler({ OTEL_TRACES_SAMPLER: 'sometimes' }).toString(), readSampler({}).toString());
    const sampler = readSampler({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.5' });
    t.is(sampler.toString(), 'TraceIdRatioBased{1}');
  });
  t.is(told.length, 2);
  t.regex(told[0], /OTEL_TRACES_SAMPLER="sometimes"/);
  t.regex(told[1], /OTEL_TRACES_SAMPLER_ARG="1.5".*using 1$/);
});

test('propagators_are_those_named_in_their_order_and_none_means_none', (t) => {
  t.deepEqual(headersOf({}), ['traceparent']);
  t.deepEqual(headersOf({ OTEL_PROPAGATORS: 'b3' }), ['b3']);
  t.deepEqual(headersOf({ OTEL_PROPAGATORS: 'b3multi' }), ['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']);
  t.deepEqual(headersOf({ OTEL_PROPAGATORS: 'jaeger, tracecontext' }), ['traceparent', 'uber-trace-id']);
  t.is(readPropagator({ OTEL_PROPAGATORS: 'tracecontext,none' }), null);
  const fields = readPropagator({})?.fields().sort();
  t.deepEqual(fields, ['baggage', 'traceparent', 'tracestate']);
  const context = readPropagator({})?.extract(ROOT_CONTEXT, { baggage: 'a=1' }, defaultTextMapGetter);
  t.not(context, ROOT_CONTEXT);
});

test('an_unknown_propagator_is_left_out_with_a_warning', (t) => {
  const told = warningsOf(() => t.deepEqual(headersOf({ OTEL_PROPAGATORS: 'pigeon,tracecontext' }), ['traceparent']));
  t.deepEqual(told, ['OTEL_PROPAGATORS="pigeon" is not a known propagator: left out']);
});

test('resource_attributes_are_decoded_and_the_service_name_variable_wins', (t) => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a, k%2C=v%3D1 ,,team=x y', OTEL_SERVICE_NAME: 'b' };
  t.deepEqual(readResourceAttributes(env), { 'service.name': 'b', 'k,': 'v=1', team: 'x y' });
});

test('one_bad_resource_attribute_discards_the_variable_with_a_warning', (t) => {
  for (const text of ['a=1,b', 'a=1,b=2=3', 'a=1,b=%zz', 'a=1,=2', `a=1,b=${'x'.repeat(256)}`]) {
    const told = warningsOf(() => {
      const env = { OTEL_RESOURCE_ATTRIBUTES: text, OTEL_SERVICE_NAME: 's' };
      t.deepEqual(readResourceAttributes(env), { 'service.name': 's' });
    });
    t.is(told.length, 1, text);
  }
});

test('resource_detectors_are_those_named', async (t) => {
  const options = { serviceInstanceId: () => 'the-instance' };
  const detect = (env: Env) => {
    const found: Record<string, unknown> = {};
    for (const detector of readResourceDetectors(env, options)) {
      Object.assign(found, detector.detect({}).attributes);
    }
    return found;
  };
  t.deepEqual(detect({ OTEL_NODE_RESOURCE_DETECTORS: 'none' }), {});
  t.deepEqual(detect({ OTEL_NODE_RESOURCE_DETECTORS: 'serviceinstance' }), { 'service.instance.id': 'the-instance' });
  t.deepEqual(detect({ OTEL_NODE_RESOURCE_DETECTORS: 'env', OTEL_SERVICE_NAME: 's' }), { 'service.name': 's' });
  t.is(detect({ OTEL_NODE_RESOURCE_DETECTORS: 'process' })['process.pid'], process.pid);
  const unset = Object.keys(detect({}));
  for (const key of ['host.name', 'os.type', 'process.pid', 'service.instance.id']) {
    t.true(unset.includes(key), key);
  }
  t.deepEqual(Object.keys(detect({ OTEL_NODE_RESOURCE_DETECTORS: 'all' })).sort(), unset.sort());
});

test('an_unknown_detector_and_one_whose_package_is_missing_are_left_out_with_a_warning', (t) => {
  const options = { serviceInstanceId: () => '' };
  const told = warningsOf(() => {
    t.deepEqual(readResourceDetectors({ OTEL_NODE_RESOURCE_DETECTORS: 'stars,gcp' }, options), []);
    readResourceDetectors({ OTEL_NODE_RESOURCE_DETECTORS: 'all' }, options);
  });
  t.is(told.length, 2);
  t.regex(told[1], /needs the package @opentelemetry\/resource-detector-gcp/);
});

test('signals_are_off_when_disabled_or_exported_to_none', (t) => {
  t.true(isSdkDisabled({ OTEL_SDK_DISABLED: 'TRUE' }));
  t.false(isSdkDisabled({ OTEL_SDK_DISABLED: '1' }));
  t.false(isSignalEnabled({ OTEL_TRACES_EXPORTER: 'none' }, 'traces'));
  t.true(isSignalEnabled({ OTEL_TRACES_EXPORTER: 'otlp' }, 'traces'));
  t.true(isSignalEnabled({ OTEL_TRACES_EXPORTER: 'none' }, 'logs'));
});

test('instrumentations_are_chosen_as_the_stock_meta_package_chooses_them', (t) => {
  const name = (short: string) => `@opentelemetry/instrumentation-${short}`;
  const unset = readInstrumentationFilter({});
  t.true(unset(name('http')));
  t.false(unset(name('fs')));
  const some = readInstrumentationFilter({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http, fs,net' });
  t.deepEqual(
    ['http', 'fs', 'net', 'undici'].filter((short) => some(name(short))),
    ['http', 'fs', 'net'],
  );
  const both = readInstrumentationFilter({
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,net',
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net',
  });
  t.deepEqual(
    ['http', 'net'].filter((short) => both(name(short))),
    ['http'],
  );
});

test('location_and_log_level_come_from_their_variables', (t) => {
  t.deepEqual(readLocation({}), {});
  t.deepEqual(readLocation({ OTLP_MMAP_DIR: ' /d ', SDK_MMAP_EXPORTER_FILE: '/f' }), { directory: '/d', file: '/f' });
  t.is(readLogLevel({ OTEL_LOG_LEVEL: 'Debug' }), DiagLogLevel.DEBUG);
  t.is(readLogLevel({ OTEL_LOG_LEVEL: '' }), undefined);
  t.is(readLogLevel({ OTEL_LOG_LEVEL: 'loud' }), undefined);
});

test('a_geometry_is_read_part_by_part_and_what_cannot_be_right_is_left_out_with_a_warning', (t) => {
  t.is(readGeometry({}), undefined);
  t.deepEqual(readGeometry({ OTLP_MMAP_GEOMETRY: 'spans=4096x512, events=1024x1024,spill=65536,dictionary=0x0' }), {
    spansBuffers: 4096,
    spansBufferSize: 512,
    eventsBuffers: 1024,
    eventsBufferSize: 1024,
    spillBytes: 65_536,
  });
  t.deepEqual(readGeometry({ OTLP_MMAP_GEOMETRY: 'spill=0' }), { spillBytes: 0 });
  for (const bad of [
    'spans=100x512',
    'spans=128x30',
    'spans=64',
    'spill=100',
    'spill=1x2',
    'slots=2x64',
    'x',
    'spans=2x99999999992',
  ]) {
    const warnings = warningsOf(() => t.is(readGeometry({ OTLP_MMAP_GEOMETRY: bad }), undefined, bad));
    t.is(warnings.length, 1);
    t.true(warnings[0].includes('OTLP_MMAP_GEOMETRY') && warnings[0].includes(bad), warnings[0]);
  }
});

test('a_value_limit_out_of_range_is_left_unset_with_a_warning', (t) => {
  t.is(readValueLimit({ OTLP_MMAP_VALUE_LIMIT: '4096' }), 4096);
  t.is(readValueLimit({}), undefined);
  const warnings = warningsOf(() => t.is(readValueLimit({ OTLP_MMAP_VALUE_LIMIT: '12' }), undefined));
  t.is(warnings.length, 1);
});
