//! Nothing that stands in a spill ring, or in a reference to it, can hurt a reader.

#[path = "support/records.rs"]
mod records;
#[path = "support/spilling.rs"]
mod spilling;
mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use otlp_mmap::file::{Access, FileView, RingId, SpillError, SpillReference};
use otlp_mmap::otlp::{Assembler, Entries, EntryError, LogEncoder, Piece, Resolver, Signal, TraceEncoder};
use otlp_mmap::reader::{FileReader, Next};
use otlp_mmap::writer::CommitStatus;
use proptest::prelude::*;
use records::{Message, key_value, span_event};
use spilling::{App, SPAN, TRACE, attribute, geometry, items, read, string};

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

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
