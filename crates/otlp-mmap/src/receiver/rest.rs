//! Files at rest: while nothing changes in a file, a glance at it stands for a visit.

use crate::file::Extension;
use std::time::{Duration, Instant};

/// How long nothing has to come before glances stand for visits: commits that fall into one tick of the writer's coarse clock
/// leave the same sign.
const SETTLED: Duration = Duration::from_millis(20);

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

/// Whether the next visits to a producer may be saved.
#[derive(Debug)]
pub(super) struct Rest {
    /// Of the file that is read, seen just before the last visit. None if it has no block.
    signs: Option<Signs>,
    /// When they were first seen.
    since: Instant,
    /// When a visit last brought something.
    busy: Instant,
    /// When something is due that needs a visit.
    until: Option<Instant>,
    /// Records came and the signs stayed, for longer than a tick: the writer's clock was set back. They are not trusted until they move again.
    is_mute: bool,
    rests: bool,
}

impl Rest {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            signs: None,
            since: now,
            busy: now,
            until: None,
            is_mute: false,
            rests: false,
        }
    }

    /// The last visit found nothing, nothing waited or is due, and the signs are what they were.
    #[inline]
    pub(super) fn goes_on(&mut self, signs: Option<Signs>, now: Instant) -> bool {
        self.rests = self.rests && signs == self.signs && self.until.is_none_or(|until| now < until);
        self.rests
    }

    /// It is visited whatever the signs say.
    pub(super) fn end(&mut self) {
        self.rests = false;
    }

    /// It rests now.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.rests
    }

    /// When it ends whatever the signs say.
    pub(super) fn due(&self) -> Option<Instant> {
        self.until
    }

    /// However quiet the file is, a visit is needed then.
    pub(super) fn ends_at(&mut self, until: Option<Instant>) {
        self.until = until;
    }

    /// A visit before which there were these signs brought something or not; `waits` tells if anything waits for time to pass.
    pub(super) fn visited(&mut self, signs: Option<Signs>, brought: bool, now: Instant, waits: bool) {
        if signs != self.signs {
            (self.signs, self.since, self.is_mute) = (signs, now, false);
        } else if brought {
            self.is_mute |= now.saturating_duration_since(self.since) >= SETTLED;
        }
        if brought {
            self.busy = now;
        }
        let may_rest = !brought && signs.is_some() && !self.is_mute;
        self.rests = may_rest && now.saturating_duration_since(self.busy) >= SETTLED && !waits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(last_commit: u64) -> Signs {
        Signs {
            flush_epoch: 0,
            last_commit,
            spill_head: 0,
        }
    }

    #[test]
    fn a_file_rests_once_it_is_settled_and_until_a_sign_changes() {
        let start = Instant::now();
        let mut rest = Rest::new(start);
        rest.visited(Some(signs(1)), true, start, false);
        rest.visited(Some(signs(1)), false, start + SETTLED / 2, false);
        assert!(!rest.goes_on(Some(signs(1)), start), "not settled");
        rest.visited(Some(signs(1)), false, start + SETTLED, true);
        assert!(!rest.goes_on(Some(signs(1)), start), "something waits");
        rest.visited(Some(signs(1)), false, start + SETTLED, false);
        assert!(rest.goes_on(Some(signs(1)), start));
        assert!(!rest.goes_on(Some(signs(2)), start));
        assert!(!rest.goes_on(Some(signs(1)), start), "until it is visited");
        rest.visited(Some(signs(2)), false, start + SETTLED, false);
        rest.ends_at(Some(start + 2 * SETTLED));
        assert!(rest.goes_on(Some(signs(2)), start + SETTLED));
        assert!(!rest.goes_on(Some(signs(2)), start + 2 * SETTLED));
    }

    #[test]
    fn a_file_whose_signs_stay_although_records_come_does_not_rest_until_they_move() {
        let start = Instant::now();
        let mut rest = Rest::new(start);
        rest.visited(Some(signs(1)), true, start, false);
        rest.visited(Some(signs(1)), true, start + SETTLED, false);
        rest.visited(Some(signs(1)), false, start + 2 * SETTLED, false);
        assert!(!rest.goes_on(Some(signs(1)), start));
        rest.visited(Some(signs(2)), false, start + 2 * SETTLED, false);
        assert!(rest.goes_on(Some(signs(2)), start));
    }

    #[test]
    fn a_file_with_several_records_in_one_tick_rests_all_the_same() {
        let start = Instant::now();
        let mut rest = Rest::new(start);
        rest.visited(Some(signs(1)), true, start, false);
        rest.visited(Some(signs(1)), true, start + SETTLED / 2, false);
        rest.visited(Some(signs(1)), false, start + 2 * SETTLED, false);
        assert!(rest.goes_on(Some(signs(1)), start));
    }

    #[test]
    fn a_file_without_a_block_never_rests() {
        let start = Instant::now();
        let mut rest = Rest::new(start);
        rest.visited(None, false, start + SETTLED, false);
        assert!(!rest.goes_on(None, start));
    }
}
