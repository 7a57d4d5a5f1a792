//! The values of a series, in buffers that are used again for the next one.

use crate::cells::exponential::{Range, State, word_of};
use crate::cells::histogram::Words;
use crate::cells::memory;
use crate::file::atomic::{Ordering, fence};
use crate::layout::histogram;

/// How often a histogram is read again that was updated meanwhile.
const TRIES: u32 = 10_000;

const SUM: usize = histogram::COPY_SUM / 8;
const MIN: usize = histogram::COPY_MIN / 8;
const MAX: usize = histogram::COPY_MAX / 8;
const BUCKET: usize = histogram::COPY_BUCKET / 8;
const COUNT: usize = histogram::COPY_COUNT / 8;

/// A histogram with explicit bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Of all values.
    pub sum: f64,
    /// Least value; infinity if it is not known.
    pub min: f64,
    /// Greatest value; negative infinity if it is not known.
    pub max: f64,
    /// One more than bounds.
    pub buckets: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            buckets: Vec::new(),
        }
    }
}

/// Buckets of consecutive indices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Index of the first.
    pub offset: i32,
    /// Their counts.
    pub counts: Vec<u64>,
}

/// A base-2 exponential histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct Exponential {
    /// Of all values.
    pub sum: f64,
    /// Least value; infinity if it is not known.
    pub min: f64,
    /// Greatest value; negative infinity if it is not known.
    pub max: f64,
    /// Values that are 0.
    pub zero_count: u64,
    /// Resolution: bucket `i` holds values up to 2^((i + 1) / 2^scale).
    pub scale: i32,
    /// Values above 0.
    pub positive: Buckets,
    /// Magnitudes of values below 0.
    pub negative: Buckets,
}

impl Default for Exponential {
    fn default() -> Self {
        Self {
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            zero_count: 0,
            scale: i32::MAX,
            positive: Buckets::default(),
            negative: Buckets::default(),
        }
    }
}

impl Histogram {
    /// Values in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    /// No writer counts beyond 64 bits.
    pub(super) fn can_be_counted(&self) -> bool {
        checked_sum(&self.buckets, 0).is_some()
    }

    pub(crate) fn clear(&mut self, buckets: usize) {
        self.buckets.clear();
        self.buckets.resize(buckets, 0);
        self.sum = 0.0;
        self.min = f64::INFINITY;
        self.max = f64::NEG_INFINITY;
    }

    /// Adds another histogram with the same bounds up.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (total, count) in self.buckets.iter_mut().zip(&other.buckets) {
            *total = total.wrapping_add(*count);
        }
    }

    /// Adds a thread's histogram. False if it did not hold still.
    pub(in crate::cells) fn add(&mut self, cell: Words<'_>, copied: &mut Vec<u64>) -> bool {
        for _ in 0..TRIES {
            let sequence = memory::load_half(cell.sequence, Ordering::Acquire);
            let copy = cell.copy(sequence);
            let word = |at: usize| memory::load(&copy[at], Ordering::Relaxed);
            let (sum, min, max) = (word(SUM), word(MIN), word(MAX));
            let (bucket, count) = (word(BUCKET), word(COUNT));
            copied.clear();
            copied.extend(cell.buckets().iter().map(|word| memory::load(word, Ordering::Relaxed)));
            // SYNC POINT: who saw a later store sees the number that came before it.
            fence(Ordering::Acquire);
            if memory::load_half(cell.sequence, Ordering::Relaxed) != sequence {
                std::hint::spin_loop();
                continue;
            }
            if let Some(newest) = copied.get_mut(bucket as usize).filter(|_| sequence != 0) {
                *newest = count;
            }
            self.sum += f64::from_bits(sum);
            self.min = self.min.min(f64::from_bits(min));
            self.max = self.max.max(f64::from_bits(max));
            for (total, count) in self.buckets.iter_mut().zip(copied) {
                *total = total.wrapping_add(*count);
            }
            return true;
        }
        false
    }
}

impl Exponential {
    /// Values in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        let counts = self.positive.counts.iter().chain(&self.negative.counts);
        counts.fold(self.zero_count, |sum, count| sum.wrapping_add(*count))
    }

    /// As that of explicit histograms.
    pub(super) fn can_be_counted(&self) -> bool {
        checked_sum(&self.positive.counts, self.zero_count)
            .and_then(|sum| checked_sum(&self.negative.counts, sum))
            .is_some()
    }

    pub(crate) fn clear(&mut self) {
        let (mut positive, mut negative) = (
            std::mem::take(&mut self.positive.counts),
            std::mem::take(&mut self.negative.counts),
        );
        positive.clear();
        negative.clear();
        *self = Self::default();
        self.positive.counts = positive;
        self.negative.counts = negative;
    }

    /// Adds a thread's histogram of at most `size` buckets a sign. `part` is a buffer. False if it did not hold still or cannot be
    /// right.
    pub(in crate::cells) fn add(&mut self, cell: Words<'_>, size: u32, part: &mut Self) -> bool {
        if !part.read(cell, size) {
            return false;
        }
        self.merge(part, size);
        true
    }

    fn read(&mut self, cell: Words<'_>, size: u32) -> bool {
        for _ in 0..TRIES {
            let sequence = memory::load_half(cell.sequence, Ordering::Acquire);
            let copy = cell.copy(sequence);
            let state = State::load(copy);
            let newest = memory::load(&copy[BUCKET], Ordering::Relaxed);
            let count = memory::load(&copy[COUNT], Ordering::Relaxed);
            let parts = [Some(cell.buckets()), cell.negative()];
            let sound = (-32..=32).contains(&state.scale)
                && state.ranges.iter().flatten().all(|range| {
                    let width = i64::from(range.high) - i64::from(range.low);
                    (0..i64::from(size)).contains(&width)
                })
                && (parts[1].is_some() || state.ranges[1].is_none());
            self.clear();
            if sound {
                for (sign, buckets) in [&mut self.positive, &mut self.negative].into_iter().enumerate() {
                    let Some((Range { low, high }, part)) = state.ranges[sign].zip(parts[sign]) else {
                        continue;
                    };
                    buckets.offset = low;
                    buckets.counts.extend((low..=high).map(|index| {
                        let word = word_of(size, state.half, index);
                        if (sign * part.len() + word) as u64 == newest {
                            return count;
                        }
                        memory::load(&part[word], Ordering::Relaxed)
                    }));
                }
            }
            // SYNC POINT: as above.
            fence(Ordering::Acquire);
            if memory::load_half(cell.sequence, Ordering::Relaxed) != sequence {
                std::hint::spin_loop();
                continue;
            }
            (self.sum, self.min, self.max) = (state.sum, state.min, state.max);
            (self.zero_count, self.scale) = (state.zero_count, state.scale);
            return sound;
        }
        false
    }

    /// Adds another histogram up, at the greatest scale at which both fit into `size` buckets.
    pub(crate) fn merge(&mut self, other: &mut Self, size: u32) {
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.zero_count = self.zero_count.wrapping_add(other.zero_count);
        let empty = |of: &Self| of.positive.counts.is_empty() && of.negative.counts.is_empty();
        if empty(other) {
            self.scale = self.scale.min(other.scale);
            return;
        }
        let mut scale = self.scale.min(other.scale);
        let pairs = [(&self.positive, &other.positive), (&self.negative, &other.negative)];
        let fits = |scale: i32| {
            pairs.iter().all(|(mine, theirs)| {
                let ends = [mine.ends(self.scale, scale), theirs.ends(other.scale, scale)];
                let low = ends.iter().flatten().map(|ends| ends.0).min();
                let high = ends.iter().flatten().map(|ends| ends.1).max();
                low.zip(high).is_none_or(|(low, high)| high - low < i64::from(size))
            })
        };
        while !fits(scale) && scale > -32 {
            scale -= 1;
        }
        self.positive.downscale(self.scale, scale);
        self.negative.downscale(self.scale, scale);
        other.positive.downscale(other.scale, scale);
        other.negative.downscale(other.scale, scale);
        self.positive.add(&other.positive);
        self.negative.add(&other.negative);
        self.scale = scale;
    }

    /// Takes an earlier state of the same histogram away. What is left has the scale of this one.
    pub(crate) fn subtract(&mut self, earlier: &mut Self) {
        self.sum -= earlier.sum;
        self.zero_count = self.zero_count.wrapping_sub(earlier.zero_count);
        for (mine, theirs) in [
            (&mut self.positive, &mut earlier.positive),
            (&mut self.negative, &mut earlier.negative),
        ] {
            theirs.downscale(earlier.scale, self.scale);
            for (at, count) in theirs.counts.iter().enumerate() {
                let index = i64::from(theirs.offset) + at as i64 - i64::from(mine.offset);
                if let Some(mine) = usize::try_from(index).ok().and_then(|at| mine.counts.get_mut(at)) {
                    *mine = mine.wrapping_sub(*count);
                }
            }
            mine.trim();
        }
        (self.min, self.max) = (f64::INFINITY, f64::NEG_INFINITY);
    }
}

/// `first` and all counts, if 64 bits hold that.
fn checked_sum(counts: &[u64], first: u64) -> Option<u64> {
    counts.iter().try_fold(first, |sum, count| sum.checked_add(*count))
}

impl Buckets {
    /// First and last index at another scale.
    fn ends(&self, from: i32, to: i32) -> Option<(i64, i64)> {
        let shift = (from.saturating_sub(to)).clamp(0, 63);
        let last = self.counts.len().checked_sub(1)?;
        let low = i64::from(self.offset);
        Some((low >> shift, (low + last as i64) >> shift))
    }

    fn downscale(&mut self, from: i32, to: i32) {
        let shift = from.saturating_sub(to);
        let Some((low, high)) = self.ends(from, to).filter(|_| shift > 0) else {
            return;
        };
        let shift = shift.min(63);
        for at in 0..self.counts.len() {
            let index = ((i64::from(self.offset) + at as i64) >> shift) - low;
            let count = std::mem::take(&mut self.counts[at]);
            self.counts[index as usize] = self.counts[index as usize].wrapping_add(count);
        }
        self.counts.truncate((high - low) as usize + 1);
        self.offset = low as i32;
    }

    fn add(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        if self.counts.is_empty() {
            self.offset = other.offset;
        }
        let before = (i64::from(self.offset) - i64::from(other.offset)).max(0) as usize;
        if before > 0 {
            self.counts.splice(0..0, std::iter::repeat_n(0, before));
            self.offset = other.offset;
        }
        let first = (i64::from(other.offset) - i64::from(self.offset)) as usize;
        if self.counts.len() < first + other.counts.len() {
            self.counts.resize(first + other.counts.len(), 0);
        }
        for (total, count) in self.counts[first..].iter_mut().zip(&other.counts) {
            *total = total.wrapping_add(*count);
        }
    }

    /// Drops empty buckets from both ends.
    fn trim(&mut self) {
        let end = self.counts.iter().rposition(|count| *count != 0).map_or(0, |at| at + 1);
        self.counts.truncate(end);
        let start = self.counts.iter().position(|count| *count != 0).unwrap_or(0);
        self.counts.drain(..start);
        self.offset = if end == 0 {
            0
        } else {
            self.offset.wrapping_add(start as i32)
        };
    }
}
