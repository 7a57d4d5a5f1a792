//! fork without exec: the child's records go to a file of its own, and its parent's death is seen.
//!
//! Each test has a process of its own where it forks; the harness' other threads do nothing that a child needs.

#[path = "support/process.rs"]
mod process;
mod support;

use std::io::{Read, Write};

use otlp_mmap::file::lock::{Lock, Role};
use otlp_mmap::file::{Access, FileView, RingId, liveness};
use otlp_mmap::writer::CommitStatus;
use support::{drain, files, in_directory};

#[test]
fn a_forked_child_writes_a_file_of_its_own_and_leaves_its_parents_alone() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    let epoch = writer.epoch();
    assert_eq!(handle.commit(RingId::Spans, epoch, b"parent"), CommitStatus::Published);
    let key = writer.intern_string(epoch, "key").unwrap();
    let path = writer.status().file.unwrap();
    let view = FileView::open(&path, Access::ReadWrite).unwrap();

    let child = process::fork(|| {
        assert_eq!(handle.commit(RingId::Spans, epoch, b"stale"), CommitStatus::Stale);
        let mut other = writer.handle();
        let epoch = writer.epoch();
        assert_eq!(
            writer.intern_string(epoch, "key").map(|reference| reference != 0),
            Ok(true)
        );
        assert_eq!(handle.commit(RingId::Spans, epoch, b"child"), CommitStatus::Published);
        assert_eq!(
            other.commit(RingId::Spans, epoch, b"child again"),
            CommitStatus::Published
        );
        let status = writer.status();
        assert_ne!(status.file.as_ref(), Some(&path));
        assert_eq!(status.generation, 0);
        // Every byte of the parent's mapping is out of reach.
        assert_eq!(view.ring(RingId::Spans).claim(), None);
        assert_eq!(view.mapping().load_i64(0), None);
        0
    });
    assert!(child.wait().success());

    assert_eq!(
        handle.commit(RingId::Spans, epoch, b"parent again"),
        CommitStatus::Published
    );
    assert_eq!(writer.intern_string(epoch, "key"), Ok(key));
    assert_eq!(
        drain(&view, RingId::Spans),
        [b"parent".to_vec(), b"parent again".to_vec()]
    );
    assert_eq!(liveness::of_writer(&view).unwrap(), liveness::Liveness::Alive);
    let others: Vec<_> = files(folder.path())
        .into_iter()
        .filter(|file| file != view.path())
        .collect();
    assert_eq!(others.len(), 1);
    let childs = FileView::open(&others[0], Access::ReadWrite).unwrap();
    assert_eq!(
        drain(&childs, RingId::Spans),
        [b"child".to_vec(), b"child again".to_vec()]
    );
    let (ours, theirs) = (
        view.extension().unwrap().identity(),
        childs.extension().unwrap().identity(),
    );
    assert_ne!(ours.stream_id, theirs.stream_id);
    assert_ne!(ours.pid, theirs.pid);
    assert_eq!(liveness::of_writer(&childs).unwrap(), liveness::Liveness::Dead);
}

#[test]
fn a_writer_counts_as_dead_although_a_forked_child_keeps_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (mut told, mut tell) = std::io::pipe().unwrap();
    let (mut wait, release) = std::io::pipe().unwrap();
    let mut release = Some(release);
    let parent = process::fork(|| {
        let writer = in_directory(folder.path());
        writer.handle().commit(RingId::Spans, writer.epoch(), b"parent");
        tell.write_all(b"w").unwrap();
        let _child = process::fork(|| {
            // Holds every inherited descriptor until the test lets go of the pipe.
            release.take();
            let _ = wait.read(&mut [0]);
            0
        });
        // Without the writer's destructor: it dies at once.
        // SAFETY: ends this process.
        unsafe { libc::_exit(0) }
    });
    told.read_exact(&mut [0]).unwrap();
    assert!(parent.wait().success());
    let view = FileView::open(&files(folder.path())[0], Access::ReadWrite).unwrap();
    assert!(Lock::is_locked_by_other(view.mapping().file(), view.path(), Role::Writer).unwrap());
    assert_eq!(liveness::of_writer(&view).unwrap(), liveness::Liveness::Dead);
    drop(release);
}

#[test]
fn a_killed_writer_leaves_every_record_whose_commit_returned() {
    for round in 0..5u64 {
        let folder = tempfile::tempdir().unwrap();
        let (mut told, mut tell) = std::io::pipe().unwrap();
        let child = process::fork(|| {
            let mut options = support::options(otlp_mmap::writer::Location::Directory(folder.path().to_owned()));
            options.geometry = None;
            let writer = otlp_mmap::writer::Writer::open(options).unwrap();
            let mut handle = writer.handle();
            for number in 0u64.. {
                if handle.commit(RingId::Spans, writer.epoch(), &number.to_le_bytes()) != CommitStatus::Published {
                    break;
                }
                tell.write_all(&number.to_le_bytes()).unwrap();
            }
            loop {
                // SAFETY: waits for the signal that ends it.
                unsafe { libc::pause() };
            }
        });
        drop(tell);
        let mut word = [0; 8];
        for _ in 0..=round * 700 {
            told.read_exact(&mut word).unwrap();
        }
        // SAFETY: a system call on a child of ours that was not waited for.
        assert_eq!(unsafe { libc::kill(child.0, libc::SIGKILL) }, 0);
        while told.read_exact(&mut word).is_ok() {}
        child.wait();
        let returned = u64::from_le_bytes(word);
        let view = FileView::open(&files(folder.path())[0], Access::ReadWrite).unwrap();
        assert_eq!(liveness::of_writer(&view).unwrap(), liveness::Liveness::Dead);
        let records = drain(&view, RingId::Spans);
        assert!(records.len() as u64 > returned, "{} of {returned}", records.len());
        let expected = (0..records.len() as u64).map(|number| number.to_le_bytes().to_vec());
        assert!(records.into_iter().eq(expected));
    }
}
