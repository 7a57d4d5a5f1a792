// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { join } from 'node:path';
import test from 'ava';
import { Child } from '../support/child';
import { attributesOf } from '../support/log-recording';
import { logsIn, withDirectory } from '../support/written-files';

const app = join(__dirname, 'apps', 'endless-logs.mjs');

for (let round = 0; round < 6; round++) {
  test(`every_log_record_whose_emit_returned_survives_kill_9_whole_round_${round}`, (t) =>
    withDirectory(async (directory) => {
      const child = new Child([app, directory, '10000']);
      const enough = Math.random() ** 2 * 120_000;
      await child.printed((out) => out.includes('emitted') && (out.length > enough || out.endsWith('done\n')));
      child.process.kill('SIGKILL');
      t.is((await child.ended).signal, 'SIGKILL');
      const told = child.lines().filter((line) => line.startsWith('emitted')).length;
      const records = logsIn(directory);
      t.true(records.length === told || records.length === told + 1, `${told} told of, ${records.length} found`);
      for (const [i, record] of records.entries()) {
        const body = i % 50 === 7 ? 'long '.repeat(500) : 'short';
        t.deepEqual(record.log.body, { stringValue: body });
        t.deepEqual(attributesOf(record), { i: { intValue: `${i}` }, text: { stringValue: `record ${i}` } });
      }
    }));
}
