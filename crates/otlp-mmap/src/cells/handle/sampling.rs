//! Exemplars of a thread's series: which measurements are kept, and where.

use std::sync::Arc;

use super::{CellHandle, known};
use crate::cells::exemplars::{self, Exemplar};
use crate::cells::histogram;
use crate::cells::instrument::Kind;
use crate::cells::space::UNIT;
use crate::file::atomic::Ordering;
use crate::layout::{cell, exemplars as exemplars_layout};

/// Slots of a reservoir of fixed size.
const MOST_SLOTS: u32 = 64;

impl CellHandle {
    /// Offers a sampled measurement to the reservoir of a series, which is made at the first one. `slots` is the size of it for
    /// everything but explicit histograms, whose reservoir has a slot for each bucket; `period` the nanoseconds of one sample.
    pub fn offer(&mut self, instrument: u32, cell: u32, slots: u32, period: u64, exemplar: &Exemplar<'_>) -> bool {
        let Some(definition) = known(&self.definitions, instrument).map(Arc::clone) else {
            return false;
        };
        let Some((_, at)) = self.own(cell) else {
            return false;
        };
        let (slots, bucket) = match &definition.instrument.kind {
            Kind::Histogram { bounds, .. } => (
                bounds.len() as u32 + 1,
                Some(histogram::bucket_of(bounds, exemplar.value) as u32),
            ),
            _ => (slots.clamp(1, MOST_SLOTS), None),
        };
        let Some(reservoir) = self.reservoir(at, slots) else {
            return false;
        };
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        let random = self.random;
        let Some(home) = &self.home else { return false };
        // as many as it was made with, whatever is asked for later
        let Some(slots) = exemplars::slots(&home.mapping, reservoir) else {
            return false;
        };
        let slot = bucket.or_else(|| exemplars::choose(&home.mapping, reservoir, slots, exemplar.time, period, random));
        slot.and_then(|slot| exemplars::put(&home.mapping, reservoir, slot, exemplar))
            .is_some()
    }

    /// The reservoir of the cell at `at`, made if there is none.
    fn reservoir(&self, at: u64, slots: u32) -> Option<u64> {
        let home = self.home.as_ref()?;
        let word = home.mapping.atomic_u32(at + cell::EXEMPLARS as u64)?;
        let unit = match word.load(Ordering::Relaxed) {
            0 => {
                let made = self.writer.cells().with_place(home.epoch, |place, _, allocate| {
                    place.take(exemplars::length(slots), UNIT, allocate)
                });
                let made = made?.ok()?;
                home.mapping
                    .atomic_u32(made + exemplars_layout::SLOTS as u64)?
                    .store(slots, Ordering::Relaxed);
                // SYNC POINT: who follows the reference finds the number of slots.
                word.store((made / UNIT) as u32, Ordering::Release);
                (made / UNIT) as u32
            }
            unit => unit,
        };
        Some(u64::from(unit) * UNIT)
    }
}
