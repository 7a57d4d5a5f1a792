//! While nothing happens the receiver sleeps, and writers wake it with their next record.

#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use otlp_mmap::file::{Access, FileView, ReaderSlot, RingId};
use otlp_mmap::receiver::ReceiverOptions;
use otlp_mmap::writer::Writer;
use spans::{Reading, Spans, WATCHDOG, until};
use support::{at_path, files, in_directory};

fn open(path: &Path, access: Access) -> FileView {
    FileView::open(path, access).unwrap()
}

fn slot(view: &FileView) -> ReaderSlot<'_> {
    view.extension().unwrap().reader_slot(0).unwrap()
}

fn is_asleep(view: &FileView) -> bool {
    slot(view).is_sleeping()
}

/// It says so one pause ahead; a heartbeat later it does.
fn until_asleep(view: &FileView) {
    until("the receiver is about to sleep", || is_asleep(view));
    let heartbeat = slot(view).heartbeat();
    until("it came round", || slot(view).heartbeat() != heartbeat);
    assert!(is_asleep(view));
}

fn watching(folder: &Path) -> ReceiverOptions {
    ReceiverOptions {
        directories: vec![folder.to_owned()],
        ..ReceiverOptions::default()
    }
}

/// Span after span, each once the receiver sleeps. It would not sleep again and again if it did not hear what wakes it.
fn wakes_for_each_record(reading: &Reading, writer: &Arc<Writer>, path: &Path) {
    let mut app = Spans::new(writer);
    let view = open(path, Access::Read);
    for id in 2..=5 {
        until_asleep(&view);
        app.whole(id);
        assert!(!is_asleep(&view), "woken before the call returns");
        assert_eq!(reading.spans(1)[0].id, id);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_receiver_at_rest_is_woken_by_the_next_record_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    Spans::new(&writer).whole(1);
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(reading.spans(1)[0].id, 1);
    wakes_for_each_record(&reading, &writer, &files(folder.path())[0]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_receiver_at_rest_is_woken_by_a_file_that_was_made_since_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let reading = Reading::start(watching(folder.path()));
    let writer = in_directory(folder.path());
    Spans::new(&writer).whole(1);
    assert_eq!(reading.spans(1)[0].id, 1);
    wakes_for_each_record(&reading, &writer, &files(folder.path())[0]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_receiver_at_rest_is_woken_by_the_one_file_that_it_was_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.bin");
    let writer = at_path(&path);
    Spans::new(&writer).whole(1);
    let reading = Reading::start(ReceiverOptions {
        files: vec![path.clone()],
        ..ReceiverOptions::default()
    });
    assert_eq!(reading.spans(1)[0].id, 1);
    wakes_for_each_record(&reading, &writer, &path);
}

#[test]
#[cfg(target_os = "linux")]
fn a_flush_wakes_a_receiver_at_rest_and_so_does_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    Spans::new(&writer).whole(1);
    let reading = Reading::start(watching(folder.path()));
    reading.spans(1);
    let view = open(&files(folder.path())[0], Access::Read);
    until_asleep(&view);
    let epoch = writer.request_flush();
    assert!(!is_asleep(&view));
    until("the flush is answered", || slot(&view).acknowledged_epoch() == epoch);
    until_asleep(&view);
    assert_eq!(reading.stop(), []);
}

#[test]
fn a_writer_touches_its_file_once_for_a_reader_that_sleeps_and_never_for_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let path = &files(folder.path())[0];
    let (file, view) = (
        File::options().write(true).open(path).unwrap(),
        open(path, Access::ReadWrite),
    );
    let mut is_touched_by_a_record = |id| {
        // the time that writing to memory leaves alone
        file.set_times(FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH))
            .unwrap();
        app.whole(id);
        fs::metadata(path).unwrap().accessed().unwrap() > SystemTime::UNIX_EPOCH
    };
    assert!(!is_touched_by_a_record(2));
    slot(&view).set_sleeping(true);
    assert!(is_touched_by_a_record(3));
    assert!(!is_touched_by_a_record(4));
    assert_eq!(view.ring(RingId::Spans).writer_index(), 7);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_whose_writer_is_not_heard_is_looked_at_instead() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let writer = in_directory(elsewhere.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    // the system tells who watches the folder in which the writer opened it
    let path = folder.path().join("linked.mmap");
    fs::hard_link(&files(elsewhere.path())[0], &path).unwrap();
    let reading = Reading::start(watching(folder.path()));
    reading.spans(1);
    let view = open(&path, Access::Read);
    for id in 2..=4 {
        until_asleep(&view);
        app.whole(id);
        assert_eq!(reading.spans(1)[0].id, id);
    }
    let since = slot(&view).heartbeat();
    until("it came round for longer than it waits before it sleeps", || {
        assert!(!is_asleep(&view));
        Duration::from_nanos(slot(&view).heartbeat() - since) > WATCHDOG / 8
    });
}
