//! What a journal keeps of open spans, read while its collector goes on: nothing is locked, and nothing changes.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{Position, SpansEntry};
use super::frame::Kind;
use super::recovery::OpenSpanStore;
use super::segment::{self, Identity, Segment};
use super::walk::Walk;
use crate::file::Access;

/// How often it is read again when segments came and went meanwhile.
const TRIES: u32 = 3;

/// Reads the open spans in the journal of a state directory as its next start would find them, and returns how far each stream was read
/// when they were. What cannot be read is left out; `begin` is called before, and again when the journal changed under the walk.
pub fn read_open_spans<S: OpenSpanStore>(
    directory: &Path,
    mut begin: impl FnMut() -> S,
) -> (S, HashMap<Vec<u8>, Position>) {
    for _ in 1..TRIES {
        let before = segments(directory);
        let found = read(&before, begin());
        if segments(directory) == before {
            return found;
        }
    }
    read(&segments(directory), begin())
}

/// Paths of the segments in their order.
fn segments(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths.filter(|path| super::directory::is_segment(path)).collect();
    found.sort();
    found
}

fn read<S: OpenSpanStore>(paths: &[PathBuf], mut spans: S) -> (S, HashMap<Vec<u8>, Position>) {
    let mut positions = HashMap::new();
    let mut body = Vec::new();
    for path in paths {
        let Ok(Ok(identity)) = Identity::read(path) else {
            continue;
        };
        let Ok(segment) = Segment::map(path, identity, Access::Read) else {
            continue;
        };
        for frame in Walk::new(&segment, segment::HEADER, u64::MAX).flat_map(|walked| walked.frames) {
            body.clear();
            let Some(kind) = frame.kind else { continue };
            if matches!(kind, Kind::Piece | Kind::Commit) || !frame.read(&segment, &mut body) {
                continue;
            }
            match kind {
                Kind::Position => {
                    if let Ok((stream, position)) = Position::decode(&body) {
                        positions.insert(stream, position);
                    }
                }
                Kind::OpenSpans | Kind::Gone | Kind::Forget => {
                    let Ok(entry) = SpansEntry::decode(&body) else { continue };
                    match kind {
                        Kind::OpenSpans => spans.open(entry.stream, entry.otlp, identity.number),
                        Kind::Gone => spans.gone(entry.stream, entry.ids),
                        _ => {
                            positions.remove(entry.stream);
                            spans.forget(entry.stream);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    (spans, positions)
}
