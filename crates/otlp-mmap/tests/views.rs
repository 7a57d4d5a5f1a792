//! Viewers change nothing, wait for nobody, and nobody waits for them.

#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs;
use std::path::Path;

use otlp_mmap::file::liveness::Liveness;
use otlp_mmap::layout::constant;
use otlp_mmap::otlp::{Signal, json};
use otlp_mmap::viewer::{Viewer, Visit, inspect};
use otlp_mmap::writer::CommitStatus;
use spans::{Spans, end, start};
use support::{files, in_directory};

fn viewer(folder: &Path) -> Viewer {
    Viewer::new(vec![folder.to_owned()], vec![])
}

/// Names of the spans in a visit.
fn names(visit: &Visit) -> Vec<String> {
    let traces = visit.pieces.iter().filter(|(signal, _)| *signal == Signal::Traces);
    traces.flat_map(|(_, piece)| names_in(&piece.bytes)).collect()
}

fn names_in(request: &[u8]) -> Vec<String> {
    let text = json::request_to_json(Signal::Traces, request).unwrap();
    let request: serde_json::Value = serde_json::from_str(&text).unwrap();
    let groups = request["resourceSpans"].as_array().unwrap();
    let scopes = groups.iter().flat_map(|group| group["scopeSpans"].as_array().unwrap());
    let spans = scopes.flat_map(|scope| scope["spans"].as_array().unwrap());
    spans.map(|span| span["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_ends_while_a_viewer_looks_is_shown_once_and_what_ended_before_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    spans.whole(1);
    spans.write(start, 2);
    let mut viewer = viewer(folder.path());
    assert!(names(&viewer.visit()).is_empty(), "history");
    spans.write(end, 2);
    spans.whole(3);
    spans.log(7);
    let visit = viewer.visit();
    assert_eq!(
        names(&visit),
        ["span 2", "span 3"],
        "span 2 began before the viewer did"
    );
    assert_eq!(
        visit
            .pieces
            .iter()
            .filter(|(signal, _)| *signal == Signal::Logs)
            .count(),
        1
    );
    assert_eq!(visit.lost, 0);
    assert!(viewer.visit().pieces.is_empty());
}

#[test]
fn open_spans_are_told_longest_first_and_stay_open() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    for id in 1..=5 {
        spans.write(start, id);
    }
    spans.write(end, 2);
    let mut viewer = viewer(folder.path());
    viewer.visit();
    for _ in 0..2 {
        let open = viewer.open_spans(3);
        assert_eq!(
            names_in(&open[0].as_ref().unwrap().bytes),
            ["span 1", "span 3", "span 4"]
        );
        assert_eq!(viewer.processes()[0].open_spans, 4);
    }
    spans.write(end, 3);
    assert_eq!(names(&viewer.visit()), ["span 3"]);
}

#[test]
fn records_that_come_faster_than_a_viewer_looks_are_lost_to_it_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    spans.whole(1);
    let path = files(folder.path()).remove(0);
    let mut viewer = viewer(folder.path());
    viewer.visit();
    let mut owner = otlp_mmap::reader::FileReader::attach(&path, std::time::Duration::ZERO).unwrap();
    let mut record = Vec::new();
    let mut written = 2;
    // three laps of the ring, each read by its owner and by nobody else
    let slots = viewer.processes()[0].rings[1].buffers;
    while written < 3 * slots {
        spans.whole(written);
        written += 2;
        let ring = otlp_mmap::file::RingId::Spans;
        while owner.next(ring, std::time::Instant::now(), &mut record) == otlp_mmap::reader::Next::Record {}
        owner.release(ring, owner.cursor(ring));
    }
    let visit = viewer.visit();
    assert_eq!(
        names(&visit).len() as u64 * 2 + visit.lost,
        viewer.processes()[0].written[1]
    );
    assert!(visit.lost >= slots);
}

#[test]
fn viewers_change_no_byte_beside_a_reader_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    spans.whole(1);
    spans.write(start, 2);
    let path = files(folder.path()).remove(0);
    let before = fs::read(&path).unwrap();
    let mut viewer = viewer(folder.path());
    viewer.visit();
    let _ = (viewer.processes(), viewer.open_spans(10), viewer.metrics(0));
    inspect(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);

    let owner = otlp_mmap::reader::FileReader::attach(&path, std::time::Duration::ZERO).unwrap();
    spans.write(end, 2);
    assert_eq!(names(&viewer.visit()), ["span 2"]);
    assert_eq!(owner.file().ring(otlp_mmap::file::RingId::Spans).reader_index(), -1);
    assert_eq!(viewer.processes()[0].reader_pid, std::process::id());
}

#[test]
fn an_inspection_tells_what_was_written_and_lost() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    spans.write(start, 1);
    let path = files(folder.path()).remove(0);
    let slots = inspect(&path).unwrap().rings[1].buffers;
    let mut full = 0;
    for id in 2..slots + 5 {
        full += u64::from(spans.write(start, id) == CommitStatus::Full);
    }
    let inspection = inspect(&path).unwrap();
    assert_eq!(inspection.rings[1].unread(), slots - 1);
    assert_eq!(inspection.rings[1].unpublished, 0);
    let extension = inspection.extension.unwrap();
    assert_eq!(extension.drops[1][constant::DROP_FULL as usize], full);
    assert_eq!(extension.identity.pid, std::process::id());
    assert_eq!(inspection.liveness, Liveness::Alive);
    assert_eq!(inspection.length, fs::metadata(&path).unwrap().len());
    drop(spans);
    writer.close();
    drop(writer);
    assert!(
        inspect(&path)
            .unwrap()
            .extension
            .unwrap()
            .states
            .iter()
            .all(|state| *state == constant::STATE_CLOSED)
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_once_and_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.mmap"), "dear diary ".repeat(100)).unwrap();
    let writer = in_directory(folder.path());
    let mut spans = Spans::new(&writer);
    spans.write(start, 1);
    let mut viewer = viewer(folder.path());
    let visit = viewer.visit();
    assert_eq!(visit.problems.len(), 1);
    assert!(visit.problems[0].contains("bad.mmap"), "{}", visit.problems[0]);
    assert_eq!(viewer.processes().len(), 1);
    assert!(viewer.visit().problems.is_empty());
}
