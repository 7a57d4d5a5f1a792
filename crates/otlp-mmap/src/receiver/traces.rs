//! Spans, as one producer's files tell of them.

use super::ReceiverStats;
use super::lane::Encode;
use crate::file::RingId;
use crate::otlp::{Assembler, Piece, Resolver, Signal, TraceEncoder};
use crate::reader::FileReader;

/// The open spans of one producer, and the finished ones that are not handed over.
pub(super) struct Traces {
    pub(super) assembler: Assembler,
    encoder: TraceEncoder,
}

impl Traces {
    pub(super) fn new(assembler: Assembler) -> Self {
        Self {
            assembler,
            encoder: TraceEncoder::default(),
        }
    }

    /// Ends all open spans as incomplete.
    pub(super) fn end_open(&mut self, last_seen_unix_nano: u64) {
        self.assembler.drain_incomplete(last_seen_unix_nano, &mut self.encoder);
    }

    /// Adds what was counted while spans were assembled.
    pub(super) fn add_to(&self, stats: &mut ReceiverStats) {
        let assembled = self.assembler.counters();
        stats.spans_open += self.assembler.open_len() as u64;
        stats.ends_without_start += assembled.ends_without_start;
        stats.changes_without_start += assembled.changes_without_start;
        stats.open_spans_evicted += assembled.evicted;
        stats.spans_incomplete += assembled.incomplete;
        stats.quarantine(Signal::Traces, assembled.quarantined);
        stats.faults += assembled.faults;
    }
}

impl Encode for Traces {
    const RING: RingId = RingId::Spans;
    const SIGNAL: Signal = Signal::Traces;

    #[inline]
    fn record(&mut self, resolver: &mut Resolver, reader: &mut FileReader, record: &[u8]) {
        // a record that cannot be decoded is counted by the assembler
        let _ = self.assembler.record(resolver, reader, record, &mut self.encoder);
    }

    fn items(&self) -> u32 {
        self.encoder.items()
    }

    fn bytes(&self) -> usize {
        self.encoder.bytes()
    }

    fn cut(&mut self, piece: &mut Piece) -> bool {
        self.encoder.cut(piece)
    }

    fn open(&self, piece: &mut Piece) {
        self.assembler.changed(piece);
    }

    fn gone(&self) -> &[u8] {
        self.assembler.gone()
    }

    fn saved(&mut self, segment: u64) {
        self.assembler.saved(segment);
    }

    fn last_seen(&self) -> u64 {
        self.assembler.last_seen_unix_nano()
    }
}
