//! What a file holds unread, as OTLP JSON, without changing it.

use crate::file::{FileError, RingId};
use crate::otlp::{Assembler, AssemblerOptions, Piece, Resolver, Signal, TraceEncoder, json};
use crate::reader::{FileReader, Next};
use std::path::Path;
use std::time::Instant;

/// Spans in one line: an export request of a size that is easy to look at.
const SPANS_PER_LINE: u32 = 512;

/// Reads what is unread in a file, beside whoever owns it: one OTLP JSON export request a line.
///
/// With `all`, spans that have not ended come too, marked `otlp_mmap.incomplete`.
///
/// # Errors
/// What is wrong with the file.
pub fn dump(path: &Path, all: bool, signals: &[Signal]) -> Result<Vec<String>, FileError> {
    let mut lines = Vec::new();
    let mut reader = FileReader::view(path)?;
    if signals.contains(&Signal::Traces) {
        traces(&mut reader, all, &mut lines);
    }
    Ok(lines)
}

fn traces(reader: &mut FileReader, all: bool, lines: &mut Vec<String>) {
    let mut resolver = Resolver::default();
    // a file holds no more records than its ring has slots, so what is open is bounded by that
    let mut assembler = Assembler::new(AssemblerOptions {
        max_open_spans: usize::MAX,
        max_open_bytes: usize::MAX,
    });
    if let Some((resource_ref, schema_url_ref)) = reader.resource_refs() {
        let _ = resolver.set_resource_override(reader, assembler.faults_mut(), resource_ref, schema_url_ref);
    }
    let mut encoder = TraceEncoder::default();
    let mut record = Vec::new();
    let now = Instant::now();
    loop {
        match reader.next(RingId::Spans, now, &mut record) {
            // what cannot be decoded is not shown; the collector counts it
            Next::Record => drop(assembler.record(&mut resolver, reader, &record, &mut encoder)),
            Next::Quarantined | Next::Skipped => {}
            Next::Empty | Next::Waiting | Next::Broken => break,
        }
        if encoder.items() >= SPANS_PER_LINE {
            print(&mut encoder, lines);
        }
    }
    if all {
        let last_seen = match reader.last_commit() {
            0 => assembler.last_seen_unix_nano(),
            commit => commit,
        };
        assembler.drain_incomplete(last_seen, &mut encoder);
    }
    print(&mut encoder, lines);
}

fn print(encoder: &mut TraceEncoder, lines: &mut Vec<String>) {
    let mut piece = Piece::default();
    if encoder.cut(&mut piece) {
        lines.extend(json::request_to_json(Signal::Traces, &piece.bytes));
    }
}
