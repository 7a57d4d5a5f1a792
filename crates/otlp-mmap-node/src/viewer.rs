//! Looking at files without changing them: see `otlp_mmap::viewer`.

use crate::pieces::signal;
use crate::writers::reason_name;
use napi::bindgen_prelude::Buffer;
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::file::liveness::Liveness;
use otlp_mmap::file::{Identity, RingId};
use otlp_mmap::layout::constant;
use otlp_mmap::otlp::{Piece, Signal, json};
use otlp_mmap::viewer::{self, ExtensionState, Inspection, ProcessState, ReaderState, RingState, Viewer};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const NANOS_PER_MILLI: f64 = 1e6;

type Drops = HashMap<&'static str, HashMap<&'static str, f64>>;
type RingDrops = [[u64; constant::DROP_REASONS as usize]; 3];

/// What is not zero, by the names of ring and reason.
fn named(drops: &RingDrops) -> Drops {
    let mut named = Drops::new();
    for (ring, counts) in RingId::ALL.into_iter().zip(drops) {
        for (reason, count) in (0..).zip(counts) {
            if *count > 0 {
                let by_reason = named.entry(ring.name()).or_default();
                *by_reason.entry(reason_name(reason)).or_default() += *count as f64;
            }
        }
    }
    named
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn liveness_name(liveness: Liveness) -> &'static str {
    match liveness {
        Liveness::Alive => "alive",
        Liveness::Dead => "dead",
        Liveness::Unknown => "unknown",
    }
}

fn state_name(state: u32) -> &'static str {
    match state {
        constant::STATE_OPEN => "open",
        constant::STATE_CLOSED => "closed",
        _ => "none",
    }
}

/// See `RingView` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsRingView {
    pub name: &'static str,
    pub offset: Option<f64>,
    pub state: Option<&'static str>,
    pub buffers: f64,
    pub buffer_size: f64,
    pub reader_index: f64,
    pub writer_index: f64,
    pub unread: f64,
    pub unpublished: f64,
}

impl JsRingView {
    fn new(id: RingId, state: &RingState) -> Self {
        Self {
            name: id.name(),
            offset: None,
            state: None,
            buffers: state.buffers as f64,
            buffer_size: state.buffer_size as f64,
            reader_index: state.reader_index as f64,
            writer_index: state.writer_index as f64,
            unread: state.unread() as f64,
            unpublished: state.unpublished as f64,
        }
    }
}

/// See `FileIdentity` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsFileIdentity {
    pub stream_id: String,
    pub generation: f64,
    pub file_id: String,
    pub mode: &'static str,
    pub service_name: String,
    pub pid: u32,
    pub pid_namespace: f64,
    pub boot_id: String,
    pub made: f64,
    pub page_size: u32,
    pub features: Vec<&'static str>,
}

impl From<&Identity> for JsFileIdentity {
    fn from(identity: &Identity) -> Self {
        let features = [
            (constant::FEATURE_MEASUREMENTS_MIRRORED, "measurements_mirrored"),
            (constant::FEATURE_SPILL, "spill"),
            (constant::FEATURE_CELLS, "cells"),
            (constant::FEATURE_WAKES, "wakes"),
        ];
        let has = |(bit, name): (u32, &'static str)| (identity.features_may & u64::from(bit) != 0).then_some(name);
        Self {
            stream_id: hexadecimal(&identity.stream_id),
            generation: identity.generation as f64,
            file_id: hexadecimal(&identity.file_id),
            mode: match identity.mode {
                constant::MODE_DIRECTORY => "directory",
                constant::MODE_SINGLE_FILE => "single_file",
                _ => "unknown",
            },
            service_name: identity.service_name.clone(),
            pid: identity.pid,
            pid_namespace: identity.pid_namespace as f64,
            boot_id: hexadecimal(&identity.boot_id),
            made: identity.anchor_realtime as f64 / NANOS_PER_MILLI,
            page_size: identity.page_size,
            features: features.into_iter().filter_map(has).collect(),
        }
    }
}

/// See `ReaderView` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsReaderView {
    pub slot: u32,
    pub pid: u32,
    pub heartbeat: f64,
    pub acknowledged_epoch: f64,
}

impl From<&ReaderState> for JsReaderView {
    fn from(reader: &ReaderState) -> Self {
        Self {
            slot: reader.slot as u32,
            pid: reader.pid,
            heartbeat: reader.heartbeat_unix_nano as f64 / NANOS_PER_MILLI,
            acknowledged_epoch: reader.acknowledged_epoch as f64,
        }
    }
}

/// See `BlockView` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsBlockView {
    pub identity: JsFileIdentity,
    pub cells_state: &'static str,
    pub resource_settled: bool,
    pub resource: Option<String>,
    pub settings: HashMap<String, String>,
    pub flush_epoch: f64,
    pub last_commit: f64,
    pub spill_offset: f64,
    pub spill_length: f64,
    pub spill_used: f64,
    pub drops: Drops,
    pub readers: Vec<JsReaderView>,
}

impl From<ExtensionState> for JsBlockView {
    fn from(state: ExtensionState) -> Self {
        let (head, tail) = state.spill;
        Self {
            identity: (&state.identity).into(),
            cells_state: state_name(state.cells_state),
            resource_settled: state.resource_settled,
            resource: state.resource_json,
            settings: state.settings.into_iter().collect(),
            flush_epoch: state.flush_epoch as f64,
            last_commit: state.last_commit_unix_nano as f64 / NANOS_PER_MILLI,
            spill_offset: state.identity.spill_offset as f64,
            spill_length: state.identity.spill_length as f64,
            spill_used: head.saturating_sub(tail) as f64,
            drops: named(&state.drops),
            readers: state.readers.iter().map(JsReaderView::from).collect(),
        }
    }
}

/// See `CellsView` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsCellsView {
    pub instruments: f64,
    pub series: f64,
    pub skipped: f64,
}

/// See `Inspection` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsInspection {
    pub path: String,
    pub length: f64,
    pub version: u32,
    pub start_time: f64,
    pub liveness: &'static str,
    pub rings: Vec<JsRingView>,
    pub dictionary_offset: f64,
    pub dictionary_end: f64,
    pub dictionary_entries: f64,
    pub block: Option<JsBlockView>,
    pub cells: Option<JsCellsView>,
}

impl JsInspection {
    fn new(path: String, inspection: Inspection) -> Self {
        let sections = inspection.sections;
        let offsets = [sections.events, sections.spans, sections.measurements];
        let states = inspection.extension.as_ref().map(|extension| extension.states);
        let rings = RingId::ALL.map(|id| JsRingView {
            offset: Some(offsets[id as usize] as f64),
            state: states.map(|states| state_name(states[id as usize])),
            ..JsRingView::new(id, &inspection.rings[id as usize])
        });
        Self {
            path,
            length: inspection.length as f64,
            version: constant::FORMAT_VERSION,
            start_time: inspection.start_time_unix_nano as f64 / NANOS_PER_MILLI,
            liveness: liveness_name(inspection.liveness),
            rings: rings.into(),
            dictionary_offset: sections.dictionary as f64,
            dictionary_end: inspection.dictionary_end as f64,
            dictionary_entries: inspection.dictionary_entries as f64,
            block: inspection.extension.map(JsBlockView::from),
            cells: inspection.cells.map(|cells| JsCellsView {
                instruments: cells.instruments as f64,
                series: cells.series as f64,
                skipped: cells.skipped as f64,
            }),
        }
    }
}

/// Everything about a file that is not its records. Changes nothing.
///
/// # Errors
/// What is wrong with the file, in a sentence that names it.
#[napi]
pub fn inspect(path: String) -> Result<JsInspection> {
    let inspection = viewer::inspect(Path::new(&path)).map_err(|error| Error::from_reason(error.to_string()))?;
    Ok(JsInspection::new(path, inspection))
}

/// See `SeenPiece` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsSeenPiece {
    pub signal: &'static str,
    pub body: Buffer,
    pub items: u32,
}

impl From<(Signal, Piece)> for JsSeenPiece {
    fn from((signal, piece): (Signal, Piece)) -> Self {
        Self {
            signal: signal.name(),
            items: piece.items,
            body: piece.bytes.into_vec().into(),
        }
    }
}

/// As `dump`, as encoded export requests.
///
/// # Errors
/// What is wrong with the file, in a sentence that names it.
#[napi]
pub fn dump_pieces(path: String, all: bool, signals: Vec<String>) -> Result<Vec<JsSeenPiece>> {
    let signals = signals.iter().map(|name| signal(name)).collect::<Result<Vec<_>>>()?;
    let pieces = otlp_mmap::dump::pieces(Path::new(&path), all, &signals)
        .map_err(|error| Error::from_reason(error.to_string()))?;
    Ok(pieces.into_iter().map(JsSeenPiece::from).collect())
}

/// See `Visit` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsVisit {
    pub pieces: Vec<JsSeenPiece>,
    pub lost: f64,
    pub problems: Vec<String>,
}

/// See `ProcessView` of `ts/native/binding/viewer.ts`.
#[napi(object, object_from_js = false)]
pub struct JsProcessView {
    pub path: String,
    pub service_name: String,
    pub pid: u32,
    pub generation: f64,
    pub files: u32,
    pub liveness: &'static str,
    pub rings: Vec<JsRingView>,
    pub written: Vec<f64>,
    pub drops: Drops,
    pub last_commit: f64,
    pub reader_heartbeat: f64,
    pub reader_pid: u32,
    pub open_spans: u32,
    pub longest_open_spans: Option<String>,
}

impl JsProcessView {
    fn new(state: ProcessState, open: Option<&Piece>) -> Self {
        let rings = RingId::ALL.map(|id| JsRingView::new(id, &state.rings[id as usize]));
        Self {
            path: state.path.to_string_lossy().into_owned(),
            service_name: state.service_name,
            pid: state.pid,
            generation: state.generation as f64,
            files: state.files as u32,
            liveness: liveness_name(state.liveness),
            rings: rings.into(),
            written: state.written.iter().map(|count| *count as f64).collect(),
            drops: named(&state.drops),
            last_commit: state.last_commit_unix_nano as f64 / NANOS_PER_MILLI,
            reader_heartbeat: state.reader_heartbeat_unix_nano as f64 / NANOS_PER_MILLI,
            reader_pid: state.reader_pid,
            open_spans: state.open_spans as u32,
            longest_open_spans: open.and_then(|piece| json::request_to_json(Signal::Traces, &piece.bytes).ok()),
        }
    }
}

/// See `NativeViewer` of `ts/native/binding/viewer.ts`.
#[napi(js_name = "NativeViewer")]
pub struct JsViewer(Viewer);

#[napi]
impl JsViewer {
    /// Watches folders and single files, and knows what journals have of spans that began earlier.
    #[napi(constructor)]
    #[must_use]
    pub fn new(directories: Vec<String>, files: Vec<String>, journals: Vec<String>) -> Self {
        let paths = |names: Vec<String>| names.into_iter().map(PathBuf::from).collect();
        let mut viewer = Viewer::new(paths(directories), paths(files));
        viewer.look_into_journals(paths(journals));
        Self(viewer)
    }

    /// Looks at everything once.
    #[napi]
    pub fn visit(&mut self) -> JsVisit {
        let visit = self.0.visit();
        JsVisit {
            pieces: visit.pieces.into_iter().map(JsSeenPiece::from).collect(),
            lost: visit.lost as f64,
            problems: visit.problems,
        }
    }

    /// The processes as they are now, each with its longest open spans.
    #[napi]
    #[must_use]
    pub fn processes(&self, open_spans: u32) -> Vec<JsProcessView> {
        let open = self.0.open_spans(open_spans as usize);
        let states = self.0.processes().into_iter().zip(&open);
        states
            .map(|(state, open)| JsProcessView::new(state, open.as_ref()))
            .collect()
    }

    /// Series that were updated since, cumulative.
    #[napi]
    pub fn metrics(&mut self, since: f64) -> Vec<JsSeenPiece> {
        let pieces = self.0.metrics((since * NANOS_PER_MILLI) as u64);
        pieces.into_iter().map(JsSeenPiece::from).collect()
    }
}
