//! One file of a writer, from its swap into place until it is closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::ledger::Ledger;
use crate::file::lock::Lock;
use crate::file::{FileView, RingId};
use crate::layout::constant;

/// Bytes that the touching thread asks for at once.
const TOUCH: usize = 256 << 10;
/// Turns that a closer gives to threads that have claimed a slot and not yet published it.
const PATIENCE: u32 = 200;

/// A file that records are committed to.
#[derive(Debug)]
pub(super) struct Generation {
    pub view: FileView,
    /// Names this file within the process; never 0.
    pub serial: u32,
    /// Its number in the stream.
    pub number: u64,
    /// It never gives way to a next one.
    pub single: bool,
    /// Index at which the next file begins.
    pub roll_at: i64,
    /// Held while a record is committed that has parts in the spill ring.
    pub ledger: Mutex<Ledger>,
    lock: Mutex<Option<Lock>>,
    /// Metric cells in it are in use: it outlives its rings.
    cells: AtomicBool,
}

impl Generation {
    pub(super) fn new(view: FileView, lock: Lock, serial: u32, number: u64, single: bool, roll_at: i64) -> Self {
        Self {
            view,
            serial,
            number,
            single,
            roll_at: if single { i64::MAX } else { roll_at },
            ledger: Mutex::default(),
            lock: Mutex::new(Some(lock)),
            cells: AtomicBool::new(false),
        }
    }

    /// Has the pages provided by a thread of its own, so that the caller's does not pay for the first touch of each.
    pub(super) fn touch_ahead(&self) {
        let mapping = Arc::clone(self.view.mapping());
        // Without the thread the pages come as they are touched.
        let _ = std::thread::Builder::new()
            .name("otlp-mmap-touch".to_owned())
            .spawn(move || {
                let length = mapping.length();
                for offset in (0..length).step_by(TOUCH) {
                    mapping.populate(offset, TOUCH.min((length - offset) as usize));
                }
                mapping.collapse();
            });
    }

    /// Of each ring: records that the reader has not given back, and slots.
    pub(super) fn fill(&self) -> Vec<(RingId, u64, u64)> {
        let fill = |id| {
            let ring = self.view.ring(id);
            let waiting = ring.writer_index().saturating_sub(ring.reader_index());
            (id, waiting.max(0) as u64, ring.geometry().num_buffers())
        };
        RingId::ALL.into_iter().map(fill).collect()
    }

    /// Declares that nothing more will be claimed, and gives up the writer's lock once everything claimed is published. Call
    /// it when no new commit can come to this file any more. May be called again.
    pub(super) fn close(&self) {
        if let Some(extension) = self.view.extension() {
            for ring in RingId::ALL {
                // SYNC POINT: a thread that claimed before this load is covered by the index; one that claims after it sees
                // that the generation has changed.
                let _ = self.view.ring(ring).final_writer_index();
                extension.set_state(ring, constant::STATE_CLOSED);
            }
        }
        for _ in 0..PATIENCE {
            if self.all_published() {
                if !self.cells.load(Ordering::Acquire) {
                    self.release();
                }
                return;
            }
            std::thread::yield_now();
        }
        // Without the lock a reader would take the missing records for lost. It is given up at a later call, or with the
        // process.
    }

    /// Whether somebody truncated the file: a part of what is mapped of it is gone.
    pub(super) fn is_cut(&self) -> bool {
        let mapping = self.view.mapping();
        let length = mapping.file().metadata().map(|metadata| metadata.len());
        mapping.poisoned() || length.is_ok_and(|length| length < mapping.length())
    }

    /// Metric cells come into the file: from now on it is kept, and its lock held, until [`Generation::finish_cells`].
    pub(super) fn begin_cells(&self, extents: u64) {
        self.cells.store(true, Ordering::Release);
        if let Some(extension) = self.view.extension() {
            extension.set_cell_extents(extents);
            extension.set_cells_state(constant::STATE_OPEN);
        }
    }

    /// Metric cells in it are in use.
    pub(super) fn has_cells(&self) -> bool {
        self.cells.load(Ordering::Acquire)
    }

    /// The cells will not change any more. Gives up the lock if the rings are closed, too.
    pub(super) fn finish_cells(&self) {
        self.cells.store(false, Ordering::Release);
        if let Some(extension) = self.view.extension() {
            extension.set_cells_state(constant::STATE_CLOSED);
            if extension.closed() {
                self.close();
            }
        }
    }

    /// Gives up the lock of a file that is lost, so that another can take its place.
    pub(super) fn release(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The lock is given up.
    pub(super) fn released(&self) -> bool {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn all_published(&self) -> bool {
        RingId::ALL.iter().all(|id| {
            let ring = self.view.ring(*id);
            let last = ring.writer_index();
            let first = ring
                .reader_index()
                .max(last.saturating_sub(ring.geometry().num_buffers() as i64));
            (first.saturating_add(1)..=last).all(|index| ring.is_published(index))
        })
    }

    /// The reader has taken every record.
    pub(super) fn drained(&self) -> bool {
        RingId::ALL.iter().all(|id| {
            let ring = self.view.ring(*id);
            ring.reader_index() >= ring.writer_index()
        })
    }
}
