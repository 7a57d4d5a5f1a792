//! Whose a cell is: a thread takes one of a series, leaves it to another when it ends, and gives it back when it has done with it.

use super::{NoRoom, Place, Wanted};
use crate::cells::histogram;
use crate::cells::instrument::Kind;
use crate::cells::space::{Allocate, UNIT};
use crate::file::atomic::{self, Ordering};
use crate::layout::{cell, cells};

impl Place {
    /// The thread's cell in a series that exists, and whether it is new to the thread.
    pub(super) fn cell_of_series(
        &mut self,
        wanted: &Wanted<'_>,
        primary: u32,
        set: u32,
        allocate: Allocate<'_>,
    ) -> Result<(u32, bool), NoRoom> {
        let mut orphan = None;
        let mut last = primary;
        let mut cell = primary;
        while cell != 0 {
            let owner = self.word_of_cell(cell, cell::OWNER)?.load(Ordering::Relaxed);
            match owner >> cells::OWNER_SHIFT {
                shard if shard == wanted.shard => return Ok((cell, false)),
                0 => orphan = orphan.or(Some((cell, owner))),
                _ => {}
            }
            last = cell;
            cell = self.word_of_cell(cell, cell::NEXT)?.load(Ordering::Relaxed);
        }
        if let Some((cell, owner)) = orphan {
            self.adopt(wanted, cell, allocate)?;
            let bits = owner & ((1 << cells::OWNER_SHIFT) - 1);
            self.word_of_cell(cell, cell::OWNER)?
                .store(wanted.shard << cells::OWNER_SHIFT | bits, Ordering::Release);
            return Ok((cell, true));
        }
        let cell = self.new_cell(wanted, set, 0, allocate)?;
        // SYNC POINT: who follows the link finds a complete cell.
        self.word_of_cell(last, cell::NEXT)?.store(cell, Ordering::Release);
        Ok((cell, true))
    }

    /// Goes on where an ended thread stopped.
    fn adopt(&mut self, wanted: &Wanted<'_>, cell: u32, allocate: Allocate<'_>) -> Result<(), NoRoom> {
        if wanted.instrument.is_observed() {
            for round in [cell::OBSERVED_ROUND, cell::OBSERVED_ROUND_B] {
                self.word_of_cell(cell, round)?.store(0, Ordering::Relaxed);
            }
            let observer = self.observer(wanted.number, wanted.shard, allocate)?;
            self.word_of_cell(cell, cell::OBSERVER)?
                .store(observer, Ordering::Release);
        }
        if let Kind::Histogram { .. } | Kind::Exponential { .. } = wanted.instrument.kind {
            histogram::settle(self.histogram_words(wanted.instrument, cell)?);
        }
        Ok(())
    }

    /// A thread has ended: these of its cells wait for another one.
    pub(in crate::cells) fn leave(&self, shard: u32, some: impl Iterator<Item = u32>) {
        for cell in some {
            if let Ok(owner) = self.word_of_cell(cell, cell::OWNER)
                && owner.load(Ordering::Relaxed) >> cells::OWNER_SHIFT == shard
            {
                let bits = owner.load(Ordering::Relaxed) & ((1 << cells::OWNER_SHIFT) - 1);
                owner.store(bits, Ordering::Release);
            }
        }
    }

    /// A thread has ended: what it observed is not true any more, and others go on with its pages.
    pub(in crate::cells) fn end_thread(&mut self, shard: u32) {
        let pages = self.instruments.iter_mut().flat_map(|placed| &mut placed.open);
        for page in pages.filter(|page| page.shard == shard) {
            page.shard = 0;
        }
        let mapping = &self.mapping;
        self.observers.retain(|&(_, of), unit| {
            if of == shard
                && let Some(round) = mapping.atomic_u32(u64::from(*unit) * UNIT)
            {
                round.store(round.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
            }
            of != shard
        });
    }

    /// The instrument has as many series as it may.
    pub(in crate::cells) fn is_full(&self, number: u32, limit: u32) -> bool {
        let placed = self.instruments.get(number as usize);
        placed.is_some_and(|placed| placed.series + 1 >= limit)
    }

    /// A thread has done with a cell. When no thread has one of the series any more, the series ends and its cells are free.
    pub(in crate::cells) fn retire(&mut self, number: u32, cell: u32) -> Option<()> {
        let owner = self.word_of_cell(cell, cell::OWNER).ok()?;
        let bits = owner.load(Ordering::Relaxed) & ((1 << cells::OWNER_SHIFT) - 1);
        owner.store(bits, Ordering::Release);
        let set = self.word_of_cell(cell, cell::ATTRIBUTES).ok()?.load(Ordering::Relaxed);
        let primary = self.series.get(number, set)?;
        let mut chain = Vec::new();
        let mut next = primary;
        while next != 0 {
            if self.word_of_cell(next, cell::OWNER).ok()?.load(Ordering::Relaxed) >> cells::OWNER_SHIFT != 0 {
                return None;
            }
            chain.push(next);
            next = self.word_of_cell(next, cell::NEXT).ok()?.load(Ordering::Relaxed);
        }
        for &cell in &chain {
            let generation = self.word_of_cell(cell, cell::GENERATION).ok()?;
            // SYNC POINT: even before anything of the cell changes again.
            generation.store(generation.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
            atomic::fence(Ordering::Release);
        }
        self.series.remove(number, set);
        let placed = self.instruments.get_mut(number as usize)?;
        placed.free.extend(chain);
        if set != self.overflow_set {
            placed.series = placed.series.saturating_sub(1);
            self.sets.release(&self.mapping, set);
        }
        Some(())
    }
}
