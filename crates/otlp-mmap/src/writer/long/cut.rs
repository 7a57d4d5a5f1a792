//! Cuts a record until it fits into a slot, and says what has to stand in the spill ring for it.

use super::parts::{EVENT, Holder, Kind, LINK_EVENT, Part, Record, SPAN_EVENT};
use crate::file::{RingId, SpillReference};
use crate::layout::field;
use crate::splice::{Change, Edit, splice};
use crate::wire::{self, Fields};
use hashbrown::HashMap;

/// A reference of which every field has its full width, tag and length included.
pub(super) const REFERENCE_LEN: usize = 3 + 9 + 5 + 5;

/// A record that fits, but for what stands in the spill ring.
#[derive(Debug)]
pub(super) struct Cut {
    /// The record without a reference; with one it is [`REFERENCE_LEN`] bytes longer.
    record: Vec<u8>,
    /// Where the body of the message begins that holds the reference.
    holder: Option<usize>,
}

impl Cut {
    /// Cuts `record`, of `ring`, to at most `capacity` bytes with its reference, and makes `spilled` the message Spilled, whose places are
    /// those in the record with its reference. None if that cannot be done.
    pub(super) fn new(ring: RingId, record: &[u8], capacity: usize, spilled: &mut Vec<u8>) -> Option<Self> {
        match ring {
            RingId::Events => Self::of(&EVENT, record, capacity, spilled),
            RingId::Spans => Self::of(&SPAN_EVENT, record, capacity, spilled)
                .or_else(|| Self::of(&LINK_EVENT, record, capacity, spilled)),
            RingId::Measurements => None,
        }
    }

    fn of(schema: &Record, record: &[u8], capacity: usize, spilled: &mut Vec<u8>) -> Option<Self> {
        let parts = schema.parts(record).ok()?;
        let room = capacity.checked_sub(REFERENCE_LEN)?;
        let Division { kept, moved } = divide(record, schema, parts, room)?;
        let moved_bytes: usize = moved.iter().map(|(start, end)| end - start).sum();
        let fixed = record.len() - moved_bytes - kept.iter().map(|part| part.len).sum::<usize>();
        let each = level(&kept, room.checked_sub(fixed)?);

        let mut edits: Vec<Edit<'_>> = moved.iter().filter_map(|field| remove(record, *field)).collect();
        let is_cut = |part: &&Part| part.len > each;
        edits.extend(kept.iter().filter(is_cut).map(|part| {
            let body = &record[part.at..part.at + part.len];
            Edit {
                at: part.at,
                change: Change::Body(&body[..prefix(body, part.kind, each)]),
            }
        }));
        edits.sort_by_key(|edit| edit.at);
        let short = splice(record, &edits).ok()?;
        let holder = match schema.holder {
            Holder::Record => None,
            Holder::OneOf => Some(schema.one_of(&short).ok()??),
        };
        let cut = Self { record: short, holder };
        spilled.clear();
        // the places in the record as a reader finds it
        let referring = cut.with_reference(SpillReference {
            position: 0,
            length: 0,
            crc: 0,
        })?;
        if referring.len() > capacity {
            return None;
        }
        let places = schema.parts(&referring).ok()?;
        if places.len() != kept.len() {
            return None;
        }
        for (part, place) in kept.iter().zip(&places).filter(|(part, _)| is_cut(part)) {
            put_part(spilled, place.at, &record[part.at..part.at + part.len]);
        }
        if !moved.is_empty() {
            let fields: Vec<u8> = moved
                .iter()
                .flat_map(|&(start, end)| &record[start..end])
                .copied()
                .collect();
            put_part(spilled, 0, &fields);
        }
        Some(cut)
    }

    /// The record as it stands in the slot when its parts stand in the spill ring.
    pub(super) fn with_reference(&self, reference: SpillReference) -> Option<Vec<u8>> {
        let mut message = Vec::with_capacity(REFERENCE_LEN);
        wire::put_len(&mut message, field::SPILL, REFERENCE_LEN - 3);
        wire::put_fixed64(&mut message, field::SPILL_POSITION, reference.position);
        wire::put_fixed32(&mut message, field::SPILL_LENGTH, reference.length);
        wire::put_fixed32(&mut message, field::SPILL_CRC, reference.crc);
        debug_assert_eq!(message.len(), REFERENCE_LEN, "every field has its full width");
        let Some(at) = self.holder else {
            message.extend_from_slice(&self.record);
            return Some(message);
        };
        let change = Change::Prepend(&message);
        splice(&self.record, &[Edit { at, change }]).ok()
    }

    /// The record as it stands in the slot when there is no room for its parts.
    pub(super) fn alone(&self) -> &[u8] {
        &self.record
    }
}

fn put_part(out: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let place = if at == 0 { 0 } else { 1 + wire::varint_len(at as u64) };
    wire::put_len(
        out,
        field::SPILLED_PARTS,
        place + wire::field_len(field::PART_BYTES, bytes.len()),
    );
    if at != 0 {
        wire::put_uint(out, field::PART_AT, at as u64);
    }
    wire::put_bytes(out, field::PART_BYTES, bytes);
}

/// What stays in the record and what does not.
struct Division {
    /// Parts of the former, in the order in which they stand.
    kept: Vec<Part>,
    /// Whole fields, start and end, that stand in the spill ring alone.
    moved: Vec<(usize, usize)>,
}

/// Moves fields away as far as the record would not fit even with every part cut. Only a record that holds its reference itself
/// can give fields away.
fn divide(record: &[u8], schema: &Record, parts: Vec<Part>, room: usize) -> Option<Division> {
    let least = |part: &Part| part.len.saturating_sub(schema.least);
    let saved: usize = parts.iter().map(least).sum();
    let mut excess = (record.len() - saved).saturating_sub(room);
    if excess == 0 {
        return Some(Division {
            kept: parts,
            moved: Vec::new(),
        });
    }
    if schema.holder != Holder::Record {
        return None;
    }
    let mut saved_in = HashMap::<usize, usize>::new();
    for part in &parts {
        *saved_in.entry(part.field.0).or_default() += least(part);
    }
    let mut attributes = attributes(record);
    let mut moved = Vec::new();
    while excess > 0 {
        let (start, end) = attributes.pop()?;
        excess = excess.saturating_sub(end - start - saved_in.get(&start).unwrap_or(&0));
        moved.push((start, end));
    }
    moved.reverse();
    let stays = |part: &Part| moved.binary_search(&part.field).is_err();
    let kept = parts.into_iter().filter(stays).collect();
    Some(Division { kept, moved })
}

/// The attribute fields of an Event: start and end.
fn attributes(record: &[u8]) -> Vec<(usize, usize)> {
    let mut fields = Fields::new(record);
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(Ok((number, _))) = fields.next() {
        let end = record.len() - fields.remaining();
        if number == field::EVENT_ATTRIBUTES {
            found.push((start, end));
        }
        start = end;
    }
    found
}

/// The edit that takes a whole field away.
fn remove(record: &[u8], (start, end): (usize, usize)) -> Option<Edit<'static>> {
    let (_, value) = Fields::new(&record[start..end]).next()?.ok()?;
    Some(Edit {
        at: end - value.bytes().ok()?.len(),
        change: Change::Fields(&[]),
    })
}

/// The length to which parts are cut so that together they take at most `room`: what is shorter stays whole, the others
/// share the rest alike.
fn level(parts: &[Part], room: usize) -> usize {
    let mut lengths: Vec<usize> = parts.iter().map(|part| part.len).collect();
    lengths.sort_unstable();
    let mut rest = room;
    for (at, &len) in lengths.iter().enumerate() {
        let sharing = lengths.len() - at;
        if len * sharing > rest {
            return rest / sharing;
        }
        rest -= len;
    }
    usize::MAX
}

/// Length of the longest prefix of `body` of at most `most` bytes that is whole in its kind.
fn prefix(body: &[u8], kind: Kind, most: usize) -> usize {
    let most = most.min(body.len());
    match kind {
        Kind::Bytes => most,
        // the first byte after the cut must begin a character
        Kind::Text => (0..=most)
            .rev()
            .find(|&end| body.get(end).is_none_or(|byte| byte & 0xc0 != 0x80))
            .unwrap_or(0),
        Kind::Members if most == body.len() => most,
        Kind::Members => body[..=most].iter().rposition(|byte| *byte == b',').unwrap_or(0),
        Kind::Fields => {
            let mut fields = Fields::new(body);
            let mut end = 0;
            while let Some(Ok(_)) = fields.next() {
                let next = body.len() - fields.remaining();
                if next > most {
                    break;
                }
                end = next;
            }
            end
        }
    }
}
