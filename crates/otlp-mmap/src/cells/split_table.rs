//! A hash table whose growth never moves much at once: extendible hashing. The upper bits of a hash choose a part; a part that is full is
//! split in two. So an insertion moves the entries of one part, however many there are in all.

use hashbrown::HashTable;

/// Entries of a full part: what one insertion moves at most. Some tens of microseconds.
const PART: usize = 3_584;

/// Bits of a hash that choose the part: more would be asked for only by hashes that are made to be alike.
const DEEPEST: u32 = 20;

/// Entries that know their hash: 32 bits, all of them mixed.
pub(super) trait Hashed {
    fn hash(&self) -> u32;
}

#[derive(Debug)]
struct Part<T> {
    /// Upper bits that all hashes in it have in common.
    depth: u32,
    table: HashTable<T>,
}

#[derive(Debug)]
pub(super) struct SplitTable<T> {
    /// Upper bits of a hash that choose the part.
    depth: u32,
    /// Part by these bits.
    chosen: Vec<u32>,
    parts: Vec<Part<T>>,
}

impl<T> Default for SplitTable<T> {
    fn default() -> Self {
        let part = Part {
            depth: 0,
            table: HashTable::new(),
        };
        Self {
            depth: 0,
            chosen: vec![0],
            parts: vec![part],
        }
    }
}

impl<T: Hashed> SplitTable<T> {
    pub(super) fn find(&self, hash: u32, same: impl FnMut(&T) -> bool) -> Option<&T> {
        let part = self.chosen[self.place(hash)];
        self.parts[part as usize].table.find(spread(hash), same)
    }

    pub(super) fn find_mut(&mut self, hash: u32, same: impl FnMut(&T) -> bool) -> Option<&mut T> {
        let part = self.chosen[self.place(hash)];
        self.parts[part as usize].table.find_mut(spread(hash), same)
    }

    /// Adds an entry that is not there.
    pub(super) fn insert(&mut self, entry: T) {
        let hash = entry.hash();
        loop {
            let part = self.chosen[self.place(hash)] as usize;
            if self.parts[part].table.len() < PART || self.parts[part].depth == DEEPEST {
                self.parts[part]
                    .table
                    .insert_unique(spread(hash), entry, |entry| spread(entry.hash()));
                return;
            }
            self.split(part, hash);
        }
    }

    pub(super) fn remove(&mut self, hash: u32, same: impl FnMut(&T) -> bool) {
        let part = self.chosen[self.place(hash)];
        if let Ok(entry) = self.parts[part as usize].table.find_entry(spread(hash), same) {
            entry.remove();
        }
    }

    /// How many parts there are. A split makes its upper half the last one.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The entries of one part.
    pub(super) fn part(&self, number: usize) -> impl Iterator<Item = &T> {
        self.parts.get(number).into_iter().flat_map(|part| part.table.iter())
    }

    fn place(&self, hash: u32) -> usize {
        (u64::from(hash) >> (32 - self.depth)) as usize
    }

    /// Splits the part of `hash` by the next bit.
    fn split(&mut self, part: usize, hash: u32) {
        let depth = self.parts[part].depth + 1;
        if depth > self.depth {
            self.chosen = self.chosen.iter().flat_map(|&each| [each, each]).collect();
            self.depth += 1;
        }
        let is_upper = |hash: u32| hash >> (32 - depth) & 1 == 1;
        let (mut lower, mut upper) = (HashTable::with_capacity(PART), HashTable::with_capacity(PART));
        for entry in std::mem::take(&mut self.parts[part].table) {
            let half = if is_upper(entry.hash()) { &mut upper } else { &mut lower };
            half.insert_unique(spread(entry.hash()), entry, |entry| spread(entry.hash()));
        }
        let new = self.parts.len() as u32;
        self.parts[part] = Part { depth, table: lower };
        self.parts.push(Part { depth, table: upper });
        // the places of the part are side by side: those of the upper half are the second half of them
        let places = 1usize << (self.depth - depth);
        let first = (self.place(hash) / (2 * places)) * 2 * places + places;
        self.chosen[first..first + places].fill(new);
    }
}

/// A part takes its place from the lower bits and its tag from the upper ones: those that chose the part say nothing within it.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash.rotate_left(7).wrapping_mul(0x9e37_79b1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    thread_local! {
        static HASHED: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts how often it is asked for its hash.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Entry(u32);

    fn mixed(number: u32) -> u32 {
        let mixed = number.wrapping_mul(0x85eb_ca6b);
        (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35)
    }

    impl Hashed for Entry {
        fn hash(&self) -> u32 {
            HASHED.with(|hashed| hashed.set(hashed.get() + 1));
            mixed(self.0)
        }
    }

    fn find(table: &SplitTable<Entry>, number: u32) -> Option<Entry> {
        table.find(mixed(number), |entry| entry.0 == number).copied()
    }

    #[test]
    fn no_insertion_touches_more_entries_than_a_part_has_however_many_there_are() {
        let mut table = SplitTable::default();
        let mut most = 0;
        for number in 0..100_000 {
            let before = HASHED.with(Cell::get);
            table.insert(Entry(number));
            most = most.max(HASHED.with(Cell::get) - before);
        }
        assert!(most < 3 * PART, "{most}");
        for number in (0..100_000).step_by(97) {
            assert_eq!(find(&table, number), Some(Entry(number)));
            assert_eq!(find(&table, number + 100_000), None);
        }
    }

    #[test]
    fn hashes_that_are_all_alike_are_kept_too() {
        #[derive(Debug)]
        struct Alike(u32);
        impl Hashed for Alike {
            fn hash(&self) -> u32 {
                7
            }
        }
        let mut table = SplitTable::default();
        for number in 0..PART as u32 + 10 {
            table.insert(Alike(number));
        }
        assert!(table.find(7, |entry| entry.0 == 3).is_some());
        assert!(table.find(7, |entry| entry.0 == u32::MAX).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn it_holds_what_was_put_in_and_not_taken_out(steps in prop::collection::vec((0u32..2_000, any::<bool>()), 1..400), size in 0u32..20_000) {
            let mut table = SplitTable::default();
            let mut expected = std::collections::HashSet::new();
            for number in 100_000..100_000 + size {
                table.insert(Entry(number));
                expected.insert(number);
            }
            for (number, adds) in steps {
                if !adds {
                    table.remove(mixed(number), |entry| entry.0 == number);
                    expected.remove(&number);
                } else if expected.insert(number) {
                    table.insert(Entry(number));
                }
                prop_assert_eq!(find(&table, number).is_some(), expected.contains(&number));
            }
            for number in (0..2_000).chain(100_000..120_000) {
                prop_assert_eq!(find(&table, number).is_some(), expected.contains(&number));
            }
        }
    }
}
