//! A span as OTLP has it: written when it ends, or as it is while it is open, and read back from that.

use std::sync::Arc;

use super::OpenSpan;
use crate::otlp::encoder::TraceEncoder;
use crate::otlp::proto;
use crate::otlp::scope::Scope;
use crate::otlp::span_end::SpanEnd;
use crate::otlp::status::Status;
use crate::wire::{self, Fields, Malformed, field_len, varint_len};

impl OpenSpan {
    /// Appends the span as it is to `sink`, with the end time 0: what [`Self::restore`] makes this span of again.
    pub(in crate::otlp) fn put_open(&self, sink: &mut TraceEncoder) {
        let Some(scope) = &self.scope else {
            return;
        };
        let mut events = Vec::new();
        if let Some(there) = &self.events {
            there.put_all(&mut events);
        }
        self.put(scope, &SpanEnd::default(), &events, sink);
    }

    /// Makes an empty slot the span that [`Self::put_open`] wrote. On an error the slot holds rubbish: [`Self::clear`] it.
    pub(in crate::otlp) fn restore(&mut self, scope: &Arc<Scope>, message: &[u8]) -> Result<(), Malformed> {
        for field in Fields::new(message) {
            match field? {
                (proto::span::TRACE_ID, v) => self.trace_id = v.bytes()?.try_into().map_err(|_| Malformed)?,
                (proto::span::SPAN_ID, v) => self.span_id = v.bytes()?.try_into().map_err(|_| Malformed)?,
                (proto::span::TRACE_STATE, v) => self.trace_state.extend_from_slice(v.bytes()?),
                (proto::span::PARENT_SPAN_ID, v) => {
                    self.parent_span_id = Some(v.bytes()?.try_into().map_err(|_| Malformed)?);
                }
                (proto::span::NAME, v) => self.name.extend_from_slice(v.bytes()?),
                (proto::span::KIND, v) => self.kind = v.varint()? as u8,
                (proto::span::START_TIME, v) => self.start_time_unix_nano = v.fixed64()?,
                (proto::span::ATTRIBUTES, v) => {
                    self.attributes.restore(proto::span::ATTRIBUTES, v.bytes()?)?;
                }
                (proto::span::EVENTS, v) => self.events.get_or_insert_default().restore(v.bytes()?)?,
                (proto::span::LINKS, v) => {
                    wire::put_bytes(&mut self.links, proto::span::LINKS, v.bytes()?);
                    self.link_count += 1;
                }
                (proto::span::STATUS, v) => {
                    for field in Fields::new(v.bytes()?) {
                        match field? {
                            (proto::status::MESSAGE, v) => self.status_message.extend_from_slice(v.bytes()?),
                            (proto::status::CODE, v) => self.status_code = Some(v.varint()? as u8),
                            _ => {}
                        }
                    }
                    self.status_code.get_or_insert(0);
                }
                (proto::span::FLAGS, v) => self.flags = v.fixed32()?,
                _ => {}
            }
        }
        self.scope = Some(Arc::clone(scope));
        Ok(())
    }

    /// Appends the span to `sink`; its parts follow each other in the order of OTLP's fields.
    #[inline]
    pub(super) fn put(&self, scope: &Arc<Scope>, end: &SpanEnd<'_>, events: &[u8], sink: &mut TraceEncoder) {
        let status = Status {
            code: self.status_code.unwrap_or(0),
            message: &self.status_message,
        };
        let status_len = status.len();
        let len = (2 + 16)
            + (2 + 8)
            + text_len(&self.trace_state)
            + if self.parent_span_id.is_some() { 2 + 8 } else { 0 }
            + text_len(&self.name)
            + if self.kind == 0 { 0 } else { 2 }
            + (1 + 8)
            + (1 + 8)
            + self.attributes.len()
            + count_len(end.dropped_attributes)
            + events.len()
            + count_len(end.dropped_events)
            + self.links.len()
            + count_len(end.dropped_links)
            + if status_len == 0 {
                0
            } else {
                field_len(proto::span::STATUS, status_len)
            }
            + if self.flags == 0 { 0 } else { 2 + 4 };
        let out = sink.span(scope, len);
        let start = out.len();
        wire::put_bytes(out, proto::span::TRACE_ID, &self.trace_id);
        wire::put_bytes(out, proto::span::SPAN_ID, &self.span_id);
        put_text(out, proto::span::TRACE_STATE, &self.trace_state);
        if let Some(parent) = &self.parent_span_id {
            wire::put_bytes(out, proto::span::PARENT_SPAN_ID, parent);
        }
        put_text(out, proto::span::NAME, &self.name);
        if self.kind != 0 {
            wire::put_uint(out, proto::span::KIND, self.kind.into());
        }
        wire::put_fixed64(out, proto::span::START_TIME, self.start_time_unix_nano);
        wire::put_fixed64(out, proto::span::END_TIME, end.time_unix_nano);
        self.attributes.write(out);
        put_count(out, proto::span::DROPPED_ATTRIBUTES, end.dropped_attributes);
        out.extend_from_slice(events);
        put_count(out, proto::span::DROPPED_EVENTS, end.dropped_events);
        out.extend_from_slice(&self.links);
        put_count(out, proto::span::DROPPED_LINKS, end.dropped_links);
        if status_len != 0 {
            wire::put_len(out, proto::span::STATUS, status_len);
            status.put(out);
        }
        if self.flags != 0 {
            wire::put_fixed32(out, proto::span::FLAGS, self.flags);
        }
        debug_assert_eq!(
            out.len() - start,
            len,
            "the length written ahead of a span is its length"
        );
    }
}

#[inline]
fn text_len(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { field_len(1, text.len()) }
}

#[inline]
fn put_text(out: &mut Vec<u8>, field: u32, text: &[u8]) {
    if !text.is_empty() {
        wire::put_bytes(out, field, text);
    }
}

#[inline]
fn count_len(count: u32) -> usize {
    if count == 0 { 0 } else { 1 + varint_len(count.into()) }
}

#[inline]
fn put_count(out: &mut Vec<u8>, field: u32, count: u32) {
    if count != 0 {
        wire::put_uint(out, field, count.into());
    }
}
