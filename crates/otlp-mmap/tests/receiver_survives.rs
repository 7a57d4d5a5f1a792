//! A collector that is killed at each of its journal's writes, before each hand-over and before each move of a file's index, under load:
//! everything arrives, and twice only what was in flight, with the same bytes.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::time::Duration;

use collecting::{Sink, Step, options, step};
use otlp_mmap::journal::fail_point::{Crash, arm, disarm};
use otlp_mmap::receiver::ReceiverOptions;
use otlp_mmap::writer::CommitStatus;
use spans::{Reading, Spans, end, start};
use support::in_directory;

const SPANS: u64 = 90;

/// What the app writes, in order: spans overlap, so that some are open at every cut.
#[derive(Clone, Copy)]
enum Record {
    Start(u64),
    End(u64),
    Log(u64),
}

fn records() -> Vec<Record> {
    let of_step = |step: u64| {
        let begun = (step <= SPANS).then_some([Record::Start(step), Record::Log(step)]);
        let ended = step.checked_sub(5).filter(|&id| id > 0).map(Record::End);
        begun.into_iter().flatten().chain(ended)
    };
    (1..=SPANS + 5).flat_map(of_step).collect()
}

/// Writes while the rings have room.
fn write(app: &mut Spans, records: &mut std::iter::Peekable<impl Iterator<Item = Record>>) {
    while let Some(record) = records.peek() {
        let status = match *record {
            Record::Start(id) => app.write(start, id),
            Record::End(id) => app.write(end, id),
            Record::Log(id) => app.log(id),
        };
        if status != CommitStatus::Published {
            return;
        }
        records.next();
    }
}

/// A load with a crash at the given point: whether it came to it, and how often receivers were started.
fn survive(point: u32) -> bool {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(data.path());
    let mut app = Spans::new(&writer);
    let options = ReceiverOptions {
        // some pieces are handed over, some have to wait in the journal
        max_unacknowledged_bytes: 2_000,
        max_items: 7,
        ..options(data.path(), state.path())
    };
    let mut records = records().into_iter().peekable();
    let (mut sink, mut crashed) = (Sink::default(), false);
    let mut reading = Reading::start(options.clone());
    arm(point, Crash::Panic);
    let deadline = std::time::Instant::now() + spans::WATCHDOG;
    while sink.spans.len() < SPANS as usize || sink.logs.len() < SPANS as usize {
        assert!(
            std::time::Instant::now() < deadline,
            "point {point}: {} of {SPANS} spans",
            sink.spans.len()
        );
        write(&mut app, &mut records);
        match step(&reading, &mut sink, Duration::from_millis(5)) {
            Step::Ended(error) => {
                assert!(error.unwrap().contains("fail point"));
                crashed = true;
                reading = Reading::start(options.clone());
            }
            Step::Quiet | Step::Worked => {}
        }
    }
    disarm();
    reading.receiver.stop();
    while !matches!(step(&reading, &mut sink, spans::WATCHDOG), Step::Ended(_)) {}
    for (id, spans) in &sink.spans {
        assert_eq!(spans.len(), 1, "span {id} after a crash at point {point}");
        assert!(!spans[0].incomplete, "span {id} after a crash at point {point}");
    }
    assert!(sink.logs.values().all(|&times| times == 1), "point {point}");
    assert!(crashed || sink.repeated == 0, "nothing comes twice without a crash");
    crashed
}

#[test]
fn a_crash_at_any_point_loses_nothing_and_repeats_only_what_was_in_flight() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string();
        if !text.contains("fail point") {
            eprintln!("{text}");
        }
    }));
    // points that only a long load reaches are met sooner or later, in steps that share no factor with the points of a transaction
    let mut points = 0;
    for point in (0..40).chain((40..).step_by(13)) {
        if !survive(point) {
            break;
        }
        points += 1;
    }
    let _ = std::panic::take_hook();
    assert!(points > 40, "{points} points");
}
