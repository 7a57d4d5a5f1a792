//! Reading back: pieces that a destination neither holds nor is done with.

use super::Journal;
use super::destination::{PieceSize, Reached};
use super::entry::PieceEntry;
use super::frame::Kind;
use super::segment::{self, Segment};
use super::walk::{FrameRef, Walk};
use crate::file::Access;
use crate::otlp::Signal;

/// A piece from the journal, byte for byte what was put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPiece {
    /// Number to acknowledge it by.
    pub number: u64,
    /// What it holds.
    pub signal: Signal,
    /// Of metrics, the stream; empty otherwise.
    pub stream: String,
    /// Where its app wanted it sent; empty if it named nothing or was not trusted.
    pub endpoint: String,
    /// Spans, log records or data points.
    pub items: u32,
    /// Encoded OTLP.
    pub otlp: Vec<u8>,
}

/// What a look into one segment gathers.
struct Gathered<'a> {
    pieces: &'a mut Vec<JournalPiece>,
    room: usize,
    /// There was more than there was room for.
    is_full: bool,
}

impl Journal {
    /// The next pieces for a destination, oldest first: at least one if any waits, else up to about so many bytes. It holds them
    /// then.
    pub fn backlog(&mut self, destination: usize, max_bytes: usize) -> Vec<JournalPiece> {
        let mut pieces = Vec::new();
        let mut gathered = Gathered {
            pieces: &mut pieces,
            room: max_bytes,
            is_full: false,
        };
        while !gathered.is_full && gathered.room > 0 {
            let Some(waiting) = self.destinations.get(destination) else {
                break;
            };
            let number = waiting.next_waiting(1);
            let Some(place) = self.segments.iter().position(|held| held.pieces.1 >= number) else {
                break;
            };
            let (first, last) = self.segments[place].pieces;
            // of segments that were lost, and of one that is gone, nothing can be had
            let unreadable = if first > number {
                Some((number, first - 1))
            } else {
                match self.map(place) {
                    Some((segment, end)) => {
                        self.gather(destination, &segment, (first, last), end, &mut gathered);
                        None
                    }
                    None => Some((number, last)),
                }
            };
            if let Some((first, last)) = unreadable {
                self.pieces_damaged += self.destinations[destination].lose(first, last);
            }
        }
        pieces
    }

    /// Whether anything waits for a destination that it does not hold.
    #[must_use]
    pub fn is_behind(&self, destination: usize) -> bool {
        self.destinations
            .get(destination)
            .is_some_and(|destination| destination.next_waiting(1) <= self.piece)
    }

    /// The segment in a place, and where it ends.
    pub(super) fn map(&mut self, place: usize) -> Option<(Segment, u64)> {
        let held = &self.segments[place];
        if let Some(current) = &self.current
            && current.identity == held.identity
        {
            return Some((current.clone(), self.offset));
        }
        let known = self.reading.take_if(|segment| segment.identity == held.identity);
        let segment = known.or_else(|| Segment::map(&held.path, held.identity, Access::Read).ok())?;
        self.reading = Some(segment.clone());
        Some((segment, held.end))
    }

    /// Takes what waits in one segment.
    fn gather(
        &mut self,
        destination: usize,
        segment: &Segment,
        (first, last): (u64, u64),
        end: u64,
        gathered: &mut Gathered<'_>,
    ) {
        let destination = &mut self.destinations[destination];
        let number = destination.next_waiting(first);
        let reached = destination
            .reached
            .filter(|reached| reached.segment == segment.identity.number && reached.number < number);
        let start = reached.map_or(segment::HEADER, |reached| reached.offset);
        let mut seen = reached.map_or(first - 1, |reached| reached.number);
        let mut walk = Walk::new(segment, start, end);
        loop {
            destination.reached = Some(Reached {
                segment: segment.identity.number,
                offset: walk.committed_end,
                number: seen,
            });
            let Some(walked) = walk.next() else { break };
            for frame in walked.frames.iter().filter(|frame| frame.kind == Some(Kind::Piece)) {
                seen = seen.max(frame.number);
                if destination.next_waiting(frame.number) != frame.number {
                    continue;
                }
                if gathered.room == 0 {
                    gathered.is_full = true;
                    return;
                }
                if let Some(piece) = read_piece(segment, frame) {
                    let size = size_of(&piece, frame);
                    destination.hand(piece.number, size);
                    destination.replayed.add(size);
                    gathered.room = gathered.room.saturating_sub(piece.otlp.len());
                    gathered.pieces.push(piece);
                } else {
                    self.pieces_damaged += destination.lose(frame.number, frame.number);
                }
            }
        }
        // numbers that no frame of the segment has
        let mut missing = destination.next_waiting(first);
        while missing <= last {
            self.pieces_damaged += destination.lose(missing, missing);
            missing = destination.next_waiting(missing);
        }
    }
}

fn size_of(piece: &JournalPiece, frame: &FrameRef) -> PieceSize {
    PieceSize {
        signal: piece.signal,
        items: piece.items,
        bytes: frame.length,
    }
}

fn read_piece(segment: &Segment, frame: &FrameRef) -> Option<JournalPiece> {
    let mut body = Vec::with_capacity(frame.length as usize);
    if !frame.read(segment, &mut body) {
        return None;
    }
    let entry = PieceEntry::decode(&body).ok()?;
    let (signal, items) = (entry.signal, entry.items);
    let (stream, endpoint) = (entry.stream.to_owned(), entry.endpoint.to_owned());
    // the last field: what stands before it goes
    let prefix = body.len() - entry.otlp.len();
    body.drain(..prefix);
    Some(JournalPiece {
        number: frame.number,
        signal,
        stream,
        endpoint,
        items,
        otlp: body,
    })
}
