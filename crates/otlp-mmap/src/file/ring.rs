//! A ring of records: claimed and published by the writer's threads, read by the one reader that moves its index.
//!
//! Claim, copy, publish: a writer takes an index with a compare-and-swap on `writer_index`, copies the record into the slot of
//! that index, then stores the index' flag in the availability array. A reader takes slots in the order of their
//! indices as their flags appear.

use super::atomic::{Ordering, fence};
use super::mapping::Mapping;
use crate::layout::ring;
use crate::wire;

/// Which ring of a file. The number is that of the layout's RING constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RingId {
    /// Log records.
    Events = 0,
    /// Span records.
    Spans = 1,
    /// Measurements.
    Measurements = 2,
}

impl RingId {
    /// All rings, in the order in which they stand in the file.
    pub const ALL: [Self; 3] = [Self::Events, Self::Spans, Self::Measurements];

    /// The ring of a number, if there is one.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }

    /// `events`, `spans` or `measurements`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Spans => "spans",
            Self::Measurements => "measurements",
        }
    }
}

/// Where a ring lies and how its slots are cut. Checked once, when a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingGeometry {
    offset: u64,
    num_buffers: u64,
    buffer_size: u64,
    log2: u32,
}

impl RingGeometry {
    /// A ring at `offset` that ends before `end`.
    ///
    /// # Errors
    /// What is wrong: a count that is no power of two or below 2, or slots that reach beyond `end`.
    pub fn check(offset: u64, end: u64, num_buffers: i64, buffer_size: i64) -> Result<Self, String> {
        let count = u64::try_from(num_buffers).unwrap_or(0);
        let size = u64::try_from(buffer_size).unwrap_or(0);
        if count < 2 || !count.is_power_of_two() {
            return Err(format!("{num_buffers} buffers"));
        }
        if size == 0 {
            return Err(format!("buffers of {buffer_size} bytes"));
        }
        let geometry = Self {
            offset,
            num_buffers: count,
            buffer_size: size,
            log2: count.trailing_zeros(),
        };
        match Self::length(count, size).and_then(|length| offset.checked_add(length)) {
            Some(ring_end) if ring_end <= end => Ok(geometry),
            _ => Err(format!(
                "{count} buffers of {size} bytes at offset {offset} reach beyond the next section at {end}"
            )),
        }
    }

    /// Bytes of a ring of that many slots of that size; None if they do not fit in 63 bits.
    #[must_use]
    pub fn length(num_buffers: u64, buffer_size: u64) -> Option<u64> {
        let slots = num_buffers.checked_mul(buffer_size)?;
        let flags = num_buffers.checked_mul(4)?;
        slots
            .checked_add(flags)?
            .checked_add(ring::AVAILABILITY as u64)
            .filter(|length| i64::try_from(*length).is_ok())
    }

    /// Slots in the ring.
    #[must_use]
    pub fn num_buffers(&self) -> u64 {
        self.num_buffers
    }

    /// Bytes per slot.
    #[must_use]
    pub fn buffer_size(&self) -> u64 {
        self.buffer_size
    }

    /// The flag that is stored when record `index` is published: its low 32 bits shifted right, so that it never reads
    /// as the −1 of a fresh slot.
    #[inline]
    #[must_use]
    pub fn flag(&self, index: i64) -> i32 {
        (index as u32 >> self.log2) as i32
    }

    /// The other form that writers store: the 64-bit index shifted, then cut. The same below index 2^32.
    #[inline]
    #[must_use]
    pub fn wide_flag(&self, index: i64) -> i32 {
        (index >> self.log2) as i32
    }

    #[inline]
    fn position(&self, index: i64) -> u64 {
        index as u64 & (self.num_buffers - 1)
    }

    #[inline]
    fn availability_offset(&self, index: i64) -> u64 {
        self.offset + ring::AVAILABILITY as u64 + 4 * self.position(index)
    }

    #[inline]
    fn slot_offset(&self, index: i64) -> u64 {
        self.offset + ring::AVAILABILITY as u64 + 4 * self.num_buffers + self.buffer_size * self.position(index)
    }
}

/// How many records before its use a slot is asked for: a line from another core takes longer than the next record does to come.
const WRITE_AHEAD: i64 = 2;
/// As above, for the reading side.
const READ_AHEAD: i64 = 3;

/// The bytes in a slot are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotError {
    /// The length before the record is no varint, or reaches beyond the slot.
    BadLength,
    /// The file ends before the slot does: it was truncated.
    OutOfFile,
}

/// A ring of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Ring<'a> {
    mapping: &'a Mapping,
    geometry: RingGeometry,
}

impl<'a> Ring<'a> {
    pub(super) fn new(mapping: &'a Mapping, geometry: RingGeometry) -> Self {
        Self { mapping, geometry }
    }

    /// Where it lies and how it is cut.
    #[must_use]
    pub fn geometry(&self) -> RingGeometry {
        self.geometry
    }

    /// Index of the last record that was read (acquire); −1 at first.
    #[inline]
    #[must_use]
    pub fn reader_index(&self) -> i64 {
        self.load(ring::READER_INDEX)
    }

    /// Index of the last record that was claimed (acquire); −1 at first.
    #[inline]
    #[must_use]
    pub fn writer_index(&self) -> i64 {
        self.load(ring::WRITER_INDEX)
    }

    /// For the reader that holds the reader lock: frees every slot up to `index`. It must have copied them out.
    #[inline]
    pub fn set_reader_index(&self, index: i64) {
        if let Some(word) = self
            .mapping
            .atomic_i64(self.geometry.offset + ring::READER_INDEX as u64)
        {
            // SYNC POINT: a writer that sees the new index may overwrite the slots; our reads of them come before.
            word.store(index, Ordering::Release);
        }
    }

    /// Record `index` is published (acquire), in either form of the flag.
    #[inline]
    #[must_use]
    pub fn is_published(&self, index: i64) -> bool {
        // SYNC POINT: pairs with the release store in publish; the record's bytes are there.
        let flag = self.mapping.load_i32(self.geometry.availability_offset(index));
        flag.is_some_and(|flag| flag == self.geometry.flag(index) || flag == self.geometry.wide_flag(index))
    }

    /// For viewers, after a copy: the slot of `index` was not claimed anew while its bytes were copied. The flag alone does not tell,
    /// since it changes only when the new record is whole.
    #[must_use]
    pub fn is_intact(&self, index: i64) -> bool {
        // SYNC POINT: the loads of the copy come before the load of the index.
        fence(Ordering::Acquire);
        let claimed = self.writer_index();
        self.is_published(index) && claimed.wrapping_sub(index) < self.geometry.num_buffers as i64
    }

    /// For readers: appends record `index`, without its length prefix, to `out`. Only after [`Ring::is_published`]; a viewer
    /// asks again afterwards, since the slot may have been claimed anew meanwhile.
    ///
    /// # Errors
    /// The slot holds no record; `out` is unchanged.
    pub fn copy_record(&self, index: i64, out: &mut Vec<u8>) -> Result<(), SlotError> {
        let slot = self.geometry.slot_offset(index);
        let mut prefix = [0u8; 10];
        let prefix = &mut prefix[..(self.geometry.buffer_size as usize).min(10)];
        if !self.mapping.copy_out(slot, prefix) {
            return Err(SlotError::OutOfFile);
        }
        let (length, taken) = wire::varint(prefix).map_err(|_| SlotError::BadLength)?;
        if length > self.geometry.buffer_size - taken as u64 {
            return Err(SlotError::BadLength);
        }
        if !self.mapping.append_to(slot + taken as u64, length as usize, out) {
            return Err(SlotError::OutOfFile);
        }
        Ok(())
    }

    /// For readers: a record that is claimed will be copied soon, and will be about as long as this. Beyond what is claimed
    /// it would take lines away from the writer.
    #[inline]
    pub fn expect_read(&self, after: i64, claimed: i64, length: usize) {
        let soon = after + READ_AHEAD;
        if soon <= claimed {
            self.mapping.expect_read(self.geometry.slot_offset(soon), length);
        }
    }

    /// For readers: appends all bytes of the slot of `index` to `out`, to look at one that cannot be decoded.
    ///
    /// # Errors
    /// The file was truncated; `out` is unchanged.
    pub fn copy_slot(&self, index: i64, out: &mut Vec<u8>) -> Result<(), SlotError> {
        let length = self.geometry.buffer_size as usize;
        if self.mapping.append_to(self.geometry.slot_offset(index), length, out) {
            Ok(())
        } else {
            Err(SlotError::OutOfFile)
        }
    }

    /// A record of `length` bytes fits in a slot, together with its length prefix.
    #[inline]
    #[must_use]
    pub fn fits(&self, length: usize) -> bool {
        (wire::varint_len(length as u64) + length) as u64 <= self.geometry.buffer_size
    }

    /// For writers: takes the next index; None when the ring is full. At most `num_buffers − 1` records wait unread.
    ///
    /// What is claimed must be published: nothing may happen between the two but a copy.
    #[inline]
    #[must_use]
    pub fn claim(&self) -> Option<i64> {
        let writer = self
            .mapping
            .atomic_i64(self.geometry.offset + ring::WRITER_INDEX as u64)?;
        let reader = self
            .mapping
            .atomic_i64(self.geometry.offset + ring::READER_INDEX as u64)?;
        let mut current = writer.load(Ordering::Relaxed);
        loop {
            let next = current.wrapping_add(1);
            // SYNC POINT: pairs with the release store of set_reader_index.
            if next.wrapping_sub(self.geometry.num_buffers as i64) >= reader.load(Ordering::Acquire) {
                return None;
            }
            // Sequentially consistent: a closer that changed the generation before it reads this index either sees the
            // claim, or the claimant sees the change.
            match writer.compare_exchange_weak(current, next, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return Some(next),
                Err(seen) => current = seen,
            }
        }
    }

    /// For writers: copies a record that [`Ring::fits`] into the slot of a claimed index and publishes it.
    #[inline]
    pub fn publish(&self, index: i64, record: &[u8]) {
        let slot = self.geometry.slot_offset(index);
        let mut prefix = [0u8; 10];
        let mut rest = record.len();
        let mut taken = 0;
        while rest >= 0x80 {
            prefix[taken] = rest as u8 | 0x80;
            rest >>= 7;
            taken += 1;
        }
        prefix[taken] = rest as u8;
        taken += 1;
        debug_assert!(self.fits(record.len()), "checked before the claim");
        let _ = self.mapping.copy_in(slot, &prefix[..taken]);
        let _ = self.mapping.copy_in(slot + taken as u64, record);
        if let Some(flag) = self.mapping.atomic_i32(self.geometry.availability_offset(index)) {
            // SYNC POINT: a reader that sees the flag (acquire) sees the record.
            flag.store(self.geometry.flag(index), Ordering::Release);
        }
        // The reader's core has the lines of the slots ahead since the last lap. Those of the next record are on their way already.
        let soon = index.wrapping_add(WRITE_AHEAD);
        self.mapping
            .expect_write(self.geometry.slot_offset(soon), taken + record.len());
        self.mapping.expect_write(self.geometry.availability_offset(soon), 4);
    }

    /// For a writer that closes the ring: the final index, read sequentially consistently after the generation changed.
    #[must_use]
    pub(crate) fn final_writer_index(&self) -> i64 {
        self.mapping
            .atomic_i64(self.geometry.offset + ring::WRITER_INDEX as u64)
            .map_or(-1, |word| word.load(Ordering::SeqCst))
    }

    /// For writers: lays out an empty ring in a new file whose bytes are zero.
    pub(crate) fn initialise(&self) {
        let at = |offset: usize| self.mapping.atomic_i64(self.geometry.offset + offset as u64);
        let words = [
            (ring::NUM_BUFFERS, self.geometry.num_buffers as i64),
            (ring::BUFFER_SIZE, self.geometry.buffer_size as i64),
            (ring::READER_INDEX, -1),
            (ring::WRITER_INDEX, -1),
        ];
        for (offset, value) in words {
            if let Some(word) = at(offset) {
                word.store(value, Ordering::Relaxed);
            }
        }
        let flags = self.geometry.offset + ring::AVAILABILITY as u64;
        let _ = self.mapping.fill(flags, 4 * self.geometry.num_buffers as usize, 0xff);
    }

    #[inline]
    fn load(&self, offset: usize) -> i64 {
        self.mapping
            .load_i64(self.geometry.offset + offset as u64)
            .unwrap_or(-1)
    }
}
