//! One batch that is tried again for hours must not keep everything on the disk that came after it: segments behind the oldest go once
//! every destination has what is in them.
//!
//! What such a segment says of earlier ones (spans that are gone, positions) has to stand in a later one before it goes. So producers
//! are stated anew: forgotten, and in the same transaction given their position and all their open spans again.

use std::collections::HashSet;
use std::fs;

use super::entry::{Position, SpansEntry};
use super::frame::Kind;
use super::segment;
use super::walk::Walk;
use super::{Held, Journal};

/// All open spans are written again for it, so it has to be worth a part of what the journal may take.
const WORTH_PARTS: u64 = 8;

impl Journal {
    /// The newest segment that could go although it is not the oldest, if the journal takes more than half of what it may and such
    /// segments are a good part of it. Before they go, every stream of [`Journal::streams_through`] has to be stated anew.
    #[must_use]
    pub fn hollow(&self) -> Option<u64> {
        if self.bytes() <= self.options.max_bytes / 2 {
            return None;
        }
        let behind = || self.segments.iter().skip(1).filter(|held| self.is_hollow(held));
        let gain: u64 = behind().map(|held| held.identity.length).sum();
        let newest = behind().next_back()?.identity.number;
        (gain >= self.options.max_bytes / WORTH_PARTS).then_some(newest)
    }

    /// All streams that segments up to this one speak of, and those that are known.
    pub fn streams_through(&mut self, segment: u64) -> HashSet<Vec<u8>> {
        let mut streams: HashSet<Vec<u8>> = self.positions.keys().cloned().collect();
        for place in 0..self.segments.len() {
            let held = &self.segments[place];
            if held.identity.number > segment || (place > 0 && self.is_hollow(held)) {
                continue;
            }
            let Some((mapped, end)) = self.map(place) else { continue };
            let mut body = Vec::new();
            for frame in Walk::new(&mapped, segment::HEADER, end).flat_map(|walked| walked.frames) {
                body.clear();
                let is_position = frame.kind == Some(Kind::Position);
                if !(is_position || matches!(frame.kind, Some(Kind::OpenSpans))) || !frame.read(&mapped, &mut body) {
                    continue;
                }
                let stream = if is_position {
                    Position::decode(&body).map(|(stream, _)| stream)
                } else {
                    SpansEntry::decode(&body).map(|spans| spans.stream.to_vec())
                };
                streams.extend(stream);
            }
        }
        streams
    }

    /// Lets those segments up to this one go that every destination is done with, except the oldest. How many these were.
    pub fn drop_hollow(&mut self, segment: u64) -> u64 {
        let mut dropped = 0;
        let mut place = 1;
        while let Some(held) = self.segments.get(place)
            && held.identity.number <= segment
        {
            if !self.is_hollow(held) {
                place += 1;
                continue;
            }
            if let Some(held) = self.segments.remove(place) {
                let _ = fs::remove_file(&held.path);
                dropped += 1;
            }
        }
        dropped
    }

    /// Nothing is written to it any more, something is written after it, and every destination has its pieces.
    fn is_hollow(&self, held: &Held) -> bool {
        let is_current = |current: &segment::Segment| current.identity.number <= held.identity.number;
        let (first, last) = held.pieces;
        self.current.as_ref().is_some_and(|current| !is_current(current))
            && (first == 0 || self.destinations.iter().all(|there| there.settled.covers(first, last)))
    }
}
