// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ScalarValue } from '../../native/binding.js';
import { loadBinding } from '../../native/loader.js';
import { scalar } from '../config/schema/scalar.js';
import type { Schema } from '../config/schema/schema.js';

/** A value of an attribute: text, number or boolean, of the type that it has in the document (5 is a whole number, 5.0 is none). */
export const scalarValue = scalar<ScalarValue>((node) => {
  const text = String(node.text ?? node.value);
  if (typeof node.value === 'boolean') return { value: { kind: 'bool', text: String(node.value) } };
  if (typeof node.value !== 'number') return { value: { kind: 'string', text } };
  if (!Number.isInteger(node.value) || /^[^x]*[.e]/i.test(text)) {
    return { value: { kind: 'double', text: String(node.value) } };
  }
  const whole = BigInt(/^[+-]?\d+$/.test(text) ? text : node.value);
  if (BigInt.asIntN(64, whole) !== whole) return { expected: 'does not fit into 64 bits' };
  return { value: { kind: 'int', text: String(whole) } };
}, {}) as Schema<ScalarValue | undefined>;

/** A regular expression in RE2's syntax. */
export const expression = scalar<string>((node) => {
  const value = String(node.text ?? node.value);
  const problem = loadBinding().patternProblem(value);
  return problem === null ? { value } : { expected: `is no regular expression: ${problem}` };
}, {}) as Schema<string | undefined>;
