//! What can be wrong with a journal, in sentences that name the directory and the remedy.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// Another collector uses the state directory; its process, where that is known.
    Locked(PathBuf, Option<u32>),
    /// The directory cannot be used; a sentence that names it.
    Directory(String),
    /// What the system says; directory, and what was tried.
    Io(PathBuf, &'static str, String),
}

impl JournalError {
    pub(super) fn io(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::Io(path.to_owned(), action, error.to_string())
    }

    /// Another collector uses the directory: it may be free later.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Locked(..))
    }
}

impl std::error::Error for JournalError {}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(path, holder) => {
                write!(f, "{}: another collector", path.display())?;
                if let Some(pid) = holder {
                    write!(f, " (process {pid})")?;
                }
                f.write_str(" uses this state directory; give each collector one of its own, or stop the other one")
            }
            Self::Directory(sentence) => write!(f, "state directory {sentence}"),
            Self::Io(path, action, error) => write!(
                f,
                "state directory {}: {action} failed: {error}; choose a directory that can be written, or turn the journal off with storage: none",
                path.display()
            ),
        }
    }
}

/// Why a transaction was not committed. Nothing of it is kept, and it can be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The journal is as large as it may be.
    Full,
    /// The file system has no room for another segment; a sentence.
    NoSpace(String),
    /// The directory or the segment cannot be used any more; a sentence.
    Unusable(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the journal is as large as it may be (max_size)"),
            Self::NoSpace(sentence) | Self::Unusable(sentence) => f.write_str(sentence),
        }
    }
}
