//! Files of other version-1 writers open, and their records and entries can be copied out.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use otlp_mmap::file::{Access, FileView, RingId, liveness};

fn fixture(name: &str, folder: &Path) -> PathBuf {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../__test__/fixtures/{name}.mmap.gz"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(packed).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_file_of_the_public_sdk_opens_and_its_unread_records_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for (name, ring) in [
        ("a_traces", RingId::Spans),
        ("b_metrics", RingId::Measurements),
        ("c_logs", RingId::Events),
    ] {
        let path = fixture(name, folder.path());
        let before = fs::read(&path).unwrap();
        let view = FileView::open(&path, Access::Read).unwrap();
        assert!(view.extension().is_none());
        assert_eq!(liveness::of_writer(&view).unwrap(), liveness::Liveness::Unknown);
        let ring = view.ring(ring);
        assert_eq!(
            (ring.geometry().num_buffers(), ring.geometry().buffer_size()),
            (1024, 512)
        );
        let (first, last) = (ring.reader_index() + 1, ring.writer_index());
        assert!(last >= first, "{name} has records");
        let mut record = Vec::new();
        for index in first..=last {
            assert!(ring.is_published(index));
            record.clear();
            ring.copy_record(index, &mut record).unwrap();
            assert!(!record.is_empty());
        }
        assert!(!ring.is_published(last + 1));
        let mut entry = Vec::new();
        let dictionary = view.dictionary();
        dictionary
            .copy_entry(dictionary.first_entry() as i64, 1 << 20, &mut entry)
            .unwrap();
        assert!(dictionary.copy_entry(8, 1 << 20, &mut entry).is_err());
        assert!(dictionary.copy_entry(i64::MAX, 1 << 20, &mut entry).is_err());
        drop(view);
        assert!(fs::read(&path).unwrap() == before, "reading changes no byte");
    }
}
