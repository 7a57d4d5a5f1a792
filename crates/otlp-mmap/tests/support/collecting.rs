//! A receiver with a journal, and one destination that counts what it gets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use otlp_mmap::journal::{DestinationOptions, JournalOptions};
use otlp_mmap::otlp::Signal;
use otlp_mmap::receiver::{Event, HandedPiece, ReceiverOptions, Storage};

use crate::spans::{Out, Reading, logs_of, spans_of};

/// Bytes of a journal's segments here.
pub const SEGMENT: u64 = 64 << 10;

pub fn options(data: &Path, state: &Path) -> ReceiverOptions {
    ReceiverOptions {
        directories: vec![data.to_owned()],
        storage: Some(Storage {
            journal: JournalOptions {
                segment_bytes: SEGMENT,
                destinations: vec![destination("sink")],
                ..JournalOptions::new(state.to_owned())
            },
            wait: true,
            optional: false,
        }),
        ..ReceiverOptions::default()
    }
}

pub fn destination(name: &str) -> DestinationOptions {
    DestinationOptions {
        name: name.into(),
        signals: vec![Signal::Traces, Signal::Logs, Signal::Metrics],
    }
}

/// What a destination got.
#[derive(Debug, Default)]
pub struct Sink {
    /// Pieces by number; one that comes again has to have the same bytes.
    pub pieces: BTreeMap<u64, Vec<u8>>,
    /// Spans by id, with how often each came in different pieces.
    pub spans: BTreeMap<u64, Vec<Out>>,
    /// Log records, likewise.
    pub logs: BTreeMap<u64, u32>,
    /// Pieces of data points: their metric stream, and the request.
    pub points: Vec<(String, Vec<u8>)>,
    /// Pieces that came again.
    pub repeated: u64,
}

impl Sink {
    pub fn take(&mut self, handed: &HandedPiece) {
        if let Some(before) = self.pieces.insert(handed.sequence, handed.piece.bytes.to_vec()) {
            assert_eq!(before, *handed.piece.bytes, "piece {} changed", handed.sequence);
            self.repeated += 1;
            return;
        }
        if handed.signal == Signal::Metrics {
            self.points.push((handed.stream.clone(), handed.piece.bytes.to_vec()));
            return;
        }
        if handed.signal == Signal::Logs {
            for log in logs_of(handed) {
                *self.logs.entry(log).or_default() += 1;
            }
            return;
        }
        for span in spans_of(handed) {
            self.spans.entry(span.id).or_default().push(span);
        }
    }
}

/// What one look at the receiver brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing came for a while.
    Quiet,
    Worked,
    /// The thread has ended.
    Ended(Option<String>),
}

/// Deals with one event as a collector does: everything is taken and acknowledged, backlog is asked for.
pub fn step(reading: &Reading, sink: &mut Sink, patience: Duration) -> Step {
    match reading.event_within(patience) {
        None => Step::Quiet,
        Some(Event::Piece(piece)) => {
            sink.take(&piece);
            reading.receiver.acknowledge_by(0, vec![piece.sequence]);
            Step::Worked
        }
        Some(Event::Behind(destination)) => {
            reading.receiver.backlog(destination, 4096);
            Step::Worked
        }
        Some(Event::Backlog(destination, pieces)) => {
            for piece in &pieces {
                sink.take(piece);
            }
            let numbers: Vec<u64> = pieces.iter().map(|piece| piece.sequence).collect();
            if !numbers.is_empty() {
                reading.receiver.acknowledge_by(destination, numbers);
                reading.receiver.backlog(destination, 4096);
            }
            Step::Worked
        }
        Some(Event::Log(_, text)) => {
            eprintln!("{text}");
            Step::Worked
        }
        Some(Event::WithoutJournal | Event::Drained) => Step::Worked,
        Some(Event::Stopped(error)) => Step::Ended(error),
    }
}

/// Works until `done`; a test that hangs is a failed one.
pub fn work_until<D: FnMut(&Sink) -> bool>(reading: &Reading, sink: &mut Sink, what: &str, mut done: D) {
    let deadline = std::time::Instant::now() + crate::spans::WATCHDOG;
    while !done(sink) {
        assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
        if let Step::Ended(error) = step(reading, sink, Duration::from_millis(20)) {
            panic!("stopped: {error:?}");
        }
    }
}

/// Each test program uses a part of these.
const _: () = {
    let _ = work_until::<fn(&Sink) -> bool>;
    let _ = crate::spans::until::<fn() -> bool>;
    let _ = crate::spans::Spans::whole;
};
