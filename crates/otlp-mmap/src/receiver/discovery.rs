//! Which files there are: folders looked through again and again, and single paths that may come to hold another file.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
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
    /// Watches folders and single paths. Neither has to exist yet.
    #[must_use]
    pub fn new(directories: Vec<PathBuf>, files: Vec<PathBuf>) -> Self {
        Self {
            directories,
            files,
            ..Self::default()
        }
    }

    /// A folder has been changed since the last look: one system call each. What happens within a tick of the file system's
    /// clock goes unseen, so this does not replace a look now and then.
    #[must_use]
    pub fn glance(&self) -> bool {
        let changed = |(directory, then): (&PathBuf, &Option<SystemTime>)| modified(directory) != *then;
        self.changed.iter().any(changed)
    }

    /// Looks once at everything.
    pub fn look(&mut self) -> Look {
        let mut look = Look::default();
        // before the folders are read, so that what comes meanwhile is seen as a change
        self.changed = self
            .directories
            .iter()
            .map(|directory| (directory.clone(), modified(directory)))
            .collect();
        let mut seen = HashMap::with_capacity(self.known.len());
        for directory in &self.directories {
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
        for file in &self.files {
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

    /// Reports the file at `path` again at the next look: it was not ready.
    pub fn forget(&mut self, path: &Path) {
        self.known.remove(path);
    }
}

fn modified(directory: &Path) -> Option<SystemTime> {
    fs::metadata(directory).and_then(|metadata| metadata.modified()).ok()
}

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
        assert!(discovery.look().found.is_empty());
        fs::write(&path, "x").unwrap();
        fs::write(folder.path().join(".b.mmap"), "half made").unwrap();
        assert_eq!(
            discovery
                .look()
                .found
                .iter()
                .map(|found| &found.path)
                .collect::<Vec<_>>(),
            [&path]
        );
        assert!(discovery.look().found.is_empty());
        fs::write(folder.path().join("new"), "y").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(discovery.look().found.len(), 1);
        discovery.forget(&path);
        assert_eq!(discovery.look().found.len(), 1);
        assert!(!discovery.glance());
        let past = SystemTime::UNIX_EPOCH;
        fs::File::open(folder.path()).unwrap().set_modified(past).unwrap();
        assert!(discovery.glance());
    }

    #[test]
    fn a_folder_that_comes_later_is_found_and_one_that_cannot_be_read_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let (later, no_folder) = (folder.path().join("later"), folder.path().join("file"));
        fs::write(&no_folder, "").unwrap();
        let mut discovery = Discovery::new(vec![later.clone(), no_folder], vec![]);
        assert_eq!(discovery.look().failures.len(), 1);
        assert!(discovery.look().failures.is_empty());
        fs::create_dir(&later).unwrap();
        fs::write(later.join("a.mmap"), "x").unwrap();
        assert_eq!(discovery.look().found.len(), 1);
    }
}
