//! One file's cells as its writer knows them: instruments, pages, attribute sets, series. Behind the store's lock.

use std::sync::Arc;

use hashbrown::HashMap;

use super::exponential;
use super::histogram::{self, Words};
use super::instrument::{Instrument, Kind, bucket_words};
use super::sets::{SET_ALIGNMENT, Series, Sets};
use super::space::{Ahead, Allocate, Space};
use crate::file::atomic::{AtomicU32, Ordering};
use crate::file::{FileView, Mapping};
use crate::layout::{cell, cells, histogram as histogram_layout, instrument, page};

/// Cells of an instrument's first page; each next page has twice as many, up to a window full.
const FIRST_PAGE: u32 = 15;

/// A file's unit of cells, pages and instruments.
pub(super) const UNIT: u64 = 64;

/// Why there is no cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// The disk is full, or the folder's limit is reached.
    Disk,
    /// Somebody truncated the file.
    Lost,
}

impl From<std::io::Error> for NoRoom {
    fn from(_: std::io::Error) -> Self {
        Self::Disk
    }
}

/// An instrument in the file.
#[derive(Debug, Default)]
struct Placed {
    /// Its descriptor as file offset / 64; 0 before its first series.
    unit: u32,
    last_page: u32,
    /// Cells of the last page.
    capacity: u32,
    /// Cells that were given back.
    free: Vec<u32>,
    /// Series in use, without the overflow series.
    series: u32,
}

/// What a series has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub number: u32,
    pub instrument: &'a Instrument,
    /// Series, the overflow series included.
    pub limit: u32,
    pub shard: u32,
    /// Wall clock, nanoseconds.
    pub now: u64,
}

/// A cell for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub cell: u32,
    pub overflow: bool,
    /// The thread did not have it before.
    pub taken: bool,
}

/// The cells of one file.
#[derive(Debug)]
pub(super) struct Place {
    mapping: Arc<Mapping>,
    space: Space,
    instruments: Vec<Placed>,
    last_instrument: u32,
    sets: Sets,
    series: Series,
    overflow_set: u32,
    /// Round words, by instrument and shard.
    observers: HashMap<(u32, u32), u32>,
}

impl Place {
    pub(super) fn new(mapping: Arc<Mapping>, space: Space) -> Self {
        Self {
            mapping,
            space,
            instruments: Vec::new(),
            last_instrument: 0,
            sets: Sets::default(),
            series: Series::default(),
            overflow_set: 0,
            observers: HashMap::new(),
        }
    }

    /// The cell of a series for a thread: its own, one that an ended thread left, or a new one.
    pub(super) fn cell(
        &mut self,
        view: &FileView,
        wanted: &Wanted<'_>,
        attributes: &[u8],
        allocate: Allocate<'_>,
    ) -> Result<Found, NoRoom> {
        self.place_instrument(view, wanted, allocate)?;
        let hash = self.sets.hash(attributes);
        let set = self.sets.find(&self.mapping, hash, attributes);
        if let Some(set) = set
            && set != self.overflow_set
            && let Some(primary) = self.series.get(wanted.number, set)
        {
            let (cell, taken) = self.cell_of_series(wanted, primary, set, allocate)?;
            return Ok(Found {
                cell,
                overflow: false,
                taken,
            });
        }
        let series = self.instruments[wanted.number as usize].series;
        if series + 1 >= wanted.limit || set == Some(self.overflow_set) {
            return self.overflow(wanted, allocate);
        }
        let made = (|| {
            let set = match set {
                Some(set) => set,
                None => self.store_set(hash, attributes, allocate)?,
            };
            self.new_series(wanted, set, 0, allocate)
        })();
        match made {
            Ok(cell) => {
                self.instruments[wanted.number as usize].series += 1;
                Ok(Found {
                    cell,
                    overflow: false,
                    taken: true,
                })
            }
            // better counted without its attributes than not at all
            Err(NoRoom::Disk) => self.overflow(wanted, allocate),
            Err(NoRoom::Lost) => Err(NoRoom::Lost),
        }
    }

    fn overflow(&mut self, wanted: &Wanted<'_>, allocate: Allocate<'_>) -> Result<Found, NoRoom> {
        let set = self.overflow_set;
        let (cell, taken) = match self.series.get(wanted.number, set) {
            Some(primary) => self.cell_of_series(wanted, primary, set, allocate)?,
            None => (self.new_series(wanted, set, cells::OWNER_OVERFLOW, allocate)?, true),
        };
        Ok(Found {
            cell,
            overflow: true,
            taken,
        })
    }

    fn new_series(&mut self, wanted: &Wanted<'_>, set: u32, bits: u32, allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let cell = self.new_cell(wanted, set, bits | cells::OWNER_PRIMARY, allocate)?;
        self.series.insert(wanted.number, set, cell);
        Ok(cell)
    }

    /// The thread's cell in a series that exists, and whether it is new to the thread.
    fn cell_of_series(
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
            let owner = self.half_word(cell, cell::OWNER)?.load(Ordering::Relaxed);
            match owner >> cells::OWNER_SHIFT {
                shard if shard == wanted.shard => return Ok((cell, false)),
                0 => orphan = orphan.or(Some((cell, owner))),
                _ => {}
            }
            last = cell;
            cell = self.half_word(cell, cell::NEXT)?.load(Ordering::Relaxed);
        }
        if let Some((cell, owner)) = orphan {
            self.adopt(wanted, cell, allocate)?;
            let bits = owner & ((1 << cells::OWNER_SHIFT) - 1);
            self.half_word(cell, cell::OWNER)?
                .store(wanted.shard << cells::OWNER_SHIFT | bits, Ordering::Release);
            return Ok((cell, true));
        }
        let cell = self.new_cell(wanted, set, 0, allocate)?;
        // SYNC POINT: who follows the link finds a complete cell.
        self.half_word(last, cell::NEXT)?.store(cell, Ordering::Release);
        Ok((cell, true))
    }

    /// Goes on where an ended thread stopped.
    fn adopt(&mut self, wanted: &Wanted<'_>, cell: u32, allocate: Allocate<'_>) -> Result<(), NoRoom> {
        if wanted.instrument.is_observed() {
            for round in [cell::OBSERVED_ROUND, cell::OBSERVED_ROUND_B] {
                self.half_word(cell, round)?.store(0, Ordering::Relaxed);
            }
            let observer = self.observer(wanted.number, wanted.shard, allocate)?;
            self.half_word(cell, cell::OBSERVER)?.store(observer, Ordering::Release);
        }
        if let Kind::Histogram { .. } | Kind::Exponential { .. } = wanted.instrument.kind {
            histogram::settle(self.histogram_words(wanted.instrument, cell)?);
        }
        Ok(())
    }

    /// A cell in its initial state, in use.
    fn new_cell(&mut self, wanted: &Wanted<'_>, set: u32, bits: u32, allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let observer = if wanted.instrument.is_observed() {
            self.observer(wanted.number, wanted.shard, allocate)?
        } else {
            0
        };
        let cell = match self.instruments[wanted.number as usize].free.pop() {
            Some(cell) => cell,
            None => self.fresh_cell(wanted, allocate)?,
        };
        let at = u64::from(cell) * UNIT;
        let values = self.mapping.words(at, 5).ok_or(NoRoom::Lost)?;
        for word in &values[..4] {
            word.store(0, Ordering::Relaxed);
        }
        values[cell::START / 8].store(wanted.now, Ordering::Relaxed);
        match &wanted.instrument.kind {
            Kind::Histogram { .. } => self.histogram_words(wanted.instrument, cell)?.clear(),
            Kind::Exponential { max_scale, .. } => {
                exponential::clear(self.histogram_words(wanted.instrument, cell)?, *max_scale);
            }
            _ => {}
        }
        let words = [
            (cell::ATTRIBUTES, set),
            (cell::EXEMPLARS, 0),
            (cell::NEXT, 0),
            (cell::OWNER, wanted.shard << cells::OWNER_SHIFT | bits),
            (cell::OBSERVER, observer),
        ];
        for (offset, value) in words {
            self.half_word(cell, offset)?.store(value, Ordering::Relaxed);
        }
        let generation = self.half_word(cell, cell::GENERATION)?;
        let next = generation.load(Ordering::Relaxed).wrapping_add(1) | 1;
        // SYNC POINT: who sees an odd generation sees the cell as it was begun.
        generation.store(next, Ordering::Release);
        Ok(cell)
    }

    /// A cell that was never in use.
    fn fresh_cell(&mut self, wanted: &Wanted<'_>, allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let stride = wanted.instrument.stride();
        let placed = &self.instruments[wanted.number as usize];
        let (unit, mut last_page, mut capacity) = (placed.unit, placed.last_page, placed.capacity);
        let full = last_page == 0 || self.half_word(last_page, page::USED)?.load(Ordering::Relaxed) >= capacity;
        if full {
            let window = (cells::WINDOW / stride).max(1);
            capacity = if last_page == 0 {
                FIRST_PAGE.min(window)
            } else {
                (capacity * 2 + 1).min(window)
            };
            // a page that fits into what is left of the extent wastes nothing of it
            let left = (self.space.left().saturating_sub(page::CELLS as u64) / u64::from(stride)) as u32;
            if left < capacity && left >= FIRST_PAGE {
                capacity = left;
            }
            let length = page::CELLS as u64 + u64::from(capacity) * u64::from(stride);
            let at = self.take(length, UNIT, allocate)?;
            let new = (at / UNIT) as u32;
            self.half_word(new, page::INSTRUMENT)?.store(unit, Ordering::Relaxed);
            self.half_word(new, page::CAPACITY)?.store(capacity, Ordering::Relaxed);
            let link = if last_page == 0 {
                self.half_word(unit, instrument::FIRST_PAGE)?
            } else {
                self.half_word(last_page, page::NEXT)?
            };
            // SYNC POINT: who follows the link finds a complete page.
            link.store(new, Ordering::Release);
            last_page = new;
            let placed = &mut self.instruments[wanted.number as usize];
            (placed.last_page, placed.capacity) = (new, capacity);
        }
        let used = self.half_word(last_page, page::USED)?;
        let index = used.load(Ordering::Relaxed);
        used.store(index + 1, Ordering::Release);
        let at = u64::from(last_page) * UNIT + page::CELLS as u64 + u64::from(index) * u64::from(stride);
        Ok((at / UNIT) as u32)
    }

    /// Writes the instrument into the file, at its first series.
    fn place_instrument(&mut self, view: &FileView, wanted: &Wanted<'_>, allocate: Allocate<'_>) -> Result<(), NoRoom> {
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

    fn store_set(&mut self, hash: u64, attributes: &[u8], allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        let header = u64::from(cells::ATTRIBUTES_HEADER);
        let at = self.take(header + attributes.len() as u64, SET_ALIGNMENT, allocate)?;
        let mut head = [0; cells::ATTRIBUTES_HEADER as usize];
        head[..4].copy_from_slice(&(attributes.len() as u32).to_le_bytes());
        head[4..].copy_from_slice(&crc32fast::hash(attributes).to_le_bytes());
        if !self.mapping.copy_in(at, &head) || !self.mapping.copy_in(at + header, attributes) {
            return Err(NoRoom::Lost);
        }
        let set = (at / SET_ALIGNMENT) as u32;
        self.sets.insert(hash, set);
        Ok(set)
    }

    /// The word that says which round of a thread's observations is the last complete one.
    pub(super) fn observer(&mut self, number: u32, shard: u32, allocate: Allocate<'_>) -> Result<u32, NoRoom> {
        if let Some(unit) = self.observers.get(&(number, shard)) {
            return Ok(*unit);
        }
        let unit = (self.take(UNIT, UNIT, allocate)? / UNIT) as u32;
        self.observers.insert((number, shard), unit);
        Ok(unit)
    }

    /// What of the file should be made by a thread of its own now.
    pub(super) fn ahead(&mut self) -> Option<Ahead> {
        self.space.ahead()
    }

    /// Room for something of the file that is no cell.
    pub(super) fn take(&mut self, length: u64, align: u64, allocate: Allocate<'_>) -> Result<u64, NoRoom> {
        if self.mapping.poisoned() {
            return Err(NoRoom::Lost);
        }
        self.space.take(length, align, allocate)?.ok_or(NoRoom::Lost)
    }

    /// A thread has ended: its cells wait for another one, and what it observed is not true any more.
    pub(super) fn leave(&mut self, shard: u32, owned: &[u32]) {
        for &cell in owned {
            if let Ok(owner) = self.half_word(cell, cell::OWNER)
                && owner.load(Ordering::Relaxed) >> cells::OWNER_SHIFT == shard
            {
                let bits = owner.load(Ordering::Relaxed) & ((1 << cells::OWNER_SHIFT) - 1);
                owner.store(bits, Ordering::Release);
            }
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

    /// A thread has done with a cell. When no thread has one of the series any more, the series ends and its cells are free.
    pub(super) fn retire(&mut self, number: u32, cell: u32) -> Option<()> {
        let owner = self.half_word(cell, cell::OWNER).ok()?;
        let bits = owner.load(Ordering::Relaxed) & ((1 << cells::OWNER_SHIFT) - 1);
        owner.store(bits, Ordering::Release);
        let set = self.half_word(cell, cell::ATTRIBUTES).ok()?.load(Ordering::Relaxed);
        let primary = self.series.get(number, set)?;
        let mut chain = Vec::new();
        let mut next = primary;
        while next != 0 {
            if self.half_word(next, cell::OWNER).ok()?.load(Ordering::Relaxed) >> cells::OWNER_SHIFT != 0 {
                return None;
            }
            chain.push(next);
            next = self.half_word(next, cell::NEXT).ok()?.load(Ordering::Relaxed);
        }
        for &cell in &chain {
            let generation = self.half_word(cell, cell::GENERATION).ok()?;
            // SYNC POINT: even before anything of the cell changes again.
            generation.store(generation.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
            crate::file::atomic::fence(Ordering::Release);
        }
        self.series.remove(number, set);
        let placed = self.instruments.get_mut(number as usize)?;
        placed.free.extend(chain);
        if set != self.overflow_set {
            placed.series = placed.series.saturating_sub(1);
        }
        Some(())
    }

    fn histogram_words(&self, instrument: &Instrument, cell: u32) -> Result<Words<'_>, NoRoom> {
        words_of(&self.mapping, instrument, cell).ok_or(NoRoom::Lost)
    }

    fn half_word(&self, unit: u32, offset: usize) -> Result<&AtomicU32, NoRoom> {
        self.mapping
            .atomic_u32(u64::from(unit) * UNIT + offset as u64)
            .ok_or(NoRoom::Lost)
    }
}

/// The words of a histogram's cell.
#[inline]
pub(super) fn words_of<'a>(mapping: &'a Mapping, instrument: &Instrument, cell: u32) -> Option<Words<'a>> {
    let buckets = match &instrument.kind {
        Kind::Histogram { bounds, .. } => bounds.len() as u32,
        Kind::Exponential { max_size, .. } => *max_size,
        _ => return None,
    };
    let at = u64::from(cell) * UNIT;
    let words = (histogram_layout::WORDS - histogram_layout::COPY_A) / 8
        + bucket_words(instrument.kind_number(), buckets) as usize;
    Some(Words {
        words: mapping.words(at + histogram_layout::COPY_A as u64, words)?,
        sequence: &mapping.half_words(at + cell::SEQUENCE as u64, 1)?[0],
    })
}

/// The attributes of the series that takes what is beyond the limit.
pub(crate) fn overflow_attributes() -> Vec<u8> {
    use crate::wire;
    let (mut value, mut attribute, mut out) = (Vec::new(), Vec::new(), Vec::new());
    wire::put_uint(&mut value, 2, 1);
    wire::put_bytes(&mut attribute, 1, b"otel.metric.overflow");
    wire::put_bytes(&mut attribute, 2, &value);
    wire::put_bytes(&mut out, 1, &attribute);
    out
}
