//! What several threads recorded is read as if one had.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use metrics::{Meter, Read, counter, exponential, histogram, read};
use proptest::prelude::*;
use support::{files, in_directory};

const THREADS: usize = 4;

/// Values with the thread that records each.
fn values() -> impl Strategy<Value = Vec<(usize, f64)>> {
    let magnitude = prop_oneof![
        prop::sample::select(vec![0.0, 5e-324, f64::MIN_POSITIVE, 1.0, 2.0, f64::MAX]),
        (1u32..50_000).prop_map(|each| f64::from(each) / 32.0),
        (-1074i32..1023).prop_map(|exponent| f64::from(exponent).exp2()),
    ];
    let value = (magnitude, any::<bool>()).prop_map(|(each, is_negative)| if is_negative { -each } else { each });
    prop::collection::vec((0..THREADS, value), 1..80)
}

/// As sums in another order may differ.
fn is_near(one: f64, other: f64, scale: f64) -> bool {
    !one.is_finite() || !other.is_finite() || (one - other).abs() <= scale * 1e-12
}

fn sum_of(point: &mut Read) -> &mut f64 {
    match point {
        Read::Number(value) => value,
        Read::Histogram(histogram) => &mut histogram.sum,
        Read::Exponential(exponential) => &mut exponential.sum,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn points_of_several_threads_are_those_of_one(values in values(), size in 2u32..20, ends in 0..THREADS) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut one = Meter::new(&writer);
        let mut several: Vec<_> = (0..THREADS).map(|_| Meter::new(&writer)).collect();
        let instruments = [
            one.define(counter("sums")),
            one.define(histogram("times", &[-5.0, 0.0, 0.5, 100.0])),
            one.define(exponential("sizes", size)),
        ];
        for (at, (thread, value)) in values.iter().enumerate() {
            if at == values.len() / 2 {
                // its cells wait for another one, which goes on with them
                drop(several.remove(ends));
                several.insert(ends, Meter::new(&writer));
            }
            for instrument in instruments {
                several[*thread].record(instrument, "several", *value);
                one.record(instrument, "one", *value);
            }
        }
        let found = read(&files(folder.path())[0]);
        let scale = values.iter().map(|(_, value)| value.abs()).sum();
        for name in ["sums", "times", "sizes"] {
            let of = |key: &str| found.iter().find(|out| out.name == name && out.key == key).unwrap().point.clone();
            let (mut several, mut one) = (of("several"), of("one"));
            let sum = *sum_of(&mut one);
            prop_assert!(is_near(*sum_of(&mut several), sum, scale));
            *sum_of(&mut several) = 0.0;
            *sum_of(&mut one) = 0.0;
            prop_assert_eq!(several, one, "{}", name);
        }
    }
}
