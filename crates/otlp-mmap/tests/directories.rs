//! Folders: who may read them, whose they must be, and what is removed from them.

#[path = "support/process.rs"]
mod process;
mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use otlp_mmap::directory::{self, Owner, default_candidates, file_name, is_data_file, prepare};
use otlp_mmap::file::lock::{Lock, Role};
use otlp_mmap::file::{Access, FileView, RingId, own_uid};
use otlp_mmap::layout::constant;
use otlp_mmap::writer::{CommitStatus, Location, Writer, WriterOptions};
use support::{files, in_directory, options};

const NOBODY: u32 = 65534;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn folder_and_file_are_private_unless_a_group_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("deep/private");
    let writer = in_directory(&private);
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    assert_eq!(mode(&private), 0o700);
    assert_eq!(mode(&writer.status().file.unwrap()), 0o600);

    let shared = folder.path().join("shared");
    // SAFETY: no arguments, cannot fail.
    let group = unsafe { libc::getegid() };
    let writer = Writer::open(WriterOptions {
        group: Some(group.to_string()),
        ..options(Location::Directory(shared.clone()))
    })
    .unwrap();
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    assert_eq!(mode(&shared), 0o770);
    let file = writer.status().file.unwrap();
    assert_eq!(mode(&file), 0o660);
    assert_eq!(fs::metadata(&file).unwrap().gid(), group);
}

#[test]
fn links_files_and_other_users_folders_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = folder.path().join("link");
    symlink(&real, &link).unwrap();
    let error = prepare(&link, Owner::User).unwrap_err().to_string();
    assert!(
        error.contains("symbolic link") && error.contains(link.to_str().unwrap()),
        "{error}"
    );
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(
        prepare(&file, Owner::User)
            .unwrap_err()
            .to_string()
            .contains("not a directory")
    );

    // A folder of somebody else: root can make one, everybody else finds one.
    let (others, owner) = if own_uid() == 0 {
        chown(&real, Some(NOBODY), None).unwrap();
        (real, NOBODY)
    } else {
        (PathBuf::from("/"), 0)
    };
    let writer = in_directory(&others);
    assert_eq!(
        writer.handle().commit(RingId::Spans, writer.epoch(), b"x"),
        CommitStatus::Disk
    );
    let error = writer.status().error.unwrap();
    for part in [
        format!("uid {owner}"),
        format!("uid {}", own_uid()),
        others.display().to_string(),
    ] {
        assert!(error.contains(&part), "{error} should contain {part}");
    }
}

#[test]
fn a_folder_or_file_that_may_not_be_touched_names_both_users() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(&folder.path().join("made"));
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    let file = writer.status().file.unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let look = || {
        let us = format!("uid {}", own_uid());
        let error = prepare(&folder.path().join("new"), Owner::User)
            .unwrap_err()
            .to_string();
        assert!(error.contains("denied") && error.contains(&us), "{error}");
        error
    };
    if own_uid() == 0 {
        // Nothing is denied to root: look as somebody else.
        let child = process::fork(|| {
            // SAFETY: the child is a process of its own; giving up rights affects nobody else.
            assert_eq!(unsafe { libc::setuid(NOBODY) }, 0);
            assert!(look().contains("root (uid 0)"));
            let error = FileView::open(&file, Access::Read).unwrap_err().to_string();
            assert!(error.contains("root (uid 0)") && error.contains("65534"), "{error}");
            0
        });
        assert!(child.wait().success());
    } else {
        look();
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn names_hold_no_separators_and_stay_short() {
    let name = file_name("../etc/pass wd\n\u{e9}", 7, 99, 0xabc, 3);
    assert_eq!(name, "___etc_pass_wd__.7.99.00000abc.3.mmap");
    assert!(is_data_file(&name));
    assert!(!is_data_file(&directory::temporary_name(&name)));
    assert!(!is_data_file("notes.txt"));
    assert!(file_name(&"s".repeat(500), u32::MAX, u64::MAX, u32::MAX, u64::MAX).len() < 200);
    assert!(file_name("", 1, 1, 1, 0).starts_with("unknown_service.1.1."));
}

#[test]
fn candidates_are_private_to_the_user_and_end_in_the_folder_for_temporary_files() {
    let candidates = default_candidates();
    assert!(candidates.last().unwrap().starts_with(std::env::temp_dir()));
    assert!(candidates.iter().all(|folder| folder.is_absolute()));
    if cfg!(target_os = "linux") {
        assert_eq!(
            candidates[0],
            PathBuf::from(format!("/dev/shm/otlp-mmap-{}", own_uid()))
        );
    }
}

/// Makes a file of a writer that is gone, with `unread` span records, the last one written at `time`.
fn dead_file(folder: &Path, unread: usize, time: u64) -> PathBuf {
    let writer = in_directory(folder);
    let mut handle = writer.handle();
    for _ in 0..unread {
        handle.commit_at(RingId::Spans, writer.epoch(), b"unread", time);
    }
    let path = writer.status().file.unwrap();
    writer.close();
    path
}

#[test]
fn the_oldest_dead_files_make_room_and_their_unread_records_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [older, oldest, young] = [(5, 500), (3, 100), (2, 900)].map(|(unread, time)| dead_file(folder, unread, time));
    let read = dead_file(folder, 1, 50);
    let reader = FileView::open(&read, Access::ReadWrite).unwrap();
    let _reading = Lock::try_lock(reader.mapping(), &read, Role::Reader).unwrap().unwrap();
    let living = in_directory(folder);
    living.handle().commit(RingId::Spans, living.epoch(), b"x");
    let foreign = folder.join("foreign.mmap");
    fs::write(&foreign, b"not ours").unwrap();

    // Room for three files beside the three that must stay: two of the dead ones go.
    let size = fs::metadata(&young).unwrap().len();
    let writer = Writer::open(WriterOptions {
        directory_limit: Some(4 * size + 100),
        ..options(Location::Directory(folder.to_owned()))
    })
    .unwrap();
    writer.handle().commit(RingId::Spans, writer.epoch(), b"x");
    let left = files(folder);
    assert!(!left.contains(&oldest) && !left.contains(&older), "{left:?}");
    for path in [&young, &read, &foreign, &living.status().file.unwrap()] {
        assert!(left.contains(path), "{} stays", path.display());
    }
    let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    assert_eq!(view.extension().unwrap().drops(RingId::Spans, constant::DROP_LIMIT), 8);

    // Nothing dead is left but the youngest, which would go in vain: two more do not fit.
    let full = Writer::open(WriterOptions {
        directory_limit: Some(3 * size),
        ..options(Location::Directory(folder.to_owned()))
    })
    .unwrap();
    assert_eq!(
        full.handle().commit(RingId::Spans, full.epoch(), b"x"),
        CommitStatus::Disk
    );
    let error = full.status().error.unwrap();
    assert!(
        error.contains("exceed the limit") && error.contains("raise the limit"),
        "{error}"
    );
    assert!(young.exists());
    assert!(living.status().file.unwrap().exists());
}

#[test]
fn a_writer_that_a_full_folder_refused_goes_on_as_soon_as_a_reader_has_made_room() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let before = in_directory(folder);
    before.handle().commit(RingId::Spans, before.epoch(), b"x");
    let path = before.status().file.unwrap();
    let writer = Writer::open(WriterOptions {
        directory_limit: Some(fs::metadata(&path).unwrap().len() + 100),
        retry_after: Duration::from_secs(3600),
        ..options(Location::Directory(folder.to_owned()))
    })
    .unwrap();
    let mut handle = writer.handle();
    let mut attempt = || handle.commit(RingId::Spans, writer.epoch(), b"x");
    assert_eq!(attempt(), CommitStatus::Disk);
    let patience = Instant::now() + Duration::from_secs(30);
    fs::remove_file(&path).unwrap();
    while attempt() != CommitStatus::Published {
        assert!(Instant::now() < patience, "{:?}", writer.status().error);
        std::thread::yield_now();
    }
    assert_eq!(writer.status().error, None);
}

#[test]
fn a_hidden_file_that_a_dying_writer_left_makes_room_but_one_in_the_making_stays() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dead = dead_file(folder, 1, 1);
    let size = fs::metadata(&dead).unwrap().len();
    let left_behind = folder.join(".left-behind.mmap");
    fs::copy(&dead, &left_behind).unwrap();
    let in_the_making = folder.join(".in-the-making.mmap");
    fs::rename(&dead, &in_the_making).unwrap();
    let file = OpenOptions::new().write(true).open(&left_behind).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600))
        .unwrap();
    let writer = Writer::open(WriterOptions {
        directory_limit: Some(size + 100),
        ..options(Location::Directory(folder.to_owned()))
    })
    .unwrap();
    assert_eq!(
        writer.handle().commit(RingId::Spans, writer.epoch(), b"x"),
        CommitStatus::Published
    );
    assert!(!left_behind.exists());
    assert!(in_the_making.exists());
}

#[test]
fn a_file_that_could_not_be_made_is_not_tried_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, b"a file where the directory should be").unwrap();
    let writer = Writer::open(WriterOptions {
        retry_after: Duration::from_secs(3600),
        ..options(Location::Directory(blocked.clone()))
    })
    .unwrap();
    let mut handle = writer.handle();
    assert_eq!(handle.commit(RingId::Spans, writer.epoch(), b"x"), CommitStatus::Disk);
    assert!(writer.status().error.unwrap().contains("not a directory"));
    fs::remove_file(&blocked).unwrap();
    assert_eq!(handle.commit(RingId::Spans, writer.epoch(), b"x"), CommitStatus::Disk);
    assert!(!blocked.exists());
}
