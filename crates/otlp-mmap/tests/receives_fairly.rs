//! Many files at once: none is starved by another, all are found at once, and what is read can be changed and held back.

#[path = "support/spans.rs"]
mod spans;
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::receiver::ReceiverOptions;
use otlp_mmap::writer::Writer;
use spans::{Reading, Spans, end, spans_of, start, until};
use support::{files, in_directory};

fn watching(include: &[PathBuf]) -> ReceiverOptions {
    ReceiverOptions {
        directories: include.to_vec(),
        ..ReceiverOptions::default()
    }
}

/// Writers of several processes, as far as their files tell.
fn writers(folder: &Path, count: usize) -> Vec<Arc<Writer>> {
    (0..count).map(|_| in_directory(folder)).collect()
}

#[test]
fn apps_that_flood_their_files_do_not_starve_one_that_does_not() {
    const FLOODS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let writers = writers(folder.path(), FLOODS + 1);
    let mut apps: Vec<_> = writers.iter().map(Spans::new).collect();
    let mut id = 1_000;
    let mut flood = |app: &mut Spans| {
        while app.write(start, id) == otlp_mmap::writer::CommitStatus::Published {
            app.write(end, id);
            id += 1;
        }
    };
    let (quiet, floods) = apps.split_last_mut().unwrap();
    floods.iter_mut().for_each(&mut flood);
    quiet.whole(1);
    let reading = Reading::start(ReceiverOptions {
        // room for one piece of one span, so that everybody always waits for it
        max_unacknowledged_bytes: 1,
        max_items: 1,
        ..watching(&[folder.path().to_owned()])
    });
    let mut pieces = 0;
    loop {
        let piece = reading.piece();
        reading.receiver.acknowledge(piece.sequence);
        if spans_of(&piece).iter().any(|span| span.id == 1) {
            break;
        }
        pieces += 1;
        assert!(
            pieces <= 4 * FLOODS,
            "{pieces} pieces of others came before the first of this one"
        );
        floods.iter_mut().for_each(&mut flood);
    }
}

#[test]
fn hundreds_of_files_are_found_and_read_at_once() {
    const FILES: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let reading = Reading::start(watching(&[folder.path().to_owned()]));
    let writers = writers(folder.path(), FILES);
    for (id, writer) in (1..).zip(&writers) {
        Spans::new(writer).whole(id);
    }
    let mut found = Vec::new();
    while found.len() < FILES {
        let piece = reading.piece();
        found.extend(spans_of(&piece).into_iter().map(|span| span.id));
        reading.receiver.acknowledge(piece.sequence);
    }
    found.sort_unstable();
    assert_eq!(found, (1..=FILES as u64).collect::<Vec<_>>());
}

#[test]
fn patterns_find_folders_that_come_later_and_sources_can_be_changed() {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (root.path().join("app-1"), root.path().join("other"));
    let reading = Reading::start(watching(&[root.path().join("app-*")]));
    Spans::new(&in_directory(&first)).whole(1);
    let piece = reading.piece();
    assert_eq!(spans_of(&piece)[0].id, 1);
    reading.receiver.acknowledge(piece.sequence);

    Spans::new(&in_directory(&second)).whole(2);
    reading.receiver.watch(vec![second], vec![]);
    assert_eq!(spans_of(&reading.piece())[0].id, 2);
}

#[test]
fn while_it_is_paused_nothing_is_read_and_heartbeats_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    app.whole(1);
    let reading = Reading::start(watching(&[folder.path().to_owned()]));
    let piece = reading.piece();
    reading.receiver.pause();
    app.whole(2);
    reading.receiver.acknowledge(piece.sequence);
    let view = FileView::open(&files(folder.path())[0], Access::Read).unwrap();
    // the acknowledgement is heard after the pause
    until("the first is given back", || {
        view.ring(RingId::Spans).reader_index() == 1
    });
    let heartbeat = writer.status().reader_heartbeat;
    until("a heartbeat", || writer.status().reader_heartbeat > heartbeat);
    assert_eq!(reading.receiver.stats().items[0], 1);
    assert!(reading.receiver.silence() < Duration::from_secs(5));
    reading.receiver.resume();
    assert_eq!(spans_of(&reading.piece())[0].id, 2);
}
