//! Where an app wants its telemetry is followed by a receiver that was told to trust its apps, and by no other.

#[path = "support/spans.rs"]
mod spans;
mod support;

use otlp_mmap::receiver::ReceiverOptions;
use otlp_mmap::writer::Writer;
use spans::{Reading, Spans};
use std::path::Path;
use std::sync::Arc;
use support::{files, in_directory};

fn watching(folder: &Path, trust_producer: bool) -> ReceiverOptions {
    ReceiverOptions {
        directories: vec![folder.to_owned()],
        trust_producer,
        ..ReceiverOptions::default()
    }
}

/// A receiver of this folder, and what it makes of a span and a log record: where they are to go.
fn addresses(folder: &Path, writer: &Arc<Writer>, trust_producer: bool) -> (Reading, Vec<String>) {
    let mut app = Spans::new(writer);
    app.whole(1);
    app.log(1);
    let reading = Reading::start(watching(folder, trust_producer));
    let mut pieces = [reading.piece(), reading.piece()];
    pieces.sort_by_key(|piece| piece.signal as usize);
    let named = pieces.iter().map(|piece| piece.endpoint.to_string()).collect();
    (reading, named)
}

#[test]
fn a_signals_own_address_goes_before_the_general_one_and_is_used_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.set_setting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318/");
    writer.set_setting("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://spans/x");
    let (_reading, named) = addresses(folder.path(), &writer, true);
    assert_eq!(named, ["https://spans/x", "http://all:4318/v1/logs"]);
}

#[test]
fn nothing_is_followed_without_trust() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.set_setting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318");
    let (_reading, named) = addresses(folder.path(), &writer, false);
    assert_eq!(named, ["", ""]);
}

#[test]
fn an_address_that_cannot_be_used_is_told_once_with_its_file_and_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut app = Spans::new(&writer);
    writer.set_setting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hush@all:4318");
    app.whole(1);
    let reading = Reading::start(watching(folder.path(), true));
    let line = reading.line("OTEL_EXPORTER_OTLP_ENDPOINT");
    assert!(line.contains(&files(folder.path())[0].display().to_string()), "{line}");
    assert!(!line.contains("hush"), "{line}");
    assert_eq!(&*reading.piece().endpoint, "");
    app.whole(2);
    assert_eq!(&*reading.piece().endpoint, "");
}
