//! The place in one ring up to which its records are taken.

use crate::file::Ring;
use crate::file::liveness::Liveness;
use std::time::{Duration, Instant};

/// What stands at the next index of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record; it was copied out.
    Record,
    /// The slot holds no record that can be copied: counted, and gone past.
    Quarantined,
    /// Claimed, never published, and its writer will not come back to it: gone past.
    Skipped,
    /// Claimed and not yet published.
    Waiting,
    /// Everything claimed so far is taken.
    Empty,
    /// The indices cannot be right: the ring was reset, or is damaged.
    Broken,
}

/// Position in a ring. It runs ahead of the file's `reader_index`, which moves only when records may leave the file.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Last index taken.
    taken: i64,
    /// Newest `writer_index` seen: there is no need to look again before it is reached.
    claimed: i64,
    /// Since when the next slot has been claimed without being published.
    waiting_since: Option<Instant>,
}

/// What decides about a slot that is claimed and not published.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) now: Instant,
    pub(super) liveness: Liveness,
    /// For writers of whose life nothing is known: how long to wait when later slots are published.
    pub(super) timeout: Duration,
}

impl Cursor {
    /// Starts after the file's own `reader_index`. None if the ring's indices cannot be right.
    pub(super) fn at_reader_index(ring: Ring<'_>) -> Option<Self> {
        let taken = ring.reader_index();
        let cursor = Self {
            taken,
            claimed: taken,
            waiting_since: None,
        };
        (taken >= -1 && cursor.is_possible(ring, ring.writer_index())).then_some(cursor)
    }

    pub(super) fn taken(&self) -> i64 {
        self.taken
    }

    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.waiting_since
    }

    /// A writer has claimed up to `claimed`: at least what is taken, at most a ring beyond it.
    fn is_possible(&self, ring: Ring<'_>, claimed: i64) -> bool {
        claimed
            .checked_sub(self.taken)
            .is_some_and(|ahead| (0..=ring.geometry().num_buffers() as i64).contains(&ahead))
    }

    /// Takes the next record into `record`, which is cleared first.
    #[inline]
    pub(super) fn next(&mut self, ring: Ring<'_>, patience: Patience, record: &mut Vec<u8>) -> Next {
        if self.taken >= self.claimed {
            let claimed = ring.writer_index();
            if claimed == self.taken {
                return Next::Empty;
            }
            if !self.is_possible(ring, claimed) {
                return Next::Broken;
            }
            self.claimed = claimed;
        }
        let index = self.taken + 1;
        if !ring.is_published(index) {
            return self.unpublished(ring, index, patience);
        }
        record.clear();
        let copied = ring.copy_record(index, record);
        ring.expect_read(index, self.claimed, record.len());
        self.go_past(index);
        if copied.is_ok() {
            Next::Record
        } else {
            Next::Quarantined
        }
    }

    /// Goes on after `index`, which was taken before; no further than what is claimed.
    pub(super) fn skip_to(&mut self, ring: Ring<'_>, index: i64) {
        let index = index.min(ring.writer_index());
        if index > self.taken {
            self.go_past(index);
            self.claimed = self.claimed.max(index);
        }
    }

    fn go_past(&mut self, index: i64) {
        self.taken = index;
        self.waiting_since = None;
    }

    #[cold]
    fn unpublished(&mut self, ring: Ring<'_>, index: i64, patience: Patience) -> Next {
        let since = *self.waiting_since.get_or_insert(patience.now);
        let lost = match patience.liveness {
            // it may publish at any moment
            Liveness::Alive => false,
            // asked again after its death was known: nothing can have been published between
            Liveness::Dead => !ring.is_published(index),
            Liveness::Unknown => {
                self.claimed = ring.writer_index().max(index);
                patience.now.saturating_duration_since(since) >= patience.timeout
                    && self.is_possible(ring, self.claimed)
                    && (index + 1..=self.claimed).any(|later| ring.is_published(later))
            }
        };
        if !lost {
            return Next::Waiting;
        }
        self.go_past(index);
        Next::Skipped
    }
}
