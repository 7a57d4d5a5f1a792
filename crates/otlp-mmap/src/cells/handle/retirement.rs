//! The end of series that are done with, or idle.

use std::sync::Arc;

use super::CellHandle;
use crate::cells::gauge;
use crate::cells::instrument::Kind;
use crate::clock;
use crate::file::Mapping;
use crate::layout::cell;

/// Times of updates are those of the last look at the clock. When that is longer ago, they are not to be relied on: nanoseconds. Less than
/// what readers allow for.
const LATE: u64 = 5_000_000_000;
/// Late looks that are remembered.
const MOST_GAPS: usize = 16;

/// When a thread looked at the clock. One that was at work all the time between two looks that are far apart (a blocked event loop) has
/// stamped what it measured at the end of that time with its beginning.
#[derive(Debug, Default)]
pub(super) struct Looks {
    last: u64,
    gaps: Vec<(u64, u64)>,
}

impl Looks {
    /// It looks, at `now`: nanoseconds since the Unix epoch.
    pub(super) fn add(&mut self, now: u64) {
        if self.last != 0 && now.saturating_sub(self.last) > LATE {
            self.gaps.truncate(MOST_GAPS - 1);
            self.gaps.insert(0, (self.last, now));
        }
        self.last = now;
    }

    /// The latest time at which an update may have been made that was stamped so.
    fn latest(&self, updated: u64) -> u64 {
        // a stamp is a double of seconds, which rounds
        const ROUNDING: u64 = 1_000;
        let during = |&&(from, until): &&(u64, u64)| updated.saturating_add(ROUNDING) >= from && updated < until;
        self.gaps.iter().find(during).map_or(updated, |&(_, until)| until)
    }
}

/// A reader that has not visited for so long is gone: nanoseconds.
const READER_ABSENCE: u64 = 60_000_000_000;

impl CellHandle {
    /// Done with a cell: measurements of these attributes need [`CellHandle::cell`] again, and when no other thread uses it the series
    /// ends. False, and nothing happens, while a reader has not collected what was measured last.
    pub fn retire(&mut self, instrument: u32, cell: u32) -> bool {
        self.retire_idle(instrument, cell, u64::MAX)
    }

    /// As [`CellHandle::retire`], if its last update was before a time: nanoseconds since the Unix epoch.
    pub fn retire_idle(&mut self, instrument: u32, cell: u32, before: u64) -> bool {
        let Some(definition) = self.definition(instrument).map(Arc::clone) else {
            return false;
        };
        let Some((mapping, at)) = self.own(cell) else {
            return false;
        };
        let updated = match definition.instrument.kind {
            Kind::Gauge => gauge::get(mapping, at).map_or(0, |(_, time)| time),
            Kind::ObservedSum { .. } | Kind::ObservedGauge => seconds(mapping, at + cell::OBSERVED_UPDATED as u64),
            _ => seconds(mapping, at + cell::UPDATED as u64),
        };
        let updated = self.looks.latest(updated);
        if updated >= before {
            return false;
        }
        let Some(home) = &self.home else { return false };
        let retired = self.writer.cells().with_place(home.epoch, |place, view, _| {
            let collected = view.extension().map_or(0, |extension| extension.cells_collected());
            let visited = view
                .extension()
                .and_then(|extension| extension.reader_slot(0))
                .map_or(0, |slot| slot.heartbeat());
            // without a reader nobody waits for it
            let read = clock::wall_nanos().saturating_sub(visited) < READER_ABSENCE;
            if read && updated >= collected {
                return false;
            }
            place.retire(instrument, cell);
            true
        });
        if retired == Some(true) {
            self.owned.remove(instrument, cell);
            return true;
        }
        false
    }

    /// As [`CellHandle::retire_idle`], of some of the instrument's cells that are not pinned. All of them come in portions of some
    /// thousands, numbered from 0 on. Returns whether there are more.
    pub fn retire_portion(&mut self, instrument: u32, portion: u32, before: u64) -> bool {
        let mut cells = std::mem::take(&mut self.portion);
        let more = self.owned.portion(instrument, portion as usize, &mut cells);
        for &cell in &cells {
            self.retire_idle(instrument, cell, before);
        }
        self.portion = cells;
        more
    }

    /// Somebody holds on to a cell: [`CellHandle::retire_portion`] passes it over.
    pub fn pin(&mut self, cell: u32) {
        self.owned.pin(cell);
    }
}

/// A time in seconds, as nanoseconds.
fn seconds(mapping: &Mapping, at: u64) -> u64 {
    (f64::from_bits(mapping.load_u64(at).unwrap_or(0)) * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_while_nobody_looked_at_the_clock_may_have_been_measured_at_its_end() {
        const SECOND: u64 = 1_000_000_000;
        let mut looks = Looks::default();
        for second in [100, 101, 102, 140, 141] {
            looks.add(second * SECOND);
        }
        for (stamped, latest) in [(100, 100), (101, 101), (102, 140), (120, 140), (140, 140), (141, 141)] {
            assert_eq!(looks.latest(stamped * SECOND), latest * SECOND, "stamped {stamped}");
        }
        for second in 15..100 {
            looks.add(second * 10 * SECOND);
        }
        assert_eq!(looks.gaps.len(), MOST_GAPS);
        assert_eq!(looks.latest(980 * SECOND), 990 * SECOND);
    }
}
