// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Generated from layout.json by scripts/generate-layout.mjs; do not edit.

/** File header (64 bytes, version 1). */
/** i64, = 1; stored last, with release order, by this project's writers */
export const HEADER_VERSION = 0;
/** i64, file offset of the events ring */
export const HEADER_EVENTS_OFFSET = 8;
/** i64, file offset of the spans ring */
export const HEADER_SPANS_OFFSET = 16;
/** i64, file offset of the measurements ring */
export const HEADER_MEASUREMENTS_OFFSET = 24;
/** i64, file offset of the dictionary */
export const HEADER_DICTIONARY_OFFSET = 32;
/** u64, start time of the writer; a change tells readers to read the file anew */
export const HEADER_TIME_UNIX_NANO = 40;
/** 16 bytes, zero */
export const HEADER_RESERVED = 48;
/** length of the header */
export const HEADER_LENGTH = 64;

/** Ring header. */
/** i64, power of two */
export const RING_NUM_BUFFERS = 0;
/** i64, bytes per slot */
export const RING_BUFFER_SIZE = 8;
/** i64, last index read, −1 at first */
export const RING_READER_INDEX = 16;
/** i64, last index claimed, −1 at first */
export const RING_WRITER_INDEX = 24;
/** i32[num_buffers], −1 at first; the slots follow with no padding */
export const RING_AVAILABILITY = 32;

/** Dictionary header. */
/** i64, file offset of the end of the claimed space */
export const DICTIONARY_END = 0;
/** i64, entries claimed */
export const DICTIONARY_NUM_ENTRIES = 8;
/** length of the dictionary header; the first entry follows */
export const DICTIONARY_LENGTH = 64;

/** Extension block. */
/** where this project's writers put the block in the file; readers look for the magic at every multiple of 64 in the gap below the events ring (first 64 KiB) */
export const BLOCK_FILE_OFFSET = 64;
/** u64, BLOCK_MAGIC */
export const BLOCK_MAGIC = 0;
/** u32, 1 */
export const BLOCK_VERSION = 8;
/** u32, length of the whole block */
export const BLOCK_LENGTH = 12;
/** u32, length of the constant part that the checksum covers */
export const BLOCK_CONSTANT_LENGTH = 16;
/** u32, CRC-32 (IEEE) of the constant part with these four bytes zero */
export const BLOCK_CHECKSUM = 20;
/** u64, features a reader must understand, or set the file aside */
export const BLOCK_FEATURES_MUST = 24;
/** u64, features a reader may ignore */
export const BLOCK_FEATURES_MAY = 32;
/** 16 bytes, shared by all files of one producer */
export const BLOCK_STREAM_ID = 40;
/** u64, 0, 1, 2 … within the stream */
export const BLOCK_GENERATION = 56;
/** 16 random bytes */
export const BLOCK_FILE_ID = 64;
/** u32, process id of the writer in its own namespace */
export const BLOCK_PID = 80;
/** u32, MODE_DIRECTORY or MODE_SINGLE_FILE */
export const BLOCK_MODE = 84;
/** u64, inode number of the writer's pid namespace, 0 if unknown */
export const BLOCK_PID_NAMESPACE = 88;
/** u64, start time of the process in clock ticks since boot (proc(5) stat field 22), 0 if unknown */
export const BLOCK_PID_START_TIME = 96;
/** 16 bytes, boot id of the kernel, zero if unknown */
export const BLOCK_BOOT_ID = 104;
/** u64, CLOCK_REALTIME in ns when the file was made */
export const BLOCK_ANCHOR_REALTIME = 120;
/** u64, CLOCK_BOOTTIME in ns at the same moment */
export const BLOCK_ANCHOR_BOOTTIME = 128;
/** u32, page size of the writer's machine */
export const BLOCK_PAGE_SIZE = 136;
/** u32, zero */
export const BLOCK_CONSTANT_RESERVED_U32 = 140;
/** u64, file offset of the spill ring, 0 = none */
export const BLOCK_SPILL_OFFSET = 144;
/** u64, bytes of the spill ring */
export const BLOCK_SPILL_LENGTH = 152;
/** 64 bytes, UTF-8, zero-padded: service.name as known when the file was made, for viewers */
export const BLOCK_SERVICE_NAME = 160;
/** end of the constant part; 224–255 are zero */
export const BLOCK_CONSTANT_END = 256;
/** u32 atomic, STATE_OPEN or STATE_CLOSED: nothing more will be claimed */
export const BLOCK_STATE_EVENTS = 256;
/** u32 atomic, as above */
export const BLOCK_STATE_SPANS = 260;
/** u32 atomic, as above */
export const BLOCK_STATE_MEASUREMENTS = 264;
/** u32 atomic, as above, for metric cells */
export const BLOCK_STATE_CELLS = 268;
/** u32 atomic, RESOURCE_PENDING or RESOURCE_SETTLED */
export const BLOCK_RESOURCE_STATE = 272;
/** u32, zero */
export const BLOCK_BLOCK_RESERVED_U32 = 276;
/** i64 atomic, dictionary reference of the Resource that stands for every scope of the file, 0 = take the scope's own */
export const BLOCK_RESOURCE_REF = 280;
/** i64 atomic, dictionary reference of a string, 0 = none */
export const BLOCK_RESOURCE_SCHEMA_URL_REF = 288;
/** i64 atomic, dictionary reference of a Resource message whose attributes are the app's settings, 0 = none */
export const BLOCK_SETTINGS_REF = 296;
/** i64 atomic, file offset of the first instrument, 0 = none */
export const BLOCK_SERIES_TABLE_REF = 304;
/** i64 atomic, file offset at which the extents of metric cells begin, 0 = none */
export const BLOCK_CELL_EXTENTS_REF = 312;
/** u64 atomic, the writer adds one to ask for everything written so far to be exported */
export const BLOCK_FLUSH_EPOCH = 320;
/** u64 atomic, wall clock in ns of the newest commit */
export const BLOCK_LAST_COMMIT = 328;
/** u64 atomic, position in the spill ring where the next entry begins; only grows */
export const BLOCK_SPILL_HEAD = 336;
/** u64 atomic, position of the oldest entry that the writer keeps */
export const BLOCK_SPILL_TAIL = 344;
/** u64 atomic, wall clock in ns, stored by the writer now and then: the grain of CELL_UPDATED */
export const BLOCK_CELLS_TICK = 352;
/** u64 atomic, wall clock in ns: what was updated before it is in collections that every stream of the reader has had acknowledged */
export const BLOCK_CELLS_COLLECTED = 360;
/** four reader slots */
export const BLOCK_READER_SLOTS = 1024;
/** u64[3][8] atomic, records lost by the writer: ring (events, spans, measurements) by reason */
export const BLOCK_DROPS = 1280;
/** length of the block; bytes not named are zero */
export const BLOCK_TOTAL_LENGTH = 1984;

/** Reader slot (64 bytes, four in the extension block). */
/** u64 atomic, random, 0 = free. Slot 0 belongs to the reader that holds the reader lock */
export const SLOT_READER_ID = 0;
/** u64 atomic, wall clock in ns of the reader's last visit, stored at least once a second */
export const SLOT_HEARTBEAT = 8;
/** u32 atomic, 1: the reader sleeps until the file is touched */
export const SLOT_SLEEPING = 16;
/** u32, process id of the reader */
export const SLOT_PID = 20;
/** u64 atomic, newest FLUSH_EPOCH whose records every destination acknowledged */
export const SLOT_ACKNOWLEDGED_EPOCH = 24;
/** bytes per slot */
export const SLOT_STRIDE = 64;

/** Entry of the spill ring. */
/** u32, number of the ring whose record refers to the entry */
export const SPILL_RING = 0;
/** u32, bytes of the message Spilled that follows the header */
export const SPILL_LENGTH = 4;
/** i64, index of that record */
export const SPILL_INDEX = 8;
/** length of the header */
export const SPILL_HEADER = 16;
/** entries begin at multiples of this */
export const SPILL_ALIGNMENT = 8;

/** Constants. */
/** header version */
export const CONSTANT_FORMAT_VERSION = 1;
/** extension block version */
export const CONSTANT_BLOCK_VERSION = 1;
/** readers look for the block below this file offset */
export const CONSTANT_BLOCK_SEARCH_LIMIT = 65536;
/** alignment of the sections this project writes; readers accept multiples of 8 */
export const CONSTANT_SECTION_ALIGNMENT = 64;
/** one file a process and generation */
export const CONSTANT_MODE_DIRECTORY = 1;
/** one path, for version-1 readers */
export const CONSTANT_MODE_SINGLE_FILE = 2;
/** section takes records */
export const CONSTANT_STATE_OPEN = 1;
/** section will take no more records */
export const CONSTANT_STATE_CLOSED = 2;
/** resource detectors are still at work: a reader waits (bounded) before it exports */
export const CONSTANT_RESOURCE_PENDING = 1;
/** the resource is final */
export const CONSTANT_RESOURCE_SETTLED = 2;
/** ring number */
export const CONSTANT_RING_EVENTS = 0;
/** ring number */
export const CONSTANT_RING_SPANS = 1;
/** ring number */
export const CONSTANT_RING_MEASUREMENTS = 2;
/** reason: ring full */
export const CONSTANT_DROP_FULL = 0;
/** reason: record larger than a slot */
export const CONSTANT_DROP_TOO_LARGE = 1;
/** reason: file could not be made or grown */
export const CONSTANT_DROP_DISK = 2;
/** reason: writer shut down or stood down */
export const CONSTANT_DROP_DISABLED = 3;
/** reason: a limit (dictionary, cardinality) */
export const CONSTANT_DROP_LIMIT = 4;
/** not a lost record: a value was cut to fit */
export const CONSTANT_DROP_TRUNCATED = 5;
/** reasons per ring */
export const CONSTANT_DROP_REASONS = 8;
/** may-ignore bit 0: measurements in the ring are copies of what the cells hold */
export const CONSTANT_FEATURE_MEASUREMENTS_MIRRORED = 1;
/** may-ignore bit 1: values longer than a slot are in the spill ring */
export const CONSTANT_FEATURE_SPILL = 2;
/** may-ignore bit 2: metric cells */
export const CONSTANT_FEATURE_CELLS = 4;
/** may-ignore bit 3: the writer wakes a reader that sleeps */
export const CONSTANT_FEATURE_WAKES = 8;

/** Message fields (protobuf field numbers; 1000 and up are this project's). */
/** message SpillRef: parts of the record stand whole in the spill ring. First in StartSpan, EndSpan, ChangeSpanName, UpdateAttributes, AddLink or Event */
export const FIELD_SPILL = 1015;
/** fixed64, position of the entry in the spill ring */
export const FIELD_SPILL_POSITION = 1;
/** fixed32, bytes of the message Spilled */
export const FIELD_SPILL_LENGTH = 2;
/** fixed32, CRC-32 (IEEE) of these */
export const FIELD_SPILL_CRC = 3;
/** repeated message SpilledPart */
export const FIELD_SPILLED_PARTS = 1;
/** u32, offset in the record of the body of the length-delimited field that was cut; 0: further fields of an Event, after its own */
export const FIELD_PART_AT = 1;
/** bytes, the whole body */
export const FIELD_PART_BYTES = 2;
export const FIELD_SPAN_EVENT_TRACE_ID = 1;
export const FIELD_SPAN_EVENT_SPAN_ID = 2;
export const FIELD_SPAN_EVENT_START = 11;
export const FIELD_SPAN_EVENT_END = 12;
export const FIELD_SPAN_EVENT_NAME = 13;
export const FIELD_SPAN_EVENT_ATTRIBUTES = 14;
export const FIELD_SPAN_EVENT_LINK = 15;
export const FIELD_SPAN_EVENT_SCOPE_REF = 20;
export const FIELD_START_PARENT_SPAN_ID = 4;
export const FIELD_START_NAME = 5;
export const FIELD_START_KIND = 6;
export const FIELD_START_TIME = 7;
export const FIELD_START_ATTRIBUTES = 9;
/** fixed32; the flags word of OTLP: W3C flags, 0x100 = remote known, 0x200 = parent is remote */
export const FIELD_START_FLAGS = 16;
/** string, W3C trace state */
export const FIELD_START_TRACE_STATE = 1000;
/** i64, schema URL of the scope */
export const FIELD_START_SCOPE_SCHEMA_URL_REF = 1001;
export const FIELD_END_TIME = 8;
export const FIELD_END_STATUS = 15;
/** u32 */
export const FIELD_END_DROPPED_ATTRIBUTES = 1000;
/** u32 */
export const FIELD_END_DROPPED_EVENTS = 1001;
/** u32 */
export const FIELD_END_DROPPED_LINKS = 1002;
/** message UpdateAttributes, the last change before the end; not in single-file mode, where it is a record of its own */
export const FIELD_END_UPDATE = 1003;
export const FIELD_STATUS_MESSAGE = 2;
export const FIELD_STATUS_CODE = 3;
export const FIELD_CHANGE_NAME = 5;
export const FIELD_UPDATE_ATTRIBUTES = 9;
/** message SpanEventData, an event of the span */
export const FIELD_UPDATE_EVENT = 1000;
/** message Status, before the end record repeats it */
export const FIELD_UPDATE_STATUS = 1001;
/** repeated KeyValueRef, more attributes of the newest event of the span */
export const FIELD_UPDATE_EVENT_ATTRIBUTES = 1002;
/** u32, the span keeps at most so many events: when this record's event makes them more, the oldest go */
export const FIELD_UPDATE_EVENT_LIMIT = 1003;
/** fixed64, ns */
export const FIELD_EVENT_DATA_TIME = 1;
/** string */
export const FIELD_EVENT_DATA_NAME = 2;
/** repeated KeyValueRef */
export const FIELD_EVENT_DATA_ATTRIBUTES = 3;
/** u32 */
export const FIELD_EVENT_DATA_DROPPED_ATTRIBUTES = 4;
export const FIELD_ADD_LINKS = 13;
/** u32, the span keeps at most so many links: when this record's links make them more, the oldest go */
export const FIELD_ADD_LINKS_LIMIT = 1000;
export const FIELD_LINK_TRACE_ID = 1;
export const FIELD_LINK_SPAN_ID = 2;
export const FIELD_LINK_TRACE_STATE = 3;
export const FIELD_LINK_ATTRIBUTES = 4;
export const FIELD_LINK_DROPPED_ATTRIBUTES = 5;
export const FIELD_LINK_FLAGS = 6;
export const FIELD_EVENT_SCOPE_REF = 1;
export const FIELD_EVENT_TIME = 2;
export const FIELD_EVENT_SEVERITY_NUMBER = 3;
export const FIELD_EVENT_SEVERITY_TEXT = 4;
export const FIELD_EVENT_BODY = 5;
export const FIELD_EVENT_NAME_REF = 6;
export const FIELD_EVENT_SPAN_CONTEXT = 7;
export const FIELD_EVENT_ATTRIBUTES = 8;
/** fixed64, ns: when the record was made, where its own time is another one */
export const FIELD_EVENT_OBSERVED_TIME = 1000;
/** u32 */
export const FIELD_EVENT_DROPPED_ATTRIBUTES = 1001;
/** i64, schema URL of the scope */
export const FIELD_EVENT_SCOPE_SCHEMA_URL_REF = 1002;
/** string, the event's name where EVENT_NAME_REF is 0: one that is not in the dictionary */
export const FIELD_EVENT_NAME = 1003;
export const FIELD_CONTEXT_SPAN_ID = 1;
export const FIELD_CONTEXT_TRACE_ID = 2;
export const FIELD_CONTEXT_FLAGS = 3;
export const FIELD_MEASUREMENT_METRIC_REF = 1;
export const FIELD_MEASUREMENT_ATTRIBUTES = 2;
export const FIELD_MEASUREMENT_TIME = 3;
export const FIELD_MEASUREMENT_AS_LONG = 4;
export const FIELD_MEASUREMENT_AS_DOUBLE = 5;
export const FIELD_MEASUREMENT_SPAN_CONTEXT = 6;
export const FIELD_METRIC_NAME = 1;
export const FIELD_METRIC_DESCRIPTION = 2;
export const FIELD_METRIC_UNIT = 3;
export const FIELD_METRIC_SCOPE_REF = 4;
export const FIELD_METRIC_GAUGE = 5;
export const FIELD_METRIC_SUM = 6;
export const FIELD_METRIC_HISTOGRAM = 7;
export const FIELD_METRIC_EXP_HISTOGRAM = 8;
export const FIELD_RESOURCE_ATTRIBUTES = 1;
export const FIELD_RESOURCE_DROPPED_ATTRIBUTES = 2;
export const FIELD_SCOPE_NAME_REF = 1;
export const FIELD_SCOPE_VERSION_REF = 2;
export const FIELD_SCOPE_ATTRIBUTES = 3;
export const FIELD_SCOPE_DROPPED_ATTRIBUTES = 4;
export const FIELD_SCOPE_RESOURCE_REF = 5;
export const FIELD_KEY_VALUE_KEY_REF = 1;
export const FIELD_KEY_VALUE_VALUE = 2;
export const FIELD_ANY_STRING = 1;
export const FIELD_ANY_BOOL = 2;
export const FIELD_ANY_INT = 3;
export const FIELD_ANY_DOUBLE = 4;
export const FIELD_ANY_ARRAY = 5;
export const FIELD_ANY_KVLIST = 6;
export const FIELD_ANY_BYTES = 7;
export const FIELD_ANY_VALUE_REF = 8;
export const FIELD_ARRAY_VALUES = 1;
export const FIELD_KVLIST_VALUES = 1;

/** Instrument (in an extent, aligned to 64). */
/** u32 atomic, next instrument as file offset / 64, 0 = last */
export const INSTRUMENT_NEXT = 0;
/** u32 atomic, first page of cells as file offset / 64, 0 = none */
export const INSTRUMENT_FIRST_PAGE = 4;
/** u32, CELLS_KIND_* */
export const INSTRUMENT_KIND = 8;
/** u32, bits CELLS_* */
export const INSTRUMENT_FLAGS = 12;
/** u32, bytes from one cell to the next, a multiple of 16 */
export const INSTRUMENT_STRIDE = 16;
/** u32, bounds of an explicit histogram; most buckets of an exponential one, for each sign */
export const INSTRUMENT_BUCKETS = 20;
/** i32, of exponential histograms */
export const INSTRUMENT_MAX_SCALE = 24;
/** u32, bytes of the body */
export const INSTRUMENT_BODY_LENGTH = 28;
/** u32, CRC-32 (IEEE) of bytes 8–31 and the body */
export const INSTRUMENT_CHECKSUM = 32;
/** message InstrumentBody */
export const INSTRUMENT_BODY = 64;

/** Page of cells (in an extent, aligned to 64). */
/** u32 atomic, next page of the instrument as file offset / 64, 0 = last */
export const PAGE_NEXT = 0;
/** u32, its instrument as file offset / 64 */
export const PAGE_INSTRUMENT = 4;
/** u32, cells in the page */
export const PAGE_CAPACITY = 8;
/** u32 atomic, cells from the start of the page that were ever in use */
export const PAGE_USED = 12;
/** the first cell */
export const PAGE_CELLS = 64;

/** Cell (aligned to 16; a cell's number is its file offset / 16). */
/** f64: sums; first copy of gauges and observed values */
export const CELL_VALUE = 0;
/** f64, seconds since the Unix epoch: the writer's tick at the last update (sums and histograms) */
export const CELL_UPDATED = 8;
/** u64, ns: time of the first copy of a gauge */
export const CELL_GAUGE_TIME = 8;
/** f64: second copy of an observed value */
export const CELL_OBSERVED_VALUE_B = 8;
/** u64, ns: when the series (of this thread) began */
export const CELL_START = 16;
/** u32, attribute set as file offset / 16 */
export const CELL_ATTRIBUTES = 24;
/** u32 atomic, reservoir as file offset / 64, 0 = none */
export const CELL_EXEMPLARS = 28;
/** u32 atomic, number of the next cell of the same series, another thread's; 0 = last */
export const CELL_NEXT = 32;
/** u32 atomic, odd = in use; one more with each taking and each giving back */
export const CELL_GENERATION = 36;
/** u32 atomic, thread that writes it (upper 24 bits, 0 = nobody now), bits CELLS_OWNER_* */
export const CELL_OWNER = 40;
/** u32 atomic: bit 0 says which copy is in force (gauges, histograms) */
export const CELL_SEQUENCE = 44;
/** u32, the round word of its thread as file offset / 64 (observed values) */
export const CELL_OBSERVER = 44;
/** length of a sum's cell; the rest is of the other kinds */
export const CELL_SUM_LENGTH = 48;
/** u32 atomic, bucket words of negative values as file offset / 64, 0 = none yet (exponential histograms) */
export const CELL_NEGATIVE = 48;
/** f64: second copy of a gauge */
export const CELL_GAUGE_VALUE_B = 48;
/** u64, ns: time of it */
export const CELL_GAUGE_TIME_B = 56;
/** u32 atomic, round to which the first copy belongs */
export const CELL_OBSERVED_ROUND = 48;
/** u32 atomic, round of the second copy */
export const CELL_OBSERVED_ROUND_B = 52;
/** f64, as UPDATED */
export const CELL_OBSERVED_UPDATED = 56;
/** length of a gauge's and an observed value's cell, and where a histogram's copies begin */
export const CELL_LENGTH = 64;

/** Histograms: behind the head of the cell. */
/** f64 (offsets within a copy) */
export const HISTOGRAM_COPY_SUM = 0;
/** f64 */
export const HISTOGRAM_COPY_MIN = 8;
/** f64 */
export const HISTOGRAM_COPY_MAX = 16;
/** u64, word of the newest increment, counted from the first bucket word; those of negative values come behind the others */
export const HISTOGRAM_COPY_BUCKET = 24;
/** u64, what that word holds with it */
export const HISTOGRAM_COPY_COUNT = 32;
/** u64, exponential only */
export const HISTOGRAM_COPY_ZERO_COUNT = 40;
/** i64, exponential only */
export const HISTOGRAM_COPY_SCALE = 48;
/** i32 lowest and i32 highest index of the positive range, lowest first; exponential only */
export const HISTOGRAM_COPY_POSITIVE = 56;
/** as above, of the negative range */
export const HISTOGRAM_COPY_NEGATIVE = 64;
/** u64, bit 0: which half of the bucket words is in force, of either sign; bit 1 / 2: the positive / negative range is not empty */
export const HISTOGRAM_COPY_STATE = 72;
/** first copy (offset within the cell) */
export const HISTOGRAM_COPY_A = 64;
/** second copy */
export const HISTOGRAM_COPY_B = 144;
/** u64[]: bucket words */
export const HISTOGRAM_WORDS = 224;

/** Exemplar reservoir (in an extent, aligned to 64). */
/** u32, slots */
export const EXEMPLARS_SLOTS = 0;
/** u32, offers since SINCE */
export const EXEMPLARS_OFFERED = 4;
/** u64, ns: when the count began */
export const EXEMPLARS_SINCE = 8;
/** the first slot */
export const EXEMPLARS_FIRST = 64;
/** u32 atomic (offsets within a slot): odd while it is written */
export const EXEMPLARS_SEQUENCE = 0;
/** u32 */
export const EXEMPLARS_ATTRIBUTES_LENGTH = 4;
/** u64, ns; 0 = empty */
export const EXEMPLARS_TIME = 8;
/** f64 */
export const EXEMPLARS_VALUE = 16;
/** 16 bytes */
export const EXEMPLARS_TRACE_ID = 24;
/** 8 bytes */
export const EXEMPLARS_SPAN_ID = 40;
/** attributes that the series has not: KeyValue fields 1 */
export const EXEMPLARS_ATTRIBUTES = 48;
/** bytes per slot */
export const EXEMPLARS_SLOT_LENGTH = 192;

/** Metric cells: constants. */
/** extents begin and end at multiples of it */
export const CELLS_EXTENT_ALIGNMENT = 65536;
/** cells are numbered by file offset / 16, attribute sets as well */
export const CELLS_CELL_UNIT = 16;
/** bytes at the start of each extent that are not handed out: its length as an entry, a varint of 8 bytes, and zeros */
export const CELLS_EXTENT_HEADER = 64;
/** an attribute set: u32 length, u32 low half of XXH3-64 (seed 0) of the bytes, KeyValue fields 1 with sorted keys; aligned to 16 */
export const CELLS_ATTRIBUTES_HEADER = 8;
/** bytes of the window that a view shows */
export const CELLS_WINDOW = 65536;
/** one value that is added to */
export const CELLS_KIND_SUM = 11;
/** the newest value, with its time */
export const CELLS_KIND_GAUGE = 12;
/** an absolute value set by a callback */
export const CELLS_KIND_OBSERVED_SUM = 13;
/** the newest value, set by a callback */
export const CELLS_KIND_OBSERVED_GAUGE = 14;
/** explicit bounds */
export const CELLS_KIND_HISTOGRAM = 15;
/** base-2 exponential */
export const CELLS_KIND_EXPONENTIAL = 16;
/** instrument flag: a sum that never falls */
export const CELLS_MONOTONIC = 1;
/** instrument flag: values are whole numbers, exported as such */
export const CELLS_INTEGER = 2;
/** instrument flag: histograms without min and max */
export const CELLS_NO_MIN_MAX = 4;
/** instrument flag: histograms without sum (of instruments that take negative values) */
export const CELLS_NO_SUM = 8;
/** owner bit: the first cell of its series, where a reader begins */
export const CELLS_OWNER_PRIMARY = 1;
/** owner bit: takes what is beyond the cardinality limit */
export const CELLS_OWNER_OVERFLOW = 2;
/** bits below the thread's number */
export const CELLS_OWNER_SHIFT = 8;
/** series of an instrument, the overflow series included */
export const CELLS_LIMIT_DEFAULT = 2000;
/** largest limit that can be set */
export const CELLS_LIMIT_MOST = 10000000;
/** InstrumentBody: OTLP InstrumentationScope */
export const CELLS_BODY_SCOPE = 1;
/** string, of the scope */
export const CELLS_BODY_SCHEMA_URL = 2;
/** string */
export const CELLS_BODY_NAME = 3;
/** string */
export const CELLS_BODY_DESCRIPTION = 4;
/** string */
export const CELLS_BODY_UNIT = 5;
/** packed double, rising */
export const CELLS_BODY_BOUNDS = 6;

/** Scratch buffer between JavaScript and Rust (not in the file). */
/** u32 in: TIME_NONE, TIME_CLOCK (Rust reads the clock) or TIME_EXPLICIT (seconds and nanoseconds are given) */
export const SCRATCH_TIME_MODE = 0;
/** u32 in: offset in the record of the fixed64 that Rust fills with the time */
export const SCRATCH_TIME_OFFSET = 4;
/** u32 in (explicit) and out: seconds since the Unix epoch */
export const SCRATCH_TIME_SECONDS = 8;
/** u32 in (explicit) and out: nanoseconds */
export const SCRATCH_TIME_NANOS = 12;
/** u32 in: with TIME_CLOCK the time is never before this */
export const SCRATCH_FLOOR_SECONDS = 16;
/** u32 in */
export const SCRATCH_FLOOR_NANOS = 20;
/** i32 in and out: number of the clock anchor to use, −1 = the current one; out: the one used */
export const SCRATCH_ANCHOR = 24;
/** u32 in: the epoch in which the record's references were resolved */
export const SCRATCH_EPOCH = 28;
/** f64 in: a measured value, for the calls on metric cells; out of cellsTick: the tick */
export const SCRATCH_VALUE = 32;
/** u32 out of metricCell: 1 = the overflow series, which is not to be remembered for these attributes */
export const SCRATCH_CELL_OVERFLOW = 40;
/** u32 in: number of the writer */
export const SCRATCH_COMMIT_WRITER = 44;
/** u32 in: RING_* */
export const SCRATCH_COMMIT_RING = 48;
/** u32 in: offset of the record in the scratch buffer */
export const SCRATCH_COMMIT_OFFSET = 52;
/** u32 in: bytes of the record */
export const SCRATCH_COMMIT_LENGTH = 56;
/** u32 out: COMMIT_* */
export const SCRATCH_COMMIT_STATUS = 60;
/** u32 in: number of the writer, for recordCell */
export const SCRATCH_CELL_WRITER = 64;
/** u32 in: number of the instrument */
export const SCRATCH_CELL_INSTRUMENT = 68;
/** u32 in: number of the cell */
export const SCRATCH_CELL_NUMBER = 72;
/** the record to commit starts here */
export const SCRATCH_RECORD = 128;
/** bytes for it (512 KiB − 128) */
export const SCRATCH_RECORD_LENGTH = 524160;
/** the pending attribute record of one open span is built here */
export const SCRATCH_PENDING = 524288;
/** bytes for it */
export const SCRATCH_PENDING_LENGTH = 131072;
/** length of the scratch buffer */
export const SCRATCH_LENGTH = 655360;

/** Results of a commit call, and its time modes (not in the file). */
/** the record is in the file */
export const COMMIT_PUBLISHED = 0;
/** the ring is full: dropped and counted */
export const COMMIT_FULL = 1;
/** references are of an older epoch: resolve and encode again */
export const COMMIT_STALE = 2;
/** larger than a slot: dropped and counted */
export const COMMIT_TOO_LARGE = 3;
/** writer shut down or stood down: dropped and counted */
export const COMMIT_DISABLED = 4;
/** no file could be made: dropped and counted */
export const COMMIT_DISK = 5;
/** references only: no room in the dictionary and no next file, or too large for any; the caller counts the loss */
export const COMMIT_LIMIT = 6;
/** long records only: in the file, but values stay cut for want of room in the spill ring; counted */
export const COMMIT_CUT = 7;
export const COMMIT_TIME_NONE = 0;
export const COMMIT_TIME_CLOCK = 1;
export const COMMIT_TIME_EXPLICIT = 2;
