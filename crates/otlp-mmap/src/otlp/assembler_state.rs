//! Open spans out of an assembler and back into one: what a journal keeps, so that a span survives its collector.
//!
//! They are written as OTLP, a request of spans whose end time is 0: resources and scopes stand in it once, and everything that reads
//! OTLP reads them.

use std::sync::Arc;

use super::assembler::Assembler;
use super::encoder::TraceEncoder;
use super::piece::Piece;
use super::proto::{REQUEST_RESOURCE, resource_group, scope_group};
use super::scope::{Resource, Scope};
use super::span_event::SpanKey;
use crate::wire::{Fields, Malformed};

/// Bytes of a span's ids: the trace's, then its own.
const IDS: usize = 24;

impl Assembler {
    /// From now on, knows which open spans are new or changed.
    pub fn note_changes(&mut self) {
        self.spans.note_changes();
    }

    /// Puts the open spans that are new or changed since the last [`Assembler::saved`] into `piece`. False if there are none.
    pub fn changed(&self, piece: &mut Piece) -> bool {
        let mut encoder = TraceEncoder::new();
        for span in self.spans.changed() {
            span.put_open(&mut encoder);
        }
        encoder.cut(piece)
    }

    /// Ids of spans that were saved and are not open any more since: 24 bytes each, the trace's and the span's.
    #[must_use]
    pub fn gone(&self) -> &[u8] {
        self.spans.gone()
    }

    /// What [`Assembler::changed`] and [`Assembler::gone`] tell was saved, in the segment of this number (1 or more).
    pub fn saved(&mut self, segment: u64) {
        self.spans.saved(segment);
    }

    /// Whether the newest copy of an open span stands in a segment up to this one.
    #[must_use]
    pub fn depends_on(&self, segment: u64) -> bool {
        self.spans.depends_on(segment)
    }

    /// Copies in segments up to this one will be gone: their spans count as changed.
    pub fn will_lose(&mut self, segment: u64) {
        self.spans.will_lose(segment);
    }

    /// Opens the spans of a request that [`Assembler::changed`] made; each takes the place of one with its ids. `segment` is where they
    /// are saved.
    ///
    /// # Errors
    /// The request is malformed; the spans before that place are open.
    pub fn restore(&mut self, request: &[u8], segment: u64) -> Result<(), Malformed> {
        for group in Fields::new(request) {
            if let (REQUEST_RESOURCE, v) = group? {
                self.restore_resource(v.bytes()?, segment)?;
            }
        }
        Ok(())
    }

    fn restore_resource(&mut self, group: &[u8], segment: u64) -> Result<(), Malformed> {
        let body = one(group, resource_group::RESOURCE)?;
        let resource = Resource::new(body, one(group, resource_group::SCHEMA_URL)?);
        for field in Fields::new(group) {
            let (resource_group::SCOPE_GROUPS, v) = field? else {
                continue;
            };
            let group = v.bytes()?;
            let scope = Scope::new(
                Arc::clone(&resource),
                one(group, scope_group::SCOPE)?,
                one(group, scope_group::SCHEMA_URL)?,
            );
            for field in Fields::new(group) {
                if let (scope_group::ITEMS, v) = field? {
                    self.restore_span(&scope, v.bytes()?, segment)?;
                }
            }
        }
        Ok(())
    }

    fn restore_span(&mut self, scope: &Arc<Scope>, message: &[u8], segment: u64) -> Result<(), Malformed> {
        let slot = self.spans.vacant();
        let span = self.spans.span(slot);
        if let Err(error) = span.restore(scope, message) {
            self.spans.release(slot);
            return Err(error);
        }
        let started = span.start_time_unix_nano();
        self.note_seen(started);
        self.spans.insert_saved(slot, segment);
        Ok(())
    }

    /// Spans with these ids, 24 bytes each, are not open any more, as what was saved tells. Nothing is handed on, and there is nothing to
    /// save.
    pub fn forget(&mut self, ids: &[u8]) {
        for ids in ids.chunks_exact(IDS) {
            let (trace_id, span_id) = ids.split_at(16);
            let (Ok(trace_id), Ok(span_id)) = (trace_id.try_into(), span_id.try_into()) else {
                continue;
            };
            self.spans.forget(SpanKey { trace_id, span_id });
        }
    }
}

/// The body of a field that stands once; empty if it does not.
fn one(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
    for field in Fields::new(message) {
        let (field, value) = field?;
        if field == number {
            return value.bytes();
        }
    }
    Ok(&[])
}
