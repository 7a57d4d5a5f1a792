//! Negative values of exponential histograms: their buckets lie elsewhere and are made for the first one, and nothing tells from outside.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{Meter, Read, attributes, exponential, read};
use otlp_mmap::cells::{CellReader, Exponential, Point};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::layout::cells;
use proptest::prelude::*;
use support::{files, in_directory};

const SIZE: u32 = 160;

#[test]
fn a_histogram_without_negative_values_takes_half_the_room() {
    const SERIES: u64 = 500;
    let bytes_of = |value: f64| {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let sizes = meter.define(exponential("sizes", SIZE));
        let cells: Vec<_> = (0..SERIES)
            .map(|key| {
                meter.record(sizes, &key.to_string(), value);
                u64::from(meter.cell(sizes, &key.to_string()))
            })
            .collect();
        let taken = cells.iter().max().unwrap() - cells.iter().min().unwrap();
        taken * u64::from(cells::CELL_UNIT) / SERIES
    };
    // two halves of 160 words each, and the heads
    assert!((2800..3300).contains(&bytes_of(1.0)), "{}", bytes_of(1.0));
    assert!((5300..6100).contains(&bytes_of(-1.0)), "{}", bytes_of(-1.0));
}

/// What is true of a histogram of as many ones as minus ones, or one more.
fn is_of_one_instant(found: &Exponential) -> bool {
    let [ones, minus_ones] = [&found.positive, &found.negative].map(|side| side.counts.iter().sum::<u64>());
    let more = ones.wrapping_sub(minus_ones);
    more <= 1 && found.sum.to_bits() == (more as f64).to_bits() && found.zero_count == 0
}

#[test]
fn a_reader_finds_one_instant_while_first_negative_values_come() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let sizes = meter.define(exponential("sizes", 4));
    meter.record(sizes, "0", 1.0);
    let path = files(folder.path())[0].clone();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for key in 1..1_500 {
                for value in [1.0, -1.0, 1.0, -1.0, 1.0, -1.0] {
                    meter.record(sizes, &key.to_string(), value);
                }
            }
            ended.store(true, Ordering::Release);
        });
        let file = FileView::open(&path, Access::Read).unwrap();
        let mut reader = CellReader::open(&file).unwrap().unwrap();
        loop {
            let last = ended.load(Ordering::Acquire);
            reader.begin(&file);
            while reader.advance() {
                let series = reader.series();
                assert_eq!(series.point, Point::Exponential);
                assert!(is_of_one_instant(&series.exponential), "{:?}", series.exponential);
            }
            if last {
                break;
            }
        }
        assert_eq!(reader.skipped(), 0);
    });
}

#[test]
fn who_takes_over_a_cell_finds_the_buckets_of_negative_values() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let sizes = writer.define_instrument(exponential("sizes", 4), 2000).unwrap();
    for _ in 0..3 {
        let mut meter = Meter::new(&writer);
        meter.record(sizes, "a", -1.0);
        meter.record(sizes, "a", -8.0);
    }
    let [out] = &read(&files(folder.path())[0])[..] else {
        panic!("one series")
    };
    let Read::Exponential(found) = &out.point else {
        panic!("{out:?}")
    };
    assert_eq!((found.negative.counts.iter().sum::<u64>(), found.sum.abs()), (6, 27.0));
    assert!(found.positive.counts.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The room of one that was given up serves the next one, with nothing of what was in it.
    #[test]
    fn every_value_is_in_a_bucket_of_its_sign_and_nobody_elses_is(
        rounds in prop::collection::vec(
            prop::collection::vec(prop_oneof![3 => -1e6f64..0.0, 1 => 0.0f64..1e6, 1 => Just(0.0), 1 => -1e-300f64..1e300], 1..60),
            1..5,
        ),
        size in 2u32..20,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let sizes = writer.define_instrument(exponential("sizes", size), 2000).unwrap();
        let mut meter = Meter::new(&writer);
        let mut before = None;
        for (round, values) in rounds.iter().enumerate() {
            let cell = meter.handle.cell(sizes, &attributes(&round.to_string())).unwrap().cell;
            prop_assert_eq!(*before.get_or_insert(cell), cell);
            for value in values {
                meter.record(sizes, &round.to_string(), *value);
            }
            let out = read(&files(folder.path())[0]);
            prop_assert_eq!(out.len(), 1);
            let Read::Exponential(found) = &out[0].point else { unreachable!() };
            let of = |counts: &[u64]| counts.iter().sum::<u64>();
            let all = |is: fn(f64) -> bool| values.iter().filter(|value| is(**value)).count() as u64;
            prop_assert_eq!(of(&found.positive.counts), all(|value| value > 0.0));
            prop_assert_eq!(of(&found.negative.counts), all(|value| value < 0.0));
            prop_assert_eq!(found.zero_count, all(|value| value == 0.0));
            prop_assert!(found.negative.counts.len() <= size as usize);
            // each value lies in the bucket that the scale gives its magnitude
            let base = 2f64.powf(-f64::from(found.scale)).exp2();
            if found.scale >= -8 && found.scale < 18 {
                for value in values.iter().filter(|value| **value < -1e-290) {
                    let index = (value.abs().ln() / base.ln()).ceil() as i64 - 1;
                    let last = i64::from(found.negative.offset) + found.negative.counts.len() as i64 - 1;
                    // at a bound the two ways to compute it may differ
                    prop_assert!((i64::from(found.negative.offset) - 1..=last + 1).contains(&index));
                }
            }
            prop_assert!(meter.handle.retire(sizes, cell));
        }
    }
}
