//! Attribute sets and series by content: two tables, each in parts, so that none of them ever moves much at once.

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher;

use crate::file::Mapping;
use crate::layout::cells;

/// A table that doubles moves every entry: in so many parts, ten million series move some ten thousand at a time.
const PARTS: usize = 256;

/// Attribute sets stand at multiples of this.
pub(super) const SET_ALIGNMENT: u64 = 16;

/// Attribute sets of a file by their bytes: each is stored once, whichever instruments use it.
#[derive(Debug)]
pub(super) struct Sets {
    hasher: DefaultHashBuilder,
    /// Lower half of the hash, and the set as file offset / 16.
    parts: Vec<HashTable<(u32, u32)>>,
    compared: Vec<u8>,
}

impl Default for Sets {
    fn default() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            parts: (0..PARTS).map(|_| HashTable::new()).collect(),
            compared: Vec::new(),
        }
    }
}

impl Sets {
    pub(super) fn hash(&self, attributes: &[u8]) -> u64 {
        self.hasher.hash_one(attributes)
    }

    /// The set of these bytes, as file offset / 16.
    pub(super) fn find(&mut self, mapping: &Mapping, hash: u64, attributes: &[u8]) -> Option<u32> {
        let compared = &mut self.compared;
        let part = &self.parts[(hash >> 32) as usize % PARTS];
        let same = |&(other, set): &(u32, u32)| {
            if other != hash as u32 {
                return false;
            }
            let at = u64::from(set) * SET_ALIGNMENT;
            compared.clear();
            mapping.load_u32(at) == Some(attributes.len() as u32)
                && mapping.append_to(at + u64::from(cells::ATTRIBUTES_HEADER), attributes.len(), compared)
                && compared == attributes
        };
        part.find(table_hash(hash as u32), same).map(|&(_, set)| set)
    }

    pub(super) fn insert(&mut self, hash: u64, set: u32) {
        self.parts[(hash >> 32) as usize % PARTS].insert_unique(
            table_hash(hash as u32),
            (hash as u32, set),
            |&(hash, _)| table_hash(hash),
        );
    }
}

/// A table takes its place from the lower bits and its tag from the upper ones.
fn table_hash(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}

/// The first cell of each series.
#[derive(Debug)]
pub(super) struct Series {
    parts: Vec<HashMap<(u32, u32), u32>>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| HashMap::new()).collect(),
        }
    }
}

impl Series {
    fn part(instrument: u32, set: u32) -> usize {
        (instrument ^ set.wrapping_mul(0x9e37_79b1) >> 16) as usize % PARTS
    }

    pub(super) fn get(&self, instrument: u32, set: u32) -> Option<u32> {
        self.parts[Self::part(instrument, set)].get(&(instrument, set)).copied()
    }

    pub(super) fn insert(&mut self, instrument: u32, set: u32, cell: u32) {
        self.parts[Self::part(instrument, set)].insert((instrument, set), cell);
    }

    pub(super) fn remove(&mut self, instrument: u32, set: u32) {
        self.parts[Self::part(instrument, set)].remove(&(instrument, set));
    }
}
