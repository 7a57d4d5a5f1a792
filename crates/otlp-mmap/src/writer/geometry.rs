//! How a new file is cut.

use super::location::Location;
use crate::file::{RingGeometry, RingId, Sections};
use crate::layout::{block, constant, dictionary, header};

/// Slots of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingSize {
    /// Slots: a power of two, at least 2.
    pub buffers: u64,
    /// Bytes per slot: a multiple of 8.
    pub buffer_size: u64,
}

/// Slots and bytes of the parts of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Log records.
    pub events: RingSize,
    /// Span records.
    pub spans: RingSize,
    /// Measurements.
    pub measurements: RingSize,
    /// Bytes of the spill ring, for what is too long for a slot: a multiple of 64; 0 = there is none, and what is too long is
    /// cut.
    pub spill_bytes: u64,
    /// Bytes of the dictionary with its header: a multiple of 8, at least 1024 (readers of version 1 extend smaller ones).
    pub dictionary_bytes: u64,
}

const fn ring(buffers: u64, buffer_size: u64) -> RingSize {
    RingSize { buffers, buffer_size }
}

impl Default for Geometry {
    /// 7.6 MiB, chosen by the records of real services (docs/geometry.md): 16,384 span records of up to 254 bytes, 4096 log
    /// records of up to 510, a spill ring of 1 MiB, a dictionary of 512 KiB.
    fn default() -> Self {
        Self {
            events: ring(4096, 512),
            spans: ring(16_384, 256),
            measurements: ring(64, 128),
            spill_bytes: 1 << 20,
            dictionary_bytes: 512 << 10,
        }
    }
}

impl Geometry {
    /// 7.6 MiB for files that version-1 readers read, who see of a value what its slot takes: fewer and larger slots, as
    /// that format's own SDKs have them.
    #[must_use]
    pub fn for_version_1() -> Self {
        Self {
            events: ring(2048, 1024),
            spans: ring(8192, 512),
            ..Self::default()
        }
    }

    /// What files of a location are cut like unless told otherwise.
    #[must_use]
    pub fn of(location: &Location) -> Self {
        match location {
            Location::File(_) => Self::for_version_1(),
            Location::Default | Location::Directory(_) => Self::default(),
        }
    }
}

/// Counts below which nothing is halved.
const LEAST_BUFFERS: u64 = 16;
const LEAST_DICTIONARY: u64 = 16 << 10;
const LEAST_SPILL: u64 = 16 << 10;

/// Most bytes of a file: what a mapping has addresses for.
const LARGEST: u64 = 1 << 30;

/// Where everything lies in a new file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub sections: Sections,
    pub rings: [RingGeometry; 3],
    /// File offset and bytes of the spill ring; 0 and 0 without one.
    pub spill: (u64, u64),
    /// Bytes of the whole file.
    pub length: u64,
}

impl Geometry {
    /// The size of one of the rings.
    #[must_use]
    pub fn ring(&self, id: RingId) -> RingSize {
        match id {
            RingId::Events => self.events,
            RingId::Spans => self.spans,
            RingId::Measurements => self.measurements,
        }
    }

    /// Checks that a file can be cut like this.
    ///
    /// # Errors
    /// A sentence that names the part and the rule.
    pub fn check(&self) -> Result<(), String> {
        self.plan().map(|_| ())
    }

    /// The largest geometry of this shape that takes at most `limit` bytes: counts halved, slots as large as before. The
    /// smallest one if none is small enough.
    #[must_use]
    pub fn scaled_to(mut self, limit: u64) -> Self {
        while self.plan().is_ok_and(|plan| plan.length > limit) {
            let before = self;
            for ring in [&mut self.events, &mut self.spans, &mut self.measurements] {
                ring.buffers = (ring.buffers / 2).max(ring.buffers.min(LEAST_BUFFERS));
            }
            let halved = |bytes: u64, least: u64| align((bytes / 2).max(bytes.min(least)));
            self.dictionary_bytes = halved(self.dictionary_bytes, LEAST_DICTIONARY);
            self.spill_bytes = halved(self.spill_bytes, LEAST_SPILL);
            if self == before {
                break;
            }
        }
        self
    }

    pub(super) fn plan(&self) -> Result<Plan, String> {
        let parts = [
            ("events", self.events),
            ("spans", self.spans),
            ("measurements", self.measurements),
        ];
        let too_large = || format!("a file of more than {LARGEST} bytes; choose fewer or smaller buffers");
        let mut offset = align(block::FILE_OFFSET.max(header::LENGTH) as u64 + block::TOTAL_LENGTH as u64);
        if !self.spill_bytes.is_multiple_of(u64::from(constant::SECTION_ALIGNMENT)) || self.spill_bytes > LARGEST {
            return Err(format!(
                "spill ring of {} bytes; it must be a multiple of {}, at most {LARGEST}",
                self.spill_bytes,
                constant::SECTION_ALIGNMENT
            ));
        }
        let spill = if self.spill_bytes == 0 {
            (0, 0)
        } else {
            (offset, self.spill_bytes)
        };
        offset += self.spill_bytes;
        let mut offsets = [0; 3];
        for (position, (name, ring)) in parts.iter().enumerate() {
            if ring.buffers < 2 || !ring.buffers.is_power_of_two() {
                return Err(format!(
                    "{name}: {} buffers; the count must be a power of two of at least 2",
                    ring.buffers
                ));
            }
            if ring.buffer_size < 8 || !ring.buffer_size.is_multiple_of(8) {
                return Err(format!(
                    "{name}: buffers of {} bytes; the size must be a multiple of 8",
                    ring.buffer_size
                ));
            }
            offsets[position] = offset;
            let length = RingGeometry::length(ring.buffers, ring.buffer_size).filter(|length| *length <= LARGEST);
            offset = align(offset + length.ok_or_else(too_large)?);
        }
        if self.dictionary_bytes < 1024 || !self.dictionary_bytes.is_multiple_of(8) {
            return Err(format!(
                "dictionary of {} bytes; it must be a multiple of 8, at least {}",
                self.dictionary_bytes,
                1024.max(dictionary::LENGTH)
            ));
        }
        let length = offset
            .checked_add(self.dictionary_bytes)
            .filter(|length| *length <= LARGEST);
        let length = length.ok_or_else(too_large)?;
        let ring = |position: usize, end: u64| {
            let size = parts[position].1;
            RingGeometry::check(offsets[position], end, size.buffers as i64, size.buffer_size as i64)
        };
        Ok(Plan {
            sections: Sections {
                events: offsets[0],
                spans: offsets[1],
                measurements: offsets[2],
                dictionary: offset,
            },
            rings: [ring(0, offsets[1])?, ring(1, offsets[2])?, ring(2, offset)?],
            spill,
            length,
        })
    }
}

fn align(offset: u64) -> u64 {
    offset.next_multiple_of(u64::from(constant::SECTION_ALIGNMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_files_take_at_most_8_mebibytes() {
        for geometry in [Geometry::default(), Geometry::for_version_1()] {
            assert!(geometry.plan().unwrap().length <= 8 << 20, "{geometry:?}");
        }
    }

    #[test]
    fn where_space_is_small_there_are_fewer_slots_of_the_same_size_and_still_a_spill_ring() {
        let small = Geometry::default().scaled_to(256 << 10);
        assert!(small.plan().unwrap().length <= 256 << 10);
        assert_eq!(small.spans.buffer_size, Geometry::default().spans.buffer_size);
        assert!(small.spans.buffers >= LEAST_BUFFERS && small.spill_bytes >= LEAST_SPILL);
    }
}
