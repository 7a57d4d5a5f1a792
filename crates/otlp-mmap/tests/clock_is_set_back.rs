//! The wall clock is set back, or far ahead, while a collector runs and between two: nothing is lost, nothing grows old by it, and
//! intervals of metrics neither overlap nor run backwards. The clock is the process' own, so these tests have a process of their own
//! and take turns.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/journals.rs"]
mod journals;
#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use collecting::{Sink, Step, step, work_until};
use metrics::{Meter, counter, deltas, points_of};
use otlp_mmap::clock::shift_wall_clock;
use otlp_mmap::journal::JournalOptions;
use otlp_mmap::receiver::{MetricStream, ReceiverOptions, Temporality};
use spans::{Reading, Spans, end, start, until};
use support::in_directory;

const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

static CLOCK: Mutex<()> = Mutex::new(());

#[test]
fn a_journal_grows_older_with_the_time_that_passes_whatever_the_clock_shows() {
    let _turn = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        max_age: Some(Duration::from_secs(3600)),
        ..journals::options(folder.path())
    };
    let mut model = journals::Model::default();
    shift_wall_clock(DAY);
    let (mut journal, ..) = journals::open(&options);
    journals::commit(&mut journal, &mut model, 1, 1, 10).unwrap();
    // while it is open
    for shift in [-DAY, DAY, 0] {
        shift_wall_clock(shift);
        journal.tend(Instant::now());
        assert_eq!(journal.expired(Instant::now()), None);
    }
    drop(journal);
    // and over a restart
    shift_wall_clock(-DAY);
    let (mut journal, recovered, _) = journals::open(&options);
    assert_eq!(recovered.messages, Vec::<String>::new());
    let now = Instant::now();
    assert!(!journal.tend(now + Duration::from_secs(1800)), "closes the segment");
    journals::commit(&mut journal, &mut model, 1, 2, 10).unwrap();
    assert_eq!(journal.expired(now + Duration::from_secs(3000)), None);
    assert_eq!(journals::backlog(&mut journal, 0), model.pieces);
    assert_eq!(journal.expired(now + Duration::from_secs(4000)), Some(1));
    shift_wall_clock(0);
}

#[test]
fn spans_and_slots_do_not_mind() {
    let _turn = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(data.path());
    let mut app = Spans::new(&writer);
    let mut sink = Sink::default();
    for (id, shift) in (1..).zip([0, -DAY, DAY, -2 * DAY]) {
        let reading = Reading::start(collecting::options(data.path(), state.path()));
        app.write(start, id);
        until("the open span is in the journal", || {
            reading.receiver.stats().spans_open == 1 && reading.receiver.stats().ring_records[1] == 0
        });
        shift_wall_clock(shift);
        if id % 2 == 0 {
            app.write(end, id);
            work_until(&reading, &mut sink, "the span", |sink| sink.spans.contains_key(&id));
        }
        drop(reading);
        if id % 2 == 1 {
            let reading = Reading::start(collecting::options(data.path(), state.path()));
            app.write(end, id);
            work_until(&reading, &mut sink, "the span", |sink| sink.spans.contains_key(&id));
        }
    }
    shift_wall_clock(0);
    assert!(
        sink.spans
            .values()
            .all(|spans| spans.len() == 1 && !spans[0].incomplete)
    );
}

#[test]
fn the_intervals_of_a_delta_stream_follow_each_other() {
    let _turn = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(data.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let options = ReceiverOptions {
        metric_streams: deltas(),
        metric_interval: Some(Duration::from_secs(3600)),
        ..collecting::options(data.path(), state.path())
    };
    let mut sink = Sink::default();
    let mut reading = Reading::start(options.clone());
    for (round, shift) in (1..).zip([0, -DAY, DAY, -DAY, 0, -2 * DAY]) {
        shift_wall_clock(shift);
        if round % 2 == 0 {
            reading.receiver.stop();
            while !matches!(step(&reading, &mut sink, spans::WATCHDOG), Step::Ended(_)) {}
            reading = Reading::start(options.clone());
        }
        meter.record(requests, "a", f64::from(round));
        until("the file is attached", || reading.receiver.stats().files_attached > 0);
        reading.receiver.flush();
        work_until(&reading, &mut sink, "the gain", |sink| {
            sink.points.len() >= round as usize
        });
    }
    shift_wall_clock(0);
    let points: Vec<_> = sink.points.iter().flat_map(|(_, request)| points_of(request)).collect();
    let times = |key: &str| -> Vec<u64> {
        let text = points.iter().map(|(_, point)| point[key].as_str().unwrap());
        text.map(|text| text.parse().unwrap()).collect()
    };
    let (starts, ends) = (times("startTimeUnixNano"), times("timeUnixNano"));
    // a stop collects once more, and has nothing to export
    assert!(
        starts[1..].iter().zip(&ends).all(|(start, end)| start >= end),
        "{starts:?} {ends:?}"
    );
    assert!(ends.is_sorted_by(|before, after| before < after), "{ends:?}");
    let values: Vec<_> = points
        .iter()
        .map(|(_, point)| point["asDouble"].as_f64().unwrap() as u64)
        .collect();
    assert_eq!(values, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_total_begins_once_whatever_the_clock_shows() {
    let _turn = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(data.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let options = ReceiverOptions {
        metric_streams: vec![MetricStream {
            temporality: Temporality::Cumulative,
            ..deltas().remove(0)
        }],
        metric_interval: Some(Duration::from_secs(3600)),
        ..collecting::options(data.path(), state.path())
    };
    let mut sink = Sink::default();
    let reading = Reading::start(options);
    for (round, shift) in (1..).zip([0, -DAY, DAY, -2 * DAY]) {
        shift_wall_clock(shift);
        meter.record(requests, "a", 1.0);
        until("the file is attached", || reading.receiver.stats().files_attached > 0);
        reading.receiver.flush();
        work_until(&reading, &mut sink, "the total", |sink| sink.points.len() >= round);
    }
    shift_wall_clock(0);
    let points: Vec<_> = sink.points.iter().flat_map(|(_, request)| points_of(request)).collect();
    for (count, (_, point)) in (1_u32..).zip(&points) {
        assert_eq!(point["asDouble"], f64::from(count));
        assert_eq!(point["startTimeUnixNano"], points[0].1["startTimeUnixNano"]);
        assert!(
            point["startTimeUnixNano"].as_str() < point["timeUnixNano"].as_str(),
            "{point}"
        );
    }
}
