//! Histograms: several words that change together, readable at any instant.
//!
//! A cell has two copies of what changes together (sum, min, max, and the newest increment of a bucket) and a sequence number
//! whose lowest bit says which copy is in force. An update writes the other copy, then adds one to the sequence: that is the
//! instant at which all of it happens. The bucket word itself follows; until it does, and if the process dies before it does, the
//! copy in force says what the word should hold. So whatever store is the last one, sum and buckets belong together, and the
//! count, which is not stored but added up, is that of the buckets.

use std::ptr::NonNull;

use super::memory;
use super::space::UNIT;
use crate::file::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use crate::file::{Mapping, prefetch};
use crate::layout::histogram;

/// Word of a copy.
const SUM: usize = histogram::COPY_SUM / 8;
const MIN: usize = histogram::COPY_MIN / 8;
const MAX: usize = histogram::COPY_MAX / 8;
const BUCKET: usize = histogram::COPY_BUCKET / 8;
const COUNT: usize = histogram::COPY_COUNT / 8;
/// Words of a copy, and of both.
pub(super) const COPY: usize = (histogram::COPY_B - histogram::COPY_A) / 8;
const COPIES: usize = 2 * COPY;

/// The words of a histogram's cell behind its head, and its sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    /// Two copies, then the bucket words.
    pub inline: &'a [AtomicU64],
    pub sequence: &'a AtomicU32,
    pub negative: Negative<'a>,
}

/// The bucket words of an exponential histogram's negative values, which most have not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Negative<'a> {
    /// There are none (yet).
    Nowhere,
    /// In this process' own memory.
    Here(&'a [AtomicU64]),
    /// Where a word of the cell says, once there are some: then it stays as it is. Not before `least`.
    There {
        mapping: &'a Mapping,
        reference: &'a AtomicU32,
        least: u64,
    },
}

impl<'a> Negative<'a> {
    /// As many words as there are for positive values.
    pub(super) fn words(self, count: usize) -> Option<&'a [AtomicU64]> {
        match self {
            Self::Nowhere => None,
            Self::Here(words) => Some(words),
            Self::There {
                mapping,
                reference,
                least,
            } => {
                // SYNC POINT: who follows the reference finds zeros, or what was counted since.
                let at = u64::from(reference.load(Ordering::Acquire)) * UNIT;
                mapping.words(at, count).filter(|_| at != 0 && at >= least)
            }
        }
    }
}

impl<'a> Words<'a> {
    /// The copy that `sequence` puts in force.
    #[inline]
    pub(super) fn copy(&self, sequence: u32) -> &'a [AtomicU64] {
        let start = (sequence & 1) as usize * COPY;
        &self.inline[start..start + COPY]
    }

    #[inline]
    pub(super) fn buckets(&self) -> &'a [AtomicU64] {
        &self.inline[COPIES..]
    }

    /// The bucket words of negative values, if there are some.
    #[inline]
    pub(super) fn negative(&self) -> Option<&'a [AtomicU64]> {
        self.negative.words(self.buckets().len())
    }

    /// An update will write both copies and a bucket word. Which copy is in force stands in another line of memory: without this, theirs would
    /// be asked for only when that one has come.
    #[inline]
    pub(super) fn expect(&self, bucket: usize) {
        for word in [0, COPY, COPIES + bucket] {
            prefetch::for_write(NonNull::from(&self.inline[word]).cast(), size_of::<u64>());
        }
    }

    /// A bucket word by its number: those of negative values come behind the others.
    #[inline]
    pub(super) fn bucket(&self, number: usize) -> Option<&'a AtomicU64> {
        let buckets = self.buckets();
        match number.checked_sub(buckets.len()) {
            None => Some(&buckets[number]),
            Some(number) => self.negative()?.get(number),
        }
    }

    /// Makes the update happen that stands in the other copy.
    #[inline]
    pub(super) fn commit(&self, sequence: u32) -> u32 {
        let next = sequence.wrapping_add(1);
        // SYNC POINT: who sees the number sees the copy.
        memory::store_half(self.sequence, next, Ordering::Release);
        // Who sees a later store (of a bucket, or of the copy that was in force) sees the number.
        fence(Ordering::Release);
        next
    }

    /// Makes a new cell an empty histogram.
    pub(super) fn clear(&self) {
        for word in self.inline.iter().chain(self.negative().unwrap_or_default()) {
            word.store(0, Ordering::Relaxed);
        }
        for copy in [self.copy(0), self.copy(1)] {
            copy[MIN].store(f64::INFINITY.to_bits(), Ordering::Relaxed);
            copy[MAX].store(f64::NEG_INFINITY.to_bits(), Ordering::Relaxed);
        }
    }
}

/// Adds `value` to the histogram in bucket `bucket`. One thread at a time may call this for a cell.
#[inline]
pub(super) fn record(cell: Words<'_>, bucket: usize, value: f64) {
    let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
    let store = |word: &AtomicU64, bits: u64| memory::store(word, bits, Ordering::Relaxed);
    let sequence = cell.sequence.load(Ordering::Relaxed);
    let (old, new) = (cell.copy(sequence), cell.copy(sequence.wrapping_add(1)));
    let buckets = cell.buckets();
    let count = load(&buckets[bucket]) + 1;
    store(&new[SUM], (f64::from_bits(load(&old[SUM])) + value).to_bits());
    store(&new[MIN], f64::from_bits(load(&old[MIN])).min(value).to_bits());
    store(&new[MAX], f64::from_bits(load(&old[MAX])).max(value).to_bits());
    store(&new[BUCKET], bucket as u64);
    store(&new[COUNT], count);
    cell.commit(sequence);
    store(&buckets[bucket], count);
}

/// The sum in force.
pub(super) fn sum(cell: Words<'_>) -> f64 {
    f64::from_bits(cell.copy(cell.sequence.load(Ordering::Relaxed))[SUM].load(Ordering::Relaxed))
}

/// Writes what is to be in force next: sum, least and greatest value, and what one bucket will hold.
pub(super) fn put(cell: Words<'_>, sequence: u32, (sum, min, max): (f64, f64, f64), bucket: usize, count: u64) {
    let new = cell.copy(sequence.wrapping_add(1));
    new[SUM].store(sum.to_bits(), Ordering::Relaxed);
    new[MIN].store(min.to_bits(), Ordering::Relaxed);
    new[MAX].store(max.to_bits(), Ordering::Relaxed);
    new[BUCKET].store(bucket as u64, Ordering::Relaxed);
    new[COUNT].store(count, Ordering::Relaxed);
}

/// The bucket of `value`: the first whose upper bound is not below it.
#[inline]
pub(super) fn bucket_of(bounds: &[f64], value: f64) -> usize {
    // most histograms have few bounds and most values are in the lower ones; the compiler makes no branches of this
    if bounds.len() <= 32 {
        return bounds.iter().map(|bound| usize::from(*bound < value)).sum();
    }
    bounds.partition_point(|bound| *bound < value)
}

/// Puts the newest increment into its bucket word, in case that its process died before it did.
pub(super) fn settle(cell: Words<'_>) {
    let copy = cell.copy(cell.sequence.load(Ordering::Acquire));
    let bucket = copy[BUCKET].load(Ordering::Relaxed) as usize;
    if let Some(word) = cell.bucket(bucket) {
        let count = copy[COUNT].load(Ordering::Relaxed);
        if word.load(Ordering::Relaxed) < count {
            word.store(count, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::model;
    use super::super::read::Histogram;
    use super::*;

    /// A cell of three buckets with the bounds 1 and 10.
    struct Cell {
        words: Vec<AtomicU64>,
        sequence: AtomicU32,
    }

    impl Cell {
        fn new() -> Self {
            let cell = Self {
                words: (0..COPIES + 3).map(|_| AtomicU64::new(0)).collect(),
                sequence: AtomicU32::new(0),
            };
            cell.words().clear();
            cell
        }

        fn words(&self) -> Words<'_> {
            Words {
                inline: &self.words,
                sequence: &self.sequence,
                negative: Negative::Nowhere,
            }
        }

        fn record(&self, value: f64) {
            record(self.words(), bucket_of(&[1.0, 10.0], value), value);
        }

        fn read(&self) -> Histogram {
            let mut read = Histogram::default();
            read.clear(3);
            assert!(read.add(self.words(), &mut Vec::new()));
            read
        }
    }

    /// What a reader may find after `values`, the first of which, the second, ….
    fn states(values: &[f64]) -> Vec<Histogram> {
        (0..=values.len())
            .map(|count| {
                let cell = Cell::new();
                values[..count].iter().for_each(|value| cell.record(*value));
                cell.read()
            })
            .collect()
    }

    const VALUES: [f64; 4] = [1.0, 100.0, 10.0, 1.0];

    #[test]
    fn after_a_death_before_any_store_sum_and_buckets_belong_together_and_recording_goes_on() {
        let expected = states(&VALUES);
        for count in 0..VALUES.len() {
            let cell = Cell::new();
            VALUES[..count].iter().for_each(|value| cell.record(*value));
            let mut found = Vec::new();
            let heirs = std::cell::RefCell::new(Vec::new());
            model::at_every_death(
                || cell.record(VALUES[count]),
                |_| {
                    let read = cell.read();
                    assert!(read == expected[count] || read == expected[count + 1], "{read:?}");
                    // who goes on with the cell loses nothing of it
                    let heir = Cell::new();
                    for (to, from) in heir.words.iter().zip(&cell.words) {
                        to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
                    }
                    heir.sequence
                        .store(cell.sequence.load(Ordering::Relaxed), Ordering::Relaxed);
                    settle(heir.words());
                    assert_eq!(heir.read(), read);
                    heirs.borrow_mut().push((heir, read.clone()));
                    found.push(read);
                },
            );
            assert_eq!(
                (found.first(), found.last()),
                (expected.get(count), expected.get(count + 1))
            );
            for (heir, read) in heirs.into_inner() {
                heir.record(5.0);
                let next = heir.read();
                assert_eq!((next.count(), next.sum), (read.count() + 1, read.sum + 5.0));
            }
        }
    }

    #[test]
    fn a_reader_finds_one_instant_whenever_it_reads() {
        for count in 0..3 {
            let expected = states(&VALUES[..count + 2]);
            let cell = Cell::new();
            VALUES[..count].iter().for_each(|value| cell.record(*value));
            let runs = model::at_every_interleaving(
                3,
                || VALUES[count..count + 2].iter().for_each(|value| cell.record(*value)),
                || {
                    let read = cell.read();
                    assert!(expected[count..].contains(&read), "{read:?}");
                },
            );
            assert!(runs > 10_000, "{runs}");
        }
    }
}
