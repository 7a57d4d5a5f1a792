//! Which index of a ring may be given back once which pieces are acknowledged.

use std::collections::VecDeque;

/// Up to which pieces everything is settled.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    /// What came from rings.
    pub(super) watermark: u64,
    /// The newest piece that there is, with a journal; 0 without.
    pub(super) newest: u64,
    /// What came from metric cells.
    pub(super) metrics: u64,
}

impl Settled {
    /// Without a journal.
    pub(super) fn up_to(watermark: u64) -> Self {
        Self {
            watermark,
            newest: 0,
            metrics: watermark,
        }
    }
}

/// The not yet released part of one ring, between the file's `reader_index` and the reader's cursor.
///
/// A mark `(sequence, index)` says: what the records up to `index` gave is in pieces up to `sequence`.
#[derive(Debug, Default)]
pub struct Checkpoints {
    marks: VecDeque<(u64, i64)>,
}

impl Checkpoints {
    /// Records up to `index` are in pieces up to `sequence`, the newest piece of their producer.
    pub fn mark(&mut self, sequence: u64, index: i64) {
        match self.marks.back_mut() {
            // records without output, read since that piece was cut
            Some(last) if last.0 == sequence => last.1 = index,
            _ => self.marks.push_back((sequence, index)),
        }
    }

    /// Every piece up to `sequence` is acknowledged: the index that may be released now, if that moves it.
    pub fn acknowledged(&mut self, sequence: u64) -> Option<i64> {
        let mut release = None;
        while let Some(&(mark, index)) = self.marks.front() {
            if mark > sequence {
                break;
            }
            release = Some(index);
            self.marks.pop_front();
        }
        release
    }

    /// Nothing waits for an acknowledgement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

/// Pieces in flight: acknowledgements come in any order, what counts is up to where there are no gaps.
#[derive(Debug)]
pub struct InFlight {
    /// Sequence number of the front entry.
    first: u64,
    /// For each piece from `first` on: its bytes, and whether it is acknowledged.
    pieces: VecDeque<(usize, bool)>,
    bytes: usize,
}

impl Default for InFlight {
    fn default() -> Self {
        // 0 stands for "before the first piece"
        Self {
            first: 1,
            pieces: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl InFlight {
    /// A piece of `bytes` is handed over: its sequence number.
    pub fn push(&mut self, bytes: usize) -> u64 {
        self.pieces.push_back((bytes, false));
        self.bytes += bytes;
        self.last()
    }

    /// A piece reached every destination. Numbers that are not in flight are ignored.
    pub fn acknowledge(&mut self, sequence: u64) {
        let Some(piece) = sequence
            .checked_sub(self.first)
            .and_then(|at| self.pieces.get_mut(at as usize))
        else {
            return;
        };
        if !std::mem::replace(&mut piece.1, true) {
            self.bytes -= piece.0;
        }
        while self.pieces.front().is_some_and(|piece| piece.1) {
            self.pieces.pop_front();
            self.first += 1;
        }
    }

    /// Every piece up to this number is acknowledged.
    #[must_use]
    pub fn watermark(&self) -> u64 {
        self.first - 1
    }

    /// Number of the newest piece, 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.first + self.pieces.len() as u64 - 1
    }

    /// Bytes handed over and not acknowledged.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_released_only_when_every_earlier_piece_is_acknowledged() {
        let mut in_flight = InFlight::default();
        let mut checkpoints = Checkpoints::default();
        let first = in_flight.push(10);
        checkpoints.mark(first, 4);
        let second = in_flight.push(20);
        checkpoints.mark(second, 9);
        in_flight.acknowledge(second);
        assert_eq!(checkpoints.acknowledged(in_flight.watermark()), None);
        assert_eq!(in_flight.bytes(), 10);
        in_flight.acknowledge(first);
        assert_eq!(checkpoints.acknowledged(in_flight.watermark()), Some(9));
        assert!(checkpoints.is_empty());
        assert_eq!(in_flight.bytes(), 0);
    }

    #[test]
    fn records_without_output_go_with_the_piece_before_them() {
        let mut checkpoints = Checkpoints::default();
        checkpoints.mark(1, 4);
        checkpoints.mark(1, 6);
        assert_eq!(checkpoints.acknowledged(1), Some(6));
    }

    #[test]
    fn a_repeated_or_foreign_acknowledgement_changes_nothing() {
        let mut in_flight = InFlight::default();
        let piece = in_flight.push(5);
        in_flight.acknowledge(piece + 1);
        in_flight.acknowledge(0);
        assert_eq!((in_flight.watermark(), in_flight.bytes()), (0, 5));
        in_flight.acknowledge(piece);
        in_flight.acknowledge(piece);
        assert_eq!((in_flight.watermark(), in_flight.bytes()), (piece, 0));
    }
}
