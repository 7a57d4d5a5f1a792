//! Counts of lost records, kept in the process until a file can take them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::file::{FileView, RingId};
use crate::layout::constant::DROP_REASONS;

type Table = [[AtomicU64; DROP_REASONS as usize]; 3];

/// By ring and `DROP_*` reason.
#[derive(Debug, Default)]
pub(super) struct Drops {
    /// Everything since the writer was opened.
    totals: Table,
    /// What no file has taken yet.
    pending: Table,
}

impl Drops {
    /// Counts a loss, in the file if there is one. An unknown reason counts nothing.
    pub(super) fn add(&self, view: Option<&FileView>, ring: RingId, reason: u32, count: u64) {
        if reason >= DROP_REASONS || count == 0 {
            return;
        }
        self.totals[ring as usize][reason as usize].fetch_add(count, Ordering::Relaxed);
        match view.and_then(FileView::extension) {
            Some(extension) => extension.add_drops(ring, reason, count),
            None => {
                self.pending[ring as usize][reason as usize].fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    /// Moves what is pending into a file's counters.
    pub(super) fn carry_into(&self, view: &FileView) {
        let Some(extension) = view.extension() else {
            return;
        };
        for ring in RingId::ALL {
            for reason in 0..DROP_REASONS {
                let count = self.pending[ring as usize][reason as usize].swap(0, Ordering::Relaxed);
                if count != 0 {
                    extension.add_drops(ring, reason, count);
                }
            }
        }
    }

    /// In a forked child: what the parent lost is the parent's to count.
    pub(super) fn reset(&self) {
        for count in self.totals.iter().chain(&self.pending).flatten() {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Losses since the writer was opened.
    pub(super) fn total(&self, ring: RingId, reason: u32) -> u64 {
        self.totals
            .get(ring as usize)
            .and_then(|reasons| reasons.get(reason as usize))
            .map_or(0, |count| count.load(Ordering::Relaxed))
    }
}
