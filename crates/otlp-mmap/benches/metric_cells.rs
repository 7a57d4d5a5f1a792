//! A million series and more: what making, updating and collecting them costs, one thread each.
//!
//! `cargo bench --bench metric_cells [-- --series N] [--directory PATH] [--delta]` prints one line of JSON: nanoseconds to make a series,
//! to add to it, and to collect it as encoded OTLP; bytes of the file for a series beside its attributes and with them; the memory that
//! collecting took beyond the mapped file.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use otlp_mmap::cells::{CellReader, Instrument, Kind};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::otlp::{AggregationTemporality, Interval, MetricEncoder, Piece};
use otlp_mmap::wire;
use otlp_mmap::writer::{Location, Writer, WriterOptions};

/// Points of a piece, as the receiver cuts them.
const POINTS: u32 = 8192;

struct Arguments {
    series: u32,
    directory: Option<PathBuf>,
}

fn arguments() -> Arguments {
    let mut arguments = Arguments {
        series: 1_000_000,
        directory: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--series" => arguments.series = given.next().and_then(|n| n.parse().ok()).expect("a number of series"),
            "--directory" => arguments.directory = given.next().map(PathBuf::from),
            _ => {}
        }
    }
    arguments
}

/// Three attributes, as the benchmarks of the SDK have them.
fn attributes(number: u32, out: &mut Vec<u8>) {
    out.clear();
    let pairs = [
        ("http.request.method", "GET".to_owned()),
        ("http.route", format!("/items/{number}")),
        ("server.address", format!("host-{}", number % 100)),
    ];
    for (key, value) in pairs {
        let text = wire::field_len(1, value.len());
        wire::put_len(out, 1, wire::field_len(1, key.len()) + wire::field_len(2, text));
        wire::put_bytes(out, 1, key.as_bytes());
        wire::put_len(out, 2, text);
        wire::put_bytes(out, 1, value.as_bytes());
    }
}

fn main() {
    let Arguments { series, directory } = arguments();
    let folder = match &directory {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()),
    }
    .expect("a folder for the file");
    let writer = Writer::open(WriterOptions {
        location: Location::Directory(folder.path().to_owned()),
        service_name: "benchmark".to_owned(),
        directory_limit: Some(64 << 30),
        ..WriterOptions::default()
    })
    .expect("the options are right");
    let mut scope = Vec::new();
    wire::put_bytes(&mut scope, 1, b"benchmark");
    let instrument = writer
        .define_instrument(
            Instrument {
                scope,
                schema_url: String::new(),
                name: "http.server.requests".to_owned(),
                description: String::new(),
                unit: "1".to_owned(),
                kind: Kind::Sum { monotonic: true },
                integer: true,
            },
            series + 1,
        )
        .expect("an instrument");
    let mut handle = writer.cell_handle();
    let mut cells = Vec::with_capacity(series as usize);
    let mut set = Vec::new();
    let mut of_attributes = 0;
    let mut longest = Duration::ZERO;
    let made = Instant::now();
    for number in 0..series {
        attributes(number, &mut set);
        of_attributes += (8 + set.len()).next_multiple_of(16);
        let before = Instant::now();
        cells.push(handle.cell(instrument, &set).expect("room for a series").cell);
        longest = longest.max(before.elapsed());
    }
    let made = made.elapsed();
    let added = Instant::now();
    for &cell in &cells {
        black_box(handle.record(instrument, cell, 1.0));
    }
    let added = added.elapsed();

    let path = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .next()
        .expect("the file");
    let file = FileView::open(&path, Access::Read).expect("the file can be read");
    let length = file.mapping().file().metadata().expect("its length").len();
    let extents = length - file.extension().expect("our block").cell_extents();
    let mut reader = CellReader::open(&file).expect("mapped").expect("cells");
    let mut best = Duration::MAX;
    let (mut points, mut bytes) = (0u64, 0u64);
    let before = anonymous_memory();
    let mut peak = before;
    for _ in 0..3 {
        let begun = Instant::now();
        (points, bytes) = collect(&mut reader, &file);
        best = best.min(begun.elapsed());
        peak = peak.max(anonymous_memory());
    }
    assert_eq!((points, reader.skipped()), (u64::from(series), 0));
    let each = |duration: Duration| duration.as_secs_f64() * 1e9 / f64::from(series);
    println!(
        "{{\"series\":{series},\"makeNanoseconds\":{:.1},\"longestMakeMicroseconds\":{},\"addNanoseconds\":{:.1},\"collectNanoseconds\":{:.1},\"otlpBytes\":{:.1},\"fileBytes\":{:.1},\"fileBytesBesideAttributes\":{:.1},\"memory\":{}}}",
        each(made),
        longest.as_micros(),
        each(added),
        each(best),
        bytes as f64 / f64::from(series),
        extents as f64 / f64::from(series),
        (extents - of_attributes as u64) as f64 / f64::from(series),
        peak.saturating_sub(before)
    );
}

/// Walks over all series and encodes them in pieces: points and bytes.
fn collect(reader: &mut CellReader, file: &FileView) -> (u64, u64) {
    let mut encoder = MetricEncoder::default();
    let mut piece = Piece::default();
    let (mut points, mut bytes) = (0, 0);
    let mut cut = |encoder: &mut MetricEncoder| {
        if encoder.cut(&mut piece) {
            points += u64::from(piece.items);
            bytes += black_box(&piece.bytes).len() as u64;
        }
    };
    reader.begin(file);
    while reader.advance() {
        let interval = Interval {
            start: reader.series().start,
            end: 2_000_000_000_000_000_000,
        };
        encoder.point(
            reader.instrument(),
            reader.series(),
            AggregationTemporality::Cumulative,
            interval,
        );
        if encoder.items() >= POINTS {
            cut(&mut encoder);
        }
    }
    cut(&mut encoder);
    (points, bytes)
}

/// Bytes of memory of this process that no file stands behind; 0 where the system does not tell.
fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}
