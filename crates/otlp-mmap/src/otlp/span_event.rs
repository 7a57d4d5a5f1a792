//! The envelope of a span record: whose span, and what happened to it.

use std::hash::{Hash, Hasher};

use super::record_error::RecordError;
use crate::layout::field;
use crate::wire::Fields;

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

impl<'a> Happening<'a> {
    /// The fields of its message.
    #[inline]
    pub(super) fn message(&self) -> &'a [u8] {
        match *self {
            Self::Start(message)
            | Self::End(message)
            | Self::ChangeName(message)
            | Self::UpdateAttributes(message)
            | Self::AddLinks(message) => message,
        }
    }
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
