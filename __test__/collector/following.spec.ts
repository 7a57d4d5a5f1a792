// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import test from 'ava';
import { type Batch, batchOf } from '../../ts/collector/batch';
import { FollowingExporter } from '../../ts/collector/exporters/otlphttp/following';
import { Logger } from '../../ts/collector/logger';
import type { Exporter } from '../../ts/collector/pipeline/component';
import { Receipt } from '../../ts/collector/pipeline/receipt';

// Which addresses an exporter sends to that is told none.

const MINUTE = 60_000;

/** A batch with one span for each of these addresses. */
function batchFor(...endpoints: (string | undefined)[]): Batch {
  const receipt = new Receipt(1, 1, () => {});
  const parts = endpoints.map((endpoint) => ({ body: Buffer.alloc(1), items: 1, receipt, endpoint }));
  return batchOf({ signal: 'traces', urgent: false, stream: undefined }, parts);
}

/** An exporter, with what each address was sent so far and a clock of its own; addresses in `stuck` settle nothing. */
function following(stuck: ReadonlySet<string> = new Set()) {
  const [sent, closed, lines]: [Record<string, number>, string[], string[]] = [{}, [], []];
  const clock = { now: 0 };
  const make = (url = 'default'): Exporter => {
    const pending = new Set<Batch>();
    return {
      target: url,
      pending,
      async deliver(batch) {
        pending.add(batch);
        if (stuck.has(url)) return new Promise(() => {});
        sent[url] = (sent[url] ?? 0) + batch.items;
        pending.delete(batch);
        return true;
      },
      retryNow: () => {},
      stats: () => ({ signals: { traces: { sent: sent[url] ?? 0, rejected: 0, failed: 0, retries: 0 } } }),
      retire: async () => {},
      close: async () => void closed.push(url),
    };
  };
  const logger = new Logger('debug', (line) => lines.push(line));
  return { exporter: new FollowingExporter('otlphttp', logger, make, () => clock.now), sent, closed, lines, clock };
}

const addresses = Array.from({ length: 32 }, (_, index) => `http://app-${index}`);

test('each part of a batch goes to the address that it names', async (t) => {
  const { exporter, sent } = following();
  const [one, other] = addresses;
  t.true(await exporter.deliver(batchFor(one, undefined, other, one, 'no address')));
  t.deepEqual(sent, { [one]: 2, [other]: 1, default: 2 });
});

test('beyond 32 addresses another is followed as soon as one had nothing to send for ten minutes, and counts go on', async (t) => {
  const { exporter, sent, closed, lines, clock } = following();
  for (const address of addresses) await exporter.deliver(batchFor(address));
  clock.now = 9 * MINUTE;
  for (const address of addresses.slice(1)) await exporter.deliver(batchFor(address));
  await exporter.deliver(batchFor('http://late'));
  t.is(sent.default, 1);
  t.is(lines.length, 1);
  clock.now = 10 * MINUTE;
  await exporter.deliver(batchFor('http://late'));
  t.is(sent['http://late'], 1);
  t.deepEqual(closed, [addresses[0]]);
  t.is(exporter.stats().signals.traces?.sent, 32 + 31 + 2);
});

test('an address with something on its way keeps its place', async (t) => {
  const { exporter, sent, closed, clock } = following(new Set([addresses[0]]));
  void exporter.deliver(batchFor(addresses[0]));
  for (const address of addresses.slice(1)) await exporter.deliver(batchFor(address));
  clock.now = 10 * MINUTE;
  await exporter.deliver(batchFor('http://late'));
  t.is(sent['http://late'], 1);
  t.deepEqual(closed, [addresses[1]]);
});
