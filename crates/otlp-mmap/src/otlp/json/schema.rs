//! The messages of OTLP, as tables: field number, JSON name, type, and what a missing field looks like.

/// Fields of the largest message.
pub(super) const MAX_FIELDS: usize = 16;

/// A message.
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
    /// The last of these that occurs in a message is the only one.
    pub(super) one_of: bool,
    pub(super) missing: Missing,
}

/// The type of a field.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Message(&'static Message),
    String,
    /// Trace and span ids.
    Id,
    Bytes,
    Bool,
    /// Enums too.
    Int32,
    Uint32,
    Sint32,
    Fixed32,
    Uint64,
    Int64,
    Fixed64,
    Sfixed64,
    Double,
}

impl Kind {
    /// Whether repeated fields of the type may stand in one length-delimited field.
    pub(super) const fn is_packable(self) -> bool {
        !matches!(self, Self::Message(_) | Self::String | Self::Id | Self::Bytes)
    }
}

/// What stands for a field that a message lacks.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    /// Nothing.
    Omit,
    /// Its default value.
    Default,
    /// Its default value if the field before it in the table is written.
    WithPrevious,
}

const fn field(number: u32, name: &'static str, kind: Kind, missing: Missing) -> Field {
    Field {
        number,
        name,
        kind,
        repeated: false,
        one_of: false,
        missing,
    }
}

/// A field that is left out when missing.
const fn optional(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Missing::Omit)
}

/// A field that is always written.
const fn always(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Missing::Default)
}

const fn one_of(number: u32, name: &'static str, kind: Kind) -> Field {
    let mut field = optional(number, name, kind);
    field.one_of = true;
    field
}

/// A repeated field, written as an empty array when missing.
const fn repeated(number: u32, name: &'static str, kind: Kind) -> Field {
    let mut field = always(number, name, kind);
    field.repeated = true;
    field
}

/// A repeated field that is left out when missing.
const fn repeated_optional(number: u32, name: &'static str, kind: Kind) -> Field {
    let mut field = optional(number, name, kind);
    field.repeated = true;
    field
}

macro_rules! message {
    ($name:ident: $($field:expr),+ $(,)?) => {
        pub(super) static $name: Message = Message { fields: &[$($field),+] };
        const _: () = assert!($name.fields.len() <= MAX_FIELDS, "MAX_FIELDS is too small");
    };
}

message!(ANY_VALUE:
    one_of(1, "stringValue", Kind::String),
    one_of(2, "boolValue", Kind::Bool),
    one_of(3, "intValue", Kind::Int64),
    one_of(4, "doubleValue", Kind::Double),
    one_of(5, "arrayValue", Kind::Message(&ARRAY_VALUE)),
    one_of(6, "kvlistValue", Kind::Message(&KEY_VALUE_LIST)),
    one_of(7, "bytesValue", Kind::Bytes),
);
message!(ARRAY_VALUE: repeated(1, "values", Kind::Message(&ANY_VALUE)));
message!(KEY_VALUE_LIST: repeated(1, "values", Kind::Message(&KEY_VALUE)));
message!(KEY_VALUE:
    always(1, "key", Kind::String),
    optional(2, "value", Kind::Message(&ANY_VALUE)),
);
message!(RESOURCE:
    repeated(1, "attributes", Kind::Message(&KEY_VALUE)),
    always(2, "droppedAttributesCount", Kind::Uint32),
);
message!(SCOPE:
    always(1, "name", Kind::String),
    optional(2, "version", Kind::String),
    repeated_optional(3, "attributes", Kind::Message(&KEY_VALUE)),
    field(4, "droppedAttributesCount", Kind::Uint32, Missing::WithPrevious),
);

message!(TRACES: repeated(1, "resourceSpans", Kind::Message(&RESOURCE_SPANS)));
message!(RESOURCE_SPANS:
    always(1, "resource", Kind::Message(&RESOURCE)),
    repeated(2, "scopeSpans", Kind::Message(&SCOPE_SPANS)),
    optional(3, "schemaUrl", Kind::String),
);
message!(SCOPE_SPANS:
    always(1, "scope", Kind::Message(&SCOPE)),
    repeated(2, "spans", Kind::Message(&SPAN)),
    optional(3, "schemaUrl", Kind::String),
);
message!(SPAN:
    always(1, "traceId", Kind::Id),
    always(2, "spanId", Kind::Id),
    optional(3, "traceState", Kind::String),
    optional(4, "parentSpanId", Kind::Id),
    always(5, "name", Kind::String),
    always(6, "kind", Kind::Int32),
    always(7, "startTimeUnixNano", Kind::Fixed64),
    always(8, "endTimeUnixNano", Kind::Fixed64),
    repeated(9, "attributes", Kind::Message(&KEY_VALUE)),
    always(10, "droppedAttributesCount", Kind::Uint32),
    repeated(11, "events", Kind::Message(&EVENT)),
    always(12, "droppedEventsCount", Kind::Uint32),
    repeated(13, "links", Kind::Message(&LINK)),
    always(14, "droppedLinksCount", Kind::Uint32),
    always(15, "status", Kind::Message(&STATUS)),
    always(16, "flags", Kind::Fixed32),
);
message!(EVENT:
    always(1, "timeUnixNano", Kind::Fixed64),
    always(2, "name", Kind::String),
    repeated(3, "attributes", Kind::Message(&KEY_VALUE)),
    always(4, "droppedAttributesCount", Kind::Uint32),
);
message!(LINK:
    always(1, "traceId", Kind::Id),
    always(2, "spanId", Kind::Id),
    optional(3, "traceState", Kind::String),
    repeated(4, "attributes", Kind::Message(&KEY_VALUE)),
    always(5, "droppedAttributesCount", Kind::Uint32),
    always(6, "flags", Kind::Fixed32),
);
message!(STATUS:
    optional(2, "message", Kind::String),
    always(3, "code", Kind::Int32),
);

message!(LOGS: repeated(1, "resourceLogs", Kind::Message(&RESOURCE_LOGS)));
message!(RESOURCE_LOGS:
    always(1, "resource", Kind::Message(&RESOURCE)),
    repeated(2, "scopeLogs", Kind::Message(&SCOPE_LOGS)),
    optional(3, "schemaUrl", Kind::String),
);
message!(SCOPE_LOGS:
    always(1, "scope", Kind::Message(&SCOPE)),
    repeated(2, "logRecords", Kind::Message(&LOG_RECORD)),
    optional(3, "schemaUrl", Kind::String),
);
message!(LOG_RECORD:
    always(1, "timeUnixNano", Kind::Fixed64),
    optional(2, "severityNumber", Kind::Int32),
    optional(3, "severityText", Kind::String),
    optional(5, "body", Kind::Message(&ANY_VALUE)),
    repeated(6, "attributes", Kind::Message(&KEY_VALUE)),
    always(7, "droppedAttributesCount", Kind::Uint32),
    optional(8, "flags", Kind::Fixed32),
    optional(9, "traceId", Kind::Id),
    optional(10, "spanId", Kind::Id),
    always(11, "observedTimeUnixNano", Kind::Fixed64),
    optional(12, "eventName", Kind::String),
);

message!(METRICS: repeated(1, "resourceMetrics", Kind::Message(&RESOURCE_METRICS)));
message!(RESOURCE_METRICS:
    always(1, "resource", Kind::Message(&RESOURCE)),
    repeated(2, "scopeMetrics", Kind::Message(&SCOPE_METRICS)),
    optional(3, "schemaUrl", Kind::String),
);
message!(SCOPE_METRICS:
    always(1, "scope", Kind::Message(&SCOPE)),
    repeated(2, "metrics", Kind::Message(&METRIC)),
    optional(3, "schemaUrl", Kind::String),
);
message!(METRIC:
    always(1, "name", Kind::String),
    always(2, "description", Kind::String),
    always(3, "unit", Kind::String),
    one_of(5, "gauge", Kind::Message(&GAUGE)),
    one_of(7, "sum", Kind::Message(&SUM)),
    one_of(9, "histogram", Kind::Message(&HISTOGRAM)),
    one_of(10, "exponentialHistogram", Kind::Message(&EXPONENTIAL_HISTOGRAM)),
    one_of(11, "summary", Kind::Message(&SUMMARY)),
    repeated_optional(12, "metadata", Kind::Message(&KEY_VALUE)),
);
message!(GAUGE: repeated(1, "dataPoints", Kind::Message(&NUMBER_POINT)));
message!(SUM:
    repeated(1, "dataPoints", Kind::Message(&NUMBER_POINT)),
    always(2, "aggregationTemporality", Kind::Int32),
    always(3, "isMonotonic", Kind::Bool),
);
message!(HISTOGRAM:
    repeated(1, "dataPoints", Kind::Message(&HISTOGRAM_POINT)),
    always(2, "aggregationTemporality", Kind::Int32),
);
message!(EXPONENTIAL_HISTOGRAM:
    repeated(1, "dataPoints", Kind::Message(&EXPONENTIAL_HISTOGRAM_POINT)),
    always(2, "aggregationTemporality", Kind::Int32),
);
message!(SUMMARY: repeated(1, "dataPoints", Kind::Message(&SUMMARY_POINT)));
message!(NUMBER_POINT:
    repeated(7, "attributes", Kind::Message(&KEY_VALUE)),
    always(2, "startTimeUnixNano", Kind::Fixed64),
    always(3, "timeUnixNano", Kind::Fixed64),
    one_of(4, "asDouble", Kind::Double),
    one_of(6, "asInt", Kind::Sfixed64),
    repeated_optional(5, "exemplars", Kind::Message(&EXEMPLAR)),
    optional(8, "flags", Kind::Uint32),
);
message!(HISTOGRAM_POINT:
    repeated(9, "attributes", Kind::Message(&KEY_VALUE)),
    always(2, "startTimeUnixNano", Kind::Fixed64),
    always(3, "timeUnixNano", Kind::Fixed64),
    always(4, "count", Kind::Fixed64),
    optional(5, "sum", Kind::Double),
    repeated(6, "bucketCounts", Kind::Fixed64),
    repeated(7, "explicitBounds", Kind::Double),
    repeated_optional(8, "exemplars", Kind::Message(&EXEMPLAR)),
    optional(10, "flags", Kind::Uint32),
    optional(11, "min", Kind::Double),
    optional(12, "max", Kind::Double),
);
message!(EXPONENTIAL_HISTOGRAM_POINT:
    repeated(1, "attributes", Kind::Message(&KEY_VALUE)),
    always(2, "startTimeUnixNano", Kind::Fixed64),
    always(3, "timeUnixNano", Kind::Fixed64),
    always(4, "count", Kind::Fixed64),
    optional(5, "sum", Kind::Double),
    always(6, "scale", Kind::Sint32),
    always(7, "zeroCount", Kind::Fixed64),
    optional(8, "positive", Kind::Message(&BUCKETS)),
    optional(9, "negative", Kind::Message(&BUCKETS)),
    optional(10, "flags", Kind::Uint32),
    repeated_optional(11, "exemplars", Kind::Message(&EXEMPLAR)),
    optional(12, "min", Kind::Double),
    optional(13, "max", Kind::Double),
    optional(14, "zeroThreshold", Kind::Double),
);
message!(BUCKETS:
    always(1, "offset", Kind::Sint32),
    repeated(2, "bucketCounts", Kind::Uint64),
);
message!(SUMMARY_POINT:
    repeated(7, "attributes", Kind::Message(&KEY_VALUE)),
    always(2, "startTimeUnixNano", Kind::Fixed64),
    always(3, "timeUnixNano", Kind::Fixed64),
    always(4, "count", Kind::Fixed64),
    always(5, "sum", Kind::Double),
    repeated(6, "quantileValues", Kind::Message(&QUANTILE)),
    optional(8, "flags", Kind::Uint32),
);
message!(QUANTILE:
    always(1, "quantile", Kind::Double),
    always(2, "value", Kind::Double),
);
message!(EXEMPLAR:
    repeated(7, "filteredAttributes", Kind::Message(&KEY_VALUE)),
    always(2, "timeUnixNano", Kind::Fixed64),
    one_of(3, "asDouble", Kind::Double),
    one_of(6, "asInt", Kind::Sfixed64),
    optional(4, "spanId", Kind::Id),
    optional(5, "traceId", Kind::Id),
);
