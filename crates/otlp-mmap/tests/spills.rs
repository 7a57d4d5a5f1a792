//! What is longer than a slot arrives whole by way of the spill ring; a reader of version 1 sees the same record cut; and
//! nothing that stands in the ring or in a reference can hurt a reader.

mod records;
mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use otlp_mmap::file::{Access, FileView, RingId, SpillError, SpillReference};
use otlp_mmap::layout::{constant, field};
use otlp_mmap::otlp::{
    Assembler, Entries, EntryError, Faults, LogEncoder, Piece, Resolver, Signal, TraceEncoder, json,
};
use otlp_mmap::reader::{FileReader, Next};
use otlp_mmap::wire::{Fields, Value as Field};
use otlp_mmap::writer::{CommitStatus, Geometry, Location, RingSize, Writer, WriterHandle, WriterOptions};
use proptest::prelude::*;
use records::{Message, key_value, span_event};
use serde_json::Value;
use support::{drain, files, options, small};

const TRACE: [u8; 16] = [7; 16];
const SPAN: [u8; 8] = [9; 8];

/// A writer with slots of 256 bytes and a spill ring of 64 KiB.
fn geometry() -> Geometry {
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

struct App {
    folder: tempfile::TempDir,
    writer: Arc<Writer>,
    handle: WriterHandle,
}

impl App {
    fn new(geometry: Geometry) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::open(WriterOptions {
            geometry: Some(geometry),
            ..options(Location::Directory(folder.path().to_owned()))
        })
        .unwrap();
        let handle = writer.handle();
        Self { folder, writer, handle }
    }

    fn key(&self, key: &str) -> i64 {
        self.writer.intern_string(self.writer.epoch(), key).unwrap()
    }

    fn commit(&mut self, ring: RingId, record: &Message) -> CommitStatus {
        self.handle.commit_long(ring, self.writer.epoch(), &record.0, 1)
    }

    fn span(&mut self, field: u32, message: &Message) -> CommitStatus {
        self.commit(RingId::Spans, &span_event(&TRACE, &SPAN, 0, field, message))
    }

    fn path(&self) -> PathBuf {
        files(self.folder.path())[0].clone()
    }

    fn drops(&self, ring: RingId, reason: u32) -> u64 {
        let drops = self.writer.status().drops;
        let found = drops.iter().find(|drop| (drop.0, drop.1) == (ring, reason));
        found.map_or(0, |drop| drop.2)
    }
}

fn string(text: &str) -> Message {
    Message::new().bytes(1, text)
}

/// Everything unread: spans as JSON, log records as JSON, and what was left out.
fn read(path: &Path) -> (Vec<Value>, Vec<Value>, Faults) {
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

fn items(signal: Signal, piece: &Piece, path: [&str; 3]) -> Vec<Value> {
    let request: Value = serde_json::from_str(&json::request_to_json(signal, &piece.bytes).unwrap()).unwrap();
    path.iter().fold(vec![request], |level, key| {
        level
            .iter()
            .flat_map(|value| value[*key].as_array().cloned().unwrap_or_default())
            .collect()
    })
}

/// The text of an attribute of a span or log record.
fn attribute<'a>(item: &'a Value, key: &str) -> &'a str {
    let attributes = item["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key).unwrap();
    found["value"]["stringValue"].as_str().unwrap()
}

#[test]
fn long_values_of_a_span_arrive_whole() {
    let mut app = App::new(Geometry {
        spill_bytes: 256 << 10,
        ..geometry()
    });
    let (a, b, c) = (app.key("a"), app.key("b"), app.key("c"));
    let (long, longer) = ("é".repeat(4000), "x".repeat(20_000));
    let start = Message::new()
        .bytes(5, &longer)
        .fixed64(7, 1)
        .message(9, &key_value(c, &string("short")));
    assert_eq!(app.span(11, &start), CommitStatus::Published);
    let event = Message::new()
        .fixed64(1, 5)
        .bytes(2, "exception")
        .message(3, &key_value(a, &string(&longer)));
    let update = Message::new()
        .message(9, &key_value(a, &string(&long)))
        .message(1000, &event)
        .message(9, &key_value(b, &string(&longer)));
    assert_eq!(app.span(14, &update), CommitStatus::Published);
    let status = Message::new().varint(3, 2).bytes(2, &long);
    let end = Message::new()
        .fixed64(8, 9)
        .message(1003, &Message::new().message(9, &key_value(c, &string(&longer))))
        .message(15, &status);
    assert_eq!(app.span(12, &end), CommitStatus::Published);

    let (spans, _, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    let [span] = &spans[..] else { panic!("one span") };
    assert_eq!(span["name"], longer);
    assert_eq!((attribute(span, "a"), attribute(span, "b")), (&*long, &*longer));
    assert_eq!(attribute(span, "c"), longer);
    assert_eq!(attribute(&span["events"][0], "a"), longer);
    assert_eq!(span["status"]["message"], long);
    assert_eq!(app.writer.status().drops, []);
}

#[test]
fn a_log_record_of_any_size_is_one_record_and_arrives_whole() {
    let mut app = App::new(geometry());
    let keys: Vec<_> = (0..100).map(|i| app.key(&format!("key.{i}"))).collect();
    let body = Message::new().message(
        6,
        &Message::new().message(1, &key_value(keys[0], &string(&"b".repeat(9000)))),
    );
    let mut log = Message::new().fixed64(2, 5).bytes(1003, "n".repeat(500));
    for (i, key) in keys.iter().enumerate() {
        log = log.message(8, &key_value(*key, &string(&"v".repeat(i))));
        if i == 50 {
            log = log.message(5, &body);
        }
    }
    assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Published);
    assert_eq!(
        app.commit(RingId::Events, &Message::new().fixed64(2, 6)),
        CommitStatus::Published
    );
    let (_, logs, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0]["eventName"], "n".repeat(500));
    let value = &logs[0]["body"]["kvlistValue"]["values"][0]["value"]["stringValue"];
    assert_eq!(*value, "b".repeat(9000));
    for i in 0..100 {
        assert_eq!(attribute(&logs[0], &format!("key.{i}")), "v".repeat(i));
    }

    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    let records = drain(&view, RingId::Events);
    assert_eq!(records.len(), 2, "a version-1 reader sees one record for one log");
    let fields: Vec<_> = Fields::new(&records[0]).map(Result::unwrap).collect();
    assert!(fields.iter().any(|(number, _)| *number == field::EVENT_ATTRIBUTES));
    let cut = fields.iter().find(|(number, _)| *number == field::EVENT_NAME);
    let Some((_, Field::Bytes(cut))) = cut else {
        panic!("the name is there, cut")
    };
    assert!((24..500).contains(&cut.len()) && cut.iter().all(|byte| *byte == b'n'));
}

#[test]
fn a_version_1_reader_sees_the_beginning_of_a_text_that_ends_with_a_whole_character() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let long = "😀é".repeat(1000);
    for shift in 0..6 {
        let text = format!("{}{long}", "x".repeat(shift));
        let update = Message::new().message(9, &key_value(key, &string(&text)));
        assert_eq!(app.span(14, &update), CommitStatus::Published);
    }
    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    for record in drain(&view, RingId::Spans) {
        let cut = String::from_utf8_lossy(&record);
        let (_, text) = cut.rsplit_once(|c: char| !"xé😀".contains(c)).unwrap();
        assert!(
            text.len() > 120 && long.contains(text.trim_start_matches('x')),
            "{text:?}"
        );
    }
}

#[test]
fn without_room_in_the_spill_ring_values_stay_cut_and_are_counted() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let log = |text: &str| Message::new().message(8, &key_value(key, &string(text)));
    let text = "z".repeat(30_000);
    for _ in 0..2 {
        assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Published);
    }
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 0);
    assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Cut);
    assert_eq!(app.commit(RingId::Events, &log(&"y".repeat(70_000))), CommitStatus::Cut);
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 2);
    let (_, logs, _) = read(&app.path());
    let lengths: Vec<_> = logs.iter().map(|log| attribute(log, "a").len()).collect();
    assert_eq!(lengths[..2], [30_000, 30_000]);
    assert!(
        lengths[2..].iter().all(|length| (200..256).contains(length)),
        "{lengths:?}"
    );

    // the reader releases the first record, and so its entry
    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    view.ring(RingId::Events).set_reader_index(0);
    assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Published);
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 2);
    let (_, logs, faults) = read(&app.path());
    assert_eq!(attribute(logs.last().unwrap(), "a"), text);
    assert_eq!(faults.lost_spills, 0);
}

#[test]
fn a_file_without_a_spill_ring_has_values_cut_and_counted() {
    let mut app = App::new(Geometry {
        spill_bytes: 0,
        ..geometry()
    });
    let key = app.key("a");
    let log = Message::new().message(8, &key_value(key, &string(&"z".repeat(1000))));
    assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Cut);
    let (_, logs, faults) = read(&app.path());
    assert!((200..256).contains(&attribute(&logs[0], "a").len()));
    assert_eq!(faults, Faults::default());
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 1);
}

#[test]
fn a_ring_that_is_full_takes_nothing_of_the_spill_ring() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let update = Message::new().message(9, &key_value(key, &string(&"z".repeat(300))));
    let published = (0..100)
        .filter(|_| app.span(14, &update) == CommitStatus::Published)
        .count();
    assert_eq!(published, 63);
    assert_eq!(app.drops(RingId::Spans, constant::DROP_FULL), 37);
    let view = FileView::open(&app.path(), Access::Read).unwrap();
    let block = view.extension().unwrap();
    assert!(block.spill_head() < 63 * 400, "{}", block.spill_head());
}

#[test]
fn a_span_record_that_no_cut_makes_fit_is_refused_and_counted() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let links = (0..40).fold(Message::new(), |links, _| {
        links.message(
            13,
            &Message::new().bytes(1, TRACE).message(4, &key_value(key, &string("v"))),
        )
    });
    assert_eq!(app.span(15, &links), CommitStatus::TooLarge);
    assert_eq!(app.drops(RingId::Spans, constant::DROP_TOO_LARGE), 1);
}

#[test]
fn values_go_on_in_the_next_generation_and_the_earlier_file_keeps_its_own() {
    let mut app = App::new(geometry());
    let text = "z".repeat(5000);
    for _ in 0..2 {
        let key = app.key("a");
        let log = Message::new().message(8, &key_value(key, &string(&text)));
        assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Published);
        app.writer.roll();
    }
    let paths = files(app.folder.path());
    let logs: Vec<_> = paths.iter().flat_map(|path| read(path).1).collect();
    assert_eq!(logs.len(), 2);
    assert!(logs.iter().all(|log| attribute(log, "a") == text));
}

/// A step of an app and its reader.
#[derive(Debug, Clone)]
enum Step {
    Log(Vec<usize>),
    Span(usize),
    /// The reader releases so many records.
    Release(bool, i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(0..12_000usize, 0..6).prop_map(Step::Log),
        2 => (0..12_000usize).prop_map(Step::Span),
        2 => (any::<bool>(), 1..20i64).prop_map(|(spans, count)| Step::Release(spans, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Model: whatever is unread is whole, unless its loss was counted; a value is never another one's.
    #[test]
    fn whatever_is_unread_is_whole_or_a_counted_beginning(steps in proptest::collection::vec(step(), 1..60)) {
        let mut app = App::new(geometry());
        let keys: Vec<_> = (0..6).map(|i| app.key(&format!("k{i}"))).collect();
        let mut written: [Vec<Vec<String>>; 2] = Default::default();
        let mut released = [0usize; 2];
        let mut fill = 0u8;
        for step in &steps {
            let mut texts = |lengths: &[usize]| -> Vec<String> {
                lengths.iter().map(|len| {
                    fill = (fill + 1) % 26;
                    char::from(b'a' + fill).to_string().repeat(*len)
                }).collect()
            };
            match step {
                Step::Log(lengths) => {
                    let texts = texts(lengths);
                    let log = texts.iter().zip(&keys).fold(Message::new().fixed64(2, 1), |log, (text, key)| log.message(8, &key_value(*key, &string(text))));
                    if app.commit(RingId::Events, &log).is_published() { written[0].push(texts); }
                }
                Step::Span(length) => {
                    let texts = texts(&[*length]);
                    let start = Message::new().fixed64(7, 1).bytes(5, &texts[0]);
                    let status = app.commit(RingId::Spans, &span_event(&TRACE, &[written[1].len() as u8 + 1; 8], 0, 11, &start));
                    if status.is_published() { written[1].push(texts); }
                }
                Step::Release(spans, count) => {
                    let which = usize::from(*spans);
                    if files(app.folder.path()).is_empty() { continue; }
                    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
                    let ring = view.ring(if *spans { RingId::Spans } else { RingId::Events });
                    let index = (ring.reader_index() + count).min(ring.writer_index());
                    ring.set_reader_index(index);
                    released[which] = (index + 1) as usize;
                }
            }
        }
        if written.iter().all(Vec::is_empty) { return Ok(()); }
        let mut reader = FileReader::view(&app.path()).unwrap();
        let (mut resolver, mut record) = (Resolver::default(), Vec::new());
        let mut logs = LogEncoder::default();
        while reader.next(RingId::Events, Instant::now(), &mut record) == Next::Record {
            logs.record(&mut resolver, &mut reader, &record).unwrap();
        }
        prop_assert_eq!(logs.counters().faults.lost_spills, 0);
        let mut piece = Piece::default();
        let found = if logs.cut(&mut piece) { items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]) } else { Vec::new() };
        let expected = &written[0][released[0]..];
        prop_assert_eq!(found.len(), expected.len());
        let mut cut = 0;
        for (log, texts) in found.iter().zip(expected) {
            let whole = texts.iter().enumerate().all(|(i, text)| {
                let attributes = log["attributes"].as_array().unwrap();
                let found = attributes.iter().find(|attribute| attribute["key"] == format!("k{i}"));
                let Some(found) = found else { return false };
                let found = found["value"]["stringValue"].as_str().unwrap();
                assert!(text.starts_with(found));
                found.len() == text.len()
            });
            cut += u64::from(!whole);
        }
        prop_assert!(cut <= app.drops(RingId::Events, constant::DROP_TRUNCATED));
        let (mut assembler, mut traces) = (Assembler::default(), TraceEncoder::default());
        while reader.next(RingId::Spans, Instant::now(), &mut record) == Next::Record {
            assembler.record(&mut resolver, &mut reader, &record, &mut traces).unwrap();
        }
        let names: Vec<_> = assembler.open_spans().map(|span| span.name().to_owned()).collect();
        let expected = &written[1][released[1]..];
        prop_assert_eq!(names.len(), expected.len());
        let cut = names.iter().zip(expected).filter(|(name, texts)| { assert!(texts[0].starts_with(*name)); name.len() < texts[0].len() }).count() as u64;
        prop_assert!(cut <= app.drops(RingId::Spans, constant::DROP_TRUNCATED));
    }

    /// Bytes of block, spill ring and rings overwritten at random: the reader ends, says what could be read, and
    /// takes no value that its CRC does not vouch for.
    #[test]
    fn damage_anywhere_hurts_no_reader(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..200), headers in any::<bool>()) {
        let mut app = App::new(geometry());
        let key = app.key("a");
        for i in 0..20usize {
            let log = Message::new().fixed64(2, 1).message(8, &key_value(key, &string(&"v".repeat(300 + 100 * i))));
            app.commit(RingId::Events, &log);
        }
        let path = app.path();
        let view = FileView::open(&path, Access::Read).unwrap();
        let sections = view.sections();
        let slots = sections.events + 32 + 4 * 64;
        let (start, end) = if headers { (slots, sections.spans) } else { (64 + 1984, sections.events) };
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for (at, byte) in damage {
            file.write_all_at(&[byte], start + at.index((end - start) as usize) as u64).unwrap();
        }
        let mut reader = FileReader::view(&path).unwrap();
        let (mut resolver, mut record, mut logs) = (Resolver::default(), Vec::new(), LogEncoder::default());
        let patience = Instant::now() + Duration::from_secs(20);
        let mut taken = 0;
        loop {
            assert!(Instant::now() < patience);
            match reader.next(RingId::Events, Instant::now(), &mut record) {
                Next::Record => drop(logs.record(&mut resolver, &mut reader, &record)),
                Next::Quarantined | Next::Skipped => {}
                Next::Empty | Next::Waiting | Next::Broken => break,
            }
            taken += 1;
        }
        prop_assert!(taken <= 20);
        let mut piece = Piece::default();
        if logs.cut(&mut piece) {
            items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]);
        }
    }
}

/// References that no writer writes, each in a log record of its own beside a spill ring with one sound entry.
#[test]
fn references_that_lead_nowhere_leave_the_record_cut() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let long = Message::new().message(8, &key_value(key, &string(&"w".repeat(1000))));
    assert_eq!(app.commit(RingId::Events, &long), CommitStatus::Published);
    let view = FileView::open(&app.path(), Access::Read).unwrap();
    let mut sound = Vec::new();
    view.ring(RingId::Events).copy_record(0, &mut sound).unwrap();
    let reference = |position: u64, length: u32, crc: u32| {
        let reference = Message::new().fixed64(1, position).fixed32(2, length).fixed32(3, crc);
        Message::new().message(1015, &reference)
    };
    let beside = |head: Message| head.message(8, &key_value(key, &string("cut")));
    let mut records: Vec<_> = [
        (0, 0, 0),
        (0, 1000, 0),
        (8, 16, 0),
        (3, 16, 0),
        (0, u32::MAX, 0),
        (u64::MAX, u32::MAX, u32::MAX),
        (u64::MAX - 7, 8, 0),
        ((64 << 10) - 8, 16, 0),
        (1 << 62, 1, 0),
    ]
    .map(|(position, length, crc)| beside(reference(position, length, crc)))
    .into();
    records.push(beside(Message::new().message(1015, &Message::new())));
    // the reference of another record
    records.push(Message(sound.clone()));
    for record in &records {
        assert_eq!(app.commit(RingId::Events, record), CommitStatus::Published);
    }
    let (_, logs, faults) = read(&app.path());
    assert_eq!(attribute(&logs[0], "a"), "w".repeat(1000));
    assert_eq!(faults.lost_spills, records.len() as u64);
    for log in &logs[1..10] {
        assert_eq!(attribute(log, "a"), "cut");
    }
    assert!((100..256).contains(&attribute(logs.last().unwrap(), "a").len()));
}

/// A spill ring that holds whatever a hostile writer may put there, with the right CRC.
struct Hostile(Vec<u8>);

impl Entries for Hostile {
    fn entry(&mut self, _reference: i64, _out: &mut Vec<u8>) -> Result<(), EntryError> {
        Err(EntryError::Outside)
    }

    fn spilled(&mut self, _reference: SpillReference, out: &mut Vec<u8>) -> Result<(), SpillError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

proptest! {
    /// Parts that name any place, lie within one another, name the reference itself, or are no parts at all.
    #[test]
    fn parts_that_no_writer_writes_hurt_no_reader(
        parts in proptest::collection::vec((0..80u64, proptest::collection::vec(any::<u8>(), 0..60)), 0..12),
        noise in proptest::collection::vec(any::<u8>(), 0..20),
        attribute in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let spilled = parts.iter().fold(Message::new(), |spilled, (at, bytes)| {
            spilled.message(1, &Message::new().varint(1, *at).bytes(2, bytes))
        });
        let reference = Message::new().fixed64(1, 0).fixed32(2, 1).fixed32(3, 2);
        let body = Message::new().message(1015, &reference).bytes(9, &attribute).bytes(1000, &attribute);
        let mut entries = Hostile([spilled.0, noise].concat());
        let (mut resolver, mut assembler, mut traces) = (Resolver::default(), Assembler::default(), TraceEncoder::default());
        let start = Message::new().message(1015, &reference).bytes(5, "name").fixed64(7, 1).bytes(9, &attribute);
        for (field, message) in [(11, &start), (14, &body), (15, &body), (13, &body), (12, &body)] {
            let record = span_event(&TRACE, &SPAN, 0, field, message);
            let _ = assembler.record(&mut resolver, &mut entries, &record.0, &mut traces);
        }
        assembler.drain_incomplete(1, &mut traces);
        let mut piece = Piece::default();
        if traces.cut(&mut piece) {
            items(Signal::Traces, &piece, ["resourceSpans", "scopeSpans", "spans"]);
        }
        let mut logs = LogEncoder::default();
        let log = Message::new().message(1015, &reference).bytes(5, &attribute).bytes(8, &attribute);
        let _ = logs.record(&mut resolver, &mut entries, &log.0);
        if logs.cut(&mut piece) {
            prop_assert!(piece.bytes.len() < 10_000);
            items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]);
        }
    }
}

#[test]
fn threads_that_write_long_values_while_a_reader_takes_them_lose_none_and_mix_up_none() {
    const THREADS: usize = 4;
    const EACH: usize = 300;
    let mut app = App::new(geometry());
    let key = app.key("a");
    assert_eq!(
        app.commit(RingId::Events, &Message::new().fixed64(2, 9)),
        CommitStatus::Published
    );
    let path = app.path();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let writer = Arc::clone(&app.writer);
            std::thread::spawn(move || {
                let mut handle = writer.handle();
                for i in 0..EACH {
                    let text = format!("{thread}.{i}.").repeat(100 + 7 * (i % 50));
                    let log = Message::new().fixed64(2, 9).message(8, &key_value(key, &string(&text)));
                    while !handle
                        .commit_long(RingId::Events, writer.epoch(), &log.0, 1)
                        .is_published()
                    {
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut reader = FileReader::attach(&path, Duration::ZERO).unwrap();
    let (mut resolver, mut record, mut logs) = (Resolver::default(), Vec::new(), LogEncoder::default());
    let patience = Instant::now() + Duration::from_secs(60);
    while logs.counters().logs < (THREADS * EACH + 1) as u64 {
        assert!(Instant::now() < patience, "{:?}", logs.counters());
        if reader.next(RingId::Events, Instant::now(), &mut record) == Next::Record {
            logs.record(&mut resolver, &mut reader, &record).unwrap();
            reader.release(RingId::Events, reader.cursor(RingId::Events));
        } else {
            std::thread::yield_now();
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(logs.counters().faults.lost_spills, 0);
    let mut piece = Piece::default();
    assert!(logs.cut(&mut piece));
    let logs = items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]);
    let mut whole = std::collections::HashSet::new();
    let mut cut = 0;
    for text in logs.iter().skip(1).map(|log| attribute(log, "a")) {
        let name = text.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        let i: usize = name.rsplit('.').next().unwrap().parse().unwrap();
        let expected = format!("{name}.").repeat(100 + 7 * (i % 50));
        assert!(expected.starts_with(text), "{name}");
        cut += u64::from(text.len() < expected.len());
        assert!(whole.insert(name), "each comes once");
    }
    assert_eq!(whole.len(), THREADS * EACH);
    assert!(
        cut <= app.drops(RingId::Events, constant::DROP_TRUNCATED),
        "what was cut is counted"
    );
}
