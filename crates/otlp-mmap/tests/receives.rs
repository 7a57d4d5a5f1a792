//! The receiver gives every record to its consumer, keeps it in the file until that is acknowledged, and tidies up.

#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use flate2::read::GzDecoder;
use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::layout::{constant, header, ring};
use otlp_mmap::otlp::Signal;
use otlp_mmap::receiver::{Event, HandedPiece, ReceiverOptions};
use otlp_mmap::writer::CommitStatus;
use spans::{Out, Reading, Spans, end, log, logs_of, spans_of, start, until};
use support::{files, in_directory};

fn watching(folder: &Path) -> ReceiverOptions {
    ReceiverOptions {
        directories: vec![folder.to_owned()],
        ..ReceiverOptions::default()
    }
}

fn whole(ids: impl IntoIterator<Item = u64>) -> Vec<Out> {
    ids.into_iter().map(|id| Out { id, incomplete: false }).collect()
}

#[test]
fn records_stay_in_the_file_until_they_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    (1..=3).for_each(|id| app.whole(id));
    let view = FileView::open(&files(folder.path())[0], Access::Read).unwrap();

    let first = Reading::start(watching(folder.path()));
    let piece = first.piece();
    assert_eq!(spans_of(&piece), whole(1..=3));
    assert_eq!(view.ring(RingId::Spans).reader_index(), -1);
    drop(first);

    // the first one is gone without a word; its successor reads the same again
    let mut again = Vec::new();
    let second = Reading::start(watching(folder.path()));
    while again.len() < 3 {
        let piece = second.piece();
        again.extend(spans_of(&piece));
        assert_eq!(view.ring(RingId::Spans).reader_index(), -1);
        second.receiver.acknowledge(piece.sequence);
    }
    assert_eq!(again, whole(1..=3));
    until("the ring is given back", || {
        view.ring(RingId::Spans).reader_index() == 5
    });
}

/// Pieces until `logs` log records and `spans` spans are there, none of them acknowledged.
fn pieces(reading: &Reading, logs: u64, spans: usize) -> Vec<HandedPiece> {
    let mut pieces = Vec::new();
    let (mut found_logs, mut found_spans) = (Vec::new(), Vec::new());
    while found_logs.len() < logs as usize || found_spans.len() < spans {
        let piece = reading.piece();
        match piece.signal {
            Signal::Logs => found_logs.extend(logs_of(&piece)),
            _ => found_spans.extend(spans_of(&piece)),
        }
        pieces.push(piece);
    }
    assert_eq!(
        found_logs,
        (1..=logs).collect::<Vec<_>>(),
        "in the order in which they were written"
    );
    pieces
}

#[test]
fn log_records_and_spans_are_handed_over_apart_and_each_ring_waits_for_its_own_acknowledgement() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    (1..=3).for_each(|id| assert_eq!(app.log(id), CommitStatus::Published));
    let view = FileView::open(&files(folder.path())[0], Access::Read).unwrap();
    let reading = Reading::start(watching(folder.path()));
    let pieces = pieces(&reading, 3, 1);
    for piece in pieces.iter().filter(|piece| piece.signal == Signal::Logs) {
        reading.receiver.acknowledge(piece.sequence);
    }
    for piece in pieces.iter().filter(|piece| piece.signal == Signal::Traces) {
        assert_eq!(view.ring(RingId::Spans).reader_index(), -1);
        reading.receiver.acknowledge(piece.sequence);
    }
    until("both rings are given back", || writer.drained());
    let stats = reading.receiver.stats();
    assert_eq!((stats.records, stats.items), ([3, 2, 0], [1, 3, 0]));
}

#[test]
fn a_flush_waits_for_the_log_records_too() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(reading.spans(1), whole([1]));
    until("the span is given back", || writer.drained());
    assert_eq!(app.log(1), CommitStatus::Published);
    let epoch = writer.request_flush();
    let piece = reading.piece();
    assert_eq!((piece.signal, piece.urgent), (Signal::Logs, true));
    assert!(writer.acknowledged_epoch() < epoch);
    reading.receiver.acknowledge(piece.sequence);
    until("the flush is answered", || writer.acknowledged_epoch() >= epoch);
}

#[test]
fn a_file_of_the_dead_goes_only_when_its_log_records_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    assert_eq!(app.log(1), CommitStatus::Published);
    assert_eq!(app.write(end, 7), CommitStatus::Published);
    writer.close();
    let reading = Reading::start(watching(folder.path()));
    let pieces = pieces(&reading, 1, 0);
    until("the record of the other ring is taken", || {
        reading.receiver.stats().records == [1, 1, 0]
    });
    assert_eq!(files(folder.path()).len(), 1);
    reading.receiver.acknowledge(pieces[0].sequence);
    until("the file is removed", || files(folder.path()).is_empty());
    assert_eq!(reading.receiver.stats().items, [0, 1, 0]);
}

#[test]
fn what_a_writer_lost_is_told_by_ring_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    while app.log(1) == CommitStatus::Published {}
    writer.count_drop(RingId::Events, constant::DROP_LIMIT);
    let reading = Reading::start(watching(folder.path()));
    reading.piece();
    until("the losses are counted", || {
        let drops = reading.receiver.stats().writer_drops;
        let of = |reason: u32| drops.map(|ring| ring[reason as usize]);
        of(constant::DROP_FULL) == [1, 0, 0] && of(constant::DROP_LIMIT) == [1, 0, 0]
    });
}

#[test]
fn what_could_not_be_decoded_of_a_record_is_told_and_the_rest_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    // a log record of which an attribute has a key that is not in the dictionary
    let broken = |id, scope| {
        let mut record = log(id, scope);
        record.extend([0x42, 9, 0x08, 0xff, 0xff, 0xff, 0x3f, 0x12, 2, 0x18, 1]);
        record
    };
    assert_eq!(app.log_as(broken, 1), CommitStatus::Published);
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(logs_of(&reading.piece()), [1]);
    until("the attribute is counted", || {
        reading.receiver.stats().faults.undecodable_attributes == 1
    });
}

#[test]
fn the_file_of_a_closed_writer_is_removed_when_everything_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    assert_eq!(app.write(start, 2), CommitStatus::Published);
    writer.close();
    let reading = Reading::start(watching(folder.path()));
    let spans = reading.spans(2);
    assert_eq!(
        spans,
        [
            Out {
                id: 1,
                incomplete: false
            },
            Out {
                id: 2,
                incomplete: true
            }
        ]
    );
    until("the file is removed", || files(folder.path()).is_empty());
    let stats = reading.receiver.stats();
    assert_eq!((stats.items, stats.spans_incomplete), ([2, 0, 0], 1));
}

#[test]
fn spans_that_begin_in_one_file_and_end_in_the_next_come_out_whole() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    for id in 1..=8 {
        assert_eq!(app.write(start, id), CommitStatus::Published);
    }
    assert!(writer.roll());
    for id in 1..=4 {
        assert_eq!(app.write(end, id), CommitStatus::Published);
    }
    assert!(writer.roll());
    for id in 5..=8 {
        assert_eq!(app.write(end, id), CommitStatus::Published);
    }
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(reading.spans(8), whole(1..=8));
    until("only the current file is left", || files(folder.path()).len() == 1);
    assert_eq!(reading.receiver.stats().ends_without_start, 0);
}

#[test]
fn a_roll_over_under_the_reader_leaves_no_span_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    let reading = Reading::start(watching(folder.path()));
    let mut out = Vec::new();
    for id in 1..=20 {
        assert_eq!(app.write(start, id), CommitStatus::Published);
        assert!(writer.roll());
        assert_eq!(app.write(end, id), CommitStatus::Published);
        if id % 5 == 0 {
            out.extend(reading.spans(id as usize - out.len()));
        }
    }
    assert_eq!(out, whole(1..=20));
}

#[test]
fn a_flush_is_answered_only_when_what_it_asked_for_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let epoch = writer.request_flush();
    let reading = Reading::start(watching(folder.path()));
    let piece = reading.piece();
    assert!(piece.urgent);
    assert!(writer.acknowledged_epoch() < epoch);
    reading.receiver.acknowledge(piece.sequence);
    until("the flush is answered", || writer.acknowledged_epoch() >= epoch);
    let epoch = writer.request_flush();
    until("a flush with nothing new is answered at once", || {
        writer.acknowledged_epoch() >= epoch
    });
}

#[test]
fn reading_stops_while_too_much_is_not_acknowledged_and_the_rest_waits_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    let options = ReceiverOptions {
        max_unacknowledged_bytes: 1,
        max_items: 1,
        ..watching(folder.path())
    };
    let reading = Reading::start(options);
    app.whole(1);
    let first = reading.piece();
    app.whole(2);
    let view = FileView::open(&files(folder.path())[0], Access::Read).unwrap();
    reading.receiver.flush();
    assert_eq!(view.ring(RingId::Spans).reader_index(), -1);
    assert_eq!(reading.receiver.stats().records, [0, 2, 0]);
    reading.receiver.acknowledge(first.sequence);
    assert_eq!(reading.spans(1), whole([2]));
}

#[test]
fn a_stop_exports_what_is_read_and_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    assert_eq!(app.write(start, 2), CommitStatus::Published);
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(
        reading.stop(),
        [
            Out {
                id: 1,
                incomplete: false
            },
            Out {
                id: 2,
                incomplete: true
            }
        ]
    );
}

#[test]
fn a_second_receiver_leaves_the_file_to_the_first_and_takes_over_when_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let first = Reading::start(watching(folder.path()));
    assert_eq!(first.spans(1), whole([1]));
    let second = Reading::start(watching(folder.path()));
    assert!(
        second
            .line("another collector")
            .contains(&files(folder.path())[0].display().to_string())
    );
    first.stop();
    app.whole(2);
    assert_eq!(second.spans(1), whole([2]));
}

#[test]
fn a_bad_file_is_set_aside_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.mmap"), [7u8; 4096]).unwrap();
    let writer = in_directory(folder.path());
    Spans::new(&writer).whole(1);
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(reading.spans(1), whole([1]));
    until("it is counted", || reading.receiver.stats().files_set_aside == 1);
    assert!(
        folder.path().join("bad.mmap").exists(),
        "only files with our block are ever removed"
    );
}

#[test]
fn a_file_truncated_under_the_reader_is_set_aside_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, kept) = (in_directory(folder.path()), in_directory(folder.path()));
    Spans::new(&cut).whole(1);
    let path = cut.status().file.unwrap();
    let reading = Reading::start(watching(folder.path()));
    assert_eq!(reading.spans(1), whole([1]));
    OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert!(reading.line("set aside").contains(&path.display().to_string()));
    Spans::new(&kept).whole(2);
    assert_eq!(reading.spans(1), whole([2]));
}

/// A file of the public project's SDK, which carries no block of ours.
fn foreign(folder: &Path) -> std::path::PathBuf {
    let packed = fs::File::open(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../__test__/fixtures/a_traces.mmap.gz"
    ))
    .unwrap();
    let path = folder.join("foreign.mmap");
    std::io::copy(&mut GzDecoder::new(packed), &mut fs::File::create(&path).unwrap()).unwrap();
    path
}

fn word(path: &Path, at: u64) -> i64 {
    let mut bytes = [0; 8];
    fs::File::open(path).unwrap().read_exact_at(&mut bytes, at).unwrap();
    i64::from_le_bytes(bytes)
}

fn set_word(path: &Path, at: u64, value: i64) {
    OpenOptions::new()
        .write(true)
        .open(path)
        .unwrap()
        .write_all_at(&value.to_le_bytes(), at)
        .unwrap();
}

fn only(path: &Path) -> ReceiverOptions {
    ReceiverOptions {
        files: vec![path.to_owned()],
        dead_slot_timeout: Duration::ZERO,
        ..ReceiverOptions::default()
    }
}

#[test]
fn a_foreign_file_that_is_started_anew_in_place_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = foreign(folder.path());
    let reading = Reading::start(only(&path));
    assert_eq!(reading.spans(9).len(), 9);
    let spans = word(&path, header::SPANS_OFFSET as u64) as u64;
    until("everything is given back", || {
        word(&path, spans + ring::READER_INDEX as u64) == 18
    });

    // a restart as known writers do it; the same records stand in the slots once they are claimed again
    set_word(&path, spans + ring::WRITER_INDEX as u64, -1);
    set_word(&path, spans + ring::READER_INDEX as u64, -1);
    let time = word(&path, header::TIME_UNIX_NANO as u64);
    set_word(&path, header::TIME_UNIX_NANO as u64, time + 1);
    // the span that the first process left open
    let left = reading.spans(1);
    assert!(left[0].incomplete);
    set_word(&path, spans + ring::WRITER_INDEX as u64, 18);
    assert_eq!(reading.spans(9).iter().filter(|span| !span.incomplete).count(), 9);
    assert!(path.exists());
}

#[test]
fn a_hole_in_a_foreign_file_is_skipped_when_later_slots_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = foreign(folder.path());
    let spans = word(&path, header::SPANS_OFFSET as u64) as u64;
    // the start of "child-client" was never published
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&(-1i32).to_le_bytes(), spans + ring::AVAILABILITY as u64 + 4)
        .unwrap();
    let reading = Reading::start(only(&path));
    assert_eq!(reading.spans(8).len(), 8);
    let stats = reading.receiver.stats();
    until("it is counted", || reading.receiver.stats().slots_skipped == 1);
    assert!(stats.ends_without_start <= 1);
    until("so is the end of that span", || {
        reading.receiver.stats().ends_without_start == 1
    });
}

#[test]
fn a_file_that_takes_the_place_of_another_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = foreign(folder.path());
    let reading = Reading::start(only(&path));
    assert_eq!(reading.spans(9).len(), 9);
    let copy = folder.path().join("copy");
    let aside = tempfile::tempdir().unwrap();
    fs::File::create(&copy)
        .unwrap()
        .write_all(&fs::read(foreign(aside.path())).unwrap())
        .unwrap();
    fs::rename(&copy, &path).unwrap();
    assert_eq!(reading.spans(9).len(), 9);
}

#[test]
fn who_gathers_pieces_is_told_at_a_stop_once_all_records_are_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    let reading = Reading::start(watching(folder.path()));
    (1..=20).for_each(|id| app.whole(id));
    reading.receiver.stop();
    let mut spans = 0;
    let mut drained = false;
    loop {
        match reading.event() {
            Event::Piece(piece) => {
                assert!(!drained, "a piece behind the last");
                spans += spans_of(&piece).len();
                reading.receiver.acknowledge(piece.sequence);
            }
            Event::Drained => {
                assert!(!drained, "told twice");
                drained = true;
            }
            Event::Stopped(error) => {
                assert_eq!(error, None);
                break;
            }
            _ => {}
        }
    }
    assert!(drained);
    assert_eq!(spans, 20);
}
