//! What goes: segments that nobody needs, and segments that have to make room.

use std::fs;
use std::time::{Duration, Instant};

use super::Journal;
use super::destination::{Amount, PieceSize};
use super::entry::PieceEntry;
use super::fail_point::fail_point;
use super::frame::Kind;
use super::segment;
use super::walk::Walk;

/// How often the names of segments are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// A segment is closed when it is a part so old of the age that pieces may have, so that they go in time.
const AGE_PARTS: u32 = 8;
/// While so many segments beside those that open spans need are in use, no open span is moved out of an old one.
const SLACK_SEGMENTS: u64 = 3;

impl Journal {
    /// The oldest segment, if its pieces are acknowledged everywhere and something stands in a later one.
    ///
    /// Before it can go, what it alone holds must stand in later ones: open spans, which only their keeper knows.
    #[must_use]
    pub fn releasable(&self) -> Option<u64> {
        let oldest = self.sealed_oldest()?;
        let (first, last) = oldest.pieces;
        let is_done = first == 0 || self.destinations.iter().all(|there| there.settled.covers(first, last));
        is_done.then_some(oldest.identity.number)
    }

    /// It is worth writing open spans of `open_bytes` in all again to let the oldest segment go. If it were always done, many open
    /// spans would be written over and over.
    #[must_use]
    pub fn is_worth_carrying(&self, open_bytes: u64) -> bool {
        let enough = 2 * open_bytes + SLACK_SEGMENTS * self.options.segment_bytes;
        self.bytes() > enough.min(self.options.max_bytes / 2)
    }

    /// The oldest segment, if what it holds is older than pieces may be.
    #[must_use]
    pub fn expired(&self, now: Instant) -> Option<u64> {
        let limit = self.options.max_age?;
        let oldest = self.sealed_oldest()?;
        (oldest.age(now) > limit).then_some(oldest.identity.number)
    }

    /// The oldest segment, if it has to give way to whatever comes next.
    #[must_use]
    pub fn crowding(&self) -> Option<u64> {
        if self.options.on_full == super::OnFull::Refuse {
            return None;
        }
        self.sealed_oldest().map(|oldest| oldest.identity.number)
    }

    /// Lets the oldest segment go; the pieces in it that nobody has are given up and counted. What they were, by destination.
    pub fn drop_oldest(&mut self) -> Vec<(String, Amount)> {
        if self.sealed_oldest().is_none() {
            return Vec::new();
        }
        let before: Vec<Amount> = self.destinations.iter().map(|there| there.dropped).collect();
        fail_point("removing a segment");
        self.give_up_oldest();
        let Some(oldest) = self.segments.pop_front() else {
            return Vec::new();
        };
        // one that is mapped already is the spare for the next
        let mapped = self.reading.take_if(|segment| segment.identity == oldest.identity);
        let reusable = mapped
            .or_else(|| segment::Segment::map(&oldest.path, oldest.identity, crate::file::Access::ReadWrite).ok());
        let path = self.directory.spare(oldest.identity.number);
        match reusable {
            Some(mut spare)
                if self.spare.is_none()
                    && spare.is_writable()
                    && oldest.identity.length == self.options.segment_bytes
                    && spare.end() == oldest.identity.length
                    && fs::rename(&oldest.path, &path).is_ok() =>
            {
                spare.path = path;
                self.spare = Some(spare);
            }
            _ => drop(fs::remove_file(&oldest.path)),
        }
        let dropped = self.destinations.iter().zip(before);
        dropped
            .map(|(there, before)| (there.name.clone(), there.dropped.since(before)))
            .filter(|(_, dropped)| dropped.pieces > 0)
            .collect()
    }

    /// Chores: closes a segment that is old. True if the journal's files are gone and it has begun anew: open spans have to be
    /// written again.
    pub fn tend(&mut self, now: Instant) -> bool {
        if now < self.next_look {
            return std::mem::take(&mut self.was_lost);
        }
        self.next_look = now + LOOK_INTERVAL;
        if let (Some(limit), Some(current)) = (self.options.max_age, self.segments.back())
            && current.pieces.0 != 0
            && current.identity_age(now) > limit / AGE_PARTS
        {
            self.seal_current(now);
        }
        let is_gone = self
            .current
            .as_ref()
            .is_some_and(|segment| !segment.is_in_place() || segment.is_poisoned());
        if is_gone {
            let _ = self.directory.restore();
            self.remove_spare();
            self.seal_current(now);
            self.was_lost = true;
        }
        std::mem::take(&mut self.was_lost)
    }

    /// The next transaction begins a segment.
    fn seal_current(&mut self, now: Instant) {
        if let (Some(current), Some(held)) = (self.current.take(), self.segments.back_mut()) {
            held.end = self.offset;
            held.age = held.age(now);
            held.since = now;
            self.reading = Some(current);
        }
    }

    pub(super) fn remove_spare(&mut self) {
        if let Some(spare) = self.spare.take() {
            let _ = fs::remove_file(&spare.path);
        }
    }

    fn sealed_oldest(&self) -> Option<&super::Held> {
        let sealed = self.segments.len() > 1 || self.current.is_none();
        self.segments.front().filter(|_| sealed)
    }

    /// What nobody has of the oldest segment will not be had any more.
    fn give_up_oldest(&mut self) {
        let (first, last) = self.segments.front().map_or((0, 0), |held| held.pieces);
        let is_done = first == 0 || self.destinations.iter().all(|there| there.settled.covers(first, last));
        if is_done {
            return;
        }
        let Some((segment, end)) = self.map(0) else {
            for there in &mut self.destinations {
                self.pieces_damaged += there.lose(first, last);
            }
            return;
        };
        let mut prefix = Vec::new();
        for walked in Walk::new(&segment, segment::HEADER, end) {
            for frame in walked.frames.iter().filter(|frame| frame.kind == Some(Kind::Piece)) {
                prefix.clear();
                let _ = segment.append_to(frame.offset, (frame.length as usize).min(16), &mut prefix);
                let Some((signal, items)) = PieceEntry::peek(&prefix) else {
                    continue;
                };
                let size = PieceSize {
                    signal,
                    items,
                    bytes: frame.length,
                };
                for there in &mut self.destinations {
                    there.give_up(frame.number, size);
                }
            }
        }
        for there in &mut self.destinations {
            self.pieces_damaged += there.lose(first, last);
        }
    }
}
