//! The events of an open span: all but the newest are complete, the newest may still get attributes.

use super::attributes::AttributeList;
use super::proto;
use super::text;
use super::value::Transcoder;
use crate::layout::field;
use crate::wire::{self, Fields, Malformed, field_len, varint_len};

/// One event as its record tells it, borrowed and checked; attributes are left in `message`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EventData<'a> {
    time_unix_nano: u64,
    name: &'a [u8],
    dropped_attributes: u32,
    message: &'a [u8],
}

impl<'a> EventData<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut event = Self {
            message,
            ..Self::default()
        };
        for field in Fields::new(message) {
            match field? {
                (field::EVENT_DATA_TIME, v) => event.time_unix_nano = v.fixed64()?,
                (field::EVENT_DATA_NAME, v) => event.name = v.bytes()?,
                (field::EVENT_DATA_ATTRIBUTES, v) => _ = v.bytes()?,
                (field::EVENT_DATA_DROPPED_ATTRIBUTES, v) => event.dropped_attributes = v.varint()? as u32,
                _ => {}
            }
        }
        Ok(event)
    }
}

/// Removes the first `count` of the encoded fields in `fields`, all in one move.
pub(super) fn drop_first(fields: &mut Vec<u8>, count: usize) {
    let mut rest = Fields::new(fields);
    let dropped = rest.by_ref().take(count).flatten().count();
    debug_assert_eq!(dropped, count, "as many fields as were counted");
    let end = fields.len() - rest.remaining();
    fields.drain(..end);
}

/// The events of one span, in order.
#[derive(Debug, Default)]
pub(super) struct SpanEvents {
    /// `Span.events` fields.
    sealed: Vec<u8>,
    count: usize,
    newest_is_open: bool,
    time_unix_nano: u64,
    name: Vec<u8>,
    attributes: AttributeList,
    dropped_attributes: u32,
}

impl SpanEvents {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn add(&mut self, event: EventData<'_>, transcoder: &mut Transcoder<'_>) {
        self.seal();
        self.count += 1;
        self.newest_is_open = true;
        self.time_unix_nano = event.time_unix_nano;
        self.dropped_attributes = event.dropped_attributes;
        text::store(&mut self.name, event.name, transcoder.faults);
        for field in Fields::new(event.message) {
            if let Ok((field::EVENT_DATA_ATTRIBUTES, wire::Value::Bytes(attribute))) = field {
                self.add_attribute(attribute, transcoder);
            }
        }
    }

    /// Drops the oldest events until at most `limit` are left. The newest, not sealed yet, stays as it is.
    pub(super) fn keep_newest(&mut self, limit: usize) {
        if self.count > limit {
            drop_first(&mut self.sealed, self.count - limit);
            self.count = limit;
        }
    }

    /// Adds an attribute to the newest event.
    pub(super) fn add_attribute(&mut self, attribute: &[u8], transcoder: &mut Transcoder<'_>) {
        transcoder.attribute(proto::event::ATTRIBUTES, attribute, &mut self.attributes);
    }

    /// Encodes the newest event: nothing can be added to it any more.
    pub(super) fn seal(&mut self) {
        if !self.newest_is_open {
            return;
        }
        let mut sealed = std::mem::take(&mut self.sealed);
        self.put_newest(&mut sealed);
        self.sealed = sealed;
        self.newest_is_open = false;
        self.attributes.clear();
        self.name.clear();
    }

    /// Appends the `Span.events` fields of all events, the newest included.
    pub(super) fn put_all(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sealed);
        if self.newest_is_open {
            self.put_newest(out);
        }
    }

    /// Takes an event as it was written, as the newest, to which attributes may be added.
    pub(super) fn restore(&mut self, message: &[u8]) -> Result<(), Malformed> {
        self.seal();
        self.count += 1;
        self.newest_is_open = true;
        self.time_unix_nano = 0;
        self.dropped_attributes = 0;
        for field in Fields::new(message) {
            match field? {
                (proto::event::TIME, v) => self.time_unix_nano = v.fixed64()?,
                (proto::event::NAME, v) => self.name.extend_from_slice(v.bytes()?),
                (proto::event::ATTRIBUTES, v) => self.attributes.restore(proto::event::ATTRIBUTES, v.bytes()?)?,
                (proto::event::DROPPED_ATTRIBUTES, v) => self.dropped_attributes = v.varint()? as u32,
                _ => {}
            }
        }
        Ok(())
    }

    fn put_newest(&self, out: &mut Vec<u8>) {
        let name_len = match self.name.len() {
            0 => 0,
            len => field_len(proto::event::NAME, len),
        };
        let dropped_len = match self.dropped_attributes {
            0 => 0,
            count => 1 + varint_len(count.into()),
        };
        let len = 9 + name_len + self.attributes.len() + dropped_len;
        wire::put_len(out, proto::span::EVENTS, len);
        wire::put_fixed64(out, proto::event::TIME, self.time_unix_nano);
        if !self.name.is_empty() {
            wire::put_bytes(out, proto::event::NAME, &self.name);
        }
        self.attributes.write(out);
        if self.dropped_attributes != 0 {
            wire::put_uint(out, proto::event::DROPPED_ATTRIBUTES, self.dropped_attributes.into());
        }
    }

    /// The `Span.events` fields of all events sealed so far.
    pub(super) fn encoded(&self) -> &[u8] {
        &self.sealed
    }

    pub(super) fn footprint(&self) -> usize {
        size_of::<Self>() + self.sealed.len() + self.name.len() + self.attributes.footprint()
    }

    /// Empties the buffers for another span. False if they grew beyond `limit` bytes and are better given back.
    pub(super) fn clear(&mut self, limit: usize) -> bool {
        self.sealed.clear();
        self.name.clear();
        self.attributes.clear();
        self.attributes.shrink(limit);
        self.count = 0;
        self.newest_is_open = false;
        self.sealed.capacity() <= limit && self.name.capacity() <= limit
    }
}
