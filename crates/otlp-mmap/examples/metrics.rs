//! Prints every series of a file as it is now, one at a time: `cargo run --example metrics FILE`. Memory does not grow with the number of
//! series, and the file does not change: a series is a borrowed value that the next step of the walk overwrites.

use std::path::Path;
use std::process::ExitCode;

use otlp_mmap::cells::{CellReader, Point};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::wire::{Fields, Value};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: metrics FILE");
        return ExitCode::from(2);
    };
    match print(Path::new(&path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let file = FileView::open(path, Access::Read)?;
    let Some(mut cells) = CellReader::open(&file)? else {
        println!("no metrics yet");
        return Ok(());
    };
    cells.begin(&file);
    while cells.advance() {
        let (instrument, series) = (cells.instrument(), cells.series());
        let value = match series.point {
            Point::Number(value) => value.to_string(),
            Point::Histogram => format!("{} values, sum {}", series.histogram.count(), series.histogram.sum),
            Point::Exponential => format!("{} values, sum {}", series.exponential.count(), series.exponential.sum),
        };
        println!("{}{{{}}} {value}", instrument.name, attributes(&series.attributes));
    }
    Ok(())
}

/// Keys and texts of `KeyValue` messages, each a field of number 1; what is no text stands as `…`.
fn attributes(list: &[u8]) -> String {
    let parts: Vec<_> = Fields::new(list)
        .filter_map(|pair| bytes(pair.ok()?.1))
        .map(|pair| {
            let part = |number| Fields::new(pair).filter_map(Result::ok).find(|field| field.0 == number);
            let key = part(1).and_then(|key| bytes(key.1)).unwrap_or_default();
            let value = part(2).and_then(|any| bytes(any.1)).unwrap_or_default();
            let text = match Fields::new(value).next() {
                Some(Ok((1, text))) => bytes(text).map(String::from_utf8_lossy),
                _ => None,
            };
            format!("{}={}", String::from_utf8_lossy(key), text.unwrap_or("…".into()))
        })
        .collect();
    parts.join(",")
}

fn bytes(value: Value<'_>) -> Option<&[u8]> {
    if let Value::Bytes(bytes) = value {
        Some(bytes)
    } else {
        None
    }
}
