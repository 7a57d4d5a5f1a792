//! Prints what a file holds unread as OTLP JSON, and changes nothing: `cargo run --example dump FILE`.

use otlp_mmap::dump::dump;
use otlp_mmap::otlp::Signal;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: dump FILE");
        return ExitCode::from(2);
    };
    match dump(Path::new(&path), true, &Signal::ALL) {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
