//! Field numbers of opentelemetry-proto, as far as this crate writes them.

/// `ExportTraceServiceRequest.resource_spans`; the same number in the requests of the other signals.
pub const REQUEST_RESOURCE: u32 = 1;

/// `ResourceSpans`; the other signals number theirs alike.
pub mod resource_group {
    pub const RESOURCE: u32 = 1;
    pub const SCOPE_GROUPS: u32 = 2;
    pub const SCHEMA_URL: u32 = 3;
}

/// `ScopeSpans`; the other signals number theirs alike.
pub mod scope_group {
    pub const SCOPE: u32 = 1;
    pub const ITEMS: u32 = 2;
    pub const SCHEMA_URL: u32 = 3;
}

pub mod resource {
    pub const ATTRIBUTES: u32 = 1;
    pub const DROPPED_ATTRIBUTES: u32 = 2;
}

pub mod scope {
    pub const NAME: u32 = 1;
    pub const VERSION: u32 = 2;
    pub const ATTRIBUTES: u32 = 3;
    pub const DROPPED_ATTRIBUTES: u32 = 4;
}

pub mod span {
    pub const TRACE_ID: u32 = 1;
    pub const SPAN_ID: u32 = 2;
    pub const TRACE_STATE: u32 = 3;
    pub const PARENT_SPAN_ID: u32 = 4;
    pub const NAME: u32 = 5;
    pub const KIND: u32 = 6;
    pub const START_TIME: u32 = 7;
    pub const END_TIME: u32 = 8;
    pub const ATTRIBUTES: u32 = 9;
    pub const DROPPED_ATTRIBUTES: u32 = 10;
    pub const EVENTS: u32 = 11;
    pub const DROPPED_EVENTS: u32 = 12;
    pub const LINKS: u32 = 13;
    pub const DROPPED_LINKS: u32 = 14;
    pub const STATUS: u32 = 15;
    pub const FLAGS: u32 = 16;
}

pub mod event {
    pub const TIME: u32 = 1;
    pub const NAME: u32 = 2;
    pub const ATTRIBUTES: u32 = 3;
    pub const DROPPED_ATTRIBUTES: u32 = 4;
}

pub mod link {
    pub const TRACE_ID: u32 = 1;
    pub const SPAN_ID: u32 = 2;
    pub const TRACE_STATE: u32 = 3;
    pub const ATTRIBUTES: u32 = 4;
    pub const DROPPED_ATTRIBUTES: u32 = 5;
    pub const FLAGS: u32 = 6;
}

pub mod log_record {
    pub const TIME: u32 = 1;
    pub const SEVERITY_NUMBER: u32 = 2;
    pub const SEVERITY_TEXT: u32 = 3;
    pub const BODY: u32 = 5;
    pub const ATTRIBUTES: u32 = 6;
    pub const DROPPED_ATTRIBUTES: u32 = 7;
    pub const FLAGS: u32 = 8;
    pub const TRACE_ID: u32 = 9;
    pub const SPAN_ID: u32 = 10;
    pub const OBSERVED_TIME: u32 = 11;
    pub const EVENT_NAME: u32 = 12;
}

pub mod status {
    pub const MESSAGE: u32 = 2;
    pub const CODE: u32 = 3;
}

pub mod key_value {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}

/// `AnyValue`: the file's message has the same numbers, and `value_ref` besides.
pub mod any_value {
    pub const STRING: u32 = 1;
    pub const BOOL: u32 = 2;
    pub const INT: u32 = 3;
    pub const DOUBLE: u32 = 4;
    pub const ARRAY: u32 = 5;
    pub const KVLIST: u32 = 6;
    pub const BYTES: u32 = 7;
}

/// `Metric`, and what is the same in its kinds of data.
pub mod metric {
    pub const NAME: u32 = 1;
    pub const DESCRIPTION: u32 = 2;
    pub const UNIT: u32 = 3;
    pub const GAUGE: u32 = 5;
    pub const SUM: u32 = 7;
    pub const HISTOGRAM: u32 = 9;
    pub const EXPONENTIAL_HISTOGRAM: u32 = 10;
    pub const DATA_POINTS: u32 = 1;
    pub const TEMPORALITY: u32 = 2;
    pub const IS_MONOTONIC: u32 = 3;

    pub mod number {
        pub const START: u32 = 2;
        pub const TIME: u32 = 3;
        pub const AS_DOUBLE: u32 = 4;
        pub const EXEMPLARS: u32 = 5;
        pub const AS_INT: u32 = 6;
        pub const ATTRIBUTES: u32 = 7;
    }

    pub mod histogram {
        pub const START: u32 = 2;
        pub const TIME: u32 = 3;
        pub const COUNT: u32 = 4;
        pub const SUM: u32 = 5;
        pub const BUCKET_COUNTS: u32 = 6;
        pub const BOUNDS: u32 = 7;
        pub const EXEMPLARS: u32 = 8;
        pub const ATTRIBUTES: u32 = 9;
        pub const MIN: u32 = 11;
        pub const MAX: u32 = 12;
    }

    pub mod exponential {
        pub const ATTRIBUTES: u32 = 1;
        pub const START: u32 = 2;
        pub const TIME: u32 = 3;
        pub const COUNT: u32 = 4;
        pub const SUM: u32 = 5;
        pub const SCALE: u32 = 6;
        pub const ZERO_COUNT: u32 = 7;
        pub const POSITIVE: u32 = 8;
        pub const NEGATIVE: u32 = 9;
        pub const EXEMPLARS: u32 = 11;
        pub const MIN: u32 = 12;
        pub const MAX: u32 = 13;
    }

    pub mod buckets {
        pub const OFFSET: u32 = 1;
        pub const COUNTS: u32 = 2;
    }

    pub mod exemplar {
        pub const TIME: u32 = 2;
        pub const AS_DOUBLE: u32 = 3;
        pub const SPAN_ID: u32 = 4;
        pub const TRACE_ID: u32 = 5;
        pub const AS_INT: u32 = 6;
        pub const ATTRIBUTES: u32 = 7;
    }
}
