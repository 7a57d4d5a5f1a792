//! News of folders from the system (inotify), so that a new file is found at once and quiet folders cost nothing.

use super::pattern;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// Which new entries of a folder matter: their names, or patterns of them.
pub(super) type Awaited = Vec<OsString>;

/// Folders that are watched at most; the kernel's own limit is per user and shared with others.
const MOST_FOLDERS: usize = 1024;

/// Some folders, and whether anything of interest happened in them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    system: Option<system::Inotify>,
    watched: HashMap<PathBuf, i32>,
    awaited: HashMap<i32, Awaited>,
    complete: bool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            system: system::Inotify::new(),
            ..Self::default()
        }
    }

    /// Everything asked for is watched: without news there is nothing new.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Watches these folders, and no others.
    pub(super) fn set(&mut self, folders: &HashMap<PathBuf, Awaited>) {
        let Some(system) = &self.system else { return };
        self.complete = folders.len() <= MOST_FOLDERS;
        self.watched.retain(|path, descriptor| {
            let keep = folders.contains_key(path);
            if !keep {
                system.remove(*descriptor);
            }
            keep
        });
        self.awaited.clear();
        for (path, awaited) in folders.iter().take(MOST_FOLDERS) {
            // again and again: the same folder gives the same number, another one under its name a new one
            let Some(descriptor) = system.add(path) else {
                self.watched.remove(path);
                self.complete &= !path.exists();
                continue;
            };
            self.watched.insert(path.clone(), descriptor);
            self.awaited
                .entry(descriptor)
                .or_default()
                .extend(awaited.iter().cloned());
        }
    }

    /// What becomes readable with news, and when a file is touched whose writer wakes its reader.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.system.as_ref().map(AsFd::as_fd)
    }

    /// Something of interest happened since the last call.
    pub(super) fn news(&mut self) -> bool {
        let Some(system) = &mut self.system else {
            return false;
        };
        let mut news = false;
        system.drain(|descriptor, name| {
            // without a name it is the folder itself, or events that were lost
            news |= name.is_none_or(|name| {
                self.awaited
                    .get(&descriptor)
                    .is_some_and(|awaited| awaited.iter().any(|pattern| pattern::fits(pattern, name)))
            });
        });
        news
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{AsFd, BorrowedFd, OsStr, Path};
    use rustix::fd::OwnedFd;
    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    #[derive(Debug)]
    pub(super) struct Inotify(OwnedFd);

    impl AsFd for Inotify {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    impl Inotify {
        /// None where the system gives no more of them.
        pub(super) fn new() -> Option<Self> {
            inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)
                .ok()
                .map(Self)
        }

        pub(super) fn add(&self, folder: &Path) -> Option<i32> {
            let flags = WatchFlags::CREATE
                | WatchFlags::MOVED_TO
                | WatchFlags::DELETE_SELF
                | WatchFlags::MOVE_SELF
                | WatchFlags::ATTRIB
                | WatchFlags::ONLYDIR;
            inotify::add_watch(&self.0, folder, flags).ok()
        }

        pub(super) fn remove(&self, descriptor: i32) {
            // gone with its folder already, maybe
            let _ = inotify::remove_watch(&self.0, descriptor);
        }

        /// All events but that a file was touched: for that one, it is enough to have come here.
        pub(super) fn drain(&mut self, mut event: impl FnMut(i32, Option<&OsStr>)) {
            let mut space = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(&self.0, &mut space);
            while let Ok(each) = reader.next() {
                if each.events().contains(ReadFlags::ATTRIB) {
                    continue;
                }
                let name = each.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                event(each.wd(), name);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{AsFd, BorrowedFd, OsStr, Path};

    /// Folders are looked through instead.
    #[derive(Debug)]
    pub(super) enum Inotify {}

    impl AsFd for Inotify {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match *self {}
        }
    }

    impl Inotify {
        pub(super) fn new() -> Option<Self> {
            None
        }

        pub(super) fn add(&self, _folder: &Path) -> Option<i32> {
            match *self {}
        }

        pub(super) fn remove(&self, _descriptor: i32) {
            match *self {}
        }

        pub(super) fn drain(&mut self, _event: impl FnMut(i32, Option<&OsStr>)) {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::fs::{self, FileTimes};
    use std::time::SystemTime;

    fn watching(folders: &[(&Path, &str)]) -> Watch {
        let mut watch = Watch::new();
        watch.set(&wanted(folders));
        watch
    }

    fn wanted(folders: &[(&Path, &str)]) -> HashMap<PathBuf, Awaited> {
        folders
            .iter()
            .map(|(path, name)| ((*path).to_owned(), vec![(*name).into()]))
            .collect()
    }

    #[test]
    fn only_entries_that_are_awaited_are_news() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watching(&[(folder.path(), "*.mmap")]);
        assert!(watch.is_complete());
        assert!(!watch.news());
        fs::write(folder.path().join(".a.mmap"), "").unwrap();
        fs::write(folder.path().join("b.txt"), "").unwrap();
        assert!(!watch.news());
        fs::rename(folder.path().join(".a.mmap"), folder.path().join("a.mmap")).unwrap();
        assert!(watch.news());
        assert!(!watch.news());
    }

    #[test]
    fn a_file_that_is_touched_is_no_news_but_wakes_who_waits_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("a.mmap")).unwrap();
        let mut watch = watching(&[(folder.path(), "*.mmap")]);
        let is_awake = |watch: &Watch| {
            let mut awaited = [PollFd::from_borrowed_fd(watch.descriptor().unwrap(), PollFlags::IN)];
            poll(&mut awaited, Some(&Timespec::default())).unwrap() > 0
        };
        assert!(!is_awake(&watch));
        let now = SystemTime::now();
        file.set_times(FileTimes::new().set_accessed(now).set_modified(now))
            .unwrap();
        assert!(is_awake(&watch));
        assert!(!watch.news());
        assert!(!is_awake(&watch));
    }

    #[test]
    fn the_end_of_a_folder_is_news_and_another_under_its_name_is_watched() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let mut watch = watching(&[(&folder, "*.mmap")]);
        fs::remove_dir(&folder).unwrap();
        assert!(watch.news());
        fs::create_dir(&folder).unwrap();
        watch.set(&wanted(&[(&folder, "*.mmap")]));
        watch.news();
        fs::write(folder.join("a.mmap"), "").unwrap();
        assert!(watch.news());
    }

    #[test]
    fn what_is_watched_no_more_is_no_news() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut watch = watching(&[(one.path(), "*"), (two.path(), "*")]);
        watch.set(&wanted(&[(two.path(), "*")]));
        watch.news();
        fs::write(one.path().join("a"), "").unwrap();
        assert!(!watch.news());
        fs::write(two.path().join("a"), "").unwrap();
        assert!(watch.news());
    }

    #[test]
    fn a_folder_that_cannot_be_watched_leaves_it_incomplete() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(!watching(&[(&file, "*")]).is_complete());
    }
}
