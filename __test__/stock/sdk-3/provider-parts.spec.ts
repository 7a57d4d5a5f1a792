// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Parts of OpenTelemetry JS 3.x in our provider: they are taken by what they can do.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { MmapTracerProvider } from '../../../ts/trace/provider';
import { flatten } from '../../support/otlp-json';
import { spansIn, withDirectory } from '../../support/written-files';

const requireHere = createRequire(join(__dirname, 'package.json'));
const sdk = requireHere('@opentelemetry/sdk-trace');
const { resourceFromAttributes } = requireHere('@opentelemetry/resources');
const { JsonTraceSerializer } = requireHere('@opentelemetry/otlp-transformer');

test('samplers_processors_ids_and_resource_of_sdk_3_work_in_our_provider', (t) =>
  withDirectory(async (directory) => {
    const exporter = new sdk.InMemorySpanExporter();
    const provider = new MmapTracerProvider({
      directory,
      resourceDetectors: [],
      resource: resourceFromAttributes({ 'service.name': 'three' }),
      sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(1) }),
      idGenerator: new sdk.RandomIdGenerator(),
      spanProcessors: [new sdk.SimpleSpanProcessor({ exporter })],
    });
    const tracer = provider.getTracer('a', '1');
    tracer
      .startSpan('span', { attributes: { a: 1 } })
      .setStatus({ code: 1 })
      .addEvent('e')
      .end();
    const ours = spansIn(directory);
    t.is(ours.length, 1);
    t.regex(JSON.stringify(ours[0].resource), /three/);
    const request = JsonTraceSerializer.serializeRequest(exporter.getFinishedSpans());
    t.deepEqual(ours, flatten([JSON.parse(new TextDecoder().decode(request))]));
    await provider.shutdown();
  }));

test('a_sampler_of_sdk_3_that_says_no_is_heard', (t) =>
  withDirectory(async (directory) => {
    const provider = new MmapTracerProvider({ directory, resourceDetectors: [], sampler: new sdk.AlwaysOffSampler() });
    t.false(provider.getTracer('a').startSpan('span').isRecording());
    t.deepEqual(spansIn(directory), []);
    await provider.shutdown();
  }));
