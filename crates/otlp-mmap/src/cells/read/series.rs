//! One series: its threads' cells, added up.

use super::values::{copy_attributes, histogram_words, observed, seconds};
use super::{
    CELL_UNIT, CellReader, Exponential, InstrumentView, LONGEST_CHAIN, No, Point, Series, UNIT, exemplar, room,
};
use crate::cells::gauge;
use crate::file::Mapping;
use crate::file::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use crate::layout::{cell, cells};

impl CellReader {
    /// Reads the series whose first cell is at `at`.
    pub(super) fn read(&mut self, at: u64) -> Result<(), No> {
        let head = Head::of(&self.mapping, at)?;
        // SYNC POINT: who sees an odd generation sees the cell as it was begun.
        let generation = head.half(cell::GENERATION).load(Ordering::Acquire);
        let owner = head.half(cell::OWNER).load(Ordering::Relaxed);
        if generation & 1 == 0 || owner & cells::OWNER_PRIMARY == 0 {
            return Err(No::None);
        }
        self.series.generation = generation;
        let mut reading = Reading {
            mapping: &self.mapping,
            extents: self.extents,
            view: &self.instruments[self.order[self.position.instrument - 1] as usize],
            exemplars_since: self.exemplars_since,
            series: &mut self.series,
            copied: &mut self.copied,
            part: &mut self.part,
            followed: &mut self.followed,
        };
        let result = reading.series(at, head);
        // SYNC POINT: who saw a part of the next series, or of what took the room of its attributes, sees its generation.
        fence(Ordering::Acquire);
        if head.half(cell::GENERATION).load(Ordering::Acquire) != generation {
            return Err(No::Moved);
        }
        result
    }
}

/// What the cells of all kinds begin with, found within the file once.
#[derive(Clone, Copy)]
struct Head<'a> {
    words: &'a [AtomicU64; 3],
    halves: &'a [AtomicU32; 6],
}

impl<'a> Head<'a> {
    #[inline]
    fn of(mapping: &'a Mapping, at: u64) -> Result<Self, No> {
        let words = mapping.words(at, 3).and_then(|words| words.try_into().ok());
        let halves = mapping.half_words(at + cell::ATTRIBUTES as u64, 6);
        let halves = halves.and_then(|halves| halves.try_into().ok());
        words
            .zip(halves)
            .map(|(words, halves)| Self { words, halves })
            .ok_or(No::Corrupt)
    }

    #[inline]
    fn word(self, offset: usize) -> &'a AtomicU64 {
        &self.words[offset / 8]
    }

    #[inline]
    fn half(self, offset: usize) -> &'a AtomicU32 {
        &self.halves[(offset - cell::ATTRIBUTES) / 4]
    }
}

/// A series on its way out of the file.
struct Reading<'a> {
    mapping: &'a Mapping,
    extents: u64,
    view: &'a InstrumentView,
    exemplars_since: u64,
    series: &'a mut Series,
    copied: &'a mut Vec<u64>,
    part: &'a mut Exponential,
    followed: &'a mut u64,
}

impl Reading<'_> {
    /// Reads it as long as it is what it was.
    fn series(&mut self, at: u64, head: Head<'_>) -> Result<(), No> {
        let set = head.half(cell::ATTRIBUTES).load(Ordering::Relaxed);
        let series = &mut *self.series;
        copy_attributes(self.mapping, self.extents, set, &mut series.attributes)?;
        series.start = head.word(cell::START).load(Ordering::Acquire);
        series.updated = 0;
        series.exemplars.clear();
        series.cell = (at / CELL_UNIT) as u32;
        match self.view.kind {
            cells::KIND_HISTOGRAM => series.histogram.clear(self.view.bounds.len() + 1),
            cells::KIND_EXPONENTIAL => series.exponential.clear(),
            _ => series.point = Point::Number(0.0),
        }
        let Follows { mut next, mut counts } = self.add(at, head, None)?;
        let mut chain = 1_u32;
        // a chain that bites its tail comes by the cell where it was at the last power of two
        let mut known = at;
        while next != 0 {
            *self.followed += u64::from(self.view.stride);
            let is_long = chain == LONGEST_CHAIN || *self.followed > room(self.mapping, self.extents);
            if next == known || is_long {
                return Err(No::Corrupt);
            }
            if chain.is_power_of_two() {
                known = next;
            }
            chain += 1;
            let follows = self.add(next, Head::of(self.mapping, next)?, Some(set))?;
            counts |= follows.counts;
            next = follows.next;
        }
        let sound = match self.view.kind {
            cells::KIND_HISTOGRAM => self.series.histogram.can_be_counted(),
            cells::KIND_EXPONENTIAL => self.series.exponential.can_be_counted(),
            _ => true,
        };
        match (sound, counts) {
            (false, _) => Err(No::Corrupt),
            (_, false) => Err(No::None),
            _ => Ok(()),
        }
    }

    /// Adds one thread's cell to the series; `set`: that of the cells before it.
    fn add(&mut self, at: u64, head: Head<'_>, set: Option<u32>) -> Result<Follows, No> {
        let Self {
            mapping,
            view,
            series,
            copied,
            part,
            ..
        } = self;
        let half = |offset: usize| head.half(offset).load(Ordering::Relaxed);
        if at < self.extents || set.is_some_and(|set| half(cell::ATTRIBUTES) != set) {
            return Err(No::Corrupt);
        }
        if set.is_some() && half(cell::GENERATION) & 1 == 0 {
            return Err(No::Moved);
        }
        let word = |offset: usize| head.word(offset).load(Ordering::Relaxed);
        let mut counts = true;
        let updated = match view.kind {
            cells::KIND_SUM => {
                // SYNC POINT: first, as it is stored last: a value that is not there yet is not taken for a measured zero
                let updated = head.word(cell::UPDATED).load(Ordering::Acquire);
                let value = f64::from_bits(word(cell::VALUE));
                series.point = match series.point {
                    Point::Number(sum) if set.is_some() => Point::Number(sum + value),
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
                seconds(word(cell::UPDATED))
            }
            cells::KIND_EXPONENTIAL => {
                series.point = Point::Exponential;
                let words = histogram_words(mapping, at, self.extents, view.kind, view.max_size).ok_or(No::Corrupt)?;
                counts = words.sequence.load(Ordering::Relaxed) != 0;
                if !series.exponential.add(words, view.max_size, part) {
                    return Err(No::Corrupt);
                }
                seconds(word(cell::UPDATED))
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
        let next = head.half(cell::NEXT).load(Ordering::Acquire);
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
