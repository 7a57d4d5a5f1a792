//! A span that has started and not ended: its parts, encoded already, in buffers that are used again.

mod encoded;

use std::sync::Arc;

use super::attributes::AttributeList;
use super::encoder::TraceEncoder;
use super::faults::Faults;
use super::link::Link;
use super::proto;
use super::record_error::RecordError;
use super::scope::{Resource, Scope};
use super::span_end::SpanEnd;
use super::span_event::SpanKey;
use super::span_events::{EventData, SpanEvents, drop_first};
use super::status::Status;
use super::text;
use super::value::Transcoder;
use crate::layout::field;
use crate::wire::{Fields, Malformed};

/// A buffer of a span that is gone is kept for the next one up to this size.
const KEPT_CAPACITY: usize = 16 << 10;

/// A span whose end has not been seen.
#[derive(Debug, Default)]
pub struct OpenSpan {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: Option<[u8; 8]>,
    start_time_unix_nano: u64,
    flags: u32,
    kind: u8,
    status_code: Option<u8>,
    scope: Option<Arc<Scope>>,
    name: Vec<u8>,
    attributes: AttributeList,
    trace_state: Vec<u8>,
    status_message: Vec<u8>,
    links: Vec<u8>,
    link_count: u32,
    events: Option<Box<SpanEvents>>,
}

impl OpenSpan {
    /// The trace it belongs to.
    #[must_use]
    pub fn trace_id(&self) -> &[u8; 16] {
        &self.trace_id
    }

    /// Its own id.
    #[must_use]
    pub fn span_id(&self) -> &[u8; 8] {
        &self.span_id
    }

    /// The id of its parent; `None` for a root.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<&[u8; 8]> {
        self.parent_span_id.as_ref()
    }

    /// The newest name.
    #[must_use]
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// `SpanKind` as OTLP numbers it; 0 = unspecified.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// Start time in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn start_time_unix_nano(&self) -> u64 {
        self.start_time_unix_nano
    }

    /// Puts `resource` in the place of its scope's, unless it is that already.
    #[inline]
    pub(super) fn set_resource(&mut self, resource: &Arc<Resource>) {
        if let Some(scope) = &mut self.scope
            && !Arc::ptr_eq(scope.resource(), resource)
        {
            *scope = scope.under(resource);
        }
    }

    /// The scope that made it.
    #[must_use]
    pub fn scope(&self) -> Option<&Arc<Scope>> {
        self.scope.as_ref()
    }

    /// Attributes set so far.
    #[must_use]
    pub fn attribute_count(&self) -> usize {
        self.attributes.count()
    }

    /// Events added so far.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.events.as_ref().map_or(0, |events| events.count())
    }

    /// Links added so far.
    #[must_use]
    pub fn link_count(&self) -> usize {
        self.link_count as usize
    }

    pub(super) fn key(&self) -> SpanKey {
        SpanKey {
            trace_id: self.trace_id,
            span_id: self.span_id,
        }
    }

    /// Makes an empty slot this span, whose scope is to follow; returns the reference of its schema URL. On an error the slot holds rubbish: [`Self::clear`] it.
    #[inline]
    pub(super) fn start(
        &mut self,
        key: SpanKey,
        message: &[u8],
        transcoder: &mut Transcoder<'_>,
    ) -> Result<i64, RecordError> {
        let mut schema_url_reference = 0;
        for field in Fields::new(message) {
            match field? {
                (field::START_ATTRIBUTES, v) => {
                    transcoder.attribute(proto::span::ATTRIBUTES, v.bytes()?, &mut self.attributes);
                }
                (field::START_PARENT_SPAN_ID, v) => {
                    let id = v.bytes()?;
                    if !id.is_empty() {
                        let id = id.try_into().map_err(|_| RecordError::SpanId)?;
                        self.parent_span_id = (id != [0; 8]).then_some(id);
                    }
                }
                (field::START_NAME, v) => text::store(&mut self.name, v.bytes()?, transcoder.faults),
                (field::START_KIND, v) => self.kind = u8::try_from(v.varint()?).ok().filter(|&k| k <= 5).unwrap_or(0),
                (field::START_TIME, v) => self.start_time_unix_nano = v.fixed64()?,
                (field::START_FLAGS, v) => self.flags = v.fixed32()?,
                (field::START_TRACE_STATE, v) => text::store(&mut self.trace_state, v.bytes()?, transcoder.faults),
                (field::START_SCOPE_SCHEMA_URL_REF, v) => schema_url_reference = v.varint()? as i64,
                _ => {}
            }
        }
        self.trace_id = key.trace_id;
        self.span_id = key.span_id;
        Ok(schema_url_reference)
    }

    pub(super) fn set_scope(&mut self, scope: &Arc<Scope>) {
        self.scope = Some(Arc::clone(scope));
    }

    /// Takes another name.
    pub(super) fn change_name(&mut self, message: &[u8], transcoder: &mut Transcoder<'_>) -> Result<(), Malformed> {
        let mut name: &[u8] = &[];
        for field in Fields::new(message) {
            if let (field::CHANGE_NAME, v) = field? {
                name = v.bytes()?;
            }
        }
        text::store(&mut self.name, name, transcoder.faults);
        Ok(())
    }

    /// Takes attributes, events, more attributes of the newest event, and a status. Malformed messages change nothing.
    pub(super) fn update(&mut self, message: &[u8], transcoder: &mut Transcoder<'_>) -> Result<(), Malformed> {
        for field in Fields::new(message) {
            match field? {
                (field::UPDATE_ATTRIBUTES | field::UPDATE_EVENT_ATTRIBUTES, v) => _ = v.bytes()?,
                (field::UPDATE_EVENT, v) => _ = EventData::parse(v.bytes()?)?,
                (field::UPDATE_STATUS, v) => _ = Status::parse(v.bytes()?)?,
                (field::UPDATE_EVENT_LIMIT, v) => _ = v.varint()?,
                _ => {}
            }
        }
        let mut event_limit = 0;
        for field in Fields::new(message) {
            match field? {
                (field::UPDATE_ATTRIBUTES, v) => {
                    transcoder.attribute(proto::span::ATTRIBUTES, v.bytes()?, &mut self.attributes);
                }
                (field::UPDATE_EVENT, v) => {
                    let event = EventData::parse(v.bytes()?)?;
                    self.events.get_or_insert_default().add(event, transcoder);
                }
                (field::UPDATE_EVENT_ATTRIBUTES, v) => match &mut self.events {
                    Some(events) if events.count() > 0 => events.add_attribute(v.bytes()?, transcoder),
                    _ => transcoder.faults.undecodable_attributes += 1,
                },
                (field::UPDATE_STATUS, v) => {
                    let status = Status::parse(v.bytes()?)?;
                    // one that says nothing is none
                    self.status_code = (status.len() > 0).then_some(status.code);
                    text::store(&mut self.status_message, status.message, transcoder.faults);
                }
                (field::UPDATE_EVENT_LIMIT, v) => event_limit = v.varint()? as usize,
                _ => {}
            }
        }
        if let (1.., Some(events)) = (event_limit, &mut self.events) {
            events.keep_newest(event_limit);
        }
        Ok(())
    }

    /// Takes links. Malformed messages change nothing.
    pub(super) fn add_links(
        &mut self,
        message: &[u8],
        transcoder: &mut Transcoder<'_>,
        attributes: &mut AttributeList,
    ) -> Result<(), Malformed> {
        let mut limit = 0;
        for field in Fields::new(message) {
            match field? {
                (field::ADD_LINKS, v) => _ = Link::parse(v.bytes()?)?,
                (field::ADD_LINKS_LIMIT, v) => limit = v.varint()? as u32,
                _ => {}
            }
        }
        for field in Fields::new(message) {
            if let (field::ADD_LINKS, v) = field?
                && Link::parse(v.bytes()?)?.put(&mut self.links, transcoder, attributes)
            {
                self.link_count += 1;
            }
        }
        if limit > 0 && self.link_count > limit {
            drop_first(&mut self.links, (self.link_count - limit) as usize);
            self.link_count = limit;
        }
        Ok(())
    }

    /// Adds an attribute that is encoded already, `key` being the hash of its key.
    pub(super) fn set_encoded_attribute(&mut self, key: u64, field: &[u8]) {
        let out = self.attributes.buffer();
        let start = out.len();
        out.extend_from_slice(field);
        self.attributes.commit(key, start);
    }

    /// Memory in use.
    #[inline]
    pub(super) fn footprint(&self) -> usize {
        size_of::<Self>()
            + self.name.len()
            + self.attributes.footprint()
            + self.trace_state.len()
            + self.status_message.len()
            + self.links.len()
            + self.events.as_ref().map_or(0, |events| events.footprint())
    }

    /// Appends the finished span to `sink`. Its parts are used up: [`Self::clear`] follows.
    #[inline]
    pub(super) fn finish(&mut self, end: &SpanEnd<'_>, faults: &mut Faults, sink: &mut TraceEncoder) {
        let Some(scope) = &self.scope else {
            return;
        };
        if let Some(status) = end.status
            && (status.code != 0 || self.status_code.is_none())
        {
            self.status_code = Some(status.code);
            text::store(&mut self.status_message, status.message, faults);
        }
        if let Some(events) = &mut self.events {
            events.seal();
        }
        let events: &[u8] = self.events.as_ref().map_or(&[], |events| events.encoded());
        self.put(scope, end, events, sink);
    }

    /// Makes the slot empty, its buffers ready for another span.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.scope = None;
        self.parent_span_id = None;
        self.start_time_unix_nano = 0;
        self.flags = 0;
        self.kind = 0;
        self.status_code = None;
        self.link_count = 0;
        self.attributes.clear();
        self.attributes.shrink(KEPT_CAPACITY);
        for buffer in [
            &mut self.name,
            &mut self.trace_state,
            &mut self.status_message,
            &mut self.links,
        ] {
            buffer.clear();
            if buffer.capacity() > KEPT_CAPACITY {
                *buffer = Vec::new();
            }
        }
        if let Some(events) = &mut self.events
            && !events.clear(KEPT_CAPACITY)
        {
            self.events = None;
        }
    }
}
