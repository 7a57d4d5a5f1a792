//! What this module needs of a file: the entries of its dictionary and of its spill ring.

use crate::file::{SpillError, SpillReference};
use crate::wire::Malformed;

/// Why a dictionary entry cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// The reference lies outside the dictionary.
    Outside,
    /// The entry's length prefix is malformed, or the entry reaches beyond the dictionary.
    Malformed,
    /// The entry is longer than the reader takes.
    TooLarge,
}

impl std::fmt::Display for EntryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Outside => "dictionary reference outside the dictionary",
            Self::Malformed => "dictionary entry reaches beyond the dictionary",
            Self::TooLarge => "dictionary entry larger than a reader takes",
        })
    }
}

impl std::error::Error for EntryError {}

impl From<Malformed> for EntryError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The dictionary and the spill ring of a file, as a reader offers them.
pub trait Entries {
    /// Appends the entry at `reference`, without its length prefix, to `out`.
    ///
    /// # Errors
    /// If there is no such entry; `out` may then hold a part of one.
    fn entry(&mut self, reference: i64, out: &mut Vec<u8>) -> Result<(), EntryError>;

    /// Appends the message Spilled that the record at hand refers to, the one taken last.
    ///
    /// # Errors
    /// If it is not there, or not whole; `out` is unchanged.
    fn spilled(&mut self, reference: SpillReference, out: &mut Vec<u8>) -> Result<(), SpillError> {
        let _ = (reference, out);
        Err(SpillError)
    }
}
