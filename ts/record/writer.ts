// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import type { AppBinding } from '../native/binding/app.js';
import * as layout from '../native/layout.js';
import { attachScratch, threadScratch } from '../native/scratch.js';
import * as anyValue from './any-value.js';
import { type Losses, lossesOf } from './losses.js';
import { encodeScopeAttributes } from './otlp-value.js';
import { type KnownAttribute, RecentAttributes } from './recent-attributes.js';
import type { Scope } from './scope.js';
import { encodeScopeField } from './span-message.js';
import * as wire from './wire.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const {
  COMMIT_CUT,
  COMMIT_DISABLED,
  COMMIT_DISK,
  COMMIT_FULL,
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  COMMIT_TIME_CLOCK,
  COMMIT_TIME_EXPLICIT,
  COMMIT_TIME_NONE,
  COMMIT_TOO_LARGE,
  CONSTANT_DROP_DISABLED,
  CONSTANT_DROP_DISK,
  CONSTANT_DROP_FULL,
  CONSTANT_DROP_LIMIT,
  CONSTANT_DROP_TRUNCATED,
  CONSTANT_DROP_TOO_LARGE,
  SCRATCH_ANCHOR,
  SCRATCH_COMMIT_LENGTH,
  SCRATCH_COMMIT_OFFSET,
  SCRATCH_COMMIT_RING,
  SCRATCH_COMMIT_STATUS,
  SCRATCH_COMMIT_WRITER,
  SCRATCH_EPOCH,
  SCRATCH_FLOOR_NANOS,
  SCRATCH_FLOOR_SECONDS,
  SCRATCH_PENDING_LENGTH,
  SCRATCH_RECORD,
  SCRATCH_RECORD_LENGTH,
  SCRATCH_TIME_MODE,
  SCRATCH_TIME_NANOS,
  SCRATCH_TIME_OFFSET,
  SCRATCH_TIME_SECONDS,
} = layout;

const { NO_REFERENCE, putAttribute, STALE_KEYS } = anyValue;
const { bounds, SLACK } = wire;

// Constants of this module, so that the optimising compiler knows their addresses.
const { bytes, words } = threadScratch;

/** Encodings of one record before it is given up; each one more means that the file has rolled over meanwhile. */
const ATTEMPTS = 4;
/** Names of events that a file's dictionary takes from each thread, and their length: names that are made up must not fill it. */
const NAMES = 256;
const NAME_LENGTH = 256;
/** Bytes of the longest value that is kept whole, unless told otherwise; and what may be told. */
const VALUE_LIMIT = 64 << 10;
const LARGEST_VALUE_LIMIT = 256 << 10;
const LEAST_VALUE_LIMIT = 1 << 10;
/** No time to fill in. */
const NO_TIME = -1;

const TIME_MODE = SCRATCH_TIME_MODE / 4;
const TIME_OFFSET = SCRATCH_TIME_OFFSET / 4;
const TIME_SECONDS = SCRATCH_TIME_SECONDS / 4;
const TIME_NANOS = SCRATCH_TIME_NANOS / 4;
const FLOOR_SECONDS = SCRATCH_FLOOR_SECONDS / 4;
const FLOOR_NANOS = SCRATCH_FLOOR_NANOS / 4;
const ANCHOR = SCRATCH_ANCHOR / 4;
const EPOCH = SCRATCH_EPOCH / 4;
const COMMIT_WRITER = SCRATCH_COMMIT_WRITER / 4;
const COMMIT_RING = SCRATCH_COMMIT_RING / 4;
const COMMIT_OFFSET = SCRATCH_COMMIT_OFFSET / 4;
const COMMIT_LENGTH = SCRATCH_COMMIT_LENGTH / 4;
const COMMIT_STATUS = SCRATCH_COMMIT_STATUS / 4;

/**
 * The time of the next record, and after its commit the time that it got. Seconds and nanoseconds since the Unix epoch as
 * 32-bit words (signed: to be read with `>>> 0`).
 */
const recordTime = { mode: COMMIT_TIME_NONE, seconds: 0, nanos: 0, floorSeconds: 0, floorNanos: 0, anchor: -1 };

/** The next record has the time of its commit, by a clock anchor (−1: the current one), and not before the floor. */
export function useClock(anchor: number, floorSeconds: number, floorNanos: number): void {
  recordTime.mode = COMMIT_TIME_CLOCK;
  recordTime.anchor = anchor;
  recordTime.floorSeconds = floorSeconds;
  recordTime.floorNanos = floorNanos;
}

/** The next record has this time. */
export function useTime(seconds: number, nanos: number): void {
  recordTime.mode = COMMIT_TIME_EXPLICIT;
  recordTime.seconds = seconds;
  recordTime.nanos = nanos;
}

/** One thread's use of a native writer: references by epoch, and the commit call. Nothing here throws. */
export class Writer implements anyValue.KeyReferences {
  readonly binding: AppBinding;
  readonly handle: number;
  epoch: number;
  /** The raw call itself: the addon's object has so many properties that each look-up in it counts. */
  readonly #commit: AppBinding['commit'];
  readonly #keys = new Map<string, number>();
  /** In front of the map: one comparison is half of a look-up. */
  readonly #recent = new RecentAttributes();
  readonly #names = new Map<string, number>();
  readonly #losses: Losses;
  readonly #toldWarnings = new Set<string>();

  /** An end may carry the attributes before it. Readers of version 1 would not see them there. */
  readonly sharesRecords: boolean;
  /** Bytes of the longest value that is kept whole: what is longer is cut. */
  readonly valueLimit: number;

  /**
   * @param handle what `binding.openWriter` returned.
   * @param sharesRecords false in single-file mode.
   * @param valueLimit bytes, from 1 KiB to 256 KiB.
   */
  constructor(binding: AppBinding, handle: number, sharesRecords: boolean, valueLimit = VALUE_LIMIT) {
    attachScratch(binding);
    this.sharesRecords = sharesRecords;
    this.valueLimit = Math.min(Math.max(valueLimit, LEAST_VALUE_LIMIT), LARGEST_VALUE_LIMIT) || VALUE_LIMIT;
    this.binding = binding;
    this.handle = handle;
    this.#losses = lossesOf(binding, handle);
    this.#commit = binding.commit;
    this.epoch = binding.epoch(handle);
  }

  /** Ends this use of the native writer. */
  close(): void {
    this.binding.closeWriter(this.handle);
    // this thread's hold on the file goes only when it looks again
    this.binding.epoch(this.handle);
  }

  /** Bytes that a record of `ring` may have. */
  capacity(ring: number): number {
    const capacity = this.binding.recordCapacity(this.handle, ring);
    return Math.min(capacity, SCRATCH_RECORD_LENGTH - SLACK, SCRATCH_PENDING_LENGTH - SLACK);
  }

  /** After STALE: forgets every reference. */
  refresh(): void {
    this.#keys.clear();
    this.#recent.clear();
    this.#names.clear();
    this.epoch = this.binding.epoch(this.handle);
  }

  keyReference(key: string): number {
    const known = this.#recent.find(key) ?? this.#learn(key);
    return typeof known === 'number' ? known : known.reference;
  }

  /**
   * One attribute (KeyValueRef) under a tag of one byte. Returns where it ends (it is there if that is within the limit), or
   * STALE_KEYS, or NO_REFERENCE.
   */
  putAttribute(at: number, tag: number, key: string, value: unknown): number {
    const known = this.#recent.find(key) ?? this.#learn(key);
    if (typeof known === 'number') return known;
    const copied = known.put(at + 1, value);
    if (copied !== 0) {
      bytes[at] = tag;
      return copied;
    }
    // The key of nothing at all is the empty one.
    if (known.reference === 0) return NO_REFERENCE;
    const end = putAttribute(at, tag, known.reference, value, this);
    if (end <= bounds.limit && !bounds.cutting) known.remember(value, at + 1, end);
    return end;
  }

  /** What is known of a key from now on, or STALE_KEYS or NO_REFERENCE. */
  #learn(key: string): KnownAttribute | number {
    const reference = this.#findKey(key);
    return reference > 0 ? this.#recent.add(key, reference) : reference;
  }

  #findKey(key: string): number {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const reference = this.binding.internString(this.handle, this.epoch, key);
    if (reference > 0) {
      this.#keys.set(key, reference);
      return reference;
    }
    return reference === -COMMIT_STALE ? STALE_KEYS : NO_REFERENCE;
  }

  /** Reference of an event's name; NO_REFERENCE when there are more names than a program has of its own. */
  nameReference(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size === NAMES || name.length > NAME_LENGTH) return NO_REFERENCE;
    const reference = this.#findKey(name);
    if (reference > 0) this.#names.set(name, reference);
    return reference;
  }

  /** Sees to it that the scope's references are of the current epoch. Returns COMMIT_PUBLISHED or why it could not. */
  resolve(scope: Scope): number {
    for (let attempt = 0; scope.epoch !== this.epoch; attempt++) {
      if (attempt === ATTEMPTS) return COMMIT_STALE;
      const status = this.#intern(scope);
      if (status === COMMIT_STALE) this.refresh();
      else if (status !== COMMIT_PUBLISHED) return status;
    }
    return COMMIT_PUBLISHED;
  }

  #intern(scope: Scope): number {
    const { binding, handle, epoch } = this;
    const attributes = encodeScopeAttributes(scope.attributes, scope.droppedAttributes);
    const reference = binding.internScope(handle, epoch, scope.name, scope.version, attributes);
    if (reference <= 0) return -reference || COMMIT_DISK;
    let schemaUrlReference = 0;
    if (scope.schemaUrl !== '') {
      schemaUrlReference = binding.internString(handle, epoch, scope.schemaUrl);
      if (schemaUrlReference < 0) return -schemaUrlReference;
    }
    scope.reference = reference;
    scope.schemaUrlReference = schemaUrlReference;
    scope.epoch = epoch;
    encodeScopeField(scope, SCRATCH_RECORD);
    this.tellWarnings();
    return COMMIT_PUBLISHED;
  }

  /** What works, but not as asked for (a path that another process holds, a network file system): each sentence once. */
  tellWarnings(): void {
    for (const warning of this.binding.writerStatus(this.handle).warnings) {
      if (this.#toldWarnings.has(warning)) continue;
      this.#toldWarnings.add(warning);
      diag.warn(`otlp-mmap: ${warning}`);
    }
  }

  /**
   * Commits a record that has no time.
   * @param epoch the epoch in which its references were resolved.
   */
  commit(ring: number, offset: number, length: number, epoch: number): number {
    words[TIME_MODE] = COMMIT_TIME_NONE;
    words[EPOCH] = epoch;
    return this.#call(ring, offset, length);
  }

  #call(ring: number, offset: number, length: number): number {
    words[COMMIT_WRITER] = this.handle;
    words[COMMIT_RING] = ring;
    words[COMMIT_OFFSET] = offset;
    words[COMMIT_LENGTH] = length;
    words[COMMIT_STATUS] = COMMIT_DISABLED;
    this.#commit();
    return words[COMMIT_STATUS];
  }

  /** Commits a record whose time stands at `timeAt` in the scratch buffer and comes from `recordTime`. */
  commitTimed(ring: number, offset: number, length: number, timeAt: number): number {
    words[TIME_MODE] = recordTime.mode;
    this.#setTime(timeAt - offset);
    words[EPOCH] = this.epoch;
    const status = this.#call(ring, offset, length);
    if (status === COMMIT_PUBLISHED) this.#takeTime();
    return status;
  }

  /**
   * Commits a record that no slot takes: its longest values are cut, and stand whole in the spill ring.
   * @param timeAt as for `commitTimed`; NO_TIME as for `commit`, in the current epoch.
   */
  commitLong(ring: number, offset: number, length: number, timeAt: number): number {
    words[TIME_MODE] = timeAt === NO_TIME ? COMMIT_TIME_NONE : recordTime.mode;
    this.#setTime(timeAt - offset);
    words[EPOCH] = this.epoch;
    const status = this.binding.commitLong(this.handle, ring, offset, length);
    if (status !== COMMIT_PUBLISHED && status !== COMMIT_CUT) return status;
    if (status === COMMIT_CUT) this.#losses.add(ring, CONSTANT_DROP_TRUNCATED);
    if (timeAt !== NO_TIME) this.#takeTime();
    return COMMIT_PUBLISHED;
  }

  #setTime(at: number): void {
    words[TIME_OFFSET] = at;
    words[TIME_SECONDS] = recordTime.seconds;
    words[TIME_NANOS] = recordTime.nanos;
    words[FLOOR_SECONDS] = recordTime.floorSeconds;
    words[FLOOR_NANOS] = recordTime.floorNanos;
    words[ANCHOR] = recordTime.anchor;
  }

  /** Reads the clock as `recordTime` says, for a time that is needed before (or without) its record. */
  readClock(): void {
    words[FLOOR_SECONDS] = recordTime.floorSeconds;
    words[FLOOR_NANOS] = recordTime.floorNanos;
    words[ANCHOR] = recordTime.anchor;
    this.binding.now();
    this.#takeTime();
  }

  #takeTime(): void {
    if (recordTime.mode !== COMMIT_TIME_CLOCK) return;
    recordTime.seconds = words[TIME_SECONDS];
    recordTime.nanos = words[TIME_NANOS];
    recordTime.anchor = words[ANCHOR];
  }

  /**
   * Tells what a commit cost: its record, which native code has counted then, or values that were cut (`bounds.wasCut`).
   * @returns the commit's answer, `status`.
   */
  settle(ring: number, status: number): number {
    if (status !== COMMIT_PUBLISHED) this.#losses.add(ring, reasonOf(status));
    else if (bounds.wasCut) this.lost(ring, CONSTANT_DROP_TRUNCATED);
    return status;
  }

  /**
   * A record could not be encoded for want of references: it counts as dropped like one that was refused.
   * @returns why, `status`.
   */
  abandon(ring: number, status: number): number {
    this.lost(ring, reasonOf(status));
    return status;
  }

  /** Counts a loss that the encoder decided on (`CONSTANT_DROP_…`), and tells of it. */
  lost(ring: number, reason: number): void {
    this.binding.countDrop(this.handle, ring, reason);
    this.#losses.add(ring, reason);
  }
}

/** Why a record was dropped, by the answer of its commit. */
function reasonOf(status: number): number {
  switch (status) {
    case COMMIT_FULL:
      return CONSTANT_DROP_FULL;
    case COMMIT_TOO_LARGE:
      return CONSTANT_DROP_TOO_LARGE;
    case COMMIT_DISABLED:
      return CONSTANT_DROP_DISABLED;
    case COMMIT_DISK:
      return CONSTANT_DROP_DISK;
    default:
      return CONSTANT_DROP_LIMIT;
  }
}

export { ATTEMPTS, NO_TIME, recordTime };
