//! Everything about one file that is not its records.

use super::ring_state::RingState;
use crate::cells::CellReader;
use crate::dump;
use crate::file::liveness::Liveness;
use crate::file::{FileError, Identity, RingId, Sections};
use crate::layout::constant;
use crate::otlp::{Faults, Signal, json};
use crate::reader::FileReader;
use crate::wire;
use std::path::Path;

/// A file as it was at one moment; other processes go on meanwhile, so numbers need not agree to the last one.
#[derive(Debug)]
pub struct Inspection {
    /// Bytes of the file.
    pub length: u64,
    /// Start time of the writer, from the header: nanoseconds since the Unix epoch.
    pub start_time_unix_nano: u64,
    /// Where the sections begin.
    pub sections: Sections,
    /// Events, spans, measurements.
    pub rings: [RingState; 3],
    /// Where the claimed part of the dictionary ends, as a file offset.
    pub dictionary_end: i64,
    /// Entries claimed.
    pub dictionary_entries: i64,
    /// What the writer's life is known to be.
    pub liveness: Liveness,
    /// None in a file without our block.
    pub extension: Option<ExtensionState>,
    /// None when the file has no metrics.
    pub cells: Option<CellsState>,
}

/// The extension block.
#[derive(Debug)]
pub struct ExtensionState {
    /// Who wrote the file.
    pub identity: Identity,
    /// `STATE_*` of events, spans, measurements.
    pub states: [u32; 3],
    /// `STATE_*` of the metric cells.
    pub cells_state: u32,
    /// The resource is final.
    pub resource_settled: bool,
    /// An export request of OTLP JSON whose one resource is the file's; None if it names none, or one that cannot be read.
    pub resource_json: Option<String>,
    /// The app's settings, by name.
    pub settings: Vec<(String, String)>,
    /// Newest flush that the writer asked for.
    pub flush_epoch: u64,
    /// Wall clock of the newest commit, 0 = none.
    pub last_commit_unix_nano: u64,
    /// Where in the spill ring the next entry begins, and the oldest one that is kept.
    pub spill: (u64, u64),
    /// Losses that the writer counted, by ring and reason.
    pub drops: [[u64; constant::DROP_REASONS as usize]; 3],
    /// Readers that have taken a slot.
    pub readers: Vec<ReaderState>,
}

/// A reader, as it tells of itself.
#[derive(Debug)]
pub struct ReaderState {
    /// Which of the four slots; slot 0 belongs to the one that moves the indices.
    pub slot: usize,
    /// Its process id.
    pub pid: u32,
    /// Its last visit: nanoseconds since the Unix epoch.
    pub heartbeat_unix_nano: u64,
    /// Newest flush that every destination acknowledged.
    pub acknowledged_epoch: u64,
}

/// The metric cells.
#[derive(Debug, Default)]
pub struct CellsState {
    /// Instruments, as many as views and instruments with the same make.
    pub instruments: u64,
    /// Series, threads added up.
    pub series: u64,
    /// Cells that cannot be right.
    pub skipped: u64,
}

/// Looks at a file without changing a byte of it.
///
/// # Errors
/// What is wrong with the file.
pub fn inspect(path: &Path) -> Result<Inspection, FileError> {
    let mut reader = FileReader::view(path)?;
    let file = reader.file();
    let dictionary = file.dictionary();
    let (dictionary_end, dictionary_entries) = (dictionary.end(), dictionary.num_entries());
    let cells = cells(&reader);
    Ok(Inspection {
        length: file.mapping().length(),
        start_time_unix_nano: file.header().time_unix_nano(),
        sections: file.sections(),
        rings: RingId::ALL.map(|id| RingState::of(file.ring(id))),
        dictionary_end,
        dictionary_entries,
        liveness: reader.liveness(),
        extension: extension(&mut reader),
        cells,
    })
}

fn extension(reader: &mut FileReader) -> Option<ExtensionState> {
    reader.identity()?;
    let settings = reader.settings();
    let resource_json = resource_json(reader);
    let block = reader.file().extension()?;
    let drops = RingId::ALL.map(|ring| std::array::from_fn(|reason| block.drops(ring, reason as u32)));
    let reader_state = |slot| {
        let state = block.reader_slot(slot)?;
        (state.reader_id() != 0).then(|| ReaderState {
            slot,
            pid: state.pid(),
            heartbeat_unix_nano: state.heartbeat(),
            acknowledged_epoch: state.acknowledged_epoch(),
        })
    };
    Some(ExtensionState {
        identity: block.identity().clone(),
        states: RingId::ALL.map(|ring| block.state(ring)),
        cells_state: block.cells_state(),
        resource_settled: block.resource_settled(),
        resource_json,
        settings,
        flush_epoch: block.flush_epoch(),
        last_commit_unix_nano: block.last_commit(),
        spill: (block.spill_head(), block.spill_tail()),
        drops,
        readers: (0..4).filter_map(reader_state).collect(),
    })
}

/// An export request without a span, around the resource alone.
fn resource_json(reader: &mut FileReader) -> Option<String> {
    let resolver = dump::resolver(reader, &mut Faults::default());
    let body = resolver.resource_override()?.body();
    let mut group = Vec::new();
    wire::put_bytes(&mut group, 1, body);
    let mut request = Vec::new();
    wire::put_bytes(&mut request, 1, &group);
    json::request_to_json(Signal::Traces, &request).ok()
}

fn cells(reader: &FileReader) -> Option<CellsState> {
    let mut cells = CellReader::open(reader.file()).ok()??;
    let mut state = CellsState::default();
    cells.begin(reader.file());
    while cells.advance() {
        state.series += 1;
    }
    state.instruments = cells.instruments().len() as u64;
    state.skipped = cells.skipped();
    Some(state)
}
