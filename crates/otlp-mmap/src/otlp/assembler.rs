//! Spans out of their start, change and end records.

use std::sync::Arc;

use super::attributes::AttributeList;
use super::encoder::TraceEncoder;
use super::entries::Entries;
use super::faults::Faults;
use super::open_span::OpenSpan;
use super::open_spans::OpenSpans;
use super::proto;
use super::record_error::RecordError;
use super::resolver::Resolver;
use super::scope::{Resource, content_hash};
use super::span_end::SpanEnd;
use super::span_event::{Happening, SpanEvent};
use super::spilled;
use super::value::Transcoder;
use crate::wire;

/// Marks a span whose end was never seen.
const INCOMPLETE_KEY: &str = "otlp_mmap.incomplete";

/// Bounds of an [`Assembler`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssemblerOptions {
    /// Spans held open at most; one more pushes out the oldest. At least 1.
    pub max_open_spans: usize,
    /// Bytes that open spans take at most; more pushes out the oldest.
    pub max_open_bytes: usize,
}

impl Default for AssemblerOptions {
    /// 65,536 spans and 64 MiB.
    fn default() -> Self {
        Self {
            max_open_spans: 1 << 16,
            max_open_bytes: 64 << 20,
        }
    }
}

/// What an [`Assembler`] has counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssemblerCounters {
    /// Records taken, quarantined and empty ones included.
    pub records: u64,
    /// Records that could not be decoded, and changed nothing.
    pub quarantined: u64,
    /// Spans handed to the encoder, incomplete ones included.
    pub spans: u64,
    /// Spans handed on without having ended, evicted ones included.
    pub incomplete: u64,
    /// Spans handed on without having ended because too many were open.
    pub evicted: u64,
    /// Starts that replaced an open span of the same ids.
    pub restarts: u64,
    /// Ends of spans that are not open.
    pub ends_without_start: u64,
    /// Names, attributes, events and links for spans that are not open.
    pub changes_without_start: u64,
    /// What was left out of, or repaired in, records that were taken.
    pub faults: Faults,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A span is now open and held in memory.
    Started,
    /// An open span was changed.
    Changed,
    /// A span was handed to the encoder.
    Finished,
    /// The span is not open; counted.
    WithoutStart,
    /// The record has no bytes: a slot that its writer gave up.
    Empty,
}

/// Assembles the spans of one producer, over all its files.
#[derive(Debug)]
pub struct Assembler {
    options: AssemblerOptions,
    pub(super) spans: OpenSpans,
    counters: AssemblerCounters,
    /// The newest resource that stands for all scopes of the producer: spans that began before it was known get it too.
    resource: Option<Arc<Resource>>,
    /// Time of the newest start or end: the last sign of life that an evicted span can be given.
    last_seen_unix_nano: u64,
    link_attributes: AttributeList,
    /// The encoded attribute that marks an incomplete span, and the hash of its key.
    incomplete: (u64, Vec<u8>),
}

impl Assembler {
    /// An assembler with no open spans.
    #[must_use]
    pub fn new(options: AssemblerOptions) -> Self {
        let mut incomplete = Vec::new();
        let _: Result<(), wire::Malformed> = wire::put_nested(&mut incomplete, proto::span::ATTRIBUTES, |out| {
            wire::put_bytes(out, proto::key_value::KEY, INCOMPLETE_KEY.as_bytes());
            wire::put_len(out, proto::key_value::VALUE, 2);
            wire::put_uint(out, proto::any_value::BOOL, 1);
            Ok(())
        });
        Self {
            options,
            spans: OpenSpans::new(),
            counters: AssemblerCounters::default(),
            resource: None,
            last_seen_unix_nano: 0,
            link_attributes: AttributeList::default(),
            incomplete: (content_hash(INCOMPLETE_KEY.as_bytes()), incomplete),
        }
    }

    /// Takes one record of a spans ring, without its length prefix. `resolver` and `entries` are those of the record's file.
    ///
    /// # Errors
    /// If the record cannot be decoded: it changed nothing and is counted.
    pub fn record(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        message: &[u8],
        sink: &mut TraceEncoder,
    ) -> Result<Outcome, RecordError> {
        self.counters.records += 1;
        if message.is_empty() {
            return Ok(Outcome::Empty);
        }
        if let Some(resource) = resolver.resource_override()
            && !matches!(&self.resource, Some(known) if Arc::ptr_eq(known, resource))
        {
            self.resource = Some(Arc::clone(resource));
        }
        let taken = SpanEvent::parse(message).and_then(|event| {
            if spilled::is_referring(event.happening.message()) {
                self.take_whole(resolver, entries, message, event, sink)
            } else {
                self.take(resolver, entries, event, sink)
            }
        });
        if taken.is_err() {
            self.counters.quarantined += 1;
        }
        taken
    }

    /// Takes a record of which parts stand in the spill ring.
    #[cold]
    fn take_whole(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        record: &[u8],
        event: SpanEvent<'_>,
        sink: &mut TraceEncoder,
    ) -> Result<Outcome, RecordError> {
        let faults = &mut self.counters.faults;
        let whole = spilled::whole(record, event.happening.message(), entries, faults).ok_or(RecordError::Malformed)?;
        self.take(resolver, entries, SpanEvent::parse(&whole)?, sink)
    }

    #[inline]
    fn take(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        event: SpanEvent<'_>,
        sink: &mut TraceEncoder,
    ) -> Result<Outcome, RecordError> {
        match event.happening {
            Happening::Start(message) => {
                let slot = self.spans.vacant();
                let span = self.spans.span(slot);
                let mut transcoder = Transcoder::new(resolver.cache(), entries, &mut self.counters.faults);
                let schema_url = match span.start(event.key, message, &mut transcoder) {
                    Ok(reference) => reference,
                    Err(error) => {
                        self.spans.release(slot);
                        return Err(error);
                    }
                };
                span.set_scope(resolver.scope(entries, &mut self.counters.faults, event.scope_reference, schema_url));
                self.last_seen_unix_nano = self.last_seen_unix_nano.max(span.start_time_unix_nano());
                if self.spans.insert(slot) {
                    self.counters.restarts += 1;
                }
                self.evict(sink);
                Ok(Outcome::Started)
            }
            Happening::End(message) => {
                let end = SpanEnd::parse(message)?;
                self.last_seen_unix_nano = self.last_seen_unix_nano.max(end.time_unix_nano);
                if let Some(update) = end.update
                    && let Some(slot) = self.spans.find(event.key)
                {
                    let mut transcoder = Transcoder::new(resolver.cache(), entries, &mut self.counters.faults);
                    self.spans.span(slot).update(update, &mut transcoder)?;
                }
                let Some(slot) = self.spans.remove(event.key) else {
                    self.counters.ends_without_start += 1;
                    return Ok(Outcome::WithoutStart);
                };
                self.finish(slot, &end, sink);
                Ok(Outcome::Finished)
            }
            Happening::ChangeName(_) | Happening::UpdateAttributes(_) | Happening::AddLinks(_) => {
                let Some(slot) = self.spans.find(event.key) else {
                    self.counters.changes_without_start += 1;
                    return Ok(Outcome::WithoutStart);
                };
                let span = self.spans.span(slot);
                let mut transcoder = Transcoder::new(resolver.cache(), entries, &mut self.counters.faults);
                match event.happening {
                    Happening::UpdateAttributes(message) => span.update(message, &mut transcoder)?,
                    Happening::AddLinks(message) => {
                        span.add_links(message, &mut transcoder, &mut self.link_attributes)?;
                    }
                    Happening::ChangeName(message) => span.change_name(message, &mut transcoder)?,
                    Happening::Start(_) | Happening::End(_) => {}
                }
                self.spans.measure(slot);
                self.evict(sink);
                Ok(Outcome::Changed)
            }
        }
    }

    /// Hands on all open spans, oldest first, as their producer is dead: they end when it was last seen, or when they
    /// started if that is later, and get the attribute `otlp_mmap.incomplete` = true. Returns how many.
    pub fn drain_incomplete(&mut self, last_seen_unix_nano: u64, sink: &mut TraceEncoder) -> usize {
        let mut drained = 0;
        while self.hand_on_oldest(last_seen_unix_nano, sink) {
            drained += 1;
        }
        drained
    }

    /// The open spans, oldest first.
    pub fn open_spans(&self) -> impl Iterator<Item = &OpenSpan> {
        self.spans.iter()
    }

    /// Appends the open spans that have been so for the longest time to `sink`, at most `limit`: as they are now, with an end of 0.
    /// They stay open.
    pub fn put_longest_open(&self, limit: usize, sink: &mut TraceEncoder) {
        for span in self.spans.iter().take(limit) {
            span.put_open(sink);
        }
    }

    /// Number of open spans.
    #[must_use]
    pub fn open_len(&self) -> usize {
        self.spans.len()
    }

    /// Bytes that open spans take.
    #[must_use]
    pub fn open_bytes(&self) -> usize {
        self.spans.bytes()
    }

    /// Time of the newest start or end, nanoseconds since the Unix epoch: the producer's last sign of life where its file
    /// does not tell; 0 before the first.
    #[must_use]
    pub fn last_seen_unix_nano(&self) -> u64 {
        self.last_seen_unix_nano
    }

    pub(super) fn note_seen(&mut self, unix_nano: u64) {
        self.last_seen_unix_nano = self.last_seen_unix_nano.max(unix_nano);
    }

    /// Counted so far.
    #[must_use]
    pub fn counters(&self) -> &AssemblerCounters {
        &self.counters
    }

    /// Where [`Resolver::set_resource_override`] counts what it cannot decode.
    pub fn faults_mut(&mut self) -> &mut Faults {
        &mut self.counters.faults
    }

    #[inline]
    fn evict(&mut self, sink: &mut TraceEncoder) {
        while self.spans.len() > self.options.max_open_spans || self.spans.bytes() > self.options.max_open_bytes {
            if !self.hand_on_oldest(self.last_seen_unix_nano, sink) {
                return;
            }
            self.counters.evicted += 1;
        }
    }

    fn hand_on_oldest(&mut self, last_seen_unix_nano: u64, sink: &mut TraceEncoder) -> bool {
        let Some(slot) = self.spans.remove_oldest() else {
            return false;
        };
        let (key, field) = &self.incomplete;
        let span = self.spans.span(slot);
        span.set_encoded_attribute(*key, field);
        let end = SpanEnd::at(span.start_time_unix_nano().max(last_seen_unix_nano));
        self.counters.incomplete += 1;
        self.finish(slot, &end, sink);
        true
    }

    #[inline]
    fn finish(&mut self, slot: u32, end: &SpanEnd<'_>, sink: &mut TraceEncoder) {
        let span = self.spans.span(slot);
        if let Some(resource) = &self.resource {
            span.set_resource(resource);
        }
        span.finish(end, &mut self.counters.faults, sink);
        self.spans.release(slot);
        self.counters.spans += 1;
    }
}

impl Default for Assembler {
    fn default() -> Self {
        Self::new(AssemblerOptions::default())
    }
}
