//! One file's records: copied out, in order, with nothing in the file trusted.
//!
//! Two kinds of reader share [`FileReader`]: the owner, who holds the file's reader lock and moves `reader_index`, and viewers,
//! who change nothing.

mod cursor;
mod settings;

pub use cursor::Next;

use crate::clock;
use crate::file::liveness::{self, Liveness};
use crate::file::lock::{Lock, Role};
use crate::file::{
    Access, EntryError, FileError, FileView, Identity, Inode, Problem, RingId, SpillError, SpillReference,
};
use crate::layout::constant;
use crate::otlp::{self, Entries};
use crate::random;
use cursor::{Cursor, Patience};
use std::path::Path;
use std::time::{Duration, Instant};

/// A dictionary entry longer than this is not copied: no key, scope or resource comes near.
const LONGEST_ENTRY: usize = 1 << 20;

/// How long a slot that was claimed and never published holds up a file whose writer's life cannot be told.
pub const DEAD_SLOT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the writer's process is looked up; its lock in each check: a lock outlives its process only in a fork.
const PROCESS_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Reads one file of any writer of version 1.
#[derive(Debug)]
pub struct FileReader {
    view: FileView,
    /// The owner's lock; None for viewers.
    lock: Option<Lock>,
    cursors: [Cursor; 3],
    /// The ring that a record was taken from last.
    newest: RingId,
    start_time: u64,
    liveness: Liveness,
    next_process_check: Option<Instant>,
    dead_slot_timeout: Duration,
}

/// Why a file could not be attached.
#[derive(Debug)]
pub enum AttachError {
    /// Another reader holds the lock.
    Locked,
    /// The file is not fit for reading.
    File(FileError),
}

impl From<FileError> for AttachError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl FileReader {
    /// Becomes the one reader that moves the file's indices.
    ///
    /// # Errors
    /// [`AttachError::Locked`] if another process is that already; otherwise what is wrong with the file.
    pub fn attach(path: &Path, dead_slot_timeout: Duration) -> Result<Self, AttachError> {
        let view = FileView::open(path, Access::ReadWrite)?;
        let lock = Lock::try_lock(view.mapping(), path, Role::Reader)
            .map_err(|error| FileError::from_io(path, "locking", error))?
            .ok_or(AttachError::Locked)?;
        let reader = Self::new(view, Some(lock), dead_slot_timeout)?;
        if let Some(slot) = reader.slot() {
            slot.occupy(random_id(), std::process::id());
            slot.set_heartbeat(clock::wall_nanos());
        }
        Ok(reader)
    }

    /// Looks at a file without changing a byte of it, beside whoever reads it.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn view(path: &Path) -> Result<Self, FileError> {
        Self::new(FileView::open(path, Access::Read)?, None, Duration::ZERO)
    }

    fn new(view: FileView, lock: Option<Lock>, dead_slot_timeout: Duration) -> Result<Self, FileError> {
        let start_time = view.header().time_unix_nano();
        let cursors = cursors(&view)?;
        let mut reader = Self {
            view,
            lock,
            cursors,
            newest: RingId::Spans,
            start_time,
            liveness: Liveness::Unknown,
            next_process_check: None,
            dead_slot_timeout,
        };
        reader.check_liveness();
        Ok(reader)
    }

    /// The open file.
    #[must_use]
    pub fn file(&self) -> &FileView {
        &self.view
    }

    /// The open file, without the reader.
    #[must_use]
    pub fn into_file(self) -> FileView {
        self.view
    }

    /// Who wrote the file, if it carries our block.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.view.extension().map(|block| block.identity())
    }

    /// What was last found of the writer's life.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.liveness
    }

    /// Looks whether the writer lives: a system call, and a few more now and then. If that cannot be told, it counts as alive.
    pub fn check_liveness(&mut self) {
        let now = Instant::now();
        if self.next_process_check.is_none_or(|next| now >= next) {
            self.next_process_check = Some(now + PROCESS_CHECK_INTERVAL);
            self.liveness = liveness::of_writer(&self.view).unwrap_or(Liveness::Alive);
        } else if self.liveness != Liveness::Dead {
            self.liveness = liveness::of_lock(&self.view).unwrap_or(Liveness::Alive);
        }
    }

    /// Takes the next record of a ring into `record`, which is cleared first.
    #[inline]
    pub fn next(&mut self, ring: RingId, now: Instant, record: &mut Vec<u8>) -> Next {
        let patience = Patience {
            now,
            liveness: self.liveness,
            timeout: self.dead_slot_timeout,
        };
        let view = self.view.ring(ring);
        let cursor = &mut self.cursors[ring as usize];
        self.newest = ring;
        let next = cursor.next(view, patience, record);
        if next == Next::Record && self.lock.is_none() && !view.is_intact(cursor.taken()) {
            // the owner freed the slot and the writer took it while we copied
            return Next::Skipped;
        }
        next
    }

    /// Last index taken from a ring.
    #[must_use]
    pub fn cursor(&self, ring: RingId) -> i64 {
        self.cursors[ring as usize].taken()
    }

    /// Goes on after `index` of a ring, whose records up to there were taken before.
    pub fn skip_to(&mut self, ring: RingId, index: i64) {
        let view = self.view.ring(ring);
        self.cursors[ring as usize].skip_to(view, index);
    }

    /// When the writer started, as the file tells.
    #[must_use]
    pub fn start_time(&self) -> u64 {
        self.start_time
    }

    /// Since when the next slot of a ring has been claimed without being published.
    #[must_use]
    pub fn waiting_since(&self, ring: RingId) -> Option<Instant> {
        self.cursors[ring as usize].waiting_since()
    }

    /// Everything claimed so far is taken.
    #[must_use]
    pub fn is_at_end(&self, ring: RingId) -> bool {
        self.view.ring(ring).writer_index() == self.cursor(ring)
    }

    /// Frees the slots of a ring up to `index`. Viewers free nothing.
    pub fn release(&self, ring: RingId, index: i64) {
        // a file that was started anew has other records under these indices
        if self.lock.is_some() && !self.was_restarted() {
            self.view.ring(ring).set_reader_index(index);
        }
    }

    /// The writer's start time differs from the one that was read first: another process writes here, or another file has
    /// taken the name.
    #[must_use]
    pub fn was_restarted(&self) -> bool {
        self.view.header().time_unix_nano() != self.start_time
    }

    /// Follows a restart. Writers without our block reset the rings, so reading begins at their `reader_index`; writers with it
    /// leave an old file as it is.
    ///
    /// # Errors
    /// The rings are not (yet) right.
    pub fn restart(&mut self) -> Result<(), FileError> {
        let start_time = self.view.header().time_unix_nano();
        if self.view.extension().is_none() {
            self.cursors = cursors(&self.view)?;
        }
        self.start_time = start_time;
        Ok(())
    }

    /// Nothing more will be claimed: the writer closed the file, or is dead.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.liveness == Liveness::Dead || self.view.extension().is_some_and(|block| block.closed())
    }

    /// Metric cells will not change any more: the writer closed them, or is dead.
    #[must_use]
    pub fn cells_are_final(&self) -> bool {
        let closed = |block: crate::file::Extension<'_>| block.cells_state() == constant::STATE_CLOSED;
        self.liveness == Liveness::Dead || self.view.extension().is_some_and(closed)
    }

    /// Its writer still updates metric cells in it, whatever the state of its rings.
    #[must_use]
    pub fn has_open_cells(&self) -> bool {
        let open = |block: crate::file::Extension<'_>| block.cells_state() == constant::STATE_OPEN;
        self.liveness != Liveness::Dead && self.view.extension().is_some_and(open)
    }

    /// Every record of every ring was taken and released.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        RingId::ALL.iter().all(|&id| {
            let ring = self.view.ring(id);
            ring.reader_index() == ring.writer_index()
        })
    }

    /// The name still leads to this file.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        Inode::at(self.view.path()) == Some(self.view.inode())
    }

    /// Wall clock of the newest commit, nanoseconds since the Unix epoch; 0 if the file does not tell.
    #[must_use]
    pub fn last_commit(&self) -> u64 {
        self.view.extension().map_or(0, |block| block.last_commit())
    }

    /// The newest of what the file tells of when its writer was alive: a commit, or a tick of its metrics.
    #[must_use]
    pub fn last_sign_of_life(&self) -> u64 {
        self.view
            .extension()
            .map_or(0, |block| block.last_commit().max(block.cells_tick()))
    }

    /// References of the resource that stands for every scope, and of its schema URL, if the file names one.
    #[must_use]
    pub fn resource_refs(&self) -> Option<(i64, i64)> {
        let block = self.view.extension()?;
        let reference = block.resource_ref();
        (reference != 0).then(|| (reference, block.resource_schema_url_ref()))
    }

    /// Reference of the app's settings, 0 for none. It changes when they do.
    #[must_use]
    pub fn settings_ref(&self) -> i64 {
        self.view.extension().map_or(0, |block| block.settings_ref())
    }

    /// The app's settings: names of environment variables, and values. Whether to follow them is up to who reads.
    pub fn settings(&mut self) -> Vec<(String, String)> {
        let reference = self.settings_ref();
        settings::read(self, reference)
    }

    /// Tells the writer that its file is being read.
    pub fn store_heartbeat(&self, unix_nanos: u64) {
        if let Some(slot) = self.slot() {
            slot.set_heartbeat(unix_nanos);
        }
    }

    /// The writer had news since it was told of a sleep, and touched the file or tried to.
    #[must_use]
    pub fn has_wakened(&self) -> bool {
        self.slot().is_some_and(|slot| !slot.is_sleeping())
    }

    /// Has the writer touch the file when it has news. True if it knows already and will: it was told in an earlier call. A writer
    /// that does not do this never will.
    #[must_use]
    pub fn announce_sleep(&self) -> bool {
        let wakes = |identity: &Identity| identity.features_may & u64::from(constant::FEATURE_WAKES) != 0;
        let (Some(slot), true) = (self.slot(), self.identity().is_some_and(wakes)) else {
            return false;
        };
        let knows = slot.is_sleeping();
        if !knows {
            slot.set_sleeping(true);
        }
        knows
    }

    /// Tells the writer that everything up to its flush `epoch` was exported.
    pub fn acknowledge_epoch(&self, epoch: u64) {
        if let Some(slot) = self.slot() {
            slot.set_acknowledged_epoch(epoch);
        }
    }

    /// The owner's slot in the block.
    fn slot(&self) -> Option<crate::file::ReaderSlot<'_>> {
        self.lock.as_ref()?;
        self.view.extension()?.reader_slot(0)
    }
}

impl Entries for FileReader {
    fn entry(&mut self, reference: i64, out: &mut Vec<u8>) -> Result<(), otlp::EntryError> {
        self.view
            .dictionary()
            .copy_entry(reference, LONGEST_ENTRY, out)
            .map_err(|error| match error {
                EntryError::TooLong(_) => otlp::EntryError::TooLarge,
                EntryError::OutOfBounds => otlp::EntryError::Outside,
                EntryError::BadLength => otlp::EntryError::Malformed,
            })
    }

    fn spilled(&mut self, reference: SpillReference, out: &mut Vec<u8>) -> Result<(), SpillError> {
        let spill = self.view.spill().ok_or(SpillError)?;
        let index = self.cursor(self.newest);
        spill.copy_entry(self.newest, index, reference, out)
    }
}

fn cursors(view: &FileView) -> Result<[Cursor; 3], FileError> {
    let cursor = |id: RingId| {
        let ring = view.ring(id);
        Cursor::at_reader_index(ring).ok_or_else(|| {
            let found = format!(
                "reader_index {}, writer_index {}",
                ring.reader_index(),
                ring.writer_index()
            );
            FileError::new(view.path(), Problem::BadRing(id.name(), found))
        })
    };
    Ok([
        cursor(RingId::Events)?,
        cursor(RingId::Spans)?,
        cursor(RingId::Measurements)?,
    ])
}

/// Random and not zero, which means "free".
fn random_id() -> u64 {
    u128::from_le_bytes(random::bytes()) as u64 | 1
}
