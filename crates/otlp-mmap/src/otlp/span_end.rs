//! The end of a span.

use super::status::Status;
use crate::layout::field;
use crate::wire::{Fields, Malformed};

/// What the end of a span adds to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SpanEnd<'a> {
    pub(super) time_unix_nano: u64,
    pub(super) status: Option<Status<'a>>,
    pub(super) dropped_attributes: u32,
    pub(super) dropped_events: u32,
    pub(super) dropped_links: u32,
    /// Fields of an `UpdateAttributes` that comes before it.
    pub(super) update: Option<&'a [u8]>,
}

impl<'a> SpanEnd<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut end = Self::default();
        for field in Fields::new(message) {
            match field? {
                (field::END_TIME, v) => end.time_unix_nano = v.fixed64()?,
                (field::END_STATUS, v) => end.status = Some(Status::parse(v.bytes()?)?),
                (field::END_DROPPED_ATTRIBUTES, v) => end.dropped_attributes = v.varint()? as u32,
                (field::END_DROPPED_EVENTS, v) => end.dropped_events = v.varint()? as u32,
                (field::END_DROPPED_LINKS, v) => end.dropped_links = v.varint()? as u32,
                (field::END_UPDATE, v) => end.update = Some(v.bytes()?),
                _ => {}
            }
        }
        Ok(end)
    }

    /// The end of a span that was still open.
    pub(super) fn at(time_unix_nano: u64) -> Self {
        Self {
            time_unix_nano,
            ..Self::default()
        }
    }
}
