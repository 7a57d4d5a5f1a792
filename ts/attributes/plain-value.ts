// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Levels of arrays and maps within each other; readers of files and of OTLP stop at about so many. */
const DEPTH_LIMIT = 28;
/** Parts of one value: more than this fit into no record, whatever they are. */
const PART_LIMIT = 1 << 16;
/** No record takes more of one value than this less one, so that the encoder still sees what is too long. */
const BYTES_LIMIT = (256 << 10) + 1;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Not an attribute's value. */
export const INVALID: unique symbol = Symbol('invalid');

/**
 * Makes plain data of a user's value (specification, "AnyValue"), so that no getter, proxy or `toJSON` of the app runs while a record is
 * being encoded, and no cycle is met there. One object serves value after value.
 */
class PlainCopy {
  /** Something was left out or cut to fit; a length limit that the user has set does not count. */
  wasCut = false;
  #lengthLimit = Number.POSITIVE_INFINITY;
  /** An attribute with a part that is no value is none; a body loses that part only. */
  #strict = false;
  #parts = 0;
  readonly #ancestors: object[] = [];

  /** @returns the copy or, if `strict`, INVALID. Never throws. */
  of(value: unknown, lengthLimit: number, strict: boolean): unknown {
    this.wasCut = false;
    this.#lengthLimit = lengthLimit;
    this.#strict = strict;
    this.#parts = 0;
    this.#ancestors.length = 0;
    try {
      return this.#copy(value);
    } catch {
      // A getter threw (of a body only when it did so outside of its parts).
      this.wasCut = true;
      return strict ? INVALID : null;
    }
  }

  #copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return value.length > this.#lengthLimit ? value.substring(0, this.#lengthLimit) : value;
      case 'number':
      case 'boolean':
        return value;
      case 'bigint':
        return value >= INT64_MIN && value <= INT64_MAX ? value : String(value);
      case 'undefined':
        return null;
      case 'object':
        return value === null ? null : this.#copyObject(value);
      default:
        return this.#refuse();
    }
  }

  #copyObject(value: object): unknown {
    if (value instanceof Uint8Array) {
      // A copy in any case: a Buffer's own `slice` would be a view.
      return Uint8Array.prototype.slice.call(value, 0, Math.min(this.#lengthLimit, BYTES_LIMIT));
    }
    const ancestors = this.#ancestors;
    if (ancestors.includes(value)) return this.#refuse();
    if (ancestors.length === DEPTH_LIMIT) {
      this.wasCut = true;
      return null;
    }
    ancestors.push(value);
    let copy: unknown;
    if (Array.isArray(value)) copy = this.#copyArray(value);
    else if (this.#strict && !isPlain(value)) copy = INVALID;
    else copy = this.#copyMap(value as Record<string, unknown>);
    ancestors.pop();
    return copy;
  }

  #copyArray(value: readonly unknown[]): unknown {
    const copy: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (this.#isFull()) break;
      const part = this.#copyPart(value, i);
      if (part === INVALID) return INVALID;
      copy.push(part);
    }
    return copy;
  }

  #copyMap(value: Record<string, unknown>): unknown {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (this.#isFull()) break;
      const part = this.#copyPart(value, key);
      if (part === INVALID) return INVALID;
      if (part === undefined) continue;
      if (key === '') {
        // No reference of a file stands for it.
        this.wasCut = true;
        continue;
      }
      if (key === '__proto__') Object.defineProperty(copy, key, { value: part, enumerable: true });
      else copy[key] = part;
    }
    return copy;
  }

  /** An element or entry; undefined for an entry that has no value. */
  #copyPart(of: object, key: string | number): unknown {
    let part: unknown;
    try {
      part = (of as Record<string | number, unknown>)[key];
    } catch {
      return this.#refuse();
    }
    return part === undefined && typeof key === 'string' ? undefined : this.#copy(part);
  }

  #refuse(): unknown {
    this.wasCut = true;
    return this.#strict ? INVALID : null;
  }

  #isFull(): boolean {
    if (this.#parts++ < PART_LIMIT) return false;
    this.wasCut = true;
    return true;
  }
}

/** A map, and not an object of some class: those are no values. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const shared = new PlainCopy();
let sharedIsFree = true;

/** What of a value is kept, and whether that is less than all. */
export interface PlainValue {
  value: unknown;
  wasCut: boolean;
}

function copyOf(value: unknown, lengthLimit: number, strict: boolean): PlainValue {
  // A getter may record something itself.
  const copy = sharedIsFree ? shared : new PlainCopy();
  sharedIsFree = false;
  try {
    return { value: copy.of(value, lengthLimit, strict), wasCut: copy.wasCut };
  } finally {
    if (copy === shared) sharedIsFree = true;
  }
}

/**
 * The value of an attribute: strings and bytes, also within arrays and maps, cut to `lengthLimit`. INVALID: it is of some class, has
 * a function or a symbol within, contains itself, or a getter threw.
 */
export function plainAttributeValue(value: unknown, lengthLimit: number): PlainValue {
  return copyOf(value, lengthLimit, true);
}

/** The body of a log record. Parts that are no values become empty ones. */
export function plainBody(value: unknown): PlainValue {
  return copyOf(value, Number.POSITIVE_INFINITY, false);
}
