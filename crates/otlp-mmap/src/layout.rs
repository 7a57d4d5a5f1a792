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
    /// i32[num_buffers], −1 at first; the slots follow with no padding
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
    /// u32 atomic, counts batches; a futex for a reader that sleeps on one file
    pub const WAKE: usize = 276;
    /// i64 atomic, dictionary reference of the Resource that stands for every scope of the file, 0 = take the scope's own
    pub const RESOURCE_REF: usize = 280;
    /// i64 atomic, dictionary reference of a string, 0 = none
    pub const RESOURCE_SCHEMA_URL_REF: usize = 288;
    /// i64 atomic, dictionary reference of a Resource message whose attributes are the app's settings, 0 = none
    pub const SETTINGS_REF: usize = 296;
    /// i64 atomic, reserved for metric cells
    pub const SERIES_TABLE_REF: usize = 304;
    /// i64 atomic, reserved for metric cells
    pub const CELL_EXTENTS_REF: usize = 312;
    /// u64 atomic, the writer adds one to ask for everything written so far to be exported
    pub const FLUSH_EPOCH: usize = 320;
    /// u64 atomic, wall clock in ns of the newest commit
    pub const LAST_COMMIT: usize = 328;
    /// u64 atomic, reserved for the spill ring
    pub const SPILL_WRITER_POSITION: usize = 336;
    /// u64 atomic, reserved for the spill ring
    pub const SPILL_READER_POSITION: usize = 344;
    /// four reader slots
    pub const READER_SLOTS: usize = 1024;
    /// u64[3][8] atomic, records lost by the writer: ring (events, spans, measurements) by reason
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
    /// u32 atomic, 1 while the reader sleeps on WAKE
    pub const SLEEPING: usize = 16;
    /// u32, process id of the reader
    pub const PID: usize = 20;
    /// u64 atomic, newest FLUSH_EPOCH whose records every destination acknowledged
    pub const ACKNOWLEDGED_EPOCH: usize = 24;
    /// bytes per slot
    pub const STRIDE: usize = 64;
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
    /// file offset of the byte the writer locks exclusively
    pub const LOCK_WRITER_BYTE: u64 = 0x4000_0000_0000_0000;
    /// file offset of the byte the reader that moves indices locks exclusively
    pub const LOCK_READER_BYTE: u64 = 0x4000_0000_0000_0001;
}

/// Message fields (protobuf field numbers; 1000 and up are this project's).
pub mod field {
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
    /// u32 in: number of the writer
    pub const COMMIT_WRITER: usize = 40;
    /// u32 in: RING_*
    pub const COMMIT_RING: usize = 44;
    /// u32 in: offset of the record in the scratch buffer
    pub const COMMIT_OFFSET: usize = 48;
    /// u32 in: bytes of the record
    pub const COMMIT_LENGTH: usize = 52;
    /// u32 out: COMMIT_*
    pub const COMMIT_STATUS: usize = 56;
    /// the record to commit starts here
    pub const RECORD: usize = 64;
    /// bytes for it (128 KiB − 64)
    pub const RECORD_LENGTH: usize = 131_008;
    /// the pending attribute record of one open span is built here
    pub const PENDING: usize = 131_072;
    /// bytes for it
    pub const PENDING_LENGTH: usize = 131_072;
    /// length of the scratch buffer
    pub const LENGTH: usize = 262_144;
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
    /// time none
    pub const TIME_NONE: u32 = 0;
    /// time clock
    pub const TIME_CLOCK: u32 = 1;
    /// time explicit
    pub const TIME_EXPLICIT: u32 = 2;
}
