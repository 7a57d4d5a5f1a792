//! Writes the fixtures of this version into a folder: a data file with spans and logs, and a journal. They are made once, when a version is
//! made, and kept: `cargo run --example fixtures -- FOLDER`, then `gzip -9n FOLDER/*`.

#[path = "../tests/support/spans.rs"]
mod spans;

use std::path::Path;

use otlp_mmap::journal::{DestinationOptions, Journal, JournalOptions, OpenSpanStore, Position, Transaction};
use otlp_mmap::otlp::Signal;
use otlp_mmap::writer::{Geometry, Location, RingSize, Writer, WriterOptions};
use spans::{Reading, Spans, end, start, until};

struct NoSpans;

impl OpenSpanStore for NoSpans {
    fn open(&mut self, _: &[u8], _: &[u8], _: u64) {}
    fn gone(&mut self, _: &[u8], _: &[u8]) {}
    fn forget(&mut self, _: &[u8]) {}
}

fn data_file(folder: &Path) {
    let ring = RingSize {
        buffers: 64,
        buffer_size: 128,
    };
    let options = WriterOptions {
        location: Location::Directory(folder.to_owned()),
        service_name: "checkout".to_owned(),
        geometry: Some(Geometry {
            events: ring,
            spans: ring,
            measurements: ring,
            dictionary_bytes: 8192,
            spill_bytes: 4096,
        }),
        ..WriterOptions::default()
    };
    let writer = Writer::open(options).expect("the options are right");
    let mut app = Spans::new(&writer);
    for id in 1..=5 {
        app.whole(id);
        app.log(id);
    }
    app.write(start, 6);
    let file = writer.status().file.expect("it has a file");
    std::fs::copy(file, folder.join("app.mmap")).expect("copied");
    writer.close();
}

fn journal(folder: &Path) {
    let options = JournalOptions {
        segment_bytes: 64 << 10,
        max_bytes: 1 << 20,
        destinations: vec![DestinationOptions {
            name: "traces to otlphttp".into(),
            signals: vec![Signal::Traces, Signal::Logs],
        }],
        ..JournalOptions::new(folder.join("state"))
    };
    let (mut journal, _) = Journal::open(options, &mut NoSpans).expect("a journal");
    for number in 1..=3u8 {
        let otlp = [number; 100];
        let mut transaction = Transaction::new();
        transaction.piece(Signal::Traces, 1, "", &otlp);
        transaction.open_spans(&[7; 16], b"open spans");
        transaction.gone(&[7; 16], &[number; 24]);
        transaction.note("key", &[number]);
        let position = Position {
            file: vec![8; 16],
            generation: 2,
            indices: [-1, i64::from(number), 4],
            last_seen: 5,
            path: "/a/file".into(),
        };
        transaction.position(&[7; 16], position);
        let committed = journal.commit(&transaction).expect("there is room");
        if number == 1 {
            journal.hand(0, committed.first_piece, Signal::Traces, 1, 100);
            journal.acknowledge(0, committed.first_piece);
        }
    }
    let segment = folder.join("state/journal-0000000000000001.seg");
    std::fs::copy(segment, folder.join("journal.seg")).expect("copied");
    std::fs::remove_dir_all(folder.join("state")).expect("removed");
}

/// Of what tests share, this takes a part.
const _: () = {
    let _ = end;
    let _ = Reading::start;
    let _ = until::<fn() -> bool>;
};

fn main() {
    let folder = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("made");
    data_file(folder);
    journal(folder);
}
