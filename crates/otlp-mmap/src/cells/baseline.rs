//! What a stream with delta temporality has exported of one file's cells, in mapped files, so that it is exact over a restart.
//!
//! There are two copies of each series' values, in two files, at the place that the series' first cell has in its own file (so nothing
//! has to be searched, and nothing is kept in memory). A copy carries the number of the collection in which it was taken. One of them is
//! the *base*: the newest that belongs to an acknowledged collection. A collection writes the values of now into the other one,
//! and exports the difference. When all of it is acknowledged, one store makes the copies the base. When the collector dies before, its
//! successor exports the differences of the copies again: the same values, for the same interval.

mod put_back;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::cells::read::{Exponential, InstrumentView, Point, Series};
use crate::file::atomic::{AtomicU64, Ordering};
use crate::file::{Access, CELLS_RESERVATION, Mapping, allocate_more, private};
use crate::layout::cells;

/// Bytes before the copies. The first file's have the state.
const HEADER: u64 = 4096;

/// The files get their blocks in pieces of this many bytes, where there are cells: the rest stays sparse.
const CHUNK: u64 = 256 << 10;

const MAGIC: u64 = u64::from_le_bytes(*b"OTPBASE1");

/// Behind the state: length of the data file's path, u64, and the path. Whose file it was is known by it when that is gone.
const DATA_PATH: u64 = 512;

/// Words of the state.
mod word {
    pub const MAGIC: usize = 0;
    /// Which file it belongs to: 16 bytes.
    pub const FILE_ID: usize = 1;
    /// Bit 0: which of the two accounts of acknowledged collections is in force.
    pub const ACCOUNT: usize = 3;
    /// The collection that is under way, if its number is the next one.
    pub const NEXT_NUMBER: usize = 4;
    pub const NEXT_TIME: usize = 5;
    /// 1 = it has taken everything.
    pub const NEXT_COMPLETE: usize = 6;
    pub const ACCOUNTS: usize = 8;
    pub const COUNT: usize = 16;
}

/// What was acknowledged.
#[derive(Debug, Clone, Copy, Default)]
struct Account {
    /// Number and time of the newest acknowledged collection.
    number: u64,
    time: u64,
    /// When that collection was cut short by the collector's death: time of the one before, from which what it did not take goes on.
    /// Else 0.
    before: u64,
}

/// Two copies of what a file's cells held.
#[derive(Debug)]
pub(crate) struct Baseline {
    paths: [PathBuf; 2],
    copies: [Mapping; 2],
    /// Chunks that have their blocks, by file.
    allocated: [Vec<bool>; 2],
    extents: u64,
    /// A collection that an earlier collector did not finish is exported again.
    resends: bool,
    earlier: Exponential,
}

/// Where a series' mark, values and start are in a copy. No cell is so short that they would not fit beside the next one's.
#[derive(Debug, Clone, Copy)]
struct Slot {
    at: u64,
    words: usize,
}

impl Slot {
    /// The word of the start.
    fn start(self) -> usize {
        self.words - 1
    }
}

impl Baseline {
    /// Opens the baseline of a stream for the file `file_id`, at `path` with a letter more. One of another file is begun anew.
    /// `data` is where the file is.
    pub(crate) fn open(path: &Path, file_id: [u8; 16], extents: u64, data: &Path) -> io::Result<Self> {
        let paths = ["a", "b"].map(|letter| {
            let mut name = path.as_os_str().to_owned();
            name.push(letter);
            PathBuf::from(name)
        });
        let open = |path: &Path| -> io::Result<Mapping> {
            let file = private().create(true).truncate(false).open(path)?;
            allocate_more(&file, 0, HEADER)?;
            Mapping::with_reservation(file, Access::ReadWrite, CELLS_RESERVATION)
        };
        let mut baseline = Self {
            copies: [open(&paths[0])?, open(&paths[1])?],
            paths,
            allocated: [Vec::new(), Vec::new()],
            extents,
            resends: false,
            earlier: Exponential::default(),
        };
        baseline.adopt(file_id)?;
        baseline.note_path(data);
        Ok(baseline)
    }

    /// A path that is too long is not noted down, and the files have to be removed by hand if the data file goes without them.
    fn note_path(&self, data: &Path) {
        let path = std::path::absolute(data).unwrap_or_default();
        let bytes = path.as_os_str().as_bytes();
        if DATA_PATH + 8 + bytes.len() as u64 <= HEADER && self.copies[0].copy_in(DATA_PATH + 8, bytes) {
            let _ = self.copies[0].copy_in(DATA_PATH, &(bytes.len() as u64).to_le_bytes());
        }
    }

    fn adopt(&mut self, file_id: [u8; 16]) -> io::Result<()> {
        let id = [0, 8].map(|at| {
            let mut half = [0; 8];
            half.copy_from_slice(&file_id[at..at + 8]);
            u64::from_le_bytes(half)
        });
        let state = self.state().ok_or(io::ErrorKind::UnexpectedEof)?;
        let known = state[word::MAGIC].load(Ordering::Acquire) == MAGIC
            && (0..2).all(|half| state[word::FILE_ID + half].load(Ordering::Relaxed) == id[half]);
        if known {
            let next = state[word::NEXT_NUMBER].load(Ordering::Relaxed);
            self.resends = next == self.account().number + 1;
            return Ok(());
        }
        for copy in &self.copies {
            let file: &File = copy.file();
            file.set_len(0)?;
            allocate_more(file, 0, HEADER)?;
            copy.refresh()?;
        }
        let state = self.state().ok_or(io::ErrorKind::UnexpectedEof)?;
        for (half, id) in id.iter().enumerate() {
            state[word::FILE_ID + half].store(*id, Ordering::Relaxed);
        }
        state[word::MAGIC].store(MAGIC, Ordering::Release);
        Ok(())
    }

    /// Begins a collection at `now`, or again the one that was not acknowledged; returns its time.
    pub(crate) fn begin(&mut self, now: u64) -> u64 {
        let resends = self.resends;
        let account = self.account();
        let Some(state) = self.state() else { return now };
        if resends {
            return state[word::NEXT_TIME].load(Ordering::Relaxed);
        }
        // never before the one that it follows, whatever was done to the clock
        let now = now.max(account.time + 1);
        state[word::NEXT_NUMBER].store(0, Ordering::Release);
        state[word::NEXT_COMPLETE].store(0, Ordering::Release);
        state[word::NEXT_TIME].store(now, Ordering::Release);
        state[word::NEXT_NUMBER].store(account.number + 1, Ordering::Release);
        now
    }

    /// There is a collection to be exported again, before there can be a new one.
    pub(crate) fn resends(&self) -> bool {
        self.resends
    }

    /// Number and time of the collection that is under way.
    pub(crate) fn collection(&self) -> (u64, u64) {
        let time = self
            .state()
            .map_or(0, |state| state[word::NEXT_TIME].load(Ordering::Relaxed));
        (self.account().number + 1, time)
    }

    /// Everything was taken.
    pub(crate) fn complete(&self) {
        if !self.resends
            && let Some(state) = self.state()
        {
            state[word::NEXT_COMPLETE].store(1, Ordering::Release);
        }
    }

    /// The collection that is under way, if there is one, was acknowledged.
    pub(crate) fn acknowledged(&mut self) {
        self.resends = false;
        let account = self.account();
        let Some(state) = self.state() else { return };
        let load = |at: usize| state[at].load(Ordering::Relaxed);
        if load(word::NEXT_NUMBER) != account.number + 1 {
            return;
        }
        let before = match (load(word::NEXT_COMPLETE), account.before) {
            (1, _) => 0,
            (_, 0) => account.time,
            (_, before) => before,
        };
        let which = load(word::ACCOUNT) + 1;
        let at = word::ACCOUNTS + 3 * (which & 1) as usize;
        state[at].store(account.number + 1, Ordering::Relaxed);
        state[at + 1].store(load(word::NEXT_TIME), Ordering::Relaxed);
        state[at + 2].store(before, Ordering::Relaxed);
        // SYNC POINT: with this store, and not before, the copies of the collection become the base.
        state[word::ACCOUNT].store(which, Ordering::Release);
    }

    /// Time of the newest acknowledged collection; 0 before the first.
    pub(crate) fn time(&self) -> u64 {
        self.account().time
    }

    fn account(&self) -> Account {
        let Some(state) = self.state() else {
            return Account::default();
        };
        let load = |at: usize| state[at].load(Ordering::Acquire);
        let at = word::ACCOUNTS + 3 * (load(word::ACCOUNT) & 1) as usize;
        Account {
            number: load(at),
            time: load(at + 1),
            before: load(at + 2),
        }
    }

    /// Puts into `series` what it gained since the base, and keeps what it has now as the copy of this collection. Returns the start of
    /// the interval, or None if there is nothing to export.
    ///
    /// # Errors
    /// No room for the copy: the series is left to the next collection.
    pub(crate) fn difference(&mut self, instrument: &InstrumentView, series: &mut Series) -> io::Result<Option<u64>> {
        let slot = self.slot(instrument, series);
        let Account { number, time, before } = self.account();
        let number = number as u32;
        let generation = series.generation;
        let mark_of = |copy: usize| {
            let mark = self.words(copy, slot).map(|words| words[0].load(Ordering::Acquire));
            mark.filter(|mark| (mark >> 32) as u32 == generation && *mark as u32 != 0)
                .map(|mark| mark as u32)
        };
        let marks = [mark_of(0), mark_of(1)];
        let base = (0..2)
            .filter(|&copy| marks[copy].is_some_and(|mark| mark <= number))
            .max_by_key(|&copy| marks[copy]);
        let start = match base {
            Some(copy) if before != 0 && marks[copy] != Some(number) => before,
            None if before != 0 => before,
            _ => time,
        };
        if self.resends {
            let Some(pending) = (0..2).find(|&copy| marks[copy] == Some(number + 1)) else {
                return Ok(None);
            };
            self.load(pending, slot, instrument, series);
        }
        let part = base.filter(|&copy| !self.began_anew(copy, slot, series));
        if !self.resends {
            if !self.has_gained(part, slot, instrument, series) {
                return Ok(None);
            }
            let other = base.map_or(0, |copy| 1 - copy);
            self.allocate(other, slot)?;
            self.store(other, slot, instrument, series, number + 1);
        }
        // a series that is new goes on from there as well: that is where it could have begun, and all points of an instrument share
        // their start; what began while the last walk was under way leaves no gap
        let start = if start == 0 { series.start } else { start };
        if let Some(part) = part {
            self.subtract(part, slot, instrument, series);
        }
        Ok(Some(start))
    }

    /// The total is not what the base was a part of: somebody else's that is stored as it is, and began anew.
    fn began_anew(&self, base: usize, slot: Slot, series: &Series) -> bool {
        let Some(words) = self.words(base, slot) else {
            return false;
        };
        let start = words[slot.start()].load(Ordering::Relaxed);
        let count = match series.point {
            Point::Number(_) => None,
            Point::Histogram => Some(series.histogram.count()),
            Point::Exponential => Some(series.exponential.count()),
        };
        let fell = count.is_some_and(|count| count < words[2].load(Ordering::Relaxed));
        // bases of earlier versions do not tell
        fell || (start != 0 && start != series.start)
    }

    /// Something was measured since the base.
    fn has_gained(&self, base: Option<usize>, slot: Slot, instrument: &InstrumentView, series: &Series) -> bool {
        let Some(words) = base.and_then(|copy| self.words(copy, slot)) else {
            return true;
        };
        match series.point {
            Point::Number(value) => {
                let same = words[1].load(Ordering::Relaxed) == value.to_bits();
                !same || instrument.kind == cells::KIND_OBSERVED_SUM
            }
            Point::Histogram => series.histogram.count() != words[2].load(Ordering::Relaxed),
            Point::Exponential => series.exponential.count() != words[2].load(Ordering::Relaxed),
        }
    }

    fn slot(&self, instrument: &InstrumentView, series: &Series) -> Slot {
        let at = HEADER + (u64::from(series.cell) * u64::from(cells::CELL_UNIT)).saturating_sub(self.extents);
        let values = match series.point {
            Point::Number(_) => 2,
            Point::Histogram => 3 + instrument.bounds.len() + 1,
            Point::Exponential => 7 + 2 * instrument.max_size as usize,
        };
        Slot { at, words: values + 1 }
    }

    /// Sees to it that the slot can be written.
    fn allocate(&mut self, copy: usize, slot: Slot) -> io::Result<()> {
        let (first, last) = (slot.at / CHUNK, (slot.at + slot.words as u64 * 8) / CHUNK);
        let allocated = &mut self.allocated[copy];
        for chunk in first..=last {
            if allocated.len() <= chunk as usize {
                allocated.resize(chunk as usize + 1, false);
            }
            if !allocated[chunk as usize] {
                allocate_more(self.copies[copy].file(), chunk * CHUNK, CHUNK)?;
                self.copies[copy].refresh()?;
                allocated[chunk as usize] = true;
            }
        }
        Ok(())
    }

    fn store(&self, copy: usize, slot: Slot, instrument: &InstrumentView, series: &Series, number: u32) {
        let Some(words) = self.words(copy, slot) else { return };
        let store = |at: usize, bits: u64| words[at].store(bits, Ordering::Relaxed);
        // as long as the values are not whole they belong to nobody
        words[0].store(0, Ordering::Release);
        crate::file::atomic::fence(Ordering::Release);
        store(slot.start(), series.start);
        match series.point {
            Point::Number(value) => store(1, value.to_bits()),
            Point::Histogram => {
                store(1, series.histogram.sum.to_bits());
                store(2, series.histogram.count());
                for (at, count) in series.histogram.buckets.iter().enumerate() {
                    store(3 + at, *count);
                }
            }
            Point::Exponential => {
                let point = &series.exponential;
                store(1, point.sum.to_bits());
                store(2, point.count());
                store(3, point.zero_count);
                store(4, u64::from(point.scale as u32));
                let size = instrument.max_size as usize;
                for (sign, buckets) in [&point.positive, &point.negative].into_iter().enumerate() {
                    store(
                        5 + sign,
                        u64::from(buckets.offset as u32) | (buckets.counts.len() as u64) << 32,
                    );
                    for (at, count) in buckets.counts.iter().take(size).enumerate() {
                        store(7 + sign * size + at, *count);
                    }
                }
            }
        }
        // SYNC POINT: whoever finds the mark finds the values, after a death too.
        words[0].store(
            u64::from(series.generation) << 32 | u64::from(number),
            Ordering::Release,
        );
    }

    /// Puts a copy's values into `series`.
    fn load(&self, copy: usize, slot: Slot, instrument: &InstrumentView, series: &mut Series) {
        let Some(words) = self.words(copy, slot) else { return };
        if let start @ 1.. = words[slot.start()].load(Ordering::Relaxed) {
            series.start = start;
        }
        match &mut series.point {
            Point::Number(value) => *value = f64::from_bits(words[1].load(Ordering::Relaxed)),
            Point::Histogram => {
                series.histogram.sum = f64::from_bits(words[1].load(Ordering::Relaxed));
                for (count, word) in series.histogram.buckets.iter_mut().zip(&words[3..]) {
                    *count = word.load(Ordering::Relaxed);
                }
            }
            Point::Exponential => load_exponential(words, instrument, &mut series.exponential),
        }
    }

    fn subtract(&mut self, copy: usize, slot: Slot, instrument: &InstrumentView, series: &mut Series) {
        let earlier = &mut self.earlier;
        let Some(words) = self.copies[copy].words(slot.at, slot.words) else {
            return;
        };
        match &mut series.point {
            Point::Number(value) => {
                let earlier = f64::from_bits(words[1].load(Ordering::Relaxed));
                // an observed counter that fell has begun anew
                if !(instrument.is_monotonic() && *value < earlier) {
                    *value -= earlier;
                }
            }
            Point::Histogram => {
                series.histogram.sum -= f64::from_bits(words[1].load(Ordering::Relaxed));
                for (count, word) in series.histogram.buckets.iter_mut().zip(&words[3..]) {
                    *count = count.wrapping_sub(word.load(Ordering::Relaxed));
                }
                // of all values, not of those since then
                series.histogram.min = f64::INFINITY;
                series.histogram.max = f64::NEG_INFINITY;
            }
            Point::Exponential => {
                load_exponential(words, instrument, earlier);
                series.exponential.subtract(earlier);
            }
        }
    }

    fn words(&self, copy: usize, slot: Slot) -> Option<&[AtomicU64]> {
        self.copies[copy].words(slot.at, slot.words)
    }

    fn state(&self) -> Option<&[AtomicU64]> {
        self.copies[0].words(0, word::COUNT)
    }

    /// Where the data file is or was that the first of two files at `path` is about.
    pub(crate) fn data_path(path: &Path) -> Option<PathBuf> {
        let mut head = [0; HEADER as usize];
        let file = private().open(path).ok()?;
        file.read_exact_at(&mut head, 0).ok()?;
        let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap_or_default());
        let at = DATA_PATH as usize;
        let bytes = head.get(at + 8..(at + 8).checked_add(usize::try_from(word(at)).ok()?)?)?;
        (word(0) == MAGIC && !bytes.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(bytes)))
    }

    /// Removes the files: what they are about is gone.
    pub(crate) fn remove(self) {
        for path in &self.paths {
            let _ = fs::remove_file(path);
        }
    }
}

fn load_exponential(words: &[AtomicU64], instrument: &InstrumentView, point: &mut Exponential) {
    let load = |at: usize| words[at].load(Ordering::Relaxed);
    point.clear();
    point.sum = f64::from_bits(load(1));
    point.zero_count = load(3);
    point.scale = load(4) as u32 as i32;
    let size = instrument.max_size as usize;
    for (sign, buckets) in [&mut point.positive, &mut point.negative].into_iter().enumerate() {
        let range = load(5 + sign);
        buckets.offset = range as u32 as i32;
        let length = ((range >> 32) as usize).min(size);
        buckets.counts.extend((0..length).map(|at| load(7 + sign * size + at)));
    }
}
