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
            self.release(old);
        }
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

    /// Counts anew what the span in `slot` takes, after a change.
    #[inline]
    pub(super) fn measure(&mut self, slot: u32) {
        let slot = &mut self.slots[slot as usize];
        let footprint = slot.span.footprint();
        self.bytes = self.bytes - slot.footprint + footprint;
        slot.footprint = footprint;
    }

    /// Takes a span out; [`Self::release`] its slot when done with it.
    #[inline]
    pub(super) fn remove(&mut self, key: SpanKey) -> Option<u32> {
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
}
