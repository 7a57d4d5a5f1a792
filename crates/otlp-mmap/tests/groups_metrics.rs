//! Series merged into groups: sums add up whatever ends or changes, and no merged counter ever steps back.

#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Meter, attributes, counter, exponential, histogram, instrument, points_of};
use otlp_mmap::cells::{GaugeFunction, GroupRule, GroupRules, Kind};
use otlp_mmap::process::{Pattern, TextMatcher};
use otlp_mmap::receiver::{MetricStream, ReceiverOptions, Temporality};
use proptest::prelude::*;
use serde_json::Value;
use spans::{Reading, until};
use support::in_directory;

fn pattern(expression: &str) -> TextMatcher {
    TextMatcher::Pattern(Pattern::new(expression).unwrap())
}

/// `key` gives way to `group`: `even` for even digits at the end, else `odd`.
fn rules() -> GroupRules {
    GroupRules {
        attribute: "key".to_owned(),
        group_attribute: "group".to_owned(),
        rules: vec![GroupRule {
            values: pattern("[02468]$"),
            group: "even".to_owned(),
        }],
        default_group: Some("odd".to_owned()),
        detail: Vec::new(),
        all_metrics: Vec::new(),
        essential_metrics: None,
        gauges: GaugeFunction::Last,
    }
}

fn stream(temporality: Temporality, rules: GroupRules) -> MetricStream {
    MetricStream {
        name: "grouped".to_owned(),
        temporality,
        follows_app: false,
        groups: Some(Arc::new(rules)),
    }
}

fn start(folder: &Path, stream: MetricStream) -> Reading {
    let reading = Reading::start(ReceiverOptions {
        directories: vec![folder.to_owned()],
        metric_streams: vec![stream],
        metric_interval: Some(Duration::from_secs(3600)),
        ..ReceiverOptions::default()
    });
    until("the file is attached", || reading.receiver.stats().files_attached > 0);
    reading
}

/// A collection, acknowledged: name, attributes as `key=value` texts, and point.
fn collect(reading: &Reading) -> Vec<(String, Vec<String>, Value)> {
    reading.receiver.flush();
    let piece = reading.piece();
    reading.receiver.acknowledge(piece.sequence);
    until("it is acknowledged", || {
        reading.receiver.stats().bytes_unacknowledged == 0
    });
    let text = |attribute: &Value| {
        let value = attribute["value"]["stringValue"].as_str().unwrap_or("true");
        format!("{}={value}", attribute["key"].as_str().unwrap())
    };
    points_of(&piece.piece.bytes)
        .into_iter()
        .map(|(name, point)| {
            let attributes = point["attributes"].as_array().unwrap().iter().map(text).collect();
            (name, attributes, point)
        })
        .collect()
}

fn numbers(points: &[(String, Vec<String>, Value)]) -> Vec<(String, String, f64)> {
    let number = |point: &Value| point["asDouble"].as_f64().unwrap();
    points
        .iter()
        .map(|(name, attributes, point)| (name.clone(), attributes.join(","), number(point)))
        .collect()
}

fn expected(rows: &[(&str, &str, f64)]) -> Vec<(String, String, f64)> {
    rows.iter()
        .map(|&(name, attributes, value)| (name.to_owned(), attributes.to_owned(), value))
        .collect()
}

fn nanos(point: &Value, key: &str) -> u64 {
    point[key].as_str().unwrap().parse().unwrap()
}

#[test]
fn counters_and_sums_of_a_group_are_added_up_in_either_temporality() {
    for (temporality, second) in [(Temporality::Cumulative, 13.0), (Temporality::Delta, 10.0)] {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let requests = meter.define(counter("requests"));
        let open = meter.define(instrument("open", Kind::Sum { monotonic: false }));
        for (key, value) in [("0", 1.0), ("1", 100.0), ("2", 2.0)] {
            meter.record(requests, key, value);
            meter.record(open, key, value);
        }
        let reading = start(folder.path(), stream(temporality, rules()));
        let rows = [
            ("requests", "group=even", 3.0),
            ("requests", "group=odd", 100.0),
            ("open", "group=even", 3.0),
            ("open", "group=odd", 100.0),
        ];
        assert_eq!(numbers(&collect(&reading)), expected(&rows));
        meter.record(requests, "4", 10.0);
        meter.record(open, "2", -2.0);
        let again = numbers(&collect(&reading));
        assert_eq!(again[0], expected(&[("requests", "group=even", second)])[0]);
        assert_eq!(again.last(), expected(&[("open", "group=odd", 100.0)]).last());
        assert!(again.contains(&expected(&[("open", "group=even", 1.0)])[0]));
    }
}

#[test]
fn a_merged_counter_goes_on_when_one_of_its_series_is_retired() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "0", 5.0);
    meter.record(requests, "2", 7.0);
    let reading = start(folder.path(), stream(Temporality::Cumulative, rules()));
    let first = collect(&reading);
    let cell = meter.cell(requests, "2");
    if !meter.handle.retire(requests, cell) {
        // what may not be collected yet is not given up: its value stays
        meter.record(requests, "2", 0.0);
    }
    meter.record(requests, "0", 1.0);
    let second = collect(&reading);
    assert_eq!(numbers(&second), expected(&[("requests", "group=even", 13.0)]));
    assert_eq!(
        nanos(&first[0].2, "startTimeUnixNano"),
        nanos(&second[0].2, "startTimeUnixNano")
    );
}

#[test]
fn gauges_are_merged_by_the_function_that_was_chosen() {
    for (function, value) in [
        (GaugeFunction::Last, 6.0),
        (GaugeFunction::Sum, 18.0),
        (GaugeFunction::Min, 3.0),
        (GaugeFunction::Max, 9.0),
        (GaugeFunction::Mean, 6.0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let size = meter.define(instrument("size", Kind::Gauge));
        for (key, value) in [("0", 3.0), ("2", 9.0), ("4", 6.0)] {
            meter.record(size, key, value);
        }
        let rules = GroupRules {
            gauges: function,
            ..rules()
        };
        let reading = start(folder.path(), stream(Temporality::Cumulative, rules));
        for _ in 0..2 {
            assert_eq!(
                numbers(&collect(&reading)),
                expected(&[("size", "group=even", value)]),
                "{function:?}"
            );
        }
    }
}

#[test]
fn detail_keeps_every_series_and_groups_that_nobody_chose_have_the_essential_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let (bytes, errors) = (meter.define(counter("bytes")), meter.define(counter("errors")));
    for key in ["0", "2", "1", "3"] {
        meter.record(bytes, key, 1.0);
        meter.record(errors, key, 2.0);
    }
    let rules = GroupRules {
        detail: vec!["even".to_owned()],
        essential_metrics: Some(vec![TextMatcher::Exact(b"bytes".to_vec())]),
        ..rules()
    };
    let reading = start(folder.path(), stream(Temporality::Cumulative, rules.clone()));
    let rows = [
        ("bytes", "key=0,group=even", 1.0),
        ("bytes", "key=2,group=even", 1.0),
        ("errors", "key=0,group=even", 2.0),
        ("errors", "key=2,group=even", 2.0),
        ("bytes", "group=odd", 2.0),
    ];
    assert_eq!(numbers(&collect(&reading)), expected(&rows));

    let rules = GroupRules {
        detail: Vec::new(),
        all_metrics: vec!["odd".to_owned()],
        default_group: None,
        ..rules
    };
    let reading_again = stream(Temporality::Cumulative, rules);
    reading.receiver.set_metric_streams(vec![reading_again]);
    let rows = [
        ("bytes", "key=1", 1.0),
        ("bytes", "key=3", 1.0),
        ("errors", "key=1", 2.0),
        ("errors", "key=3", 2.0),
        ("bytes", "group=even", 2.0),
    ];
    assert_eq!(
        numbers(&collect(&reading)),
        expected(&rows),
        "what no rule matches is left as it is"
    );
}

#[test]
fn other_rules_begin_new_merged_series_and_nothing_is_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "0", 5.0);
    let reading = start(folder.path(), stream(Temporality::Cumulative, rules()));
    let before = collect(&reading);
    let mut other = rules();
    other.rules.clear();
    reading
        .receiver
        .set_metric_streams(vec![stream(Temporality::Cumulative, other)]);
    meter.record(requests, "0", 2.0);
    let after = collect(&reading);
    assert_eq!(numbers(&after), expected(&[("requests", "group=odd", 2.0)]));
    assert_eq!(
        nanos(&after[0].2, "startTimeUnixNano"),
        nanos(&before[0].2, "timeUnixNano")
    );
    reading
        .receiver
        .set_metric_streams(vec![stream(Temporality::Cumulative, rules())]);
    meter.record(requests, "0", 1.0);
    let back = collect(&reading);
    assert_eq!(numbers(&back), expected(&[("requests", "group=even", 1.0)]));
    assert!(nanos(&back[0].2, "startTimeUnixNano") > nanos(&before[0].2, "startTimeUnixNano"));
}

#[test]
fn merged_series_beyond_the_bound_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let requests = writer.define_instrument(counter("requests"), 20_000).unwrap();
    let mut handle = writer.cell_handle();
    for at in 0..10_100 {
        // a second attribute that tells the merged series apart
        let mut set = attributes("0");
        set.extend(
            attributes(&format!("id {at}"))
                .iter()
                .map(|&byte| if byte == b'k' { b'l' } else { byte }),
        );
        let cell = handle.cell(requests, &set).unwrap().cell;
        handle.record(requests, cell, 1.0);
    }
    let reading = start(folder.path(), stream(Temporality::Cumulative, rules()));
    let mut points = Vec::new();
    reading.receiver.flush();
    while points.len() < 10_001 {
        let piece = reading.piece();
        reading.receiver.acknowledge(piece.sequence);
        points.extend(points_of(&piece.piece.bytes));
    }
    let overflow = points
        .iter()
        .filter(|(_, point)| point["attributes"][0]["key"] == "otel.metric.overflow");
    let overflow: Vec<_> = overflow.map(|(_, point)| point["asDouble"].as_f64().unwrap()).collect();
    assert_eq!(overflow, [100.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Merged histograms say of a group what one histogram of all its values would.
    #[test]
    fn merged_histograms_hold_the_values_of_all_their_series(
        rounds in prop::collection::vec(prop::collection::vec((0..6u32, 1..1000u32), 1..12), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let times = meter.define(histogram("times", &[10.0, 100.0]));
        let sizes = meter.define(exponential("sizes", 160));
        meter.record(times, "0", 1.0);
        let reading = start(folder.path(), stream(Temporality::Cumulative, rules()));
        let mut even = vec![1.0];
        let mut sizes_even = 0u64;
        for round in rounds {
            for (key, value) in round {
                let value = f64::from(value);
                meter.record(times, &key.to_string(), value);
                meter.record(sizes, &key.to_string(), value);
                if key % 2 == 0 {
                    even.push(value);
                    sizes_even += 1;
                }
            }
            let points = collect(&reading);
            let of = |name: &str| points.iter().find(|(metric, group, _)| metric == name && group[0] == "group=even");
            let point = &of("times").unwrap().2;
            let counts: Vec<u64> = point["bucketCounts"].as_array().unwrap().iter().map(|count| count.as_str().unwrap().parse().unwrap()).collect();
            let within = |low: f64, high: f64| even.iter().filter(|value| **value > low && **value <= high).count() as u64;
            prop_assert_eq!(counts, [within(f64::MIN, 10.0), within(10.0, 100.0), within(100.0, f64::MAX)]);
            prop_assert!((point["sum"].as_f64().unwrap() - even.iter().sum::<f64>()).abs() < 1e-6);
            let counted = of("sizes").map_or(0, |(_, _, point)| point["count"].as_str().unwrap().parse().unwrap());
            prop_assert_eq!(counted, sizes_even);
        }
    }
}

/// Each test program uses a part of these.
const _: () = {
    let _ = (metrics::points_of_json, metrics::read, metrics::walk);
};
