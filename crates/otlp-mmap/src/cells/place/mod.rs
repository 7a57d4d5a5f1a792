//! One file's cells as its writer knows them: instruments, pages, attribute sets, series. Behind the store's lock.

mod owners;
mod pages;

use std::sync::Arc;

use hashbrown::HashMap;

use super::histogram::{Negative, Words};
use super::instrument::{Instrument, Kind, bucket_words};
use super::sets::{Series, Sets};
use super::space::{Ahead, Allocate, Space, UNIT};
use crate::file::atomic::AtomicU32;
use crate::file::{FileView, Mapping};
use crate::layout::{cell, cells, histogram as histogram_layout};

/// File offset of a cell by its number.
#[inline]
pub(super) fn offset_of(cell: u32) -> u64 {
    u64::from(cell) * u64::from(cells::CELL_UNIT)
}

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
    /// Pages that have cells left, or had.
    open: Vec<OpenPage>,
    /// Cells that were given back.
    free: Vec<u32>,
    /// Series in use, without the overflow series.
    series: u32,
}

/// The page from which a thread takes its next cell. Each thread has its own where cells share cache lines: what two threads write
/// all the time must not lie in one.
#[derive(Debug, Clone, Copy)]
struct OpenPage {
    /// 0: anybody's.
    shard: u32,
    unit: u32,
    capacity: u32,
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
            let cell = self.new_series(wanted, set, 0, allocate)?;
            self.sets.retain(hash, set);
            Ok(cell)
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

    /// What of the file should be made by a thread of its own now.
    pub(super) fn ahead(&mut self) -> Option<Ahead> {
        self.space.ahead()
    }

    fn histogram_words(&self, instrument: &Instrument, cell: u32) -> Result<Words<'_>, NoRoom> {
        words_of(&self.mapping, instrument, cell).ok_or(NoRoom::Lost)
    }

    /// A word of a page or an instrument.
    fn half_word(&self, unit: u32, offset: usize) -> Result<&AtomicU32, NoRoom> {
        let at = u64::from(unit) * UNIT + offset as u64;
        self.mapping.atomic_u32(at).ok_or(NoRoom::Lost)
    }

    fn word_of_cell(&self, cell: u32, offset: usize) -> Result<&AtomicU32, NoRoom> {
        let at = offset_of(cell) + offset as u64;
        self.mapping.atomic_u32(at).ok_or(NoRoom::Lost)
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
    let at = offset_of(cell);
    let words = (histogram_layout::WORDS - histogram_layout::COPY_A) / 8
        + bucket_words(instrument.kind_number(), buckets) as usize;
    Some(Words {
        inline: mapping.words(at + histogram_layout::COPY_A as u64, words)?,
        sequence: &mapping.half_words(at + cell::SEQUENCE as u64, 1)?[0],
        negative: negative_of(mapping, at, 0, instrument.kind_number())?,
    })
}

/// Where the cell at `at` has the bucket words of its negative values, never before `least`.
#[inline]
pub(super) fn negative_of(mapping: &Mapping, at: u64, least: u64, kind: u32) -> Option<Negative<'_>> {
    if kind != cells::KIND_EXPONENTIAL {
        return Some(Negative::Nowhere);
    }
    Some(Negative::There {
        mapping,
        reference: &mapping.half_words(at + cell::NEGATIVE as u64, 1)?[0],
        least,
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
