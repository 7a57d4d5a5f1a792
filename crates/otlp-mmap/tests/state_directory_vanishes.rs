//! The state directory is removed while a receiver uses it: it is made again, and the next receiver finds in it what this one knew.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs;
use std::time::Duration;

use collecting::{Sink, options, work_until};
use metrics::{Meter, counter, deltas, points_of};
use otlp_mmap::receiver::ReceiverOptions;
use spans::{Reading, Spans, end, start, until};
use support::in_directory;

#[test]
fn open_spans_and_what_delta_streams_exported_are_written_again() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let state = parent.path().join("state");
    let writer = in_directory(data.path());
    let mut app = Spans::new(&writer);
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let options = ReceiverOptions {
        metric_streams: deltas(),
        metric_interval: Some(Duration::from_secs(3600)),
        ..options(data.path(), &state)
    };
    let mut sink = Sink::default();
    let mut reading = Reading::start(options.clone());
    for round in 1..=4 {
        app.write(start, round);
        meter.record(requests, "a", round as f64);
        until("the file is attached", || reading.receiver.stats().files_attached > 0);
        reading.receiver.flush();
        work_until(&reading, &mut sink, "the gain", |sink| {
            sink.points.len() as u64 >= round
        });
        until("it is noted down", || reading.receiver.stats().spans_open == round);
        fs::remove_dir_all(&state).unwrap();
        let base = |letter: &str| {
            let names = fs::read_dir(&state).into_iter().flatten().flatten();
            let mut names = names.map(|entry| entry.file_name().into_string().unwrap());
            names.any(|name| name.ends_with(&format!(".base-{letter}")))
        };
        until("both base files are there again", || base("a") && base("b"));
        app.whole(100 + round);
        work_until(&reading, &mut sink, "a span after that", |sink| {
            sink.spans.contains_key(&(100 + round))
        });
        drop(reading);
        reading = Reading::start(options.clone());
    }
    (1..=4).for_each(|id| assert_eq!(app.write(end, id), otlp_mmap::writer::CommitStatus::Published));
    work_until(&reading, &mut sink, "the spans", |sink| sink.spans.len() == 8);
    assert!(
        sink.spans
            .values()
            .all(|spans| spans.len() == 1 && !spans[0].incomplete)
    );
    let points = sink.points.iter().flat_map(|(_, request)| points_of(request));
    let values: Vec<_> = points
        .map(|(_, point)| point["asDouble"].as_f64().unwrap() as u64)
        .collect();
    assert_eq!(values, [1, 2, 3, 4], "no gain is exported twice");
}
