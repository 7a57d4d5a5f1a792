//! Metric cells as Prometheus sees them: names, types, labels and lines of both formats, of all files, in chunks.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::path::Path;

use metrics::{Meter, attributes, counter, exponential, histogram, instrument, points_of, points_of_json, read, walk};
use otlp_mmap::cells::{Exemplar, Kind};
use otlp_mmap::prometheus::{Format, Scraper};
use proptest::prelude::*;
use support::{files, in_directory};

fn scraper(folder: &Path) -> Scraper {
    Scraper::new(vec![folder.to_owned()], Vec::new())
}

/// A scrape in chunks of about `length` bytes.
fn scrape(scraper: &mut Scraper, format: Format, length: usize) -> String {
    let mut text = String::new();
    scraper.begin(format);
    let mut chunk = String::new();
    while {
        chunk.clear();
        let more = scraper.chunk(&mut chunk, length);
        assert!(chunk.is_empty() || chunk.ends_with('\n'), "whole lines: {chunk:?}");
        text.push_str(&chunk);
        more
    } {}
    text
}

/// The lines that do not speak of times or targets.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.contains("_created") && !line.contains("target"))
        .collect()
}

#[test]
fn every_kind_has_its_lines_in_the_text_format() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let mut requests = counter("http.requests");
    requests.description = "How many\nrequests".to_owned();
    requests.unit = "{request}".to_owned();
    let mut size = instrument("queue.size", Kind::Gauge);
    size.unit = "By".to_owned();
    let mut open = instrument("open", Kind::Sum { monotonic: false });
    open.unit = String::new();
    let mut times = histogram("times", &[0.5, 2.0]);
    times.unit = "s".to_owned();
    let [requests, size, open, times] = [requests, size, open, times].map(|instrument| meter.define(instrument));
    meter.record(requests, "a\"b\\c\n", 3.0);
    meter.record(size, "a", 1.5e-7);
    meter.record(open, "a", -2.0);
    for value in [0.25, 1.0, 1.5, 8.0] {
        meter.record(times, "a", value);
    }
    let text = scrape(&mut scraper(folder.path()), Format::Text, 1 << 20);
    let scope = "job=\"checkout\",otel_scope_name=\"tests\"";
    assert_eq!(
        lines(&text),
        [
            "# TYPE http_requests_total counter",
            "# HELP http_requests_total How many\\nrequests",
            &format!("http_requests_total{{{scope},key=\"a\\\"b\\\\c\\n\"}} 3"),
            "# TYPE open gauge",
            &format!("open{{{scope},key=\"a\"}} -2"),
            "# TYPE queue_size_bytes gauge",
            &format!("queue_size_bytes{{{scope},key=\"a\"}} 1.5e-7"),
            "# TYPE times_seconds histogram",
            &format!("times_seconds_bucket{{{scope},key=\"a\",le=\"0.5\"}} 1"),
            &format!("times_seconds_bucket{{{scope},key=\"a\",le=\"2\"}} 3"),
            &format!("times_seconds_bucket{{{scope},key=\"a\",le=\"+Inf\"}} 4"),
            &format!("times_seconds_sum{{{scope},key=\"a\"}} 10.75"),
            &format!("times_seconds_count{{{scope},key=\"a\"}} 4"),
        ]
    );
    assert!(text.ends_with("# TYPE target_info gauge\ntarget_info{job=\"checkout\",service_name=\"checkout\"} 1\n"));
}

#[test]
fn open_metrics_has_units_creation_times_exemplars_and_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let mut sent = counter("sent");
    sent.unit = "By".to_owned();
    let sent = meter.define(sent);
    meter.record(sent, "a", 3.0);
    let cell = meter.cell(sent, "a");
    let exemplar = Exemplar {
        time: 1_700_000_000_123_456_789,
        value: 2.0,
        trace_id: [0xab; 16],
        span_id: [0xcd; 8],
        attributes: &[],
    };
    assert!(meter.handle.offer(sent, cell, 1, u64::MAX, &exemplar));
    let text = scrape(&mut scraper(folder.path()), Format::OpenMetrics, 1 << 20);
    let labels = "job=\"checkout\",otel_scope_name=\"tests\",key=\"a\"";
    let (trace, span) = ("ab".repeat(16), "cd".repeat(8));
    assert_eq!(
        lines(&text),
        [
            "# TYPE sent_bytes counter",
            "# UNIT sent_bytes bytes",
            &format!("sent_bytes_total{{{labels}}} 3 # {{trace_id=\"{trace}\",span_id=\"{span}\"}} 2 1700000000.123"),
            "# EOF",
        ]
    );
    assert!(text.contains(&format!("sent_bytes_created{{{labels}}} ")));
    assert!(text.contains("# TYPE target info\n"));
}

#[test]
fn a_family_of_several_processes_stands_together_and_follows_files_that_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let writers = [0, 1].map(|_| in_directory(folder.path()));
    for (at, writer) in writers.iter().enumerate() {
        let mut meter = Meter::new(writer);
        for name in ["first", "second"] {
            let counter = meter.define(counter(name));
            meter.record(counter, &at.to_string(), 1.0);
        }
    }
    let mut scraper = scraper(folder.path());
    let families = |text: &str| -> Vec<String> {
        lines(text)
            .iter()
            .map(|line| {
                line.split(['{', ' '])
                    .nth(usize::from(line.starts_with('#')) * 2)
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    let text = scrape(&mut scraper, Format::Text, 1 << 20);
    let both = [
        "first_total",
        "first_total",
        "first_total",
        "second_total",
        "second_total",
        "second_total",
    ];
    assert_eq!(families(&text), both);
    std::fs::remove_file(&files(folder.path())[0]).unwrap();
    let text = scrape(&mut scraper, Format::Text, 1 << 20);
    assert_eq!(
        families(&text),
        ["first_total", "first_total", "second_total", "second_total"]
    );
}

#[test]
fn a_name_that_stands_for_two_kinds_is_told_once_for_each_scrape_and_the_first_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let mut gauge = instrument("size", Kind::Gauge);
    gauge.unit = String::new();
    let first = meter.define(gauge);
    let second = meter.define(histogram("size", &[1.0]));
    meter.record(first, "a", 1.0);
    meter.record(second, "a", 1.0);
    let mut scraper = scraper(folder.path());
    let text = scrape(&mut scraper, Format::Text, 1 << 20);
    assert_eq!(lines(&text).len(), 2, "{text}");
    assert_eq!(scraper.conflicts(), 1);
}

#[test]
fn chunks_of_any_length_are_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let times = meter.define(histogram("times", &[1.0, 5.0]));
    for value in 0..50 {
        meter.record(requests, &value.to_string(), 1.0);
        meter.record(times, &value.to_string(), f64::from(value));
    }
    let mut scraper = scraper(folder.path());
    let whole = scrape(&mut scraper, Format::OpenMetrics, 1 << 20);
    for length in [1, 100, 4096] {
        assert_eq!(scrape(&mut scraper, Format::OpenMetrics, length), whole);
    }
    assert!(!scraper.chunk(&mut String::new(), 1), "nothing follows the end");
}

proptest! {
    /// Exponential buckets come out as cumulative ones whose bounds hold every value.
    #[test]
    fn exponential_buckets_keep_every_value_below_its_bound(values in prop::collection::vec(-1e3..1e3f64, 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let mut times = exponential("times", 160);
        times.unit = String::new();
        let times = meter.define(times);
        for value in &values {
            meter.record(times, "a", *value);
        }
        let text = scrape(&mut scraper(folder.path()), Format::Text, 1 << 20);
        let mut least = f64::NEG_INFINITY;
        for line in text.lines().filter(|line| line.contains("le=")) {
            let bound = line.split("le=\"").nth(1).unwrap().split('"').next().unwrap();
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            let count: usize = line.rsplit(' ').next().unwrap().parse().unwrap();
            prop_assert!(bound > least);
            least = bound;
            // a bound computed in floating point may be off by its last digits
            let slack = bound.abs() * 1e-9;
            let below = |limit: f64| values.iter().filter(|value| **value <= limit).count();
            prop_assert!(below(bound - slack) <= count && count <= below(bound + slack), "{line}");
        }
        prop_assert!(least.is_infinite());
    }
}

/// Each test program uses a part of these.
const _: () = {
    let _ = (attributes, points_of, points_of_json, read, walk);
};
