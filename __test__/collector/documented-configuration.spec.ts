// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCommand } from './command';
import { temporaryFolder } from './fixtures';

const DOCS = join(__dirname, '..', '..', 'docs');

for (const page of ['exporters.md', 'processors.md']) {
  test(`the configuration in ${page} is valid`, async (t) => {
    const text = readFileSync(join(DOCS, page), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block);
    t.true(blocks.length > 0);
    for (const block of blocks) {
      const names = [...block.matchAll(/^ {2}([\w/]+):/gm)].map(([, name]) => name);
      const exporters = block.startsWith('exporters:');
      const rest = exporters
        ? `service: { pipelines: { traces: { receivers: [mmap], exporters: [${names.join(', ')}] } } }`
        : `exporters: { debug: {} }\nservice: { pipelines: { traces: { receivers: [mmap], processors: [${names.join(', ')}], exporters: [debug] } } }`;
      const file = join(temporaryFolder(t), 'collector.yaml');
      writeFileSync(file, `receivers: { mmap: {} }\n${block}\n${rest}\n`);
      const { code, stderr } = await runCommand(t, ['validate', '--config', file]);
      t.is(code, 0, stderr);
    }
  });
}

test('the example collector.yaml is valid', async (t) => {
  const { code, stdout, stderr } = await runCommand(t, ['validate', '--config', join(DOCS, 'collector.yaml')]);
  t.is(code, 0, stderr);
  t.regex(stdout, /^traces: mmap -> memory_limiter, batch -> otlp_http\/main$/m);
});
