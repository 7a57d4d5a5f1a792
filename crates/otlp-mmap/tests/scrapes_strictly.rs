//! Whatever instruments and attributes are called, each format can be read by whoever takes its rules to the letter: one line that
//! cannot would cost a scraper the whole scrape.

#[path = "support/exposition.rs"]
mod exposition;
#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::path::Path;

use exposition::{Family, parse};
use metrics::{Meter, counter, exponential, histogram, instrument};
use otlp_mmap::cells::{Exemplar, Instrument, Kind, Parts};
use otlp_mmap::prometheus::{Format, Scraper};
use otlp_mmap::wire;
use proptest::prelude::*;
use support::in_directory;

/// An attribute set; keys are sorted, as those of a set are.
fn set(attributes: &[(String, String)]) -> Vec<u8> {
    let mut sorted = attributes.to_vec();
    sorted.sort();
    sorted.dedup_by(|a, b| a.0 == b.0);
    let mut out = Vec::new();
    for (key, value) in sorted {
        let (mut any, mut attribute) = (Vec::new(), Vec::new());
        wire::put_bytes(&mut any, 1, value.as_bytes());
        wire::put_bytes(&mut attribute, 1, key.as_bytes());
        wire::put_bytes(&mut attribute, 2, &any);
        wire::put_bytes(&mut out, 1, &attribute);
    }
    out
}

fn record(meter: &mut Meter, instrument: u32, attributes: &[(String, String)], value: f64) {
    let cell = meter.handle.cell(instrument, &set(attributes)).unwrap().cell;
    meter.handle.record(instrument, cell, value);
    let exemplar = Exemplar {
        time: 1_700_000_000_123_456_789,
        value,
        trace_id: [0xab; 16],
        span_id: [0xcd; 8],
        attributes: &[],
    };
    meter.handle.offer(instrument, cell, 1, u64::MAX, &exemplar);
}

fn scrape(folder: &Path, format: Format) -> (Vec<Family>, u64) {
    let mut scraper = Scraper::new(vec![folder.to_owned()], Vec::new());
    let mut text = String::new();
    scraper.begin(format);
    while scraper.chunk(&mut text, 1 << 16) {}
    let families = parse(&text, format).unwrap_or_else(|why| panic!("{why}\n{text}"));
    (families, scraper.conflicts())
}

fn attribute(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

const BOTH: [Format; 2] = [Format::Text, Format::OpenMetrics];

#[test]
fn attributes_that_are_called_as_labels_of_the_format_get_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let times = meter.define(histogram("times", &[1.0]));
    let attributes = [
        attribute("job", "mine"),
        attribute("le", "none"),
        attribute("otel.scope.name", "own"),
        attribute("exported_job", "also mine"),
    ];
    record(&mut meter, times, &attributes, 0.5);
    for format in BOTH {
        let (families, _) = scrape(folder.path(), format);
        let labels = &families[0].samples[0].labels;
        assert_eq!(labels["job"], "checkout");
        assert_eq!(labels["exported_job"], "also mine;mine");
        assert_eq!(labels["exported_le"], "none");
        assert_eq!(labels["le"].parse(), Ok(1.0));
        assert_eq!(labels["exported_otel_scope_name"], "own");
        assert_eq!(labels["otel_scope_name"], "tests");
    }
}

#[test]
fn lines_of_one_name_are_of_one_family_and_the_first_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let of = |name: &str, kind: Kind| Instrument {
        unit: String::new(),
        ..instrument(name, kind)
    };
    let gauge = |name: &str| of(name, Kind::Gauge);
    for each in [
        counter("sent"),
        gauge("sent_total"),
        gauge("sent_created"),
        histogram("size", &[1.0]),
        gauge("size_sum"),
        gauge("target_info"),
        gauge("kept"),
    ] {
        let defined = meter.define(each);
        record(&mut meter, defined, &[], 1.0);
    }
    let names = |format| {
        let (families, conflicts) = scrape(folder.path(), format);
        let names: Vec<_> = families.into_iter().map(|family| family.name).collect();
        (names.join(" "), conflicts)
    };
    // only OpenMetrics has times of creation
    assert_eq!(
        names(Format::Text),
        ("kept sent_total sent_created size target_info".to_owned(), 3)
    );
    assert_eq!(names(Format::OpenMetrics), ("kept sent size target".to_owned(), 4));
}

#[test]
fn bounds_are_written_as_everybody_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let bounds = [
        1e-10,
        1e-9,
        1.5e-7,
        1e-5,
        0.0001,
        0.001,
        0.25,
        1.0,
        10.0,
        100_000.0,
        1e6,
        1_234_567.0,
        1e10,
        1.1e23,
    ];
    let times = meter.define(histogram("times", &bounds));
    record(&mut meter, times, &[], 0.5);
    let labels = |format| -> Vec<String> {
        let (families, _) = scrape(folder.path(), format);
        families[0]
            .samples
            .iter()
            .filter_map(|sample| sample.labels.get("le").cloned())
            .collect()
    };
    let common = ["1e-10", "1e-09", "1.5e-07", "1e-05", "0.0001", "0.001", "0.25"];
    let large = ["1e+06", "1.234567e+06", "1e+10", "1.1e+23", "+Inf"];
    let all = |middle: [&'static str; 3]| [&common[..], &middle[..], &large[..]].concat();
    assert_eq!(labels(Format::Text), all(["1", "10", "100000"]));
    assert_eq!(labels(Format::OpenMetrics), all(["1.0", "10.0", "100000.0"]));
}

/// Names that mean something to the formats, and any others.
fn names() -> impl Strategy<Value = String> {
    const STEMS: [&str; 13] = [
        "",
        "_",
        "a",
        "a.b",
        "a_b",
        "total",
        "2xx",
        "bytes",
        "target",
        "target_info",
        "le",
        "job",
        "é",
    ];
    const SUFFIXES: [&str; 8] = [
        "", "_total", "_created", "_sum", "_count", "_bucket", "_info", "_seconds",
    ];
    prop_oneof![
        (prop::sample::select(&STEMS[..]), prop::sample::select(&SUFFIXES[..])).prop_map(|(a, b)| format!("{a}{b}")),
        any::<String>(),
    ]
}

fn units() -> impl Strategy<Value = String> {
    const UNITS: [&str; 14] = [
        "",
        "1",
        "s",
        "By",
        "{request}",
        "m/s",
        "/",
        "%",
        "{",
        "}",
        "a\nb",
        "By/{x}/s",
        "°C",
        "_",
    ];
    prop_oneof![
        prop::sample::select(&UNITS[..]).prop_map(str::to_owned),
        any::<String>()
    ]
}

fn kinds() -> impl Strategy<Value = Kind> {
    let parts = Parts::default();
    prop_oneof![
        Just(Kind::Sum { monotonic: true }),
        Just(Kind::Sum { monotonic: false }),
        Just(Kind::Gauge),
        prop::collection::btree_set(-5i32..5, 0..4).prop_map(move |bounds| Kind::Histogram {
            bounds: bounds.into_iter().map(f64::from).collect(),
            parts,
        }),
        Just(exponential("", 160).kind),
    ]
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0..10.0f64,
        any::<f64>(),
        prop::sample::select(
            &[
                0.0,
                -0.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::MAX,
                f64::MIN_POSITIVE
            ][..]
        ),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<(String, String)>> {
    const KEYS: [&str; 12] = [
        "",
        "job",
        "instance",
        "le",
        "key",
        "a.b",
        "a_b",
        "0",
        "__name__",
        "otel.scope.name",
        "quantile",
        "é",
    ];
    let key = prop_oneof![prop::sample::select(&KEYS[..]).prop_map(str::to_owned), any::<String>()];
    prop::collection::vec((key, prop_oneof![any::<String>(), Just("\\\"\n,{}=".to_owned())]), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    /// Scenario: instruments of any names, units and descriptions, with any attributes and values, those among them that are not
    /// for the kind. Guarantee: both formats are right to the letter, and what is left out of a scrape is counted.
    #[test]
    fn both_formats_are_right_to_the_letter(
        instruments in prop::collection::vec((names(), units(), any::<String>(), kinds()), 1..8),
        measurements in prop::collection::vec((0usize..8, attributes(), values()), 1..24),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let mut defined = Vec::new();
        for (at, (name, unit, description, kind)) in instruments.into_iter().enumerate() {
            // two that cannot be told apart by name, unit and kind would be two metrics of one name
            let scope = metrics::scope(&at.to_string());
            defined.push(meter.define(Instrument { scope, unit, description, ..instrument(&name, kind) }));
        }
        for (nth, (at, mut attributes, value)) in measurements.into_iter().enumerate() {
            // keys that differ in what a label has no letters for are one label: two such sets would be one metric
            attributes.push(attribute("nth", &nth.to_string()));
            record(&mut meter, defined[at % defined.len()], &attributes, value);
        }
        for format in BOTH {
            let (families, conflicts) = scrape(folder.path(), format);
            prop_assert!(families.len() + conflicts as usize >= 2);
        }
    }
}

/// Each test program uses a part of these.
const _: () = {
    let _ = (
        metrics::attributes,
        metrics::points_of,
        metrics::points_of_json,
        metrics::read,
        metrics::walk,
    );
    let _ = (metrics::deltas, support::files);
};
