//! No room for a segment: it is told, nothing is lost, and the journal goes on when there is room. The limit is the process' own, so this
//! test has a process of its own.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/disk.rs"]
mod disk;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::time::Duration;

use collecting::{Sink, options, step, work_until};
use disk::limit_file_size;
use otlp_mmap::receiver::Event;
use otlp_mmap::writer::CommitStatus;
use spans::{Reading, Spans, start, until};

#[test]
fn a_full_disk_is_told_and_records_stay_in_the_rings_until_there_is_room() {
    let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = support::in_directory(data.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    limit_file_size(4096);
    let reading = Reading::start(options(data.path(), state.path()));
    let line = reading.line("no room for a segment");
    assert!(line.contains("stays in the apps' rings"), "{line}");
    until("it is among the counts", || {
        reading.receiver.stats().journal_refusal.is_some()
    });
    // the app goes on, as far as its ring does
    assert_eq!(app.write(start, 2), CommitStatus::Published);
    while let Some(event) = reading.event_within(Duration::from_millis(50)) {
        assert!(
            matches!(event, Event::Log(..)),
            "nothing is handed over that is not kept: {event:?}"
        );
    }
    limit_file_size(libc::RLIM_INFINITY);
    let mut sink = Sink::default();
    work_until(&reading, &mut sink, "the span", |sink| sink.spans.contains_key(&1));
    until("it is over, among the counts too", || {
        reading.receiver.stats().journal_refusal.is_none()
    });
    reading.receiver.stop();
    while !matches!(
        step(&reading, &mut sink, spans::WATCHDOG),
        collecting::Step::Ended(None)
    ) {}
    assert_eq!(sink.repeated, 0);
}
