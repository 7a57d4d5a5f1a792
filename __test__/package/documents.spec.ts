// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';

const ROOT = join(__dirname, '../..');
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  'crates/otlp-mmap/README.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The anchors of a page's headings, made as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = textOf(page).matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** A link that leads nowhere is given with its page. */
function brokenLinks(page: string): string[] {
  const targets = Array.from(textOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path, anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).has(anchor));
    })
    .map((target) => `${page}: ${target}`);
}

test('every link of the documents leads somewhere', (t) => {
  t.deepEqual(PAGES.flatMap(brokenLinks), []);
});

test('every file of the sources that a document names is there', (t) => {
  const named = PAGES.flatMap((page) =>
    Array.from(textOf(page).matchAll(/`((?:ts|crates|scripts|benchmarks|__test__)\/[\w./-]+)`/g), ([, path]) => path),
  );
  t.deepEqual(
    named.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('the README names every page of docs', (t) => {
  const readme = textOf('README.md');
  for (const page of PAGES) if (page.startsWith('docs/')) t.true(readme.includes(`](${page})`), page);
});

test('the map in docs/architecture.md names every folder of the sources, and nothing that is gone', (t) => {
  const [, map] = textOf('docs/architecture.md').split('## Where things are');
  const rows = map.split('\n## ')[0].matchAll(/^\| (· )?(.*?) \|/gm);
  let parent = '';
  const named = new Set<string>();
  for (const [, nested, place] of rows) {
    const names = Array.from(place.matchAll(/`([^`]+)`/g), ([, name]) => name);
    if (!nested && names.length > 0) parent = names[0];
    for (const name of names) {
      // The modules of the crate are named without the folder of their sources.
      const candidates = nested ? [`${parent}${name}`, `${parent}src/${name}`, `${parent}src/${name}.rs`] : [name];
      const found = candidates.find((path) => existsSync(join(ROOT, path)));
      t.truthy(found, `${place} of ${parent}`);
      if (found) named.add(found.replace(/\/$/, ''));
    }
  }
  for (const folder of ['ts', 'ts/collector', 'crates', 'crates/otlp-mmap/src']) {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) t.true(named.has(path), `${path} is on the map`);
    }
  }
});
