//! The word that every commit looks at: which file is current, and which references are good.

use std::sync::atomic::{AtomicU64, Ordering};

/// Serial number of the current file (0: none) in the upper half, epoch in the lower half. One word, so that no thread ever sees
/// the one without the other.
#[derive(Debug)]
pub(super) struct EpochWord(AtomicU64);

/// A value of the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Current {
    pub serial: u32,
    pub epoch: u32,
}

impl EpochWord {
    /// No file, epoch 1.
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    #[inline]
    pub(super) fn epoch(&self) -> u32 {
        self.0.load(Ordering::Acquire) as u32
    }

    #[inline]
    pub(super) fn load(&self) -> Current {
        // Sequentially consistent: see Ring::claim.
        let word = self.0.load(Ordering::SeqCst);
        Current {
            serial: (word >> 32) as u32,
            epoch: word as u32,
        }
    }

    /// For the holder of the writer's lock.
    pub(super) fn store(&self, current: Current) {
        self.0.store(
            u64::from(current.serial) << 32 | u64::from(current.epoch),
            Ordering::SeqCst,
        );
    }
}
