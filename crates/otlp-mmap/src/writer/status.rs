//! Answers of a writer.

use std::fmt;
use std::path::PathBuf;

use crate::file::RingId;
use crate::layout::commit;

/// What became of a record. The numbers are the layout's `commit` values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CommitStatus {
    /// It is in the file.
    Published = commit::PUBLISHED,
    /// The ring is full: dropped and counted.
    Full = commit::FULL,
    /// Its references are of an older epoch: resolve and encode again.
    Stale = commit::STALE,
    /// Larger than a slot: dropped and counted.
    TooLarge = commit::TOO_LARGE,
    /// The writer was closed: dropped and counted.
    Disabled = commit::DISABLED,
    /// No file could be made: dropped and counted.
    Disk = commit::DISK,
    /// For references only: the dictionary has no room, and there is no next file (single-file mode), or the entry is too
    /// large for any. Without the reference the record cannot be written: the caller counts it with `DROP_LIMIT`.
    Limit = commit::LIMIT,
    /// For long records only: in the file, but values stay cut, as the spill ring has no room for them; counted as
    /// `DROP_TRUNCATED`.
    Cut = commit::CUT,
}

impl CommitStatus {
    /// The record is in the file, whole or cut.
    #[must_use]
    pub fn is_published(self) -> bool {
        matches!(self, Self::Published | Self::Cut)
    }

    /// The number that crosses to JavaScript.
    #[must_use]
    pub fn number(self) -> u32 {
        self as u32
    }
}

/// Options that cannot be right; the text is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterError(pub(super) String);

impl fmt::Display for WriterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WriterError {}

/// What a writer can tell of itself.
#[derive(Debug, Clone, Default)]
pub struct WriterStatus {
    /// The folder of its files; before the first record the one that it would try first.
    pub directory: PathBuf,
    /// The current file; None before the first record.
    pub file: Option<PathBuf>,
    /// Number of the current file, or of the one to come.
    pub generation: u64,
    /// Losses since the writer was opened: ring, `DROP_*` reason, count; only what is not zero.
    pub drops: Vec<(RingId, u32, u64)>,
    /// Rings of the current file: records between reader and writer, and slots; none before the first record.
    pub rings: Vec<(RingId, u64, u64)>,
    /// Wall clock in nanoseconds of a reader's last visit to the current file; 0 if none ever came.
    pub reader_heartbeat: u64,
    /// Newest epoch asked for by `request_flush`.
    pub flush_epoch: u64,
    /// Newest epoch that the reader acknowledged.
    pub acknowledged_epoch: u64,
    /// The reader has taken every record written so far.
    pub drained: bool,
    /// Why there is no file, if one cannot be made: a sentence with path and remedy.
    pub error: Option<String>,
    /// Sentences about a folder or path that works, but not as asked for.
    pub warnings: Vec<String>,
}
