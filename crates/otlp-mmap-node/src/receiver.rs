//! The collector's reader thread, as an object with a callback.

use crate::lent::Lent;
use crate::metric_stream::{self, JsMetricStream};
use crate::panics;
use crate::storage::{JsDestination, JsJournalStats, JsStorageOptions};
use crate::writers::reason_name;
use napi::bindgen_prelude::{Buffer, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::file::RingId;
use otlp_mmap::layout::constant;
use otlp_mmap::otlp::{Lender, Signal};
use otlp_mmap::receiver::{Event, HandedPiece, Level, Receiver, ReceiverOptions, ReceiverStats};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// See `ReceiverOptions` of `ts/native/binding/receiver.ts`.
#[napi(object)]
pub struct JsReceiverOptions {
    pub directories: Vec<String>,
    pub files: Vec<String>,
    pub max_items: Option<u32>,
    pub max_unacknowledged_bytes: Option<f64>,
    pub max_open_spans: Option<u32>,
    pub max_open_span_bytes: Option<f64>,
    pub dead_slot_timeout: Option<f64>,
    pub storage: Option<JsStorageOptions>,
    pub end_if_busy: Option<bool>,
    pub trust_producer: Option<bool>,
    pub metric_streams: Option<Vec<JsMetricStream>>,
    pub metric_interval: Option<f64>,
    pub max_points: Option<u32>,
    pub state_directory: Option<String>,
    pub lent: Option<Vec<Buffer>>,
}

fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64((millis / 1000.0).clamp(0.0, 86_400.0))
}

impl TryFrom<JsReceiverOptions> for ReceiverOptions {
    type Error = Error;

    fn try_from(options: JsReceiverOptions) -> Result<Self> {
        let default = Self::default();
        let paths = |names: Vec<String>| names.into_iter().map(PathBuf::from).collect();
        let bytes = |given: Option<f64>, default: usize| given.map_or(default, |bytes| bytes as usize);
        Ok(Self {
            directories: paths(options.directories),
            files: paths(options.files),
            max_items: options.max_items.unwrap_or(default.max_items),
            max_unacknowledged_bytes: bytes(options.max_unacknowledged_bytes, default.max_unacknowledged_bytes),
            max_open_spans: options
                .max_open_spans
                .map_or(default.max_open_spans, |spans| spans as usize),
            max_open_span_bytes: bytes(options.max_open_span_bytes, default.max_open_span_bytes),
            dead_slot_timeout: options.dead_slot_timeout.map_or(default.dead_slot_timeout, millis),
            metric_streams: match options.metric_streams {
                Some(streams) => metric_stream::streams(streams)?,
                None => default.metric_streams,
            },
            storage: options.storage.map(Into::into),
            end_if_busy: options.end_if_busy.unwrap_or(false),
            trust_producer: options.trust_producer.unwrap_or(false),
            metric_interval: options.metric_interval.map(millis),
            max_points: options.max_points.unwrap_or(default.max_points),
            state_directory: options.state_directory.map(PathBuf::from),
            lender: None,
        })
    }
}

/// See `Piece` of `ts/native/binding/receiver.ts`.
#[napi(object, object_from_js = false)]
pub struct JsPiece {
    pub sequence: f64,
    pub signal: &'static str,
    pub body: Option<Buffer>,
    pub lent: Option<u32>,
    pub bytes: Option<u32>,
    pub items: u32,
    pub urgent: bool,
    pub stream: Option<String>,
    pub endpoint: Option<String>,
}

impl JsPiece {
    fn new(handed: HandedPiece, memory: &Lent) -> Self {
        let length = handed.piece.bytes.len() as u32;
        let (lent, body) = match memory.tell(handed.piece.bytes) {
            Ok(number) => (Some(number), None),
            Err(own) => (None, Some(own.into())),
        };
        Self {
            sequence: handed.sequence as f64,
            signal: handed.signal.name(),
            items: handed.piece.items,
            lent,
            bytes: lent.map(|_| length),
            body,
            urgent: handed.urgent,
            stream: Some(handed.stream).filter(|stream| !stream.is_empty()),
            endpoint: (!handed.endpoint.is_empty()).then(|| handed.endpoint.to_string()),
        }
    }
}

/// See `ReceiverEvent` of `ts/native/binding/receiver.ts`.
#[napi(object, object_from_js = false)]
pub struct JsReceiverEvent {
    #[napi(js_name = "type")]
    pub kind: &'static str,
    pub piece: Option<JsPiece>,
    pub destination: Option<u32>,
    pub pieces: Option<Vec<JsPiece>>,
    pub level: Option<&'static str>,
    pub message: Option<String>,
    pub error: Option<String>,
}

impl JsReceiverEvent {
    /// `memory`: where pieces may be.
    fn new(event: Event, memory: &Lent) -> Self {
        let empty = Self {
            kind: "",
            piece: None,
            destination: None,
            pieces: None,
            level: None,
            message: None,
            error: None,
        };
        match event {
            Event::Piece(handed) => {
                let piece = JsPiece::new(handed, memory);
                Self {
                    kind: if piece.lent.is_some() { "lent" } else { "piece" },
                    piece: Some(piece),
                    ..empty
                }
            }
            Event::Backlog(destination, pieces) => Self {
                kind: "backlog",
                destination: Some(destination as u32),
                pieces: Some(pieces.into_iter().map(|piece| JsPiece::new(piece, memory)).collect()),
                ..empty
            },
            Event::Behind(destination) => Self {
                kind: "behind",
                destination: Some(destination as u32),
                ..empty
            },
            Event::WithoutJournal => Self {
                kind: "withoutJournal",
                ..empty
            },
            Event::Drained => Self {
                kind: "drained",
                ..empty
            },
            Event::Log(level, message) => Self {
                kind: "log",
                level: Some(level_name(level)),
                message: Some(message),
                ..empty
            },
            Event::Stopped(error) => Self {
                kind: "stopped",
                error,
                ..empty
            },
        }
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// See `ReceiverStats` of `ts/native/binding/receiver.ts`.
#[napi(object, object_from_js = false)]
pub struct JsReceiverStats {
    pub files_attached: f64,
    pub files_set_aside: f64,
    pub files_removed: f64,
    pub baselines_swept: f64,
    pub records: HashMap<&'static str, f64>,
    pub items: HashMap<&'static str, f64>,
    pub spans_incomplete: f64,
    pub spans_open: f64,
    pub ends_without_start: f64,
    pub changes_without_start: f64,
    pub records_quarantined: f64,
    pub records_failed: HashMap<&'static str, f64>,
    pub spills_lost: f64,
    pub parts_undecodable: HashMap<&'static str, f64>,
    pub slots_skipped: f64,
    pub open_spans_evicted: f64,
    pub writer_drops: HashMap<&'static str, HashMap<&'static str, f64>>,
    pub ring_records: HashMap<&'static str, f64>,
    pub ring_fullest: HashMap<&'static str, f64>,
    pub bytes_unacknowledged: f64,
    pub journal: Option<JsJournalStats>,
    pub series_skipped: f64,
}

impl From<ReceiverStats> for JsReceiverStats {
    fn from(stats: ReceiverStats) -> Self {
        let drops = RingId::ALL.map(|ring| {
            let counts = (0..constant::DROP_REASONS).zip(stats.writer_drops[ring as usize]);
            let lost = counts.filter(|&(_, count)| count > 0);
            let by_reason = lost.map(|(reason, count)| (reason_name(reason), count as f64));
            (ring.name(), by_reason.collect::<HashMap<_, _>>())
        });
        Self {
            files_attached: stats.files_attached as f64,
            files_set_aside: stats.files_set_aside as f64,
            files_removed: stats.files_removed as f64,
            baselines_swept: stats.baselines_swept as f64,
            records: RingId::ALL
                .map(|ring| (ring.name(), stats.records[ring as usize] as f64))
                .into(),
            items: Signal::ALL
                .map(|signal| (signal.name(), stats.items[signal as usize] as f64))
                .into(),
            spans_incomplete: stats.spans_incomplete as f64,
            spans_open: stats.spans_open as f64,
            ends_without_start: stats.ends_without_start as f64,
            changes_without_start: stats.changes_without_start as f64,
            records_quarantined: stats.records_quarantined as f64,
            records_failed: Signal::ALL
                .map(|signal| (signal.name(), stats.records_failed[signal as usize] as f64))
                .into(),
            spills_lost: stats.faults.lost_spills as f64,
            parts_undecodable: [
                ("attribute", stats.faults.undecodable_attributes),
                ("body", stats.faults.undecodable_bodies),
                ("link", stats.faults.undecodable_links),
                ("reference", stats.faults.unresolved_references),
                ("text", stats.faults.invalid_utf8),
            ]
            .map(|(part, count)| (part, count as f64))
            .into(),
            slots_skipped: stats.slots_skipped as f64,
            open_spans_evicted: stats.open_spans_evicted as f64,
            writer_drops: drops
                .into_iter()
                .filter(|(_, by_reason)| !by_reason.is_empty())
                .collect(),
            ring_records: RingId::ALL
                .map(|ring| (ring.name(), stats.ring_records[ring as usize] as f64))
                .into(),
            ring_fullest: RingId::ALL
                .map(|ring| (ring.name(), stats.ring_fullest[ring as usize] as f64 / 1000.0))
                .into(),
            bytes_unacknowledged: stats.bytes_unacknowledged as f64,
            journal: stats
                .journal
                .map(|journal| JsJournalStats::new(journal, stats.journal_refusal)),
            series_skipped: stats.series_skipped as f64,
        }
    }
}

/// The reader thread of a collector; see `NativeReceiver` of `ts/native/binding/receiver.ts`.
#[napi]
pub struct NativeReceiver {
    receiver: Receiver,
    lent: Arc<Lent>,
}

#[napi]
impl NativeReceiver {
    /// Every destination has the piece, or refused it for good.
    #[napi]
    pub fn acknowledge(&self, sequence: f64) {
        self.receiver.acknowledge(sequence as u64);
    }

    /// Nobody needs any more what is in this lent buffer.
    #[napi]
    pub fn give_back_lent(&self, number: u32) {
        self.lent.give_back(number);
    }

    /// The counts now.
    #[napi]
    pub fn stats(&self) -> JsReceiverStats {
        self.receiver.stats().into()
    }

    /// One destination has these pieces, or refused them for good.
    #[napi]
    pub fn acknowledge_by(&self, destination: u32, sequences: Vec<f64>) {
        self.receiver.acknowledge_by(destination as usize, numbers(&sequences));
    }

    /// One destination cannot keep these pieces in memory.
    #[napi]
    pub fn give_back(&self, destination: u32, sequences: Vec<f64>) {
        self.receiver.give_back(destination as usize, numbers(&sequences));
    }

    /// Asks for pieces that wait in the journal for a destination; a `backlog` event follows.
    #[napi]
    pub fn backlog(&self, destination: u32, max_bytes: f64) {
        self.receiver.backlog(destination as usize, max_bytes as usize);
    }

    /// Takes other destinations from now on.
    #[napi]
    pub fn set_destinations(&self, destinations: Vec<JsDestination>) {
        self.receiver
            .set_destinations(destinations.into_iter().map(Into::into).collect());
    }

    /// Hands over what is assembled now.
    #[napi]
    pub fn flush(&self) {
        self.receiver.flush();
    }

    /// Collects metrics for these streams from the next collection on.
    ///
    /// # Errors
    /// An expression that is none, a word that is not known.
    #[napi]
    pub fn set_metric_streams(&self, streams: Vec<JsMetricStream>) -> Result<()> {
        self.receiver.set_metric_streams(metric_stream::streams(streams)?);
        Ok(())
    }

    /// Watches other folders and files from now on.
    #[napi]
    pub fn watch(&self, directories: Vec<String>, files: Vec<String>) {
        let paths = |names: Vec<String>| names.into_iter().map(PathBuf::from).collect();
        self.receiver.watch(paths(directories), paths(files));
    }

    /// Milliseconds since the thread last came round.
    #[napi]
    pub fn silence(&self) -> f64 {
        self.receiver.silence().as_secs_f64() * 1000.0
    }

    /// Reads nothing more until `resume`.
    #[napi]
    pub fn pause(&self) {
        self.receiver.pause();
    }

    /// Reads again.
    #[napi]
    pub fn resume(&self) {
        self.receiver.resume();
    }

    /// Reads what is there, hands it over, waits for its acknowledgement and ends the thread.
    #[napi]
    pub fn stop(&self) {
        self.receiver.stop();
    }
}

fn numbers(sequences: &[f64]) -> Vec<u64> {
    sequences.iter().map(|&sequence| sequence as u64).collect()
}

/// Starts a reader thread that tells everything through `on_event`.
///
/// # Errors
/// The thread cannot be started.
#[napi]
pub fn create_receiver(
    mut options: JsReceiverOptions,
    on_event: Function<'_, JsReceiverEvent, ()>,
) -> Result<NativeReceiver> {
    let lent = Arc::new(Lent::new(options.lent.take().unwrap_or_default()));
    let memory = Arc::clone(&lent);
    let on_event: ThreadsafeFunction<Event, (), JsReceiverEvent, napi::Status, false> = on_event
        .build_threadsafe_function::<Event>()
        .build_callback(move |context| Ok(JsReceiverEvent::new(context.value, &memory)))?;
    panics::keep_those_of_readers();
    let mut options: ReceiverOptions = options.try_into()?;
    options.lender = Some(Arc::clone(&lent) as Arc<dyn Lender>);
    let receiver = Receiver::start(options, move |event| {
        let tell = |event| {
            on_event.call(event, ThreadsafeFunctionCallMode::NonBlocking);
        };
        if let Some(first) = panics::before(&event) {
            tell(first);
        }
        tell(event);
    })
    .map_err(|error| Error::from_reason(format!("cannot start the reader thread: {error}")))?;
    Ok(NativeReceiver { receiver, lent })
}

/// Folders that a collector without settings watches, best first.
#[napi]
#[must_use]
pub fn default_directories() -> Vec<String> {
    otlp_mmap::directory::default_candidates()
        .into_iter()
        .map(|path| path.display().to_string())
        .collect()
}
