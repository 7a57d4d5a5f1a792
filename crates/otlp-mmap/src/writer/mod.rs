//! One process' files: create, intern, commit, roll over, close.
//!
//! A [`Writer`] stands for one producer in one process; its threads each take a [`WriterHandle`]. It makes no file before the
//! first record. What its calls answer is bound to an *epoch*: references obtained in one are void in the next, and a commit
//! that comes with an old one is told so ([`CommitStatus::Stale`]).

mod cells;
mod create;
mod drops;
mod epoch;
mod failure;
mod generation;
mod geometry;
mod handle;
mod interner;
mod ledger;
mod location;
mod long;
mod options;
mod place;
mod resource;
mod settings;
mod single_file;
mod state;
mod status;
mod translate;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use self::drops::Drops;
use self::epoch::EpochWord;
use self::resource::Resource;
use self::state::State;
use crate::cells::{CellHandle, Instrument, Store};
use crate::clock;
use crate::directory::{self, Owner};
use crate::file::{RingId, fork};
use crate::layout::constant;
use crate::wire;

pub use geometry::{Geometry, RingSize};
pub use handle::WriterHandle;
pub use location::Location;
pub use options::{ROLL_AT, WriterOptions};
pub use status::{CommitStatus, WriterError, WriterStatus};

/// Nanoseconds between two looks whether the current file still has its name.
const LOOK_INTERVAL: u64 = 1_000_000_000;

/// One producer in one process. Shared by all threads; see [`Writer::handle`] for the path of records.
///
/// Every call but those of [`WriterHandle`] may take a lock and, for the first record of a file, a few milliseconds.
#[derive(Debug)]
pub struct Writer {
    options: WriterOptions,
    owner: Owner,
    word: EpochWord,
    drops: Drops,
    cells: Store,
    state: Mutex<State>,
    /// Monotonic clock of the last look whether the current file still has its name.
    looked_at: AtomicU64,
    /// Fork generation in which `state` was filled.
    home: AtomicU32,
    /// Fork generation that is being adopted.
    adopting: AtomicU32,
    /// The fork happened while another thread had the lock, which nobody will ever give back.
    orphaned: AtomicBool,
}

impl Writer {
    /// A writer, without a file yet.
    ///
    /// # Errors
    /// Options that cannot be right: a geometry that is none, an unknown group, an empty path.
    pub fn open(options: WriterOptions) -> Result<Arc<Self>, WriterError> {
        if let Some(geometry) = &options.geometry {
            geometry.check().map_err(WriterError)?;
        }
        let path = match &options.location {
            Location::Default => None,
            Location::Directory(path) | Location::File(path) => Some(path),
        };
        if path.is_some_and(|path| path.file_name().is_none()) {
            return Err(WriterError("the path of a directory or file is empty".to_owned()));
        }
        let owner = match &options.group {
            None => Owner::User,
            Some(group) => Owner::Group(directory::group_id(group).map_err(WriterError)?),
        };
        let generation = fork::generation();
        Ok(Arc::new(Self {
            owner,
            word: EpochWord::new(),
            drops: Drops::default(),
            cells: Store::new(),
            state: Mutex::new(State::new(Resource::of_service(&options.service_name))),
            looked_at: AtomicU64::new(0),
            home: AtomicU32::new(generation),
            adopting: AtomicU32::new(generation),
            orphaned: AtomicBool::new(false),
            options,
        }))
    }

    /// A handle for one thread.
    #[must_use]
    pub fn handle(self: &Arc<Self>) -> WriterHandle {
        WriterHandle::new(Arc::clone(self))
    }

    /// The current epoch: references obtained in it are good while it lasts.
    #[inline]
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.word.epoch()
    }

    /// Bytes of the longest record that fits into a slot of `ring`, whichever file it goes to: space is saved on the number of
    /// slots, never on their size.
    #[must_use]
    pub fn record_capacity(&self, ring: RingId) -> u32 {
        let slot = self.options.full_geometry().ring(ring).buffer_size;
        (slot - wire::varint_len(slot - 1) as u64) as u32
    }

    /// Dictionary reference of a string (0 for the empty one); makes the file if there is none. In single-file mode such strings
    /// take at most three quarters of the dictionary.
    ///
    /// # Errors
    /// `Stale`, `Disabled`, `Disk` or `Limit`. The caller counts what it loses by the latter three with
    /// [`Writer::count_drop`].
    pub fn intern_string(&self, epoch: u32, text: &str) -> Result<i64, CommitStatus> {
        let mut state = self.lock().ok_or(CommitStatus::Disabled)?;
        state.intern(self, epoch, |interner, file| {
            interner.key(&file.view, text, file.single)
        })
    }

    /// Dictionary reference of a scope. `otlp_attributes`: fields of an OTLP `InstrumentationScope`, of which `attributes` (3) and
    /// `dropped_attributes_count` (4) are taken.
    ///
    /// # Errors
    /// As [`Writer::intern_string`].
    pub fn intern_scope(
        &self,
        epoch: u32,
        name: &str,
        version: &str,
        otlp_attributes: &[u8],
    ) -> Result<i64, CommitStatus> {
        let mut state = self.lock().ok_or(CommitStatus::Disabled)?;
        state.intern(self, epoch, |interner, file| {
            interner.scope(&file.view, name, version, otlp_attributes)
        })
    }

    /// Dictionary reference of a metric that measurements of the ring name: an encoded `MetricRef` with references of this epoch.
    ///
    /// # Errors
    /// As [`Writer::intern_string`].
    pub fn intern_metric(&self, epoch: u32, message: &[u8]) -> Result<i64, CommitStatus> {
        let mut state = self.lock().ok_or(CommitStatus::Disabled)?;
        state.intern(self, epoch, |interner, file| interner.metric(&file.view, message))
    }

    /// Sets the resource of this writer's files, an encoded OTLP Resource. Until it is `settled`, readers wait for it (for a
    /// bounded time). When it changes or settles, the epoch does, so that scopes refer to the new one.
    pub fn set_resource(&self, otlp_resource: &[u8], schema_url: &str, settled: bool) {
        if let Some(mut state) = self.lock() {
            state.set_resource(
                self,
                Resource {
                    otlp: otlp_resource.to_vec(),
                    schema_url: schema_url.to_owned(),
                    settled,
                },
            );
        }
    }

    /// Tells readers a setting of the app, by the name of its environment variable: an interval, a temporality. Never a secret: whoever
    /// may read the file reads it.
    pub fn set_setting(&self, name: &str, value: &str) {
        if let Some(mut state) = self.lock() {
            state.set_setting(self, name, value);
        }
    }

    /// Asks the reader to export everything written so far; returns the epoch to await in [`Writer::acknowledged_epoch`]. 0:
    /// there is no file, nothing to wait for.
    pub fn request_flush(&self) -> u64 {
        self.lock().map_or(0, |mut state| state.request_flush(self))
    }

    /// Newest flush epoch that the reader acknowledged.
    #[must_use]
    pub fn acknowledged_epoch(&self) -> u64 {
        self.lock().map_or(0, |mut state| state.acknowledged_epoch())
    }

    /// Wall clock in nanoseconds of a reader's last visit to the current file; 0 if none ever came.
    #[must_use]
    pub fn reader_heartbeat(&self) -> u64 {
        self.lock().map_or(0, |state| state.reader_heartbeat())
    }

    /// The reader has taken every record written so far, those of earlier generations too.
    #[must_use]
    pub fn drained(&self) -> bool {
        self.lock().is_none_or(|mut state| state.drained())
    }

    /// What there is to say of the writer.
    #[must_use]
    pub fn status(&self) -> WriterStatus {
        let mut status = self.lock().map(|mut state| state.status(self)).unwrap_or_default();
        for ring in RingId::ALL {
            for reason in 0..constant::DROP_REASONS {
                let count = self.drops.total(ring, reason);
                if count != 0 {
                    status.drops.push((ring, reason, count));
                }
            }
        }
        status
    }

    /// Counts a loss that the encoder decided on (`DROP_*`). [`WriterHandle::count_drop`] does it without a lock.
    pub fn count_drop(&self, ring: RingId, reason: u32) {
        let state = self.lock();
        let file = state.as_ref().and_then(|state| state.current());
        self.drops.add(file.map(|file| &file.view), ring, reason, 1);
    }

    /// Begins the next file now, if there is one at all and it is not a single file. True when it is in place.
    pub fn roll(&self) -> bool {
        self.lock().is_some_and(|mut state| state.roll(self))
    }

    /// Ends it: sections closed, lock given up. The file stays for the reader. Later commits are told
    /// [`CommitStatus::Disabled`].
    pub fn close(&self) {
        self.cells.close();
        if let Some(mut state) = self.lock() {
            state.close(self);
        }
    }

    /// The number of an instrument in this process: the same for the same one. It makes no file. `limit`: series that it may have, the
    /// overflow series included; that of the first definition stays.
    ///
    /// # Errors
    /// A sentence about what the file cannot hold.
    pub fn define_instrument(&self, instrument: Instrument, limit: u32) -> Result<u32, WriterError> {
        instrument.check().map_err(WriterError)?;
        self.cells
            .define(instrument, limit)
            .ok_or_else(|| WriterError("this process was forked while an instrument was made".to_owned()))
    }

    /// One thread's way to its metric cells.
    #[must_use]
    pub fn cell_handle(self: &Arc<Self>) -> CellHandle {
        CellHandle::new(Arc::clone(self))
    }

    /// The epoch of cell numbers: they are void when it changes (the file was lost, or the writer closed).
    #[inline]
    #[must_use]
    pub fn cells_epoch(&self) -> u32 {
        self.cells.epoch()
    }

    #[inline]
    pub(crate) fn cells(&self) -> &Store {
        &self.cells
    }

    /// True for one caller a second: it is time to look whether the current file still has its name.
    fn look_is_due(&self) -> bool {
        let now = clock::monotonic_nanos();
        let looked = self.looked_at.load(Ordering::Relaxed);
        now.saturating_sub(looked) >= LOOK_INTERVAL
            && self
                .looked_at
                .compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// True in a forked child that has not looked yet.
    #[inline]
    fn forked(&self) -> bool {
        self.home.load(Ordering::Acquire) != fork::generation()
    }

    /// The state; None in a child whose parent was forked in the middle of a change to it.
    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        if self.forked() {
            self.adopt(fork::generation());
        }
        if self.orphaned.load(Ordering::Acquire) {
            return None;
        }
        Some(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// In a forked child: forgets the parent's file, so that this process makes its own.
    #[cold]
    fn adopt(&self, generation: u32) {
        let before = self.adopting.load(Ordering::Acquire);
        let mine = before != generation
            && self
                .adopting
                .compare_exchange(before, generation, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        if !mine {
            // Another thread of this process is at it, and needs a moment.
            while self.forked() {
                std::thread::yield_now();
            }
            return;
        }
        match self.state.try_lock() {
            Ok(mut state) => state.start_anew(self),
            Err(TryLockError::Poisoned(state)) => state.into_inner().start_anew(self),
            Err(TryLockError::WouldBlock) => self.orphaned.store(true, Ordering::Release),
        }
        self.home.store(generation, Ordering::Release);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.forked() {
            self.close();
        }
    }
}
