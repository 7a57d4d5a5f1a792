//! One writer and one index-moving reader a file, told by locks that end with their opening.

mod support;

use std::sync::Arc;

use otlp_mmap::file::lock::{Lock, Role};
use otlp_mmap::file::{Access, FileView, RingId, liveness};
use support::in_directory;

#[test]
fn two_openings_exclude_each_other_and_a_viewer_sees_who_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    let path = writer.status().file.unwrap();
    let [first, second] = [0, 1].map(|_| FileView::open(&path, Access::ReadWrite).unwrap());
    let viewer = FileView::open(&path, Access::Read).unwrap();
    let locked = |role| Lock::is_locked_by_other(viewer.mapping().file(), &path, role).unwrap();
    assert!(locked(Role::Writer));
    assert!(!locked(Role::Reader));
    assert!(Lock::try_lock(first.mapping(), &path, Role::Writer).unwrap().is_none());
    let held = Lock::try_lock(first.mapping(), &path, Role::Reader).unwrap().unwrap();
    assert!(Lock::try_lock(second.mapping(), &path, Role::Reader).unwrap().is_none());
    assert!(locked(Role::Reader));
    assert!(
        !Lock::is_locked_by_other(first.mapping().file(), &path, Role::Reader).unwrap(),
        "our own is not another's"
    );
    drop(held);
    assert!(!locked(Role::Reader));
    assert!(Lock::try_lock(second.mapping(), &path, Role::Reader).unwrap().is_some());
}

#[test]
fn a_writer_lives_while_it_holds_its_file_and_is_dead_when_it_closed_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    let viewer = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    assert_eq!(liveness::of_writer(&viewer).unwrap(), liveness::Liveness::Alive);
    writer.close();
    assert_eq!(liveness::of_writer(&viewer).unwrap(), liveness::Liveness::Dead);
}

#[test]
fn a_dropped_writer_closes_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    handle.commit(RingId::Spans, writer.epoch(), b"x");
    let viewer = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    drop(Arc::clone(&writer));
    drop(writer);
    assert!(!viewer.extension().unwrap().closed(), "a handle keeps it");
    drop(handle);
    assert!(viewer.extension().unwrap().closed());
    assert_eq!(liveness::of_writer(&viewer).unwrap(), liveness::Liveness::Dead);
}
