//! Exemplars of a series, copied out whole or not at all.

use super::attributes;
use crate::cells::exemplars::MOST_ATTRIBUTES;
use crate::cells::instrument::MOST_BUCKETS;
use crate::file::Mapping;
use crate::file::atomic::{Ordering, fence};
use crate::layout::exemplars;

/// A sampled measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadExemplar {
    /// Nanoseconds since the Unix epoch.
    pub time: u64,
    /// What was measured.
    pub value: f64,
    /// All zero outside of a span.
    pub trace_id: [u8; 16],
    /// As the trace id.
    pub span_id: [u8; 8],
    /// Attributes that the series has not: OTLP `KeyValue` fields of number 1, checked.
    pub attributes: Vec<u8>,
}

/// Appends what the reservoir at `at` holds of after `since`.
pub(super) fn read(mapping: &Mapping, extents: u64, at: u64, since: u64, out: &mut Vec<ReadExemplar>) {
    if at < extents {
        return;
    }
    let slots = mapping.load_u32(at + exemplars::SLOTS as u64).unwrap_or(0);
    for slot in 0..slots.min(MOST_BUCKETS) {
        let slot = at + exemplars::FIRST as u64 + u64::from(slot) * exemplars::SLOT_LENGTH as u64;
        if mapping
            .load_u64(slot + exemplars::TIME as u64)
            .is_none_or(|time| time <= since)
        {
            continue;
        }
        if let Some(exemplar) = read_slot(mapping, slot).filter(|exemplar| exemplar.time > since) {
            out.push(exemplar);
        }
    }
}

fn read_slot(mapping: &Mapping, at: u64) -> Option<ReadExemplar> {
    let sequence = &mapping.half_words(at + exemplars::SEQUENCE as u64, 1)?[0];
    let before = sequence.load(Ordering::Acquire);
    if before & 1 == 1 {
        return None;
    }
    let word = |offset: usize| mapping.load_u64(at + offset as u64);
    let mut exemplar = ReadExemplar {
        time: word(exemplars::TIME)?,
        value: f64::from_bits(word(exemplars::VALUE)?),
        trace_id: [0; 16],
        span_id: [0; 8],
        attributes: Vec::new(),
    };
    let length = mapping.load_u32(at + exemplars::ATTRIBUTES_LENGTH as u64)? as usize;
    let copied = length <= MOST_ATTRIBUTES
        && mapping.copy_out(at + exemplars::TRACE_ID as u64, &mut exemplar.trace_id)
        && mapping.copy_out(at + exemplars::SPAN_ID as u64, &mut exemplar.span_id)
        && mapping.append_to(at + exemplars::ATTRIBUTES as u64, length, &mut exemplar.attributes);
    // SYNC POINT: who saw a part of a newer exemplar sees its number.
    fence(Ordering::Acquire);
    let whole = copied && sequence.load(Ordering::Relaxed) == before;
    (whole && attributes::check(&exemplar.attributes).is_ok()).then_some(exemplar)
}
