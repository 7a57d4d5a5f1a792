//! The dictionary: entries that records refer to by their file offset. It is the tail of the file and only grows.

use super::atomic::Ordering;
use super::mapping::{Mapping, Refresh};
use crate::layout::dictionary;
use crate::wire;

/// Bytes of the length before an entry that is claimed before its length matters to anyone.
pub(crate) const PADDED_PREFIX: u64 = 8;

/// A reference that leads to no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// Outside the dictionary or the file.
    OutOfBounds,
    /// Longer than the reader is willing to copy; bytes.
    TooLong(u64),
    /// The length before the entry is no varint.
    BadLength,
}

/// The dictionary of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary<'a> {
    mapping: &'a Mapping,
    offset: u64,
}

impl<'a> Dictionary<'a> {
    pub(super) fn new(mapping: &'a Mapping, offset: u64) -> Self {
        Self { mapping, offset }
    }

    /// The dictionary at `offset` of a file that was checked, by another mapping of it.
    pub(crate) fn of(mapping: &'a Mapping, offset: u64) -> Self {
        Self::new(mapping, offset)
    }

    /// File offset of the first entry.
    #[must_use]
    pub fn first_entry(&self) -> u64 {
        self.offset + dictionary::LENGTH as u64
    }

    /// File offset of the end of the claimed space (acquire). The newest entries may not be written yet.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.mapping.load_i64(self.offset + dictionary::END as u64).unwrap_or(0)
    }

    /// Entries claimed (acquire).
    #[must_use]
    pub fn num_entries(&self) -> i64 {
        self.mapping
            .load_i64(self.offset + dictionary::NUM_ENTRIES as u64)
            .unwrap_or(0)
    }

    /// For readers: appends the entry at `reference`, without its length prefix, to `out`. Looks at the file's length again
    /// when the entry lies beyond what was seen of it. The bytes are a message or a string: the caller decodes and checks them.
    ///
    /// # Errors
    /// The reference is bad, or the entry longer than `limit` bytes; `out` is unchanged.
    pub fn copy_entry(&self, reference: i64, limit: usize, out: &mut Vec<u8>) -> Result<(), EntryError> {
        let start = u64::try_from(reference).map_err(|_| EntryError::OutOfBounds)?;
        if start < self.first_entry() {
            return Err(EntryError::OutOfBounds);
        }
        match self.try_copy(start, limit, out) {
            Err(EntryError::OutOfBounds) if matches!(self.mapping.refresh(), Ok(Refresh::Grown)) => {
                self.try_copy(start, limit, out)
            }
            result => result,
        }
    }

    fn try_copy(&self, start: u64, limit: usize, out: &mut Vec<u8>) -> Result<(), EntryError> {
        let within = self.mapping.length().saturating_sub(start).min(10) as usize;
        let mut prefix = [0u8; 10];
        let prefix = &mut prefix[..within];
        if within == 0 || !self.mapping.copy_out(start, prefix) {
            return Err(EntryError::OutOfBounds);
        }
        let (length, taken) = wire::varint(prefix).map_err(|_| {
            if within < 10 {
                EntryError::OutOfBounds
            } else {
                EntryError::BadLength
            }
        })?;
        if length > limit as u64 {
            return Err(EntryError::TooLong(length));
        }
        if self.mapping.append_to(start + taken as u64, length as usize, out) {
            Ok(())
        } else {
            Err(EntryError::OutOfBounds)
        }
    }

    /// For writers: claims space for an entry of `length` bytes, writes it and returns its reference. None when the
    /// file has no room for it: the claimed space then stays unused, as a later claim would fail too.
    #[must_use]
    pub fn append(&self, entry: &[u8]) -> Option<i64> {
        let end = self.mapping.atomic_i64(self.offset + dictionary::END as u64)?;
        let count = self.mapping.atomic_i64(self.offset + dictionary::NUM_ENTRIES as u64)?;
        let mut bytes = Vec::with_capacity(entry.len() + 5);
        wire::put_varint(&mut bytes, entry.len() as u64);
        bytes.extend_from_slice(entry);
        // One process writes a file, but other implementations claim in the same way: by fetch-add, never give back.
        let room = self
            .mapping
            .length()
            .saturating_sub(u64::try_from(end.load(Ordering::Acquire)).ok()?);
        if room < bytes.len() as u64 {
            return None;
        }
        let start = end.fetch_add(bytes.len() as i64, Ordering::AcqRel);
        if !self.mapping.copy_in(u64::try_from(start).ok()?, &bytes) {
            return None;
        }
        count.fetch_add(1, Ordering::Release);
        Some(start)
    }

    /// For writers: writes an entry at `next`, in space up to `end` that was claimed, and moves `next` behind it.
    #[must_use]
    pub(crate) fn write_within(&self, next: &mut u64, end: u64, entry: &[u8]) -> Option<i64> {
        let mut bytes = Vec::with_capacity(entry.len() + 5);
        wire::put_varint(&mut bytes, entry.len() as u64);
        bytes.extend_from_slice(entry);
        if end.saturating_sub(*next) < bytes.len() as u64 || !self.mapping.copy_in(*next, &bytes) {
            return None;
        }
        let start = *next;
        *next += bytes.len() as u64;
        let count = self.mapping.atomic_i64(self.offset + dictionary::NUM_ENTRIES as u64)?;
        count.fetch_add(1, Ordering::Release);
        Some(start as i64)
    }

    /// For writers: claims everything from the end of the claimed space up to `end` as one entry that nothing refers to, and
    /// returns where the entry's length stands: a varint of eight bytes. The file must reach to `end` by now.
    #[must_use]
    pub(crate) fn claim_up_to(&self, end: u64) -> Option<u64> {
        let claimed = self.mapping.atomic_i64(self.offset + dictionary::END as u64)?;
        let count = self.mapping.atomic_i64(self.offset + dictionary::NUM_ENTRIES as u64)?;
        let start = u64::try_from(claimed.load(Ordering::Acquire)).ok()?;
        let mut length = end.checked_sub(start)?.checked_sub(PADDED_PREFIX)?;
        let mut prefix = [0x80u8; PADDED_PREFIX as usize];
        for byte in &mut prefix {
            *byte |= length as u8 & 0x7f;
            length >>= 7;
        }
        prefix[PADDED_PREFIX as usize - 1] &= 0x7f;
        if !self.mapping.copy_in(start, &prefix) {
            return None;
        }
        claimed.store(end as i64, Ordering::Release);
        count.fetch_add(1, Ordering::Release);
        Some(start)
    }

    /// For writers: lays out an empty dictionary in a new file whose bytes are zero.
    pub(crate) fn initialise(&self) {
        if let Some(end) = self.mapping.atomic_i64(self.offset + dictionary::END as u64) {
            end.store(self.first_entry() as i64, Ordering::Release);
        }
    }
}
