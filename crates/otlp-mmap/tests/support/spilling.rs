//! An app whose values do not fit into its slots, and what a reader makes of its file.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use otlp_mmap::file::RingId;
use otlp_mmap::otlp::{Assembler, Faults, LogEncoder, Piece, Resolver, Signal, TraceEncoder, json};
use otlp_mmap::reader::{FileReader, Next};
use otlp_mmap::writer::{CommitStatus, Geometry, Location, RingSize, Writer, WriterHandle, WriterOptions};
use serde_json::Value;

use crate::records::{Message, span_event};
use crate::support::{files, options, small};

pub const TRACE: [u8; 16] = [7; 16];
pub const SPAN: [u8; 8] = [9; 8];

/// A writer with slots of 256 bytes and a spill ring of 64 KiB.
pub fn geometry() -> Geometry {
    let ring = RingSize {
        buffers: 64,
        buffer_size: 256,
    };
    Geometry {
        events: ring,
        spans: ring,
        spill_bytes: 64 << 10,
        ..small()
    }
}

pub struct App {
    pub folder: tempfile::TempDir,
    pub writer: Arc<Writer>,
    pub handle: WriterHandle,
}

impl App {
    pub fn new(geometry: Geometry) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::open(WriterOptions {
            geometry: Some(geometry),
            ..options(Location::Directory(folder.path().to_owned()))
        })
        .unwrap();
        let handle = writer.handle();
        Self { folder, writer, handle }
    }

    pub fn key(&self, key: &str) -> i64 {
        self.writer.intern_string(self.writer.epoch(), key).unwrap()
    }

    pub fn commit(&mut self, ring: RingId, record: &Message) -> CommitStatus {
        self.handle.commit_long(ring, self.writer.epoch(), &record.0, 1)
    }

    pub fn span(&mut self, field: u32, message: &Message) -> CommitStatus {
        self.commit(RingId::Spans, &span_event(&TRACE, &SPAN, 0, field, message))
    }

    pub fn path(&self) -> PathBuf {
        files(self.folder.path())[0].clone()
    }

    pub fn drops(&self, ring: RingId, reason: u32) -> u64 {
        let drops = self.writer.status().drops;
        let found = drops.iter().find(|drop| (drop.0, drop.1) == (ring, reason));
        found.map_or(0, |drop| drop.2)
    }
}

pub fn string(text: &str) -> Message {
    Message::new().bytes(1, text)
}

/// Everything unread: spans as JSON, log records as JSON, and what was left out.
pub fn read(path: &Path) -> (Vec<Value>, Vec<Value>, Faults) {
    let mut reader = FileReader::view(path).unwrap();
    let (mut resolver, mut record) = (Resolver::default(), Vec::new());
    let (mut assembler, mut traces) = (Assembler::default(), TraceEncoder::default());
    while matches!(reader.next(RingId::Spans, Instant::now(), &mut record), Next::Record) {
        assembler
            .record(&mut resolver, &mut reader, &record, &mut traces)
            .unwrap();
    }
    let mut logs = LogEncoder::default();
    while matches!(reader.next(RingId::Events, Instant::now(), &mut record), Next::Record) {
        logs.record(&mut resolver, &mut reader, &record).unwrap();
    }
    let mut faults = assembler.counters().faults;
    faults.lost_spills += logs.counters().faults.lost_spills;
    let mut piece = Piece::default();
    let spans = if traces.cut(&mut piece) {
        items(Signal::Traces, &piece, ["resourceSpans", "scopeSpans", "spans"])
    } else {
        Vec::new()
    };
    let logs = if logs.cut(&mut piece) {
        items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"])
    } else {
        Vec::new()
    };
    (spans, logs, faults)
}

pub fn items(signal: Signal, piece: &Piece, path: [&str; 3]) -> Vec<Value> {
    let request: Value = serde_json::from_str(&json::request_to_json(signal, &piece.bytes).unwrap()).unwrap();
    path.iter().fold(vec![request], |level, key| {
        level
            .iter()
            .flat_map(|value| value[*key].as_array().cloned().unwrap_or_default())
            .collect()
    })
}

/// The text of an attribute of a span or log record.
pub fn attribute<'a>(item: &'a Value, key: &str) -> &'a str {
    let attributes = item["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key).unwrap();
    found["value"]["stringValue"].as_str().unwrap()
}
