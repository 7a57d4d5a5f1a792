// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot, runNode } from '../support/child';
import { spansIn, withDirectory } from '../support/written-files';

const PAGES = ['README.md', ...readdirSync(join(packageRoot, 'docs')).map((name) => `docs/${name}`)];

/** What a snippet takes from the text around it. One that says where it comes from uses its own. */
const SURROUNDINGS = `
const surroundings = {
  ...require('otlp-mmap'),
  meter: new (require('otlp-mmap').MmapMeterProvider)().getMeter('shop'),
  messages: ['first', 'second'],
};`;

interface Snippet {
  page: string;
  line: number;
  code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(packageRoot, page), 'utf8');
  return Array.from(text.matchAll(/^```js\n([\s\S]*?)^```$/gm), ({ 1: code, index }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    code,
  }));
}

for (const { page, line, code } of PAGES.filter((page) => page.endsWith('.md')).flatMap(snippetsOf)) {
  test(`the snippet of ${page} in line ${line} runs as it is written`, (t) =>
    withDirectory(async (folder) => {
      const modules = join(folder, 'node_modules');
      mkdirSync(modules);
      symlinkSync(packageRoot, join(modules, 'otlp-mmap'));
      symlinkSync(join(packageRoot, 'node_modules/@opentelemetry'), join(modules, '@opentelemetry'));
      writeFileSync(join(folder, 'app.js'), `${SURROUNDINGS}\nwith (surroundings) {{\n${code}}}`);
      const records = join(folder, 'records');
      const env = { OTLP_MMAP_DIR: records, OTEL_LOG_LEVEL: 'warn', OTEL_TRACES_EXPORTER: 'none' };
      const { code: exitCode, signal, stderr } = await runNode(['app.js'], { cwd: folder, env });
      t.is(stderr, '');
      t.deepEqual([exitCode, signal], code.includes('SIGKILL') ? [null, 'SIGKILL'] : [0, null]);
      if (code.includes("startSpan('checkout'")) {
        const [{ span }] = spansIn(records, true);
        t.is(span.name, 'checkout');
      }
    }));
}
