//! Span records as an SDK writes them, and what comes out at the other end.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use std::sync::mpsc;
use std::time::Duration;

use otlp_mmap::file::RingId;
use otlp_mmap::layout::field;
use otlp_mmap::otlp::json;
use otlp_mmap::receiver::{Event, HandedPiece, Receiver, ReceiverOptions};
use otlp_mmap::wire;
use otlp_mmap::writer::{CommitStatus, Writer, WriterHandle};

/// A test that hangs is a failed one.
pub const WATCHDOG: Duration = Duration::from_secs(20);

/// A record's envelope: span number `id` of trace 1.
fn record(id: u64, field: u32, body: &[u8], scope: i64) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_bytes(&mut out, field::SPAN_EVENT_TRACE_ID, &1u128.to_be_bytes());
    wire::put_bytes(&mut out, field::SPAN_EVENT_SPAN_ID, &id.to_be_bytes());
    wire::put_uint(&mut out, field::SPAN_EVENT_SCOPE_REF, scope as u64);
    wire::put_bytes(&mut out, field, body);
    out
}

pub fn start(id: u64, scope: i64) -> Vec<u8> {
    let mut body = Vec::new();
    wire::put_bytes(&mut body, field::START_NAME, format!("span {id}").as_bytes());
    wire::put_fixed64(&mut body, field::START_TIME, 1_000 + id);
    record(id, field::SPAN_EVENT_START, &body, scope)
}

pub fn end(id: u64, scope: i64) -> Vec<u8> {
    let mut body = Vec::new();
    wire::put_fixed64(&mut body, field::END_TIME, 2_000 + id);
    record(id, field::SPAN_EVENT_END, &body, scope)
}

/// A log record whose body is `id` as a number.
pub fn log(id: u64, scope: i64) -> Vec<u8> {
    let mut body = Vec::new();
    wire::put_uint(&mut body, field::ANY_INT, id);
    let mut out = Vec::new();
    wire::put_uint(&mut out, field::EVENT_SCOPE_REF, scope as u64);
    wire::put_fixed64(&mut out, field::EVENT_TIME, 1_000 + id);
    wire::put_bytes(&mut out, field::EVENT_BODY, &body);
    out
}

/// Writes records as an SDK does: references fetched anew when they are stale.
pub struct Spans {
    handle: WriterHandle,
}

impl Spans {
    pub fn new(writer: &std::sync::Arc<Writer>) -> Self {
        Self {
            handle: writer.handle(),
        }
    }

    pub fn write(&mut self, make: fn(u64, i64) -> Vec<u8>, id: u64) -> CommitStatus {
        self.write_to(RingId::Spans, make, id)
    }

    pub fn log(&mut self, id: u64) -> CommitStatus {
        self.log_as(log, id)
    }

    pub fn log_as(&mut self, make: fn(u64, i64) -> Vec<u8>, id: u64) -> CommitStatus {
        self.write_to(RingId::Events, make, id)
    }

    fn write_to(&mut self, ring: RingId, make: fn(u64, i64) -> Vec<u8>, id: u64) -> CommitStatus {
        loop {
            let writer = self.handle.writer().clone();
            let epoch = writer.epoch();
            let status = match writer.intern_scope(epoch, "tests", "1", &[]) {
                Ok(scope) => self.handle.commit(ring, epoch, &make(id, scope)),
                Err(status) => status,
            };
            if status != CommitStatus::Stale {
                return status;
            }
        }
    }

    /// A span, from start to end; the watchdog bounds the wait for room.
    pub fn whole(&mut self, id: u64) {
        assert_eq!(self.write(start, id), CommitStatus::Published);
        assert_eq!(self.write(end, id), CommitStatus::Published);
    }
}

/// A span that came out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Out {
    pub id: u64,
    pub incomplete: bool,
}

pub fn spans_of(handed: &HandedPiece) -> Vec<Out> {
    let text = json::request_to_json(handed.signal, &handed.piece.bytes).unwrap();
    let request: serde_json::Value = serde_json::from_str(&text).unwrap();
    let groups = |value: &serde_json::Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    groups(&request, "resourceSpans")
        .iter()
        .flat_map(|resource| groups(resource, "scopeSpans"))
        .flat_map(|scope| groups(&scope, "spans"))
        .map(|span| Out {
            id: u64::from_str_radix(span["spanId"].as_str().unwrap(), 16).unwrap(),
            incomplete: span["attributes"].to_string().contains("otlp_mmap.incomplete"),
        })
        .collect()
}

/// The bodies of the log records in a piece, as [`log`] made them.
pub fn logs_of(handed: &HandedPiece) -> Vec<u64> {
    let text = json::request_to_json(handed.signal, &handed.piece.bytes).unwrap();
    let request: serde_json::Value = serde_json::from_str(&text).unwrap();
    let groups = |value: &serde_json::Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    groups(&request, "resourceLogs")
        .iter()
        .flat_map(|resource| groups(resource, "scopeLogs"))
        .flat_map(|scope| groups(&scope, "logRecords"))
        .map(|log| log["body"]["intValue"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// Each test program uses a part of these.
const _: () = {
    let _ = Spans::new;
    let _ = Spans::whole;
    let _ = end;
    let _ = Spans::log;
    let _ = logs_of;
    let _ = Reading::event_within;
    let _ = Reading::line;
    let _ = Reading::spans;
    let _ = Reading::stop;
};

/// A running receiver whose events the test takes one by one.
pub struct Reading {
    pub receiver: Receiver,
    events: mpsc::Receiver<Event>,
}

impl Reading {
    pub fn start(options: ReceiverOptions) -> Self {
        let (sender, events) = mpsc::channel();
        let receiver = Receiver::start(options, move |event| drop(sender.send(event))).unwrap();
        Self { receiver, events }
    }

    pub fn event(&self) -> Event {
        self.events
            .recv_timeout(WATCHDOG)
            .expect("the reader thread has something to tell")
    }

    /// The next event, if one comes in time.
    pub fn event_within(&self, patience: Duration) -> Option<Event> {
        self.events.recv_timeout(patience).ok()
    }

    pub fn piece(&self) -> HandedPiece {
        loop {
            match self.event() {
                Event::Piece(piece) => return piece,
                Event::Stopped(error) => panic!("stopped: {error:?}"),
                _ => {}
            }
        }
    }

    /// The text of the next line of the log that contains `part`.
    pub fn line(&self, part: &str) -> String {
        loop {
            match self.event() {
                Event::Log(_, text) if text.contains(part) => return text,
                Event::Log(_, text) => eprintln!("{text}"),
                Event::Stopped(error) => panic!("stopped: {error:?}"),
                _ => {}
            }
        }
    }

    /// Acknowledges pieces as they come until `count` spans are there.
    pub fn spans(&self, count: usize) -> Vec<Out> {
        let mut spans = Vec::new();
        while spans.len() < count {
            let piece = self.piece();
            spans.extend(spans_of(&piece));
            self.receiver.acknowledge(piece.sequence);
        }
        spans
    }

    /// Stops and returns the spans that come until it has ended, acknowledged.
    pub fn stop(self) -> Vec<Out> {
        self.receiver.stop();
        let mut spans = Vec::new();
        loop {
            match self.event() {
                Event::Piece(piece) => {
                    spans.extend(spans_of(&piece));
                    self.receiver.acknowledge(piece.sequence);
                }
                Event::Stopped(error) => {
                    assert_eq!(error, None);
                    return spans;
                }
                _ => {}
            }
        }
    }
}

/// Waits until `condition` holds; there is no event for what another thread stores in a file.
pub fn until<C: FnMut() -> bool>(what: &str, mut condition: C) {
    let deadline = std::time::Instant::now() + WATCHDOG;
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
