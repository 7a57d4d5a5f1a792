// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The hook in an app that has @opentelemetry/api 1.10, as SDK 3.x asks for, and one copy of it.

import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot, runNode } from '../../support/child';
import { installPackage } from '../../support/installed-package';
import { logsIn, metricsIn, spansIn, withDirectory } from '../../support/written-files';

const app = `
const { logs, metrics, trace } = require('@opentelemetry/api');
trace.getTracer('app').startActiveSpan('root', { attributes: { map: { of: ['a', 1] } } }, (span) => {
  logs.getLogger('app').emit({ body: 'hello' });
  metrics.getMeter('app').createCounter('counted').add(3);
  span.end();
});
`;

/** An app folder with this package, and the packages that it needs around that API. */
function install(root: string): void {
  const scope = join(root, 'node_modules', '@opentelemetry');
  mkdirSync(scope, { recursive: true });
  for (const name of readdirSync(join(packageRoot, 'node_modules', '@opentelemetry'))) {
    if (name !== 'api') symlinkSync(join(packageRoot, 'node_modules', '@opentelemetry', name), join(scope, name));
  }
  symlinkSync(join(__dirname, 'node_modules', '@opentelemetry', 'api'), join(scope, 'api'));
  installPackage(join(root, 'node_modules'));
  writeFileSync(join(root, 'app.cjs'), app);
}

for (const way of ['--import', '--require']) {
  test(`all_signals_of_an_app_with_api_1.10_are_recorded_${way}`, (t) =>
    withDirectory((root) =>
      withDirectory(async (directory) => {
        install(root);
        // Links are not followed, so that each package finds the API of this folder.
        const args = ['--preserve-symlinks', way, 'otlp-mmap/register', 'app.cjs'];
        const ended = await runNode(args, { cwd: root, env: { OTLP_MMAP_DIR: directory } });
        t.deepEqual(ended, { code: 0, signal: null, stdout: '', stderr: '' });
        const [{ span }] = spansIn(directory);
        t.is(span.name, 'root');
        t.is((span.attributes as unknown[]).length, 1, 'a map is an attribute');
        const [{ log }] = logsIn(directory);
        t.deepEqual(log.body, { stringValue: 'hello' });
        t.is(log.spanId, span.spanId);
        t.true(metricsIn(directory).some(({ name }) => name === 'counted'));
      }),
    ));
}
