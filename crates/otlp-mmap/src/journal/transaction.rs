//! What is committed at once.

use super::entry::{self, Position};
use super::frame::{self, Kind};
use crate::otlp::Signal;

/// A frame to be: the parts of its body, end to end.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    pub(super) head: Vec<u8>,
    pub(super) tail: &'a [u8],
    /// Of a piece.
    pub(super) signal: Option<(Signal, u32)>,
}

impl Part<'_> {
    pub(super) fn owned(kind: Kind, body: Vec<u8>) -> Self {
        Self {
            kind,
            head: body,
            tail: &[],
            signal: None,
        }
    }

    pub(super) fn length(&self) -> usize {
        self.head.len() + self.tail.len()
    }
}

/// Pieces, open spans and positions that stand or fall together.
#[derive(Debug, Default)]
pub struct Transaction<'a> {
    pub(super) parts: Vec<Part<'a>>,
    pub(super) positions: Vec<(Vec<u8>, Option<Position>)>,
    pub(super) notes: Vec<(String, Vec<u8>)>,
}

impl<'a> Transaction<'a> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds a piece: encoded OTLP of `items` items. `stream` tells metric streams apart and is empty otherwise. Pieces are numbered
    /// in the order in which they are added.
    pub fn piece(&mut self, signal: Signal, items: u32, stream: &str, otlp: &'a [u8]) {
        self.piece_to("", signal, items, stream, otlp);
    }

    /// Adds a piece that its app wants sent to this address; empty: to none of its own.
    pub fn piece_to(&mut self, endpoint: &str, signal: Signal, items: u32, stream: &str, otlp: &'a [u8]) {
        self.parts.push(Part {
            kind: Kind::Piece,
            head: entry::piece_prefix(signal, items, stream, endpoint, otlp.len()),
            tail: otlp,
            signal: Some((signal, items)),
        });
    }

    /// Adds open spans of a producer, as an encoded request; each takes the place of what was kept under its ids.
    pub fn open_spans(&mut self, stream: &[u8], otlp: &'a [u8]) {
        self.parts.push(Part {
            kind: Kind::OpenSpans,
            head: entry::open_spans_prefix(stream, otlp.len()),
            tail: otlp,
            signal: None,
        });
    }

    /// Spans of a producer that are not open any more: their ids, [`super::SPAN_IDS`] bytes each.
    pub fn gone(&mut self, stream: &[u8], ids: &[u8]) {
        if !ids.is_empty() {
            self.parts.push(Part::owned(Kind::Gone, entry::gone(stream, ids)));
        }
    }

    /// Everything of a producer up to here is in this transaction or in earlier ones.
    pub fn position(&mut self, stream: &[u8], position: Position) {
        self.parts.push(Part::owned(Kind::Position, position.encode(stream)));
        self.positions.push((stream.to_vec(), Some(position)));
    }

    /// A producer is done with: its position and its open spans are not needed any more.
    pub fn forget(&mut self, stream: &[u8]) {
        self.parts.push(Part::owned(Kind::Forget, entry::gone(stream, &[])));
        self.positions.push((stream.to_vec(), None));
    }

    /// Keeps a small value under a key, in the place of the one before. An empty one is none.
    pub fn note(&mut self, key: &str, value: &[u8]) {
        self.parts.push(Part::owned(Kind::Note, entry::note(key, value)));
        self.notes.push((key.to_owned(), value.to_vec()));
    }

    /// The value under a key is not needed any more.
    pub fn forget_note(&mut self, key: &str) {
        self.note(key, &[]);
    }

    /// Bytes that it takes in a segment, its commit frame included.
    pub(super) fn room(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|part| frame::room(part.length())).sum();
        parts + frame::room(8)
    }
}
