//! Single-file mode: one path, a new inode at each start, never two writers, never somebody else's file.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use otlp_mmap::file::{Access, FileView, Inode, RingId};
use otlp_mmap::layout::constant;
use otlp_mmap::writer::{CommitStatus, Writer};
use support::{at_path, drain, files};

fn first_record(writer: &std::sync::Arc<Writer>) -> CommitStatus {
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x")
}

#[test]
fn a_restart_puts_a_new_file_in_place_and_tells_readers_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.mmap");
    let writer = at_path(&path);
    assert_eq!(first_record(&writer), CommitStatus::Published);
    assert_eq!(writer.status().file.as_deref(), Some(&*path));
    let old = FileView::open(&path, Access::ReadWrite).unwrap();
    let time = old.header().time_unix_nano();
    drop(writer);

    let writer = at_path(&path);
    assert_eq!(
        Inode::at(&path),
        Some(old.inode()),
        "nothing happens before the first record"
    );
    assert_eq!(first_record(&writer), CommitStatus::Published);
    assert_ne!(Inode::at(&path), Some(old.inode()));
    assert_ne!(old.header().time_unix_nano(), time);
    assert_eq!(
        drain(&old, RingId::Spans),
        [b"x"],
        "what was unread in the old file is still there"
    );
    let new = FileView::open(&path, Access::Read).unwrap();
    assert_eq!(new.extension().unwrap().identity().mode, constant::MODE_SINGLE_FILE);
    assert_eq!(files(folder.path()), [path]);
}

#[test]
fn a_file_of_another_sdk_is_replaced_and_its_readers_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.mmap");
    let other = at_path(&folder.path().join("other.mmap"));
    first_record(&other);
    let mut bytes = fs::read(other.status().file.unwrap()).unwrap();
    bytes[64..72].fill(0);
    fs::write(&path, bytes).unwrap();
    let old = FileView::open(&path, Access::Read).unwrap();
    assert!(old.extension().is_none());
    let time = old.header().time_unix_nano();
    assert_eq!(first_record(&at_path(&path)), CommitStatus::Published);
    assert_ne!(old.header().time_unix_nano(), time);
}

#[test]
fn an_empty_or_damaged_file_is_replaced_and_anything_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.mmap");
    for content in [&b""[..], &[0; 4096], &[1, 0, 0]] {
        fs::write(&path, content).unwrap();
        assert_eq!(first_record(&at_path(&path)), CommitStatus::Published);
        fs::remove_file(&path).unwrap();
    }
    let text = b"somebody's notes, which have nothing to do with this and are long enough for a header: 64";
    fs::write(&path, text).unwrap();
    let refused = |path: &Path, part: &str| {
        let writer = at_path(path);
        assert_eq!(first_record(&writer), CommitStatus::Disk);
        let error = writer.status().error.unwrap();
        assert!(
            error.contains(part) && error.contains(path.to_str().unwrap()),
            "{error}"
        );
    };
    refused(&path, "not an otlp-mmap file");
    assert_eq!(fs::read(&path).unwrap(), text);
    let link = folder.path().join("link.mmap");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    refused(&link, "symbolic link");
    fs::create_dir(folder.path().join("folder.mmap")).unwrap();
    refused(&folder.path().join("folder.mmap"), "not a regular file");
    refused(&folder.path().join("absent/app.mmap"), "does not exist");
}

#[test]
fn a_single_file_never_rolls_and_its_full_dictionary_is_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let writer = at_path(&folder.path().join("app.mmap"));
    assert_eq!(first_record(&writer), CommitStatus::Published);
    let epoch = writer.epoch();
    let mut handle = writer.handle();
    let known = writer.intern_string(epoch, "known").unwrap();
    let mut result = Ok(0);
    for number in 0.. {
        result = writer.intern_string(epoch, &format!("a key that fills the dictionary {number}"));
        if result.is_err() {
            break;
        }
    }
    assert_eq!(result, Err(CommitStatus::Limit));
    for number in 0..10 {
        let scope = writer.intern_scope(epoch, &format!("a scope asked for late {number}"), "1", &[]);
        assert!(scope.is_ok(), "strings that users make up leave room for scopes");
    }
    assert!(!writer.roll());
    assert_eq!(writer.epoch(), epoch);
    assert_eq!(writer.intern_string(epoch, "known"), Ok(known));
    assert_eq!(handle.commit(RingId::Spans, epoch, b"y"), CommitStatus::Published);
}

#[test]
fn of_many_that_start_at_once_one_has_the_path_and_the_others_say_where_they_went() {
    for existing in [false, true].repeat(20) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.mmap");
        if existing {
            first_record(&at_path(&path));
        }
        let barrier = Barrier::new(6);
        let writers: Vec<_> = thread::scope(|scope| {
            let starters: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        let writer = at_path(&path);
                        barrier.wait();
                        assert_eq!(first_record(&writer), CommitStatus::Published);
                        writer
                    })
                })
                .collect();
            starters.into_iter().map(|starter| starter.join().unwrap()).collect()
        });
        let (at, elsewhere): (Vec<_>, Vec<_>) = writers
            .iter()
            .partition(|writer| writer.status().file.as_deref() == Some(&*path));
        assert_eq!(at.len(), 1, "exactly one");
        let view = FileView::open(&path, Access::ReadWrite).unwrap();
        assert_eq!(drain(&view, RingId::Spans).len(), 1, "the path leads to its file");
        assert_eq!(
            files(folder.path()),
            std::slice::from_ref(&path),
            "nothing hidden is left"
        );
        for writer in elsewhere {
            let status = writer.status();
            let file = status.file.unwrap();
            assert!(
                status.warnings[0].contains("another living process"),
                "{:?}",
                status.warnings
            );
            assert!(status.warnings[0].contains(path.to_str().unwrap()));
            writer.close();
            fs::remove_file(file).unwrap();
        }
    }
}
