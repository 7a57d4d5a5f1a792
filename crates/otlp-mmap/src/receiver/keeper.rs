//! The journal behind the reader thread: what is read is committed there, then its slots are given back, then it is handed over.

mod room;
mod trouble;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::checkpoint::Settled;
use super::{HandedPiece, Level};
use crate::journal::fail_point::fail_point;
use crate::journal::{DestinationOptions, Journal, JournalOptions, JournalStats, Position, Refusal, Transaction};
use crate::otlp::{Piece, Signal};

/// Without an acknowledgement for so long, a window of pieces counts as held up.
const STANDSTILL: Duration = Duration::from_secs(1);

/// What is journalled at once: one lane's piece, and up to where its records are in it.
pub(super) struct Kept<'a> {
    pub(super) stream: &'a [u8],
    pub(super) signal: Signal,
    /// Of data points, their metric stream.
    pub(super) points_of: &'a str,
    /// Where its app wants it sent.
    pub(super) endpoint: &'a str,
    pub(super) piece: Option<&'a Piece>,
    /// Open spans that are new or changed, as a request.
    pub(super) open: &'a [u8],
    /// Ids of spans that are not open any more.
    pub(super) gone: &'a [u8],
    pub(super) position: Option<Position>,
    /// A small value to be kept with it, under a key.
    pub(super) note: Option<&'a (String, Vec<u8>)>,
}

/// What became of it.
pub(super) struct Keep {
    pub(super) segment: u64,
    /// Number of the piece.
    pub(super) number: u64,
    /// Whether it is handed over now; else it waits in the journal.
    pub(super) is_live: bool,
}

/// Data points of one metric stream, to be kept.
pub(super) struct Points {
    pub(super) piece: Piece,
    pub(super) urgent: bool,
    pub(super) stream: String,
    pub(super) endpoint: Arc<str>,
    /// How far their collection is with them.
    pub(super) note: Option<(String, Vec<u8>)>,
}

/// The journal could not take it: everything stays as it is, to be tried again.
#[derive(Debug)]
pub(super) struct NotKept;

/// Pieces handed over as they were made, and who has not settled them.
#[derive(Default)]
struct Window {
    holders: BTreeMap<u64, (usize, usize)>,
    bytes: usize,
    /// When something was last let go, or the first piece came in.
    moved: Option<Instant>,
}

impl Window {
    fn add(&mut self, number: u64, bytes: usize, holders: usize) {
        if self.holders.is_empty() {
            self.moved = Some(Instant::now());
        }
        self.holders.insert(number, (bytes, holders));
        self.bytes += bytes;
    }

    fn let_go(&mut self, number: u64) {
        let Some((bytes, holders)) = self.holders.get_mut(&number) else {
            return;
        };
        *holders -= 1;
        if *holders == 0 {
            self.bytes -= *bytes;
            self.holders.remove(&number);
            self.moved = Some(Instant::now());
        }
    }
}

/// An open journal with what is in memory of it.
pub(super) struct Keeper {
    journal: Journal,
    window: Window,
    /// Bytes handed over as they were made; more waits in the journal.
    max_live_bytes: usize,
    /// Producers that are done with, to be taken out of the journal.
    forgotten: Vec<Vec<u8>>,
    /// Keys of notes, likewise.
    forgotten_notes: Vec<String>,
    /// Why the last commit was refused.
    refusal: Option<Refusal>,
    /// Data points that the journal did not take yet.
    points: VecDeque<Points>,
    /// How many pieces of them there were in all.
    points_added: u64,
    told: Option<Instant>,
    /// Commits may pass the journal's limit: a segment is about to go.
    pub(super) is_making_room: bool,
    /// Streams of which everything is to be stated anew, with their open spans.
    anew: HashSet<Vec<u8>>,
    behind: Vec<bool>,
    log: Vec<(Level, String)>,
}

impl Keeper {
    pub(super) fn new(journal: Journal, max_live_bytes: usize) -> Self {
        Self {
            behind: vec![false; journal.destinations()],
            journal,
            window: Window::default(),
            max_live_bytes,
            forgotten: Vec::new(),
            forgotten_notes: Vec::new(),
            refusal: None,
            points: VecDeque::new(),
            points_added: 0,
            told: None,
            is_making_room: false,
            anew: HashSet::new(),
            log: Vec::new(),
        }
    }

    /// Makes what was read safe.
    pub(super) fn keep(&mut self, kept: Kept<'_>) -> Result<Keep, NotKept> {
        let mut transaction = Transaction::new();
        let is_anew = kept.signal == Signal::Traces && self.anew.contains(kept.stream);
        if is_anew {
            transaction.forget(kept.stream);
        }
        if let Some(piece) = kept.piece {
            transaction.piece_to(kept.endpoint, kept.signal, piece.items, kept.points_of, &piece.bytes);
        }
        transaction.gone(kept.stream, kept.gone);
        if !kept.open.is_empty() {
            transaction.open_spans(kept.stream, kept.open);
        }
        let known = || self.journal.position(kept.stream).filter(|_| is_anew).cloned();
        if let Some(position) = kept.position.or_else(known) {
            transaction.position(kept.stream, position);
        }
        if let Some((key, value)) = kept.note {
            transaction.note(key, value);
        }
        self.forget_in(&mut transaction);
        let begun = Instant::now();
        let committed = if self.is_making_room {
            self.journal.commit_beyond(&transaction)
        } else {
            self.journal.commit(&transaction)
        };
        self.tell_slow(begun);
        match committed {
            Ok(committed) => {
                self.forgotten.clear();
                self.forgotten_notes.clear();
                if is_anew {
                    self.anew.remove(kept.stream);
                }
                self.tell_taken();
                fail_point("reader index");
                let is_live = kept
                    .piece
                    .is_some_and(|piece| self.hand(kept.signal, piece, committed.first_piece));
                Ok(Keep {
                    segment: committed.segment,
                    number: committed.first_piece,
                    is_live,
                })
            }
            Err(refusal) => {
                self.tell_refused(refusal);
                Err(NotKept)
            }
        }
    }

    /// Whether the piece fits in memory; its destinations hold it then.
    fn hand(&mut self, signal: Signal, piece: &Piece, number: u64) -> bool {
        let bytes = piece.bytes.len();
        let takers: Vec<usize> = (0..self.journal.destinations())
            .filter(|&destination| self.journal.takes(destination, signal))
            .collect();
        if takers.is_empty() {
            // nobody waits for it; whoever hears of it may say so
            return true;
        }
        if self.window.bytes > 0 && self.window.bytes + bytes > self.max_live_bytes {
            return false;
        }
        for &destination in &takers {
            self.journal.hand(destination, number, signal, piece.items, bytes);
        }
        self.window.add(number, bytes, takers.len());
        true
    }

    /// A destination took the piece, or refused it for good.
    pub(super) fn acknowledge(&mut self, destination: usize, number: u64) {
        fail_point("acknowledgement");
        if self.journal.acknowledge(destination, number) {
            self.window.let_go(number);
        }
    }

    /// Every destination did.
    pub(super) fn acknowledge_everywhere(&mut self, number: u64) {
        for destination in 0..self.journal.destinations() {
            self.acknowledge(destination, number);
        }
    }

    /// A destination cannot keep the piece in memory.
    pub(super) fn give_back(&mut self, destination: usize, number: u64) {
        if self.journal.give_back(destination, number) {
            self.window.let_go(number);
        }
    }

    /// The next pieces that wait for a destination.
    pub(super) fn backlog(&mut self, destination: usize, max_bytes: usize) -> Vec<HandedPiece> {
        let pieces = self.journal.backlog(destination, max_bytes);
        if pieces.is_empty()
            && let Some(behind) = self.behind.get_mut(destination)
        {
            *behind = false;
        }
        let hand = |piece: crate::journal::JournalPiece| HandedPiece {
            sequence: piece.number,
            signal: piece.signal,
            piece: Piece {
                bytes: piece.otlp.into(),
                items: piece.items,
            },
            urgent: false,
            stream: piece.stream,
            endpoint: piece.endpoint.into(),
        };
        pieces.into_iter().map(hand).collect()
    }

    /// Destinations for which something began to wait since the last call.
    pub(super) fn newly_behind(&mut self) -> Vec<usize> {
        let mut newly = Vec::new();
        for (destination, behind) in self.behind.iter_mut().enumerate() {
            if !*behind && self.journal.is_behind(destination) {
                *behind = true;
                newly.push(destination);
            }
        }
        newly
    }

    /// Takes other destinations from now on.
    pub(super) fn set_destinations(&mut self, destinations: &[DestinationOptions]) {
        for number in self.journal.set_destinations(destinations) {
            self.window.let_go(number);
        }
        self.behind.resize(self.journal.destinations(), false);
    }

    /// What no destination holds as it was made; data points are settled as soon as they are in the journal.
    pub(super) fn settled(&self) -> Settled {
        let newest = self.journal.last_piece();
        let held = self.window.holders.first_key_value();
        Settled {
            watermark: held.map_or(newest, |(&oldest, _)| oldest - 1),
            newest,
            metrics: self.points_added - self.points.len() as u64,
        }
    }

    /// Data points to be kept: a number that counts up.
    pub(super) fn add_points(&mut self, points: Points) -> u64 {
        self.points.push_back(points);
        self.points_added += 1;
        self.points_added
    }

    /// Puts the next of them into the journal; None if there are none.
    pub(super) fn keep_points(&mut self) -> Result<Option<(Keep, Points)>, NotKept> {
        let Some(points) = self.points.pop_front() else {
            return Ok(None);
        };
        let kept = Kept {
            stream: &[],
            signal: Signal::Metrics,
            points_of: &points.stream,
            endpoint: &points.endpoint,
            piece: Some(&points.piece),
            open: &[],
            gone: &[],
            position: None,
            note: points.note.as_ref(),
        };
        let kept = self.keep(kept);
        if kept.is_err() {
            self.points.push_front(points);
            return Err(NotKept);
        }
        kept.map(|keep| Some((keep, points)))
    }

    /// Every destination has everything.
    pub(super) fn is_idle(&self) -> bool {
        let is_behind = (0..self.journal.destinations()).any(|destination| self.journal.is_behind(destination));
        !is_behind && !self.journal.is_held() && self.points.is_empty()
    }

    pub(super) fn live_bytes(&self) -> usize {
        self.window.bytes
    }

    /// Whether more data points may be collected. Beyond `bytes` in flight they wait where they are, for nothing; but not for a
    /// destination that takes nothing: for that one, the journal keeps them.
    pub(super) fn has_room_for_points(&self, bytes: usize, now: Instant) -> bool {
        let moves = |moved| now.saturating_duration_since(moved) < STANDSTILL;
        self.window.bytes < bytes || !self.window.moved.is_some_and(moves)
    }

    pub(super) fn position(&self, stream: &[u8]) -> Option<&Position> {
        self.journal.position(stream)
    }

    /// The producer is done with.
    pub(super) fn forget(&mut self, stream: &[u8]) {
        if self.journal.position(stream).is_some() {
            self.forgotten.push(stream.to_vec());
        }
    }

    /// The value that is kept under a key.
    pub(super) fn note(&self, key: &str) -> Option<&[u8]> {
        self.journal.note(key)
    }

    /// It is not needed any more.
    pub(super) fn forget_note(&mut self, key: String) {
        if self.journal.note(&key).is_some() {
            self.forgotten_notes.push(key);
        }
    }

    fn forget_in(&self, transaction: &mut Transaction<'_>) {
        for stream in &self.forgotten {
            transaction.forget(stream);
        }
        for key in &self.forgotten_notes {
            transaction.forget_note(key);
        }
    }

    /// Commits what has to be and came with no piece.
    pub(super) fn save(&mut self) {
        let mut transaction = Transaction::new();
        self.forget_in(&mut transaction);
        let saved = if transaction.is_empty() {
            self.journal.save_acknowledgements()
        } else {
            self.journal.commit_beyond(&transaction).map(drop)
        };
        match saved {
            Ok(()) => {
                self.forgotten.clear();
                self.forgotten_notes.clear();
            }
            Err(refusal) => self.tell_refused(refusal),
        }
    }

    pub(super) fn stats(&self) -> JournalStats {
        self.journal.stats()
    }
}

/// What a receiver needs to keep a journal.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Where, within which bounds, for whom.
    pub journal: JournalOptions,
    /// Waits until another collector lets go of the directory; else the thread ends with a message.
    pub wait: bool,
    /// Reads without a journal, with a message, if the directory cannot be used; else the thread ends with one.
    pub optional: bool,
}
