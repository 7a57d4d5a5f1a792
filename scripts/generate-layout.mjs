// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Writes what layout.json says into the three places that need it. `--check` writes nothing and fails on drift.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { groups } = JSON.parse(readFileSync(new URL('layout.json', root), 'utf8'));
const note = 'Generated from layout.json by scripts/generate-layout.mjs; do not edit.';

function number(value) {
  return BigInt(typeof value === 'string' ? value.replaceAll('_', '') : value);
}

function rustType(group, value) {
  if (group.name === 'field' || group.name === 'commit') return 'u32';
  if (group.name === 'block' || group.name === 'slot' || group.kind === 'offset') return 'usize';
  return number(value) > 0xffff_ffffn ? 'u64' : 'u32';
}

function rust() {
  const lines = [
    '//! The byte format in numbers: see docs/format.md.',
    '//!',
    `//! ${note}`,
    '#![expect(',
    '    clippy::doc_markdown,',
    '    reason = "the descriptions are shared with TypeScript and the docs"',
    ')]',
    '',
  ];
  for (const group of groups) {
    lines.push(`/// ${group.title}.`, `pub mod ${group.name} {`);
    for (const [name, value, doc] of group.entries) {
      // Brackets would be links.
      const text = doc?.replace(/[[\]]/g, '\\$&') || name.toLowerCase().replaceAll('_', ' ');
      lines.push(`    /// ${text}`);
      const literal = typeof value === 'string' ? value : group_digits(value);
      lines.push(`    pub const ${name}: ${rustType(group, value)} = ${literal};`);
    }
    lines.push('}', '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function group_digits(value) {
  return value >= 100_000 ? String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '_') : String(value);
}

function typescript() {
  const lines = ['// Copyright The otlp-mmap Authors', '// SPDX-License-Identifier: Apache-2.0', '', `// ${note}`, ''];
  for (const group of groups) {
    lines.push(`/** ${group.title}. */`);
    for (const [name, value, doc] of group.entries) {
      if (number(value) > BigInt(Number.MAX_SAFE_INTEGER)) continue; // only Rust needs the 64-bit ones
      if (doc) lines.push(`/** ${doc} */`);
      lines.push(`export const ${group.name.toUpperCase()}_${name} = ${value};`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function table(group) {
  const head = group.kind === 'offset' ? '| offset | name | meaning |' : '| value | name | meaning |';
  const rows = group.entries.map(([name, value, doc]) => `| ${value} | ${name} | ${doc} |`);
  return [head, '|---|---|---|', ...rows].join('\n');
}

function markdown(current) {
  return groups.reduce((text, group) => {
    const pattern = new RegExp(`(<!-- layout:${group.name} -->\n)[\\s\\S]*?(<!-- /layout -->)`);
    return text.replace(pattern, (_, open, close) => `${open}${table(group)}\n${close}`);
  }, current);
}

const outputs = [
  ['crates/otlp-mmap/src/layout.rs', rust],
  ['ts/native/layout.ts', typescript],
  ['docs/format.md', markdown],
];
let drifted = false;
for (const [path, make] of outputs) {
  const url = new URL(path, root);
  let current = '';
  try {
    current = readFileSync(url, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const wanted = make(current);
  if (wanted === current) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path} does not match layout.json: run npm run generate`);
    drifted = true;
  } else {
    writeFileSync(url, wanted);
  }
}
process.exitCode = drifted ? 1 : 0;
