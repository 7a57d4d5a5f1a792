//! One piece is never taken, so segments behind its own go out of turn; the collector is killed before, between and after the writes
//! that this needs: nothing is lost, and no span comes to life again.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::time::{Duration, Instant};

use collecting::{SEGMENT, Sink, Step, options, work_until};
use otlp_mmap::journal::fail_point::{Crash, arm_at, disarm};
use otlp_mmap::journal::{JournalOptions, OnFull};
use otlp_mmap::receiver::{Event, HandedPiece, ReceiverOptions};
use otlp_mmap::writer::CommitStatus;
use spans::{Reading, Spans, end, start};

const SPANS: u64 = 16_003;
/// Spans written at a time.
const BATCH: u64 = 100;

/// As [`collecting::step`], except that one piece is never acknowledged.
fn step(reading: &Reading, sink: &mut Sink, pinned: u64) -> Step {
    let mut take = |pieces: Vec<HandedPiece>| {
        for piece in pieces.iter().filter(|piece| piece.sequence != pinned) {
            sink.take(piece);
            reading.receiver.acknowledge_by(0, vec![piece.sequence]);
        }
    };
    match reading.event_within(Duration::from_millis(5)) {
        None => return Step::Quiet,
        Some(Event::Piece(piece)) => take(vec![piece]),
        Some(Event::Behind(destination)) => reading.receiver.backlog(destination, 1 << 20),
        Some(Event::Backlog(_, pieces)) => take(pieces),
        Some(Event::Stopped(error)) => return Step::Ended(error),
        Some(_) => {}
    }
    Step::Worked
}

/// Whether it came to the point.
fn survive(name: &str, passes: u32) -> bool {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = support::with_span_slots(data.path(), 512);
    let mut app = Spans::new(&writer);
    let mut options: ReceiverOptions = options(data.path(), state.path());
    let journal: &mut JournalOptions = &mut options.storage.as_mut().unwrap().journal;
    journal.max_bytes = 4 * SEGMENT;
    journal.on_full = OnFull::Refuse;
    let mut reading = Reading::start(options.clone());
    let mut sink = Sink::default();
    // span 1 stays open; span 2 is open in the segment that stays, and ends in one that goes
    (1..=2).for_each(|id| assert_eq!(app.write(start, id), CommitStatus::Published));
    app.whole(3);
    let pinned = reading.piece();
    assert_eq!(app.write(end, 2), CommitStatus::Published);
    let mut crashed = false;
    assert!(arm_at(name, passes, Crash::Panic));
    let deadline = Instant::now() + spans::WATCHDOG;
    for last in (3 + BATCH..=SPANS).step_by(BATCH as usize) {
        (last - BATCH + 1..=last).for_each(|id| app.whole(id));
        while !sink.spans.contains_key(&last) {
            assert!(Instant::now() < deadline, "{name}, {passes}: span {last} does not come");
            if let Step::Ended(error) = step(&reading, &mut sink, pinned.sequence) {
                assert!(error.unwrap().contains("fail point"));
                crashed = true;
                reading = Reading::start(options.clone());
            }
        }
    }
    disarm();
    drop(reading);
    let reading = Reading::start(options);
    work_until(&reading, &mut sink, "the piece that was never taken", |sink| {
        sink.pieces.contains_key(&pinned.sequence)
    });
    assert_eq!(sink.pieces[&pinned.sequence], *pinned.piece.bytes);
    app.write(end, 1);
    work_until(&reading, &mut sink, "the open span", |sink| sink.spans.contains_key(&1));
    assert_eq!(reading.receiver.stats().spans_open, 0, "{name}, {passes}");
    for (id, spans) in &sink.spans {
        assert_eq!(spans.len(), 1, "span {id}: {name}, {passes}");
        assert!(!spans[0].incomplete, "span {id}: {name}, {passes}");
    }
    crashed
}

#[test]
fn a_crash_while_segments_go_out_of_turn_loses_nothing() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string();
        if !text.contains("fail point") {
            eprintln!("{text}");
        }
    }));
    for passes in 0..3 {
        assert!(survive("removing a segment", passes), "{passes}: it never came to that");
    }
    for passes in (20..).step_by(41) {
        if !survive("commit", passes) {
            break;
        }
    }
    let _ = std::panic::take_hook();
}
