//! Files at rest: while nothing changes in a file, a glance at it stands for a visit.

use crate::file::Extension;
use std::time::{Duration, Instant};

/// How long glances may stand for visits: a sign can stay the same although something came, when two commits fall into one tick of
/// the writer's clock.
const LONGEST: Duration = Duration::from_millis(50);

/// What changes in the block of a file whenever its writer has something for us. All of it stands in one cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs {
    flush_epoch: u64,
    last_commit: u64,
    spill_head: u64,
}

impl Signs {
    #[inline]
    pub(super) fn of(block: Extension<'_>) -> Self {
        Self {
            flush_epoch: block.flush_epoch(),
            last_commit: block.last_commit(),
            spill_head: block.spill_head(),
        }
    }
}

/// A visit found nothing, and nothing of the producer waits for anything.
#[derive(Debug)]
pub(super) struct Rest {
    signs: Signs,
    until: Instant,
}

impl Rest {
    /// `signs` were seen before the visit.
    pub(super) fn new(signs: Signs, now: Instant) -> Self {
        let until = now + LONGEST;
        Self { signs, until }
    }

    /// A visit would find nothing again.
    #[inline]
    pub(super) fn goes_on(&self, signs: Option<Signs>, now: Instant) -> bool {
        now < self.until && signs == Some(self.signs)
    }
}
