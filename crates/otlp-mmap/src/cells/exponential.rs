//! Base-2 exponential histograms: as [`super::histogram`], with ranges that move and a scale that falls.
//!
//! The bucket of index `i` stands in word `i mod size` of its sign's part, so a range that grows moves nothing. When the range
//! outgrows its words the scale falls: the buckets are added up into the half of the words that is not in force, and the copy that
//! says so puts the new scale, the ranges and the half in force at once.

use super::histogram::{COPY, Words};
use super::memory;
use crate::file::atomic::{AtomicU64, Ordering};
use crate::layout::histogram;

const SUM: usize = histogram::COPY_SUM / 8;
const MIN: usize = histogram::COPY_MIN / 8;
const MAX: usize = histogram::COPY_MAX / 8;
const BUCKET: usize = histogram::COPY_BUCKET / 8;
const COUNT: usize = histogram::COPY_COUNT / 8;
const ZERO_COUNT: usize = histogram::COPY_ZERO_COUNT / 8;
const SCALE: usize = histogram::COPY_SCALE / 8;
const POSITIVE: usize = histogram::COPY_POSITIVE / 8;
const NEGATIVE: usize = histogram::COPY_NEGATIVE / 8;
const STATE: usize = histogram::COPY_STATE / 8;

/// Stands in `COPY_BUCKET` when the newest update changed no bucket.
pub(super) const NO_BUCKET: u64 = u64::MAX;

/// Scales below this cannot tell any two doubles apart.
const LEAST_SCALE: i32 = -11;

/// Least normal double: subnormal values go to its bucket's lower neighbour.
const LEAST_NORMAL: f64 = f64::MIN_POSITIVE;

/// Indices of one sign, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub low: i32,
    pub high: i32,
}

impl Range {
    fn with(range: Option<Self>, index: i32) -> Self {
        range.map_or(
            Self {
                low: index,
                high: index,
            },
            |range| Self {
                low: range.low.min(index),
                high: range.high.max(index),
            },
        )
    }

    fn fits(self, size: u32) -> bool {
        i64::from(self.high) - i64::from(self.low) < i64::from(size)
    }

    fn downscaled(self, change: u32) -> Self {
        Self {
            low: self.low >> change,
            high: self.high >> change,
        }
    }

    fn bits(self) -> u64 {
        u64::from(self.low as u32) | u64::from(self.high as u32) << 32
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self {
            low: bits as u32 as i32,
            high: (bits >> 32) as u32 as i32,
        }
    }
}

/// What a copy says, but for the newest increment.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    pub zero_count: u64,
    pub scale: i32,
    /// Positive, negative; None while it is empty.
    pub ranges: [Option<Range>; 2],
    /// The half of the words in force.
    pub half: usize,
}

impl State {
    pub(super) fn load(copy: &[AtomicU64]) -> Self {
        let word = |at: usize| memory::load(&copy[at], Ordering::Relaxed);
        let state = word(STATE);
        let range = |bit: u32, at: usize| (state >> bit & 1 == 1).then(|| Range::from_bits(word(at)));
        Self {
            sum: f64::from_bits(word(SUM)),
            min: f64::from_bits(word(MIN)),
            max: f64::from_bits(word(MAX)),
            zero_count: word(ZERO_COUNT),
            scale: word(SCALE) as i64 as i32,
            ranges: [range(1, POSITIVE), range(2, NEGATIVE)],
            half: (state & 1) as usize,
        }
    }

    pub(super) fn store(&self, copy: &[AtomicU64], bucket: u64, count: u64) {
        let store = |at: usize, bits: u64| memory::store(&copy[at], bits, Ordering::Relaxed);
        let [positive, negative] = self.ranges;
        store(SUM, self.sum.to_bits());
        store(MIN, self.min.to_bits());
        store(MAX, self.max.to_bits());
        store(BUCKET, bucket);
        store(COUNT, count);
        store(ZERO_COUNT, self.zero_count);
        store(SCALE, i64::from(self.scale) as u64);
        store(POSITIVE, positive.map_or(0, Range::bits));
        store(NEGATIVE, negative.map_or(0, Range::bits));
        let state = self.half as u64 | u64::from(positive.is_some()) << 1 | u64::from(negative.is_some()) << 2;
        store(STATE, state);
    }
}

/// Word of a bucket among those of its sign: half, index.
#[inline]
pub(super) fn word_of(size: u32, half: usize, index: i32) -> usize {
    half * size as usize + index.rem_euclid(size as i32) as usize
}

/// Makes a new cell an empty histogram of a scale.
pub(super) fn clear(cell: Words<'_>, scale: i32) {
    cell.clear();
    for copy in [cell.copy(0), cell.copy(1)] {
        copy[SCALE].store(i64::from(scale) as u64, Ordering::Relaxed);
        copy[BUCKET].store(NO_BUCKET, Ordering::Relaxed);
    }
    debug_assert_eq!(cell.copy(0).len(), COPY);
}

/// Adds a value; what is not finite belongs to no bucket and is left out. False, and nothing happens: there are no words for negative
/// values yet. One thread at a time may call this for a cell.
#[must_use]
pub(super) fn record(cell: Words<'_>, size: u32, value: f64) -> bool {
    if !value.is_finite() {
        return true;
    }
    let sign = usize::from(value < 0.0);
    let Some(buckets) = (if sign == 0 {
        Some(cell.buckets())
    } else {
        cell.negative()
    }) else {
        return false;
    };
    let sequence = cell.sequence.load(Ordering::Relaxed);
    let mut state = State::load(cell.copy(sequence));
    let new = cell.copy(sequence.wrapping_add(1));
    state.min = state.min.min(value);
    state.max = state.max.max(value);
    if value == 0.0 {
        state.zero_count += 1;
        state.store(new, NO_BUCKET, 0);
        cell.commit(sequence);
        return true;
    }
    state.sum += value;
    let magnitude = value.abs();
    let mut index = index_of(magnitude, state.scale);
    let mut range = Range::with(state.ranges[sign], index);
    if !range.fits(size) {
        rescale(cell, size, &mut state, range);
        // by the new scale's own mapping, which at a bound may differ by one
        index = index_of(magnitude, state.scale);
        range = Range::with(state.ranges[sign], index);
        if !range.fits(size) {
            index = index.clamp(
                state.ranges[sign].map_or(index, |range| range.low),
                state.ranges[sign].map_or(index, |range| range.high),
            );
            range = Range::with(state.ranges[sign], index);
        }
    }
    state.ranges[sign] = Some(range);
    let bucket = word_of(size, state.half, index);
    let word = &buckets[bucket];
    let count = word.load(Ordering::Relaxed) + 1;
    state.store(new, (sign * buckets.len() + bucket) as u64, count);
    cell.commit(sequence);
    memory::store(word, count, Ordering::Relaxed);
    true
}

/// Adds the buckets up in the other half, so that `wanted` fits.
#[cold]
fn rescale(cell: Words<'_>, size: u32, state: &mut State, wanted: Range) {
    let mut change = 0;
    while !wanted.downscaled(change).fits(size) && state.scale - change as i32 > LEAST_SCALE {
        change += 1;
    }
    let other = 1 - state.half;
    for (range, buckets) in state.ranges.iter_mut().zip([Some(cell.buckets()), cell.negative()]) {
        let Some(buckets) = buckets else { continue };
        for word in &buckets[other * size as usize..(other + 1) * size as usize] {
            memory::store(word, 0, Ordering::Relaxed);
        }
        let Some(range) = range else { continue };
        for index in range.low..=range.high {
            let count = buckets[word_of(size, state.half, index)].load(Ordering::Relaxed);
            let target = &buckets[word_of(size, other, index >> change)];
            memory::store(target, target.load(Ordering::Relaxed) + count, Ordering::Relaxed);
        }
        *range = range.downscaled(change);
    }
    state.half = other;
    state.scale -= change as i32;
}

/// The index of a positive value at a scale: buckets are open below and closed above.
pub(super) fn index_of(value: f64, scale: i32) -> i32 {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    let power_of_two = bits & ((1 << 52) - 1) == 0;
    if scale > 0 {
        if value <= LEAST_NORMAL {
            return (-1022 << scale) - 1;
        }
        if power_of_two {
            return (exponent << scale) - 1;
        }
        let factor = std::f64::consts::LOG2_E * f64::from(1u32 << scale);
        let greatest = (1024 << scale) - 1;
        return ((value.ln() * factor).floor() as i32).min(greatest);
    }
    let shift = -scale;
    if value < LEAST_NORMAL {
        return (-1022 >> shift) - i32::from(shift < 2);
    }
    (exponent - i32::from(power_of_two)) >> shift
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Negative;
    use super::super::memory::model;
    use super::super::read::Exponential;
    use super::*;
    use crate::file::atomic::AtomicU32;

    const SIZE: u32 = 2;

    struct Cell {
        words: Vec<AtomicU64>,
        negative: Vec<AtomicU64>,
        sequence: AtomicU32,
    }

    impl Cell {
        fn new() -> Self {
            let cell = Self {
                words: (0..2 * COPY + 2 * SIZE as usize).map(|_| AtomicU64::new(0)).collect(),
                negative: (0..2 * SIZE).map(|_| AtomicU64::new(0)).collect(),
                sequence: AtomicU32::new(0),
            };
            clear(cell.words(), 2);
            cell
        }

        fn of(values: &[f64]) -> Self {
            let cell = Self::new();
            for value in values {
                assert!(record(cell.words(), SIZE, *value));
            }
            cell
        }

        fn words(&self) -> Words<'_> {
            Words {
                inline: &self.words,
                sequence: &self.sequence,
                negative: Negative::Here(&self.negative),
            }
        }

        fn read(&self) -> Exponential {
            let mut read = Exponential::default();
            assert!(read.add(self.words(), SIZE, &mut Exponential::default()));
            read
        }
    }

    /// With a size of two nearly every value has the scale fall.
    const VALUES: [f64; 8] = [1.0, 1.5, -4.0, 0.0, 100.0, -5.5, 1e-9, -1e12];

    #[test]
    fn after_a_death_before_any_store_the_histogram_is_that_of_before_or_after() {
        for count in 0..VALUES.len() {
            let expected = [Cell::of(&VALUES[..count]).read(), Cell::of(&VALUES[..=count]).read()];
            let cell = Cell::of(&VALUES[..count]);
            model::at_every_death(
                || assert!(record(cell.words(), SIZE, VALUES[count])),
                |_| {
                    let read = cell.read();
                    assert!(expected.contains(&read), "{read:?}");
                },
            );
        }
    }

    #[test]
    fn a_reader_finds_one_instant_even_while_the_scale_falls() {
        for count in 0..VALUES.len() {
            let expected = [Cell::of(&VALUES[..count]).read(), Cell::of(&VALUES[..=count]).read()];
            let cell = Cell::of(&VALUES[..count]);
            let runs = model::at_every_interleaving(
                2,
                || assert!(record(cell.words(), SIZE, VALUES[count])),
                || {
                    let read = cell.read();
                    assert!(expected.contains(&read), "{read:?}");
                },
            );
            assert!(runs > 1_000, "{runs}");
        }
    }

    #[test]
    fn indices_are_those_of_the_specification() {
        for (value, scale, index) in [
            (1.0, 0, -1),
            (1.5, 0, 0),
            (2.0, 0, 0),
            (2.1, 0, 1),
            (4.0, 1, 3),
            (4.0, 20, (2 << 20) - 1),
            (f64::MAX, 20, (1024 << 20) - 1),
            (f64::MIN_POSITIVE, 0, -1023),
            (1.0, -1, -1),
            (4.0, -1, 0),
            (5.0, -1, 1),
        ] {
            assert_eq!(index_of(value, scale), index, "{value} at scale {scale}");
        }
    }
}
