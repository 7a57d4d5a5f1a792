//! Points that somebody else has aggregated, put into cells as they are.
//!
//! Count and buckets belong together at every instant, as in every cell. The sum of a histogram follows when its last bucket does.

use super::exponential::{self, NO_BUCKET, Range, State};
use super::histogram::{self, Words};
use crate::file::atomic::Ordering;

/// A histogram as a point has it.
#[derive(Debug, Clone, Copy)]
pub struct Totals<'a> {
    /// Sum of all values.
    pub sum: f64,
    /// Least value, or +∞.
    pub min: f64,
    /// Greatest value, or −∞.
    pub max: f64,
    /// Counts of the buckets, exact to 2^53.
    pub counts: &'a [f64],
}

/// One sign of an exponential histogram.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Index of the first bucket.
    pub offset: i32,
    /// Counts from there on.
    pub counts: &'a [f64],
}

/// An exponential histogram as a point has it; the counts of `totals` are not used.
#[derive(Debug, Clone, Copy)]
pub struct ExponentialTotals<'a> {
    /// Sum, least and greatest value.
    pub totals: Totals<'a>,
    /// Values that are zero.
    pub zero_count: f64,
    /// The scale of both sides.
    pub scale: i32,
    /// Positive and negative values.
    pub sides: [Side<'a>; 2],
}

/// Makes an explicit histogram what `totals` says. False: it has another number of buckets.
pub(super) fn store(cell: Words<'_>, totals: &Totals<'_>) -> bool {
    let buckets = cell.buckets();
    if buckets.len() < totals.counts.len() {
        return false;
    }
    let falls = |(word, count): (&crate::file::atomic::AtomicU64, &f64)| word.load(Ordering::Relaxed) > *count as u64;
    if buckets.iter().zip(totals.counts).any(falls) {
        // The maker of the points has started over.
        cell.clear();
    }
    let changes = |bucket: &usize| buckets[*bucket].load(Ordering::Relaxed) != totals.counts[*bucket] as u64;
    let last = (0..totals.counts.len()).rev().find(changes).unwrap_or(0);
    for bucket in (0..=last).filter(|bucket| changes(bucket) || *bucket == last) {
        let Some(count) = totals.counts.get(bucket).map(|count| *count as u64) else {
            return true;
        };
        let sequence = cell.sequence.load(Ordering::Relaxed);
        let sum = if bucket == last {
            totals.sum
        } else {
            histogram::sum(cell)
        };
        histogram::put(cell, sequence, (sum, totals.min, totals.max), bucket, count);
        cell.commit(sequence);
        buckets[bucket].store(count, Ordering::Relaxed);
    }
    true
}

/// Makes an exponential histogram what `totals` says, all at once. False: it has no room for so many buckets, or none for negative
/// values.
pub(super) fn store_exponential(cell: Words<'_>, size: u32, totals: &ExponentialTotals<'_>) -> bool {
    if totals.sides.iter().any(|side| side.counts.len() > size as usize) {
        return false;
    }
    let negative = cell.negative();
    if negative.is_none() && !totals.sides[1].counts.is_empty() {
        return false;
    }
    let sequence = cell.sequence.load(Ordering::Relaxed);
    let half = 1 - State::load(cell.copy(sequence)).half;
    let buckets = [cell.buckets(), negative.unwrap_or_default()];
    let mut ranges = [None, None];
    for (sign, side) in totals.sides.iter().enumerate() {
        for word in buckets[sign].iter().skip(half * size as usize).take(size as usize) {
            word.store(0, Ordering::Relaxed);
        }
        for (index, count) in (side.offset..).zip(side.counts) {
            buckets[sign][exponential::word_of(size, half, index)].store(*count as u64, Ordering::Relaxed);
        }
        ranges[sign] = (!side.counts.is_empty()).then(|| Range {
            low: side.offset,
            high: side.offset + side.counts.len() as i32 - 1,
        });
    }
    let state = State {
        sum: totals.totals.sum,
        min: totals.totals.min,
        max: totals.totals.max,
        zero_count: totals.zero_count as u64,
        scale: totals.scale,
        ranges,
        half,
    };
    state.store(cell.copy(sequence.wrapping_add(1)), NO_BUCKET, 0);
    cell.commit(sequence);
    true
}
