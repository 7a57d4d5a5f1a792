//! One file under a viewer's eyes.

use super::ring_state::RingState;
use super::tail::{Tail, Tailed};
use crate::dump;
use crate::file::{FileError, RingId};
use crate::journal::Position;
use crate::otlp::{Assembler, LogEncoder, Piece, Resolver, Signal, TraceEncoder};
use crate::reader::FileReader;
use std::path::Path;
use std::time::Instant;

/// Records of one ring that a visit takes at most: a writer may be as fast as the viewer.
const MOST: u32 = 1 << 16;

/// What a visit fills.
#[derive(Debug, Default)]
pub(super) struct Sinks {
    pub(super) spans: TraceEncoder,
    pub(super) logs: LogEncoder,
    pub(super) lost: u64,
}

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) reader: FileReader,
    resolver: Resolver,
    events: Tail,
    spans: Tail,
    /// What was read since the last visit is history to whoever has just begun to look.
    is_history: bool,
}

impl Watched {
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn open(path: &Path, is_history: bool) -> Result<Self, FileError> {
        let reader = FileReader::view(path)?;
        Ok(Self {
            events: Tail::at_oldest(reader.file().ring(RingId::Events)),
            spans: Tail::at_oldest(reader.file().ring(RingId::Spans)),
            resolver: Resolver::default(),
            reader,
            is_history,
        })
    }

    /// The spans ring holds every record that is not up to this position.
    pub(super) fn holds_spans_after(&self, position: &Position) -> bool {
        let next = self.next_span(position);
        next.is_none_or(|next| self.spans.is_at_most(next))
    }

    /// Records up to this position are known.
    pub(super) fn go_on_from(&mut self, position: &Position) {
        if let Some(next) = self.next_span(position) {
            self.spans.skip_known(next);
        }
    }

    /// The record after those of the position; None in a file that it does not speak of.
    fn next_span(&self, position: &Position) -> Option<i64> {
        let identity = self.reader.identity()?;
        if identity.file_id[..] == position.file[..] {
            return Some(position.indices[RingId::Spans as usize].saturating_add(1));
        }
        let is_read = identity.generation < position.generation;
        is_read.then(|| self.reader.file().ring(RingId::Spans).writer_index().saturating_add(1))
    }

    /// Shows new records to the assembler of their producer and to the encoders.
    pub(super) fn visit(&mut self, now: Instant, assembler: &mut Assembler, sinks: &mut Sinks) {
        if let Some((resource, schema_url)) = self.reader.resource_refs() {
            let faults = assembler.faults_mut();
            let _ = self
                .resolver
                .set_resource_override(&mut self.reader, faults, resource, schema_url);
        }
        let mut history = Sinks::default();
        let sinks = if self.is_history { &mut history } else { sinks };
        self.is_history = false;
        let mut record = Vec::new();
        for _ in 0..MOST {
            match self
                .spans
                .take(self.reader.file().ring(RingId::Spans), now, &mut record)
            {
                // what cannot be decoded is not shown; the collector counts it
                Tailed::Record => {
                    let _ = assembler.record(&mut self.resolver, &mut self.reader, &record, &mut sinks.spans);
                }
                Tailed::Lost(count) => sinks.lost += count,
                Tailed::Nothing => break,
            }
        }
        for _ in 0..MOST {
            match self
                .events
                .take(self.reader.file().ring(RingId::Events), now, &mut record)
            {
                Tailed::Record => {
                    let _ = sinks.logs.record(&mut self.resolver, &mut self.reader, &record);
                }
                Tailed::Lost(count) => sinks.lost += count,
                Tailed::Nothing => break,
            }
        }
    }

    /// Series updated after `since`, cumulative.
    pub(super) fn metrics(&mut self, since: u64, pieces: &mut Vec<(Signal, Piece)>) {
        dump::metrics(&mut self.reader, since, pieces);
    }

    pub(super) fn rings(&self) -> [RingState; 3] {
        RingId::ALL.map(|id| RingState::of(self.reader.file().ring(id)))
    }
}
