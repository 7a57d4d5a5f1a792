// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** What makes a metric instrument (after Views). Equal ones have the same number in all threads of the process. */
export interface InstrumentOptions {
  /** An encoded OTLP InstrumentationScope: name 1, version 2, attributes 3. */
  scope: Uint8Array;
  /** Schema URL of the scope. */
  schemaUrl?: string;
  name: string;
  description?: string;
  unit?: string;
  /**
   * - `sum`: {@link CellCalls.recordCell} adds; its cells may be added to through {@link CellCalls.cellsWindow}.
   * - `gauge`: the newest value, with its time.
   * - `observed-sum`, `observed-gauge`: absolute values, set in rounds ({@link CellCalls.commitRound}).
   * - `histogram`: explicit `bounds`. `exponential`: base 2.
   */
  kind: 'sum' | 'gauge' | 'observed-sum' | 'observed-gauge' | 'histogram' | 'exponential';
  /** Values are whole numbers, exported as such. They are doubles in the cells, exact to 2^53. */
  integer: boolean;
  /** Sums: they never fall. */
  monotonic?: boolean;
  /** Upper bounds of buckets, inclusive, rising; at most 16383. */
  bounds?: number[];
  /** Most buckets of an exponential histogram, for each sign; default 160. */
  maxSize?: number;
  /** The scale that an exponential histogram starts with; default 20. */
  maxScale?: number;
  /** Histograms have min and max; default true. */
  minMax?: boolean;
  /** Histograms have a sum; default true. Instruments that take negative values have none. */
  sum?: boolean;
  /** Series, the overflow series included; default 2000, at most 10 million. The first definition's limit stays. */
  limit?: number;
}

/** Metric cells: numbers of instruments and series in, values straight into the file. */
export interface CellCalls {
  /** The number of an instrument of this writer. Makes no file. Throws a sentence on what the file cannot hold. */
  defineInstrument(writer: number, instrument: InstrumentOptions): number;
  /**
   * Raw. This thread's cell of a series: a number greater than 0, or −COMMIT_DISABLED, −COMMIT_DISK (no room and not even an
   * overflow series: the measurement is lost, count it), −COMMIT_STALE (try again). Takes a lock and some 200 ns: remember the answer while
   * {@link cellsEpoch} stays the same, unless SCRATCH_CELL_OVERFLOW is 1: then it is the overflow series
   * (`otel.metric.overflow`), which is not to be remembered for these attributes.
   *
   * The attributes stand at scratch `offset`: OTLP KeyValue messages, each as a field of number 1 (`0x0a`, length, key 1, value 2),
   * keys sorted and different. Nothing (`length` 0) is the empty set.
   */
  metricCell(writer: number, instrument: number, offset: number, length: number): number;
  /**
   * Raw. A measurement of the double in SCRATCH_VALUE: adds to a sum, sets a gauge (its time is now), records into a histogram. Whose it
   * is stands in SCRATCH_CELL_WRITER, SCRATCH_CELL_INSTRUMENT and SCRATCH_CELL_NUMBER: as arguments they would take a fifth of the call.
   * undefined when it is done, or COMMIT_STALE: the cell is not this thread's any more, ask {@link metricCell} again. NaN is the caller's to
   * leave out (histograms ignore it; exponential ones also infinities).
   */
  recordCell(): number | undefined;
  /**
   * Raw. Makes a cell what somebody else has aggregated; answers COMMIT_PUBLISHED, or as {@link recordCell}. `kind`: 0 a sum or gauge, 1 an explicit
   * histogram, 2 an exponential one. At scratch `offset`, as doubles: seconds and nanoseconds of the start; value or sum; min; max; then the
   * bucket counts (kind 1), or zero count, scale, first index and number of buckets of the positive and of the negative range, and the
   * counts of both (kind 2).
   */
  storeCell(writer: number, instrument: number, cell: number, kind: number, offset: number, length: number): number;
  /** Raw. Sets SCRATCH_VALUE as this callback round's value of an observed cell; answers COMMIT_PUBLISHED, or as {@link recordCell}. */
  observeCell(writer: number, instrument: number, cell: number): number;
  /**
   * Raw. The callbacks of this thread for the instrument succeeded: what was observed since the last commit is exported from now on,
   * all at once, and what was not observed is exported no longer. After a failure do not call it; the next round replaces what it left.
   */
  commitRound(writer: number, instrument: number): number;
  /**
   * Raw. Ends the series of an instrument that were not observed in the round committed last, if it has as many as it may: others take their
   * places. 1: some ended, and cell numbers that were remembered are void.
   */
  endUnobserved(writer: number, instrument: number): number;
  /** Raw. Somebody holds on to a cell of this thread: {@link retireIdle} passes it over. */
  pinCell(writer: number, instrument: number, cell: number): number;
  /**
   * Raw. Goes over some of this thread's cells of an instrument, which come in portions numbered from 0 on, and is done with those whose last
   * update was before SCRATCH_VALUE, seconds since the Unix epoch, and is collected. Cell numbers that were remembered are void then. (A
   * series ends when no other thread uses it; the same attributes begin a new one with a new start time.) 1: there are more portions.
   */
  retireIdle(writer: number, instrument: number, portion: number): number;
  /**
   * Raw. Offers a sampled measurement (value in SCRATCH_VALUE, time now) as exemplar. At scratch `offset`: trace id (16 bytes), span id (8), u32
   * slots of the reservoir (not for explicit histograms, which have one a bucket), u32 seconds after which sampling begins anew (the
   * export interval), then the attributes that the series does not have, as for {@link metricCell} (at most 144 bytes of them are
   * kept, otherwise none). 1: it was kept.
   */
  offerExemplar(writer: number, instrument: number, cell: number, offset: number, length: number): number;
  /**
   * Raw. Looks at the clock: seconds since the Unix epoch, a double, into SCRATCH_VALUE. All updates by raw calls carry it as their
   * time until the next look; whoever writes through a window stores it itself. To be called on a timer (about once a second; unref it).
   * Returns the epoch as {@link cellsEpoch}; this is also when a file that somebody removed is noticed.
   */
  cellsTick(writer: number): number;
  /** Raw. Cell numbers are void when this number changes. */
  cellsEpoch(writer: number): number;
  /**
   * Raw. A view over window `cell >>> 12` of the cells, 64 KiB, for this thread's own cells of kind `sum`: word `(cell & 4095) << 1` is the
   * value, to be added to; the word after it the time of the last update, from {@link cellsTick}. Never write to another word or cell,
   * and let go of the view when the epoch changes. Never hand it to users.
   * undefined where memory of others cannot be viewed (Electron): use {@link recordCell}. Ask once a window and thread, and remember.
   */
  cellsWindow(writer: number, window: number): Float64Array | undefined;
}
