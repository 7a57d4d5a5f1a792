//! What single cells hold: attribute sets and values of one or two words, whole or not at all.

use super::{LONGEST_ATTRIBUTES, MOST_TRIES, No, UNIT, attributes};
use crate::cells::histogram::{COPY, Words};
use crate::cells::instrument::bucket_words;
use crate::cells::place::negative_of;
use crate::cells::sets::{SET_ALIGNMENT, checksum_of_set};
use crate::file::Mapping;
use crate::file::atomic::{Ordering, fence};
use crate::layout::{cell, cells, histogram as histogram_layout};

#[inline]
pub(super) fn copy_attributes(mapping: &Mapping, extents: u64, set: u32, out: &mut Vec<u8>) -> Result<(), No> {
    let at = u64::from(set) * SET_ALIGNMENT;
    let head = mapping.half_words(at, 2).filter(|_| at >= extents).ok_or(No::Corrupt)?;
    let [length, sum] = [&head[0], &head[1]].map(|word| word.load(Ordering::Acquire));
    out.clear();
    let header = u64::from(cells::ATTRIBUTES_HEADER);
    if length > LONGEST_ATTRIBUTES || !mapping.append_to(at + header, length as usize, out) {
        return Err(No::Corrupt);
    }
    if checksum_of_set(out) != sum || attributes::check(out).is_err() {
        return Err(No::Corrupt);
    }
    Ok(())
}

/// A time in seconds, as nanoseconds. What is no time is 0.
#[inline]
pub(super) fn seconds(bits: u64) -> u64 {
    (f64::from_bits(bits) * 1e9) as u64
}

/// The value of the last complete round, if it was observed in that.
pub(super) fn observed(mapping: &Mapping, at: u64, observer: u32) -> Option<f64> {
    let words = mapping.words(at, 2)?;
    let rounds = mapping.half_words(at + cell::OBSERVED_ROUND as u64, 2)?;
    for _ in 0..MOST_TRIES {
        let round = mapping.load_u32(u64::from(observer) * UNIT)?;
        let copy = (round & 1) as usize;
        let found = rounds[copy].load(Ordering::Acquire);
        let value = words[copy].load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        // the round after the next one writes this copy again
        if mapping.load_u32(u64::from(observer) * UNIT)? == round {
            return (round != 0 && found == round).then(|| f64::from_bits(value));
        }
    }
    None
}

#[inline]
pub(super) fn histogram_words(mapping: &Mapping, at: u64, extents: u64, kind: u32, buckets: u32) -> Option<Words<'_>> {
    let words = 2 * COPY + bucket_words(kind, buckets) as usize;
    Some(Words {
        inline: mapping.words(at + histogram_layout::COPY_A as u64, words)?,
        sequence: &mapping.half_words(at + cell::SEQUENCE as u64, 1)?[0],
        negative: negative_of(mapping, at, extents, kind)?,
    })
}
