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

/// Reads everything; what is exported has to be a request that can be decoded.
fn read(path: &Path) {
    let file = FileView::open(path, Access::Read).unwrap();
    if let Some(mut cells) = CellReader::open(&file).unwrap() {
        cells.take_exemplars_since(0);
        for _ in 0..2 {
            cells.begin(&file);
            while cells.advance() {}
        }
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
