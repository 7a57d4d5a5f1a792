//! Which files there are: folders that the system tells of, looked through now and then all the same, and single paths that may
//! come to hold another file.

use super::pattern;
use super::watch::{Awaited, Watch};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often folders are looked through although the system told no news: it may have lost some.
const RESCAN_INTERVAL: Duration = Duration::from_secs(1);
/// The same where the system does not tell.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// Between two looks at least, however much happens in a folder.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// Ending of the names of complete files in a folder; writers build theirs under a name that begins with a dot.
pub const SUFFIX: &str = "mmap";

/// A file by what stays the same when it is renamed.
pub type Inode = u64;

/// A file that was not there the last time.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is now.
    pub path: PathBuf,
    /// Its inode, as the folder told.
    pub inode: Inode,
    /// It lies in a watched folder (only such files are ever removed).
    pub in_directory: bool,
}

/// Looks for files that it has not reported yet.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Folders, or patterns of folders and files.
    include: Vec<PathBuf>,
    files: Vec<PathBuf>,
    watch: Watch,
    /// There is news since the last look.
    news: bool,
    /// A file that the last look reported was not ready.
    unready: bool,
    looked: Option<Instant>,
    known: HashMap<PathBuf, Inode>,
    /// When each folder was changed, as of the last look.
    changed: HashMap<PathBuf, Option<SystemTime>>,
    /// Folders whose last look failed, so that a lasting failure is told once.
    failing: HashSet<PathBuf>,
}

/// What a look brought.
#[derive(Debug, Default)]
pub struct Look {
    /// New files, and paths that hold another file than before.
    pub found: Vec<Found>,
    /// Folders that cannot be read: told once for each.
    pub failures: Vec<(PathBuf, io::Error)>,
}

impl Discovery {
    /// Watches folders (or what patterns stand for) and single paths. None has to exist yet.
    #[must_use]
    pub fn new(include: Vec<PathBuf>, files: Vec<PathBuf>) -> Self {
        Self {
            include,
            files,
            watch: Watch::new(),
            ..Self::default()
        }
    }

    /// Watches these from now on. Files that were reported stay so.
    pub fn set_sources(&mut self, include: Vec<PathBuf>, files: Vec<PathBuf>) {
        self.include = include;
        self.files = files;
        self.looked = None;
    }

    /// It is time to look: there is news, or the last look is long ago. One system call where the system tells, one a folder where
    /// it does not.
    #[must_use]
    pub fn is_due(&mut self, now: Instant) -> bool {
        let Some(looked) = self.looked else { return true };
        let since = now.duration_since(looked);
        self.news |= self.watch.news();
        if since < SHORTEST_INTERVAL {
            return false;
        }
        if self.watch.is_complete() && !self.unready {
            return since >= RESCAN_INTERVAL || self.news;
        }
        since >= LOOK_INTERVAL || self.news || (!self.watch.is_complete() && self.glance())
    }

    /// What becomes readable when the system has something to tell; None unless it tells of everything that is new and a look
    /// is not due in any case.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.watch
            .descriptor()
            .filter(|_| self.watch.is_complete() && !self.unready && !self.news)
    }

    /// A folder has been changed since the last look. What happens within a tick of the file system's clock goes unseen.
    fn glance(&self) -> bool {
        let changed = |(directory, then): (&PathBuf, &Option<SystemTime>)| modified(directory) != *then;
        self.changed.iter().any(changed)
    }

    /// Looks once at everything.
    pub fn look(&mut self, now: Instant) -> Look {
        let mut look = Look::default();
        self.looked = Some(now);
        (self.news, self.unready) = (false, false);
        let (directories, matched) = self.follow();
        // before the folders are read, so that what comes meanwhile is seen as a change
        self.changed = directories
            .iter()
            .map(|directory| (directory.clone(), modified(directory)))
            .collect();
        let mut seen = HashMap::with_capacity(self.known.len());
        for directory in &directories {
            match list(directory, &mut seen) {
                Ok(()) => drop(self.failing.remove(directory)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    if self.failing.insert(directory.clone()) {
                        look.failures.push((directory.clone(), error));
                    }
                }
            }
        }
        for file in matched.iter().chain(&self.files) {
            if let Ok(metadata) = fs::metadata(file) {
                seen.entry(file.clone()).or_insert(metadata.ino());
            }
        }
        for (path, &inode) in &seen {
            if self.known.get(path) != Some(&inode) {
                let in_directory = !self.files.contains(path);
                look.found.push(Found {
                    path: path.clone(),
                    inode,
                    in_directory,
                });
            }
        }
        self.known = seen;
        look
    }

    /// Has the system tell of what the patterns stand for now, and of where more may come.
    ///
    /// Returns folders (and what was given as one, but is none), and files that fit a pattern.
    fn follow(&mut self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let mut wanted: HashMap<PathBuf, Awaited> = HashMap::new();
        let (mut directories, mut matched) = (Vec::new(), Vec::new());
        let mut await_at = |folder: &Path, name: &OsStr| {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            wanted.entry(folder.to_owned()).or_default().push(name.to_owned());
        };
        for pattern in &self.include {
            for path in pattern::expand(pattern, &mut await_at) {
                if path.is_dir() {
                    await_at(&path, OsStr::new("*.mmap"));
                    directories.push(path);
                } else if path == *pattern {
                    directories.push(path);
                } else {
                    matched.push(path);
                }
            }
        }
        for file in &self.files {
            pattern::expand(file, &mut await_at);
            // another file may take its place
            if let (Some(folder), Some(name)) = (file.parent(), file.file_name()) {
                await_at(folder, name);
            }
        }
        directories.sort();
        directories.dedup();
        self.watch.set(&wanted);
        (directories, matched)
    }

    /// The folders of the last look.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.changed.keys().map(PathBuf::as_path)
    }

    /// Reports the file at `path` again at the next look: it was not ready.
    pub fn forget(&mut self, path: &Path) {
        self.known.remove(path);
        self.unready = true;
    }
}

fn modified(directory: &Path) -> Option<SystemTime> {
    fs::metadata(directory).and_then(|metadata| metadata.modified()).ok()
}

/// A folder's complete files.
fn list(directory: &Path, into: &mut HashMap<PathBuf, Inode>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let complete = !entry.file_name().as_encoded_bytes().starts_with(b".");
        if complete && path.extension() == Some(OsStr::new(SUFFIX)) {
            into.insert(path, entry.ino());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_reported_once_and_again_when_another_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mmap");
        let mut discovery = Discovery::new(vec![folder.path().to_owned()], vec![]);
        assert!(discovery.look(Instant::now()).found.is_empty());
        fs::write(&path, "x").unwrap();
        fs::write(folder.path().join(".b.mmap"), "half made").unwrap();
        assert_eq!(
            discovery
                .look(Instant::now())
                .found
                .iter()
                .map(|found| &found.path)
                .collect::<Vec<_>>(),
            [&path]
        );
        assert!(discovery.look(Instant::now()).found.is_empty());
        fs::write(folder.path().join("new"), "y").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(discovery.look(Instant::now()).found.len(), 1);
        discovery.forget(&path);
        assert_eq!(discovery.look(Instant::now()).found.len(), 1);
    }

    #[test]
    fn without_news_from_the_system_a_changed_folder_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut discovery = Discovery::new(vec![folder.path().to_owned()], vec![]);
        discovery.look(Instant::now());
        assert!(!discovery.glance());
        let past = SystemTime::UNIX_EPOCH;
        fs::File::open(folder.path()).unwrap().set_modified(past).unwrap();
        assert!(discovery.glance());
    }

    #[test]
    fn news_make_a_look_due_and_so_does_time() {
        let folder = tempfile::tempdir().unwrap();
        let later = folder.path().join("later");
        let single = folder.path().join("single");
        let mut discovery = Discovery::new(vec![later.clone()], vec![single.clone()]);
        let start = Instant::now();
        assert!(discovery.is_due(start));
        discovery.look(start);
        let soon = start + SHORTEST_INTERVAL;
        if cfg!(target_os = "linux") {
            assert!(!discovery.is_due(soon));
            assert!(!discovery.is_due(start + LOOK_INTERVAL));
        }
        assert!(discovery.is_due(start + RESCAN_INTERVAL));
        fs::write(folder.path().join("other"), "").unwrap();
        if cfg!(target_os = "linux") {
            assert!(!discovery.is_due(soon));
            fs::create_dir(&later).unwrap();
            assert!(!discovery.is_due(start), "not so soon");
            assert!(discovery.is_due(soon));
            discovery.look(start);
            fs::write(later.join("a.mmap"), "x").unwrap();
            assert!(discovery.is_due(soon));
            discovery.look(start);
            fs::write(&single, "x").unwrap();
            assert!(discovery.is_due(soon));
            assert_eq!(discovery.look(start).found.len(), 1);
            // it was not ready
            discovery.forget(&single);
            assert!(!discovery.is_due(soon));
            assert!(discovery.is_due(start + LOOK_INTERVAL));
        }
    }

    #[test]
    fn patterns_stand_for_folders_and_files_that_come_and_go() {
        let root = tempfile::tempdir().unwrap();
        let (folders, files) = (root.path().join("app-*"), root.path().join("*.mmap"));
        let mut discovery = Discovery::new(vec![folders, files], vec![]);
        assert!(discovery.look(Instant::now()).found.is_empty());
        fs::create_dir(root.path().join("app-1")).unwrap();
        fs::write(root.path().join("app-1/a.mmap"), "x").unwrap();
        fs::write(root.path().join("b.mmap"), "x").unwrap();
        fs::write(root.path().join("c.txt"), "x").unwrap();
        let mut found: Vec<_> = discovery
            .look(Instant::now())
            .found
            .into_iter()
            .map(|found| found.path)
            .collect();
        found.sort();
        assert_eq!(found, [root.path().join("app-1/a.mmap"), root.path().join("b.mmap")]);
        discovery.set_sources(vec![root.path().join("app-2")], vec![]);
        assert!(discovery.is_due(Instant::now()));
        assert!(discovery.look(Instant::now()).found.is_empty());
    }

    #[test]
    fn a_folder_that_comes_later_is_found_and_one_that_cannot_be_read_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let (later, no_folder) = (folder.path().join("later"), folder.path().join("file"));
        fs::write(&no_folder, "").unwrap();
        let mut discovery = Discovery::new(vec![later.clone(), no_folder], vec![]);
        assert_eq!(discovery.look(Instant::now()).failures.len(), 1);
        assert!(discovery.look(Instant::now()).failures.is_empty());
        fs::create_dir(&later).unwrap();
        fs::write(later.join("a.mmap"), "x").unwrap();
        assert_eq!(discovery.look(Instant::now()).found.len(), 1);
    }
}
