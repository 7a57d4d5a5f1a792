//! How far the collection of a stream is in the journal, noted in the same transaction as each of its pieces: whoever goes on with a
//! collection that was cut short makes no piece twice.

use crate::wire::{self, Fields, Malformed};

mod field {
    pub const NUMBER: u32 = 1;
    pub const TIME: u32 = 2;
    pub const INSTRUMENT: u32 = 3;
    pub const CELL: u32 = 4;
    pub const MERGED: u32 = 5;
}

/// What of a collection stands in the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RoundNote {
    /// Number and time of the collection, as its base files have them.
    pub(super) collection: (u64, u64),
    /// The last series that was taken: where its instrument stands, and its first cell. Cell 0: none was.
    pub(super) instrument: u32,
    pub(super) cell: u32,
    /// How many series that are merged by their gains were handed out after that.
    pub(super) merged: u64,
}

impl RoundNote {
    /// What the journal knows it by.
    pub(super) fn key(file_id: [u8; 16], stream: &str) -> String {
        format!("points/{:032x}/{stream}", u128::from_be_bytes(file_id))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        wire::put_uint(&mut out, field::NUMBER, self.collection.0);
        wire::put_fixed64(&mut out, field::TIME, self.collection.1);
        wire::put_uint(&mut out, field::INSTRUMENT, self.instrument.into());
        wire::put_uint(&mut out, field::CELL, self.cell.into());
        wire::put_uint(&mut out, field::MERGED, self.merged);
        out
    }

    pub(super) fn decode(value: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        for field in Fields::new(value) {
            match field? {
                (field::NUMBER, v) => found.collection.0 = v.varint()?,
                (field::TIME, v) => found.collection.1 = v.fixed64()?,
                (field::INSTRUMENT, v) => found.instrument = u32::try_from(v.varint()?).map_err(|_| Malformed)?,
                (field::CELL, v) => found.cell = u32::try_from(v.varint()?).map_err(|_| Malformed)?,
                (field::MERGED, v) => found.merged = v.varint()?,
                _ => {}
            }
        }
        Ok(found)
    }
}
