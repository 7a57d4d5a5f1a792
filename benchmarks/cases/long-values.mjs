// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ARMS } from '../arms.mjs';
import { runExported } from '../exported.mjs';

const LENGTHS = { '32 B': 32, '4 KiB': 4 << 10, '64 KiB': 64 << 10 };
/** Bytes of a burst: what the spill ring of a default file takes, and the queue of the stock processor. */
const BURST_BYTES = 768 << 10;
const BURST_SPANS = 1024;

const arms = Object.keys(LENGTHS).flatMap((length) =>
  ['stock', 'provider'].map((sdk) => [`${sdk} ${length}`, sdk, length]),
);

export default {
  title: 'What a long value costs the app',
  description: `A span with one attribute, a text of that many bytes, set after its start. Up to 190 bytes or so it stands in the record's slot; a longer one goes
through the spill ring. In the calls: wall-clock time of the loop that makes the spans. CPU: of the whole app process until everything is
exported, in bursts with pauses, which cost a little too.`,
  arms: Object.fromEntries(arms.map(([name, sdk, length]) => [name, { title: `${length}, ${ARMS[sdk].title}` }])),
  rival: Object.fromEntries(Object.keys(LENGTHS).map((length) => [`provider ${length}`, `stock ${length}`])),
  metrics: [
    { key: 'callMicroseconds', title: 'in the calls, a span', unit: 'µs' },
    { key: 'cpuMicroseconds', title: 'CPU a span', unit: 'µs', ratio: 'less' },
  ],
  expected: [],
  settings: { rounds: 3, warmUpBursts: 40, bursts: 60, pause: 50 },
  smoke: { rounds: 1, warmUpBursts: 2, bursts: 2 },

  async measure(arm, settings) {
    const [, sdk, length] = arms.find(([name]) => name === arm);
    const bytes = LENGTHS[length];
    const burstSpans = Math.min(BURST_SPANS, Math.floor(BURST_BYTES / bytes));
    const { made, counts, callMicroseconds, cpuMicroseconds } = await runExported('long-values', sdk, {
      ...settings,
      bytes,
      burstSpans,
    });
    if (counts.spans !== made || counts.attributes !== made) {
      throw new Error(
        `${arm}: ${made} spans were made, and ${counts.spans} with ${counts.attributes} attributes arrived`,
      );
    }
    return { callMicroseconds, cpuMicroseconds };
  },
};
