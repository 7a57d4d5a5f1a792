// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { withDirectory } from '../support/written-files';

const ROOT = join(__dirname, '../..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const run = promisify(execFile);

/** Every path below an entry of package.json. */
function pathsIn(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap(pathsIn);
}

test('every file that package.json names is there, and in the package', (t) => {
  const paths = [manifest.main, manifest.types, ...pathsIn(manifest.bin), ...pathsIn(manifest.exports)];
  for (const path of paths.map((path) => path.replace(/^\.\//, ''))) {
    t.true(existsSync(join(ROOT, path)), path);
    const packed = manifest.files.some((entry: string) => path === entry || path.startsWith(`${entry}/`));
    t.true(packed || path === 'package.json', `${path} is among the files of the package`);
  }
});

test('the ES module exports what the CommonJS module does', async (t) => {
  const url = pathToFileURL(join(ROOT, 'index.mjs')).href;
  const script = `import * as esm from ${JSON.stringify(url)}; console.log(JSON.stringify(Object.keys(esm)))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  const names = Object.keys(require(join(ROOT, manifest.main)));
  t.deepEqual(JSON.parse(stdout).sort(), [...names, 'default'].sort());
});

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16', files: ['app.mts', 'app.cts', 'default.mts'] },
  { module: 'nodenext', moduleResolution: 'nodenext', files: ['app.mts', 'app.cts', 'default.mts'] },
  { module: 'esnext', moduleResolution: 'bundler', files: ['app.ts', 'default.mts'] },
];

for (const { module, moduleResolution, files } of RESOLUTIONS) {
  test(`a TypeScript app with moduleResolution ${moduleResolution} finds the types, and needs no others`, (t) =>
    withDirectory(async (folder) => {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(ROOT, join(folder, 'node_modules/otlp-mmap'));
      const app = [
        "import { MmapTracerProvider, type WriterStatus } from 'otlp-mmap';",
        "import 'otlp-mmap/register';",
        "export const status: WriterStatus | undefined = new MmapTracerProvider({ directory: '/tmp' }).status();",
        '// @ts-expect-error: it is no number',
        "export const wrong: number = new MmapTracerProvider({ directory: '/tmp' });",
      ];
      const byDefault = [
        "import otlpMmap from 'otlp-mmap';",
        "export const { file } = new otlpMmap.MmapTracerProvider({ directory: '/tmp' }).status() ?? {};",
      ];
      for (const file of files) {
        writeFileSync(join(folder, file), (file.startsWith('default') ? byDefault : app).join('\n'));
      }
      const compilerOptions = {
        module,
        moduleResolution,
        target: 'es2022',
        strict: true,
        noEmit: true,
        types: [],
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      const tsc = join(ROOT, 'node_modules/.bin/tsc');
      const { stdout } = await run(tsc, ['-p', folder]).catch((error) => error);
      t.is(stdout, '');
    }));
}
