//! Parts of a record that stand in the spill ring, put back into their places.

use super::entries::Entries;
use super::faults::Faults;
use crate::file::SpillReference;
use crate::layout::field;
use crate::splice::{Change, Edit, splice};
use crate::wire::{self, Fields, Malformed};

/// Tag of the field SPILL: the first bytes of a message that refers to the spill ring.
const TAG: [u8; 2] = {
    let tag = wire::tag(field::SPILL, wire::LEN);
    [tag as u8 | 0x80, (tag >> 7) as u8]
};

/// Whether `message` (that of a record's one-of, or an Event) begins with a reference to the spill ring.
#[inline]
pub(super) fn is_referring(message: &[u8]) -> bool {
    message.starts_with(&TAG)
}

/// `record` with the parts that `message`, a slice of it, refers to, and without the reference. Where they cannot be had the record stays cut,
/// which is counted. None if the reference itself is malformed.
#[cold]
pub(super) fn whole(record: &[u8], message: &[u8], entries: &mut dyn Entries, faults: &mut Faults) -> Option<Vec<u8>> {
    let (_, value) = Fields::new(message).next()?.ok()?;
    let reference = value.bytes().ok()?;
    let message_at = message.as_ptr().addr() - record.as_ptr().addr();
    let reference_at = message_at + (reference.as_ptr().addr() - message.as_ptr().addr());
    let mut spilled = Vec::new();
    let restored = parse(reference).ok().and_then(|reference| {
        entries.spilled(reference, &mut spilled).ok()?;
        restore(record, message_at, reference_at, &spilled).ok()
    });
    restored.or_else(|| {
        faults.lost_spills += 1;
        let gone = Edit {
            at: reference_at,
            change: Change::Fields(&[]),
        };
        splice(record, &[gone]).ok()
    })
}

fn parse(message: &[u8]) -> Result<SpillReference, Malformed> {
    let mut reference = SpillReference::default();
    for field in Fields::new(message) {
        match field? {
            (field::SPILL_POSITION, v) => reference.position = v.fixed64()?,
            (field::SPILL_LENGTH, v) => reference.length = v.fixed32()?,
            (field::SPILL_CRC, v) => reference.crc = v.fixed32()?,
            _ => {}
        }
    }
    Ok(reference)
}

/// Puts the parts of a message Spilled into the record.
fn restore(record: &[u8], message_at: usize, reference_at: usize, spilled: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut edits = vec![Edit {
        at: reference_at,
        change: Change::Fields(&[]),
    }];
    let mut further: &[u8] = &[];
    for field in Fields::new(spilled) {
        let (field::SPILLED_PARTS, part) = field? else { continue };
        let (mut at, mut bytes): (u64, &[u8]) = (0, &[]);
        for field in Fields::new(part.bytes()?) {
            match field? {
                (field::PART_AT, v) => at = v.varint()?,
                (field::PART_BYTES, v) => bytes = v.bytes()?,
                _ => {}
            }
        }
        match usize::try_from(at) {
            Ok(0) => further = bytes,
            Ok(at) if at != reference_at => edits.push(Edit {
                at,
                change: Change::Body(bytes),
            }),
            _ => {}
        }
    }
    edits.sort_by_key(|edit| edit.at);
    let mut whole = splice(record, &edits)?;
    if message_at == 0 {
        whole.extend_from_slice(further);
    }
    Ok(whole)
}
