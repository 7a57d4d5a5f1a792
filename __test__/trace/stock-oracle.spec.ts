// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import test from 'ava';
import { flatten } from '../support/otlp-json';
import { spansIn, withDirectory } from '../support/written-files';
import { calls } from './calls';
import {
  compareFile,
  compareProcessors,
  type Setting,
  type StockTracing,
  viaOurs,
  viaStock,
  withoutClock,
} from './stock-oracle';

function createSdk(serializer: typeof ProtobufTraceSerializer | typeof JsonTraceSerializer): StockTracing {
  return {
    alwaysOn: () => new AlwaysOnSampler(),
    parentBased: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    gather() {
      const exporter = new InMemorySpanExporter();
      return {
        processor: new SimpleSpanProcessor(exporter),
        request: () => serializer.serializeRequest(exporter.getFinishedSpans())!,
      };
    },
    createProvider: (options) => new BasicTracerProvider(options),
  };
}

const sdk = createSdk(ProtobufTraceSerializer);

test('the_same_calls_give_the_same_otlp_as_through_the_stock_sdk', (t) => compareFile(t, sdk, calls, 600));

test('span_processors_see_the_spans_that_the_stock_sdk_shows_them', (t) => compareProcessors(t, sdk, calls, 200));

test('the_json_of_the_stock_exporter_says_the_same', (t) =>
  withDirectory(async (directory) => {
    const how: Setting = {
      todo: [
        { do: 'start', tracer: 1, parent: {}, suppressed: false, name: 'json', options: undefined },
        { do: 'setAttribute', span: 0, key: 'n', value: -7 },
        { do: 'setAttribute', span: 0, key: 'd', value: 0.25 },
        {
          do: 'addEvent',
          span: 0,
          name: 'e',
          attributes: { s: ['x', null] },
          time: undefined,
          more: [1_500_000_000, 7],
        },
        { do: 'setStatus', span: 0, status: { code: 2, message: 'no' } },
        { do: 'end', span: 0, time: undefined },
      ],
      spanLimits: {},
      sampler: (sdk) => sdk.alwaysOn(),
      spansBufferSize: 512,
    };
    const provider = viaOurs(sdk, directory, how);
    const stock = JSON.parse(new TextDecoder().decode(viaStock(createSdk(JsonTraceSerializer), how)));
    t.deepEqual(withoutClock(spansIn(directory)), withoutClock(flatten([stock])));
    await provider.shutdown();
  }));
