// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { durationText, TraceText, timeText, valueText } from '../../ts/collector/exporters/debug/span-text';
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
    new TraceText(plain).of(request),
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

test('a resource is shown once until another one comes', (t) => {
  const text = new TraceText(plain);
  const other = { resourceSpans: [{ ...request.resourceSpans[0], resource: { attributes: [] } }] };
  const shown = [request, request, other, request].map((each) => text.of(each).startsWith('resource'));
  t.deepEqual(shown, [true, false, true, true]);
});

test('colour is used on a terminal, and not when NO_COLOR is set', (t) => {
  t.true(new TraceText(paletteFor({ isTTY: true }, {})).of(request).includes('\u001b[31merror: boom'));
  t.is(new TraceText(paletteFor({ isTTY: true }, { NO_COLOR: '1' })).of(request), new TraceText(plain).of(request));
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
