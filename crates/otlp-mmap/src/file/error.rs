//! What can be wrong with a file, in sentences: path, what was found, what was expected, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::owner;

/// A file that cannot be opened or used. The text of each names the path and the remedy.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    problem: Problem,
}

/// The kinds of [`FileError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// There is no file of that name.
    Missing,
    /// The file has no bytes.
    Empty,
    /// The file ends inside its header; bytes found.
    Short(u64),
    /// A directory, a device, a pipe or a socket.
    NotRegular,
    /// The last part of the path is a symbolic link.
    Symlink,
    /// The system denies access; user id of the file's owner (of its folder, if the file cannot be looked at).
    Permission(u32),
    /// The first eight bytes are no version number.
    Foreign([u8; 8]),
    /// A version of the format that this code does not read.
    WrongVersion(i64),
    /// The writer has not finished the file: look again.
    NotReady,
    /// Sections out of order, unaligned or overlapping; what was found.
    BadSectionOrder(String),
    /// A ring that cannot be one; its name, and what was found.
    BadRing(&'static str, String),
    /// The sections reach beyond the end; the file's length, and the length that they need.
    Truncated {
        /// Bytes in the file.
        length: u64,
        /// Bytes that its header speaks of.
        needed: u64,
    },
    /// An extension block that is damaged; what was found.
    BadBlock(String),
    /// The block names features that a reader must understand, and this one does not; their bits.
    UnsupportedFeatures(u64),
    /// The block is of a version that this code does not read.
    UnsupportedBlock(u32),
    /// No room on the file system; bytes wanted.
    NoSpace(u64),
    /// Anything else that the system reports; what was tried.
    Io(&'static str, io::Error),
}

impl FileError {
    /// An error about `path`.
    #[must_use]
    pub fn new(path: &Path, problem: Problem) -> Self {
        Self {
            path: path.to_owned(),
            problem,
        }
    }

    /// What the system said when `action` was tried on `path`.
    #[must_use]
    pub fn from_io(path: &Path, action: &'static str, error: io::Error) -> Self {
        let problem = match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => Problem::Missing,
            Some(libc::ELOOP) => Problem::Symlink,
            Some(libc::EISDIR | libc::ENXIO | libc::ENODEV) => Problem::NotRegular,
            Some(libc::EACCES | libc::EPERM) => Problem::Permission(owner_of(path)),
            _ => Problem::Io(action, error),
        };
        Self::new(path, problem)
    }

    /// The file that is meant.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The file may be fine in a moment: its writer is at work on it, or will be.
    #[must_use]
    pub fn may_become_ready(&self) -> bool {
        matches!(
            self.problem,
            Problem::Missing | Problem::Empty | Problem::Short(_) | Problem::NotReady
        )
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.problem {
            Problem::Missing => f.write_str("no such file; check the path, or start the app that writes it"),
            Problem::Empty => f.write_str(
                "the file is empty; its writer may be about to fill it: try again, and remove it if no process writes it",
            ),
            Problem::Short(length) => write!(
                f,
                "the file has {length} bytes, less than the 64 of a header; its writer may be at work: try again, and remove it if no process writes it"
            ),
            Problem::NotRegular => f.write_str("not a regular file; give the path of an otlp-mmap file"),
            Problem::Symlink => {
                f.write_str("a symbolic link, and links are not followed; give the path of the file itself")
            }
            Problem::Permission(uid) => write!(
                f,
                "access denied: it belongs to {}, this process runs as {}; run both as one user, or set a group that both are in",
                owner::user(*uid),
                owner::user(owner::own_uid())
            ),
            Problem::Foreign(bytes) => write!(
                f,
                "not an otlp-mmap file: its first bytes are {bytes:02x?}, where the version number 1 should be; give the path of an otlp-mmap file"
            ),
            Problem::WrongVersion(version) => write!(
                f,
                "version {version} of the format, this reader knows version 1; use a reader as new as the writer"
            ),
            Problem::NotReady => {
                f.write_str("the header is not complete yet: its writer is at work, or died at it; try again")
            }
            Problem::BadSectionOrder(found) => write!(
                f,
                "{found}; expected events < spans < measurements < dictionary, each a multiple of 8 from 64 on; the file is damaged: remove it"
            ),
            Problem::BadRing(ring, found) => write!(
                f,
                "{ring} ring: {found}; expected a power of two of at least 2 buffers that fit before the next section; the file is damaged: remove it"
            ),
            Problem::Truncated { length, needed } => write!(
                f,
                "the file ends at byte {length}, but its header speaks of {needed} bytes; it was cut off: remove it"
            ),
            Problem::BadBlock(found) => write!(f, "extension block: {found}; the file is damaged: remove it"),
            Problem::UnsupportedFeatures(bits) => write!(
                f,
                "needs features {bits:#x} that this reader does not know; use a reader as new as the writer"
            ),
            Problem::UnsupportedBlock(version) => write!(
                f,
                "extension block of version {version}, this reader knows version 1; use a reader as new as the writer"
            ),
            Problem::NoSpace(wanted) => write!(
                f,
                "no room for a file of {wanted} bytes; free space on that file system, or choose another directory"
            ),
            Problem::Io(action, error) => write!(f, "{action} failed: {error}"),
        }
    }
}

/// The owner of `path`, or of the nearest folder above it that can be looked at.
fn owner_of(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    path.ancestors()
        .find_map(|ancestor| ancestor.symlink_metadata().ok())
        .map_or(0, |metadata| metadata.uid())
}
