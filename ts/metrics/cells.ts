// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { SpanContext } from '@opentelemetry/api';
import type { AppBinding } from '../native/binding/app.js';
import type { InstrumentOptions } from '../native/binding/cells.js';
import * as layout from '../native/layout.js';
import { threadScratch } from '../native/scratch.js';
import { parseWord } from '../record/span-identity.js';
import type { Writer } from '../record/writer.js';

// Constants of this module: what is imported by name is looked up in the other module's object at each use.
const {
  CELLS_CELL_UNIT,
  CELLS_WINDOW,
  COMMIT_PUBLISHED,
  COMMIT_STALE,
  SCRATCH_CELL_INSTRUMENT,
  SCRATCH_CELL_NUMBER,
  SCRATCH_CELL_OVERFLOW,
  SCRATCH_CELL_WRITER,
  SCRATCH_RECORD,
  SCRATCH_VALUE,
} = layout;

const { buffer, view, words } = threadScratch;
const OVERFLOW = SCRATCH_CELL_OVERFLOW / 4;
const CELL_WRITER = SCRATCH_CELL_WRITER / 4;
const CELL_INSTRUMENT = SCRATCH_CELL_INSTRUMENT / 4;
const CELL_NUMBER = SCRATCH_CELL_NUMBER / 4;
/** The double that raw calls take and give. */
const scratchValue = new Float64Array(buffer, SCRATCH_VALUE, 1);

// The two words of a sum that change lie in one unit, and so in one window, even if its cell does not.
const WORDS = CELLS_CELL_UNIT / 8;
const UNITS_PER_WINDOW = CELLS_WINDOW / CELLS_CELL_UNIT;
const WINDOW_SHIFT = Math.log2(UNITS_PER_WINDOW);
const WINDOW_MASK = UNITS_PER_WINDOW - 1;
/** How far the time of a cell's last update may be behind. Milliseconds. */
export const TICK_INTERVAL = 1_000;
/** Bytes before an exemplar's attributes: trace id, span id, slots of the reservoir, seconds of a sample. */
const EXEMPLAR_HEAD = 32;
/** Where the attributes of an exemplar are encoded. */
export const EXEMPLAR_ATTRIBUTES = SCRATCH_RECORD + EXEMPLAR_HEAD;

/** What cells are stamped with. One object for all who look at it on the hot path. */
export interface Tick {
  /** Seconds since the Unix epoch. */
  seconds: number;
  /** Cell numbers hold within an epoch. Below 0: nothing is recorded any more. */
  epoch: number;
}

/** Where a sum stands: its value, and behind it the time of its last update. */
export interface Place {
  readonly window: Float64Array;
  readonly at: number;
}

/** One thread's use of the metric cells of a writer. Nothing here throws but `define`. */
export class Cells {
  readonly tick: Tick = { seconds: 0, epoch: 0 };
  readonly #writer: Writer;
  readonly #binding: AppBinding;
  readonly #handle: number;
  readonly #record: AppBinding['recordCell'];
  readonly #observe: AppBinding['observeCell'];
  /** Views of the file, by cell number; undefined where there is none yet. */
  #windows: (Float64Array | undefined)[] = [];
  /** False where the runtime allows no views on memory that is not its own. */
  #hasViews = true;
  readonly #samplePeriod: number;
  #timer: NodeJS.Timeout | undefined;
  /** The epoch of the newest file that is known to have cells of this thread. */
  #firstIn = -1;

  /** @param exportInterval How long an exemplar reservoir samples before it begins anew. Milliseconds. */
  constructor(writer: Writer, exportInterval: number) {
    this.#writer = writer;
    this.#binding = writer.binding;
    this.#handle = writer.handle;
    this.#record = writer.binding.recordCell;
    this.#observe = writer.binding.observeCell;
    this.#samplePeriod = Math.max(1, Math.round(exportInterval / 1_000));
    this.look();
  }

  /** Number of an instrument. @throws Error naming the part that the file cannot hold. */
  define(instrument: InstrumentOptions): number {
    return this.#binding.defineInstrument(this.#handle, instrument);
  }

  /**
   * The cell for the attributes that are encoded in the first `length` bytes of the scratch buffer's record; 0 or below when there is
   * none: the negated status.
   */
  find(instrument: number, length: number): number {
    let cell = this.#binding.metricCell(this.#handle, instrument, SCRATCH_RECORD, length);
    if (cell === -COMMIT_STALE) {
      this.look();
      cell = this.#binding.metricCell(this.#handle, instrument, SCRATCH_RECORD, length);
    }
    if (cell > 0 && this.#firstIn !== this.tick.epoch) this.#begin();
    return cell;
  }

  /** Whether the cell found last is that of its attributes alone, and so worth remembering. */
  get isLasting(): boolean {
    return words[OVERFLOW] === 0;
  }

  /** Adds to a sum. Returns COMMIT_PUBLISHED, or why it could not. */
  add(instrument: number, cell: number, value: number): number {
    const window = this.#windows[cell >> WINDOW_SHIFT];
    if (window === undefined) return this.#addFirst(instrument, cell, value);
    const at = (cell & WINDOW_MASK) * WORDS;
    window[at] += value;
    window[at + 1] = this.tick.seconds;
    return COMMIT_PUBLISHED;
  }

  #addFirst(instrument: number, cell: number, value: number): number {
    if (this.#openWindow(cell) !== undefined) return this.add(instrument, cell, value);
    return this.record(instrument, cell, value);
  }

  /** Records into a cell of any kind. Returns COMMIT_PUBLISHED, or why it could not. */
  record(instrument: number, cell: number, value: number): number {
    scratchValue[0] = value;
    words[CELL_WRITER] = this.#handle;
    words[CELL_INSTRUMENT] = instrument;
    words[CELL_NUMBER] = cell;
    return this.#record() ?? COMMIT_PUBLISHED;
  }

  /** The value of an observed cell in the round that is under way. */
  observe(instrument: number, cell: number, value: number): number {
    scratchValue[0] = value;
    return this.#observe(this.#handle, instrument, cell);
  }

  /** Makes a cell what the point at the start of the scratch buffer's record says: see `storeCell` of the binding. */
  store(instrument: number, cell: number, kind: number, length: number): number {
    return this.#binding.storeCell(this.#handle, instrument, cell, kind, SCRATCH_RECORD, length);
  }

  /** What was observed since the last round is what there is. */
  commitRound(instrument: number): void {
    this.#binding.commitRound(this.#handle, instrument);
  }

  /** Frees the places of what was not observed in the last round, if there are no others. True: series that were remembered are void. */
  endUnobserved(instrument: number): boolean {
    return this.#binding.endUnobserved(this.#handle, instrument) === 1;
  }

  /** Keeps a series from ending while it is idle. */
  pin(instrument: number, cell: number): void {
    this.#binding.pinCell(this.#handle, instrument, cell);
  }

  /**
   * Ends those of an instrument's series whose last update was before a time (seconds), and is collected. They come in portions,
   * numbered from 0 on. False: there are no more.
   */
  retire(instrument: number, portion: number, before: number): boolean {
    scratchValue[0] = before;
    return this.#binding.retireIdle(this.#handle, instrument, portion) === 1;
  }

  /** Where a sum stands, for plain stores; undefined where views are refused. */
  placeOf(cell: number): Place | undefined {
    const window = this.#windows[cell >> WINDOW_SHIFT] ?? this.#openWindow(cell);
    return window && { window, at: (cell & WINDOW_MASK) * WORDS };
  }

  /**
   * Offers a measurement as exemplar, to a reservoir of so many `slots` (an explicit histogram has one for each bucket in any case). The
   * attributes that its series has not stand at EXEMPLAR_ATTRIBUTES.
   */
  offer(
    instrument: number,
    cell: number,
    slots: number,
    value: number,
    span: SpanContext | undefined,
    length: number,
  ): void {
    for (let word = 0; word < 4; word++) {
      view.setInt32(SCRATCH_RECORD + 4 * word, span === undefined ? 0 : parseWord(span.traceId, 8 * word));
    }
    view.setInt32(SCRATCH_RECORD + 16, span === undefined ? 0 : parseWord(span.spanId, 0));
    view.setInt32(SCRATCH_RECORD + 20, span === undefined ? 0 : parseWord(span.spanId, 8));
    view.setInt32(SCRATCH_RECORD + 24, slots, true);
    view.setInt32(SCRATCH_RECORD + 28, this.#samplePeriod, true);
    scratchValue[0] = value;
    this.#binding.offerExemplar(this.#handle, instrument, cell, SCRATCH_RECORD, EXEMPLAR_HEAD + length);
  }

  /** Looks at the clock and at the epoch of the cells. */
  look(): void {
    const epoch = this.#binding.cellsTick(this.#handle);
    this.tick.seconds = scratchValue[0];
    if (epoch !== this.tick.epoch) {
      this.tick.epoch = epoch;
      this.#windows = [];
    }
  }

  /** Cells are left as they are. Bound instruments see it as well. */
  close(): void {
    clearInterval(this.#timer);
    this.tick.epoch = -1;
    this.#windows = [];
    this.#hasViews = false;
    // this thread's hold on the file goes only when it looks again
    this.#binding.cellsEpoch(this.#handle);
  }

  #openWindow(cell: number): Float64Array | undefined {
    if (!this.#hasViews) return undefined;
    const number = cell >> WINDOW_SHIFT;
    const window = this.#binding.cellsWindow(this.#handle, number);
    if (window === undefined || window === null) {
      this.#hasViews = false;
      return undefined;
    }
    this.#windows[number] = window;
    return window;
  }

  /** There is a file, or another one. */
  #begin(): void {
    this.look();
    this.#firstIn = this.tick.epoch;
    this.#writer.tellWarnings();
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.look(), TICK_INTERVAL);
    this.#timer.unref();
  }
}

export { COMMIT_PUBLISHED, COMMIT_STALE };
