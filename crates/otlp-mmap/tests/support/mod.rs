//! What several test programs share: small files, and a reader that trusts only the version-1 table.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use otlp_mmap::file::{FileView, RingId};
use otlp_mmap::writer::{Geometry, Location, RingSize, Writer, WriterOptions};

/// A small file: 64 slots of 128 bytes in each ring.
pub fn small() -> Geometry {
    let ring = RingSize {
        buffers: 64,
        buffer_size: 128,
    };
    Geometry {
        events: ring,
        spans: ring,
        measurements: ring,
        spill_bytes: 4096,
        dictionary_bytes: 8192,
    }
}

pub fn options(location: Location) -> WriterOptions {
    WriterOptions {
        location,
        service_name: "checkout".to_owned(),
        geometry: Some(small()),
        retry_after: Duration::ZERO,
        ..WriterOptions::default()
    }
}

pub fn in_directory(folder: &Path) -> Arc<Writer> {
    Writer::open(options(Location::Directory(folder.to_owned()))).unwrap()
}

/// One whose span ring has so many slots.
pub fn with_span_slots(folder: &Path, buffers: u64) -> Arc<Writer> {
    let mut geometry = small();
    geometry.spans.buffers = buffers;
    Writer::open(WriterOptions {
        geometry: Some(geometry),
        ..options(Location::Directory(folder.to_owned()))
    })
    .unwrap()
}

pub fn at_path(path: &Path) -> Arc<Writer> {
    Writer::open(options(Location::File(path.to_owned()))).unwrap()
}

/// Takes every published record of a ring and moves its reader index, as a collector does. Stops at a hole.
pub fn drain(view: &FileView, ring: RingId) -> Vec<Vec<u8>> {
    let ring = view.ring(ring);
    let mut records = Vec::new();
    loop {
        let next = ring.reader_index() + 1;
        if next > ring.writer_index() || !ring.is_published(next) {
            return records;
        }
        let mut record = Vec::new();
        ring.copy_record(next, &mut record).unwrap();
        ring.set_reader_index(next);
        records.push(record);
    }
}

/// Data files in a folder, by name.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// Each test program uses a part of these.
const _: () = {
    let _ = in_directory;
    let _ = at_path;
    let _ = with_span_slots;
    let _ = drain;
    let _ = files;
};
