//! The loads and stores whose order makes several words readable as one. They pass through here so that tests can stop a writer before
//! any of its stores, and let it go on between any two loads of a reader.

use crate::file::atomic::{AtomicU32, AtomicU64, Ordering};

#[inline]
pub(super) fn load(word: &AtomicU64, order: Ordering) -> u64 {
    #[cfg(test)]
    model::before_load();
    word.load(order)
}

#[inline]
pub(super) fn load_half(word: &AtomicU32, order: Ordering) -> u32 {
    #[cfg(test)]
    model::before_load();
    word.load(order)
}

#[inline]
pub(super) fn store(word: &AtomicU64, bits: u64, order: Ordering) {
    #[cfg(test)]
    model::on_store(model::Store::Word(word.as_ptr(), bits));
    word.store(bits, order);
}

#[inline]
pub(super) fn store_half(word: &AtomicU32, bits: u32, order: Ordering) {
    #[cfg(test)]
    model::on_store(model::Store::Half(word.as_ptr(), bits));
    word.store(bits, order);
}

/// The interleavings of a writer's stores with a reader's loads, one by one: all in which the writer has its turn at most so many times.
///
/// The writer runs once and its stores are noted down. For each schedule they are undone, and the reader runs; before each of its loads
/// some of the stores happen, by the schedule. (In the order of the program: the fences that make it so elsewhere are argued
/// beside them.)
#[cfg(test)]
pub(super) mod model {
    use std::cell::RefCell;

    use crate::file::atomic::{AtomicU32, AtomicU64, Ordering};

    #[derive(Debug, Clone, Copy)]
    pub enum Store {
        Word(*mut u64, u64),
        Half(*mut u32, u32),
    }

    impl Store {
        /// Does it; returns the store that undoes it.
        fn apply(self) -> Self {
            match self {
                Self::Word(word, bits) => {
                    // SAFETY: the words outlive the exploration that their test runs.
                    let target = unsafe { AtomicU64::from_ptr(word) };
                    Self::Word(word, target.swap(bits, Ordering::Relaxed))
                }
                Self::Half(word, bits) => {
                    // SAFETY: as above.
                    let target = unsafe { AtomicU32::from_ptr(word) };
                    Self::Half(word, target.swap(bits, Ordering::Relaxed))
                }
            }
        }
    }

    #[derive(Default)]
    struct Explorer {
        recording: bool,
        stores: Vec<Store>,
        /// What stood there before, in the order of the stores.
        undo: Vec<Store>,
        /// How many stores happened.
        done: usize,
        /// Stores before each load; what is not in it is none.
        schedule: Vec<usize>,
        loads: usize,
        replaying: bool,
    }

    thread_local! {
        static EXPLORER: RefCell<Explorer> = RefCell::default();
    }

    pub(super) fn on_store(store: Store) {
        EXPLORER.with_borrow_mut(|explorer| {
            if explorer.recording {
                explorer.stores.push(store);
                // done here already, to learn what stood there
                explorer.undo.push(store.apply());
            }
        });
    }

    pub(super) fn before_load() {
        EXPLORER.with_borrow_mut(|explorer| {
            if !explorer.replaying {
                return;
            }
            let steps = explorer.schedule.get(explorer.loads).copied().unwrap_or(0);
            if explorer.loads == explorer.schedule.len() {
                explorer.schedule.push(0);
            }
            explorer.loads += 1;
            explorer.advance(steps);
        });
    }

    impl Explorer {
        fn advance(&mut self, steps: usize) {
            for store in &self.stores[self.done..self.done + steps] {
                store.apply();
            }
            self.done += steps;
        }

        fn rewind(&mut self) {
            for undo in self.undo[..self.done].iter().rev() {
                undo.apply();
            }
            self.done = 0;
            self.loads = 0;
        }
    }

    fn record(write: impl FnOnce()) -> usize {
        EXPLORER.with_borrow_mut(|explorer| {
            *explorer = Explorer {
                recording: true,
                ..Explorer::default()
            };
        });
        write();
        EXPLORER.with_borrow_mut(|explorer| {
            explorer.recording = false;
            explorer.done = explorer.stores.len();
            explorer.rewind();
            explorer.stores.len()
        })
    }

    /// Calls `look` with the memory as it is when the writer dies after each number of its stores.
    pub fn at_every_death(write: impl FnOnce(), mut look: impl FnMut(usize)) {
        let stores = record(write);
        for last in 0..=stores {
            EXPLORER.with_borrow_mut(|explorer| explorer.advance(last));
            look(last);
            EXPLORER.with_borrow_mut(Explorer::rewind);
        }
    }

    /// Calls `read` once for every way in which its loads and the writer's stores can follow each other, with at most `turns` turns of
    /// the writer. Returns how many there were.
    pub fn at_every_interleaving(turns: usize, write: impl FnOnce(), mut read: impl FnMut()) -> u64 {
        let stores = record(write);
        let mut runs = 0;
        loop {
            EXPLORER.with_borrow_mut(|explorer| explorer.replaying = true);
            read();
            runs += 1;
            let more = EXPLORER.with_borrow_mut(|explorer| {
                explorer.replaying = false;
                let loads = explorer.loads;
                explorer.rewind();
                explorer.schedule.truncate(loads);
                // the next schedule: one store more before the last load that can have it
                while let Some(last) = explorer.schedule.pop() {
                    let before: usize = explorer.schedule.iter().sum();
                    let taken = explorer.schedule.iter().filter(|steps| **steps > 0).count();
                    if before + last < stores && taken < turns {
                        explorer.schedule.push(last + 1);
                        return true;
                    }
                }
                false
            });
            if !more {
                return runs;
            }
        }
    }
}
