//! Room in the file for cells, pages, instruments, attribute sets and observers, each complete before a link leads to it.

use super::{NoRoom, OpenPage, Place, Placed, Wanted, offset_of, overflow_attributes};
use crate::cells::exemplars;
use crate::cells::exponential;
use crate::cells::instrument::Kind;
use crate::cells::sets::{SET_ALIGNMENT, checksum_of_set};
use crate::cells::space::{Allocate, UNIT};
use crate::file::FileView;
use crate::file::atomic::Ordering;
use crate::layout::{cell, cells, instrument, page};

/// Cells of an instrument's first page; each next page has twice as many, up to a window full.
const FIRST_PAGE: u32 = 15;

impl Place {
    /// A cell in its initial state, in use.
    pub(super) fn new_cell(
        &mut self,
        wanted: &Wanted<'_>,
        set: u32,
        bits: u32,
        allocate: Allocate<'_>,
    ) -> Result<u32, NoRoom> {
        let observer = if wanted.instrument.is_observed() {
            self.observer(wanted.number, wanted.shard, allocate)?
        } else {
            0
        };
        let cell = match self.instruments[wanted.number as usize].free.pop() {
            Some(cell) => cell,
            None => self.fresh_cell(wanted, allocate)?,
        };
        let at = offset_of(cell);
        let values = self.mapping.words(at, 3).ok_or(NoRoom::Lost)?;
        values[cell::VALUE / 8].store(0, Ordering::Relaxed);
        values[cell::UPDATED / 8].store(0, Ordering::Relaxed);
        values[cell::START / 8].store(wanted.now, Ordering::Relaxed);
        if matches!(wanted.instrument.kind, Kind::Gauge) || wanted.instrument.is_observed() {
            let rest = at + cell::SUM_LENGTH as u64;
            for word in self.mapping.words(rest, 2).ok_or(NoRoom::Lost)? {
                word.store(0, Ordering::Relaxed);
            }
        }
        match &wanted.instrument.kind {
            Kind::Histogram { .. } => self.histogram_words(wanted.instrument, cell)?.clear(),
            // the room for negative values stays
            Kind::Exponential { max_scale, .. } => {
                exponential::clear(self.histogram_words(wanted.instrument, cell)?, *max_scale);
            }
            _ => {}
        }
        // a cell that is used again keeps the room of its exemplars, but none of them
        let reservoir = self.word_of_cell(cell, cell::EXEMPLARS)?.load(Ordering::Relaxed);
        if reservoir != 0 {
            exemplars::clear(&self.mapping, u64::from(reservoir) * UNIT).ok_or(NoRoom::Lost)?;
        }
        let words = [
            (cell::ATTRIBUTES, set),
            (cell::NEXT, 0),
            (cell::OWNER, wanted.shard << cells::OWNER_SHIFT | bits),
            (cell::OBSERVER, observer),
        ];
        for (offset, value) in words {
            self.word_of_cell(cell, offset)?.store(value, Ordering::Relaxed);
        }
        let generation = self.word_of_cell(cell, cell::GENERATION)?;
        let next = generation.load(Ordering::Relaxed).wrapping_add(1) | 1;
        // SYNC POINT: who sees an odd generation sees the cell as it was begun.
        generation.store(next, Ordering::Release);
        Ok(cell)
    }

    /// A cell that was never in use.
    fn fresh_cell(&mut self, wanted: &Wanted<'_>, allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let stride = wanted.instrument.stride();
        let number = wanted.number as usize;
        let shard = if u64::from(stride).is_multiple_of(UNIT) {
            0
        } else {
            wanted.shard
        };
        let open = &mut self.instruments[number].open;
        let of = |shard: u32| open.iter().position(|page| page.shard == shard);
        let known = of(shard).or_else(|| of(0));
        let mut from = known.map(|at| open[at]);
        if let Some(page) = from
            && self.half_word(page.unit, page::USED)?.load(Ordering::Relaxed) >= page.capacity
        {
            from = None;
        }
        let from = if let Some(page) = from {
            OpenPage { shard, ..page }
        } else {
            let before = known.map_or(0, |at| self.instruments[number].open[at].capacity);
            let (unit, capacity) = self.new_page(number, stride, before, allocate)?;
            OpenPage { shard, unit, capacity }
        };
        let open = &mut self.instruments[number].open;
        match known {
            Some(at) => open[at] = from,
            None => open.push(from),
        }
        let used = self.half_word(from.unit, page::USED)?;
        let index = used.load(Ordering::Relaxed);
        used.store(index + 1, Ordering::Release);
        let at = u64::from(from.unit) * UNIT + page::CELLS as u64 + u64::from(index) * u64::from(stride);
        Ok((at / u64::from(cells::CELL_UNIT)) as u32)
    }

    /// A page of an instrument, where one of `before` cells is full (0: there is none yet): its place and its number of cells.
    fn new_page(
        &mut self,
        number: usize,
        stride: u32,
        before: u32,
        allocate: Allocate<'_>,
    ) -> Result<(u32, u32), NoRoom> {
        let window = (cells::WINDOW / stride).max(1);
        let mut capacity = if before == 0 { FIRST_PAGE } else { before * 2 + 1 }.min(window);
        // a page that fits into what is left of the extent wastes nothing of it
        let left = (self.space.left().saturating_sub(page::CELLS as u64) / u64::from(stride)) as u32;
        if left < capacity && left >= FIRST_PAGE {
            capacity = left;
        }
        let length = page::CELLS as u64 + u64::from(capacity) * u64::from(stride);
        let new = (self.take(length, UNIT, allocate)? / UNIT) as u32;
        let &Placed { unit, last_page, .. } = &self.instruments[number];
        self.half_word(new, page::INSTRUMENT)?.store(unit, Ordering::Relaxed);
        self.half_word(new, page::CAPACITY)?.store(capacity, Ordering::Relaxed);
        let link = if last_page == 0 {
            self.half_word(unit, instrument::FIRST_PAGE)?
        } else {
            self.half_word(last_page, page::NEXT)?
        };
        // SYNC POINT: who follows the link finds a complete page.
        link.store(new, Ordering::Release);
        self.instruments[number].last_page = new;
        Ok((new, capacity))
    }

    /// Writes the instrument into the file, at its first series.
    pub(super) fn place_instrument(
        &mut self,
        view: &FileView,
        wanted: &Wanted<'_>,
        allocate: Allocate<'_>,
    ) -> Result<(), NoRoom> {
        let number = wanted.number as usize;
        if self.instruments.len() <= number {
            self.instruments.resize_with(number + 1, Placed::default);
        }
        if self.instruments[number].unit != 0 {
            return Ok(());
        }
        if self.overflow_set == 0 {
            let overflow = overflow_attributes();
            let hash = self.sets.hash(&overflow);
            self.overflow_set = self.store_set(hash, &overflow, allocate)?;
        }
        let encoded = wanted.instrument.encode();
        let at = self.take(encoded.len() as u64, UNIT, allocate)?;
        if !self.mapping.copy_in(at, &encoded) {
            return Err(NoRoom::Lost);
        }
        let unit = (at / UNIT) as u32;
        // SYNC POINT: who follows the link finds a complete instrument.
        if self.last_instrument == 0 {
            if let Some(extension) = view.extension() {
                extension.set_first_instrument(at);
            }
        } else {
            self.half_word(self.last_instrument, instrument::NEXT)?
                .store(unit, Ordering::Release);
        }
        self.last_instrument = unit;
        self.instruments[number].unit = unit;
        Ok(())
    }

    pub(super) fn store_set(&mut self, hash: u32, attributes: &[u8], allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let header = u64::from(cells::ATTRIBUTES_HEADER);
        let at = match self.sets.reuse(attributes.len()) {
            Some(at) => at,
            None => self.take(header + attributes.len() as u64, SET_ALIGNMENT, allocate)?,
        };
        let mut head = [0; cells::ATTRIBUTES_HEADER as usize];
        head[..4].copy_from_slice(&(attributes.len() as u32).to_le_bytes());
        head[4..].copy_from_slice(&checksum_of_set(attributes).to_le_bytes());
        if !self.mapping.copy_in(at, &head) || !self.mapping.copy_in(at + header, attributes) {
            return Err(NoRoom::Lost);
        }
        let set = (at / SET_ALIGNMENT) as u32;
        self.sets.insert(hash, set);
        Ok(set)
    }

    /// The word that says which round of a thread's observations is the last complete one.
    pub(in crate::cells) fn observer(
        &mut self,
        number: u32,
        shard: u32,
        allocate: Allocate<'_>,
    ) -> Result<u32, NoRoom> {
        if let Some(unit) = self.observers.get(&(number, shard)) {
            return Ok(*unit);
        }
        let unit = (self.take(UNIT, UNIT, allocate)? / UNIT) as u32;
        self.observers.insert((number, shard), unit);
        Ok(unit)
    }

    /// Room for something of the file that is no cell.
    pub(in crate::cells) fn take(&mut self, length: u64, align: u64, allocate: Allocate<'_>) -> Result<u64, NoRoom> {
        if self.mapping.poisoned() {
            return Err(NoRoom::Lost);
        }
        self.space.take(length, align, allocate)?.ok_or(NoRoom::Lost)
    }
}
