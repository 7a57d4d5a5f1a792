//! Nothing in the extents of metric cells can hurt a reader: it ends, skips what cannot be right, and what it exports is well-formed.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use std::os::unix::fs::FileExt;
use std::path::Path;

use metrics::{Meter, counter, exponential, histogram, instrument};
use otlp_mmap::cells::{CellReader, Kind};
use otlp_mmap::dump::dump;
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::otlp::Signal;
use otlp_mmap::prometheus::{Format, Scraper};
use otlp_mmap::viewer::inspect;
use proptest::prelude::*;
use support::{files, in_directory};

/// A file with a series or two of each kind, and where its extents begin.
fn written(folder: &Path) -> (std::path::PathBuf, u64) {
    let writer = in_directory(folder);
    let mut meter = Meter::new(&writer);
    let instruments = [
        meter.define(counter("requests")),
        meter.define(instrument("size", Kind::Gauge)),
        meter.define(histogram("times", &[1.0, 2.0])),
        meter.define(exponential("sizes", 4)),
    ];
    for instrument in instruments {
        for key in ["a", "b", "c"] {
            meter.record(instrument, key, -0.5);
            meter.record(instrument, key, 1.5);
        }
    }
    let observed = meter.define(instrument("memory", Kind::ObservedGauge));
    let cell = meter.cell(observed, "a");
    meter.handle.observe(observed, cell, 1.0);
    meter.handle.commit_round(observed);
    let path = files(folder)[0].clone();
    let extents = FileView::open(&path, Access::Read)
        .unwrap()
        .extension()
        .unwrap()
        .cell_extents();
    (path, extents)
}

/// Reads everything; what is exported has to be a request that can be decoded, and what is scraped lines of text.
fn read(path: &Path) {
    let file = FileView::open(path, Access::Read).unwrap();
    if let Some(mut cells) = CellReader::open(&file).unwrap() {
        cells.take_exemplars_since(0);
        for _ in 0..2 {
            cells.begin(&file);
            while cells.advance() {}
        }
    }
    inspect(path).unwrap();
    let mut scraper = Scraper::new(Vec::new(), vec![path.to_owned()]);
    for format in [Format::Text, Format::OpenMetrics] {
        let mut text = String::new();
        scraper.begin(format);
        while scraper.chunk(&mut text, 1 << 20) {}
        assert!(text.is_empty() || text.ends_with('\n'));
    }
    for line in dump(path, false, &[Signal::Metrics]).unwrap() {
        let _: serde_json::Value = serde_json::from_str(&line).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_in_the_extents_are_skipped(
        damage in prop::collection::vec((0u64..8192, prop::collection::vec(any::<u8>(), 1..64)), 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (path, extents) = written(folder.path());
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (offset, bytes) in damage {
            file.write_all_at(&bytes, extents + offset).unwrap();
        }
        read(&path);
    }

    #[test]
    fn references_that_lead_anywhere_are_skipped(
        damage in prop::collection::vec((0u64..2048, prop_oneof![any::<u32>(), 0u32..4096, 1800u32..2100]), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (path, extents) = written(folder.path());
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (word, value) in damage {
            file.write_all_at(&value.to_le_bytes(), extents + word * 4).unwrap();
        }
        read(&path);
    }
}

/// Offset within a cell of the reference to the next one of its series, and within an instrument of that to its first page.
const NEXT: u64 = 32;
const FIRST_PAGE: u64 = 4;

/// A walk over the file: how many series came. It has to end.
fn walked(path: &Path) -> (usize, u64) {
    let (done, ended) = std::sync::mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        let file = FileView::open(&path, Access::Read).unwrap();
        let mut cells = CellReader::open(&file).unwrap().unwrap();
        cells.begin(&file);
        let mut count = 0;
        while cells.advance() {
            count += 1;
        }
        done.send((count, cells.skipped())).unwrap();
    });
    ended
        .recv_timeout(std::time::Duration::from_secs(30))
        .expect("the walk ends")
}

#[test]
fn cells_that_lead_to_themselves_do_not_hold_up_a_walk() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let mut sizes = exponential("sizes", 160);
    sizes.scope = metrics::scope("other");
    let sizes = writer.define_instrument(sizes, 10_000).unwrap();
    let requests = meter.define(counter("requests"));
    meter.record(sizes, "right", 1.0);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&files(folder.path())[0])
        .unwrap();
    let mut other = Meter::new(&writer);
    for series in 0..4000 {
        let key = series.to_string();
        meter.record(sizes, &key, 1.5);
        other.record(sizes, &key, 1.5);
        let cell = if series % 2 == 0 { &mut meter } else { &mut other }.cell(sizes, &key);
        file.write_all_at(&cell.to_le_bytes(), u64::from(cell) * 16 + NEXT)
            .unwrap();
    }
    // what is right is read, of two threads too
    for each in [&mut meter, &mut other] {
        each.record(requests, "a", 1.0);
        each.record(sizes, "right", 1.0);
    }
    assert_eq!(walked(&files(folder.path())[0]), (2, 4000));
}

#[test]
fn pages_that_many_instruments_claim_are_walked_no_more_often_than_they_could_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let first = meter.define(counter("requests.0"));
    meter.record(first, "a", 1.0);
    let path = files(folder.path())[0].clone();
    let others: Vec<_> = (1..400)
        .map(|number| meter.define(counter(&format!("requests.{number}"))))
        .collect();
    for other in others {
        meter.record(other, "a", 1.0);
    }
    let last = meter.define(counter("last"));
    for series in 0..2000 {
        meter.record(last, &series.to_string(), 1.0);
    }
    let view = FileView::open(&path, Access::Read).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let load = |bytes: &[u8], at: u64| u32::from_le_bytes(bytes[at as usize..at as usize + 4].try_into().unwrap());
    let mut at = view.extension().unwrap().first_instrument();
    let mut instruments = Vec::new();
    while at != 0 {
        instruments.push(at);
        at = u64::from(load(&bytes, at)) * 64;
    }
    let page = load(&bytes, instruments.last().unwrap() + FIRST_PAGE);
    for instrument in instruments {
        let at = (instrument + FIRST_PAGE) as usize;
        bytes[at..at + 4].copy_from_slice(&page.to_le_bytes());
    }
    std::fs::write(&path, &bytes).unwrap();
    let (series, skipped) = walked(&path);
    assert!(series < bytes.len() / 24, "{series}");
    assert!(skipped > 0);
}

#[test]
fn a_damaged_attribute_set_costs_its_series_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, extents) = written(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let needle = metrics::attributes("b");
    let at = (extents as usize..bytes.len() - needle.len())
        .find(|at| bytes[*at..].starts_with(&needle))
        .unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0xff], (at + needle.len() - 1) as u64).unwrap();
    let view = FileView::open(&path, Access::Read).unwrap();
    let mut cells = CellReader::open(&view).unwrap().unwrap();
    cells.begin(&view);
    let found = metrics::walk(&mut cells);
    // the set is shared by four instruments
    assert_eq!((found.len(), cells.skipped()), (8, 4));
    assert!(found.iter().all(|series| series.key != "b"));
}
