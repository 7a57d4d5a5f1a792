//! Where cells lie in the file: each in a place of its own, close together, and those of two threads in different cache lines.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;

use metrics::{Meter, Read, attributes, counter, exponential, histogram, instrument, read};
use otlp_mmap::cells::{CellReader, Instrument, Kind};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::layout::{block, cell, cells, instrument as instrument_layout};
use otlp_mmap::writer::CommitStatus;
use proptest::prelude::*;
use support::{files, in_directory};

fn offset_of(cell: u32) -> u64 {
    u64::from(cell) * u64::from(cells::CELL_UNIT)
}

#[test]
fn a_sum_takes_less_than_fifty_bytes_beside_its_attributes() {
    const SERIES: u32 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let requests = writer.define_instrument(counter("requests"), SERIES + 1).unwrap();
    let mut meter = Meter::new(&writer);
    let mut of_attributes = 0;
    let made: Vec<_> = (0..SERIES)
        .map(|number| {
            let set = attributes(&number.to_string());
            of_attributes += (cells::ATTRIBUTES_HEADER as usize + set.len()).next_multiple_of(16) as u64;
            offset_of(meter.handle.cell(requests, &set).unwrap().cell)
        })
        .collect();
    let (first, last) = (made.iter().min().unwrap(), made.iter().max().unwrap());
    let taken = last + cell::SUM_LENGTH as u64 - first;
    let each = taken.saturating_sub(of_attributes) as f64 / f64::from(SERIES);
    // its cell, and its part of the heads of pages and of the ends of extents
    assert!((47.0..50.0).contains(&each), "{each}");
}

#[test]
fn what_two_threads_add_to_is_not_in_one_cache_line() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut threads: Vec<_> = (0..4).map(|_| Meter::new(&writer)).collect();
    let instruments = [
        threads[0].define(counter("requests")),
        threads[0].define(counter("errors")),
        threads[0].define(instrument("size", Kind::Gauge)),
    ];
    let mut lines = BTreeMap::new();
    for key in 0..200 {
        for (number, thread) in threads.iter_mut().enumerate() {
            for (instrument, length) in instruments
                .into_iter()
                .zip([cell::SUM_LENGTH, cell::SUM_LENGTH, cell::LENGTH])
            {
                let at = offset_of(thread.cell(instrument, &key.to_string()));
                for line in at / 64..=(at + length as u64 - 1) / 64 {
                    assert_eq!(*lines.entry(line).or_insert(number), number);
                }
            }
        }
    }
}

#[test]
fn threads_that_come_and_go_use_one_anothers_pages() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let requests = Meter::new(&writer).define(counter("requests"));
    let mut made: Vec<_> = (0..15)
        .map(|key| offset_of(Meter::new(&writer).cell(requests, &key.to_string())))
        .collect();
    made.sort_unstable();
    assert!(
        made.windows(2).all(|pair| pair[1] - pair[0] == cell::SUM_LENGTH as u64),
        "{made:?}"
    );
}

#[test]
fn instruments_of_a_kind_that_is_not_known_are_gone_past_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    for name in ["first", "second"] {
        let instrument = meter.define(counter(name));
        meter.record(instrument, "a", 1.0);
    }
    let path = &files(folder.path())[0];
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut word = [0; 8];
    file.read_exact_at(&mut word, (block::FILE_OFFSET + block::SERIES_TABLE_REF) as u64)
        .unwrap();
    let at = u64::from_le_bytes(word);
    let mut head = [0; instrument_layout::BODY];
    file.read_exact_at(&mut head, at).unwrap();
    let length = u32::from_le_bytes(head[instrument_layout::BODY_LENGTH..][..4].try_into().unwrap());
    let mut body = vec![0; length as usize];
    file.read_exact_at(&mut body, at + instrument_layout::BODY as u64)
        .unwrap();
    // with the number that sums had before 0.1.0, whose cells were others
    head[instrument_layout::KIND..][..4].copy_from_slice(&1u32.to_le_bytes());
    let checked = [&head[instrument_layout::KIND..instrument_layout::CHECKSUM], &body].concat();
    head[instrument_layout::CHECKSUM..][..4].copy_from_slice(&crc32fast::hash(&checked).to_le_bytes());
    // its list of pages stays: NEXT and FIRST_PAGE come before
    file.write_all_at(&head[instrument_layout::KIND..], at + instrument_layout::KIND as u64)
        .unwrap();

    let view = FileView::open(path, Access::Read).unwrap();
    let mut reader = CellReader::open(&view).unwrap().unwrap();
    reader.begin(&view);
    let found = metrics::walk(&mut reader);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), reader.skipped()), ("second", 1));
}

/// What can happen to the metrics of a process.
#[derive(Debug, Clone)]
enum Step {
    Record {
        thread: usize,
        kind: usize,
        key: u8,
        value: i8,
    },
    End {
        thread: usize,
    },
    Retire {
        kind: usize,
        key: u8,
    },
}

const THREADS: usize = 3;

fn kinds() -> [Instrument; 4] {
    [
        counter("sum"),
        instrument("gauge", Kind::Gauge),
        histogram("histogram", &[0.0, 50.0]),
        exponential("exponential", 4),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record =
        (0..THREADS, 0..kinds().len(), 0u8..20, any::<i8>()).prop_map(|(thread, kind, key, value)| Step::Record {
            thread,
            kind,
            key,
            value,
        });
    let end = (0..THREADS).prop_map(|thread| Step::End { thread });
    let retire = (0..kinds().len(), 0u8..20).prop_map(|(kind, key)| Step::Retire { kind, key });
    prop::collection::vec(prop_oneof![20 => record, 1 => end, 3 => retire], 1..300)
}

/// What a series should say: its sum (a gauge: its value) and its count.
fn said(point: &Read) -> (f64, u64) {
    match point {
        Read::Number(value) => (*value, 0),
        Read::Histogram(histogram) => (histogram.sum, histogram.count()),
        Read::Exponential(exponential) => (exponential.sum, exponential.count()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_cell_is_touched_by_what_happens_to_others(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut threads: Vec<_> = (0..THREADS).map(|_| Meter::new(&writer)).collect();
        let instruments = kinds().map(|kind| threads[0].define(kind));
        let names = kinds().map(|kind| kind.name);
        let mut expected = BTreeMap::new();
        for step in steps {
            match step {
                Step::Record { thread, kind, key, value } => {
                    let value = f64::from(value);
                    threads[thread].record(instruments[kind], &key.to_string(), value);
                    let (sum, count) = expected.entry((names[kind].clone(), key.to_string())).or_insert((0.0, 0));
                    if kind == 1 {
                        *sum = value;
                    } else {
                        *sum += value;
                        *count += u64::from(kind != 0);
                    }
                }
                Step::End { thread } => threads[thread] = Meter::new(&writer),
                Step::Retire { kind, key } => {
                    // by every thread that has it: nobody's is made for it
                    let series = (names[kind].clone(), key.to_string());
                    if expected.remove(&series).is_some() {
                        for thread in &mut threads {
                            let cell = thread.cell(instruments[kind], &series.1);
                            prop_assert!(thread.handle.retire(instruments[kind], cell));
                            prop_assert_eq!(thread.handle.record(instruments[kind], cell, 1.0), CommitStatus::Stale);
                        }
                    }
                }
            }
        }
        let found: BTreeMap<_, _> = files(folder.path())
            .first()
            .map(|path| read(path))
            .unwrap_or_default()
            .into_iter()
            .map(|out| ((out.name, out.key), said(&out.point)))
            .collect();
        prop_assert_eq!(found, expected);
    }
}
