//! All open spans of one producer: found by id, and by age.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::open_span::OpenSpan;
use super::span_event::SpanKey;

/// Slots without a span that keep their buffers.
const KEPT_SLOTS: usize = 1024;

/// No slot.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Slot {
    span: OpenSpan,
    older: u32,
    newer: u32,
    /// What the span was last counted with in [`OpenSpans::bytes`].
    footprint: usize,
    saved: Saved,
}

/// What a journal holds of the span in a slot.
#[derive(Debug, Clone, Copy, Default)]
struct Saved {
    /// The segment with the newest copy, 0 if there is none.
    segment: u64,
    /// The copy is not what the span is now.
    is_stale: bool,
    /// The slot stands in the list of changed ones.
    is_listed: bool,
}

/// What a journal has to be told.
#[derive(Debug, Default)]
struct Changes {
    /// Slots whose spans are new or changed, and some that are empty by now.
    slots: Vec<u32>,
    /// Ids of spans with a copy in the journal that are not open any more.
    gone: Vec<u8>,
}

/// The open spans, in slots that are used again.
#[derive(Debug)]
pub(super) struct OpenSpans {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashMap<SpanKey, u32>,
    oldest: u32,
    newest: u32,
    bytes: usize,
    /// None: nobody asks for changes.
    changes: Option<Changes>,
}

impl OpenSpans {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            oldest: NONE,
            newest: NONE,
            bytes: 0,
            changes: None,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Memory in use by open spans.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// From the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = &OpenSpan> {
        let mut at = self.oldest;
        std::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            at = slot.newer;
            Some(&slot.span)
        })
    }

    /// An empty slot, to be filled and then given to [`Self::insert`] or [`Self::release`].
    #[inline]
    pub(super) fn vacant(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                span: OpenSpan::default(),
                older: NONE,
                newer: NONE,
                footprint: 0,
                saved: Saved::default(),
            });
            (self.slots.len() - 1) as u32
        })
    }

    /// The span in a slot.
    #[inline]
    pub(super) fn span(&mut self, slot: u32) -> &mut OpenSpan {
        &mut self.slots[slot as usize].span
    }

    /// Takes the span in `slot` as the newest. True if one of the same ids had to make room.
    #[inline]
    pub(super) fn insert(&mut self, slot: u32) -> bool {
        let replaced = match self.index.entry(self.slots[slot as usize].span.key()) {
            Entry::Occupied(mut entry) => Some(entry.insert(slot)),
            Entry::Vacant(entry) => {
                entry.insert(slot);
                None
            }
        };
        if let Some(old) = replaced {
            self.unlink(old);
            // its copy is replaced by this one's
            self.slots[slot as usize].saved.segment = self.slots[old as usize].saved.segment;
            self.release(old);
        }
        self.note_change(slot);
        let newest = self.newest;
        let new = &mut self.slots[slot as usize];
        new.older = newest;
        new.newer = NONE;
        new.footprint = new.span.footprint();
        self.bytes += new.footprint;
        self.newest = slot;
        if newest == NONE {
            self.oldest = slot;
        } else {
            self.slots[newest as usize].newer = slot;
        }
        replaced.is_some()
    }

    #[inline]
    pub(super) fn find(&self, key: SpanKey) -> Option<u32> {
        self.index.get(&key).copied()
    }

    /// Notes that the span in `slot` was changed.
    #[inline]
    pub(super) fn measure(&mut self, slot: u32) {
        self.note_change(slot);
        let slot = &mut self.slots[slot as usize];
        let footprint = slot.span.footprint();
        self.bytes = self.bytes - slot.footprint + footprint;
        slot.footprint = footprint;
    }

    /// Takes a span out; [`Self::release`] its slot when done with it.
    #[inline]
    pub(super) fn remove(&mut self, key: SpanKey) -> Option<u32> {
        let slot = self.take_out(key)?;
        if let Some(changes) = &mut self.changes
            && self.slots[slot as usize].saved.segment != 0
        {
            changes.gone.extend_from_slice(&key.trace_id);
            changes.gone.extend_from_slice(&key.span_id);
        }
        Some(slot)
    }

    /// Lets go of a span of which a journal knows that it is over: it need not be told.
    pub(super) fn forget(&mut self, key: SpanKey) {
        if let Some(slot) = self.take_out(key) {
            self.release(slot);
        }
    }

    #[inline]
    fn take_out(&mut self, key: SpanKey) -> Option<u32> {
        let slot = self.index.remove(&key)?;
        self.unlink(slot);
        Some(slot)
    }

    /// Takes out the span that is open for the longest time; [`Self::release`] its slot when done with it.
    pub(super) fn remove_oldest(&mut self) -> Option<u32> {
        let key = self.slots.get(self.oldest as usize)?.span.key();
        self.remove(key)
    }

    /// Makes a slot that is in no list empty.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) {
        let saved = &mut self.slots[slot as usize].saved;
        saved.segment = 0;
        saved.is_stale = false;
        let span = &mut self.slots[slot as usize].span;
        if self.free.len() < KEPT_SLOTS {
            span.clear();
        } else {
            *span = OpenSpan::default();
        }
        self.free.push(slot);
    }

    #[inline]
    fn unlink(&mut self, slot: u32) {
        let Slot {
            older,
            newer,
            footprint,
            ..
        } = self.slots[slot as usize];
        self.bytes -= footprint;
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    /// From now on, tells what a journal has to keep.
    pub(super) fn note_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// Spans that are new or changed since the last [`Self::saved`].
    pub(super) fn changed(&self) -> impl Iterator<Item = &OpenSpan> {
        let slots = self.changes.iter().flat_map(|changes| &changes.slots);
        slots
            .map(|&slot| &self.slots[slot as usize])
            .filter(|slot| slot.saved.is_stale)
            .map(|slot| &slot.span)
    }

    /// Ids (trace's, then span's) of spans that a journal holds and that are not open any more.
    pub(super) fn gone(&self) -> &[u8] {
        self.changes.as_ref().map_or(&[], |changes| &changes.gone)
    }

    /// A journal holds all changes now; copies of changed spans stand in this segment.
    pub(super) fn saved(&mut self, segment: u64) {
        let Some(changes) = &mut self.changes else { return };
        changes.gone.clear();
        for slot in changes.slots.drain(..) {
            let saved = &mut self.slots[slot as usize].saved;
            saved.is_listed = false;
            if std::mem::take(&mut saved.is_stale) {
                saved.segment = segment;
            }
        }
    }

    /// Whether the only copy of a span stands in a segment up to this one.
    pub(super) fn depends_on(&self, segment: u64) -> bool {
        let depends = |slot: u32| (1..=segment).contains(&self.slots[slot as usize].saved.segment);
        self.changes.is_some() && self.index.values().any(|&slot| depends(slot))
    }

    /// Copies in segments up to this one will be gone: their spans count as changed.
    pub(super) fn will_lose(&mut self, segment: u64) {
        let slots: Vec<u32> = self.index.values().copied().collect();
        for slot in slots {
            if (1..=segment).contains(&self.slots[slot as usize].saved.segment) {
                self.note_change(slot);
            }
        }
    }

    /// Takes a restored span in `slot`, of which the journal has a copy in `segment`.
    pub(super) fn insert_saved(&mut self, slot: u32, segment: u64) {
        self.insert(slot);
        let saved = &mut self.slots[slot as usize].saved;
        saved.segment = segment;
        saved.is_stale = false;
    }

    #[inline]
    fn note_change(&mut self, slot: u32) {
        let Some(changes) = &mut self.changes else { return };
        let saved = &mut self.slots[slot as usize].saved;
        saved.is_stale = true;
        if !saved.is_listed {
            saved.is_listed = true;
            changes.slots.push(slot);
        }
    }
}
