//! When the making of a file is tried again after it has failed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock;

/// A look at folders is worth a system call so often.
const LOOK_INTERVAL: u64 = 10_000_000;
/// An attempt may take a twentieth of the time: in a folder of many files that change all the time each takes milliseconds.
const PAUSE: u64 = 20;
/// File systems tell times in steps: a folder may have changed once more within the one that it tells.
const STEP: i128 = 100_000_000;

/// A file could not be made. What makes the next attempt worth while is time, or room in a folder that was over its limit.
#[derive(Debug)]
pub(super) struct Failure {
    /// Monotonic clock.
    at: u64,
    looked_at: u64,
    look_interval: u64,
    /// Folders that were over their limit, and when they were changed. None: they may have changed since.
    crowded: Vec<(PathBuf, Option<i128>)>,
}

impl Failure {
    /// `began`: when the attempt did, by the monotonic clock. `crowded`: folders that would have taken the file, had there been room.
    pub(super) fn new(began: u64, crowded: Vec<PathBuf>) -> Self {
        let now = clock::monotonic_nanos();
        let wall = i128::from(clock::wall_nanos());
        let settled = |time: &i128| wall - time > STEP;
        Self {
            at: now,
            looked_at: now,
            look_interval: LOOK_INTERVAL.max(PAUSE * now.saturating_sub(began)),
            crowded: crowded
                .into_iter()
                .map(|folder| {
                    let changed = changed(&folder).filter(settled);
                    (folder, changed)
                })
                .collect(),
        }
    }

    /// Whether the time is up, or a crowded folder was changed: mostly by a reader that removed a file. Cheap enough for every record.
    pub(super) fn is_over(&mut self, retry_after: Duration) -> bool {
        let now = clock::monotonic_nanos();
        if u128::from(now.saturating_sub(self.at)) >= retry_after.as_nanos() {
            return true;
        }
        if self.crowded.is_empty() || now.saturating_sub(self.looked_at) < self.look_interval {
            return false;
        }
        self.looked_at = now;
        self.crowded
            .iter()
            .any(|(folder, before)| before.is_none() || changed(folder) != *before)
    }
}

/// Wall clock in nanoseconds of the last change to a folder's entries.
fn changed(folder: &PathBuf) -> Option<i128> {
    let metadata = fs::metadata(folder).ok()?;
    Some(i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()))
}
