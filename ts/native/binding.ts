// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the native addon offers to TypeScript. Functions marked "raw" are registered by hand through Node-API: they take
 * integers only, clamp each, never throw and cost about 20 ns. All state lives in the process: a writer handle is valid in
 * every thread of it.
 */

/** Slots and bytes of the parts of a new file. Every count is a power of two; every size a multiple of 8. */
export interface Geometry {
  eventsBuffers: number;
  eventsBufferSize: number;
  spansBuffers: number;
  spansBufferSize: number;
  measurementsBuffers: number;
  measurementsBufferSize: number;
  /** Ring for what is too long for a slot, a multiple of 64. 0: there is none, and what is too long is cut. */
  spillBytes: number;
  dictionaryBytes: number;
}

export interface WriterOptions {
  /** Folder of directory mode. Without it and without `file`: the default order of docs/format.md. */
  directory?: string;
  /** Path of single-file mode. */
  file?: string;
  /** `service.name`, for the file's name and for viewers. */
  serviceName: string;
  /** Tells writers of one process apart: the same location and identity give the same writer. */
  identity: string;
  geometry?: Partial<Geometry>;
  /** A group whose members may read (a collector of another uid): folder 0770, files 0660. */
  group?: string;
  /** Upper bound in bytes for all files of the directory; oldest dead files go first. */
  directoryLimit?: number;
}

/** What a writer can tell of itself. Times are milliseconds since the Unix epoch. */
export interface WriterStatus {
  /** The folder or, in single-file mode, the folder of the path. */
  directory: string;
  /** Path of the current file; undefined before the first record. */
  file?: string;
  generation: number;
  /** Lost records, ring name to reason name to count; only what is not zero. */
  drops: Record<string, Record<string, number>>;
  /** Rings of the current file by name: records that wait for a reader's acknowledgement, and slots. None before the first record. */
  rings: Record<string, { waiting: number; slots: number }>;
  /** When a reader last visited the current file; 0 if none ever did. */
  readerHeartbeat: number;
  /** Newest epoch asked for by `requestFlush`, and newest that the reader acknowledged. */
  flushEpoch: number;
  acknowledgedEpoch: number;
  /** Every record written so far has been taken by the reader. */
  drained: boolean;
  /** Why the writer cannot make a file, if it cannot: a whole sentence naming path and remedy. */
  error?: string;
  /** Sentences about a folder or path that works, but not as asked for. */
  warnings: string[];
}

export interface ReceiverOptions {
  /** Folders to watch, or patterns (`*`, `?`, `[…]`) of folders and files. What does not exist yet is watched for. */
  directories: string[];
  /** Files to read by path, in any mode and of any SDK. */
  files: string[];
  /** Items after which the reader thread hands over a piece at once. */
  maxItems?: number;
  /** Bytes handed over and not yet acknowledged at which reading stops. */
  maxUnacknowledgedBytes?: number;
  maxOpenSpans?: number;
  maxOpenSpanBytes?: number;
  /** How long a slot claimed and never published holds up a file without our extension block. Milliseconds. */
  deadSlotTimeout?: number;
  /** The journal. Without one, records stay in their files until they are acknowledged. */
  storage?: StorageOptions;
  /** What metrics are collected for; each stream gets all of them. Default: `cumulative` alone. Empty: none are read. */
  metricStreams?: MetricStream[];
  /** How often metrics are collected, in milliseconds. Default: as each app's own settings say (OTEL_METRIC_EXPORT_INTERVAL), else 60,000. */
  metricInterval?: number;
  /** Data points after which a piece is handed over; default 8192. */
  maxPoints?: number;
  /** Folder in which streams that are not cumulative keep what was exported. Default: hidden files beside the app's. */
  stateDirectory?: string;
  /** End where another collector reads a file; else wait for that one to end. */
  endIfBusy?: boolean;
}

/** One of those who have to acknowledge pieces. */
export interface StorageDestination {
  /** What it is known by from one start to the next. */
  name: string;
  signals: readonly ('traces' | 'logs' | 'metrics')[];
}

export interface StorageOptions {
  /** The state directory; made if there is none. */
  directory: string;
  /** Bytes of the whole journal, default 1 GiB. */
  maxSize?: number;
  /** Milliseconds after which pieces are given up, default a day; 0: never. */
  maxAge?: number;
  /** When it is full, read nothing more; else the oldest pieces are given up. */
  refuseWhenFull?: boolean;
  /** Wait after each transaction until it is on the disk. */
  fsync?: boolean;
  /** Wait while another collector has the directory, the default; else end. */
  wait?: boolean;
  /** Read without a journal, with a warning, where the directory cannot be used; else end. */
  optional?: boolean;
  /** They go by their place here in the calls of the receiver. */
  destinations: readonly StorageDestination[];
}

/** Sums over pieces: their bytes, and items by signal. */
export interface Amount {
  pieces: number;
  bytes: number;
  traces: number;
  logs: number;
  metrics: number;
}

export interface JournalStats {
  /** Bytes that its segments take, and how many there are. */
  bytes: number;
  segments: number;
  /** Since the start. */
  transactions: number;
  bytesWritten: number;
  /** Pieces that could not be read back, counted once a destination. */
  piecesDamaged: number;
  /** Why nothing is read now, if the journal cannot be written. */
  refusal?: string;
  /** What waits for each destination, and what was given up because of the journal's bounds. */
  destinations: { name: string; pending: Amount; dropped: Amount }[];
}

/** Metrics of one temporality preference with baselines of its own, for one destination or several that share it. */
export interface MetricStream {
  /** What its pieces carry as `stream`; keep it over restarts, its baselines are filed under it. */
  name: string;
  /** As in OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE; left out: as the app's own settings say, else cumulative. */
  temporality?: 'cumulative' | 'delta' | 'lowmemory';
  /** How series are merged before they are encoded. */
  groups?: GroupRules;
}

/** How series are merged: a fine attribute gives way to the name of its group. Series without that attribute are left as they are. */
export interface GroupRules {
  /** Key of the fine attribute. */
  attribute: string;
  /** Key of the attribute that names the group. */
  groupAttribute: string;
  /** The first whose `values` match says which group. */
  rules: { values: TextTest; group: string }[];
  /** The group of all other values; without it they are left as they are. */
  defaultGroup?: string;
  /** Groups whose series are not merged: they keep the fine attribute and get the group's name beside it. */
  detail: string[];
  /** Groups of which all metrics are exported, beside those of `detail`. */
  allMetrics: string[];
  /** The metrics of all other groups that are exported; all when it is left out. */
  essentialMetrics?: TextTest[];
  gauges: 'last' | 'sum' | 'min' | 'max' | 'mean';
}

/** Encoded ResourceSpans, ResourceLogs or ResourceMetrics of one producer. Pieces joined end to end are an export request. */
export interface Piece {
  /** Number to acknowledge it by; counts up. */
  sequence: number;
  signal: 'traces' | 'logs' | 'metrics';
  body: Buffer;
  /** Spans, log records or data points within. */
  items: number;
  /** A process waits for its records (`forceFlush`): send without waiting for more. */
  urgent: boolean;
  /** Metrics: the temporality with baselines of its own that the points belong to, e.g. `cumulative`. */
  stream?: string;
}

export type RingName = 'events' | 'spans' | 'measurements';

export interface ReceiverStats {
  filesAttached: number;
  filesSetAside: number;
  filesRemoved: number;
  /** Records taken from the rings, by ring. */
  records: Record<RingName, number>;
  /** Spans (incomplete ones included), log records and data points handed over, by signal. */
  items: Record<'traces' | 'logs' | 'metrics', number>;
  spansIncomplete: number;
  spansOpen: number;
  /** Span records whose start is not known: ends, and changes. */
  endsWithoutStart: number;
  changesWithoutStart: number;
  /** Records that could not be decoded, and slots skipped by the dead-slot rule. */
  recordsQuarantined: number;
  slotsSkipped: number;
  /** Records taken cut, as what they name in the spill ring was not there, or not whole. */
  spillsLost: number;
  openSpansEvicted: number;
  /** Drops that writers counted in the files seen so far, ring to reason to count; only what is not zero. */
  writerDrops: Partial<Record<RingName, Record<string, number>>>;
  /** Records in the rings of the files being read that are not acknowledged, by ring. */
  ringRecords: Record<RingName, number>;
  /** How full the fullest ring is, 0 to 1, by ring. */
  ringFullest: Record<RingName, number>;
  bytesUnacknowledged: number;
  /** Undefined without a journal. */
  journal?: JournalStats;
  /** Series and instruments in metric cells that cannot be right, counted at each collection. */
  seriesSkipped: number;
}

/** The reader thread of a collector. `onEvent` gets one of: a piece, a log line, the end of the thread. */
export interface NativeReceiver {
  /** Every destination has the piece (or it was refused for good): its records may leave the files. */
  acknowledge(sequence: number): void;
  /** With a journal: one destination has these pieces, or refused them for good. */
  acknowledgeBy(destination: number, sequences: number[]): void;
  /** With a journal: one destination cannot keep these pieces in memory. They wait in the journal until it asks for its backlog. */
  giveBack(destination: number, sequences: number[]): void;
  /** With a journal: asks for the oldest pieces that wait for a destination, about so many bytes. A 'backlog' event follows. */
  backlog(destination: number, maxBytes: number): void;
  /**
   * With a journal: other destinations from now on. Those whose names are known keep their places, new ones get the next places (in this
   * order) and start at now; what waits for the others is given up.
   */
  setDestinations(destinations: readonly StorageDestination[]): void;
  stats(): ReceiverStats;
  /** Hand over what is assembled now, even if small. */
  flush(): void;
  /** Watches other folders and files from now on. What is being read is read to its end. */
  watch(directories: string[], files: string[]): void;
  /**
   * Collects metrics for these streams from the next collection on. A stream whose name was there before keeps what it exported; with
   * other rules its merged series begin anew. @throws Error naming an expression that is none.
   */
  setMetricStreams(streams: MetricStream[]): void;
  /** Milliseconds since the thread last came round: a few, unless a file system does not answer. */
  silence(): number;
  /** Reads nothing more until `resume`. Heartbeats, acknowledgements and what the other calls ask for go on. */
  pause(): void;
  resume(): void;
  /** Read what is there, hand it over, then end the thread. 'stopped' follows as the last event. */
  stop(): void;
}

/** Metrics of files in Prometheus' formats. It looks as a viewer does, keeps no series, and works on threads of the pool. */
export interface NativeScraper {
  /** The next chunk begins a scrape of what there is then; one that was not read to its end is given up. */
  begin(openMetrics: boolean): void;
  /** About `length` bytes of whole lines; null at the end of the scrape. One call at a time. */
  chunk(length: number): Promise<Buffer | null>;
  /** Instruments left out since the start, as another of that name has another kind. */
  conflicts(): number;
}

export type ReceiverEvent =
  | { type: 'piece'; piece: Piece }
  /** Pieces out of the journal, for one destination only; none if nothing waits for it. */
  | { type: 'backlog'; destination: number; pieces: Piece[] }
  /** Pieces began to wait in the journal for a destination that does not hold them. */
  | { type: 'behind'; destination: number }
  /** The journal cannot be used and is optional: pieces are acknowledged as without one. Comes before the first piece. */
  | { type: 'withoutJournal' }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string }
  /** `error` is set when the thread crashed: the process should end with it. */
  | { type: 'stopped'; error?: string };

/** What a piece becomes when it is split or changed. */
export interface PiecePart {
  body: Buffer;
  /** Spans, log records or data points within. */
  items: number;
}

/** A single value; an int has up to 64 bits, so it comes as text. */
export interface ScalarValue {
  kind: 'string' | 'bool' | 'int' | 'double';
  text: string;
}

/** One change to a list of attributes. */
export interface AttributeAction {
  action: 'insert' | 'update' | 'upsert' | 'delete' | 'hash';
  key?: string;
  /** delete and hash: a regular expression that keys match. */
  pattern?: string;
  /** insert, update, upsert: the value, or the attribute that has it. */
  value?: ScalarValue;
  fromAttribute?: string;
}

/** A test of a text: it is this one, or it matches a regular expression (RE2's syntax). */
export type TextTest = { exact: string } | { pattern: string };

/** A test of an attribute: without either member, it is there. */
export interface AttributeTest {
  key: string;
  exact?: ScalarValue;
  pattern?: string;
}

/** What an item has to be; an empty list asks for nothing. */
export interface ItemCondition {
  services: TextTest[];
  resourceAttributes: AttributeTest[];
  scopeNames: TextTest[];
  /** Of spans and metrics. */
  names: TextTest[];
  spanKinds: number[];
  attributes: AttributeTest[];
  severityTexts: TextTest[];
  /** The least one; `matchUndefined`: also records without. */
  severityNumber?: number;
  matchUndefined: boolean;
  bodies: TextTest[];
}

/** What fits the first, less what fits the second. */
export interface ItemSelector {
  include?: ItemCondition;
  exclude?: ItemCondition;
}

export interface SamplerSettings {
  /** 0 to 100. */
  percentage: number;
  seed: number;
  /** Also items that have nothing to be sampled by. */
  keepWithout: boolean;
  /** Log records: an attribute to sample by instead of the trace id. */
  attribute?: string;
  /** Log records: an attribute with a percentage of its own. */
  priority?: string;
}

/** What a processor on pieces does. */
export type ProcessorPlan =
  | { resource: AttributeAction[] }
  | { attributes: AttributeAction[]; selector?: ItemSelector }
  | { filter: ItemSelector }
  | { sampler: SamplerSettings };

/** A processor on pieces of one signal. */
export interface NativePieceProcessor {
  /** What becomes of a piece; null where it stays as it is. Throws when the bytes are no piece of the signal. */
  process(body: Uint8Array): PiecePart | null;
}

export interface DumpOptions {
  /** Also spans that are still open. */
  all: boolean;
  signals: ('traces' | 'logs' | 'metrics')[];
}

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
   * - `sum`: {@link NativeBinding.recordCell} adds; its cells may be added to through {@link NativeBinding.cellsWindow}.
   * - `gauge`: the newest value, with its time.
   * - `observed-sum`, `observed-gauge`: absolute values, set in rounds ({@link NativeBinding.commitRound}).
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

/** A ring at one moment. Other processes go on meanwhile. */
export interface RingView {
  name: 'events' | 'spans' | 'measurements';
  /** File offset; only of `inspect`. */
  offset?: number;
  /** Undefined in files without our block; only of `inspect`. */
  state?: 'open' | 'closed' | 'none';
  buffers: number;
  bufferSize: number;
  /** Index of the last record read, and of the last one claimed; −1 at first. */
  readerIndex: number;
  writerIndex: number;
  /** Records that wait for the reader, and those of them that are claimed and not published. */
  unread: number;
  unpublished: number;
}

/** Who wrote a file. Ids are hexadecimal; `made` is in milliseconds since the Unix epoch. */
export interface FileIdentity {
  streamId: string;
  generation: number;
  fileId: string;
  mode: 'directory' | 'single_file' | 'unknown';
  serviceName: string;
  pid: number;
  pidNamespace: number;
  bootId: string;
  made: number;
  pageSize: number;
  features: string[];
}

/** A reader as it tells of itself; slot 0 is the one that moves the indices. Times are milliseconds since the Unix epoch. */
export interface ReaderView {
  slot: number;
  pid: number;
  heartbeat: number;
  acknowledgedEpoch: number;
}

/** The extension block. */
export interface BlockView {
  identity: FileIdentity;
  cellsState: 'open' | 'closed' | 'none';
  resourceSettled: boolean;
  /** OTLP JSON of an export request whose one resource is the file's. */
  resource?: string;
  settings: Record<string, string>;
  flushEpoch: number;
  /** Milliseconds since the Unix epoch; 0: no commit yet. */
  lastCommit: number;
  spillOffset: number;
  spillLength: number;
  spillUsed: number;
  /** Ring name to reason name to count; only what is not zero. */
  drops: Record<string, Record<string, number>>;
  readers: ReaderView[];
}

export interface CellsView {
  instruments: number;
  series: number;
  /** Cells that cannot be right. */
  skipped: number;
}

/** Everything about a file that is not its records. */
export interface Inspection {
  path: string;
  length: number;
  version: number;
  /** Milliseconds since the Unix epoch. */
  startTime: number;
  liveness: 'alive' | 'dead' | 'unknown';
  rings: RingView[];
  dictionaryOffset: number;
  dictionaryEnd: number;
  dictionaryEntries: number;
  /** Undefined in files of other writers. */
  block?: BlockView;
  /** Undefined when the file has no metrics. */
  cells?: CellsView;
}

/** An encoded export request that nobody has to acknowledge. */
export interface SeenPiece {
  signal: 'traces' | 'logs' | 'metrics';
  body: Buffer;
  items: number;
}

/** What a visit to all files brought. */
export interface Visit {
  pieces: SeenPiece[];
  /** Records that were overwritten before they could be looked at. */
  lost: number;
  /** Files and folders that cannot be read, each told once: whole sentences. */
  problems: string[];
}

/** A process that writes files; its rings are those of its newest file. Times are milliseconds since the Unix epoch, 0: unknown. */
export interface ProcessView {
  path: string;
  /** Empty, and pid 0, in files of other writers. */
  serviceName: string;
  pid: number;
  generation: number;
  files: number;
  liveness: 'alive' | 'dead' | 'unknown';
  rings: RingView[];
  /** Records of events, spans and measurements since the viewer began. */
  written: number[];
  drops: Record<string, Record<string, number>>;
  lastCommit: number;
  readerHeartbeat: number;
  readerPid: number;
  /** Spans that are open, as far as the viewer has seen their start. */
  openSpans: number;
  /** OTLP JSON of an export request with the longest of them, their end 0. */
  longestOpenSpans?: string;
}

/** Follows files without changing them. */
export interface NativeViewer {
  /** Looks at everything once. What the first visit finds counts as seen. */
  visit(): Visit;
  /** The processes as they are now, each with its `openSpans` longest open spans. */
  processes(openSpans: number): ProcessView[];
  /** Series that were updated since (milliseconds since the Unix epoch), cumulative. */
  metrics(since: number): SeenPiece[];
}

export interface NativeBinding {
  version(): string;
  /** Directories that a collector without settings watches, best first. */
  defaultDirectories(): string[];
  /** Random UUID of this process, the same in every thread: service.instance.id. */
  processInstanceId(): string;

  /** Raw. Holds `scratch` (SCRATCH_LENGTH bytes) for this thread and remembers its address. */
  attachScratch(scratch: ArrayBuffer): void;
  /** Raw. Commits a record of the scratch buffer: the SCRATCH_* words say which, where to, and how time is filled in; SCRATCH_COMMIT_STATUS is the answer. */
  commit(): void;
  /** Raw. Commits `length` bytes at scratch `offset` to `ring`, for a record of any length: its longest values are cut to fit the slot, and stand whole in the spill ring. Returns COMMIT_*. */
  commitLong(writer: number, ring: number, offset: number, length: number): number;
  /** Raw. The clock into SCRATCH_TIME_SECONDS / _NANOS / _ANCHOR (the anchor word is in and out, as for commit). */
  now(): void;
  /** Raw. Epoch of the writer's references: they are void when it changes. A thread that asks lets go of a file that was closed. */
  epoch(writer: number): number;
  /** Raw. Bytes of the longest record that fits into one slot of `ring`. */
  recordCapacity(writer: number, ring: number): number;
  /** Raw. Counts a loss that the encoder decided on (DROP_*). */
  countDrop(writer: number, ring: number, reason: number): void;

  /** A process-wide handle. Makes no file yet. Throws on options that cannot be right. */
  openWriter(options: WriterOptions): number;
  /** Dictionary reference of a string; makes the file if there is none. Negative: −COMMIT_STALE, −COMMIT_DISABLED, … */
  internString(writer: number, epoch: number, text: string): number;
  /** Reference of a scope. `attributes`: the fields of an OTLP InstrumentationScope.attributes (3), encoded as OTLP KeyValue. */
  internScope(writer: number, epoch: number, name: string, version: string, attributes: Uint8Array): number;
  /** Reference of a metric for the measurements ring: `message` is a MetricRef whose references are of this epoch. */
  internMetric(writer: number, epoch: number, message: Uint8Array): number;
  /**
   * Sets the resource of the writer's files: `resource` is an encoded OTLP Resource message. Not `settled`: readers wait
   * for the final one. Settling changes the epoch.
   */
  setResource(writer: number, resource: Uint8Array, schemaUrl: string, settled: boolean): void;
  /** Tells collectors a setting of the app, by the name of its environment variable (an interval, a temporality). Never a secret. */
  setSetting(writer: number, name: string, value: string): void;
  /** Asks the reader to export everything written so far; returns the epoch to await in `acknowledgedEpoch`. 0: there is no file, nothing to wait for. */
  requestFlush(writer: number): number;
  writerStatus(writer: number): WriterStatus;
  /** Drops one use of the handle; the last one closes the file's sections. */
  closeWriter(writer: number): void;

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
   * Raw. A measurement of the double in SCRATCH_VALUE: adds to a sum, sets a gauge (its time is now), records into a histogram.
   * undefined when it is done, or COMMIT_STALE: the cell is not this thread's any more, ask {@link metricCell} again. NaN is the caller's to
   * leave out (histograms ignore it; exponential ones also infinities).
   */
  recordCell(writer: number, instrument: number, cell: number): number | undefined;
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
   * Raw. This thread is done with a cell whose last update was before SCRATCH_VALUE, seconds since the Unix epoch: 1, forget it (the
   * series ends when no other thread uses it; the same attributes begin a new one with a new start time), or 0: not yet, since it was
   * updated later, or the collector has not collected its last update.
   */
  retireCell(writer: number, instrument: number, cell: number): number;
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
   * Raw. A view over window `cell >>> 10` of the cells, 64 KiB, for this thread's own cells of kind `sum`: word `(cell & 1023) << 3` is the
   * value, to be added to; the word after it the time of the last update, from {@link cellsTick}. Never write to another word or cell,
   * and let go of the view when the epoch changes. Never hand it to users.
   * undefined where memory of others cannot be viewed (Electron): use {@link recordCell}. Ask once a window and thread, and remember.
   */
  cellsWindow(writer: number, window: number): Float64Array | undefined;

  /** Bytes that the addon has allocated, buffers that it handed out included; mapped files are none of them. */
  nativeMemory(): number;
  /** Bytes of memory that the process' control group (version 1 or 2) allows; null without a limit. */
  memoryLimit(): number | null;
  /** Gives freed memory back to the system where the allocator would keep it. */
  releaseMemory(): void;
  /** Sends a message such as `READY=1` to the service manager's socket (`NOTIFY_SOCKET`). Throws the system's error. */
  notifyServiceManager(socket: string, state: string): void;

  createReceiver(options: ReceiverOptions, onEvent: (event: ReceiverEvent) => void): NativeReceiver;
  /**
   * Splits a piece between items: `first` of them (0: there is no such part), then as many as `each` in every part, the rest in
   * the last. Resource and scope are repeated, and the metric whose data points are cut. Only the bytes are needed. Throws when
   * they are no piece of the signal.
   */
  splitPiece(signal: string, body: Uint8Array, first: number, each: number): PiecePart[];
  /** What is wrong with a regular expression; null for one that can be used. */
  patternProblem(expression: string): string | null;
  /** Throws with a sentence about a regular expression that cannot be right. */
  createPieceProcessor(signal: string, plan: ProcessorPlan): NativePieceProcessor;
  createScraper(directories: string[], files: string[]): NativeScraper;
  /** OTLP JSON of an encoded export request. */
  requestToJson(signal: string, request: Uint8Array): string;
  /** Reads a file without changing a byte: one OTLP JSON export request a line. Throws with a sentence naming the file. */
  dump(path: string, options: DumpOptions): string[];
  /** As `dump`, as encoded export requests. */
  dumpPieces(path: string, all: boolean, signals: ('traces' | 'logs' | 'metrics')[]): SeenPiece[];
  /** Everything about a file that is not its records. Changes nothing. Throws with a sentence naming the file. */
  inspect(path: string): Inspection;
  /** Follows the files of folders, and single files. None has to exist yet. */
  NativeViewer: new (
    directories: string[],
    files: string[],
  ) => NativeViewer;
}
