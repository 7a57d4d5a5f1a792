// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { ARMS, BARE, RIVAL } from '../arms.mjs';
import { runExported } from '../exported.mjs';
import { message, runScript } from '../processes.mjs';

export default {
  title: 'An HTTP server',
  description: `A server that answers every request with a small JSON text, under @opentelemetry/instrumentation-http (one span a request; not
in the first row), first with 2,000 requests a second, then with as many as it takes. The load generator, the sink and the
collector share the machine with it. At full speed the stock queue may overflow: what did not arrive is shown.`,
  arms: { ...ARMS, none: { ...ARMS.none, title: 'no instrumentation' } },
  bare: BARE,
  rival: RIVAL,
  metrics: [
    { key: 'pacedMedian', title: 'median at 2,000/s', unit: 'ms' },
    { key: 'pacedP99', title: 'p99 at 2,000/s', unit: 'ms' },
    { key: 'perSecond', title: 'requests a second', unit: '', ratio: 'more' },
    { key: 'lostPercent', title: 'spans lost at full speed', unit: '%' },
  ],
  expected: [
    { arm: 'provider', metric: 'lostPercent', of: 'metrics', atMost: 0 },
    { arm: 'processor', metric: 'lostPercent', of: 'metrics', atMost: 0 },
  ],
  settings: { rounds: 5, connections: 16, perSecond: 2000, seconds: 8, warmUpSeconds: 2 },
  smoke: { rounds: 1, seconds: 1, warmUpSeconds: 1 },

  async measure(arm, settings) {
    const paced = await serve(arm, settings, settings.perSecond);
    if (paced.lost !== 0) throw new Error(`${arm}: ${paced.lost} spans of ${paced.made} requests did not arrive`);
    const full = await serve(arm, settings, undefined);
    return {
      pacedMedian: paced.load.medianMilliseconds,
      pacedP99: paced.load.p99Milliseconds,
      perSecond: full.load.perSecond,
      lostPercent: (full.lost / full.made) * 100,
    };
  },
};

async function serve(arm, { connections, seconds, warmUpSeconds }, perSecond) {
  let load;
  const drive = async (app) => {
    const { port } = await message(app, 'the server', (answer) => answer.port !== undefined);
    await runScript('load.mjs', { port, connections, seconds: warmUpSeconds, perSecond });
    load = await runScript('load.mjs', { port, connections, seconds, perSecond });
    app.send('over');
  };
  const { exports } = ARMS[arm];
  const mayDrop = perSecond === undefined;
  const { made, counts } = await runExported('server', arm, { instrumented: exports }, { drive, mayDrop });
  return { load, made, lost: exports ? made - counts.spans : 0 };
}
