//! Spans that began more than a ring ago, as a collector's journal has them.

use std::collections::HashMap;
use std::path::Path;

use crate::journal::{OpenSpanStore, Position, read_open_spans};
use crate::otlp::Assembler;

/// What a journal knows of one process.
#[derive(Debug)]
pub(super) struct Journalled {
    pub(super) assembler: Assembler,
    /// Records up to here are in it.
    pub(super) position: Position,
}

#[derive(Default)]
struct Assemblers(HashMap<Vec<u8>, Assembler>);

impl OpenSpanStore for Assemblers {
    fn open(&mut self, stream: &[u8], otlp: &[u8], segment: u64) {
        // what cannot be read to its end is shown as far as it goes
        let _ = self.0.entry(stream.to_vec()).or_default().restore(otlp, segment);
    }

    fn gone(&mut self, stream: &[u8], ids: &[u8]) {
        if let Some(assembler) = self.0.get_mut(stream) {
            assembler.forget(ids);
        }
    }

    fn forget(&mut self, stream: &[u8]) {
        self.0.remove(stream);
    }
}

/// What the journal in a state directory knows, by stream; nothing if there is none, or none that may be read.
pub(super) fn journalled(directory: &Path) -> HashMap<Vec<u8>, Journalled> {
    let (mut assemblers, positions) = read_open_spans(directory, Assemblers::default);
    let known = positions.into_iter().map(|(stream, position)| {
        let assembler = assemblers.0.remove(&stream).unwrap_or_default();
        (stream, Journalled { assembler, position })
    });
    known.collect()
}
