// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Text from a file or a peer, with control characters spelt out so that it cannot steer the terminal it is shown on. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

type Paint = (text: string) => string;

export interface Palette {
  strong: Paint;
  faint: Paint;
  bad: Paint;
  good: Paint;
}

const plain: Paint = (text) => text;
const style =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001b[${open}m${text}\u001b[${close}m`;

/** Colours for a stream: none unless it is a terminal, and none when NO_COLOR is set (https://no-color.org). */
export function paletteFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Palette {
  if (!stream.isTTY || env.NO_COLOR) return { strong: plain, faint: plain, bad: plain, good: plain };
  return { strong: style(1, 22), faint: style(2, 22), bad: style(31, 39), good: style(32, 39) };
}
