//! The path of a record: check, claim, copy, publish. No lock, no allocation, no system call, except one that wakes a reader at rest.

use std::sync::Arc;

use super::Writer;
use super::generation::Generation;
use super::status::CommitStatus;
use crate::clock;
use crate::file::RingId;
use crate::layout::constant;

/// The last of 64 records of a ring is the occasion to look whether the file is still there.
const LOOK_MASK: i64 = 63;

/// One thread's way into a writer's file: it remembers which file that is.
#[derive(Debug)]
pub struct WriterHandle {
    writer: Arc<Writer>,
    file: Option<Arc<Generation>>,
    /// A buffer for what goes to the spill ring.
    pub(super) spilled: Vec<u8>,
}

impl WriterHandle {
    pub(super) fn new(writer: Arc<Writer>) -> Self {
        Self {
            writer,
            file: None,
            spilled: Vec::new(),
        }
    }

    /// The writer itself.
    #[must_use]
    pub fn writer(&self) -> &Arc<Writer> {
        &self.writer
    }

    /// Writes an encoded record whose references were obtained in `epoch`; makes the file if there is none. The time of the
    /// newest commit, which the file carries, is taken from the coarse wall clock.
    #[inline]
    pub fn commit(&mut self, ring: RingId, epoch: u32, record: &[u8]) -> CommitStatus {
        self.commit_at(ring, epoch, record, clock::coarse_wall_nanos())
    }

    /// As [`WriterHandle::commit`], at a time that the caller has at hand: nanoseconds since the Unix epoch.
    #[inline]
    pub fn commit_at(&mut self, ring: RingId, epoch: u32, record: &[u8], time: u64) -> CommitStatus {
        if self.writer.forked() {
            return self.commit_to_new_file(ring, epoch, record, time);
        }
        let current = self.writer.word.load();
        match &self.file {
            Some(file) if file.serial == current.serial => {
                if epoch != current.epoch {
                    return CommitStatus::Stale;
                }
                commit_to(&self.writer, file, ring, record, time)
            }
            _ => self.commit_to_new_file(ring, epoch, record, time),
        }
    }

    /// The file that a record of `epoch` goes to, for the slow path. A failure is counted, as a commit would.
    pub(super) fn file_for(&mut self, ring: RingId, epoch: u32) -> Result<Arc<Generation>, CommitStatus> {
        let current = self.writer.word.load();
        match &self.file {
            Some(file) if file.serial == current.serial && !self.writer.forked() => {
                if epoch == current.epoch {
                    Ok(Arc::clone(file))
                } else {
                    Err(CommitStatus::Stale)
                }
            }
            _ => self.find_file(ring, epoch),
        }
    }

    /// Counts a loss that the encoder decided on (`DROP_*`).
    pub fn count_drop(&mut self, ring: RingId, reason: u32) {
        let current = self.writer.word.load();
        match &self.file {
            Some(file) if file.serial == current.serial && !self.writer.forked() => {
                self.writer.drops.add(Some(&file.view), ring, reason, 1);
            }
            _ => self.writer.count_drop(ring, reason),
        }
    }

    /// There is no file, or another one than this handle remembers.
    #[cold]
    fn commit_to_new_file(&mut self, ring: RingId, epoch: u32, record: &[u8], time: u64) -> CommitStatus {
        match self.find_file(ring, epoch) {
            Ok(file) => commit_to(&self.writer, &file, ring, record, time),
            Err(status) => status,
        }
    }

    /// Asks the writer for the current file, which may make it, and remembers it. A failure is counted.
    fn find_file(&mut self, ring: RingId, epoch: u32) -> Result<Arc<Generation>, CommitStatus> {
        self.file = None;
        let writer = Arc::clone(&self.writer);
        let found = match writer.lock() {
            Some(mut state) => state.file_for(&writer, epoch),
            None => Err(CommitStatus::Disabled),
        };
        match found {
            Ok(file) => Ok(Arc::clone(self.file.insert(file))),
            Err(status) => {
                let reason = match status {
                    CommitStatus::Disk => Some(constant::DROP_DISK),
                    CommitStatus::Disabled => Some(constant::DROP_DISABLED),
                    _ => None,
                };
                if let Some(reason) = reason {
                    writer.drops.add(None, ring, reason, 1);
                }
                Err(status)
            }
        }
    }
}

#[inline]
fn commit_to(writer: &Writer, file: &Generation, ring_id: RingId, record: &[u8], time: u64) -> CommitStatus {
    commit_with(writer, file, ring_id, record, time, |_| ())
}

/// Calls `claimed` with the record's index just before it is published; there it may do no more than copy.
#[inline]
pub(super) fn commit_with(
    writer: &Writer,
    file: &Generation,
    ring_id: RingId,
    record: &[u8],
    time: u64,
    claimed: impl FnOnce(i64),
) -> CommitStatus {
    let ring = file.view.ring(ring_id);
    if !ring.fits(record.len()) {
        writer.drops.add(Some(&file.view), ring_id, constant::DROP_TOO_LARGE, 1);
        return CommitStatus::TooLarge;
    }
    let Some(index) = ring.claim() else {
        return full(writer, file, ring_id);
    };
    // The file may have been closed since the caller looked, with a final index below this one. Either the closer's look at
    // the index came after the claim, or this look at the word sees the closer's change.
    if !file.single && writer.word.load().serial != file.serial {
        ring.publish(index, &[]);
        return CommitStatus::Stale;
    }
    claimed(index);
    ring.publish(index, record);
    if file.view.mapping().poisoned() {
        return lost(writer, file);
    }
    if let Some(extension) = file.view.extension() {
        extension.set_last_commit(time);
        extension.wake_reader();
    }
    if index >= file.roll_at {
        roll(writer, file);
    }
    if index & LOOK_MASK == LOOK_MASK {
        // this record stays where it is, for a reader that has the file open; the next one goes to another file
        removed(writer, file);
    }
    CommitStatus::Published
}

/// Whether somebody removed the file: what is written to it no reader finds. Looked at once a second at most.
#[cold]
fn removed(writer: &Writer, file: &Generation) -> bool {
    writer.look_is_due()
        && writer
            .lock()
            .is_some_and(|mut state| state.replace_if_removed(writer, file.serial))
}

#[cold]
fn full(writer: &Writer, file: &Generation, ring: RingId) -> CommitStatus {
    if file.view.mapping().poisoned() {
        return lost(writer, file);
    }
    if removed(writer, file) {
        return CommitStatus::Stale;
    }
    writer.drops.add(Some(&file.view), ring, constant::DROP_FULL, 1);
    CommitStatus::Full
}

/// Somebody truncated the file: what is in it is gone, and what is written to it goes nowhere.
#[cold]
fn lost(writer: &Writer, file: &Generation) -> CommitStatus {
    if let Some(mut state) = writer.lock() {
        state.abandon(writer, file.serial);
    }
    CommitStatus::Stale
}

#[cold]
fn roll(writer: &Writer, file: &Generation) {
    if let Some(mut state) = writer.lock()
        && state.current().is_some_and(|current| current.serial == file.serial)
    {
        state.roll(writer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Location, WriterOptions};
    use super::*;
    use std::path::Path;

    fn writer_in(folder: &Path) -> Arc<Writer> {
        let options = WriterOptions {
            location: Location::Directory(folder.to_owned()),
            ..WriterOptions::default()
        };
        Writer::open(options).unwrap()
    }

    /// The interleaving that threads hit once in a long while: a roll-over between a thread's look at the word and its claim.
    #[test]
    fn a_slot_claimed_after_the_file_was_closed_is_given_up_as_an_empty_record() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer_in(folder.path());
        let mut handle = writer.handle();
        assert_eq!(
            handle.commit(RingId::Spans, writer.epoch(), b"before"),
            CommitStatus::Published
        );
        let file = handle.file.clone().unwrap();
        assert!(writer.roll());
        let last = file.view.ring(RingId::Spans).writer_index();
        let status = commit_to(&writer, &file, RingId::Spans, b"too late", 1);
        assert_eq!(status, CommitStatus::Stale, "the caller encodes it again");
        let ring = file.view.ring(RingId::Spans);
        assert_eq!(ring.writer_index(), last + 1);
        assert!(ring.is_published(last + 1), "no slot stays claimed and unpublished");
        let mut record = Vec::new();
        ring.copy_record(last + 1, &mut record).unwrap();
        assert!(record.is_empty());
    }

    /// A thread that has claimed and not yet published when its file is closed: its record is waited for.
    #[test]
    fn a_closed_file_keeps_its_lock_until_everything_claimed_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer_in(folder.path());
        let mut handle = writer.handle();
        handle.commit(RingId::Spans, writer.epoch(), b"before");
        let file = handle.file.clone().unwrap();
        let index = file.view.ring(RingId::Spans).claim().unwrap();
        assert!(writer.roll());
        assert!(!file.released(), "a reader must not take the slot for dead");
        file.view.ring(RingId::Spans).publish(index, b"in time");
        assert!(!writer.drained());
        assert!(file.released(), "given up at the next look");
    }
}
