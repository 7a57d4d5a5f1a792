//! Exemplars: a few sampled measurements of a series, out of line.
//!
//! Explicit histograms keep the newest of each bucket, everything else a fixed number of equally likely ones, chosen anew in each
//! period. Each slot has a sequence of its own that is odd while the slot is written, so that a reader takes whole ones only.

use crate::file::Mapping;
use crate::file::atomic::{Ordering, fence};
use crate::layout::exemplars;

/// Bytes of attributes that a slot holds; an exemplar with more comes without.
pub const MOST_ATTRIBUTES: usize = exemplars::SLOT_LENGTH - exemplars::ATTRIBUTES;

/// A sampled measurement.
#[derive(Debug, Clone, Copy)]
pub struct Exemplar<'a> {
    /// Nanoseconds since the Unix epoch.
    pub time: u64,
    /// What was measured.
    pub value: f64,
    /// All zero for a measurement outside of a span.
    pub trace_id: [u8; 16],
    /// As the trace id.
    pub span_id: [u8; 8],
    /// Attributes of the measurement that the series has not: `KeyValue` fields of number 1.
    pub attributes: &'a [u8],
}

/// Bytes of a reservoir.
pub(super) fn length(slots: u32) -> u64 {
    exemplars::FIRST as u64 + u64::from(slots) * exemplars::SLOT_LENGTH as u64
}

/// How many slots a reservoir has.
pub(super) fn slots(mapping: &Mapping, reservoir: u64) -> Option<u32> {
    mapping.load_u32(reservoir + exemplars::SLOTS as u64)
}

/// Empties a reservoir whose series has ended. Nobody reads it by then: the generation of its cell has changed.
pub(super) fn clear(mapping: &Mapping, reservoir: u64) -> Option<()> {
    let word = |at: u64| mapping.atomic_u64(at);
    mapping
        .atomic_u32(reservoir + exemplars::OFFERED as u64)?
        .store(0, Ordering::Relaxed);
    word(reservoir + exemplars::SINCE as u64)?.store(0, Ordering::Relaxed);
    for slot in 0..slots(mapping, reservoir)? {
        word(slot_at(reservoir, slot) + exemplars::TIME as u64)?.store(0, Ordering::Relaxed);
    }
    Some(())
}

fn slot_at(reservoir: u64, slot: u32) -> u64 {
    reservoir + exemplars::FIRST as u64 + u64::from(slot) * exemplars::SLOT_LENGTH as u64
}

/// Which slot takes the next offer of a reservoir of fixed size, if any: by the algorithm that keeps each offer with equal
/// probability. Offers count from the start of each `period` (nanoseconds).
pub(super) fn choose(
    mapping: &Mapping,
    reservoir: u64,
    slots: u32,
    time: u64,
    period: u64,
    random: u32,
) -> Option<u32> {
    let offered = mapping.atomic_u32(reservoir + exemplars::OFFERED as u64)?;
    let since = mapping.atomic_u64(reservoir + exemplars::SINCE as u64)?;
    if time.saturating_sub(since.load(Ordering::Relaxed)) >= period {
        since.store(time, Ordering::Relaxed);
        offered.store(0, Ordering::Relaxed);
    }
    let count = offered.load(Ordering::Relaxed);
    offered.store(count.saturating_add(1), Ordering::Relaxed);
    if count < slots {
        return Some(count);
    }
    let slot = ((u64::from(random) * (u64::from(count) + 1)) >> 32) as u32;
    (slot < slots).then_some(slot)
}

/// Puts an exemplar into a slot. One thread at a time may call this for a reservoir.
pub(super) fn put(mapping: &Mapping, reservoir: u64, slot: u32, exemplar: &Exemplar<'_>) -> Option<()> {
    let at = slot_at(reservoir, slot);
    let word = |offset: usize| mapping.atomic_u64(at + offset as u64);
    let sequence = mapping.atomic_u32(at + exemplars::SEQUENCE as u64)?;
    let attributes = if exemplar.attributes.len() <= MOST_ATTRIBUTES {
        exemplar.attributes
    } else {
        &[]
    };
    // a writer that died in the middle left it odd
    let before = sequence.load(Ordering::Relaxed) | 1;
    sequence.store(before, Ordering::Relaxed);
    // Who sees a part of the new exemplar sees that it is being written.
    fence(Ordering::Release);
    mapping
        .atomic_u32(at + exemplars::ATTRIBUTES_LENGTH as u64)?
        .store(attributes.len() as u32, Ordering::Relaxed);
    word(exemplars::TIME)?.store(exemplar.time, Ordering::Relaxed);
    word(exemplars::VALUE)?.store(exemplar.value.to_bits(), Ordering::Relaxed);
    let _ = mapping.copy_in(at + exemplars::TRACE_ID as u64, &exemplar.trace_id);
    let _ = mapping.copy_in(at + exemplars::SPAN_ID as u64, &exemplar.span_id);
    let _ = mapping.copy_in(at + exemplars::ATTRIBUTES as u64, attributes);
    // SYNC POINT: who sees the number sees the exemplar.
    sequence.store(before.wrapping_add(1), Ordering::Release);
    Some(())
}
