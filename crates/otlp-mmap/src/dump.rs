//! What a file holds unread, as OTLP JSON, without changing it.

use crate::cells::CellReader;
use crate::clock;
use crate::file::{FileError, RingId};
use crate::layout::constant;
use crate::otlp::{
    AggregationTemporality, Assembler, AssemblerOptions, Faults, Interval, LogEncoder, MeasurementEncoder,
    MetricEncoder, Piece, Resolver, Signal, TraceEncoder, json,
};
use crate::reader::{FileReader, Next};
use std::path::Path;
use std::time::Instant;

/// Items in one line: an export request of a size that is easy to look at.
const ITEMS_PER_LINE: u32 = 512;

/// Reads what is unread in a file, beside whoever owns it: one OTLP JSON export request a line.
///
/// With `all`, spans that have not ended come too, marked `otlp_mmap.incomplete`.
///
/// # Errors
/// What is wrong with the file.
pub fn dump(path: &Path, all: bool, signals: &[Signal]) -> Result<Vec<String>, FileError> {
    let json = |(signal, piece): &(Signal, Piece)| json::request_to_json(*signal, &piece.bytes).ok();
    Ok(pieces(path, all, signals)?.iter().filter_map(json).collect())
}

/// As [`dump()`], as encoded export requests.
///
/// # Errors
/// What is wrong with the file.
pub fn pieces(path: &Path, all: bool, signals: &[Signal]) -> Result<Vec<(Signal, Piece)>, FileError> {
    let mut pieces = Vec::new();
    let mut reader = FileReader::view(path)?;
    if signals.contains(&Signal::Traces) {
        traces(&mut reader, all, &mut pieces);
    }
    if signals.contains(&Signal::Logs) {
        logs(&mut reader, &mut pieces);
    }
    if signals.contains(&Signal::Metrics) {
        metrics(&mut reader, 0, &mut pieces);
        measurements(&mut reader, &mut pieces);
    }
    Ok(pieces)
}

/// Measurements of other SDKs, aggregated; not the copies of what is in the cells.
fn measurements(reader: &mut FileReader, pieces: &mut Vec<(Signal, Piece)>) {
    let mirrored = u64::from(constant::FEATURE_MEASUREMENTS_MIRRORED);
    if reader
        .identity()
        .is_some_and(|identity| identity.features_may & mirrored != 0)
    {
        return;
    }
    let mut resolver = resolver(reader, &mut Faults::default());
    let mut encoder = MeasurementEncoder::default();
    for_each_record(reader, RingId::Measurements, |reader, record| {
        let _ = encoder.record(&mut resolver, reader, record);
    });
    let mut piece = Piece::default();
    if encoder.cut(&mut piece) {
        pieces.push((Signal::Metrics, piece));
    }
}

/// Metrics as they are now, cumulative: series that were updated after `since` (nanoseconds since the Unix epoch), to about a
/// second. A viewer takes nothing, so they can be looked at again and again.
pub(crate) fn metrics(reader: &mut FileReader, since: u64, pieces: &mut Vec<(Signal, Piece)>) {
    let Ok(Some(mut cells)) = CellReader::open(reader.file()) else {
        return;
    };
    let resolver = resolver(reader, &mut Faults::default());
    let mut encoder = MetricEncoder::default();
    if let Some(resource) = resolver.resource_override() {
        encoder.set_resource(resource.body(), resource.schema_url());
    }
    let mut line = |encoder: &mut MetricEncoder| keep(Signal::Metrics, pieces, |piece| encoder.cut(piece));
    let end = clock::wall_nanos();
    cells.take_exemplars_since(0);
    cells.begin(reader.file());
    while cells.advance() {
        let (instrument, series) = cells.current();
        if series.updated < since {
            continue;
        }
        let interval = Interval {
            start: series.start,
            end,
        };
        encoder.point(instrument, series, AggregationTemporality::Cumulative, interval);
        if encoder.items() >= ITEMS_PER_LINE {
            line(&mut encoder);
        }
    }
    line(&mut encoder);
}

fn traces(reader: &mut FileReader, all: bool, pieces: &mut Vec<(Signal, Piece)>) {
    // a file holds no more records than its ring has slots, so what is open is bounded by that
    let mut assembler = Assembler::new(AssemblerOptions {
        max_open_spans: usize::MAX,
        max_open_bytes: usize::MAX,
    });
    let mut resolver = resolver(reader, assembler.faults_mut());
    let mut encoder = TraceEncoder::default();
    let mut line = |encoder: &mut TraceEncoder| keep(Signal::Traces, pieces, |piece| encoder.cut(piece));
    for_each_record(reader, RingId::Spans, |reader, record| {
        // what cannot be decoded is not shown; the collector counts it
        let _ = assembler.record(&mut resolver, reader, record, &mut encoder);
        if encoder.items() >= ITEMS_PER_LINE {
            line(&mut encoder);
        }
    });
    if all {
        let last_seen = match reader.last_commit() {
            0 => assembler.last_seen_unix_nano(),
            commit => commit,
        };
        assembler.drain_incomplete(last_seen, &mut encoder);
    }
    line(&mut encoder);
}

fn logs(reader: &mut FileReader, pieces: &mut Vec<(Signal, Piece)>) {
    let mut resolver = resolver(reader, &mut Faults::default());
    let mut encoder = LogEncoder::default();
    let mut line = |encoder: &mut LogEncoder| keep(Signal::Logs, pieces, |piece| encoder.cut(piece));
    for_each_record(reader, RingId::Events, |reader, record| {
        let _ = encoder.record(&mut resolver, reader, record);
        if encoder.items() >= ITEMS_PER_LINE {
            line(&mut encoder);
        }
    });
    line(&mut encoder);
}

/// What stands for the file's references, its resource included.
pub(crate) fn resolver(reader: &mut FileReader, faults: &mut Faults) -> Resolver {
    let mut resolver = Resolver::default();
    if let Some((resource_ref, schema_url_ref)) = reader.resource_refs() {
        let _ = resolver.set_resource_override(reader, faults, resource_ref, schema_url_ref);
    }
    resolver
}

/// Takes what is unread in a ring and can be had now.
fn for_each_record(reader: &mut FileReader, ring: RingId, mut take: impl FnMut(&mut FileReader, &[u8])) {
    let mut record = Vec::new();
    let now = Instant::now();
    loop {
        match reader.next(ring, now, &mut record) {
            Next::Record => take(reader, &record),
            Next::Quarantined | Next::Skipped => {}
            Next::Empty | Next::Waiting | Next::Broken => return,
        }
    }
}

fn keep(signal: Signal, pieces: &mut Vec<(Signal, Piece)>, cut: impl FnOnce(&mut Piece) -> bool) {
    let mut piece = Piece::default();
    if cut(&mut piece) {
        pieces.push((signal, piece));
    }
}
