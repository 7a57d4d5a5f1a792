//! The state directory: who uses it, what lies in it, and where what cannot be used is put.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::JournalError;
use crate::directory::{self, Owner};
use crate::file::lock::{Lock, Role};
use crate::file::{Access, Mapping, private};

/// Its lock says that a collector uses the directory; its text says which.
const LOCK: &str = "lock";
/// Where files are put that cannot be used.
const ASIDE: &str = "set-aside";
const SEGMENT_PREFIX: &str = "journal-";
const SEGMENT_SUFFIX: &str = ".seg";
const SPARE_SUFFIX: &str = ".spare";

/// A state directory that is ours until this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: Lock,
}

impl Directory {
    /// Makes the directory where there is none, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        directory::prepare(path, Owner::User).map_err(|error| JournalError::Directory(error.to_string()))?;
        let failed = |action: &'static str| move |error: io::Error| JournalError::io(path, action, &error);
        let lock_path = path.join(LOCK);
        let file = private()
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(failed("making the lock file"))?;
        let mapping = Arc::new(Mapping::new(file, Access::Read).map_err(failed("mapping the lock file"))?);
        let lock = Lock::try_lock(&mapping, &lock_path, Role::Reader).map_err(failed("locking"))?;
        let Some(lock) = lock else {
            let holder = fs::read_to_string(&lock_path).unwrap_or_default();
            return Err(JournalError::Locked(path.to_owned(), holder.trim().parse().ok()));
        };
        // for messages only
        let pid = format!("{:<20}\n", std::process::id());
        let _ = mapping.file().write_all_at(pid.as_bytes(), 0);
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the segment of this number belongs.
    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.path.join(format!("{SEGMENT_PREFIX}{number:016x}{SEGMENT_SUFFIX}"))
    }

    /// Where a segment lies that will be used again.
    pub(super) fn spare(&self, number: u64) -> PathBuf {
        self.segment(number).with_extension(&SPARE_SUFFIX[1..])
    }

    /// Names of segments, in order. What a crash left half made, and spares, are removed.
    pub(super) fn segments(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if is_segment(&path) {
                found.push(path);
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(SEGMENT_PREFIX) {
                continue;
            }
            if name.ends_with(".new") || name.ends_with(SPARE_SUFFIX) {
                let _ = fs::remove_file(&path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Puts a file where nobody reads it; returns where.
    pub(super) fn set_aside(&self, path: &Path) -> io::Result<PathBuf> {
        let folder = self.path.join(ASIDE);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut to = folder.join(&name);
        let mut copy = 0;
        while to.exists() {
            copy += 1;
            to = folder.join(format!("{name}.{copy}"));
        }
        fs::rename(path, &to)?;
        Ok(to)
    }

    /// Makes the directory again after somebody removed it.
    pub(super) fn restore(&self) -> Result<(), JournalError> {
        directory::prepare(&self.path, Owner::User).map_err(|error| JournalError::Directory(error.to_string()))
    }

    /// Names are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.path)?.sync_all()
    }
}

/// The name is that of a segment in use.
pub(super) fn is_segment(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(SEGMENT_PREFIX) && name.ends_with(SEGMENT_SUFFIX)
}
