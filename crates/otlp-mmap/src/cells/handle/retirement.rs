//! The end of series that are done with, or idle.

use std::sync::Arc;

use super::CellHandle;
use crate::cells::gauge;
use crate::cells::instrument::Kind;
use crate::clock;
use crate::file::Mapping;
use crate::layout::cell;

/// A reader that has not visited for so long is gone: nanoseconds.
const READER_ABSENCE: u64 = 60_000_000_000;

impl CellHandle {
    /// Done with a cell: measurements of these attributes need [`CellHandle::cell`] again, and when no other thread uses it the series
    /// ends. False, and nothing happens, while a reader has not collected what was measured last.
    pub fn retire(&mut self, instrument: u32, cell: u32) -> bool {
        self.retire_idle(instrument, cell, u64::MAX)
    }

    /// As [`CellHandle::retire`], if its last update was before a time: nanoseconds since the Unix epoch.
    pub fn retire_idle(&mut self, instrument: u32, cell: u32, before: u64) -> bool {
        let Some(definition) = self.definition(instrument).map(Arc::clone) else {
            return false;
        };
        let Some((mapping, at)) = self.own(cell) else {
            return false;
        };
        let updated = match definition.instrument.kind {
            Kind::Gauge => gauge::get(mapping, at).map_or(0, |(_, time)| time),
            Kind::ObservedSum { .. } | Kind::ObservedGauge => seconds(mapping, at + cell::OBSERVED_UPDATED as u64),
            _ => seconds(mapping, at + cell::UPDATED as u64),
        };
        if updated >= before {
            return false;
        }
        let Some(home) = &self.home else { return false };
        let retired = self.writer.cells().with_place(home.epoch, |place, view, _| {
            let collected = view.extension().map_or(0, |extension| extension.cells_collected());
            let visited = view
                .extension()
                .and_then(|extension| extension.reader_slot(0))
                .map_or(0, |slot| slot.heartbeat());
            // without a reader nobody waits for it
            let read = clock::wall_nanos().saturating_sub(visited) < READER_ABSENCE;
            if read && updated >= collected {
                return false;
            }
            place.retire(instrument, cell);
            true
        });
        if retired == Some(true) {
            self.owned.remove(instrument, cell);
            return true;
        }
        false
    }

    /// As [`CellHandle::retire_idle`], of some of the instrument's cells that are not pinned. All of them come in portions of some
    /// thousands, numbered from 0 on. Returns whether there are more.
    pub fn retire_portion(&mut self, instrument: u32, portion: u32, before: u64) -> bool {
        let mut cells = std::mem::take(&mut self.portion);
        let more = self.owned.portion(instrument, portion as usize, &mut cells);
        for &cell in &cells {
            self.retire_idle(instrument, cell, before);
        }
        self.portion = cells;
        more
    }

    /// Somebody holds on to a cell: [`CellHandle::retire_portion`] passes it over.
    pub fn pin(&mut self, cell: u32) {
        self.owned.pin(cell);
    }
}

/// A time in seconds, as nanoseconds.
fn seconds(mapping: &Mapping, at: u64) -> u64 {
    (f64::from_bits(mapping.load_u64(at).unwrap_or(0)) * 1e9) as u64
}
