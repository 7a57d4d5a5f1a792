//! What known writers of version 1 are known to leave in a file, one after the other in one ring: each is counted, and every span around it
//! arrives.

#[path = "support/records.rs"]
mod records;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use otlp_mmap::layout::{dictionary, header, ring};
use otlp_mmap::receiver::ReceiverOptions;
use records::{Message, key_value, span_event, varint};
use spans::{Reading, until};

const BUFFERS: u64 = 1024;
const BUFFER_SIZE: u64 = 512;
const TRACE: [u8; 16] = [7; 16];
/// Spans of the fixture that have ended.
const BEFORE: usize = 9;

/// A file of the public project's SDK, to which a writer of ours in its place goes on to write.
struct Foreign {
    path: PathBuf,
    file: File,
    spans: u64,
    dictionary: u64,
    scope: i64,
    next: u64,
}

impl Foreign {
    fn new(folder: &Path) -> Self {
        let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../__test__/fixtures/a_traces.mmap.gz");
        let path = folder.join("foreign.mmap");
        let mut packed = GzDecoder::new(File::open(packed).unwrap());
        std::io::copy(&mut packed, &mut File::create(&path).unwrap()).unwrap();
        let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let word = |at: usize| {
            let mut bytes = [0; 8];
            file.read_exact_at(&mut bytes, at as u64).unwrap();
            i64::from_le_bytes(bytes)
        };
        let (spans, dictionary) = (word(header::SPANS_OFFSET), word(header::DICTIONARY_OFFSET));
        let at = |offset: usize| spans as usize + offset;
        assert_eq!(word(at(ring::NUM_BUFFERS)), BUFFERS as i64);
        assert_eq!(word(at(ring::BUFFER_SIZE)), BUFFER_SIZE as i64);
        let next = word(at(ring::WRITER_INDEX)) as u64 + 1;
        let (spans, dictionary) = (spans as u64, dictionary as u64);
        Self {
            path,
            file,
            spans,
            dictionary,
            scope: 0,
            next,
        }
    }

    fn word(&self, at: u64) -> i64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at).unwrap();
        i64::from_le_bytes(bytes)
    }

    fn set_word(&self, at: u64, value: i64) {
        self.file.write_all_at(&value.to_le_bytes(), at).unwrap();
    }

    /// Claims a slot without ever publishing it.
    fn claim(&mut self) -> u64 {
        let index = self.next;
        self.next += 1;
        self.set_word(self.spans + ring::WRITER_INDEX as u64, index as i64);
        index
    }

    fn publish(&mut self, slot: &[u8]) {
        let index = self.claim();
        let entries = self.spans + ring::AVAILABILITY as u64;
        self.file
            .write_all_at(slot, entries + BUFFERS * 4 + index * BUFFER_SIZE)
            .unwrap();
        self.file
            .write_all_at(&0i32.to_le_bytes(), entries + index * 4)
            .unwrap();
    }

    fn record(&mut self, message: &Message) {
        let mut slot = Vec::new();
        varint(&mut slot, message.0.len() as u64);
        slot.extend(&message.0);
        self.publish(&slot);
    }

    fn event(&mut self, id: u8, field: u32, message: &Message) {
        self.record(&span_event(&TRACE, &[id; 8], self.scope, field, message));
    }

    /// A span from start to end, with some attributes.
    fn span(&mut self, id: u8, attributes: &[Message]) {
        let start = Message::new().bytes(5, format!("span {id}")).fixed64(7, 1);
        let start = attributes
            .iter()
            .fold(start, |start, attribute| start.message(9, attribute));
        self.event(id, 11, &start);
        self.event(id, 12, &Message::new().fixed64(8, 2));
    }

    fn entry(&self, entry: impl FnOnce(i64) -> Vec<u8>) -> i64 {
        let end = self.dictionary + dictionary::END as u64;
        let reference = self.word(end);
        let mut bytes = Vec::new();
        let entry = entry(reference);
        varint(&mut bytes, entry.len() as u64);
        bytes.extend(entry);
        self.file.write_all_at(&bytes, reference as u64).unwrap();
        self.set_word(end, reference + bytes.len() as i64);
        reference
    }
}

#[test]
fn every_fault_of_a_known_writer_is_counted_and_takes_nothing_else_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut foreign = Foreign::new(folder.path());
    let text = Message::new().bytes(1, "kept");
    let key = foreign.entry(|_| b"key".to_vec());
    let cycle = foreign.entry(|own| Message::new().varint(8, own as u64).0);
    let outside = fs::metadata(&foreign.path).unwrap().len() as i64 + 64;

    foreign.span(1, &[key_value(key, &text)]);
    // an oversized message: the slot stays claimed in a process that lives on
    foreign.claim();
    foreign.span(2, &[]);
    // a record without a byte
    foreign.publish(&[0]);
    // a message cut off by its slot
    foreign.publish(&[&[0xe8, 0x07, 0x0a, 16][..], &[7; 500]].concat());
    // stale bytes
    foreign.publish(&[0xff; BUFFER_SIZE as usize]);
    // ids of other lengths than 16 and 8, and none at all
    let start = Message::new().bytes(5, "odd").fixed64(7, 1);
    foreign.record(&span_event(&TRACE[..15], &[3; 8], 0, 11, &start));
    foreign.record(&span_event(&TRACE, &[3; 7], 0, 11, &start));
    foreign.record(&span_event(&[], &[], 0, 11, &start));
    // no happening, and one that nobody knows
    foreign.record(&Message::new().bytes(1, TRACE).bytes(2, [3; 8]));
    foreign.event(3, 27, &Message::new());
    // keys and values that lead nowhere, and a value that leads to itself
    let lost = [
        key_value(outside, &text),
        key_value(1, &text),
        key_value(key, &Message::new().varint(8, outside as u64)),
        key_value(key, &Message::new().varint(8, cycle as u64)),
    ];
    foreign.span(4, &[&lost[..], &[key_value(key, &text)]].concat());
    // a scope outside of the file
    foreign.scope = outside;
    foreign.span(5, &[]);
    // ends and changes of a span that nobody knows
    foreign.event(6, 12, &Message::new().fixed64(8, 2));
    foreign.event(6, 13, &Message::new().bytes(5, "name"));

    let reading = Reading::start(ReceiverOptions {
        files: vec![foreign.path.clone()],
        dead_slot_timeout: Duration::ZERO,
        ..ReceiverOptions::default()
    });
    let good: Vec<u64> = [1u8, 2, 4, 5].map(|id| u64::from_be_bytes([id; 8])).to_vec();
    let ids: Vec<u64> = reading
        .spans(BEFORE - 1 + good.len())
        .into_iter()
        .map(|span| span.id)
        .collect();
    for id in good {
        assert!(ids.contains(&id), "{id:x}");
    }
    until("all of it is counted", || {
        let stats = reading.receiver.stats();
        let faults = stats.faults;
        let unknown = (stats.ends_without_start, stats.changes_without_start);
        (stats.slots_skipped, stats.records_quarantined, unknown) == (1, 7, (1, 1))
            && (faults.undecodable_attributes, faults.unresolved_references) == (4, 1)
    });
    assert_eq!(reading.receiver.stats().records_failed, [7, 0, 0], "by signal");
    assert_eq!(reading.receiver.stats().files_set_aside, 0);
}
