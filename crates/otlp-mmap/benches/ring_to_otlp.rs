//! From the ring of a real file to encoded OTLP: a writer fills the ring, then one thread reads, assembles and encodes. Only the
//! latter is timed.
//!
//! `cargo bench --bench ring_to_otlp [-- --spans N]` prints one line of JSON: spans, seconds, bytes of OTLP.

#[path = "../tests/support/records.rs"]
mod records;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use otlp_mmap::file::RingId;
use otlp_mmap::layout::field;
use otlp_mmap::otlp::{Assembler, Piece, Resolver, TraceEncoder};
use otlp_mmap::reader::{FileReader, Next};
use otlp_mmap::writer::{CommitStatus, Location, Writer, WriterHandle, WriterOptions};
use records::{Message, key_value, span_event};

/// Traces that fit in the ring of a new file, with two spans of two records each.
const TRACES: u64 = 1024;
const SPANS_PER_TRACE: u64 = 2;

/// Makes the spans of benchmarks/workload.mjs as the tracer provider writes them: a start record with four attributes, an end record
/// with the two that were set last.
struct Workload {
    writer: Arc<Writer>,
    handle: WriterHandle,
    next_id: u64,
}

impl Workload {
    fn new(directory: &Path) -> Self {
        let writer = Writer::open(WriterOptions {
            location: Location::Directory(directory.to_owned()),
            service_name: "benchmark".to_owned(),
            ..WriterOptions::default()
        })
        .expect("the options are right");
        let resource = Message::new().message(
            1,
            &Message::new()
                .bytes(1, "service.name")
                .message(2, &Message::new().bytes(1, "benchmark")),
        );
        writer.set_resource(&resource.0, "", true);
        Self {
            handle: writer.handle(),
            writer,
            next_id: 1,
        }
    }

    fn write_traces(&mut self) {
        let text = |text: &str| Message::new().bytes(1, text);
        let scope = self
            .writer
            .intern_scope(self.writer.epoch(), "benchmark", "1.0.0", &[])
            .expect("the dictionary has room");
        for number in 0..TRACES {
            let trace_id = u128::from(self.id()).to_be_bytes();
            let (parent, child) = (self.id().to_be_bytes(), self.id().to_be_bytes());
            let request = [
                ("http.request.method", text("GET")),
                ("url.path", text(&format!("/items/{number}"))),
                ("url.scheme", text("https")),
                ("server.port", Message::new().varint(3, 8443)),
            ];
            let query = [
                ("db.system.name", text("postgresql")),
                ("db.query.text", text("SELECT id, name, price FROM items WHERE id = $1")),
                ("server.address", text("db-7.internal.example")),
                ("db.operation.batch.size", Message::new().varint(3, number & 63)),
            ];
            let rows = [
                ("db.response.returned_rows", Message::new().varint(3, 1)),
                ("example.cache.hit", Message::new().varint(2, number & 1)),
            ];
            let answer = [
                ("http.response.status_code", Message::new().varint(3, 200)),
                ("http.route", text("/items/:id")),
            ];
            let start = |name: &str, kind, parent: &[u8]| {
                Message::new()
                    .bytes(4, parent)
                    .bytes(5, name)
                    .varint(6, kind)
                    .fixed64(7, 1_760_000_000_000_000_000)
                    .fixed32(16, 0x101)
            };
            let end = Message::new().fixed64(8, 1_760_000_000_010_000_000);
            let with = |message, attributes: &[_]| self.attributes(message, attributes);
            let ended = |attributes: &[_]| {
                end.clone()
                    .message(field::END_UPDATE, &with(Message::new(), attributes))
            };
            let records = [
                (parent, 11, with(start("GET /items/:id", 2, &[]), &request)),
                (child, 11, with(start("SELECT items", 3, &parent), &query)),
                (child, 12, ended(&rows)),
                (parent, 12, ended(&answer)),
            ];
            for (span_id, what, message) in records {
                let record = span_event(&trace_id, &span_id, scope, what, &message);
                let status = self.handle.commit(RingId::Spans, self.writer.epoch(), &record.0);
                assert_eq!(status, CommitStatus::Published);
            }
        }
    }

    fn attributes(&self, mut message: Message, attributes: &[(&str, Message)]) -> Message {
        for (key, value) in attributes {
            let key = self
                .writer
                .intern_string(self.writer.epoch(), key)
                .expect("the dictionary has room");
            message = message.message(9, &key_value(key, value));
        }
        message
    }

    fn id(&mut self) -> u64 {
        self.next_id = self.next_id.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        self.next_id
    }
}

/// What a collector does with a file, less the exporting.
struct Reading {
    reader: FileReader,
    resolver: Resolver,
    assembler: Assembler,
    encoder: TraceEncoder,
    record: Vec<u8>,
}

impl Reading {
    fn new(path: &Path) -> Self {
        Self {
            reader: FileReader::attach(path, Duration::from_secs(5)).expect("the file is readable"),
            resolver: Resolver::default(),
            assembler: Assembler::default(),
            encoder: TraceEncoder::default(),
            record: Vec::new(),
        }
    }

    /// Reads until the ring is empty. Returns the piece of all spans.
    fn drain(&mut self) -> Piece {
        if let Some((reference, schema_url)) = self.reader.resource_refs() {
            self.resolver
                .set_resource_override(&mut self.reader, self.assembler.faults_mut(), reference, schema_url)
                .expect("the resource is there");
        }
        let now = Instant::now();
        while self.reader.next(RingId::Spans, now, &mut self.record) == Next::Record {
            self.assembler
                .record(&mut self.resolver, &mut self.reader, &self.record, &mut self.encoder)
                .expect("the record is right");
        }
        let mut piece = Piece::default();
        assert!(self.encoder.cut(&mut piece), "spans were gathered");
        self.reader.release(RingId::Spans, self.reader.cursor(RingId::Spans));
        piece
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted: u64 = arguments
        .iter()
        .position(|argument| argument == "--spans")
        .map_or(1_000_000, |at| arguments[at + 1].parse().expect("a number of spans"));
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = folder.expect("a folder can be made");
    let mut workload = Workload::new(folder.path());
    workload.write_traces();
    let path = workload.writer.status().file.expect("there is a file");
    let mut reading = Reading::new(&path);
    reading.drain();

    let (mut spans, mut bytes, mut elapsed) = (0, 0, Duration::ZERO);
    while spans < wanted {
        workload.write_traces();
        let begin = Instant::now();
        let piece = black_box(reading.drain());
        elapsed += begin.elapsed();
        assert_eq!(u64::from(piece.items), TRACES * SPANS_PER_TRACE, "every span, once");
        spans += TRACES * SPANS_PER_TRACE;
        bytes += piece.bytes.len();
    }
    let seconds = elapsed.as_secs_f64();
    println!(r#"{{"spans":{spans},"seconds":{seconds},"bytes":{bytes}}}"#);
}
