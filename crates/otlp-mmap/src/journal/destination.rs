//! What one destination has acknowledged, holds in memory, and has before it.

use std::collections::BTreeMap;

use super::ranges::Ranges;
use crate::otlp::Signal;

/// Of a piece, what is known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PieceSize {
    pub(super) signal: Signal,
    pub(super) items: u32,
    pub(super) bytes: u32,
}

/// Sums over pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Pieces.
    pub pieces: u64,
    /// Bytes of OTLP.
    pub bytes: u64,
    /// Items: of traces, logs, metrics.
    pub items: [u64; 3],
}

impl Amount {
    pub(super) fn add(&mut self, size: PieceSize) {
        self.pieces += 1;
        self.bytes += u64::from(size.bytes);
        self.items[size.signal as usize] += u64::from(size.items);
    }

    /// What was added since.
    pub(super) fn since(self, before: Self) -> Self {
        let mut items = self.items;
        items.iter_mut().zip(before.items).for_each(|(now, then)| *now -= then);
        Self {
            pieces: self.pieces - before.pieces,
            bytes: self.bytes - before.bytes,
            items,
        }
    }

    pub(super) fn subtract(&mut self, size: PieceSize) {
        self.pieces = self.pieces.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size.bytes.into());
        let items = &mut self.items[size.signal as usize];
        *items = items.saturating_sub(size.items.into());
    }
}

/// A destination as the journal sees it.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) name: String,
    /// It is not configured any more; its place stays, so that the others keep theirs.
    pub(super) is_retired: bool,
    takes: [bool; 3],
    /// Pieces that need no delivery: taken, refused for good, given up, or of signals that it does not take.
    pub(super) settled: Ranges,
    /// Of these, what the journal does not hold yet.
    pub(super) unsaved: Ranges,
    /// Pieces that were handed to it and are not settled.
    handed: BTreeMap<u64, PieceSize>,
    handed_numbers: Ranges,
    /// Everything not settled, handed or not.
    pub(super) pending: Amount,
    /// Given up because of the journal's bounds.
    pub(super) dropped: Amount,
    /// Read back for it.
    pub(super) replayed: Amount,
    /// What waited for it when the journal was opened.
    pub(super) found: Amount,
    /// Where the last look for its backlog ended.
    pub(super) reached: Option<Reached>,
}

/// A place in a segment at which a transaction begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached {
    pub(super) segment: u64,
    pub(super) offset: u64,
    /// The last piece before it.
    pub(super) number: u64,
}

impl Destination {
    pub(super) fn new(name: String, signals: &[Signal]) -> Self {
        let mut takes = [false; 3];
        for &signal in signals {
            takes[signal as usize] = true;
        }
        Self {
            name,
            is_retired: false,
            takes,
            settled: Ranges::default(),
            unsaved: Ranges::default(),
            handed: BTreeMap::new(),
            handed_numbers: Ranges::default(),
            pending: Amount::default(),
            dropped: Amount::default(),
            replayed: Amount::default(),
            found: Amount::default(),
            reached: None,
        }
    }

    pub(super) fn takes(&self, signal: Signal) -> bool {
        self.takes[signal as usize]
    }

    /// A piece of its signals was committed.
    pub(super) fn add(&mut self, size: PieceSize) {
        self.pending.add(size);
    }

    /// It got the piece, from the journal or as it was made.
    pub(super) fn hand(&mut self, number: u64, size: PieceSize) {
        self.handed.insert(number, size);
        self.handed_numbers.insert(number, number);
    }

    pub(super) fn is_holding(&self) -> bool {
        !self.handed.is_empty()
    }

    /// It is done with a piece that it holds. Other numbers change nothing.
    pub(super) fn settle(&mut self, number: u64) -> Option<PieceSize> {
        let size = self.take_back(number)?;
        self.pending.subtract(size);
        self.settled.insert(number, number);
        self.unsaved.insert(number, number);
        Some(size)
    }

    /// It holds the piece no more and is not done with it: it waits again, if the journal has it still. False if it did not hold it.
    pub(super) fn give_back(&mut self, number: u64, is_kept: bool) -> bool {
        let Some(size) = self.take_back(number) else {
            return false;
        };
        if !is_kept {
            self.pending.subtract(size);
            self.dropped.add(size);
            self.skip(number, number);
        }
        true
    }

    fn take_back(&mut self, number: u64) -> Option<PieceSize> {
        let size = self.handed.remove(&number)?;
        self.handed_numbers.remove(number, number);
        Some(size)
    }

    /// Pieces that need no delivery, without having been handed.
    pub(super) fn skip(&mut self, first: u64, last: u64) {
        self.settled.insert(first, last);
        self.unsaved.insert(first, last);
    }

    /// Pieces that cannot be read any more: how many of them it was waiting for.
    pub(super) fn lose(&mut self, first: u64, last: u64) -> u64 {
        let before = self.pending.pieces;
        let mut number = self.next_waiting(first);
        while number <= last {
            // of what size they were is not known
            self.pending.pieces = self.pending.pieces.saturating_sub(1);
            self.skip(number, number);
            number = self.next_waiting(number);
        }
        if self.pending.pieces == 0 {
            self.pending = Amount::default();
        }
        before - self.pending.pieces
    }

    /// The piece will be gone from the journal, and is lost if it is neither settled nor handed.
    pub(super) fn give_up(&mut self, number: u64, size: PieceSize) {
        if self.settled.contains(number) || self.handed.contains_key(&number) {
            // what it holds may still be delivered, and counts as pending until that is known
            return;
        }
        self.settled.insert(number, number);
        self.unsaved.insert(number, number);
        self.pending.subtract(size);
        self.dropped.add(size);
    }

    /// Nothing waits for it any more. What it holds.
    pub(super) fn retire(&mut self) -> Vec<u64> {
        self.is_retired = true;
        self.takes = [false; 3];
        self.settled = Ranges::default();
        self.settled.insert(1, u64::MAX);
        self.unsaved = Ranges::default();
        self.pending = Amount::default();
        self.handed_numbers = Ranges::default();
        std::mem::take(&mut self.handed).into_keys().collect()
    }

    /// The first piece from `from` on that it neither holds nor is done with.
    pub(super) fn next_waiting(&self, mut from: u64) -> u64 {
        loop {
            let next = self.handed_numbers.first_absent(self.settled.first_absent(from));
            if next == from {
                return next;
            }
            from = next;
        }
    }
}
