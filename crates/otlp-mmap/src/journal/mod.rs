//! What a collector must not lose when it dies: encoded pieces that are not delivered everywhere, spans that are open, and how far
//! each file was read. docs/journal.md describes the format.
//!
//! Everything is committed in [`Transaction`]s, into memory-mapped segments: after the return of [`Journal::commit`] a `kill -9`
//! takes nothing of it. Only then may the slots that it came from be given back. Segments go, oldest first, when every destination
//! has acknowledged their pieces and what else they hold stands in later ones.

mod backlog;
mod commit;
mod destination;
mod directory;
mod entry;
mod error;
pub mod fail_point;
mod frame;
mod hollow;
mod options;
mod ranges;
mod recovery;
mod segment;
mod snapshot;
mod transaction;
mod upkeep;
mod walk;

pub use backlog::JournalPiece;
pub use commit::Committed;
pub use destination::Amount;
pub use entry::{Position, SPAN_IDS};
pub use error::{JournalError, Refusal};
pub use options::{DestinationOptions, JournalOptions, OnFull};
pub use ranges::Ranges;
pub use recovery::OpenSpanStore;
pub use snapshot::read_open_spans;
pub use transaction::Transaction;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::clock;
use crate::random;
use destination::{Destination, PieceSize};
use directory::Directory;
use segment::{Identity, Segment};

/// Segments are not made smaller than this.
const SMALLEST_SEGMENT: u64 = 64 << 10;

/// A segment, mapped or not.
#[derive(Debug)]
struct Held {
    identity: Identity,
    path: PathBuf,
    /// First and last piece, 0 and 0 without any.
    pieces: (u64, u64),
    /// How old it was when this process came to know it.
    begun: Duration,
    known: Instant,
    /// How old its newest commit was when `since` was taken.
    age: Duration,
    since: Instant,
    /// Where it ends, once nothing is added to it.
    end: u64,
}

impl Held {
    /// Since it was begun, by the wall clock at first and by this process' clock since.
    fn identity_age(&self, now: Instant) -> Duration {
        self.begun + now.saturating_duration_since(self.known)
    }

    fn age(&self, now: Instant) -> Duration {
        self.age + now.saturating_duration_since(self.since)
    }
}

/// What was found when a journal was opened.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Up to where each producer's records are in the journal, by stream.
    pub positions: HashMap<Vec<u8>, Position>,
    /// Sentences about what was damaged, cut or set aside.
    pub messages: Vec<String>,
    /// Files that were set aside.
    pub set_aside: u64,
}

/// Counts since it was opened, and sizes now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// Bytes of all segments.
    pub bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Transactions committed.
    pub transactions: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// Pieces that could not be read back because they are damaged, counted once a destination.
    pub pieces_damaged: u64,
    /// Since the oldest segment was begun from which a destination lacks something; zero if none lacks anything.
    pub oldest: Duration,
    /// What concerns one destination each.
    pub destinations: Vec<DestinationStats>,
}

/// Of one destination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DestinationStats {
    /// What it is known by.
    pub name: String,
    /// What it neither took nor lost.
    pub pending: Amount,
    /// What it lost to the journal's bounds.
    pub dropped: Amount,
    /// What was read back for it, instead of being handed over as it was made.
    pub replayed: Amount,
    /// What waited for it when the journal was opened. Of this it gets a second time what was in flight when the process before died.
    pub found: Amount,
}

impl From<&Destination> for DestinationStats {
    fn from(destination: &Destination) -> Self {
        Self {
            name: destination.name.clone(),
            pending: destination.pending,
            dropped: destination.dropped,
            replayed: destination.replayed,
            found: destination.found,
        }
    }
}

/// An open journal. Nothing is written when it is dropped: every commit leaves it as the next start wants it.
#[derive(Debug)]
pub struct Journal {
    options: JournalOptions,
    directory: Directory,
    id: [u8; 16],
    /// Oldest first; the last is the current one if there is one.
    segments: VecDeque<Held>,
    current: Option<Segment>,
    /// Where the next frame goes.
    offset: u64,
    /// What is true of the journal as a whole has to be stated before anything else: whoever began the current segment may have died
    /// before it stood there.
    is_base_due: bool,
    /// A segment that is not needed any more, mapped, its pages in memory.
    spare: Option<Segment>,
    /// A segment that pieces are read back from.
    reading: Option<Segment>,
    transaction: u64,
    piece: u64,
    positions: HashMap<Vec<u8>, Position>,
    notes: HashMap<String, Vec<u8>>,
    destinations: Vec<Destination>,
    /// Destinations that the journal speaks of and that are not configured any more.
    forgotten: Vec<String>,
    transactions: u64,
    bytes_written: u64,
    pieces_damaged: u64,
    /// The oldest segments were lost, and so was what they alone held.
    was_lost: bool,
    /// The names of segments are to be looked at then.
    next_look: Instant,
}

impl Journal {
    /// Takes the state directory, reads what is there, and goes on from it.
    ///
    /// # Errors
    /// Another collector has the directory, or it cannot be used. A full file system is no error here: the first commit tells.
    pub fn open(
        mut options: JournalOptions,
        open_spans: &mut dyn OpenSpanStore,
    ) -> Result<(Self, Recovered), JournalError> {
        let quarter = (options.max_bytes / 4).max(SMALLEST_SEGMENT);
        options.segment_bytes = options.segment_bytes.clamp(SMALLEST_SEGMENT, quarter);
        let directory = Directory::open(&options.directory)?;
        let mut state = recovery::recover(&directory, open_spans)?;
        let now = Instant::now();
        let wall = clock::wall_nanos();
        let segments = state.segments.iter().map(|found| Held {
            identity: found.identity,
            path: directory.segment(found.identity.number),
            pieces: found.pieces,
            // a clock that was set back makes nothing older
            begun: Duration::from_nanos(wall.saturating_sub(found.identity.created)),
            known: now,
            age: Duration::from_nanos(wall.saturating_sub(found.committed)),
            since: now,
            end: found.end,
        });
        let mut journal = Self {
            id: state.journal.unwrap_or_else(random::bytes),
            segments: segments.collect(),
            offset: 0,
            is_base_due: false,
            current: None,
            spare: None,
            reading: None,
            transaction: state.transaction,
            piece: state.piece,
            positions: std::mem::take(&mut state.positions),
            notes: std::mem::take(&mut state.notes),
            destinations: Vec::new(),
            forgotten: Vec::new(),
            transactions: 0,
            bytes_written: 0,
            pieces_damaged: 0,
            was_lost: false,
            next_look: now,
            directory,
            options,
        };
        let settled_last = state.destinations.values().filter_map(|ranges| ranges.iter().last());
        journal.piece = settled_last.map(|(_, last)| last).fold(journal.piece, u64::max);
        if let (Some(segment), Some(last)) = (state.current.take(), journal.segments.back()) {
            // what a torn transaction left must not be taken for a part of a later one
            segment.clear_from(last.end);
            journal.offset = last.end;
            journal.current = Some(segment);
            journal.is_base_due = true;
        }
        journal.adopt_destinations(&mut state);
        let recovered = Recovered {
            positions: journal.positions.clone(),
            messages: state.messages,
            set_aside: state.set_aside,
        };
        Ok((journal, recovered))
    }

    fn adopt_destinations(&mut self, state: &mut recovery::State) {
        for wanted in &self.options.destinations {
            let mut destination = Destination::new(wanted.name.clone(), &wanted.signals);
            if let Some(settled) = state.destinations.remove(&wanted.name) {
                destination.settled = settled;
            } else if self.piece > 0 {
                // what was there before it is not for it
                destination.skip(1, self.piece);
            }
            for &(number, size) in &state.pieces {
                if destination.settled.contains(number) {
                    continue;
                }
                if destination.takes(size.signal) {
                    destination.add(size);
                } else {
                    destination.skip(number, number);
                }
            }
            destination.found = destination.pending;
            self.destinations.push(destination);
        }
        for name in std::mem::take(&mut state.destinations).into_keys() {
            state.messages.push(format!(
                "destination {name} is not configured any more: what waits for it is given up"
            ));
            self.forgotten.push(name);
        }
    }

    /// Takes other destinations from now on. Those whose names are known go on where they are, in their places; new ones follow, and
    /// start at now; what waits for the others is given up. The pieces that these held.
    pub fn set_destinations(&mut self, wanted: &[DestinationOptions]) -> Vec<u64> {
        let mut let_go = Vec::new();
        for there in self.destinations.iter_mut().filter(|there| !there.is_retired) {
            if !wanted.iter().any(|wanted| wanted.name == there.name) {
                let_go.extend(there.retire());
                self.forgotten.push(there.name.clone());
            }
        }
        for wanted in wanted {
            let is_known = |there: &Destination| !there.is_retired && there.name == wanted.name;
            if !self.destinations.iter().any(is_known) {
                let mut destination = Destination::new(wanted.name.clone(), &wanted.signals);
                destination.skip(1, self.piece);
                self.forgotten.retain(|name| *name != wanted.name);
                self.destinations.push(destination);
            }
        }
        let_go
    }

    /// The state directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The value kept under a key, if there is one.
    #[must_use]
    pub fn note(&self, key: &str) -> Option<&[u8]> {
        self.notes.get(key).map(Vec::as_slice)
    }

    /// Up to where a producer's records are in the journal.
    #[must_use]
    pub fn position(&self, stream: &[u8]) -> Option<&Position> {
        self.positions.get(stream)
    }

    /// Number of the newest piece, 0 before the first.
    #[must_use]
    pub fn last_piece(&self) -> u64 {
        self.piece
    }

    /// How many destinations there are; they go by their place in the options.
    #[must_use]
    pub fn destinations(&self) -> usize {
        self.destinations.len()
    }

    /// Whether a destination takes a signal.
    #[must_use]
    pub fn takes(&self, destination: usize, signal: crate::otlp::Signal) -> bool {
        self.destinations
            .get(destination)
            .is_some_and(|destination| destination.takes(signal))
    }

    /// A piece that was just committed is handed to a destination as it is.
    pub fn hand(&mut self, destination: usize, number: u64, signal: crate::otlp::Signal, items: u32, bytes: usize) {
        let size = PieceSize {
            signal,
            items,
            bytes: bytes as u32,
        };
        if let Some(destination) = self.destinations.get_mut(destination) {
            destination.hand(number, size);
        }
    }

    /// A destination took the piece, or refused it for good. False if it did not hold it.
    pub fn acknowledge(&mut self, destination: usize, number: u64) -> bool {
        let settled = self
            .destinations
            .get_mut(destination)
            .and_then(|destination| destination.settle(number));
        settled.is_some()
    }

    /// A destination cannot keep the piece in memory: it gets it again later. False if it did not hold it.
    pub fn give_back(&mut self, destination: usize, number: u64) -> bool {
        let oldest = self.segments.iter().map(|held| held.pieces.0).find(|&first| first > 0);
        let is_kept = oldest.is_some_and(|oldest| number >= oldest);
        self.destinations
            .get_mut(destination)
            .is_some_and(|destination| destination.give_back(number, is_kept))
    }

    /// Whether any destination holds a piece that it is not done with.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.destinations.iter().any(Destination::is_holding)
    }

    /// What waits for a destination: neither taken by it nor given up.
    #[must_use]
    pub fn pending(&self, destination: usize) -> Amount {
        self.destinations
            .get(destination)
            .map_or_else(Amount::default, |destination| destination.pending)
    }

    /// The counts now.
    #[must_use]
    pub fn stats(&self) -> JournalStats {
        let destinations = self.destinations.iter().filter(|there| !there.is_retired);
        JournalStats {
            bytes: self.bytes(),
            segments: self.segments.len() as u64,
            transactions: self.transactions,
            bytes_written: self.bytes_written,
            pieces_damaged: self.pieces_damaged,
            oldest: self.oldest_pending(Instant::now()),
            destinations: destinations.map(DestinationStats::from).collect(),
        }
    }

    fn oldest_pending(&self, now: Instant) -> Duration {
        let is_pending = |held: &&Held| {
            let (first, last) = held.pieces;
            first > 0 && self.destinations.iter().any(|there| !there.settled.covers(first, last))
        };
        let oldest = self.segments.iter().find(is_pending);
        oldest.map_or(Duration::ZERO, |held| held.identity_age(now))
    }

    fn bytes(&self) -> u64 {
        let held: u64 = self.segments.iter().map(|held| held.identity.length).sum();
        held + self.spare.as_ref().map_or(0, |spare| spare.identity.length)
    }
}
