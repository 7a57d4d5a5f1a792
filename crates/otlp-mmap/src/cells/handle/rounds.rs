//! Observed values: set by callbacks, in rounds of which each counts when it is committed.

use std::sync::Arc;

use super::{CellHandle, known};
use crate::cells::place::offset_of;
use crate::cells::space::UNIT;
use crate::file::Mapping;
use crate::file::atomic::Ordering;
use crate::layout::cell;
use crate::writer::CommitStatus;

impl CellHandle {
    /// Sets a value of the callback round that is under way. It counts when the round is committed.
    pub fn observe(&mut self, instrument: u32, cell: u32, value: f64) -> CommitStatus {
        let observed = known(&self.definitions, instrument).is_some_and(|known| known.instrument.is_observed());
        let Some((mapping, at)) = self.own(cell).filter(|_| observed) else {
            return CommitStatus::Stale;
        };
        let done = observe(mapping, at, value);
        self.touch(mapping, at + cell::OBSERVED_UPDATED as u64);
        self.answer(done)
    }

    /// The callback of an instrument succeeded: what was observed since the last commit is what there is, and what was not observed
    /// is no longer.
    pub fn commit_round(&mut self, instrument: u32) -> CommitStatus {
        let Some(home) = self.live_home() else {
            // nothing was ever observed
            return CommitStatus::Published;
        };
        let (epoch, shard) = (home.epoch, self.shard);
        let mapping = Arc::clone(&home.mapping);
        let word = self
            .writer
            .cells()
            .with_place(epoch, |place, _, allocate| place.observer(instrument, shard, allocate));
        match word {
            Some(Ok(unit)) => {
                if let Some(round) = mapping.atomic_u32(u64::from(unit) * UNIT) {
                    // SYNC POINT: who sees the round sees its values.
                    round.store(round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
                }
                CommitStatus::Published
            }
            Some(Err(_)) => CommitStatus::Disk,
            None => CommitStatus::Stale,
        }
    }

    /// Ends the series of an instrument that this thread did not observe in the round that it committed last, if the instrument has as
    /// many series as it may: those of the next round find room. True: some did, and their cells are void. After
    /// [`CellHandle::commit_round`].
    pub fn end_unobserved(&mut self, instrument: u32) -> bool {
        let Some(definition) = self.definition(instrument).map(Arc::clone) else {
            return false;
        };
        let Some(home) = self.live_home().filter(|_| definition.instrument.is_observed()) else {
            return false;
        };
        let (epoch, mapping) = (home.epoch, Arc::clone(&home.mapping));
        let cells = self.writer.cells();
        if cells.with_place(epoch, |place, _, _| place.is_full(instrument, definition.limit)) != Some(true) {
            return false;
        }
        let (mut some, mut unobserved) = (Vec::new(), Vec::new());
        for portion in 0.. {
            let more = self.owned.portion(instrument, portion, &mut some);
            let ended = |cell: &&u32| is_observed(&mapping, offset_of(**cell)) == Some(false);
            unobserved.extend(some.iter().filter(ended));
            if !more {
                break;
            }
        }
        for &cell in &unobserved {
            cells.with_place(epoch, |place, _, _| place.retire(instrument, cell));
            self.owned.remove(instrument, cell);
        }
        !unobserved.is_empty()
    }
}

fn observe(mapping: &Mapping, at: u64, value: f64) -> Option<()> {
    let words = mapping.words(at, 2)?;
    let rounds = mapping.half_words(at + cell::OBSERVED_ROUND as u64, 2)?;
    let observer = mapping.atomic_u32(at + cell::OBSERVER as u64)?.load(Ordering::Relaxed);
    let round = mapping
        .atomic_u32(u64::from(observer) * UNIT)?
        .load(Ordering::Relaxed)
        .wrapping_add(1);
    let copy = (round & 1) as usize;
    words[copy].store(value.to_bits(), Ordering::Relaxed);
    // SYNC POINT: who sees the round sees the value.
    rounds[copy].store(round, Ordering::Release);
    Some(())
}

/// Whether the cell at `at` has a value of the last round.
fn is_observed(mapping: &Mapping, at: u64) -> Option<bool> {
    let rounds = mapping.half_words(at + cell::OBSERVED_ROUND as u64, 2)?;
    let observer = mapping.atomic_u32(at + cell::OBSERVER as u64)?.load(Ordering::Relaxed);
    let round = mapping.atomic_u32(u64::from(observer) * UNIT)?.load(Ordering::Relaxed);
    Some(rounds[(round & 1) as usize].load(Ordering::Relaxed) == round)
}
