// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { DetailedText, shortText } from '../../ts/collector/exporters/debug/request-text';
import { durationText, timeText, valueText } from '../../ts/collector/exporters/debug/value-text';
import { paletteFor } from '../../ts/collector/terminal';

const request = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'http', version: '1.0' },
          spans: [
            {
              traceId: 'aa'.repeat(16),
              spanId: 'bb'.repeat(8),
              parentSpanId: 'cc'.repeat(8),
              traceState: 'vendor=1',
              name: 'GET /\u001b[2J',
              kind: 2,
              startTimeUnixNano: '1760000000000000001',
              endTimeUnixNano: '1760000000012340001',
              attributes: [{ key: 'n', value: { intValue: '9223372036854775807' } }],
              events: [
                {
                  timeUnixNano: '1760000000000500001',
                  name: 'exception',
                  attributes: [{ key: 'exception.message', value: { stringValue: 'no\nway' } }],
                },
              ],
              links: [{ traceId: 'dd'.repeat(16), spanId: 'ee'.repeat(8) }],
              droppedEventsCount: 2,
              status: { code: 2, message: 'boom' },
            },
          ],
        },
      ],
    },
  ],
};

const plain = paletteFor({ isTTY: false });

test('everything that a span holds is shown', (t) => {
  t.is(
    new DetailedText(plain).of(request),
    `resource
  service.name = "shop"
scope http 1.0
  span GET /\\u001b[2J  server  12.34 ms  error: boom
    trace ${'aa'.repeat(16)}  id ${'bb'.repeat(8)}  parent ${'cc'.repeat(8)}  at 2025-10-09T08:53:20.000000001Z
    trace state vendor=1
    n = 9223372036854775807
    event exception  +500.0 us
      exception.message = "no\\nway"
    link trace ${'dd'.repeat(16)}  id ${'ee'.repeat(8)}
    dropped: 2 events
`,
  );
});

const logs = {
  resourceLogs: [
    {
      scopeLogs: [
        {
          scope: { name: 'app' },
          logRecords: [
            {
              timeUnixNano: '1760000000000000001',
              observedTimeUnixNano: '1760000000000000009',
              severityNumber: 18,
              body: { stringValue: 'no\nway' },
              attributes: [{ key: 'user', value: { intValue: '7' } }],
              traceId: 'aa'.repeat(16),
              spanId: 'bb'.repeat(8),
              eventName: 'login',
            },
            { observedTimeUnixNano: '1760000000000000009', severityText: 'notice' },
          ],
        },
      ],
    },
  ],
};

test('everything that a log record holds is shown', (t) => {
  t.is(
    new DetailedText(plain).of(logs),
    `scope app
  log ERROR2  2025-10-09T08:53:20.000000001Z  event login  "no\\nway"
    trace ${'aa'.repeat(16)}  span ${'bb'.repeat(8)}
    observed at 2025-10-09T08:53:20.000000009Z
    user = 7
  log notice  2025-10-09T08:53:20.000000009Z
`,
  );
});

const times = { startTimeUnixNano: '1760000000000000000', timeUnixNano: '1760000001000000000' };
const metrics = {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          scope: { name: 'app' },
          metrics: [
            {
              name: 'requests',
              description: 'Requests so far.',
              unit: '{request}',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [{ ...times, asInt: '5', attributes: [{ key: 'route', value: { stringValue: '/' } }] }],
              },
            },
            {
              name: 'duration',
              unit: 's',
              histogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  { ...times, count: '3', sum: 1.5, min: 0.1, bucketCounts: ['1', '2'], explicitBounds: [0.5] },
                ],
              },
            },
            {
              name: 'sizes',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...times,
                    count: '4',
                    scale: 3,
                    zeroCount: '1',
                    positive: { offset: -2, bucketCounts: ['1', '2'] },
                  },
                ],
              },
            },
            { name: 'level', gauge: { dataPoints: [{ timeUnixNano: '1760000001000000000', asDouble: 0.5 }] } },
          ],
        },
      ],
    },
  ],
};

test('everything that metrics hold is shown', (t) => {
  const span = 'at 2025-10-09T08:53:20.000000000Z to 2025-10-09T08:53:21.000000000Z';
  t.is(
    new DetailedText(plain).of(metrics),
    `scope app
  metric requests  sum  cumulative  monotonic  in {request}
    Requests so far.
    5  route = "/"
      ${span}
  metric duration  histogram  delta  in s
    count 3  sum 1.5  min 0.1
      ${span}
      ..0.5: 1  above: 2
  metric sizes  exponential histogram  cumulative
    count 4
      ${span}
      scale 3  zero: 1  positive from -2: 1 2
  metric level  gauge
    0.5
      at 2025-10-09T08:53:21.000000000Z
`,
  );
});

test('an item a line is enough for a glance', (t) => {
  t.is(
    shortText(request, plain),
    `GET /\\u001b[2J  server  12.34 ms  error: boom  ${'aa'.repeat(16)} ${'bb'.repeat(8)}  n = 9223372036854775807\n`,
  );
  t.regex(shortText(logs, plain), /^log ERROR2 {2}\S+ {2}event login {2}"no\\nway" {2}user = 7\nlog notice {2}\S+\n$/);
  t.is(
    shortText(metrics, plain),
    `requests{route = "/"}  5 {request}\nduration  count 3  sum 1.5  min 0.1 s\nsizes  count 4\nlevel  0.5\n`,
  );
});

test('a resource is shown once until another one comes', (t) => {
  const text = new DetailedText(plain);
  const other = { resourceSpans: [{ ...request.resourceSpans[0], resource: { attributes: [] } }] };
  const shown = [request, request, other, request].map((each) => text.of(each).startsWith('resource'));
  t.deepEqual(shown, [true, false, true, true]);
});

test('colour is used on a terminal, and not when NO_COLOR is set', (t) => {
  t.true(new DetailedText(paletteFor({ isTTY: true }, {})).of(request).includes('\u001b[31merror: boom'));
  t.is(
    new DetailedText(paletteFor({ isTTY: true }, { NO_COLOR: '1' })).of(request),
    new DetailedText(plain).of(request),
  );
});

test('values of every type are told apart', (t) => {
  t.is(valueText({ stringValue: '1' }), '"1"');
  t.is(valueText({ intValue: '1' }), '1');
  t.is(valueText({ boolValue: false }), 'false');
  t.is(valueText({ doubleValue: 0 }), '0');
  t.is(valueText({ bytesValue: 'AAE=' }), 'base64:AAE=');
  t.is(valueText({ arrayValue: { values: [{ intValue: '1' }, {}] } }), '[1, (empty)]');
  t.is(valueText({ kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } }), '{k = "v"}');
  t.is(valueText(undefined), '(empty)');
});

test('durations have the unit that suits them, and times all nine digits', (t) => {
  t.deepEqual([999n, 1500n, 2_500_000n, 3_000_000_000n].map(durationText), ['999 ns', '1.5 us', '2.50 ms', '3.000 s']);
  t.is(timeText(1_760_000_000_123_456_789n), '2025-10-09T08:53:20.123456789Z');
});
