//! Attribute sets and series by content: two tables, neither of which ever moves much at once.

use hashbrown::{DefaultHashBuilder, HashMap};
use std::hash::BuildHasher;

use super::split_table::{Hashed, SplitTable};
use crate::file::Mapping;
use crate::layout::cells;

/// Attribute sets stand at multiples of this.
pub(super) const SET_ALIGNMENT: u64 = 16;

/// An attribute set as its table has it.
#[derive(Debug, Clone, Copy)]
struct Set {
    hash: u32,
    /// File offset / 16.
    at: u32,
    /// Series that refer to it.
    series: u32,
}

impl Hashed for Set {
    fn hash(&self) -> u32 {
        self.hash
    }
}

/// Attribute sets of a file by their bytes: each is stored once, whichever instruments use it. The room of one that no series refers
/// to any more serves another of its length; how many do, only this process knows.
#[derive(Debug, Default)]
pub(super) struct Sets {
    hasher: DefaultHashBuilder,
    table: SplitTable<Set>,
    compared: Vec<u8>,
    /// Room of sets that ended, by its length / 16.
    free: HashMap<u64, Vec<u32>>,
}

impl Sets {
    pub(super) fn hash(&self, attributes: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(attributes);
        (hash ^ hash >> 32) as u32
    }

    /// The set of these bytes, as file offset / 16.
    pub(super) fn find(&mut self, mapping: &Mapping, hash: u32, attributes: &[u8]) -> Option<u32> {
        let compared = &mut self.compared;
        let same = |set: &Set| {
            if set.hash != hash {
                return false;
            }
            let at = u64::from(set.at) * SET_ALIGNMENT;
            compared.clear();
            mapping.load_u32(at) == Some(attributes.len() as u32)
                && mapping.append_to(at + u64::from(cells::ATTRIBUTES_HEADER), attributes.len(), compared)
                && compared == attributes
        };
        self.table.find(hash, same).map(|set| set.at)
    }

    pub(super) fn insert(&mut self, hash: u32, at: u32) {
        self.table.insert(Set { hash, at, series: 0 });
    }

    /// One series more refers to the set.
    pub(super) fn retain(&mut self, hash: u32, at: u32) {
        if let Some(set) = self.table.find_mut(hash, |set| set.at == at) {
            set.series += 1;
        }
    }

    /// A series that referred to the set has ended: its generation says so already. The room of the set is free after the last one.
    pub(super) fn release(&mut self, mapping: &Mapping, at: u32) -> Option<()> {
        let offset = u64::from(at) * SET_ALIGNMENT;
        let length = mapping.load_u32(offset)?;
        self.compared.clear();
        if !mapping.append_to(
            offset + u64::from(cells::ATTRIBUTES_HEADER),
            length as usize,
            &mut self.compared,
        ) {
            return None;
        }
        let hash = self.hash(&self.compared);
        let set = self.table.find_mut(hash, |set| set.at == at)?;
        set.series = set.series.saturating_sub(1);
        if set.series == 0 {
            self.table.remove(hash, |set| set.at == at);
            self.free.entry(room(length as usize)).or_default().push(at);
        }
        Some(())
    }

    /// Room that a set of so many bytes had before: file offset.
    pub(super) fn reuse(&mut self, length: usize) -> Option<u64> {
        let at = self.free.get_mut(&room(length))?.pop()?;
        Some(u64::from(at) * SET_ALIGNMENT)
    }
}

/// What a set of so many bytes takes, divided by 16.
fn room(length: usize) -> u64 {
    (u64::from(cells::ATTRIBUTES_HEADER) + length as u64).div_ceil(SET_ALIGNMENT)
}

/// The first cell of a series.
#[derive(Debug, Clone, Copy)]
struct Primary {
    instrument: u32,
    set: u32,
    cell: u32,
}

impl Hashed for Primary {
    fn hash(&self) -> u32 {
        hash_of(self.instrument, self.set)
    }
}

fn hash_of(instrument: u32, set: u32) -> u32 {
    let mixed = (set ^ instrument.rotate_left(20)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
    mixed ^ mixed >> 16
}

/// The first cell of each series.
#[derive(Debug, Default)]
pub(super) struct Series {
    table: SplitTable<Primary>,
}

impl Series {
    pub(super) fn get(&self, instrument: u32, set: u32) -> Option<u32> {
        let same = |other: &Primary| other.set == set && other.instrument == instrument;
        self.table
            .find(hash_of(instrument, set), same)
            .map(|primary| primary.cell)
    }

    pub(super) fn insert(&mut self, instrument: u32, set: u32, cell: u32) {
        self.table.insert(Primary { instrument, set, cell });
    }

    pub(super) fn remove(&mut self, instrument: u32, set: u32) {
        let same = |other: &Primary| other.set == set && other.instrument == instrument;
        self.table.remove(hash_of(instrument, set), same);
    }
}

/// What stands before an attribute set, to tell that it is whole. It is made at each collection, and a CRC of so few bytes takes longer.
#[inline]
pub(super) fn checksum_of_set(attributes: &[u8]) -> u32 {
    xxhash_rust::xxh3::xxh3_64(attributes) as u32
}
