//! Writing: a transaction into the current segment, or into a new one.

use std::io;
use std::time::{Duration, Instant};

use super::destination::PieceSize;
use super::entry;
use super::error::Refusal;
use super::fail_point::fail_point;
use super::frame::{self, Kind};
use super::ranges::Ranges;
use super::segment::{self, Segment};
use super::transaction::{Part, Transaction};
use super::{Held, Journal};
use crate::clock;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The segment in which it stands.
    pub segment: u64,
    /// Number of its first piece; the others follow.
    pub first_piece: u64,
}

/// Segments of a size of their own are whole pages.
const PAGE: u64 = 4096;

impl Journal {
    /// Makes a transaction safe from the death of this process, together with what was acknowledged since the last one.
    ///
    /// # Errors
    /// Nothing of it was kept. [`Refusal::Full`]: make room with [`Journal::drop_oldest`], or wait.
    pub fn commit(&mut self, transaction: &Transaction<'_>) -> Result<Committed, Refusal> {
        self.commit_within(transaction, self.options.max_bytes)
    }

    /// As [`Journal::commit`], one segment beyond the journal's limit if need be: for what has to be carried out of the oldest
    /// segment before it can go.
    ///
    /// # Errors
    /// As there.
    pub fn commit_beyond(&mut self, transaction: &Transaction<'_>) -> Result<Committed, Refusal> {
        self.commit_within(transaction, u64::MAX)
    }

    /// Commits what was acknowledged since the last transaction, if anything was.
    ///
    /// # Errors
    /// As for [`Journal::commit`]; it is tried again with the next one.
    pub fn save_acknowledgements(&mut self) -> Result<(), Refusal> {
        if self
            .destinations
            .iter()
            .all(|destination| destination.unsaved.is_empty())
        {
            return Ok(());
        }
        fail_point("saving acknowledgements");
        self.commit_beyond(&Transaction::new()).map(drop)
    }

    fn commit_within(&mut self, transaction: &Transaction<'_>, max_bytes: u64) -> Result<Committed, Refusal> {
        let acknowledged = self.acknowledged_parts(transaction);
        let size = transaction.room() + acknowledged.iter().map(|part| frame::room(part.length())).sum::<u64>();
        let base = self.is_base_due.then(|| self.base());
        let needed = size + base.as_ref().map_or(0, Transaction::room);
        let fits = self
            .current
            .as_ref()
            .is_some_and(|segment| self.offset + needed <= segment.identity.length);
        if !fits {
            self.begin_segment(size, max_bytes)?;
        } else if let Some(base) = base {
            self.write_transaction(base.parts.iter())?;
            self.is_base_due = false;
        }
        let pieces = self.write_transaction(acknowledged.iter().chain(&transaction.parts))?;
        let first_piece = self.piece + 1;
        self.note_committed(transaction, &pieces);
        Ok(Committed {
            segment: self.segments.back().map_or(0, |held| held.identity.number),
            first_piece,
        })
    }

    /// What destinations acknowledged, and that some of them do not take pieces of this transaction.
    fn acknowledged_parts(&self, transaction: &Transaction<'_>) -> Vec<Part<'static>> {
        let forgotten = self.forgotten.iter();
        let mut parts: Vec<_> = forgotten
            .map(|name| Part::owned(Kind::ForgetDestination, entry::numbers(name, &Ranges::default())))
            .collect();
        for destination in self.destinations.iter().filter(|there| !there.is_retired) {
            let signals = transaction.parts.iter().filter_map(|part| part.signal);
            let mut unsaved = None;
            for (number, (signal, _)) in (self.piece + 1..).zip(signals) {
                if !destination.takes(signal) {
                    unsaved
                        .get_or_insert_with(|| destination.unsaved.clone())
                        .insert(number, number);
                }
            }
            let unsaved = unsaved.as_ref().unwrap_or(&destination.unsaved);
            if !unsaved.is_empty() {
                parts.push(Part::owned(
                    Kind::Acknowledged,
                    entry::numbers(&destination.name, unsaved),
                ));
            }
        }
        parts
    }

    /// Begins a segment with room for `size` bytes, and states in it what is true of the journal as a whole.
    fn begin_segment(&mut self, size: u64, max_bytes: u64) -> Result<(), Refusal> {
        let base = self.base();
        let needed = segment::HEADER + base.room() + size;
        let length = self.options.segment_bytes.max(needed.next_multiple_of(PAGE));
        let spare = self.spare.take_if(|spare| spare.identity.length == length);
        if spare.is_none() {
            // of another length, or none
            self.remove_spare();
        }
        let room_taken = if spare.is_some() { 0 } else { length };
        // two are always granted: one to write while the other goes
        if self.segments.len() > 1 && self.bytes() + room_taken > max_bytes {
            self.spare = spare;
            return Err(Refusal::Full);
        }
        let number = self.segments.back().map_or(0, |held| held.identity.number) + 1;
        let path = self.directory.segment(number);
        fail_point("segment");
        let segment =
            Segment::create(&path, self.id, number, length, spare).map_err(|error| self.refusal(&error, length))?;
        if self.options.fsync {
            self.directory.sync().map_err(|error| self.refusal(&error, length))?;
        }
        let now = Instant::now();
        if let (Some(old), Some(held)) = (self.current.take(), self.segments.back_mut()) {
            held.end = self.offset;
            self.reading = Some(old);
        }
        self.segments.push_back(Held {
            identity: segment.identity,
            path,
            pieces: (0, 0),
            begun: Duration::ZERO,
            known: now,
            age: Duration::ZERO,
            since: now,
            end: segment::HEADER,
        });
        self.current = Some(segment);
        self.offset = segment::HEADER;
        self.is_base_due = true;
        self.write_transaction(base.parts.iter())?;
        self.is_base_due = false;
        Ok(())
    }

    /// Everything that the next start needs to know besides pieces and open spans.
    fn base(&self) -> Transaction<'static> {
        let mut base = Transaction::new();
        for destination in self.destinations.iter().filter(|there| !there.is_retired) {
            let body = entry::numbers(&destination.name, &destination.settled);
            base.parts.push(Part::owned(Kind::Destination, body));
        }
        for (stream, position) in &self.positions {
            base.parts.push(Part::owned(Kind::Position, position.encode(stream)));
        }
        for (key, value) in &self.notes {
            base.parts.push(Part::owned(Kind::Note, entry::note(key, value)));
        }
        base
    }

    /// Writes frames and their commit: the sizes of the pieces among them. There is room.
    fn write_transaction<'p, 't: 'p>(
        &mut self,
        parts: impl Iterator<Item = &'p Part<'t>>,
    ) -> Result<Vec<PieceSize>, Refusal> {
        let mut pieces = Vec::new();
        let Some(segment) = &self.current else {
            return Err(Refusal::Unusable("the journal has no segment".into()));
        };
        let seed = segment.identity.seed;
        let start = self.offset;
        let transaction = self.transaction + 1;
        let mut at = start;
        let mut checksums = Vec::with_capacity(8);
        let mut all_written = true;
        for part in parts {
            let number = part.signal.map_or(0, |(signal, items)| {
                pieces.push(PieceSize {
                    signal,
                    items,
                    bytes: part.length() as u32,
                });
                self.piece + pieces.len() as u64
            });
            let header = frame::Header {
                kind: Some(part.kind),
                length: part.length() as u32,
                transaction,
                number,
                body: frame::checksum(seed, &[&part.head, part.tail]),
            }
            .encode(part.kind, seed, at);
            let body = at + frame::HEADER as u64;
            fail_point("body of a frame");
            all_written &= segment.write(body, &part.head);
            all_written &= segment.write(body + part.head.len() as u64, part.tail);
            fail_point("header of a frame");
            all_written &= segment.write(at, &header);
            checksums.push(u32::from_le_bytes([header[28], header[29], header[30], header[31]]));
            at += frame::room(part.length());
        }
        let time = clock::wall_nanos().to_le_bytes();
        let commit = frame::Header {
            kind: Some(Kind::Commit),
            length: 8,
            transaction,
            number: frame::commit_number(seed, &checksums),
            body: frame::checksum(seed, &[&time]),
        }
        .encode(Kind::Commit, seed, at);
        all_written &= segment.write(at + frame::HEADER as u64, &time);
        fail_point("commit");
        all_written &= segment.write(at, &commit);
        at += frame::room(8);
        if !all_written || segment.is_poisoned() {
            let path = segment.path.display().to_string();
            self.abandon_current();
            return Err(Refusal::Unusable(format!(
                "{path} was cut off while it was written; the journal goes on in another segment"
            )));
        }
        if self.options.fsync
            && let Err(error) = segment.sync(start, at - start)
        {
            let refusal = self.refusal(&error, 0);
            self.abandon_current();
            return Err(refusal);
        }
        fail_point("after a commit");
        self.bytes_written += at - start;
        self.offset = at;
        self.transaction = transaction;
        self.transactions += 1;
        Ok(pieces)
    }

    /// The current segment cannot be written any more; what it holds is read as far as it goes.
    fn abandon_current(&mut self) {
        if let Some(held) = self.segments.back_mut() {
            held.end = self.offset;
        }
        self.current = None;
        self.transaction += 1;
        self.was_lost = true;
    }

    fn note_committed(&mut self, transaction: &Transaction<'_>, pieces: &[PieceSize]) {
        let first = self.piece + 1;
        self.forgotten.clear();
        for destination in &mut self.destinations {
            destination.unsaved = Ranges::default();
            for (number, size) in (first..).zip(pieces) {
                if destination.takes(size.signal) {
                    destination.add(*size);
                } else {
                    destination.settled.insert(number, number);
                }
            }
        }
        self.piece += pieces.len() as u64;
        if let Some(held) = self.segments.back_mut() {
            held.since = Instant::now();
            held.age = Duration::ZERO;
            if !pieces.is_empty() {
                if held.pieces.0 == 0 {
                    held.pieces.0 = first;
                }
                held.pieces.1 = self.piece;
            }
        }
        for (stream, position) in &transaction.positions {
            match position {
                Some(position) => self.positions.insert(stream.clone(), position.clone()),
                None => self.positions.remove(stream),
            };
        }
        for (key, value) in &transaction.notes {
            if value.is_empty() {
                self.notes.remove(key);
            } else {
                self.notes.insert(key.clone(), value.clone());
            }
        }
    }

    fn refusal(&self, error: &io::Error, length: u64) -> Refusal {
        let directory = self.directory.path().display();
        match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => Refusal::NoSpace(format!(
                "state directory {directory}: no room for a segment of {length} bytes; free space on that file system, or lower max_size"
            )),
            Some(libc::EROFS) => Refusal::Unusable(format!(
                "state directory {directory}: its file system is read-only; make it writable, or choose another directory"
            )),
            _ => Refusal::Unusable(format!("state directory {directory}: it cannot be written ({error})")),
        }
    }
}
