//! What a journal is opened with.

use std::path::PathBuf;
use std::time::Duration;

use crate::otlp::Signal;

/// What happens when the journal is as large as it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFull {
    /// The oldest segment goes, with what no destination took from it, counted.
    DropOldest,
    /// Nothing more is taken in: records stay in the rings, whose writers drop the newest when they are full, counted.
    Refuse,
}

/// One of those who have to acknowledge pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationOptions {
    /// What it is known by from one start to the next.
    pub name: String,
    /// Signals that it takes; pieces of others need no acknowledgement of it.
    pub signals: Vec<Signal>,
}

/// Where a journal is and within which bounds.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// The state directory; made if there is none.
    pub directory: PathBuf,
    /// Bytes of a segment, allocated at once. A transaction that needs more gets a segment of its own size.
    pub segment_bytes: u64,
    /// Bytes of all segments together. While the oldest gives way there may be one more.
    pub max_bytes: u64,
    /// Pieces older than this are given up; None: never.
    pub max_age: Option<Duration>,
    /// What happens at `max_bytes`.
    pub on_full: OnFull,
    /// Waits after each transaction until it is on the disk, so that a power loss takes nothing either.
    pub fsync: bool,
    /// Who has to acknowledge pieces.
    pub destinations: Vec<DestinationOptions>,
}

impl JournalOptions {
    /// 1 GiB in segments of 16 MiB, kept for a day, the oldest dropped when it is full, no fsync.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            segment_bytes: 16 << 20,
            max_bytes: 1 << 30,
            max_age: Some(Duration::from_secs(24 * 60 * 60)),
            on_full: OnFull::DropOldest,
            fsync: false,
            destinations: Vec::new(),
        }
    }
}
