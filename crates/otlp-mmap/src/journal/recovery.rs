//! What a state directory holds at the start: every segment is looked through, and what is whole is used.

use std::collections::HashMap;
use std::path::Path;

use super::destination::PieceSize;
use super::directory::Directory;
use super::entry::{self, PieceEntry, Position, SpansEntry};
use super::error::JournalError;
use super::frame::Kind;
use super::ranges::Ranges;
use super::segment::{self, Identity, Segment, Unusable};
use super::walk::{FrameRef, Walk};
use crate::file::Access;

/// Takes what a journal kept of open spans, in the order in which it was written.
pub trait OpenSpanStore {
    /// Open spans of a producer, as an encoded request; each takes the place of what was known under its ids. `segment` is where
    /// they stand.
    fn open(&mut self, stream: &[u8], otlp: &[u8], segment: u64);
    /// Spans that are not open any more: their ids, 24 bytes each.
    fn gone(&mut self, stream: &[u8], ids: &[u8]);
    /// None of the producer's spans is open.
    fn forget(&mut self, stream: &[u8]);
}

/// One segment as it was found.
pub(super) struct Found {
    pub(super) identity: Identity,
    /// First and last piece, 0 and 0 without any.
    pub(super) pieces: (u64, u64),
    /// Wall clock of its newest commit.
    pub(super) committed: u64,
    /// Where the next transaction goes, in the newest segment.
    pub(super) end: u64,
}

/// The state at the last commit.
#[derive(Default)]
pub(super) struct State {
    pub(super) journal: Option<[u8; 16]>,
    pub(super) segments: Vec<Found>,
    /// The newest segment, to go on in.
    pub(super) current: Option<Segment>,
    pub(super) transaction: u64,
    pub(super) piece: u64,
    pub(super) positions: HashMap<Vec<u8>, Position>,
    pub(super) notes: HashMap<String, Vec<u8>>,
    pub(super) destinations: HashMap<String, Ranges>,
    pub(super) pieces: Vec<(u64, PieceSize)>,
    /// Sentences about what was damaged, cut or set aside.
    pub(super) messages: Vec<String>,
    pub(super) set_aside: u64,
}

/// Reads what is there. Nothing is ever deleted; what cannot be used is set aside.
pub(super) fn recover(directory: &Directory, open_spans: &mut dyn OpenSpanStore) -> Result<State, JournalError> {
    let failed = |action: &'static str| move |error: std::io::Error| JournalError::io(directory.path(), action, &error);
    let mut state = State::default();
    let mut usable = Vec::new();
    for path in directory.segments().map_err(failed("listing it"))? {
        let found = Identity::read(&path).map_err(failed("reading a segment"))?;
        match found {
            Ok(identity) => usable.push((identity, path)),
            Err(why) => state.put_aside(directory, &path, &sentence(&why)),
        }
    }
    usable.sort_by_key(|(identity, _)| identity.number);
    state.journal = usable.last().map(|(identity, _)| identity.journal);
    let newest = usable.len();
    for (at, (identity, path)) in usable.into_iter().enumerate() {
        if Some(identity.journal) != state.journal {
            state.put_aside(directory, &path, "it belongs to another journal");
            continue;
        }
        if path != directory.segment(identity.number) {
            state.put_aside(directory, &path, "its name is not the one of its number");
            continue;
        }
        let is_newest = at + 1 == newest;
        let access = if is_newest { Access::ReadWrite } else { Access::Read };
        let segment = Segment::map(&path, identity, access).map_err(failed("mapping a segment"))?;
        state.take(&segment, is_newest, open_spans);
        if is_newest && segment.end() == identity.length {
            state.current = Some(segment);
        }
    }
    Ok(state)
}

fn sentence(why: &Unusable) -> String {
    match why {
        Unusable::Foreign => "it is no segment of a journal".into(),
        Unusable::Version(found) => format!(
            "it has version {found} of the format, this collector knows version {}; start the version that wrote it to deliver what it holds",
            segment::VERSION
        ),
        Unusable::Damaged => "its header is damaged".into(),
    }
}

impl State {
    fn put_aside(&mut self, directory: &Directory, path: &Path, why: &str) {
        self.set_aside += 1;
        let path_text = path.display();
        self.messages.push(match directory.set_aside(path) {
            Ok(to) => format!("set aside: {path_text}: {why}; it is now {}", to.display()),
            Err(error) => format!("{path_text}: {why}, and it cannot be moved aside: {error}; move it by hand"),
        });
    }

    fn take(&mut self, segment: &Segment, is_newest: bool, open_spans: &mut dyn OpenSpanStore) {
        let mut found = Found {
            identity: segment.identity,
            pieces: (0, 0),
            committed: segment.identity.created,
            end: segment::HEADER,
        };
        let mut walk = Walk::new(segment, segment::HEADER, u64::MAX);
        let mut body = Vec::new();
        let (mut unreadable, mut missing) = (0u64, 0u64);
        for walked in walk.by_ref() {
            self.transaction = self.transaction.max(walked.number);
            found.committed = found.committed.max(walked.committed);
            missing += u64::from(!walked.whole);
            for frame in &walked.frames {
                if !self.apply(frame, segment, &mut found, &mut body, open_spans) {
                    unreadable += 1;
                }
            }
        }
        found.end = walk.committed_end;
        let path = segment.path.display();
        if walk.damaged > 0 || unreadable > 0 || missing > 0 {
            self.messages.push(format!(
                "{path}: {} bytes and {unreadable} frames are damaged, {missing} transactions are not whole; everything else in it is used",
                walk.damaged
            ));
        }
        if segment.end() < segment.identity.length {
            self.messages.push(format!(
                "{path}: it was cut off at byte {} of {}; what it holds until there is used",
                segment.end(),
                segment.identity.length
            ));
        }
        if walk.is_torn && is_newest {
            self.messages.push(format!(
                "{path}: the last transaction was not finished; it is cut off, and its records are read again from the rings"
            ));
        }
        self.segments.push(found);
    }

    /// False if the frame is damaged.
    fn apply(
        &mut self,
        frame: &FrameRef,
        segment: &Segment,
        found: &mut Found,
        body: &mut Vec<u8>,
        open_spans: &mut dyn OpenSpanStore,
    ) -> bool {
        body.clear();
        let Some(kind) = frame.kind else { return true };
        if kind == Kind::Piece {
            return self.note_piece(frame, segment, found, body);
        }
        if !frame.read(segment, body) {
            return false;
        }
        let applied = match kind {
            Kind::OpenSpans => {
                SpansEntry::decode(body).map(|spans| open_spans.open(spans.stream, spans.otlp, segment.identity.number))
            }
            Kind::Gone => SpansEntry::decode(body).map(|spans| open_spans.gone(spans.stream, spans.ids)),
            Kind::Position => Position::decode(body).map(|(stream, position)| {
                self.positions.insert(stream, position);
            }),
            Kind::Forget => SpansEntry::decode(body).map(|spans| {
                self.positions.remove(spans.stream);
                open_spans.forget(spans.stream);
            }),
            Kind::Destination => entry::decode_numbers(body).map(|(name, ranges)| {
                self.destinations.insert(name, ranges);
            }),
            Kind::Acknowledged => entry::decode_numbers(body).map(|(name, ranges)| {
                let settled = self.destinations.entry(name).or_default();
                ranges.iter().for_each(|(first, last)| settled.insert(first, last));
            }),
            Kind::ForgetDestination => entry::decode_numbers(body).map(|(name, _)| {
                self.destinations.remove(&name);
            }),
            Kind::Note => entry::decode_note(body).map(|(key, value)| {
                if value.is_empty() {
                    self.notes.remove(&key);
                } else {
                    self.notes.insert(key, value);
                }
            }),
            Kind::Piece | Kind::Commit => Ok(()),
        };
        applied.is_ok()
    }

    /// A piece is read, and its checksum looked at, when it is sent; here only its size counts.
    fn note_piece(&mut self, frame: &FrameRef, segment: &Segment, found: &mut Found, body: &mut Vec<u8>) -> bool {
        let prefix = (frame.length as usize).min(16);
        self.piece = self.piece.max(frame.number);
        if found.pieces.0 == 0 {
            found.pieces.0 = frame.number;
        }
        found.pieces.1 = found.pieces.1.max(frame.number);
        let known = segment
            .append_to(frame.offset, prefix, body)
            .then(|| PieceEntry::peek(body))
            .flatten();
        let Some((signal, items)) = known else {
            return false;
        };
        let size = PieceSize {
            signal,
            items,
            bytes: frame.length,
        };
        self.pieces.push((frame.number, size));
        true
    }
}
