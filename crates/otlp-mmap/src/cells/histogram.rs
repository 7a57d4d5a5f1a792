//! Histograms: several words that change together, readable at any instant.
//!
//! A cell has two copies of what changes together (sum, min, max, and the newest increment of a bucket) and a sequence number
//! whose lowest bit says which copy is in force. An update writes the other copy, then adds one to the sequence: that is the
//! instant at which all of it happens. The bucket word itself follows; until it does, and if the process dies before it does, the
//! copy in force says what the word should hold. So whatever store is the last one, sum and buckets belong together, and the
//! count, which is not stored but added up, is that of the buckets.

use crate::file::atomic::{AtomicU32, AtomicU64, Ordering, fence};
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
    pub words: &'a [AtomicU64],
    pub sequence: &'a AtomicU32,
}

impl<'a> Words<'a> {
    /// The copy that `sequence` puts in force.
    #[inline]
    pub(super) fn copy(&self, sequence: u32) -> &'a [AtomicU64] {
        let start = (sequence & 1) as usize * COPY;
        &self.words[start..start + COPY]
    }

    #[inline]
    pub(super) fn buckets(&self) -> &'a [AtomicU64] {
        &self.words[COPIES..]
    }

    /// Makes the update happen that stands in the other copy.
    #[inline]
    pub(super) fn commit(&self, sequence: u32) -> u32 {
        let next = sequence.wrapping_add(1);
        // SYNC POINT: who sees the number sees the copy.
        self.sequence.store(next, Ordering::Release);
        // Who sees a later store (of a bucket, or of the copy that was in force) sees the number.
        fence(Ordering::Release);
        next
    }

    /// Makes a new cell an empty histogram.
    pub(super) fn clear(&self) {
        for word in self.words {
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
    let store = |word: &AtomicU64, bits: u64| word.store(bits, Ordering::Relaxed);
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
    if let Some(word) = cell.buckets().get(bucket) {
        let count = copy[COUNT].load(Ordering::Relaxed);
        if word.load(Ordering::Relaxed) < count {
            word.store(count, Ordering::Relaxed);
        }
    }
}
