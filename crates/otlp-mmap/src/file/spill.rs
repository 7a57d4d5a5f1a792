//! The spill ring: what is too long for a slot, whole. Entries are found by the position that a record names; nothing here is
//! walked.

use super::mapping::Mapping;
use super::ring::RingId;
use crate::layout::{constant, spill};

/// A message longer than this is neither written nor read, however large the ring is.
const LONGEST: u32 = 4 << 20;

/// Where the spill ring lies. Checked once, when a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpillGeometry {
    offset: u64,
    length: u64,
}

impl SpillGeometry {
    /// A ring of `length` bytes at `offset` in the gap from `start` to `end`. None if it does not lie there as a whole: its records
    /// stay cut.
    pub(super) fn check(offset: u64, length: u64, start: u64, end: u64) -> Option<Self> {
        let aligned = offset.is_multiple_of(8) && length.is_multiple_of(u64::from(constant::SECTION_ALIGNMENT));
        let within = offset >= start && offset.checked_add(length).is_some_and(|past| past <= end);
        (aligned && within && length > 0).then_some(Self { offset, length })
    }
}

/// What a record says of its entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpillReference {
    /// Where the entry begins; only grows.
    pub position: u64,
    /// Bytes of its message.
    pub length: u32,
    /// CRC-32 of these.
    pub crc: u32,
}

/// The entry that a record names is not there: damaged, overwritten, or never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpillError;

/// The spill ring of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Spill<'a> {
    mapping: &'a Mapping,
    geometry: SpillGeometry,
}

impl<'a> Spill<'a> {
    pub(super) fn new(mapping: &'a Mapping, geometry: SpillGeometry) -> Self {
        Self { mapping, geometry }
    }

    /// Bytes of the ring.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.geometry.length
    }

    /// Whether a message of so many bytes can have an entry at all.
    pub(crate) fn may_hold(&self, length: usize) -> bool {
        length <= LONGEST as usize && (spill::HEADER + length) as u64 <= self.geometry.length
    }

    /// File offset of an entry's header. None if header and message would not lie within the ring, in one piece.
    fn offset(&self, position: u64, length: u32) -> Option<u64> {
        let at = position % self.geometry.length;
        let end = at + spill::HEADER as u64 + u64::from(length);
        (position.is_multiple_of(spill::ALIGNMENT as u64) && end <= self.geometry.length && length <= LONGEST)
            .then_some(self.geometry.offset + at)
    }

    /// For readers: appends the message of the entry that record `index` of `ring` names to `out`. It is checked after it was
    /// copied, so it may be overwritten at any time.
    ///
    /// # Errors
    /// It is not that record's entry, or not whole; `out` is unchanged.
    pub fn copy_entry(
        &self,
        ring: RingId,
        index: i64,
        reference: SpillReference,
        out: &mut Vec<u8>,
    ) -> Result<(), SpillError> {
        let header = self.offset(reference.position, reference.length).ok_or(SpillError)?;
        let of_record = self.mapping.load_u32(header + spill::RING as u64) == Some(ring as u32)
            && self.mapping.load_u32(header + spill::LENGTH as u64) == Some(reference.length)
            && self.mapping.load_i64(header + spill::INDEX as u64) == Some(index);
        let start = out.len();
        let message = header + spill::HEADER as u64;
        if !of_record || !self.mapping.append_to(message, reference.length as usize, out) {
            return Err(SpillError);
        }
        if crc32fast::hash(&out[start..]) != reference.crc {
            out.truncate(start);
            return Err(SpillError);
        }
        Ok(())
    }

    /// For writers: puts a message into its place, which is free.
    pub(crate) fn write_message(&self, position: u64, message: &[u8]) {
        if let Some(header) = self.offset(position, message.len() as u32) {
            let _ = self.mapping.copy_in(header + spill::HEADER as u64, message);
        }
    }

    /// For writers: whose entry it is. Before the record is published, whose release store makes all of it visible.
    pub(crate) fn write_header(&self, position: u64, ring: RingId, index: i64, length: u32) {
        let mut header = [0; spill::HEADER];
        header[spill::RING..][..4].copy_from_slice(&(ring as u32).to_le_bytes());
        header[spill::LENGTH..][..4].copy_from_slice(&length.to_le_bytes());
        header[spill::INDEX..][..8].copy_from_slice(&index.to_le_bytes());
        if let Some(offset) = self.offset(position, length) {
            let _ = self.mapping.copy_in(offset, &header);
        }
    }
}
