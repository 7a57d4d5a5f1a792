//! The byte format in numbers: see docs/format.md.
//!
//! Generated from layout.json by scripts/generate-layout.mjs; do not edit.
#![expect(
    clippy::doc_markdown,
    reason = "the descriptions are shared with TypeScript and the docs"
)]

/// File header (64 bytes, version 1).
pub mod header {
    /// i64, = 1; stored last, with release order, by this project's writers
    pub const VERSION: usize = 0;
    /// i64, file offset of the events ring
    pub const EVENTS_OFFSET: usize = 8;
    /// i64, file offset of the spans ring
    pub const SPANS_OFFSET: usize = 16;
    /// i64, file offset of the measurements ring
    pub const MEASUREMENTS_OFFSET: usize = 24;
    /// i64, file offset of the dictionary
    pub const DICTIONARY_OFFSET: usize = 32;
    /// u64, start time of the writer; a change tells readers to read the file anew
    pub const TIME_UNIX_NANO: usize = 40;
    /// 16 bytes, zero
    pub const RESERVED: usize = 48;
    /// length of the header
    pub const LENGTH: usize = 64;
}

/// Ring header.
pub mod ring {
    /// i64, power of two
    pub const NUM_BUFFERS: usize = 0;
    /// i64, bytes per slot
    pub const BUFFER_SIZE: usize = 8;
    /// i64, last index read, −1 at first
    pub const READER_INDEX: usize = 16;
    /// i64, last index claimed, −1 at first
    pub const WRITER_INDEX: usize = 24;
    /// i32\[num_buffers\], −1 at first; the slots follow with no padding
    pub const AVAILABILITY: usize = 32;
}

/// Dictionary header.
pub mod dictionary {
    /// i64, file offset of the end of the claimed space
    pub const END: usize = 0;
    /// i64, entries claimed
    pub const NUM_ENTRIES: usize = 8;
    /// length of the dictionary header; the first entry follows
    pub const LENGTH: usize = 64;
}

/// Extension block.
pub mod block {
    /// where this project's writers put the block in the file; readers look for the magic at every multiple of 64 in the gap below the events ring (first 64 KiB)
    pub const FILE_OFFSET: usize = 64;
    /// u64, BLOCK_MAGIC
    pub const MAGIC: usize = 0;
    /// u32, 1
    pub const VERSION: usize = 8;
    /// u32, length of the whole block
    pub const LENGTH: usize = 12;
    /// u32, length of the constant part that the checksum covers
    pub const CONSTANT_LENGTH: usize = 16;
    /// u32, CRC-32 (IEEE) of the constant part with these four bytes zero
    pub const CHECKSUM: usize = 20;
    /// u64, features a reader must understand, or set the file aside
    pub const FEATURES_MUST: usize = 24;
    /// u64, features a reader may ignore
    pub const FEATURES_MAY: usize = 32;
    /// 16 bytes, shared by all files of one producer
    pub const STREAM_ID: usize = 40;
    /// u64, 0, 1, 2 … within the stream
    pub const GENERATION: usize = 56;
    /// 16 random bytes
    pub const FILE_ID: usize = 64;
    /// u32, process id of the writer in its own namespace
    pub const PID: usize = 80;
    /// u32, MODE_DIRECTORY or MODE_SINGLE_FILE
    pub const MODE: usize = 84;
    /// u64, inode number of the writer's pid namespace, 0 if unknown
    pub const PID_NAMESPACE: usize = 88;
    /// u64, start time of the process in clock ticks since boot (proc(5) stat field 22), 0 if unknown
    pub const PID_START_TIME: usize = 96;
    /// 16 bytes, boot id of the kernel, zero if unknown
    pub const BOOT_ID: usize = 104;
    /// u64, CLOCK_REALTIME in ns when the file was made
    pub const ANCHOR_REALTIME: usize = 120;
    /// u64, CLOCK_BOOTTIME in ns at the same moment
    pub const ANCHOR_BOOTTIME: usize = 128;
    /// u32, page size of the writer's machine
    pub const PAGE_SIZE: usize = 136;
    /// u32, zero
    pub const CONSTANT_RESERVED_U32: usize = 140;
    /// u64, file offset of the spill ring, 0 = none
    pub const SPILL_OFFSET: usize = 144;
    /// u64, bytes of the spill ring
    pub const SPILL_LENGTH: usize = 152;
    /// 64 bytes, UTF-8, zero-padded: service.name as known when the file was made, for viewers
    pub const SERVICE_NAME: usize = 160;
    /// end of the constant part; 224–255 are zero
    pub const CONSTANT_END: usize = 256;
    /// u32 atomic, STATE_OPEN or STATE_CLOSED: nothing more will be claimed
    pub const STATE_EVENTS: usize = 256;
    /// u32 atomic, as above
    pub const STATE_SPANS: usize = 260;
    /// u32 atomic, as above
    pub const STATE_MEASUREMENTS: usize = 264;
    /// u32 atomic, as above, for metric cells
    pub const STATE_CELLS: usize = 268;
    /// u32 atomic, RESOURCE_PENDING or RESOURCE_SETTLED
    pub const RESOURCE_STATE: usize = 272;
    /// u32, zero
    pub const BLOCK_RESERVED_U32: usize = 276;
    /// i64 atomic, dictionary reference of the Resource that stands for every scope of the file, 0 = take the scope's own
    pub const RESOURCE_REF: usize = 280;
    /// i64 atomic, dictionary reference of a string, 0 = none
    pub const RESOURCE_SCHEMA_URL_REF: usize = 288;
    /// i64 atomic, dictionary reference of a Resource message whose attributes are the app's settings, 0 = none
    pub const SETTINGS_REF: usize = 296;
    /// i64 atomic, file offset of the first instrument, 0 = none
    pub const SERIES_TABLE_REF: usize = 304;
    /// i64 atomic, file offset at which the extents of metric cells begin, 0 = none
    pub const CELL_EXTENTS_REF: usize = 312;
    /// u64 atomic, the writer adds one to ask for everything written so far to be exported
    pub const FLUSH_EPOCH: usize = 320;
    /// u64 atomic, wall clock in ns of the newest commit
    pub const LAST_COMMIT: usize = 328;
    /// u64 atomic, position in the spill ring where the next entry begins; only grows
    pub const SPILL_HEAD: usize = 336;
    /// u64 atomic, position of the oldest entry that the writer keeps
    pub const SPILL_TAIL: usize = 344;
    /// u64 atomic, wall clock in ns, stored by the writer now and then: the grain of CELL_UPDATED
    pub const CELLS_TICK: usize = 352;
    /// u64 atomic, wall clock in ns: what was updated before it is in collections that every stream of the reader has had acknowledged
    pub const CELLS_COLLECTED: usize = 360;
    /// four reader slots
    pub const READER_SLOTS: usize = 1024;
    /// u64\[3\]\[8\] atomic, records lost by the writer: ring (events, spans, measurements) by reason
    pub const DROPS: usize = 1280;
    /// length of the block; bytes not named are zero
    pub const TOTAL_LENGTH: usize = 1984;
}

/// Reader slot (64 bytes, four in the extension block).
pub mod slot {
    /// u64 atomic, random, 0 = free. Slot 0 belongs to the reader that holds the reader lock
    pub const READER_ID: usize = 0;
    /// u64 atomic, wall clock in ns of the reader's last visit, stored at least once a second
    pub const HEARTBEAT: usize = 8;
    /// u32 atomic, 1: the reader sleeps until the file is touched
    pub const SLEEPING: usize = 16;
    /// u32, process id of the reader
    pub const PID: usize = 20;
    /// u64 atomic, newest FLUSH_EPOCH whose records every destination acknowledged
    pub const ACKNOWLEDGED_EPOCH: usize = 24;
    /// bytes per slot
    pub const STRIDE: usize = 64;
}

/// Entry of the spill ring.
pub mod spill {
    /// u32, number of the ring whose record refers to the entry
    pub const RING: usize = 0;
    /// u32, bytes of the message Spilled that follows the header
    pub const LENGTH: usize = 4;
    /// i64, index of that record
    pub const INDEX: usize = 8;
    /// length of the header
    pub const HEADER: usize = 16;
    /// entries begin at multiples of this
    pub const ALIGNMENT: usize = 8;
}

/// Constants.
pub mod constant {
    /// header version
    pub const FORMAT_VERSION: u32 = 1;
    /// the bytes OTPMMAP1
    pub const BLOCK_MAGIC: u64 = 0x3150_414d_4d50_544f;
    /// extension block version
    pub const BLOCK_VERSION: u32 = 1;
    /// readers look for the block below this file offset
    pub const BLOCK_SEARCH_LIMIT: u32 = 65536;
    /// alignment of the sections this project writes; readers accept multiples of 8
    pub const SECTION_ALIGNMENT: u32 = 64;
    /// one file a process and generation
    pub const MODE_DIRECTORY: u32 = 1;
    /// one path, for version-1 readers
    pub const MODE_SINGLE_FILE: u32 = 2;
    /// section takes records
    pub const STATE_OPEN: u32 = 1;
    /// section will take no more records
    pub const STATE_CLOSED: u32 = 2;
    /// resource detectors are still at work: a reader waits (bounded) before it exports
    pub const RESOURCE_PENDING: u32 = 1;
    /// the resource is final
    pub const RESOURCE_SETTLED: u32 = 2;
    /// ring number
    pub const RING_EVENTS: u32 = 0;
    /// ring number
    pub const RING_SPANS: u32 = 1;
    /// ring number
    pub const RING_MEASUREMENTS: u32 = 2;
    /// reason: ring full
    pub const DROP_FULL: u32 = 0;
    /// reason: record larger than a slot
    pub const DROP_TOO_LARGE: u32 = 1;
    /// reason: file could not be made or grown
    pub const DROP_DISK: u32 = 2;
    /// reason: writer shut down or stood down
    pub const DROP_DISABLED: u32 = 3;
    /// reason: a limit (dictionary, cardinality)
    pub const DROP_LIMIT: u32 = 4;
    /// not a lost record: a value was cut to fit
    pub const DROP_TRUNCATED: u32 = 5;
    /// reasons per ring
    pub const DROP_REASONS: u32 = 8;
    /// may-ignore bit 0: measurements in the ring are copies of what the cells hold
    pub const FEATURE_MEASUREMENTS_MIRRORED: u32 = 1;
    /// may-ignore bit 1: values longer than a slot are in the spill ring
    pub const FEATURE_SPILL: u32 = 2;
    /// may-ignore bit 2: metric cells
    pub const FEATURE_CELLS: u32 = 4;
    /// may-ignore bit 3: the writer wakes a reader that sleeps
    pub const FEATURE_WAKES: u32 = 8;
    /// file offset of the byte the writer locks exclusively
    pub const LOCK_WRITER_BYTE: u64 = 0x4000_0000_0000_0000;
    /// file offset of the byte the reader that moves indices locks exclusively
    pub const LOCK_READER_BYTE: u64 = 0x4000_0000_0000_0001;
}

/// Message fields (protobuf field numbers; 1000 and up are this project's).
pub mod field {
    /// message SpillRef: parts of the record stand whole in the spill ring. First in StartSpan, EndSpan, ChangeSpanName, UpdateAttributes, AddLink or Event
    pub const SPILL: u32 = 1015;
    /// fixed64, position of the entry in the spill ring
    pub const SPILL_POSITION: u32 = 1;
    /// fixed32, bytes of the message Spilled
    pub const SPILL_LENGTH: u32 = 2;
    /// fixed32, CRC-32 (IEEE) of these
    pub const SPILL_CRC: u32 = 3;
    /// repeated message SpilledPart
    pub const SPILLED_PARTS: u32 = 1;
    /// u32, offset in the record of the body of the length-delimited field that was cut; 0: further fields of an Event, after its own
    pub const PART_AT: u32 = 1;
    /// bytes, the whole body
    pub const PART_BYTES: u32 = 2;
    /// span event trace id
    pub const SPAN_EVENT_TRACE_ID: u32 = 1;
    /// span event span id
    pub const SPAN_EVENT_SPAN_ID: u32 = 2;
    /// span event start
    pub const SPAN_EVENT_START: u32 = 11;
    /// span event end
    pub const SPAN_EVENT_END: u32 = 12;
    /// span event name
    pub const SPAN_EVENT_NAME: u32 = 13;
    /// span event attributes
    pub const SPAN_EVENT_ATTRIBUTES: u32 = 14;
    /// span event link
    pub const SPAN_EVENT_LINK: u32 = 15;
    /// span event scope ref
    pub const SPAN_EVENT_SCOPE_REF: u32 = 20;
    /// start parent span id
    pub const START_PARENT_SPAN_ID: u32 = 4;
    /// start name
    pub const START_NAME: u32 = 5;
    /// start kind
    pub const START_KIND: u32 = 6;
    /// start time
    pub const START_TIME: u32 = 7;
    /// start attributes
    pub const START_ATTRIBUTES: u32 = 9;
    /// fixed32; the flags word of OTLP: W3C flags, 0x100 = remote known, 0x200 = parent is remote
    pub const START_FLAGS: u32 = 16;
    /// string, W3C trace state
    pub const START_TRACE_STATE: u32 = 1000;
    /// i64, schema URL of the scope
    pub const START_SCOPE_SCHEMA_URL_REF: u32 = 1001;
    /// end time
    pub const END_TIME: u32 = 8;
    /// end status
    pub const END_STATUS: u32 = 15;
    /// u32
    pub const END_DROPPED_ATTRIBUTES: u32 = 1000;
    /// u32
    pub const END_DROPPED_EVENTS: u32 = 1001;
    /// u32
    pub const END_DROPPED_LINKS: u32 = 1002;
    /// message UpdateAttributes, the last change before the end; not in single-file mode, where it is a record of its own
    pub const END_UPDATE: u32 = 1003;
    /// status message
    pub const STATUS_MESSAGE: u32 = 2;
    /// status code
    pub const STATUS_CODE: u32 = 3;
    /// change name
    pub const CHANGE_NAME: u32 = 5;
    /// update attributes
    pub const UPDATE_ATTRIBUTES: u32 = 9;
    /// message SpanEventData, an event of the span
    pub const UPDATE_EVENT: u32 = 1000;
    /// message Status, before the end record repeats it
    pub const UPDATE_STATUS: u32 = 1001;
    /// repeated KeyValueRef, more attributes of the newest event of the span
    pub const UPDATE_EVENT_ATTRIBUTES: u32 = 1002;
    /// u32, the span keeps at most so many events: when this record's event makes them more, the oldest go
    pub const UPDATE_EVENT_LIMIT: u32 = 1003;
    /// fixed64, ns
    pub const EVENT_DATA_TIME: u32 = 1;
    /// string
    pub const EVENT_DATA_NAME: u32 = 2;
    /// repeated KeyValueRef
    pub const EVENT_DATA_ATTRIBUTES: u32 = 3;
    /// u32
    pub const EVENT_DATA_DROPPED_ATTRIBUTES: u32 = 4;
    /// add links
    pub const ADD_LINKS: u32 = 13;
    /// u32, the span keeps at most so many links: when this record's links make them more, the oldest go
    pub const ADD_LINKS_LIMIT: u32 = 1000;
    /// link trace id
    pub const LINK_TRACE_ID: u32 = 1;
    /// link span id
    pub const LINK_SPAN_ID: u32 = 2;
    /// link trace state
    pub const LINK_TRACE_STATE: u32 = 3;
    /// link attributes
    pub const LINK_ATTRIBUTES: u32 = 4;
    /// link dropped attributes
    pub const LINK_DROPPED_ATTRIBUTES: u32 = 5;
    /// link flags
    pub const LINK_FLAGS: u32 = 6;
    /// event scope ref
    pub const EVENT_SCOPE_REF: u32 = 1;
    /// event time
    pub const EVENT_TIME: u32 = 2;
    /// event severity number
    pub const EVENT_SEVERITY_NUMBER: u32 = 3;
    /// event severity text
    pub const EVENT_SEVERITY_TEXT: u32 = 4;
    /// event body
    pub const EVENT_BODY: u32 = 5;
    /// event name ref
    pub const EVENT_NAME_REF: u32 = 6;
    /// event span context
    pub const EVENT_SPAN_CONTEXT: u32 = 7;
    /// event attributes
    pub const EVENT_ATTRIBUTES: u32 = 8;
    /// fixed64, ns: when the record was made, where its own time is another one
    pub const EVENT_OBSERVED_TIME: u32 = 1000;
    /// u32
    pub const EVENT_DROPPED_ATTRIBUTES: u32 = 1001;
    /// i64, schema URL of the scope
    pub const EVENT_SCOPE_SCHEMA_URL_REF: u32 = 1002;
    /// string, the event's name where EVENT_NAME_REF is 0: one that is not in the dictionary
    pub const EVENT_NAME: u32 = 1003;
    /// context span id
    pub const CONTEXT_SPAN_ID: u32 = 1;
    /// context trace id
    pub const CONTEXT_TRACE_ID: u32 = 2;
    /// context flags
    pub const CONTEXT_FLAGS: u32 = 3;
    /// measurement metric ref
    pub const MEASUREMENT_METRIC_REF: u32 = 1;
    /// measurement attributes
    pub const MEASUREMENT_ATTRIBUTES: u32 = 2;
    /// measurement time
    pub const MEASUREMENT_TIME: u32 = 3;
    /// measurement as long
    pub const MEASUREMENT_AS_LONG: u32 = 4;
    /// measurement as double
    pub const MEASUREMENT_AS_DOUBLE: u32 = 5;
    /// measurement span context
    pub const MEASUREMENT_SPAN_CONTEXT: u32 = 6;
    /// metric name
    pub const METRIC_NAME: u32 = 1;
    /// metric description
    pub const METRIC_DESCRIPTION: u32 = 2;
    /// metric unit
    pub const METRIC_UNIT: u32 = 3;
    /// metric scope ref
    pub const METRIC_SCOPE_REF: u32 = 4;
    /// metric gauge
    pub const METRIC_GAUGE: u32 = 5;
    /// metric sum
    pub const METRIC_SUM: u32 = 6;
    /// metric histogram
    pub const METRIC_HISTOGRAM: u32 = 7;
    /// metric exp histogram
    pub const METRIC_EXP_HISTOGRAM: u32 = 8;
    /// resource attributes
    pub const RESOURCE_ATTRIBUTES: u32 = 1;
    /// resource dropped attributes
    pub const RESOURCE_DROPPED_ATTRIBUTES: u32 = 2;
    /// scope name ref
    pub const SCOPE_NAME_REF: u32 = 1;
    /// scope version ref
    pub const SCOPE_VERSION_REF: u32 = 2;
    /// scope attributes
    pub const SCOPE_ATTRIBUTES: u32 = 3;
    /// scope dropped attributes
    pub const SCOPE_DROPPED_ATTRIBUTES: u32 = 4;
    /// scope resource ref
    pub const SCOPE_RESOURCE_REF: u32 = 5;
    /// key value key ref
    pub const KEY_VALUE_KEY_REF: u32 = 1;
    /// key value value
    pub const KEY_VALUE_VALUE: u32 = 2;
    /// any string
    pub const ANY_STRING: u32 = 1;
    /// any bool
    pub const ANY_BOOL: u32 = 2;
    /// any int
    pub const ANY_INT: u32 = 3;
    /// any double
    pub const ANY_DOUBLE: u32 = 4;
    /// any array
    pub const ANY_ARRAY: u32 = 5;
    /// any kvlist
    pub const ANY_KVLIST: u32 = 6;
    /// any bytes
    pub const ANY_BYTES: u32 = 7;
    /// any value ref
    pub const ANY_VALUE_REF: u32 = 8;
    /// array values
    pub const ARRAY_VALUES: u32 = 1;
    /// kvlist values
    pub const KVLIST_VALUES: u32 = 1;
}

/// Instrument (in an extent, aligned to 64).
pub mod instrument {
    /// u32 atomic, next instrument as file offset / 64, 0 = last
    pub const NEXT: usize = 0;
    /// u32 atomic, first page of cells as file offset / 64, 0 = none
    pub const FIRST_PAGE: usize = 4;
    /// u32, CELLS_KIND_*
    pub const KIND: usize = 8;
    /// u32, bits CELLS_*
    pub const FLAGS: usize = 12;
    /// u32, bytes from one cell to the next, a multiple of 16
    pub const STRIDE: usize = 16;
    /// u32, bounds of an explicit histogram; most buckets of an exponential one, for each sign
    pub const BUCKETS: usize = 20;
    /// i32, of exponential histograms
    pub const MAX_SCALE: usize = 24;
    /// u32, bytes of the body
    pub const BODY_LENGTH: usize = 28;
    /// u32, CRC-32 (IEEE) of bytes 8–31 and the body
    pub const CHECKSUM: usize = 32;
    /// message InstrumentBody
    pub const BODY: usize = 64;
}

/// Page of cells (in an extent, aligned to 64).
pub mod page {
    /// u32 atomic, next page of the instrument as file offset / 64, 0 = last
    pub const NEXT: usize = 0;
    /// u32, its instrument as file offset / 64
    pub const INSTRUMENT: usize = 4;
    /// u32, cells in the page
    pub const CAPACITY: usize = 8;
    /// u32 atomic, cells from the start of the page that were ever in use
    pub const USED: usize = 12;
    /// the first cell
    pub const CELLS: usize = 64;
}

/// Cell (aligned to 16; a cell's number is its file offset / 16).
pub mod cell {
    /// f64: sums; first copy of gauges and observed values
    pub const VALUE: usize = 0;
    /// f64, seconds since the Unix epoch: the writer's tick at the last update (sums and histograms)
    pub const UPDATED: usize = 8;
    /// u64, ns: time of the first copy of a gauge
    pub const GAUGE_TIME: usize = 8;
    /// f64: second copy of an observed value
    pub const OBSERVED_VALUE_B: usize = 8;
    /// u64, ns: when the series (of this thread) began
    pub const START: usize = 16;
    /// u32, attribute set as file offset / 16
    pub const ATTRIBUTES: usize = 24;
    /// u32 atomic, reservoir as file offset / 64, 0 = none
    pub const EXEMPLARS: usize = 28;
    /// u32 atomic, number of the next cell of the same series, another thread's; 0 = last
    pub const NEXT: usize = 32;
    /// u32 atomic, odd = in use; one more with each taking and each giving back
    pub const GENERATION: usize = 36;
    /// u32 atomic, thread that writes it (upper 24 bits, 0 = nobody now), bits CELLS_OWNER_*
    pub const OWNER: usize = 40;
    /// u32 atomic: bit 0 says which copy is in force (gauges, histograms)
    pub const SEQUENCE: usize = 44;
    /// u32, the round word of its thread as file offset / 64 (observed values)
    pub const OBSERVER: usize = 44;
    /// length of a sum's cell; the rest is of the other kinds
    pub const SUM_LENGTH: usize = 48;
    /// u32 atomic, bucket words of negative values as file offset / 64, 0 = none yet (exponential histograms)
    pub const NEGATIVE: usize = 48;
    /// f64: second copy of a gauge
    pub const GAUGE_VALUE_B: usize = 48;
    /// u64, ns: time of it
    pub const GAUGE_TIME_B: usize = 56;
    /// u32 atomic, round to which the first copy belongs
    pub const OBSERVED_ROUND: usize = 48;
    /// u32 atomic, round of the second copy
    pub const OBSERVED_ROUND_B: usize = 52;
    /// f64, as UPDATED
    pub const OBSERVED_UPDATED: usize = 56;
    /// length of a gauge's and an observed value's cell, and where a histogram's copies begin
    pub const LENGTH: usize = 64;
}

/// Histograms: behind the head of the cell.
pub mod histogram {
    /// f64 (offsets within a copy)
    pub const COPY_SUM: usize = 0;
    /// f64
    pub const COPY_MIN: usize = 8;
    /// f64
    pub const COPY_MAX: usize = 16;
    /// u64, word of the newest increment, counted from the first bucket word; those of negative values come behind the others
    pub const COPY_BUCKET: usize = 24;
    /// u64, what that word holds with it
    pub const COPY_COUNT: usize = 32;
    /// u64, exponential only
    pub const COPY_ZERO_COUNT: usize = 40;
    /// i64, exponential only
    pub const COPY_SCALE: usize = 48;
    /// i32 lowest and i32 highest index of the positive range, lowest first; exponential only
    pub const COPY_POSITIVE: usize = 56;
    /// as above, of the negative range
    pub const COPY_NEGATIVE: usize = 64;
    /// u64, bit 0: which half of the bucket words is in force, of either sign; bit 1 / 2: the positive / negative range is not empty
    pub const COPY_STATE: usize = 72;
    /// first copy (offset within the cell)
    pub const COPY_A: usize = 64;
    /// second copy
    pub const COPY_B: usize = 144;
    /// u64\[\]: bucket words
    pub const WORDS: usize = 224;
}

/// Exemplar reservoir (in an extent, aligned to 64).
pub mod exemplars {
    /// u32, slots
    pub const SLOTS: usize = 0;
    /// u32, offers since SINCE
    pub const OFFERED: usize = 4;
    /// u64, ns: when the count began
    pub const SINCE: usize = 8;
    /// the first slot
    pub const FIRST: usize = 64;
    /// u32 atomic (offsets within a slot): odd while it is written
    pub const SEQUENCE: usize = 0;
    /// u32
    pub const ATTRIBUTES_LENGTH: usize = 4;
    /// u64, ns; 0 = empty
    pub const TIME: usize = 8;
    /// f64
    pub const VALUE: usize = 16;
    /// 16 bytes
    pub const TRACE_ID: usize = 24;
    /// 8 bytes
    pub const SPAN_ID: usize = 40;
    /// attributes that the series has not: KeyValue fields 1
    pub const ATTRIBUTES: usize = 48;
    /// bytes per slot
    pub const SLOT_LENGTH: usize = 192;
}

/// Metric cells: constants.
pub mod cells {
    /// extents begin and end at multiples of it
    pub const EXTENT_ALIGNMENT: u32 = 65536;
    /// cells are numbered by file offset / 16, attribute sets as well
    pub const CELL_UNIT: u32 = 16;
    /// bytes at the start of each extent that are not handed out: its length as an entry, a varint of 8 bytes, and zeros
    pub const EXTENT_HEADER: u32 = 64;
    /// an attribute set: u32 length, u32 low half of XXH3-64 (seed 0) of the bytes, KeyValue fields 1 with sorted keys; aligned to 16
    pub const ATTRIBUTES_HEADER: u32 = 8;
    /// bytes of the window that a view shows
    pub const WINDOW: u32 = 65536;
    /// one value that is added to
    pub const KIND_SUM: u32 = 11;
    /// the newest value, with its time
    pub const KIND_GAUGE: u32 = 12;
    /// an absolute value set by a callback
    pub const KIND_OBSERVED_SUM: u32 = 13;
    /// the newest value, set by a callback
    pub const KIND_OBSERVED_GAUGE: u32 = 14;
    /// explicit bounds
    pub const KIND_HISTOGRAM: u32 = 15;
    /// base-2 exponential
    pub const KIND_EXPONENTIAL: u32 = 16;
    /// instrument flag: a sum that never falls
    pub const MONOTONIC: u32 = 1;
    /// instrument flag: values are whole numbers, exported as such
    pub const INTEGER: u32 = 2;
    /// instrument flag: histograms without min and max
    pub const NO_MIN_MAX: u32 = 4;
    /// instrument flag: histograms without sum (of instruments that take negative values)
    pub const NO_SUM: u32 = 8;
    /// owner bit: the first cell of its series, where a reader begins
    pub const OWNER_PRIMARY: u32 = 1;
    /// owner bit: takes what is beyond the cardinality limit
    pub const OWNER_OVERFLOW: u32 = 2;
    /// bits below the thread's number
    pub const OWNER_SHIFT: u32 = 8;
    /// series of an instrument, the overflow series included
    pub const LIMIT_DEFAULT: u32 = 2000;
    /// largest limit that can be set
    pub const LIMIT_MOST: u32 = 10_000_000;
    /// InstrumentBody: OTLP InstrumentationScope
    pub const BODY_SCOPE: u32 = 1;
    /// string, of the scope
    pub const BODY_SCHEMA_URL: u32 = 2;
    /// string
    pub const BODY_NAME: u32 = 3;
    /// string
    pub const BODY_DESCRIPTION: u32 = 4;
    /// string
    pub const BODY_UNIT: u32 = 5;
    /// packed double, rising
    pub const BODY_BOUNDS: u32 = 6;
}

/// Scratch buffer between JavaScript and Rust (not in the file).
pub mod scratch {
    /// u32 in: TIME_NONE, TIME_CLOCK (Rust reads the clock) or TIME_EXPLICIT (seconds and nanoseconds are given)
    pub const TIME_MODE: usize = 0;
    /// u32 in: offset in the record of the fixed64 that Rust fills with the time
    pub const TIME_OFFSET: usize = 4;
    /// u32 in (explicit) and out: seconds since the Unix epoch
    pub const TIME_SECONDS: usize = 8;
    /// u32 in (explicit) and out: nanoseconds
    pub const TIME_NANOS: usize = 12;
    /// u32 in: with TIME_CLOCK the time is never before this
    pub const FLOOR_SECONDS: usize = 16;
    /// u32 in
    pub const FLOOR_NANOS: usize = 20;
    /// i32 in and out: number of the clock anchor to use, −1 = the current one; out: the one used
    pub const ANCHOR: usize = 24;
    /// u32 in: the epoch in which the record's references were resolved
    pub const EPOCH: usize = 28;
    /// f64 in: a measured value, for the calls on metric cells; out of cellsTick: the tick
    pub const VALUE: usize = 32;
    /// u32 out of metricCell: 1 = the overflow series, which is not to be remembered for these attributes
    pub const CELL_OVERFLOW: usize = 40;
    /// u32 in: number of the writer
    pub const COMMIT_WRITER: usize = 44;
    /// u32 in: RING_*
    pub const COMMIT_RING: usize = 48;
    /// u32 in: offset of the record in the scratch buffer
    pub const COMMIT_OFFSET: usize = 52;
    /// u32 in: bytes of the record
    pub const COMMIT_LENGTH: usize = 56;
    /// u32 out: COMMIT_*
    pub const COMMIT_STATUS: usize = 60;
    /// u32 in: number of the writer, for recordCell
    pub const CELL_WRITER: usize = 64;
    /// u32 in: number of the instrument
    pub const CELL_INSTRUMENT: usize = 68;
    /// u32 in: number of the cell
    pub const CELL_NUMBER: usize = 72;
    /// the record to commit starts here
    pub const RECORD: usize = 128;
    /// bytes for it (512 KiB − 128)
    pub const RECORD_LENGTH: usize = 524_160;
    /// the pending attribute record of one open span is built here
    pub const PENDING: usize = 524_288;
    /// bytes for it
    pub const PENDING_LENGTH: usize = 131_072;
    /// length of the scratch buffer
    pub const LENGTH: usize = 655_360;
}

/// Results of a commit call, and its time modes (not in the file).
pub mod commit {
    /// the record is in the file
    pub const PUBLISHED: u32 = 0;
    /// the ring is full: dropped and counted
    pub const FULL: u32 = 1;
    /// references are of an older epoch: resolve and encode again
    pub const STALE: u32 = 2;
    /// larger than a slot: dropped and counted
    pub const TOO_LARGE: u32 = 3;
    /// writer shut down or stood down: dropped and counted
    pub const DISABLED: u32 = 4;
    /// no file could be made: dropped and counted
    pub const DISK: u32 = 5;
    /// references only: no room in the dictionary and no next file, or too large for any; the caller counts the loss
    pub const LIMIT: u32 = 6;
    /// long records only: in the file, but values stay cut for want of room in the spill ring; counted
    pub const CUT: u32 = 7;
    /// time none
    pub const TIME_NONE: u32 = 0;
    /// time clock
    pub const TIME_CLOCK: u32 = 1;
    /// time explicit
    pub const TIME_EXPLICIT: u32 = 2;
}
