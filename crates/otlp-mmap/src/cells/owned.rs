//! The cells of one thread, by instrument: what it gives back when it ends, and looks through for series that are idle.

use hashbrown::HashSet;

use super::split_table::{Hashed, SplitTable};

#[derive(Debug, Clone, Copy)]
struct Cell(u32);

impl Hashed for Cell {
    fn hash(&self) -> u32 {
        let mixed = self.0.wrapping_mul(0x85eb_ca6b);
        (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35)
    }
}

/// Cells of one file.
#[derive(Debug, Default)]
pub(super) struct Owned {
    by_instrument: Vec<SplitTable<Cell>>,
    /// Somebody holds on to these.
    pinned: HashSet<u32>,
}

impl Owned {
    pub(super) fn add(&mut self, instrument: u32, cell: u32) {
        let at = instrument as usize;
        if self.by_instrument.len() <= at {
            self.by_instrument.resize_with(at + 1, SplitTable::default);
        }
        self.by_instrument[at].insert(Cell(cell));
    }

    pub(super) fn remove(&mut self, instrument: u32, cell: u32) {
        if let Some(cells) = self.by_instrument.get_mut(instrument as usize) {
            cells.remove(Cell(cell).hash(), |other| other.0 == cell);
        }
    }

    pub(super) fn pin(&mut self, cell: u32) {
        self.pinned.insert(cell);
    }

    /// Puts some cells of an instrument that nobody holds on to into `out`, in portions that are numbered from 0 on. False: there
    /// are no more.
    pub(super) fn portion(&self, instrument: u32, number: usize, out: &mut Vec<u32>) -> bool {
        out.clear();
        let Some(cells) = self.by_instrument.get(instrument as usize) else {
            return false;
        };
        let some = cells.part(number).map(|cell| cell.0);
        out.extend(some.filter(|cell| !self.pinned.contains(cell)));
        number < cells.parts()
    }

    /// All cells, in portions for which nobody waits long.
    pub(super) fn portions(&self) -> impl Iterator<Item = impl Iterator<Item = u32>> {
        let parts =
            |cells| (0..SplitTable::parts(cells)).map(move |number| cells.part(number).map(|cell: &Cell| cell.0));
        self.by_instrument.iter().flat_map(parts)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
