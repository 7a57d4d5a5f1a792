//! Follows one ring without being its reader: nothing waits for a viewer, so what it is too slow for is lost to it, and counted.

use crate::file::Ring;
use std::time::{Duration, Instant};

/// How long a slot that was claimed and is not published is waited for, whatever became of its writer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What stood at the next index.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tailed {
    /// A record; it was copied out.
    Record,
    /// The writer was faster: so many records were overwritten before they could be copied, or hold nothing that can be copied.
    Lost(u64),
    /// Nothing more for now.
    Nothing,
}

/// A position in a ring.
#[derive(Debug)]
pub(super) struct Tail {
    next: i64,
    waiting_since: Option<Instant>,
}

impl Tail {
    /// At the oldest record that the ring still holds, read or unread.
    pub(super) fn at_oldest(ring: Ring<'_>) -> Self {
        Self {
            next: oldest(ring, ring.writer_index()),
            waiting_since: None,
        }
    }

    /// It has not gone past this index.
    pub(super) fn is_at_most(&self, index: i64) -> bool {
        self.next <= index
    }

    /// Records before this index are known, so none of them is lost.
    pub(super) fn skip_known(&mut self, index: i64) {
        self.next = self.next.max(index);
    }

    /// Copies the next record into `record`, which is cleared first.
    pub(super) fn take(&mut self, ring: Ring<'_>, now: Instant, record: &mut Vec<u8>) -> Tailed {
        let claimed = ring.writer_index();
        if claimed.saturating_add(1) < self.next {
            // the ring was reset
            self.next = oldest(ring, claimed);
        }
        if self.next > claimed {
            return Tailed::Nothing;
        }
        let oldest = oldest(ring, claimed);
        if self.next < oldest {
            return self.skip_to(oldest);
        }
        if !ring.is_published(self.next) {
            let since = *self.waiting_since.get_or_insert(now);
            if now.saturating_duration_since(since) < PATIENCE {
                return Tailed::Nothing;
            }
            return self.skip_to(self.next + 1);
        }
        record.clear();
        let copied = ring.copy_record(self.next, record).is_ok();
        if !copied || !ring.is_intact(self.next) {
            return self.skip_to(self.next + 1);
        }
        self.waiting_since = None;
        self.next += 1;
        Tailed::Record
    }

    fn skip_to(&mut self, index: i64) -> Tailed {
        let lost = index.saturating_sub(self.next) as u64;
        self.next = index;
        self.waiting_since = None;
        Tailed::Lost(lost)
    }
}

/// The oldest index whose slot was not claimed anew.
fn oldest(ring: Ring<'_>, claimed: i64) -> i64 {
    claimed.saturating_sub(ring.geometry().num_buffers() as i64 - 1).max(0)
}
