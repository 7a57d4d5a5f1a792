//! A new file takes over without a record lost, doubled or read with the wrong references.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use otlp_mmap::file::{Access, FileView, RingId, liveness};
use otlp_mmap::writer::{CommitStatus, Geometry, Location, RingSize, Writer, WriterOptions};
use support::{drain, files, in_directory, options};

#[test]
fn a_record_with_references_of_an_earlier_file_is_told_to_be_encoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    let old = writer.epoch();
    assert!(!writer.roll(), "there is no file to roll from");
    assert_eq!(handle.commit(RingId::Spans, old, b"before"), CommitStatus::Published);
    assert!(writer.roll());
    assert_eq!(handle.commit(RingId::Spans, old, b"stale"), CommitStatus::Stale);
    assert_eq!(writer.intern_string(old, "key"), Err(CommitStatus::Stale));
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"after"),
        CommitStatus::Published
    );
    let files = files(folder.path());
    assert_eq!(files.len(), 2);
    let views: Vec<_> = files
        .iter()
        .map(|path| FileView::open(path, Access::ReadWrite).unwrap())
        .collect();
    let [first, second] = [0, 1].map(|generation| {
        views
            .iter()
            .find(|view| view.extension().unwrap().identity().generation == generation)
            .unwrap()
    });
    let stream = |view: &FileView| view.extension().unwrap().identity().stream_id;
    assert_eq!(stream(first), stream(second));
    assert!(first.extension().unwrap().closed());
    assert!(!second.extension().unwrap().closed());
    assert_eq!(
        liveness::of_writer(first).unwrap(),
        liveness::Liveness::Dead,
        "nothing more will come"
    );
    assert_eq!(liveness::of_writer(second).unwrap(), liveness::Liveness::Alive);
    assert!(!writer.drained(), "the first file is not read");
    assert_eq!(drain(first, RingId::Spans), [b"before"]);
    assert_eq!(drain(second, RingId::Spans), [b"after"]);
    assert!(writer.drained());
}

#[test]
fn a_full_dictionary_begins_a_file_in_which_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut epochs = HashSet::new();
    for number in 0..3000 {
        let text = format!("attribute.key.number.{number}");
        let reference = loop {
            let epoch = writer.epoch();
            match writer.intern_string(epoch, &text) {
                Ok(reference) => {
                    epochs.insert(epoch);
                    break reference;
                }
                Err(status) => assert_eq!(status, CommitStatus::Stale),
            }
        };
        let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
        let mut entry = Vec::new();
        view.dictionary().copy_entry(reference, 1 << 16, &mut entry).unwrap();
        assert_eq!(entry, text.as_bytes());
    }
    assert!(epochs.len() > 5);
    assert_eq!(files(folder.path()).len(), epochs.len());
    // A string that no dictionary can hold does not roll for ever.
    let generation = writer.status().generation;
    let long = "x".repeat(7000);
    assert_eq!(writer.intern_string(writer.epoch(), &long), Err(CommitStatus::Limit));
    assert_eq!(writer.status().generation, generation);
}

#[test]
fn a_file_gives_way_before_its_indices_reach_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(WriterOptions {
        roll_at: 9,
        ..options(Location::Directory(folder.path().to_owned()))
    })
    .unwrap();
    let mut handle = writer.handle();
    for number in 0..25u8 {
        while handle.commit(RingId::Events, writer.epoch(), &[number]) != CommitStatus::Published {}
    }
    let mut seen = Vec::new();
    for path in files(folder.path()) {
        let view = FileView::open(&path, Access::ReadWrite).unwrap();
        assert!(view.ring(RingId::Events).writer_index() <= 9);
        seen.push((
            view.extension().unwrap().identity().generation,
            drain(&view, RingId::Events),
        ));
    }
    seen.sort();
    assert_eq!(seen.len(), 3);
    let records: Vec<u8> = seen.into_iter().flat_map(|(_, records)| records.concat()).collect();
    assert_eq!(records, (0..25).collect::<Vec<u8>>());
}

#[test]
fn a_new_file_carries_resource_and_settings_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.set_resource(
        b"\x0a\x10\x0a\x04zone\x12\x08\x0a\x06eu-one",
        "https://schema.test",
        true,
    );
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    for _ in 0..2 {
        let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
        let extension = view.extension().unwrap();
        assert!(extension.resource_settled());
        let mut entry = Vec::new();
        view.dictionary()
            .copy_entry(extension.resource_ref(), 1 << 16, &mut entry)
            .unwrap();
        assert!(entry.ends_with(b"\x12\x08\x0a\x06eu-one"), "{entry:?}");
        entry.clear();
        view.dictionary()
            .copy_entry(extension.resource_schema_url_ref(), 1 << 16, &mut entry)
            .unwrap();
        assert_eq!(entry, b"https://schema.test");
        assert!(writer.roll());
    }
}

/// Commits records until told to stop, and returns how many were published: thread and number, a reference, its epoch.
fn commit_until(done: &AtomicBool, writer: &Arc<Writer>, thread: u64) -> u64 {
    let mut handle = writer.handle();
    let mut number = 0;
    let mut cached = (0, 0);
    while !done.load(Ordering::Relaxed) {
        let epoch = writer.epoch();
        if cached.0 != epoch {
            // The reference leads to the epoch's own name, so a record in the wrong file shows.
            let Ok(reference) = writer.intern_string(epoch, &format!("epoch {epoch}")) else {
                continue;
            };
            cached = (epoch, reference);
        }
        let words = [thread << 32 | number, cached.1 as u64, u64::from(epoch)];
        match handle.commit(RingId::Spans, epoch, &words.map(u64::to_le_bytes).concat()) {
            CommitStatus::Published => number += 1,
            CommitStatus::Stale => {}
            CommitStatus::Full => thread::yield_now(),
            other => panic!("{other:?}"),
        }
    }
    number
}

/// Every record whose commit said Published is in exactly one file, whole and with the references of that file.
#[test]
fn concurrent_commits_across_roll_overs_are_each_found_in_exactly_one_file() {
    // More threads than cores: some are always preempted between two steps of a commit.
    const THREADS: u64 = 4;
    const ROLLS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let ring = RingSize {
        buffers: 8192,
        buffer_size: 64,
    };
    let smallest = RingSize {
        buffers: 2,
        buffer_size: 64,
    };
    let writer = Writer::open(WriterOptions {
        geometry: Some(Geometry {
            events: smallest,
            spans: ring,
            measurements: smallest,
            spill_bytes: 0,
            dictionary_bytes: 4096,
        }),
        directory_limit: Some(4 << 30),
        ..options(Location::Directory(folder.path().to_owned()))
    })
    .unwrap();
    assert_eq!(
        writer.handle().commit(RingId::Spans, writer.epoch(), b""),
        CommitStatus::Published
    );
    let mut seen = HashSet::new();
    let mut take = |view: &FileView, last: i64| {
        let ring = view.ring(RingId::Spans);
        let patience = Instant::now() + Duration::from_secs(60);
        while ring.reader_index() < last {
            assert!(Instant::now() < patience, "a slot stays claimed and unpublished");
            for record in drain(view, RingId::Spans) {
                if record.is_empty() {
                    continue;
                }
                let word = |at: usize| u64::from_le_bytes(record[at..at + 8].try_into().unwrap());
                assert!(seen.insert(word(0)), "{} is there twice", word(0));
                let mut entry = Vec::new();
                view.dictionary()
                    .copy_entry(word(8) as i64, 1 << 10, &mut entry)
                    .unwrap();
                assert_eq!(entry, format!("epoch {}", word(16)).as_bytes());
            }
        }
    };
    let done = AtomicBool::new(false);
    let published: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (writer, done) = (Arc::clone(&writer), &done);
                scope.spawn(move || commit_until(done, &writer, thread))
            })
            .collect();
        for _ in 0..ROLLS {
            let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
            assert!(writer.roll());
            // A reader finishes a closed file at once, up to the index that it finds then, and never comes back.
            assert!(view.extension().unwrap().closed());
            take(&view, view.ring(RingId::Spans).writer_index());
            std::fs::remove_file(view.path()).unwrap();
            // Let every thread come to commit in the new file.
            for _ in 0..50 {
                thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(files(folder.path()).len(), 1);
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    take(&view, view.ring(RingId::Spans).writer_index());
    let expected: HashSet<u64> = (0..THREADS)
        .flat_map(|thread| (0..published[thread as usize]).map(move |number| thread << 32 | number))
        .collect();
    assert!(published.iter().all(|count| *count > 0));
    assert!(
        seen == expected,
        "{} of {} published records",
        seen.len(),
        expected.len()
    );
}
