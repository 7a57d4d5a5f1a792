//! A collector: prints the spans of all apps that write into a folder, as OTLP JSON, each once: `cargo run --example collector FOLDER`.
//!
//! What is printed is acknowledged and leaves the files. Enter, or the end of standard input, ends it: spans that are still open are
//! printed then, marked `otlp_mmap.incomplete`. When it is killed, nothing is lost but its memory of open spans; [`Storage`] is a journal
//! that holds those, too.
//!
//! [`Storage`]: otlp_mmap::receiver::Storage

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::channel;

use otlp_mmap::otlp::{Signal, json};
use otlp_mmap::receiver::{Event, Receiver, ReceiverOptions};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: collector FOLDER");
        return ExitCode::from(2);
    };
    let options = ReceiverOptions {
        directories: vec![PathBuf::from(folder)],
        // metrics are not read
        metric_streams: Vec::new(),
        ..ReceiverOptions::default()
    };
    let (events, inbox) = channel();
    // A bounded channel would do as well: a call that blocks holds up reading, and records wait in their files.
    let started = Receiver::start(options, move |event| {
        let _ = events.send(event);
    });
    let receiver = match started {
        Ok(receiver) => receiver,
        Err(error) => {
            eprintln!("the reader thread: {error}");
            return ExitCode::FAILURE;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::stdin().read_line(&mut String::new());
            receiver.stop();
        });
        for event in inbox {
            match event {
                Event::Piece(handed) => {
                    if handed.signal == Signal::Traces
                        && let Ok(request) = json::request_to_json(Signal::Traces, &handed.piece.bytes)
                    {
                        println!("{request}");
                    }
                    receiver.acknowledge(handed.sequence);
                }
                Event::Log(level, line) => eprintln!("{level:?}: {line}"),
                Event::Stopped(Some(error)) => {
                    eprintln!("{error}");
                    std::process::exit(1);
                }
                Event::Stopped(None) => return ExitCode::SUCCESS,
                // for who gathers pieces, and of a journal
                Event::Drained | Event::Backlog(..) | Event::Behind(_) | Event::WithoutJournal => {}
            }
        }
        ExitCode::FAILURE
    })
}
