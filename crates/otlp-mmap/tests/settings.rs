//! The app's settings reach whoever reads its files, also after they change and in the next file.

mod support;

use otlp_mmap::file::RingId;
use otlp_mmap::reader::FileReader;
use support::{files, in_directory};

fn pairs(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn settings_made_before_and_after_the_file_are_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.set_setting("OTEL_METRIC_EXPORT_INTERVAL", "60000");
    writer.handle().commit(RingId::Spans, writer.epoch(), b"record");
    let mut reader = FileReader::view(&files(folder.path())[0]).unwrap();
    assert_eq!(reader.settings(), pairs(&[("OTEL_METRIC_EXPORT_INTERVAL", "60000")]));

    let before = reader.settings_ref();
    writer.set_setting("OTEL_METRIC_EXPORT_INTERVAL", "60000");
    assert_eq!(
        reader.settings_ref(),
        before,
        "nothing is written for a setting that is what it was"
    );
    writer.set_setting("OTEL_METRIC_EXPORT_INTERVAL", "1000");
    writer.set_setting("A", "b");
    assert_eq!(
        reader.settings(),
        pairs(&[("A", "b"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000")])
    );

    assert!(writer.roll());
    let next = files(folder.path()).into_iter().find_map(|path| {
        let reader = FileReader::view(&path).unwrap();
        (reader.identity().unwrap().generation == 1).then_some(reader)
    });
    assert_eq!(
        next.unwrap().settings(),
        pairs(&[("A", "b"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000")])
    );
}

#[test]
fn settings_that_lead_nowhere_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.handle().commit(RingId::Spans, writer.epoch(), b"record");
    let path = &files(folder.path())[0];
    let mut reader = FileReader::view(path).unwrap();
    assert!(reader.settings().is_empty());
    let view = otlp_mmap::file::FileView::open(path, otlp_mmap::file::Access::ReadWrite).unwrap();
    for reference in [1, -1, i64::MAX, view.dictionary().end() - 1] {
        view.extension().unwrap().set_settings_ref(reference);
        assert!(reader.settings().is_empty(), "{reference}");
    }
}
