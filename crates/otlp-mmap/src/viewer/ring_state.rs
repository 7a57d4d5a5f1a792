//! How full a ring is.

use crate::file::Ring;

/// A ring at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingState {
    /// Slots.
    pub buffers: u64,
    /// Bytes per slot.
    pub buffer_size: u64,
    /// Index of the last record read, −1 at first.
    pub reader_index: i64,
    /// Index of the last record claimed, −1 at first.
    pub writer_index: i64,
    /// Unread slots that are claimed and not published.
    pub unpublished: u64,
}

impl RingState {
    pub(super) fn of(ring: Ring<'_>) -> Self {
        // in this order: the reader's index never passes the writer's
        let reader_index = ring.reader_index();
        let writer_index = ring.writer_index();
        let buffers = ring.geometry().num_buffers();
        let last = writer_index.min(reader_index.saturating_add(buffers as i64));
        let unread = reader_index.saturating_add(1)..=last;
        Self {
            buffers,
            buffer_size: ring.geometry().buffer_size(),
            reader_index,
            writer_index,
            unpublished: unread.filter(|index| !ring.is_published(*index)).count() as u64,
        }
    }

    /// Records that wait for the reader.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.writer_index.saturating_sub(self.reader_index).max(0) as u64
    }
}
