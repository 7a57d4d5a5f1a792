//! The path of measurements: one thread's way to its cells. No lock, no allocation, no system call, no clock.

mod retirement;
mod rounds;
mod sampling;

use std::sync::Arc;

use super::absolute::{self, ExponentialTotals, Totals};
use super::exponential;
use super::gauge;
use super::histogram::{self, Words};
use super::instrument::{Kind, bucket_words};
use super::owned::Owned;
use super::place::{NoRoom, offset_of, words_of};
use super::shortest::shortest;
use super::space::UNIT;
use super::store::{Definition, Home, NoCell};
use crate::clock;
use crate::file::atomic::Ordering;
use crate::file::{Mapping, RingId};
use crate::layout::{cell, cells, constant};
use crate::random;
use crate::writer::{CommitStatus, Writer};

/// A point that somebody else has aggregated.
#[derive(Debug, Clone, Copy)]
pub enum Aggregate<'a> {
    /// Of a sum or a gauge.
    Value(f64),
    /// Of an explicit histogram.
    Histogram(Totals<'a>),
    /// Of an exponential histogram.
    Exponential(ExponentialTotals<'a>),
}

/// A thread's cell of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesCell {
    /// Its number: file offset / 16.
    pub cell: u32,
    /// It is that of the overflow series, since the instrument has as many series as it may.
    pub overflow: bool,
}

/// One thread's cells. What it writes, no other thread writes; a reader adds the threads up. Dropped at the end of its thread, its
/// cells wait for the next one that measures the same, and count until then as they are; what it observed ends. See
/// [`CellHandle::end_with_process`].
#[derive(Debug)]
pub struct CellHandle {
    writer: Arc<Writer>,
    home: Option<Arc<Home>>,
    definitions: Vec<Option<Arc<Definition>>>,
    shard: u32,
    owned: Owned,
    /// Buffers.
    portion: Vec<u32>,
    attributes: Vec<u8>,
    random: u32,
    looks: retirement::Looks,
}

impl CellHandle {
    pub(crate) fn new(writer: Arc<Writer>) -> Self {
        let seed: [u8; 16] = random::bytes();
        Self {
            writer,
            home: None,
            definitions: Vec::new(),
            shard: 0,
            owned: Owned::default(),
            portion: Vec::new(),
            attributes: Vec::new(),
            random: u32::from_le_bytes([seed[0], seed[1], seed[2], seed[3]]) | 1,
            looks: retirement::Looks::default(),
        }
    }

    /// The writer itself.
    #[must_use]
    pub fn writer(&self) -> &Arc<Writer> {
        &self.writer
    }

    /// The cell of a series. `attributes`: OTLP `KeyValue` messages, each as a field of number 1, keys sorted and different. Takes a
    /// lock; remember the answer, until [`Writer::cells_epoch`] changes, unless it is the overflow series.
    ///
    /// # Errors
    /// `Disabled` (closed, or no such instrument), `Disk`, or `Stale`: try again.
    pub fn cell(&mut self, instrument: u32, attributes: &[u8]) -> Result<SeriesCell, CommitStatus> {
        let definition = Arc::clone(self.definition(instrument).ok_or(CommitStatus::Disabled)?);
        self.follow();
        if self.shard == 0 {
            self.shard = self.writer.cells().new_shard();
        }
        let writer = &self.writer;
        let attributes = shortest(attributes, &mut self.attributes);
        let (found, home) = writer
            .cells()
            .cell(writer.as_ref(), &definition, self.shard, attributes)
            .map_err(|reason| match reason {
                NoCell::Disk => CommitStatus::Disk,
                NoCell::Lost => CommitStatus::Stale,
                NoCell::Closed | NoCell::Unknown => CommitStatus::Disabled,
            })?;
        if self.home.as_ref().is_none_or(|known| known.epoch != home.epoch) {
            self.home = Some(home);
            self.owned.clear();
        }
        if found.taken {
            self.owned.add(instrument, found.cell);
        }
        Ok(SeriesCell {
            cell: found.cell,
            overflow: found.overflow,
        })
    }

    /// Takes a measurement: adds to a sum, sets a gauge (with the time of now), records into a histogram. `Stale`: the cell is not
    /// this thread's (any more). `Disk`: it is the first negative value of an exponential histogram, and there is no room for its
    /// buckets; it is counted as lost.
    #[inline]
    pub fn record(&mut self, instrument: u32, cell: u32, value: f64) -> CommitStatus {
        let Some(definition) = known(&self.definitions, instrument) else {
            return CommitStatus::Stale;
        };
        let Some((mapping, at)) = self.own(cell) else {
            return CommitStatus::Stale;
        };
        let done = match &definition.instrument.kind {
            Kind::Sum { .. } => self.add(mapping, at, value),
            Kind::Gauge => gauge::set(mapping, at, value, clock::wall_nanos()),
            Kind::Histogram { bounds, .. } if !value.is_nan() => {
                words_of(mapping, &definition.instrument, cell).map(|words| {
                    let bucket = histogram::bucket_of(bounds, value);
                    words.expect(bucket);
                    histogram::record(words, bucket, value);
                })
            }
            Kind::Exponential { max_size, .. } => match words_of(mapping, &definition.instrument, cell) {
                Some(words) if !exponential::record(words, *max_size, value) => {
                    let made = self.make_negative(at, *max_size);
                    if made != CommitStatus::Published {
                        return made;
                    }
                    exponential::record(words, *max_size, value).then_some(())
                }
                words => words.map(|_| ()),
            },
            Kind::Histogram { .. } => Some(()),
            Kind::ObservedSum { .. } | Kind::ObservedGauge => return self.observe(instrument, cell, value),
        };
        if matches!(
            definition.instrument.kind,
            Kind::Histogram { .. } | Kind::Exponential { .. }
        ) {
            self.touch(mapping, at + cell::UPDATED as u64);
        }
        self.answer(done)
    }

    /// Makes a cell what somebody else has aggregated; `start`: when that began, nanoseconds since the Unix epoch. `Stale`: the cell is not this
    /// thread's, or not of the point's kind and size.
    pub fn store(&mut self, instrument: u32, cell: u32, start: u64, point: &Aggregate<'_>) -> CommitStatus {
        let Some(definition) = known(&self.definitions, instrument) else {
            return CommitStatus::Stale;
        };
        let Some((mapping, at)) = self.own(cell) else {
            return CommitStatus::Stale;
        };
        let words = || words_of(mapping, &definition.instrument, cell);
        let done = match (&definition.instrument.kind, point) {
            (Kind::Sum { .. }, Aggregate::Value(value)) => mapping
                .words(at, 1)
                .map(|words| words[0].store(value.to_bits(), Ordering::Relaxed)),
            (Kind::Gauge, Aggregate::Value(value)) => gauge::set(mapping, at, *value, clock::wall_nanos()),
            (Kind::Histogram { .. }, Aggregate::Histogram(totals)) => {
                words().filter(|words| absolute::store(*words, totals)).map(|_| ())
            }
            (Kind::Exponential { max_size, .. }, Aggregate::Exponential(totals)) => {
                let lacks = |words: &Words<'_>| words.negative().is_none() && !totals.sides[1].counts.is_empty();
                if words().is_some_and(|words| lacks(&words)) {
                    let made = self.make_negative(at, *max_size);
                    if made != CommitStatus::Published {
                        return made;
                    }
                }
                words()
                    .filter(|words| absolute::store_exponential(*words, *max_size, totals))
                    .map(|_| ())
            }
            _ => None,
        };
        if done.is_none() {
            return CommitStatus::Stale;
        }
        if let Some(word) = mapping.atomic_u64(at + cell::START as u64) {
            word.store(start, Ordering::Relaxed);
        }
        if !matches!(definition.instrument.kind, Kind::Gauge) {
            self.touch(mapping, at + cell::UPDATED as u64);
        }
        self.answer(done)
    }

    /// Looks at the clock: the time that following updates carry, seconds since the Unix epoch. To be called now and then, by one
    /// thread of the process.
    pub fn tick(&mut self) -> f64 {
        let seconds = self.writer.cells().set_tick();
        self.looks.add((seconds * 1e9) as u64);
        seconds
    }

    /// The mapping that cell numbers refer to, for views. None before the first cell.
    #[must_use]
    pub fn mapping(&self) -> Option<&Arc<Mapping>> {
        self.live_home().map(|home| &home.mapping)
    }

    #[inline]
    fn add(&self, mapping: &Mapping, at: u64, value: f64) -> Option<()> {
        let words = mapping.words(at, 2)?;
        let sum = f64::from_bits(words[0].load(Ordering::Relaxed)) + value;
        words[0].store(sum.to_bits(), Ordering::Relaxed);
        // SYNC POINT: who sees the time sees a value: without one, zero means that nothing was measured yet.
        words[1].store(self.writer.cells().tick(), Ordering::Release);
        Some(())
    }

    /// Gives an exponential histogram bucket words for its first negative value. Without room for them the value is lost, and counted.
    #[cold]
    fn make_negative(&self, at: u64, size: u32) -> CommitStatus {
        let Some(home) = &self.home else {
            return CommitStatus::Stale;
        };
        let length = u64::from(bucket_words(cells::KIND_EXPONENTIAL, size)) * 8;
        let made = self
            .writer
            .cells()
            .with_place(home.epoch, |place, _, allocate| place.take(length, UNIT, allocate));
        match (made, home.mapping.atomic_u32(at + cell::NEGATIVE as u64)) {
            (Some(Ok(made)), Some(reference)) => {
                // SYNC POINT: who sees a range of negative values finds their words.
                reference.store((made / UNIT) as u32, Ordering::Release);
                CommitStatus::Published
            }
            (Some(Err(NoRoom::Disk)), _) => {
                self.writer.count_drop(RingId::Measurements, constant::DROP_DISK);
                CommitStatus::Disk
            }
            _ => self.lost(),
        }
    }

    #[inline]
    fn touch(&self, mapping: &Mapping, at: u64) {
        if let Some(word) = mapping.atomic_u64(at) {
            word.store(self.writer.cells().tick(), Ordering::Relaxed);
        }
    }

    /// The mapping and the file offset of a cell that is this thread's.
    #[inline]
    fn own(&self, cell: u32) -> Option<(&Mapping, u64)> {
        let home = self.live_home()?;
        let at = offset_of(cell);
        let owner = home.mapping.atomic_u32(at + cell::OWNER as u64)?;
        let mine = owner.load(Ordering::Relaxed) >> cells::OWNER_SHIFT == self.shard;
        (mine && cell != 0).then_some((&*home.mapping, at))
    }

    #[inline]
    fn live_home(&self) -> Option<&Arc<Home>> {
        self.home
            .as_ref()
            .filter(|home| home.epoch == self.writer.cells().epoch())
    }

    #[inline]
    fn answer(&self, done: Option<()>) -> CommitStatus {
        match (done, &self.home) {
            (Some(()), Some(home)) if !home.mapping.poisoned() => CommitStatus::Published,
            _ => self.lost(),
        }
    }

    #[cold]
    fn lost(&self) -> CommitStatus {
        if let Some(home) = &self.home {
            self.writer.cells().lose(home.epoch);
        }
        CommitStatus::Stale
    }

    /// Lets go at the end of the process. What was observed stays the last that is known, as it does when a process is killed; at the
    /// end of a thread in a process that goes on, where the handle is dropped, it is not true any more.
    pub fn end_with_process(mut self) {
        self.home = None;
    }

    /// Lets go of a file that is not written any more.
    fn follow(&mut self) {
        if self.live_home().is_none() {
            self.home = None;
            self.owned.clear();
        }
    }

    fn definition(&mut self, number: u32) -> Option<&Arc<Definition>> {
        let at = number as usize;
        if self.definitions.get(at).is_none_or(Option::is_none) {
            let definition = self.writer.cells().definition(number)?;
            if self.definitions.len() <= at {
                self.definitions.resize_with(at + 1, || None);
            }
            self.definitions[at] = Some(definition);
        }
        self.definitions[at].as_ref()
    }
}

impl Drop for CellHandle {
    fn drop(&mut self) {
        let Some(home) = &self.home else { return };
        let store = self.writer.cells();
        for portion in self.owned.portions() {
            store.with_place(home.epoch, |place, _, _| place.leave(self.shard, portion));
        }
        store.with_place(home.epoch, |place, _, _| place.end_thread(self.shard));
    }
}

#[inline]
fn known(definitions: &[Option<Arc<Definition>>], instrument: u32) -> Option<&Arc<Definition>> {
    definitions.get(instrument as usize)?.as_ref()
}
