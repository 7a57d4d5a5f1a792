// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** A text with its references to the environment filled in. */
export interface Expanded {
  text: string;
  /** The text was one reference and nothing else: what it stands for is a value of any type. */
  whole: boolean;
  /** Some of it comes from the environment, where secrets are: messages show the text as it was written. */
  filled: boolean;
  /** Variables that are not set and have no default: they stand for nothing. */
  unset: readonly string[];
}

/** What may stand in `${…}`: a variable, with `env:` before it or not, and a default after `:-`. */
const REFERENCE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Fills in `${env:X}`, `${X}`, `${env:X:-default}`; `$$` stands for `$`.
 *
 * @throws Error with the end of a sentence, when a reference is none of these.
 */
export function expand(text: string, env: NodeJS.ProcessEnv): Expanded {
  const unset: string[] = [];
  let filled = false;
  let result = '';
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('$$', at)) {
      result += '$';
      at += 2;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) throw new Error(`has a '$${'{'}' without its '}'; write '$$' for a '$' that means itself`);
      const value = valueFor(text.slice(at + 2, end), env, unset);
      filled = true;
      result += value;
      at = end + 1;
    } else {
      result += text[at++];
    }
  }
  const whole = filled && /^\$\{[^}]*\}$/.test(text);
  return { text: result, whole, filled, unset };
}

/** The text that `expand` makes this of. */
export const literal = (text: string) => text.replace(/\$(?=[${])/g, '$$$$');

function valueFor(reference: string, env: NodeJS.ProcessEnv, unset: string[]): string {
  const match = REFERENCE.exec(reference);
  if (!match) {
    throw new Error(`has '\${${reference}}', which is not known: it is \${env:NAME} or \${env:NAME:-default}`);
  }
  const [, name, fallback] = match;
  // As in a shell, the default stands for an empty variable, too.
  const value = env[name];
  if (value !== undefined && (value !== '' || fallback === undefined)) return value;
  if (fallback === undefined) unset.push(name);
  return fallback ?? '';
}
