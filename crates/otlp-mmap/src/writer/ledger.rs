//! Which parts of a file's spill ring are in use.

use std::collections::VecDeque;

use crate::file::{FileView, RingId, Spill};
use crate::layout::spill;

/// An entry in use: the record that it belongs to, and the position behind it.
#[derive(Debug)]
struct Entry {
    ring: RingId,
    index: i64,
    end: u64,
}

/// The writer's account of its spill ring. What the file says of it is for viewers.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Oldest first, in the order of their positions.
    entries: VecDeque<Entry>,
    /// Where the oldest entry may begin.
    tail: u64,
    /// Where the next one may.
    head: u64,
}

impl Ledger {
    /// Where an entry with a message of `length` bytes may stand now. None if there is no room. Nothing is taken yet.
    pub(super) fn find_room(&mut self, view: &FileView, ring: Spill<'_>, length: usize) -> Option<u64> {
        self.reclaim(view);
        if !ring.may_hold(length) {
            return None;
        }
        let length = (spill::HEADER + length) as u64;
        let at = self.head % ring.length();
        // an entry does not wrap around
        let start = if at + length > ring.length() {
            self.head - at + ring.length()
        } else {
            self.head
        };
        let tail = if self.entries.is_empty() { start } else { self.tail };
        (start + length <= tail + ring.length()).then_some(start)
    }

    /// The entry at `start` belongs to record `index` of `ring`.
    pub(super) fn take(&mut self, view: &FileView, start: u64, length: usize, ring: RingId, index: i64) {
        let end = (start + (spill::HEADER + length) as u64).next_multiple_of(spill::ALIGNMENT as u64);
        if self.entries.is_empty() {
            self.tail = start;
        }
        self.entries.push_back(Entry { ring, index, end });
        self.head = end;
        if let Some(extension) = view.extension() {
            extension.set_spill_positions(self.tail, self.head);
        }
    }

    /// Gives up entries, oldest first, whose record a reader has released.
    fn reclaim(&mut self, view: &FileView) {
        while let Some(entry) = self.entries.front()
            && view.ring(entry.ring).reader_index() >= entry.index
        {
            self.tail = entry.end;
            self.entries.pop_front();
        }
    }
}
