//! Why a record is quarantined.

use crate::wire::Malformed;

/// Why a record is quarantined: it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Not valid protobuf, or cut off by the end of its slot.
    Malformed,
    /// A trace id that is not 16 bytes long or, where a span needs one, all zero.
    TraceId,
    /// A span id, or the id of a parent, that is not 8 bytes long, or all zero where a span needs one.
    SpanId,
    /// Neither a start nor an end nor a change that this version knows.
    UnknownEvent,
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "record is malformed or cut off",
            Self::TraceId => "record has a trace id that is not 16 bytes or all zero",
            Self::SpanId => "record has a span id that is not 8 bytes or all zero",
            Self::UnknownEvent => "span record says neither start, end nor a known change",
        })
    }
}

impl std::error::Error for RecordError {}

impl From<Malformed> for RecordError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
