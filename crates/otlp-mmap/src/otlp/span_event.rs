//! The envelope of a span record: whose span, and what happened to it.

use std::hash::{Hash, Hasher};

use crate::layout::field;
use crate::wire::{Fields, Malformed};

/// Why a record is quarantined: it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Not valid protobuf, or cut off by the end of its slot.
    Malformed,
    /// A trace id that is not 16 bytes long, or all zero.
    TraceId,
    /// A span id, or the id of a parent, that is not 8 bytes long, or a span id that is all zero.
    SpanId,
    /// Neither a start nor an end nor a change that this version knows.
    UnknownEvent,
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "span record is malformed or cut off",
            Self::TraceId => "span record has a trace id that is not 16 bytes or all zero",
            Self::SpanId => "span record has a span id that is not 8 bytes or all zero",
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

/// What identifies a span: trace id and span id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanKey {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
}

impl Hash for SpanKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.trace_id));
        state.write_u64(u64::from_ne_bytes(self.span_id));
    }
}

/// What happened; each holds the fields of its message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Happening<'a> {
    Start(&'a [u8]),
    End(&'a [u8]),
    ChangeName(&'a [u8]),
    UpdateAttributes(&'a [u8]),
    AddLinks(&'a [u8]),
}

/// A `SpanEvent`, borrowed from its record.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpanEvent<'a> {
    pub(super) key: SpanKey,
    pub(super) scope_reference: i64,
    pub(super) happening: Happening<'a>,
}

impl<'a> SpanEvent<'a> {
    #[inline]
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, RecordError> {
        let (mut trace_id, mut span_id): (&[u8], &[u8]) = (&[], &[]);
        let mut scope_reference = 0;
        let mut happening = None;
        for field in Fields::new(message) {
            match field? {
                (field::SPAN_EVENT_TRACE_ID, v) => trace_id = v.bytes()?,
                (field::SPAN_EVENT_SPAN_ID, v) => span_id = v.bytes()?,
                (field::SPAN_EVENT_SCOPE_REF, v) => scope_reference = v.varint()? as i64,
                (field::SPAN_EVENT_START, v) => happening = Some(Happening::Start(v.bytes()?)),
                (field::SPAN_EVENT_END, v) => happening = Some(Happening::End(v.bytes()?)),
                (field::SPAN_EVENT_NAME, v) => happening = Some(Happening::ChangeName(v.bytes()?)),
                (field::SPAN_EVENT_ATTRIBUTES, v) => happening = Some(Happening::UpdateAttributes(v.bytes()?)),
                (field::SPAN_EVENT_LINK, v) => happening = Some(Happening::AddLinks(v.bytes()?)),
                _ => {}
            }
        }
        let trace_id: [u8; 16] = trace_id.try_into().map_err(|_| RecordError::TraceId)?;
        let span_id: [u8; 8] = span_id.try_into().map_err(|_| RecordError::SpanId)?;
        if trace_id == [0; 16] {
            return Err(RecordError::TraceId);
        }
        if span_id == [0; 8] {
            return Err(RecordError::SpanId);
        }
        Ok(Self {
            key: SpanKey { trace_id, span_id },
            scope_reference,
            happening: happening.ok_or(RecordError::UnknownEvent)?,
        })
    }
}
