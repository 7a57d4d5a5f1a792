//! No room for a file: the app runs on, is told why, and every loss is counted. The limit is the process' own, and holds for what
//! the test program prints, too, so this test is alone in it.

#[path = "support/disk.rs"]
mod disk;
mod support;

use disk::limit_file_size;
use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::layout::constant;
use otlp_mmap::writer::CommitStatus;
use support::{drain, files, in_directory};

#[test]
fn an_app_without_room_for_its_file_runs_on_and_its_next_file_tells_what_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    limit_file_size(8192);
    for _ in 0..3 {
        assert_eq!(
            handle.commit(RingId::Spans, writer.epoch(), b"lost"),
            CommitStatus::Disk
        );
    }
    assert_eq!(writer.intern_string(writer.epoch(), "key"), Err(CommitStatus::Disk));
    let error = writer.status().error.unwrap();
    assert!(error.contains(&*folder.path().to_string_lossy()), "{error}");
    assert!(
        error.contains("no room for a file of") && error.contains("free space"),
        "{error}"
    );
    assert_eq!(writer.status().drops, [(RingId::Spans, constant::DROP_DISK, 3)]);
    assert!(files(folder.path()).is_empty(), "nothing half-made stays");

    limit_file_size(libc::RLIM_INFINITY);
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"kept"),
        CommitStatus::Published
    );
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    assert_eq!(view.extension().unwrap().drops(RingId::Spans, constant::DROP_DISK), 3);
    assert_eq!(writer.status().error, None);

    // No room for the next file: the current one goes on with the references that it has.
    limit_file_size(8192);
    let epoch = writer.epoch();
    assert!(!writer.roll());
    assert!(writer.status().error.is_some());
    assert_eq!(
        handle.commit(RingId::Spans, epoch, b"kept, too"),
        CommitStatus::Published
    );
    let mut status = Ok(0);
    for number in 0.. {
        status = writer.intern_string(epoch, &format!("a key that fills the dictionary {number}"));
        if status.is_err() {
            break;
        }
    }
    assert_eq!(status, Err(CommitStatus::Disk));
    assert_eq!(
        handle.commit(RingId::Spans, epoch, b"and this"),
        CommitStatus::Published
    );
    assert_eq!(drain(&view, RingId::Spans), [&b"kept"[..], b"kept, too", b"and this"]);
    limit_file_size(libc::RLIM_INFINITY);
    assert!(writer.roll());
}
