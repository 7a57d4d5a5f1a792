//! Gauges: a value and its time, which change together, in two copies of which one is in force.

use crate::file::Mapping;
use crate::file::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use crate::layout::cell;

/// How often a gauge is read again that was set meanwhile.
const MOST_TRIES: u32 = 10_000;

/// Sets the gauge at `at`: writes the copy that is not in force, then puts it in force. One thread at a time may call this for a cell.
#[inline]
pub(super) fn set(mapping: &Mapping, at: u64, value: f64, time: u64) -> Option<()> {
    let sequence = sequence(mapping, at)?;
    let next = sequence.load(Ordering::Relaxed).wrapping_add(1);
    let copy = copy(mapping, at, next)?;
    copy[0].store(value.to_bits(), Ordering::Relaxed);
    copy[1].store(time, Ordering::Relaxed);
    // SYNC POINT: who sees the number sees the copy; and who sees a later copy sees the number.
    sequence.store(next, Ordering::Release);
    fence(Ordering::Release);
    Some(())
}

/// Value and time of the gauge at `at`; time 0 before it was set. None: it did not hold still, or is out of bounds.
pub(super) fn get(mapping: &Mapping, at: u64) -> Option<(f64, u64)> {
    let sequence = sequence(mapping, at)?;
    for _ in 0..MOST_TRIES {
        let before = sequence.load(Ordering::Acquire);
        let copy = copy(mapping, at, before)?;
        let value = copy[0].load(Ordering::Relaxed);
        let time = copy[1].load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if sequence.load(Ordering::Relaxed) == before {
            return Some((f64::from_bits(value), time));
        }
    }
    None
}

#[inline]
fn sequence(mapping: &Mapping, at: u64) -> Option<&AtomicU32> {
    mapping.half_words(at + cell::SEQUENCE as u64, 1).map(|words| &words[0])
}

/// The copy that a number puts in force.
#[inline]
fn copy(mapping: &Mapping, at: u64, sequence: u32) -> Option<&[AtomicU64]> {
    mapping.words(at + u64::from(sequence & 1) * cell::GAUGE_VALUE_B as u64, 2)
}
