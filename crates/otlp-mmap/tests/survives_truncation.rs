//! A file that is truncated, or removed, while it is mapped: no process dies of it.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::fs::{self, OpenOptions};

use metrics::{Meter, Read, counter, histogram, read};
use otlp_mmap::file::{Access, FileView, Refresh, RingId};
use otlp_mmap::writer::{CommitStatus, Location, Writer};
use support::{drain, files, options};

#[test]
fn a_reader_of_a_truncated_file_finds_zeros_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let writer = support::in_directory(folder.path());
    writer.handle().commit(RingId::Spans, writer.epoch(), b"record");
    let path = folder.path().join("copy.mmap");
    fs::copy(writer.status().file.unwrap(), &path).unwrap();
    for access in [Access::Read, Access::ReadWrite] {
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        let view = FileView::open(&path, access).unwrap();
        file.set_len(0).unwrap();
        let mut record = Vec::new();
        assert!(!view.mapping().poisoned());
        let ring = view.ring(RingId::Spans);
        assert_eq!(ring.writer_index(), 0, "zeros");
        assert_eq!(ring.copy_record(0, &mut record), Ok(()));
        assert!(record.is_empty());
        assert!(view.mapping().poisoned());
        assert_eq!(view.mapping().load_i64(0), Some(0));
        assert_eq!(view.mapping().refresh().unwrap(), Refresh::Shrunk);
        assert_eq!(view.mapping().load_i64(0), None);
        let whole = fs::read(writer.status().file.unwrap()).unwrap();
        fs::write(&path, &whole).unwrap();
        assert_eq!(whole.len() as u64, length);
    }
}

#[test]
fn an_app_whose_file_is_truncated_goes_on_in_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(otlp_mmap::writer::WriterOptions {
        geometry: None,
        ..options(Location::Directory(folder.path().to_owned()))
    })
    .unwrap();
    let mut handle = writer.handle();
    // Cut to nothing, within the rings, and just before the dictionary's last pages.
    for part in [0, 2, 3] {
        let epoch = writer.epoch();
        assert_eq!(handle.commit(RingId::Spans, epoch, b"before"), CommitStatus::Published);
        let path = writer.status().file.unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length / 4 * part).unwrap();
        let mut tries = 0;
        loop {
            let epoch = writer.epoch();
            let interned = writer.intern_string(epoch, "a key that is written to the dictionary");
            let spans = handle.commit(RingId::Spans, epoch, b"after");
            let measurements = handle.commit(RingId::Measurements, epoch, b"after");
            if interned.is_ok() && spans == CommitStatus::Published && measurements == CommitStatus::Published {
                break;
            }
            tries += 1;
            assert!(tries < 5, "{interned:?} {spans:?} {measurements:?}");
        }
        assert!(tries > 0 || part == 3);
        let now = writer.status().file.unwrap();
        if part < 3 {
            assert_ne!(now, path);
        }
        let view = FileView::open(&now, Access::ReadWrite).unwrap();
        assert_eq!(drain(&view, RingId::Spans).last().unwrap(), b"after");
    }
}

#[test]
fn an_app_whose_file_was_removed_goes_on_in_a_new_one_when_it_notices() {
    let folder = tempfile::tempdir().unwrap();
    let writer = support::in_directory(folder.path());
    let mut handle = writer.handle();
    while handle.commit(RingId::Spans, writer.epoch(), b"before") == CommitStatus::Published {}
    fs::remove_file(writer.status().file.unwrap()).unwrap();
    assert!(files(folder.path()).is_empty());
    assert!(
        writer.request_flush() == 0,
        "a flush looks, too, and there is no file now"
    );
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"after"),
        CommitStatus::Published
    );
    assert_eq!(files(folder.path()), [writer.status().file.unwrap()]);
    assert!(writer.status().warnings[0].contains("removed while it was in use"));
}

#[test]
fn an_app_whose_file_was_removed_loses_few_records_before_it_notices() {
    let folder = tempfile::tempdir().unwrap();
    let writer = support::with_span_slots(folder.path(), 1024);
    let mut handle = writer.handle();
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"before"),
        CommitStatus::Published
    );
    fs::remove_file(writer.status().file.unwrap()).unwrap();
    let epoch = writer.epoch();
    let lost = (0..64)
        .take_while(|_| handle.commit(RingId::Spans, epoch, b"lost") == CommitStatus::Published)
        .count();
    assert_eq!(
        lost, 63,
        "who looks with the last of 64 records has the next one asked for again"
    );
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"after"),
        CommitStatus::Published
    );
    assert_eq!(files(folder.path()), [writer.status().file.unwrap()]);
    assert!(writer.status().warnings[0].contains("removed while it was in use"));
}

#[test]
fn metrics_whose_file_was_removed_or_truncated_begin_anew_in_another_when_that_is_noticed() {
    for is_cut in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let writer = support::in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let [sum, times] = [counter("sum"), histogram("times", &[1.0])].map(|each| meter.define(each));
        for round in 1..4 {
            for instrument in [sum, times] {
                meter.record(instrument, "a", 1.0);
            }
            let path = writer.status().file.unwrap();
            let found = read(&path);
            assert_eq!(found.len(), 2, "of round {round} alone");
            assert_eq!(found[0].point, Read::Number(1.0));
            if is_cut {
                OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .unwrap()
                    .set_len(4096)
                    .unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            // what is measured now is lost: nobody looks before the clock does
            let epoch = writer.cells_epoch();
            meter.handle.tick();
            assert_ne!(writer.cells_epoch(), epoch);
        }
        assert_eq!(files(folder.path()).len(), if is_cut { 3 } else { 0 });
        assert_eq!(writer.status().warnings.len(), usize::from(!is_cut));
    }
}

#[test]
fn a_single_file_that_is_truncated_or_removed_is_put_back_at_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.mmap");
    let writer = support::at_path(&path);
    let (mut handle, mut idle) = (writer.handle(), writer.handle());
    for remove in [false, true] {
        // A second handle remembers the lost file, and must not keep the path from the next one.
        assert_eq!(
            idle.commit(RingId::Events, writer.epoch(), b"x"),
            CommitStatus::Published
        );
        if remove {
            fs::remove_file(&path).unwrap();
            assert_eq!(writer.request_flush(), 0);
        } else {
            let whole = fs::read(&path).unwrap();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(0).unwrap();
            assert_eq!(
                handle.commit(RingId::Spans, writer.epoch(), b"lost"),
                CommitStatus::Stale
            );
            // Filled again by whoever truncated it, the same inode is a sound file.
            fs::write(&path, whole).unwrap();
        }
        assert_eq!(
            handle.commit(RingId::Spans, writer.epoch(), b"after"),
            CommitStatus::Published
        );
        assert_eq!(writer.status().file.as_deref(), Some(&*path));
        let view = FileView::open(&path, Access::ReadWrite).unwrap();
        assert_eq!(drain(&view, RingId::Spans), [b"after"]);
    }
}

/// Each test program uses a part of these.
const _: () = {
    let _ = (
        metrics::attributes,
        metrics::exponential,
        metrics::points_of,
        metrics::points_of_json,
        metrics::deltas,
    );
};
