//! With a journal, a receiver gives slots back at once, and its death loses nothing.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs;
use std::time::Duration;

use collecting::{SEGMENT, Sink, destination, options, work_until};
use metrics::{Meter, attributes, counter, deltas, points_of};
use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::journal::{JournalOptions, OnFull};
use otlp_mmap::receiver::{Event, ReceiverOptions};
use otlp_mmap::writer::CommitStatus;
use spans::{Reading, Spans, end, spans_of, start, until};
use support::{files, in_directory};

struct Place {
    data: tempfile::TempDir,
    state: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            data: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
        }
    }

    fn options(&self) -> ReceiverOptions {
        options(self.data.path(), self.state.path())
    }

    fn journal(&self, change: impl FnOnce(&mut JournalOptions)) -> ReceiverOptions {
        let mut options = self.options();
        change(&mut options.storage.as_mut().unwrap().journal);
        options
    }

    fn view(&self) -> FileView {
        FileView::open(&files(self.data.path())[0], Access::Read).unwrap()
    }
}

/// Waits until the span ring's slots up to `index` are free.
fn until_given_back(view: &FileView, index: i64) {
    until("the ring is given back", || {
        view.ring(RingId::Spans).reader_index() == index
    });
}

fn ids(sink: &Sink) -> Vec<u64> {
    sink.spans.keys().copied().collect()
}

#[test]
fn slots_come_back_although_nothing_is_acknowledged() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    (1..=3).for_each(|id| app.whole(id));
    assert_eq!(app.write(start, 4), CommitStatus::Published);
    let view = place.view();
    let reading = Reading::start(place.options());
    assert_eq!(spans_of(&reading.piece()).len(), 3);
    until("the ring is given back, the open span's record too", || {
        view.ring(RingId::Spans).reader_index() == 6
    });
    until("they are told to wait for the destination", || {
        let journal = reading.receiver.stats().journal.unwrap();
        journal.destinations[0].pending.items == [3, 0, 0]
    });
}

#[test]
fn what_was_not_acknowledged_comes_again_with_the_same_bytes() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    (1..=5).for_each(|id| app.whole(id));
    app.log(7);
    let mut sink = Sink::default();
    let first = Reading::start(place.options());
    // taken by a destination that does not come to acknowledge it
    while sink.pieces.len() < 2 {
        sink.take(&first.piece());
    }
    let view = place.view();
    until("both rings are given back", || {
        view.ring(RingId::Spans).reader_index() == 9 && view.ring(RingId::Events).reader_index() == 0
    });
    drop(first);
    let second = Reading::start(place.options());
    work_until(&second, &mut sink, "both pieces come again", |sink| sink.repeated == 2);
    app.whole(6);
    work_until(&second, &mut sink, "new spans come", |sink| sink.spans.contains_key(&6));
    assert!(
        sink.spans.values().all(|spans| spans.len() == 1),
        "no span in two pieces"
    );
}

#[test]
fn a_span_that_is_open_while_its_collector_dies_ends_as_any_other() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    app.write(start, 1);
    app.write(start, 2);
    let view = place.view();
    for last in [1, 2] {
        let reading = Reading::start(place.options());
        until_given_back(&view, last);
        drop(reading);
        app.write(start, 2 + last as u64);
    }
    app.write(end, 1);
    app.write(end, 2);
    let reading = Reading::start(place.options());
    let mut sink = Sink::default();
    work_until(&reading, &mut sink, "both spans", |sink| sink.spans.len() == 2);
    assert!(sink.spans.values().flatten().all(|span| !span.incomplete));
    assert_eq!(reading.receiver.stats().ends_without_start, 0);
    assert_eq!(reading.receiver.stats().spans_open, 2);
}

#[test]
fn open_spans_of_a_process_that_dies_with_its_collector_are_exported_although_nothing_new_is_read() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    app.write(start, 1);
    app.write(start, 2);
    let view = place.view();
    let reading = Reading::start(place.options());
    // the journal knows the first as open, and then as over
    until_given_back(&view, 1);
    app.write(end, 1);
    until_given_back(&view, 2);
    drop((reading, app, writer));
    let reading = Reading::start(place.options());
    let mut sink = Sink::default();
    work_until(&reading, &mut sink, "both spans", |sink| sink.spans.len() == 2);
    assert!(!sink.spans[&1][0].incomplete && sink.spans[&2][0].incomplete);
    until("the file is removed", || files(place.data.path()).is_empty());
}

#[test]
fn open_spans_of_a_process_that_is_gone_with_its_file_are_exported_as_incomplete() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    app.write(start, 1);
    let view = place.view();
    let reading = Reading::start(place.options());
    until_given_back(&view, 0);
    drop(reading);
    // as after a restart of the machine: what was in memory is gone
    drop((view, app, writer));
    for file in files(place.data.path()) {
        fs::remove_file(file).unwrap();
    }
    let reading = Reading::start(place.options());
    let mut sink = Sink::default();
    work_until(&reading, &mut sink, "the span", |sink| sink.spans.len() == 1);
    assert!(sink.spans[&1][0].incomplete);
    reading.receiver.stop();
    work_until_end(&reading, &mut sink);
    drop(reading);
    let reading = Reading::start(place.options());
    assert!(
        reading.event_within(Duration::from_millis(2500)).is_none(),
        "nothing is left of it"
    );
}

fn work_until_end(reading: &Reading, sink: &mut Sink) {
    loop {
        if let collecting::Step::Ended(error) = collecting::step(reading, sink, spans::WATCHDOG) {
            assert_eq!(error, None);
            return;
        }
    }
}

#[test]
fn an_orderly_stop_keeps_open_spans_for_the_next_start() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    app.write(start, 2);
    let mut sink = Sink::default();
    let reading = Reading::start(place.options());
    work_until(&reading, &mut sink, "the first", |sink| sink.spans.len() == 1);
    reading.receiver.stop();
    work_until_end(&reading, &mut sink);
    assert_eq!(ids(&sink), [1]);
    drop(reading);
    app.write(end, 2);
    let reading = Reading::start(place.options());
    work_until(&reading, &mut sink, "the second", |sink| sink.spans.len() == 2);
    assert!(!sink.spans[&2][0].incomplete);
}

#[test]
fn a_destination_that_is_down_costs_no_memory_and_gets_everything_later() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    let options = ReceiverOptions {
        max_unacknowledged_bytes: 10_000,
        max_items: 20,
        ..place.journal(|journal| journal.max_bytes = 16 << 20)
    };
    let reading = Reading::start(options);
    let view_at = |index: i64| {
        let view = place.view();
        until("the ring is given back", move || {
            view.ring(RingId::Spans).reader_index() >= index
        });
    };
    let mut held = Vec::new();
    for id in 1..=2000 {
        app.whole(id);
        if id % 25 == 0 {
            view_at(2 * id as i64 - 1);
        }
        while let Some(event) = reading.event_within(Duration::ZERO) {
            match event {
                Event::Piece(piece) => held.push(piece),
                Event::Behind(_) | Event::Log(..) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    until("everything is counted", || {
        reading.receiver.stats().journal.unwrap().destinations[0].pending.items[0] == 2000
    });
    let held_bytes = reading.receiver.stats().bytes_unacknowledged;
    assert!(held_bytes <= 10_000, "{held_bytes}");
    // it is back
    let mut sink = Sink::default();
    for piece in held {
        sink.take(&piece);
        reading.receiver.acknowledge_by(0, vec![piece.sequence]);
    }
    reading.receiver.backlog(0, 4096);
    work_until(&reading, &mut sink, "all of them", |sink| sink.spans.len() == 2000);
    assert!(sink.spans.values().all(|spans| spans.len() == 1));
    assert_eq!(sink.repeated, 0);
    until("the journal shrinks", || {
        reading.receiver.stats().journal.unwrap().bytes <= 4 * SEGMENT
    });
}

/// Series of a counter, enough for more bytes of points than are collected ahead of acknowledgements.
const MANY: usize = 100_000;
/// What is collected ahead, and a piece.
const AHEAD: u64 = 5 << 20;

/// A receiver of a file with many series.
fn collecting_many(place: &Place) -> Reading {
    let writer = in_directory(place.data.path());
    let mut app = Meter::new(&writer);
    let instrument = app
        .handle
        .writer()
        .define_instrument(counter("many"), MANY as u32 + 1)
        .unwrap();
    for number in 0..MANY {
        let cell = app
            .handle
            .cell(instrument, &attributes(&format!("{number:030}")))
            .unwrap()
            .cell;
        assert_eq!(app.handle.record(instrument, cell, 1.0), CommitStatus::Published);
    }
    drop(app);
    Reading::start(ReceiverOptions {
        metric_streams: deltas(),
        ..place.journal(|journal| {
            journal.max_bytes = 64 << 20;
            journal.segment_bytes = 1 << 20;
        })
    })
}

#[test]
fn points_are_collected_as_a_destination_takes_them() {
    let place = Place::new();
    let reading = collecting_many(&place);
    let mut taken = 0;
    let mut bytes = 0;
    while taken < MANY {
        let piece = reading.piece();
        let ahead = reading.receiver.stats().bytes_unacknowledged;
        assert!(ahead <= AHEAD, "{ahead} bytes are on their way");
        taken += points_of(&piece.piece.bytes).len();
        bytes += piece.piece.bytes.len() as u64;
        reading.receiver.acknowledge_by(0, vec![piece.sequence]);
    }
    assert_eq!(taken, MANY);
    assert!(bytes > AHEAD, "{bytes} bytes are no test");
}

#[test]
fn points_for_a_destination_that_takes_nothing_go_to_the_journal() {
    let place = Place::new();
    let reading = collecting_many(&place);
    until("all points are in the journal", || {
        let journal = reading.receiver.stats().journal;
        journal.is_some_and(|journal| journal.destinations[0].pending.items == [0, 0, MANY as u64])
    });
}

#[test]
fn what_a_destination_gives_back_it_gets_again() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let reading = Reading::start(place.journal(|journal| journal.destinations.push(destination("other"))));
    let piece = reading.piece();
    reading.receiver.acknowledge_by(1, vec![piece.sequence]);
    reading.receiver.give_back(0, vec![piece.sequence]);
    until("nothing is in memory", || {
        reading.receiver.stats().bytes_unacknowledged == 0
    });
    let mut sink = Sink::default();
    work_until(&reading, &mut sink, "it comes again", |sink| sink.spans.len() == 1);
    assert_eq!(sink.pieces[&piece.sequence], *piece.piece.bytes);
}

#[test]
fn a_full_journal_that_refuses_leaves_records_in_the_rings() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    let mut app = Spans::new(&writer);
    let reading = Reading::start(place.journal(|journal| {
        journal.max_bytes = 2 * SEGMENT;
        journal.on_full = OnFull::Refuse;
    }));
    let mut written = 0;
    let mut dropped = false;
    while !dropped {
        for make in [start, end] {
            dropped |= app.write(make, written) != CommitStatus::Published;
        }
        written += 1;
        let is_refused = reading.receiver.stats().journal_refusal.is_some();
        if !is_refused && written % 16 == 0 {
            let view = place.view();
            until("it reads on or refuses", || {
                view.ring(RingId::Spans).reader_index() == view.ring(RingId::Spans).writer_index()
                    || reading.receiver.stats().journal_refusal.is_some()
            });
        }
    }
    let line = reading.line("as large as it may be");
    assert!(line.contains("stays in the apps' rings"), "{line}");
    let mut sink = Sink::default();
    reading.receiver.backlog(0, 4096);
    let in_memory: Vec<u64> = (1..=10_000).collect();
    reading.receiver.acknowledge_by(0, in_memory);
    work_until(&reading, &mut sink, "it reads again", |_| {
        reading.receiver.stats().journal_refusal.is_none()
    });
}

#[test]
fn a_piece_that_is_never_taken_does_not_keep_what_came_after_it() {
    let place = Place::new();
    let writer = support::with_span_slots(place.data.path(), 1024);
    let mut app = Spans::new(&writer);
    let options = place.journal(|journal| {
        journal.max_bytes = 8 * SEGMENT;
        journal.on_full = OnFull::Refuse;
    });
    let mut reading = Reading::start(options.clone());
    // one that stays open, one that ends while it is only in the oldest segment, and what is in the piece
    (1..=2).for_each(|id| assert_eq!(app.write(start, id), CommitStatus::Published));
    app.whole(3);
    let pinned = reading.piece();
    app.write(end, 2);
    let mut sink = Sink::default();
    let mut most = 0;
    for last in (200..=12_000).step_by(200) {
        (last - 196..=last).for_each(|id| app.whole(id));
        work_until(&reading, &mut sink, "the next spans", |sink| {
            sink.spans.contains_key(&last)
        });
        // full for the moment until what was taken leaves it is no refusal that lasts
        until("it takes more", || reading.receiver.stats().journal_refusal.is_none());
        most = most.max(reading.receiver.stats().journal.unwrap().bytes_written);
    }
    assert!(most > 10 * SEGMENT, "{most} bytes passed");
    until("what it takes is bounded", || {
        let journal = reading.receiver.stats().journal.unwrap();
        journal.bytes <= 8 * SEGMENT && journal.destinations[0].pending.pieces == 1
    });
    let before = sink.spans.len();
    for repeated in 0..2 {
        drop(reading);
        reading = Reading::start(options.clone());
        until("the journal is open", || reading.receiver.stats().journal.is_some());
        work_until(&reading, &mut sink, "the piece comes again", |sink| {
            repeated > 0 || sink.pieces.contains_key(&pinned.sequence)
        });
    }
    assert_eq!(sink.pieces[&pinned.sequence], *pinned.piece.bytes);
    assert_eq!(sink.spans.len(), before + 1);
    app.write(end, 1);
    work_until(&reading, &mut sink, "the open span ends", |sink| {
        sink.spans.contains_key(&1)
    });
    assert_eq!(reading.receiver.stats().spans_open, 0);
    assert!(
        sink.spans
            .values()
            .all(|spans| spans.len() == 1 && !spans[0].incomplete),
        "no span comes to life again"
    );
}

#[test]
fn a_second_receiver_waits_for_the_state_directory_or_ends() {
    let place = Place::new();
    let first = Reading::start(place.options());
    until("it has the journal", || first.receiver.stats().journal.is_some());
    let mut impatient = place.options();
    impatient.storage.as_mut().unwrap().wait = false;
    let second = Reading::start(impatient);
    match second.event() {
        Event::Stopped(Some(error)) => assert!(error.contains("another collector"), "{error}"),
        other => panic!("{other:?}"),
    }
    let third = Reading::start(place.options());
    assert!(third.line("waiting until it is free").contains("another collector"));
    drop(first);
    until("the third has it", || third.receiver.stats().journal.is_some());
}

#[test]
fn a_second_receiver_of_a_file_ends_if_it_is_told_to() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    Spans::new(&writer).whole(1);
    let first = Reading::start(place.options());
    first.piece();
    let other = tempfile::tempdir().unwrap();
    let second = Reading::start(ReceiverOptions {
        end_if_busy: true,
        ..options(place.data.path(), other.path())
    });
    loop {
        match second.event() {
            Event::Stopped(Some(error)) => {
                assert!(error.contains("another collector reads"), "{error}");
                return;
            }
            Event::Log(..) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_state_directory_that_cannot_be_used_is_told_and_need_not_end_everything() {
    let place = Place::new();
    let writer = in_directory(place.data.path());
    Spans::new(&writer).whole(1);
    let file = place.state.path().join("file");
    fs::write(&file, b"").unwrap();
    let mut options = place.journal(|journal| journal.directory = file.join("state"));
    let strict = Reading::start(options.clone());
    match strict.event() {
        Event::Stopped(Some(error)) => assert!(error.contains("file/state"), "{error}"),
        other => panic!("{other:?}"),
    }
    drop(strict);
    options.storage.as_mut().unwrap().optional = true;
    let lenient = Reading::start(options);
    assert!(lenient.line("without a journal").contains("file/state"));
    assert_eq!(spans_of(&lenient.piece()).len(), 1);
}
