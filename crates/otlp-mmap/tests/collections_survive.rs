//! A collector that is killed at each of its journal's writes while it collects metrics: what a delta stream exported of a series adds
//! up, whether its series are merged or not, and no gain is in two pieces.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use collecting::{Sink, Step, options, step};
use metrics::{Meter, counter, histogram, points_of};
use otlp_mmap::cells::{GaugeFunction, GroupRule, GroupRules};
use otlp_mmap::journal::fail_point::{Crash, arm, disarm};
use otlp_mmap::process::{Pattern, TextMatcher};
use otlp_mmap::receiver::{MetricStream, ReceiverOptions, Temporality};
use serde_json::Value;
use spans::{Reading, until};
use support::in_directory;

const SERIES: u64 = 8;
const COLLECTIONS: u64 = 3;

/// Series with an even number are merged, the others are not.
fn rules() -> GroupRules {
    GroupRules {
        attribute: "key".to_owned(),
        group_attribute: "group".to_owned(),
        rules: vec![GroupRule {
            values: TextMatcher::Pattern(Pattern::new("[0246]$").unwrap()),
            group: "even".to_owned(),
        }],
        default_group: None,
        detail: Vec::new(),
        all_metrics: Vec::new(),
        essential_metrics: None,
        gauges: GaugeFunction::Last,
    }
}

fn stream(name: &str, temporality: Temporality, groups: Option<GroupRules>) -> MetricStream {
    MetricStream {
        name: name.to_owned(),
        temporality,
        follows_app: false,
        groups: groups.map(Arc::new),
    }
}

/// The value of a point, here always whole: a counter's, or a histogram's sum.
fn value(point: &Value) -> u64 {
    let value = point.get("asDouble").or_else(|| point.get("sum"));
    value.and_then(Value::as_f64).unwrap() as u64
}

fn nanos(point: &Value, key: &str) -> u64 {
    point[key].as_str().unwrap().parse().unwrap()
}

/// What a stream got, by metric and attributes, in the order of the intervals.
fn series_of(sink: &Sink, stream: &str) -> BTreeMap<(String, String), Vec<Value>> {
    let mut found: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    let pieces = sink.points.iter().filter(|(of, _)| of == stream);
    for (name, point) in pieces.flat_map(|(_, request)| points_of(request)) {
        let attributes = point["attributes"].to_string();
        found.entry((name, attributes)).or_default().push(point);
    }
    for points in found.values_mut() {
        points.sort_by_key(|point| nanos(point, "timeUnixNano"));
    }
    found
}

fn total(sink: &Sink, stream: &str) -> u64 {
    series_of(sink, stream).values().flatten().map(value).sum()
}

/// Collections with a crash at the given point: whether it came to it.
fn survive(point: u32) -> bool {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(data.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let times = meter.define(histogram("times", &[2.0, 4.0]));
    let options = ReceiverOptions {
        metric_streams: vec![
            stream("delta", Temporality::Delta, None),
            stream("merged", Temporality::Delta, Some(rules())),
            stream("cumulative", Temporality::Cumulative, None),
        ],
        metric_interval: Some(Duration::from_secs(3600)),
        // several pieces a collection
        max_points: 3,
        ..options(data.path(), state.path())
    };
    let (mut sink, mut crashed) = (Sink::default(), false);
    let mut recorded = 0;
    let mut reading = Reading::start(options.clone());
    let deadline = Instant::now() + spans::WATCHDOG;
    for collection in 0..COLLECTIONS {
        for key in 0..SERIES {
            // some series rest in some collections
            if (key + collection) % 3 > 0 {
                let gain = 1 + key + 10 * collection;
                meter.record(requests, &key.to_string(), gain as f64);
                meter.record(times, &key.to_string(), gain as f64);
                recorded += 2 * gain;
            }
        }
        until("the file is attached", || reading.receiver.stats().files_attached > 0);
        if collection == 0 {
            arm(point, Crash::Panic);
        }
        reading.receiver.flush();
        while total(&sink, "delta") < recorded || total(&sink, "merged") < recorded {
            let so_far = (total(&sink, "delta"), total(&sink, "merged"));
            assert!(Instant::now() < deadline, "point {point}: {so_far:?} of {recorded}");
            if let Step::Ended(error) = step(&reading, &mut sink, Duration::from_millis(20)) {
                assert!(error.unwrap().contains("fail point"));
                crashed = true;
                reading = Reading::start(options.clone());
                until("the file is attached", || reading.receiver.stats().files_attached > 0);
                reading.receiver.flush();
            }
        }
    }
    disarm();
    reading.receiver.stop();
    loop {
        match step(&reading, &mut sink, spans::WATCHDOG) {
            Step::Ended(None) => break,
            Step::Ended(Some(_)) => {
                // it had come to its point when everything that the loop waits for was there
                crashed = true;
                reading = Reading::start(options.clone());
                until("the file is attached", || reading.receiver.stats().files_attached > 0);
                reading.receiver.stop();
            }
            Step::Quiet | Step::Worked => {}
        }
    }
    for stream in ["delta", "merged"] {
        assert_eq!(
            total(&sink, stream),
            recorded,
            "{stream} after a crash at point {point}"
        );
    }
    for ((name, attributes), points) in series_of(&sink, "delta") {
        for pair in points.windows(2) {
            assert!(
                nanos(&pair[1], "startTimeUnixNano") >= nanos(&pair[0], "timeUnixNano"),
                "{name} {attributes} after a crash at point {point}: {pair:?}"
            );
        }
    }
    let newest = series_of(&sink, "cumulative");
    let newest = newest.values().filter_map(|points| points.last());
    assert_eq!(newest.map(value).sum::<u64>(), recorded, "point {point}");
    crashed
}

#[test]
fn a_crash_at_any_point_of_a_collection_exports_no_gain_twice_and_none_never() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string();
        if !text.contains("fail point") {
            eprintln!("{text}");
        }
    }));
    // in steps that share no factor with the points of a transaction
    let mut points = 0;
    for point in (0..).step_by(7) {
        if !survive(point) {
            break;
        }
        points += 1;
    }
    let _ = std::panic::take_hook();
    assert!(points > 30, "{points} points");
}
