//! The extents of a file: space at its end that is claimed as the file grows, handed out front to back. What is done with is used
//! again by those who took it ([`super::sets`], [`super::place`]), never given back to the extents.

use std::sync::Arc;

use crate::file::{Dictionary, FileView, HUGE_PAGE, Mapping};
use crate::layout::cells;

/// A file's unit of pages, instruments and what else is no cell.
pub(super) const UNIT: u64 = 64;

/// The least that the file grows by, and the most.
const LEAST_STEP: u64 = cells::EXTENT_ALIGNMENT as u64;
const MOST_STEP: u64 = 4 << 20;

/// The most that it grows by while somebody waits.
const MOST_AT_ONCE: u64 = 4 * LEAST_STEP;

/// Bytes that are touched at once: as long as it takes, whoever changes the address space waits, and threads that touch a page behind them.
const TOUCH: u64 = 16 << 10;

/// Where it grows by as much, it ends at multiples of it: a large page is made of what nobody uses yet.
const LARGE_PAGE: u64 = HUGE_PAGE as u64;

/// The file grows by this part of what it has, so that small apps stay small and large ones grow seldom.
const STEP_FRACTION: u64 = 4;

/// Where extents end at the latest: cells have numbers of 31 bits in JavaScript.
const REACH: u64 = (cells::CELL_UNIT as u64) << 31;

/// Gives the file room: from `offset` on, `length` bytes more, allocated.
pub(crate) type Allocate<'a> = &'a mut dyn FnMut(u64, u64) -> std::io::Result<()>;

/// Space of one file.
#[derive(Debug)]
pub(crate) struct Space {
    mapping: Arc<Mapping>,
    dictionary: u64,
    start: u64,
    /// What is free of the claimed space.
    next: u64,
    end: u64,
    /// Up to here the file is made longer by a thread of its own.
    ahead: u64,
}

/// A part of the file that should be there soon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead {
    offset: u64,
    length: u64,
}

impl Ahead {
    /// Makes it, and has the system provide its pages: milliseconds, so this is for a thread that nobody waits for. A full disk is
    /// told to whoever needs the room.
    pub(crate) fn provide(self, mapping: &Mapping, allocate: Allocate<'_>) {
        if allocate(self.offset, self.length).is_err() || mapping.refresh().is_err() {
            return;
        }
        // measurements of many series go to and fro, and each would look for its page in the tables
        mapping.collapse_range(self.offset, self.length);
        for offset in (self.offset..self.offset + self.length).step_by(TOUCH as usize) {
            mapping.populate(offset, TOUCH as usize);
        }
    }
}

impl Space {
    /// Makes the first extent of a file whose cells are mapped by `mapping`, and returns where the dictionary has the length of the
    /// entry that it is claimed as: what lies between there and the extent is no longer claimed by anybody.
    pub(crate) fn begin(
        view: &FileView,
        mapping: Arc<Mapping>,
        allocate: Allocate<'_>,
    ) -> std::io::Result<Option<(Self, u64)>> {
        let start = mapping.length().next_multiple_of(u64::from(cells::EXTENT_ALIGNMENT));
        let mut space = Self {
            mapping,
            dictionary: view.sections().dictionary,
            start,
            next: start,
            end: start,
            ahead: start,
        };
        Ok(space.extend(LEAST_STEP, allocate)?.map(|claimed| (space, claimed)))
    }

    /// Where the extents begin.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Bytes that the extents take.
    pub(crate) fn length(&self) -> u64 {
        self.end - self.start
    }

    /// Bytes that are left of the newest extent for something aligned to 64.
    pub(crate) fn left(&self) -> u64 {
        self.end - self.next.next_multiple_of(64)
    }

    /// Hands out `length` bytes of zeros at a multiple of `align`. The error is what the system says when the file cannot grow.
    pub(crate) fn take(&mut self, length: u64, align: u64, allocate: Allocate<'_>) -> std::io::Result<Option<u64>> {
        loop {
            let offset = self.next.next_multiple_of(align);
            if offset + length <= self.end {
                self.next = offset + length;
                return Ok(Some(offset));
            }
            let wanted = (length + align + u64::from(cells::EXTENT_HEADER)).next_multiple_of(LEAST_STEP);
            let step = wanted.max(self.step().min(MOST_AT_ONCE));
            let grown = match self.extend(step, allocate) {
                // a full disk may have room for less
                Err(_) if wanted < step => self.extend(wanted, allocate)?,
                result => result?,
            };
            if grown.is_none() {
                return Ok(None);
            }
        }
    }

    /// What should be made ahead of its use, if it is time to: less than half a step is left.
    pub(crate) fn ahead(&mut self) -> Option<Ahead> {
        let step = self.step();
        let reach = self.end.max(self.mapping.length()).max(self.ahead);
        if step <= MOST_AT_ONCE || reach - self.next > step / 2 || reach + step > REACH {
            return None;
        }
        let end = match (reach + step) / LARGE_PAGE * LARGE_PAGE {
            whole if step >= LARGE_PAGE && whole > reach => whole,
            _ => reach + step,
        };
        self.ahead = end;
        Some(Ahead {
            offset: reach,
            length: end - reach,
        })
    }

    /// Bytes by which the file grows.
    fn step(&self) -> u64 {
        let step = self.length() / STEP_FRACTION;
        step.clamp(LEAST_STEP, MOST_STEP).next_multiple_of(LEAST_STEP)
    }

    /// Claims an extent of `step` bytes, or of all that was made ahead. What is left of the one before it is given up: space handed
    /// out never crosses a header.
    fn extend(&mut self, step: u64, allocate: Allocate<'_>) -> std::io::Result<Option<u64>> {
        let before = self.mapping.length().max(self.end);
        let made = before - self.end;
        let end = self.end + step.max(made - made % LEAST_STEP);
        if end > REACH {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        if end > before {
            allocate(before, end - before)?;
            self.mapping.refresh()?;
        }
        let claimed = Dictionary::of(&self.mapping, self.dictionary).claim_up_to(end);
        if claimed.is_some() {
            self.next = self.end + u64::from(cells::EXTENT_HEADER);
            self.end = end;
        }
        Ok(claimed)
    }
}
