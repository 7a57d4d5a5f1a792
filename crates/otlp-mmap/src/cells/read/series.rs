//! One series: its threads' cells, added up.

use super::values::{copy_attributes, histogram_words, observed, seconds};
use super::{CELL_UNIT, CellReader, LONGEST_CHAIN, No, Point, UNIT, exemplar};
use crate::cells::gauge;
use crate::file::atomic::{Ordering, fence};
use crate::layout::{cell, cells};

impl CellReader {
    /// Reads the series whose first cell is at `at`.
    pub(super) fn read(&mut self, at: u64) -> Result<(), No> {
        let generation = self.generation(at)?;
        let result = self.read_of(at, generation);
        // SYNC POINT: who saw a part of the next series, or of what took the room of its attributes, sees its generation.
        fence(Ordering::Acquire);
        if self.generation(at)? != generation {
            return Err(No::Moved);
        }
        result
    }

    fn generation(&self, at: u64) -> Result<u32, No> {
        let word = self
            .mapping
            .half_words(at + cell::GENERATION as u64, 1)
            .ok_or(No::Corrupt)?;
        // SYNC POINT: who sees an odd generation sees the cell as it was begun.
        Ok(word[0].load(Ordering::Acquire))
    }

    /// Reads it as long as it is of this generation.
    fn read_of(&mut self, at: u64, generation: u32) -> Result<(), No> {
        let head = self
            .mapping
            .half_words(at + cell::ATTRIBUTES as u64, 6)
            .ok_or(No::Corrupt)?;
        let half = |offset: usize| &head[(offset - cell::ATTRIBUTES) / 4];
        let owner = half(cell::OWNER).load(Ordering::Relaxed);
        if generation & 1 == 0 || owner & cells::OWNER_PRIMARY == 0 {
            return Err(No::None);
        }
        let set = half(cell::ATTRIBUTES).load(Ordering::Relaxed);
        let series = &mut self.series;
        copy_attributes(&self.mapping, self.extents, set, &mut series.attributes)?;
        series.start = self.mapping.load_u64(at + cell::START as u64).ok_or(No::Corrupt)?;
        series.updated = 0;
        series.exemplars.clear();
        series.cell = (at / CELL_UNIT) as u32;
        series.generation = generation;
        let view = &self.instruments[self.order[self.position.instrument - 1] as usize];
        match view.kind {
            cells::KIND_HISTOGRAM => series.histogram.clear(view.bounds.len() + 1),
            cells::KIND_EXPONENTIAL => series.exponential.clear(),
            _ => series.point = Point::Number(0.0),
        }
        let mut observed = false;
        let mut next = at;
        let mut chain = 0;
        while next != 0 {
            let follows = self.add_cell(next, next != at, set)?;
            observed |= follows.counts;
            next = follows.next;
            chain += 1;
            if chain == LONGEST_CHAIN {
                return Err(No::Corrupt);
            }
        }
        if observed { Ok(()) } else { Err(No::None) }
    }

    /// Adds one thread's cell to the series.
    fn add_cell(&mut self, at: u64, secondary: bool, set: u32) -> Result<Follows, No> {
        let Self {
            mapping,
            series,
            copied,
            part,
            ..
        } = self;
        let view = &self.instruments[self.order[self.position.instrument - 1] as usize];
        let words = mapping.words(at, 2).ok_or(No::Corrupt)?;
        let halves = mapping.half_words(at + cell::ATTRIBUTES as u64, 6).ok_or(No::Corrupt)?;
        let half = |offset: usize| halves[(offset - cell::ATTRIBUTES) / 4].load(Ordering::Relaxed);
        if at < self.extents || (secondary && half(cell::ATTRIBUTES) != set) {
            return Err(No::Corrupt);
        }
        if secondary && half(cell::GENERATION) & 1 == 0 {
            return Err(No::Moved);
        }
        let word = |at: usize| words[at].load(Ordering::Relaxed);
        let mut counts = true;
        let updated = match view.kind {
            cells::KIND_SUM => {
                // SYNC POINT: first, as it is stored last: a value that is not there yet is not taken for a measured zero
                let updated = words[cell::UPDATED / 8].load(Ordering::Acquire);
                let value = f64::from_bits(word(0));
                series.point = match series.point {
                    Point::Number(sum) if secondary => Point::Number(sum + value),
                    _ => Point::Number(value),
                };
                // a cell that was made for a measurement that did not come yet
                counts = value != 0.0 || updated != 0;
                seconds(updated)
            }
            cells::KIND_GAUGE => {
                let (value, time) = gauge::get(mapping, at).ok_or(No::Corrupt)?;
                counts = time != 0;
                if time > series.updated {
                    series.point = Point::Number(value);
                }
                time
            }
            cells::KIND_HISTOGRAM => {
                series.point = Point::Histogram;
                let words = histogram_words(mapping, at, self.extents, view.kind, view.bounds.len() as u32)
                    .ok_or(No::Corrupt)?;
                counts = words.sequence.load(Ordering::Relaxed) != 0;
                if !series.histogram.add(words, copied) {
                    return Err(No::Moved);
                }
                seconds(word(cell::UPDATED / 8))
            }
            cells::KIND_EXPONENTIAL => {
                series.point = Point::Exponential;
                let words = histogram_words(mapping, at, self.extents, view.kind, view.max_size).ok_or(No::Corrupt)?;
                counts = words.sequence.load(Ordering::Relaxed) != 0;
                if !series.exponential.add(words, view.max_size, part) {
                    return Err(No::Corrupt);
                }
                seconds(word(cell::UPDATED / 8))
            }
            _ => {
                let observed_at = mapping.load_u64(at + cell::OBSERVED_UPDATED as u64);
                let updated = seconds(observed_at.ok_or(No::Corrupt)?);
                match observed(mapping, at, half(cell::OBSERVER)) {
                    Some(value) if updated >= series.updated => series.point = Point::Number(value),
                    Some(_) => {}
                    None => counts = false,
                }
                updated
            }
        };
        series.updated = series.updated.max(updated);
        let reservoir = half(cell::EXEMPLARS);
        if reservoir != 0 && self.exemplars_since != u64::MAX {
            let from = u64::from(reservoir) * UNIT;
            exemplar::read(mapping, self.extents, from, self.exemplars_since, &mut series.exemplars);
        }
        // SYNC POINT: who follows the link finds a complete cell.
        let next = halves[(cell::NEXT - cell::ATTRIBUTES) / 4].load(Ordering::Acquire);
        Ok(Follows {
            next: u64::from(next) * CELL_UNIT,
            counts,
        })
    }
}

/// The next cell of a series, and whether this one has a value.
struct Follows {
    next: u64,
    counts: bool,
}
