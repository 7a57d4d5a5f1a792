// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { AttributeAction } from '../../../native/binding.js';
import { text, word } from '../../config/schema/scalar.js';
import type { Read } from '../../config/schema/schema.js';
import { list, object, optional } from '../../config/schema/structure.js';
import { expression, scalarValue } from '../scalar-value.js';

const SETTING = ['insert', 'update', 'upsert'] as const;

const action = object(
  {
    key: text({ nonEmpty: true }),
    action: word([...SETTING, 'delete', 'hash'], { required: true }),
    value: optional(scalarValue),
    from_attribute: text({ nonEmpty: true }),
    pattern: optional(expression),
  },
  ({ key, action, value, from_attribute, pattern }, fail) => {
    if ((SETTING as readonly string[]).includes(action)) {
      if (key === undefined) fail('key', 'is required');
      if (pattern !== undefined) fail('pattern', `has no meaning for ${action}: only delete and hash have patterns`);
      if (value === undefined && from_attribute === undefined) fail('', `needs value or from_attribute for ${action}`);
      if (value !== undefined && from_attribute !== undefined)
        fail('from_attribute', 'excludes value: give one of them');
    } else {
      if (key === undefined && pattern === undefined) fail('', `needs key or pattern for ${action}`);
      if (value !== undefined) fail('value', `has no meaning for ${action}`);
      if (from_attribute !== undefined) fail('from_attribute', `has no meaning for ${action}`);
    }
  },
);

/** A list of changes, under the key `actions` or `attributes` of a processor. */
export const actions = list(action);

/** As the addon takes them. */
export function nativeActions(given: readonly Read<typeof action>[]): AttributeAction[] {
  return given.map(({ key, action, value, from_attribute, pattern }) => ({
    action,
    key,
    value,
    fromAttribute: from_attribute,
    pattern,
  }));
}
