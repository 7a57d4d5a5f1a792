//! One process' files in the order of their generations, and the spans that are open across them.

use super::attached::Attached;
use super::discovery::{Found, Inode};
use super::run::Outlet;
use super::{Level, ReceiverOptions, ReceiverStats};
use crate::file::RingId;
use crate::layout::constant;
use crate::otlp::{Assembler, AssemblerOptions, Piece, TraceEncoder};
use crate::reader::Next;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Records taken from one producer before the others have their turn.
const RECORDS_PER_PASS: usize = 8192;

/// Slots are given back when their records are acknowledged, so a batch must not wait for its timer while a ring fills: a
/// piece is urgent when this part of the ring was read since the last one.
const HURRY_FRACTION: u64 = 4;

/// How long a few spans wait for more before they are handed over as a piece: each costs the consumer a call.
const LINGER: Duration = Duration::from_millis(25);

/// Bytes after which a piece is handed over: a batch of a few pieces is what destinations take in one request.
const PIECE_BYTES: usize = 1 << 20;

/// A slot of a living writer that stays unpublished for so long is worth a line in the log.
const LONG_WAIT: Duration = Duration::from_secs(10);

/// What tells producers apart: the stream of files with our block, the file itself otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ProducerKey {
    Stream([u8; 16]),
    File(Inode, PathBuf),
}

impl ProducerKey {
    pub(super) fn of(attached: &Attached, found: &Found) -> Self {
        match attached.reader.identity() {
            Some(identity) => Self::Stream(identity.stream_id),
            None => Self::File(found.inode, found.path.clone()),
        }
    }
}

/// The circumstances of one visit.
pub(super) struct Pass<'a> {
    pub(super) options: &'a ReceiverOptions,
    pub(super) now: Instant,
    /// Hand over what is assembled even if it is little, and wait for nothing.
    pub(super) flush: bool,
}

/// What a visit brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Nothing new.
    Nothing,
    /// Some records, and then no more.
    Some,
    /// So many that there are probably more by now.
    Plenty,
}

/// Counts that end with the producer's files go into the receiver's totals when it goes.
#[derive(Debug, Default)]
struct Counts {
    quarantined: u64,
    skipped: u64,
    writer_drops: [u64; constant::DROP_REASONS as usize],
}

/// The files of one process, and its open spans.
pub(super) struct Producer {
    /// Oldest generation first; only the first is read.
    files: VecDeque<Attached>,
    /// Files read to their end whose pieces are not all acknowledged.
    retiring: Vec<Attached>,
    assembler: Assembler,
    encoder: TraceEncoder,
    /// Newest piece handed over.
    sequence: u64,
    /// When the oldest span that is not handed over was finished.
    gathering_since: Option<Instant>,
    /// Records read since a piece was last handed over as urgent.
    unhurried: u64,
    record: Vec<u8>,
    counts: Counts,
    long_wait_told: bool,
}

impl Producer {
    pub(super) fn new(options: &ReceiverOptions) -> Self {
        let bounds = AssemblerOptions {
            max_open_spans: options.max_open_spans,
            max_open_bytes: options.max_open_span_bytes,
        };
        Self {
            files: VecDeque::new(),
            retiring: Vec::new(),
            assembler: Assembler::new(bounds),
            encoder: TraceEncoder::default(),
            sequence: 0,
            gathering_since: None,
            unhurried: 0,
            record: Vec::new(),
            counts: Counts::default(),
            long_wait_told: false,
        }
    }

    pub(super) fn add(&mut self, attached: Attached) {
        let generation = |file: &Attached| file.reader.identity().map_or(0, |identity| identity.generation);
        let at = self
            .files
            .partition_point(|file| generation(file) <= generation(&attached));
        self.files.insert(at, attached);
    }

    /// Reads what is new.
    pub(super) fn pass(&mut self, outlet: &mut Outlet<'_>, pass: &Pass<'_>) -> Progress {
        let Some(file) = self.files.front_mut() else {
            return Progress::Nothing;
        };
        let urgent = file.wants_flush() || pass.flush;
        if file.reader.file().mapping().poisoned() {
            return self.set_front_aside(outlet, "it was truncated while it was read");
        }
        if !pass.flush && file.waits_for_resource(pass.now) {
            return Progress::Nothing;
        }
        if file.reader.was_restarted() {
            return self.follow_restart(outlet);
        }
        file.apply_resource(self.assembler.faults_mut());
        let slots = file.reader.file().ring(RingId::Spans).geometry().num_buffers();
        let mut taken = 0;
        let mut at_end = false;
        while taken < RECORDS_PER_PASS && !is_full(&self.encoder, pass) {
            match file.reader.next(RingId::Spans, pass.now, &mut self.record) {
                Next::Record => {
                    let Attached { reader, resolver, .. } = &mut *file;
                    // a record that cannot be decoded is counted by the assembler
                    let _ = self.assembler.record(resolver, reader, &self.record, &mut self.encoder);
                }
                Next::Quarantined => self.counts.quarantined += 1,
                Next::Skipped => self.counts.skipped += 1,
                Next::Empty | Next::Waiting => {
                    at_end = true;
                    break;
                }
                Next::Broken => return self.set_front_aside(outlet, "the indices of its spans ring cannot be right"),
            }
            taken += 1;
        }
        self.unhurried += taken as u64;
        let urgent = urgent || self.unhurried >= slots / HURRY_FRACTION;
        if self.encoder.items() == 0 {
            if taken > 0 {
                self.checkpoint(outlet);
            }
        } else {
            let since = *self.gathering_since.get_or_insert(pass.now);
            let lingered = urgent || pass.now.saturating_duration_since(since) >= LINGER;
            if is_full(&self.encoder, pass) || (at_end && lingered) {
                self.hand(outlet, urgent);
            }
        }
        match taken {
            0 => Progress::Nothing,
            _ if !at_end || taken as u64 >= slots / HURRY_FRACTION => Progress::Plenty,
            _ => Progress::Some,
        }
    }

    /// Hands over what is assembled; what was read until now depends on it.
    fn hand(&mut self, outlet: &mut Outlet<'_>, urgent: bool) {
        self.gathering_since = None;
        let mut piece = Piece::default();
        if self.encoder.cut(&mut piece) {
            self.sequence = outlet.hand(piece, urgent);
            if urgent {
                self.unhurried = 0;
            }
        }
        self.checkpoint(outlet);
    }

    fn checkpoint(&mut self, outlet: &Outlet<'_>) {
        if let Some(file) = self.files.front_mut() {
            file.checkpoint(self.sequence, outlet.in_flight.watermark());
        }
    }

    /// Emits what the old process left open, and goes on with the new one's records.
    fn follow_restart(&mut self, outlet: &mut Outlet<'_>) -> Progress {
        let Some(file) = self.files.front_mut() else {
            return Progress::Nothing;
        };
        let last_seen = last_seen(file, &self.assembler);
        if file.restart().is_err() {
            // caught in the middle of it: look again
            return Progress::Nothing;
        }
        outlet.log(
            Level::Info,
            format!("{}: a new process writes it", file.reader.file().path().display()),
        );
        self.emit_open(outlet, last_seen);
        Progress::Some
    }

    /// Emits all open spans as incomplete.
    fn emit_open(&mut self, outlet: &mut Outlet<'_>, last_seen: u64) {
        self.assembler.drain_incomplete(last_seen, &mut self.encoder);
        self.hand(outlet, true);
    }

    fn set_front_aside(&mut self, outlet: &mut Outlet<'_>, why: &str) -> Progress {
        if let Some(file) = self.files.pop_front() {
            let path = file.reader.file().path().display();
            outlet.log(Level::Warn, format!("set aside: {path}: {why}; remove the file"));
            outlet.stats.files_set_aside += 1;
            let last_seen = last_seen(&file, &self.assembler);
            self.leave(&file);
            self.emit_open(outlet, last_seen);
        }
        Progress::Nothing
    }

    /// Slow chores: the writers' lives, files that are done with.
    pub(super) fn tend(&mut self, outlet: &mut Outlet<'_>, now: Instant, unix_nanos: u64) {
        for file in self.files.iter_mut().chain(self.retiring.iter_mut()) {
            file.tend(unix_nanos);
        }
        self.tell_long_wait(outlet, now);
        while self.files.front().is_some_and(Attached::is_surely_exhausted) && self.encoder.items() == 0 {
            self.retire_front(outlet);
        }
        let (done, retiring) = std::mem::take(&mut self.retiring)
            .into_iter()
            .partition(Attached::is_released);
        self.retiring = retiring;
        for file in done {
            self.finish(&file, outlet);
        }
    }

    /// The oldest file is read to its end. Spans that are open in the last one will never end.
    fn retire_front(&mut self, outlet: &mut Outlet<'_>) {
        let Some(file) = self.files.front() else { return };
        if self.files.len() == 1 && self.assembler.open_len() > 0 {
            let last_seen = last_seen(file, &self.assembler);
            self.emit_open(outlet, last_seen);
        }
        self.retiring.extend(self.files.pop_front());
    }

    /// All that the file held is acknowledged.
    fn finish(&mut self, file: &Attached, outlet: &mut Outlet<'_>) {
        self.leave(file);
        if !file.is_removable() {
            return;
        }
        let path = file.reader.file().path();
        match std::fs::remove_file(path) {
            Ok(()) => {
                outlet.stats.files_removed += 1;
                outlet.log(
                    Level::Debug,
                    format!("removed {}: drained, its writer is done with it", path.display()),
                );
            }
            Err(error) => outlet.log(
                Level::Warn,
                format!("cannot remove {}: {error}; remove it by hand", path.display()),
            ),
        }
    }

    fn leave(&mut self, file: &Attached) {
        for (total, count) in self.counts.writer_drops.iter_mut().zip(file.writer_drops()) {
            *total += count;
        }
    }

    fn tell_long_wait(&mut self, outlet: &mut Outlet<'_>, now: Instant) {
        let Some(file) = self.files.front() else { return };
        let waits = file
            .reader
            .waiting_since(RingId::Spans)
            .is_some_and(|since| now.duration_since(since) > LONG_WAIT);
        if waits && !self.long_wait_told {
            let path = file.reader.file().path().display();
            outlet.log(
                Level::Warn,
                format!("{path}: a slot was claimed and not published for {LONG_WAIT:?} by a living process; its file waits there"),
            );
        }
        self.long_wait_told = waits;
    }

    /// Gives back what pieces up to `watermark` hold.
    pub(super) fn release(&mut self, watermark: u64) {
        if let Some(file) = self.files.front_mut() {
            file.release(watermark);
        }
        for file in &mut self.retiring {
            file.release(watermark);
        }
    }

    /// The receiver stops: open spans would be lost with its memory, so they are exported as they are.
    pub(super) fn close(&mut self, outlet: &mut Outlet<'_>) {
        if self.assembler.open_len() > 0 {
            let last_seen = self.files.front().map_or(0, |file| last_seen(file, &self.assembler));
            self.emit_open(outlet, last_seen);
        }
    }

    /// It has no files any more.
    pub(super) fn is_finished(&self) -> bool {
        self.files.is_empty() && self.retiring.is_empty()
    }

    /// Adds this producer's counts.
    pub(super) fn add_to(&self, stats: &mut ReceiverStats) {
        let assembled = self.assembler.counters();
        stats.files_attached += (self.files.len() + self.retiring.len()) as u64;
        stats.records += assembled.records;
        stats.spans_open += self.assembler.open_len() as u64;
        stats.ends_without_start += assembled.ends_without_start;
        stats.changes_without_start += assembled.changes_without_start;
        stats.open_spans_evicted += assembled.evicted;
        stats.spans_incomplete += assembled.incomplete;
        stats.records_quarantined += self.counts.quarantined + assembled.quarantined;
        stats.slots_skipped += self.counts.skipped;
        let current = self.files.iter().chain(&self.retiring).map(Attached::writer_drops);
        for drops in current.chain([self.counts.writer_drops]) {
            for (total, count) in stats.writer_drops.iter_mut().zip(drops) {
                *total += count;
            }
        }
    }
}

/// What is assembled is as much as a piece should hold.
#[inline]
fn is_full(encoder: &TraceEncoder, pass: &Pass<'_>) -> bool {
    encoder.items() >= pass.options.max_items || encoder.bytes() >= PIECE_BYTES
}

/// When the process was last seen, nanoseconds since the Unix epoch: its newest commit or, where the file does not tell, the
/// newest time in a record; later if its lock was seen held after that.
fn last_seen(file: &Attached, assembler: &Assembler) -> u64 {
    let written = match file.reader.last_commit() {
        0 => assembler.last_seen_unix_nano(),
        commit => commit,
    };
    written.max(file.last_alive())
}
