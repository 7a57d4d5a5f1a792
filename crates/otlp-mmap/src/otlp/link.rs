//! Links of a span.

use super::attributes::AttributeList;
use super::proto;
use super::text;
use super::value::Transcoder;
use crate::layout::field;
use crate::wire::{self, Fields, Malformed};

/// One link as its record tells it, borrowed and checked; attributes are left in `message`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Link<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    trace_state: &'a [u8],
    dropped_attributes: u32,
    flags: u32,
    message: &'a [u8],
}

impl<'a> Link<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut link = Self {
            message,
            ..Self::default()
        };
        for field in Fields::new(message) {
            match field? {
                (field::LINK_TRACE_ID, v) => link.trace_id = v.bytes()?,
                (field::LINK_SPAN_ID, v) => link.span_id = v.bytes()?,
                (field::LINK_TRACE_STATE, v) => link.trace_state = v.bytes()?,
                (field::LINK_ATTRIBUTES, v) => _ = v.bytes()?,
                (field::LINK_DROPPED_ATTRIBUTES, v) => link.dropped_attributes = v.varint()? as u32,
                (field::LINK_FLAGS, v) => link.flags = v.fixed32()?,
                _ => {}
            }
        }
        Ok(link)
    }

    /// Appends the link as a `Span.links` field, using `attributes` as a scratch list. False, and counted, if an id has a
    /// length that no id has: an invalid link (ids empty or zero) is kept, as the API allows it.
    pub(super) fn put(
        &self,
        out: &mut Vec<u8>,
        transcoder: &mut Transcoder<'_>,
        attributes: &mut AttributeList,
    ) -> bool {
        if !matches!(self.trace_id.len(), 0 | 16) || !matches!(self.span_id.len(), 0 | 8) {
            transcoder.faults.undecodable_links += 1;
            return false;
        }
        attributes.clear();
        for field in Fields::new(self.message) {
            if let Ok((field::LINK_ATTRIBUTES, wire::Value::Bytes(attribute))) = field {
                transcoder.attribute(proto::link::ATTRIBUTES, attribute, attributes);
            }
        }
        let trace_state = text::checked(self.trace_state, transcoder.faults);
        let done: Result<(), Malformed> = wire::put_nested(out, proto::span::LINKS, |out| {
            for (field, bytes) in [
                (proto::link::TRACE_ID, self.trace_id),
                (proto::link::SPAN_ID, self.span_id),
                (proto::link::TRACE_STATE, &*trace_state),
            ] {
                if !bytes.is_empty() {
                    wire::put_bytes(out, field, bytes);
                }
            }
            attributes.write(out);
            if self.dropped_attributes != 0 {
                wire::put_uint(out, proto::link::DROPPED_ATTRIBUTES, self.dropped_attributes.into());
            }
            if self.flags != 0 {
                wire::put_fixed32(out, proto::link::FLAGS, self.flags);
            }
            Ok(())
        });
        done.is_ok()
    }
}
