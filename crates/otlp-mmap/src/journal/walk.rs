//! A segment's transactions, one after the other, past whatever is damaged.

use super::frame::{self, Kind};
use super::segment::Segment;

/// A frame of a committed transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameRef {
    pub(super) kind: Option<Kind>,
    /// Where the body begins.
    pub(super) offset: u64,
    pub(super) length: u32,
    pub(super) number: u64,
    checksum: u32,
}

impl FrameRef {
    /// Appends the body to `out`. False if it is damaged.
    pub(super) fn read(&self, segment: &Segment, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        segment.append_to(self.offset, self.length as usize, out)
            && frame::checksum(segment.identity.seed, &[&out[start..]]) == self.checksum
    }
}

/// A transaction that was committed.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) number: u64,
    pub(super) frames: Vec<FrameRef>,
    /// Wall clock of its commit, 0 if its commit frame is damaged.
    pub(super) committed: u64,
    /// No frame of it is missing.
    pub(super) whole: bool,
}

/// A walk over one segment.
pub(super) struct Walk<'a> {
    segment: &'a Segment,
    at: u64,
    limit: u64,
    /// Bytes gone past because they are no frames, with frames behind them.
    pub(super) damaged: u64,
    /// Where the last committed transaction ends.
    pub(super) committed_end: u64,
    /// There are frames of a transaction that was never committed.
    pub(super) is_torn: bool,
}

impl<'a> Walk<'a> {
    /// From the frame at `from` to `limit`.
    pub(super) fn new(segment: &'a Segment, from: u64, limit: u64) -> Self {
        Self {
            segment,
            at: from,
            limit: limit.min(segment.end()),
            damaged: 0,
            committed_end: from,
            is_torn: false,
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Walked;

    fn next(&mut self) -> Option<Walked> {
        let mut walked = Walked::default();
        let mut checksums = Vec::new();
        loop {
            if self.at >= self.limit {
                self.is_torn |= !walked.frames.is_empty();
                return None;
            }
            let Some((header, own)) = self.segment.frame_at(self.at) else {
                let behind = self.segment.next_frame(self.at + 1).filter(|&next| next < self.limit);
                let Some(next) = behind else {
                    self.is_torn |= !walked.frames.is_empty();
                    return None;
                };
                self.damaged += next - self.at;
                self.at = next;
                continue;
            };
            if !walked.frames.is_empty() && header.transaction != walked.number {
                // its commit frame is damaged, but nothing would stand behind a transaction that had none
                self.committed_end = self.at;
                return Some(walked);
            }
            let body = self.at + frame::HEADER as u64;
            self.at += frame::room(header.length as usize);
            walked.number = header.transaction;
            if header.kind == Some(Kind::Commit) {
                walked.whole = header.number == frame::commit_number(self.segment.identity.seed, &checksums);
                let mut time = Vec::with_capacity(8);
                if self.segment.append_to(body, 8, &mut time) {
                    walked.committed = time.try_into().map_or(0, u64::from_le_bytes);
                }
                self.committed_end = self.at;
                return Some(walked);
            }
            checksums.push(own);
            walked.frames.push(FrameRef {
                kind: header.kind,
                offset: body,
                length: header.length,
                number: header.number,
                checksum: header.body,
            });
        }
    }
}
