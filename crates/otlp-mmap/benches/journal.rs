//! The journal alone: what a piece costs to commit, and how long a start takes with a full one.
//!
//! `cargo bench --bench journal [-- --directory DIR] [-- --gigabytes N]` prints one line of JSON: nanoseconds a span to commit when
//! everything is acknowledged at once and when nothing is, bytes a span, and seconds to open the journal that is left then, with its
//! files in memory and with none of them there.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use otlp_mmap::journal::{DestinationOptions, Journal, JournalOptions, OpenSpanStore, Position, SPAN_IDS, Transaction};
use otlp_mmap::otlp::Signal;

/// OTLP of the spans of benchmarks/workload.mjs, and how many of them a piece of a busy app holds.
const SPAN_BYTES: usize = 273;
const SPANS_PER_PIECE: usize = 2048;
/// Spans that are open when a piece is cut.
const OPEN_SPANS: usize = 32;

struct Ignore;

impl OpenSpanStore for Ignore {
    fn open(&mut self, _: &[u8], otlp: &[u8], _: u64) {
        black_box(otlp);
    }
    fn gone(&mut self, _: &[u8], ids: &[u8]) {
        black_box(ids);
    }
    fn forget(&mut self, _: &[u8]) {}
}

fn options(directory: &Path, max_bytes: u64) -> JournalOptions {
    JournalOptions {
        max_bytes,
        destinations: vec![DestinationOptions {
            name: "otlp".into(),
            signals: vec![Signal::Traces],
        }],
        ..JournalOptions::new(directory.to_owned())
    }
}

/// Commits `pieces` and returns the time of one span.
fn commit(journal: &mut Journal, pieces: usize, acknowledge: bool) -> Duration {
    let otlp = vec![7u8; SPAN_BYTES * SPANS_PER_PIECE];
    let open = vec![7u8; SPAN_BYTES * OPEN_SPANS];
    let gone = vec![7u8; SPAN_IDS * OPEN_SPANS];
    let start = Instant::now();
    for index in 0..pieces {
        let mut transaction = Transaction::new();
        transaction.piece(Signal::Traces, SPANS_PER_PIECE as u32, "", &otlp);
        transaction.open_spans(&[1; 16], &open);
        transaction.gone(&[1; 16], &gone);
        let position = Position {
            indices: [-1, index as i64, -1],
            ..Position::default()
        };
        transaction.position(&[1; 16], position);
        let number = journal.commit(&transaction).expect("there is room").first_piece;
        if acknowledge {
            journal.hand(0, number, Signal::Traces, SPANS_PER_PIECE as u32, otlp.len());
            journal.acknowledge(0, number);
            while journal.releasable().is_some() {
                journal.drop_oldest();
            }
        }
    }
    start.elapsed() / (pieces * SPANS_PER_PIECE) as u32
}

/// Opens the journal: how long that took.
fn open(options: JournalOptions, pieces: usize) -> (Journal, Duration) {
    let start = Instant::now();
    let (journal, recovered) = Journal::open(options, &mut Ignore).expect("a journal");
    let took = start.elapsed();
    assert!(recovered.messages.is_empty(), "{:?}", recovered.messages);
    assert_eq!(journal.pending(0).pieces, pieces as u64);
    (journal, took)
}

/// Has the system forget what it has of these files in memory, as after a start of the machine.
fn evict(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let file = std::fs::File::open(entry.expect("an entry").path()).expect("a file");
        file.sync_all().expect("written");
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("evicted");
    }
}

fn main() {
    let argument = |name: &str| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
        arguments.next()
    };
    let gigabytes = argument("--gigabytes").map_or(1.0, |text| text.parse::<f64>().expect("a number"));
    let parent = argument("--directory").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(parent).expect("a folder");
    let bytes = (gigabytes * f64::from(1u32 << 30)) as u64;
    let pieces = bytes as usize / (SPAN_BYTES * SPANS_PER_PIECE);

    let (mut journal, _) = Journal::open(options(folder.path(), 2 * bytes), &mut Ignore).expect("a journal");
    commit(&mut journal, 100, true);
    let flowing = commit(&mut journal, pieces, true);
    let before = journal.stats().bytes_written;
    let filling = commit(&mut journal, pieces, false);
    let stats = journal.stats();
    drop(journal);

    let (journal, warm) = open(options(folder.path(), 2 * bytes), pieces);
    drop(journal);
    evict(folder.path());
    let (mut journal, cold) = open(options(folder.path(), 2 * bytes), pieces);
    let start = Instant::now();
    let mut read = 0;
    loop {
        let batch = journal.backlog(0, 4 << 20);
        if batch.is_empty() {
            break;
        }
        read += batch.iter().map(|piece| piece.otlp.len()).sum::<usize>();
        for piece in batch {
            journal.acknowledge(0, piece.number);
        }
    }
    let replay = start.elapsed();
    println!(
        "{{\"flowingNanosPerSpan\":{},\"fillingNanosPerSpan\":{},\"bytesPerSpan\":{:.1},\"journalBytes\":{},\"openSeconds\":{:.3},\"coldOpenSeconds\":{:.3},\"replayBytesPerSecond\":{:.0}}}",
        flowing.as_nanos(),
        filling.as_nanos(),
        (stats.bytes_written - before) as f64 / (pieces * SPANS_PER_PIECE) as f64,
        stats.bytes,
        warm.as_secs_f64(),
        cold.as_secs_f64(),
        read as f64 / replay.as_secs_f64(),
    );
}
