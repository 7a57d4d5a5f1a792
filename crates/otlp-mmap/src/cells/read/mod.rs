//! What is in a file's cells: a walk over instruments and their series that hands out borrowed, reused values.
//!
//! This is the streaming interface for whoever wants metrics without lists of points: memory does not grow with the number of series,
//! and nothing is allocated for a series.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use otlp_mmap::cells::{CellReader, Point};
//! use otlp_mmap::file::{Access, FileView};
//!
//! let file = FileView::open(std::path::Path::new("/dev/shm/otlp-mmap-0/app.mmap"), Access::Read)?;
//! let Some(mut cells) = CellReader::open(&file)? else {
//!     return Ok(()); // no metrics in it yet
//! };
//! cells.begin(&file);
//! while cells.advance() {
//!     let series = cells.series();
//!     if let Point::Number(value) = series.point {
//!         println!("{} = {value}", cells.instrument().name);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The series of one scope come one after the other, and so do those of one instrument. The threads of the process are added up: a
//! series comes once.

mod attributes;
mod exemplar;
mod instrument;
mod point;
mod series;
mod values;

pub use exemplar::ReadExemplar;
pub use instrument::InstrumentView;
pub use point::{Buckets, Exponential, Histogram};

use std::io;

use crate::cells::sets::SET_ALIGNMENT;
use crate::file::{Access, CELLS_RESERVATION, FileView, Mapping, Refresh};
use crate::layout::{cell, cells, instrument as instrument_layout, page};

/// Bytes in units of which pages and instruments are referred to, and cells.
const UNIT: u64 = 64;
const CELL_UNIT: u64 = cells::CELL_UNIT as u64;

/// Longest attribute set that is copied.
const LONGEST_ATTRIBUTES: u32 = 1 << 20;

/// Cells of one series that are followed: more threads than any process has at once.
const LONGEST_CHAIN: u32 = 1 << 16;

/// How often a walk comes by each byte of the extents at most, with pages, and with chains of cells: again when one changed meanwhile.
const MOST_VISITS: u64 = 2;

/// How often a value of several words is read again that changed meanwhile.
const MOST_TRIES: u32 = 10_000;

/// How often a cell is read again whose series ended meanwhile.
const TRIES: u32 = 4;

/// How many cells ahead the walk asks for attribute sets.
const AHEAD: u32 = 8;

/// Bytes of one that are asked for.
const EXPECTED_SET: usize = 192;

/// The value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Point {
    /// Sums, gauges and observed values.
    Number(f64),
    /// It is in [`Series::histogram`].
    Histogram,
    /// It is in [`Series::exponential`].
    Exponential,
}

/// A series as it is now. The buffers are used again for the next one.
#[derive(Debug)]
pub struct Series {
    /// OTLP `KeyValue` messages, each as a field of number 1, checked.
    pub attributes: Vec<u8>,
    /// When it began: nanoseconds since the Unix epoch.
    pub start: u64,
    /// When it was last updated, to about a second (gauges: exactly).
    pub updated: u64,
    /// What kind of value it has, or the value itself.
    pub point: Point,
    /// The value, when `point` is [`Point::Histogram`].
    pub histogram: Histogram,
    /// The value, when `point` is [`Point::Exponential`].
    pub exponential: Exponential,
    /// Sampled measurements since [`CellReader::take_exemplars_since`].
    pub exemplars: Vec<ReadExemplar>,
    /// Number of its first cell.
    pub cell: u32,
    /// Tells series apart that had the same cell one after the other.
    pub generation: u32,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            attributes: Vec::new(),
            start: 0,
            updated: 0,
            point: Point::Number(0.0),
            histogram: Histogram::default(),
            exponential: Exponential::default(),
            exemplars: Vec::new(),
            cell: 0,
            generation: 0,
        }
    }
}

/// Where a walk is.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    /// Index in `order`, one too high: 0 is before the first.
    instrument: usize,
    /// File offset of the page, 0 = before the first.
    page: u64,
    cell: u32,
    cells: u32,
    stride: u64,
    /// The walk ends with this instrument: as `instrument`.
    last: usize,
}

/// A walk over the cells of one file. It trusts nothing in it: what cannot be right is skipped and counted.
#[derive(Debug)]
pub struct CellReader {
    mapping: Mapping,
    extents: u64,
    instruments: Vec<InstrumentView>,
    /// Instruments by scope, in the order in which scopes and instruments came.
    order: Vec<u32>,
    /// Where the next instrument is looked for: offset of the reference to it, 0 = at the file's first.
    last_instrument: u64,
    position: Position,
    series: Series,
    exemplars_since: u64,
    copied: Vec<u64>,
    part: Exponential,
    skipped: u64,
    /// Offsets from here on were walked before, in this walk of an instrument's pages.
    page_end: u64,
    /// Bytes of cells that this walk came by with their pages, and behind others.
    visited: u64,
    followed: u64,
}

/// Why a cell gave no series.
enum No {
    /// It holds none now.
    None,
    /// It cannot be right.
    Corrupt,
    /// It changed while it was read.
    Moved,
}

impl CellReader {
    /// The cells of a file; None while it has none.
    ///
    /// # Errors
    /// The system does not map the file.
    pub fn open(file: &FileView) -> io::Result<Option<Self>> {
        let extents = file.extension().map_or(0, |block| block.cell_extents());
        if extents == 0 || !extents.is_multiple_of(u64::from(cells::EXTENT_ALIGNMENT)) {
            return Ok(None);
        }
        let handle = file.mapping().file().try_clone()?;
        Ok(Some(Self {
            mapping: Mapping::with_reservation(handle, Access::Read, CELLS_RESERVATION)?,
            extents,
            instruments: Vec::new(),
            order: Vec::new(),
            last_instrument: 0,
            position: Position::default(),
            series: Series::default(),
            exemplars_since: u64::MAX,
            copied: Vec::new(),
            part: Exponential::default(),
            skipped: 0,
            page_end: 0,
            visited: 0,
            followed: 0,
        }))
    }

    /// From now on series come with their exemplars of after this time (nanoseconds since the Unix epoch); at first with none.
    pub fn take_exemplars_since(&mut self, time: u64) {
        self.exemplars_since = time;
    }

    /// Begins a walk from the start, over what there is now.
    pub fn begin(&mut self, file: &FileView) {
        // a length that cannot be asked for is the one that was
        let _ = self.mapping.refresh();
        self.position = Position::default();
        (self.visited, self.followed) = (0, 0);
        let before = self.instruments.len();
        self.find_instruments(file);
        if self.instruments.len() != before {
            self.sort();
        }
        self.position.last = self.order.len();
    }

    /// Begins a walk over the series of one instrument alone, by its place in the walk over all of them. After
    /// [`CellReader::begin`].
    pub(crate) fn begin_instrument(&mut self, nth: usize) {
        self.position = Position {
            instrument: nth,
            last: (nth + 1).min(self.order.len()),
            ..Position::default()
        };
    }

    /// The instrument at that place.
    pub(crate) fn instrument_at(&self, nth: usize) -> &InstrumentView {
        &self.instruments[self.order[nth] as usize]
    }

    /// Goes to the next series; false at the end.
    pub fn advance(&mut self) -> bool {
        while self.next_cell() {
            let at = self.position.page + page::CELLS as u64 + u64::from(self.position.cell - 1) * self.position.stride;
            let mut result = self.read(at);
            for _ in 0..TRIES {
                let again = match result {
                    Err(No::Moved) => true,
                    Err(No::Corrupt) => self.has_grown(),
                    _ => false,
                };
                if !again {
                    break;
                }
                result = self.read(at);
            }
            match result {
                Ok(()) => return true,
                Err(No::None) => {}
                Err(No::Corrupt | No::Moved) => self.skipped += 1,
            }
        }
        false
    }

    /// The place of an instrument in the walk over all of them. New instruments do not change in which order the others come.
    pub(crate) fn place_of(&self, unit_offset: u32) -> Option<usize> {
        let is_it = |&at: &u32| self.instruments[at as usize].unit_offset == unit_offset;
        self.order.iter().position(is_it)
    }

    /// Where the walk is: the place of the instrument, and the cell of the series. Both only grow.
    #[inline]
    pub(crate) fn walked(&self) -> (usize, u32) {
        (self.position.instrument - 1, self.series.cell)
    }

    /// The series that [`CellReader::advance`] went to.
    #[inline]
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The series and its instrument; other values may be put into the series.
    #[inline]
    pub(crate) fn current(&mut self) -> (&InstrumentView, &mut Series) {
        let view = &self.instruments[self.order[self.position.instrument - 1] as usize];
        (view, &mut self.series)
    }

    /// The instrument of that series.
    ///
    /// # Panics
    /// Before the first series.
    #[inline]
    #[must_use]
    pub fn instrument(&self) -> &InstrumentView {
        &self.instruments[self.order[self.position.instrument - 1] as usize]
    }

    /// Instruments seen so far.
    #[must_use]
    pub fn instruments(&self) -> &[InstrumentView] {
        &self.instruments
    }

    /// Series and instruments that could not be right, over all walks.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// File offset at which the extents begin.
    pub(crate) fn extents(&self) -> u64 {
        self.extents
    }

    /// The file was truncated under the mapping.
    #[must_use]
    pub fn poisoned(&self) -> bool {
        self.mapping.poisoned()
    }

    /// The writer has made the file longer since the last look: what seemed to lie beyond the end may be there.
    fn has_grown(&self) -> bool {
        matches!(self.mapping.refresh(), Ok(Refresh::Grown))
    }

    /// Follows the list of instruments from where it ended the last time. They lie one behind the other, so a reference back is wrong.
    fn find_instruments(&mut self, file: &FileView) {
        loop {
            let next = if self.last_instrument == 0 {
                file.extension().map_or(0, |block| block.first_instrument())
            } else {
                let next = self
                    .mapping
                    .load_u32(self.last_instrument + instrument_layout::NEXT as u64);
                u64::from(next.unwrap_or(0)) * UNIT
            };
            if next == 0 || self.mapping.poisoned() {
                return;
            }
            let end = self.instruments.last().map_or(self.extents, |last| last.end);
            if next < end.max(self.last_instrument + 1) || !next.is_multiple_of(UNIT) {
                self.skipped += 1;
                return;
            }
            match InstrumentView::read(&self.mapping, next) {
                Ok(Some(view)) => self.instruments.push(view),
                Ok(None) => self.skipped += 1,
                Err(_) if self.has_grown() => continue,
                Err(_) => {
                    self.skipped += 1;
                    return;
                }
            }
            self.last_instrument = next;
        }
    }

    /// Instruments of one scope one after the other, else in their order.
    fn sort(&mut self) {
        let mut firsts = hashbrown::HashMap::new();
        for (at, view) in self.instruments.iter().enumerate() {
            firsts.entry((&view.scope, &view.schema_url)).or_insert(at);
        }
        self.order = (0..self.instruments.len() as u32).collect();
        let instruments = &self.instruments;
        self.order.sort_by_key(|&at| {
            let view = &instruments[at as usize];
            firsts[&(&view.scope, &view.schema_url)]
        });
    }

    /// Goes to the next cell that was ever in use. Pages of an instrument lie one behind the other, too.
    #[inline]
    fn next_cell(&mut self) -> bool {
        loop {
            if self.position.cell < self.position.cells {
                self.position.cell += 1;
                self.expect();
                return true;
            }
            let next = if self.position.page == 0 {
                if self.position.instrument == self.position.last {
                    return false;
                }
                self.position.instrument += 1;
                let view = self.instrument();
                let (unit, stride) = (u64::from(view.unit_offset) * UNIT, u64::from(view.stride));
                self.page_end = view.end;
                self.position.stride = stride;
                self.mapping.load_u32(unit + instrument_layout::FIRST_PAGE as u64)
            } else {
                self.mapping.load_u32(self.position.page + page::NEXT as u64)
            };
            self.position.cell = 0;
            self.position.cells = 0;
            self.position.page = u64::from(next.unwrap_or(0)) * UNIT;
            if self.position.page != 0 && !self.enter_page() && !(self.has_grown() && self.enter_page()) {
                self.skipped += 1;
                self.position.page = 0;
            }
        }
    }

    /// Asks for the cache lines of a cell to come and of the attribute set of one before it: sets lie where they were made, which the
    /// processor does not foresee, and waiting for them took longer than copying them.
    #[inline]
    fn expect(&self) {
        let Position {
            page,
            cell,
            cells,
            stride,
            ..
        } = self.position;
        if cell + AHEAD > cells {
            return;
        }
        let at = page + page::CELLS as u64 + u64::from(cell + AHEAD - 1) * stride;
        let set = self.mapping.load_u32(at + cell::ATTRIBUTES as u64).unwrap_or(0);
        self.mapping.expect_read(u64::from(set) * SET_ALIGNMENT, EXPECTED_SET);
        self.mapping.expect_read(at + u64::from(AHEAD) * stride, 1);
    }

    fn enter_page(&mut self) -> bool {
        let at = self.position.page;
        let word = |offset: usize| self.mapping.load_u32(at + offset as u64).unwrap_or(0);
        let (capacity, used) = (word(page::CAPACITY), word(page::USED));
        let end = at + page::CELLS as u64 + u64::from(capacity) * self.position.stride;
        let visited = self.visited + u64::from(used) * self.position.stride;
        let is_new = visited <= room(&self.mapping, self.extents);
        if at < self.page_end || end > self.mapping.length() || used > capacity || !is_new {
            return false;
        }
        self.visited = visited;
        self.page_end = end;
        self.position.cells = used;
        true
    }
}

/// The most that a walk may come by: pages that several instruments claim, and chains that several series share, end there.
#[inline]
fn room(mapping: &Mapping, extents: u64) -> u64 {
    MOST_VISITS * mapping.length().saturating_sub(extents)
}
