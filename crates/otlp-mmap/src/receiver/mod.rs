//! All files of some folders, read on one thread: pieces of encoded OTLP out, acknowledgements in.
//!
//! The thread reads what is new in every file in turn, a bounded amount of each ring so that a busy file does not starve the
//! others, makes OTLP of it, each signal in a lane of its own, and hands over [`Piece`]s. A file's `reader_index` moves when the pieces that hold its records are
//! acknowledged; when too many bytes wait for that, reading stops and records stay in the rings.

mod alarm;
mod attached;
mod checkpoint;
mod collect;
pub(crate) mod discovery;
mod endpoint;
mod keeper;
mod lane;
mod logs;
mod measured;
mod outlet;
mod pages;
mod pattern;
mod pause;
mod preference;
mod producer;
mod producer_key;
mod rest;
mod retiring;
mod round_note;
mod run;
mod slumber;
mod storage;
mod stream;
mod sweep;
mod traces;
mod visit;
mod watch;

pub(crate) use discovery::Discovery;
pub use discovery::SUFFIX;
pub use keeper::Storage;

use crate::cells::GroupRules;
pub use crate::cells::Temporality;

use crate::journal::{DestinationOptions, JournalStats};
use crate::otlp::{Faults, Lender, Piece, Signal};
use crate::reader::DEAD_SLOT_TIMEOUT;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What to read and within which bounds.
#[derive(Debug, Clone)]
pub struct ReceiverOptions {
    /// Folders to watch, or patterns (`*`, `?`, `[…]`) of folders and files; they need not exist yet.
    pub directories: Vec<PathBuf>,
    /// Single files, of any SDK that writes version 1.
    pub files: Vec<PathBuf>,
    /// Items after which a piece is handed over at once.
    pub max_items: u32,
    /// Bytes handed over and not acknowledged at which reading stops.
    pub max_unacknowledged_bytes: usize,
    /// Open spans held in memory, per producer.
    pub max_open_spans: usize,
    /// Bytes of open spans held in memory, per producer.
    pub max_open_span_bytes: usize,
    /// How long a slot that was claimed and never published holds up a file without our block.
    pub dead_slot_timeout: Duration,
    /// What metrics are collected for: each stream gets all of them. None: metrics are not read.
    pub metric_streams: Vec<MetricStream>,
    /// How often they are collected. None: as the app's own settings say, else once a minute.
    pub metric_interval: Option<Duration>,
    /// Data points after which a piece is handed over.
    pub max_points: u32,
    /// Where streams that are not cumulative keep what was exported. None: hidden files beside the app's.
    pub state_directory: Option<PathBuf>,
    /// The journal in which everything is kept until it is acknowledged. None: records stay in their files until then, and spans that
    /// are open are lost with this process.
    pub storage: Option<Storage>,
    /// Pieces say where their app wants them sent; else they never do.
    pub trust_producer: bool,
    /// Ends, with a message, where another collector reads a file; else it waits for that one to end.
    pub end_if_busy: bool,
    /// Who lends memory for large pieces. None: each has memory of its own.
    pub lender: Option<Arc<dyn Lender>>,
}

/// Metrics of one temporality, for one destination or several that share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricStream {
    /// What its pieces are called.
    pub name: String,
    /// What its points count from.
    pub temporality: Temporality,
    /// A preference among the app's own settings goes before `temporality`.
    pub follows_app: bool,
    /// How series are merged before they are encoded.
    pub groups: Option<Arc<GroupRules>>,
}

impl Default for MetricStream {
    fn default() -> Self {
        Self {
            name: "cumulative".to_owned(),
            temporality: Temporality::Cumulative,
            follows_app: true,
            groups: None,
        }
    }
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            directories: Vec::new(),
            files: Vec::new(),
            max_items: 4096,
            max_unacknowledged_bytes: 64 << 20,
            max_open_spans: 100_000,
            max_open_span_bytes: 64 << 20,
            dead_slot_timeout: DEAD_SLOT_TIMEOUT,
            metric_streams: vec![MetricStream::default()],
            metric_interval: None,
            max_points: 8192,
            state_directory: None,
            storage: None,
            trust_producer: false,
            end_if_busy: false,
            lender: None,
        }
    }
}

/// Encoded OTLP of one producer. Pieces of one signal joined end to end are an export request.
#[derive(Debug)]
pub struct HandedPiece {
    /// Number to acknowledge it by; counts up from 1.
    pub sequence: u64,
    /// What it holds.
    pub signal: Signal,
    /// The encoded bytes, with their item count and item offsets.
    pub piece: Piece,
    /// A process waits for its records: send without waiting for more.
    pub urgent: bool,
    /// Name of the [`MetricStream`]; empty for other signals.
    pub stream: String,
    /// The whole address to which its app wants it sent; empty if it names none, or is not trusted.
    pub endpoint: Arc<str>,
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// The normal course.
    Info,
    /// Something is lost, or may be soon.
    Warn,
    /// Something does not work.
    Error,
}

/// What the thread tells.
#[derive(Debug)]
pub enum Event {
    /// A piece to export.
    Piece(HandedPiece),
    /// Pieces out of the journal for one destination, as asked for; none if nothing waits.
    Backlog(usize, Vec<HandedPiece>),
    /// Pieces wait in the journal for a destination that it does not hold: ask for them.
    Behind(usize),
    /// The journal's directory cannot be used, and it goes on without one: pieces are acknowledged as without a journal.
    WithoutJournal,
    /// It was told to stop and has read its files to their end: no records follow, only what is collected of metrics, at once urgent.
    Drained,
    /// A line for the log.
    Log(Level, String),
    /// The last event: the thread has ended, with a sentence if it could not begin or go on.
    Stopped(Option<String>),
}

/// Counts since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiverStats {
    /// Files being read now.
    pub files_attached: u64,
    /// Files whose structure cannot be right.
    pub files_set_aside: u64,
    /// Files of the dead, drained and removed.
    pub files_removed: u64,
    /// What delta streams had exported of files that went without them, removed.
    pub baselines_swept: u64,
    /// Records taken from the rings, by ring.
    pub records: [u64; 3],
    /// Spans (incomplete ones included), log records and data points handed over, by signal.
    pub items: [u64; 3],
    /// Spans that were open when their process died.
    pub spans_incomplete: u64,
    /// Spans held open now.
    pub spans_open: u64,
    /// End records of spans whose start is not known.
    pub ends_without_start: u64,
    /// Other records of spans whose start is not known.
    pub changes_without_start: u64,
    /// Records that could not be decoded.
    pub records_quarantined: u64,
    /// The same, by the signal that they would have been of.
    pub records_failed: [u64; 3],
    /// What was left out of, or repaired in, records that were taken.
    pub faults: Faults,
    /// Slots claimed by a dead writer and never published.
    pub slots_skipped: u64,
    /// Open spans exported early because a bound was reached.
    pub open_spans_evicted: u64,
    /// What writers counted as lost in the files seen so far, by ring and reason (`layout::constant::DROP_*`).
    pub writer_drops: [[u64; crate::layout::constant::DROP_REASONS as usize]; 3],
    /// Records in the rings of the files being read that are not acknowledged, by ring.
    pub ring_records: [u64; 3],
    /// How full the fullest ring is, in thousandths, by ring.
    pub ring_fullest: [u64; 3],
    /// Bytes handed over and not acknowledged.
    pub bytes_unacknowledged: u64,
    /// Series and instruments in metric cells that cannot be right, counted at each collection.
    pub series_skipped: u64,
    /// Of the journal, if there is one.
    pub journal: Option<JournalStats>,
    /// Why nothing is read, if the journal cannot be written.
    pub journal_refusal: Option<String>,
}

impl ReceiverStats {
    /// Counts records of a signal that could not be decoded.
    fn quarantine(&mut self, signal: Signal, records: u64) {
        self.records_quarantined += records;
        self.records_failed[signal as usize] += records;
    }
}

enum Command {
    Acknowledge(u64),
    AcknowledgeBy(usize, Vec<u64>),
    GiveBack(usize, Vec<u64>),
    Backlog(usize, usize),
    SetDestinations(Vec<DestinationOptions>),
    Flush,
    Pause,
    Resume,
    Watch(Vec<PathBuf>, Vec<PathBuf>),
    MetricStreams(Vec<MetricStream>),
    Stop,
}

/// The reader thread's name, for whoever watches threads.
pub const THREAD_NAME: &str = "otlp-mmap-read";

/// Handle on the reader thread. Dropping it stops the thread without waiting.
#[derive(Debug)]
pub struct Receiver {
    commands: Sender<Command>,
    stats: Arc<Mutex<ReceiverStats>>,
    pulse: Arc<Pulse>,
    alarm: Arc<alarm::Alarm>,
}

/// When the thread last came round.
#[derive(Debug)]
struct Pulse {
    start: Instant,
    /// Milliseconds after `start`.
    last: AtomicU64,
}

impl Pulse {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    fn beat(&self) {
        self.last
            .store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn age(&self) -> Duration {
        self.start
            .elapsed()
            .saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }
}

impl Receiver {
    /// Starts the thread. It calls `on_event` for everything it has to tell; the call may block, which holds up reading.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(options: ReceiverOptions, mut on_event: impl FnMut(Event) + Send + 'static) -> std::io::Result<Self> {
        let (commands, inbox) = channel();
        let stats = Arc::new(Mutex::new(ReceiverStats::default()));
        let shared = Arc::clone(&stats);
        let pulse = Arc::new(Pulse::new());
        let beating = Arc::clone(&pulse);
        let alarm = Arc::new(alarm::Alarm::new());
        let waking = Arc::clone(&alarm);
        std::thread::Builder::new().name(THREAD_NAME.into()).spawn(move || {
            let run = std::panic::AssertUnwindSafe(|| {
                run::Run::new(options, inbox, shared, waking, &mut on_event).run(&beating)
            });
            let error = match std::panic::catch_unwind(run) {
                Ok(ended) => ended.err(),
                Err(panic) => Some(panic_message(&*panic)),
            };
            on_event(Event::Stopped(error));
        })?;
        Ok(Self {
            commands,
            stats,
            pulse,
            alarm,
        })
    }

    /// Every destination has the piece, or refused it for good.
    pub fn acknowledge(&self, sequence: u64) {
        self.send(Command::Acknowledge(sequence));
    }

    /// One destination has the pieces, or refused them for good; it goes by its place in the journal's options.
    pub fn acknowledge_by(&self, destination: usize, sequences: Vec<u64>) {
        self.send(Command::AcknowledgeBy(destination, sequences));
    }

    /// One destination cannot keep the pieces in memory: they wait in the journal until it asks for its backlog.
    pub fn give_back(&self, destination: usize, sequences: Vec<u64>) {
        self.send(Command::GiveBack(destination, sequences));
    }

    /// Takes other destinations from now on: see [`crate::journal::Journal::set_destinations`].
    pub fn set_destinations(&self, destinations: Vec<DestinationOptions>) {
        self.send(Command::SetDestinations(destinations));
    }

    /// Asks for the oldest pieces that wait for a destination, about so many bytes: [`Event::Backlog`] follows.
    pub fn backlog(&self, destination: usize, max_bytes: usize) {
        self.send(Command::Backlog(destination, max_bytes));
    }

    /// Hands over what is assembled now.
    pub fn flush(&self) {
        self.send(Command::Flush);
    }

    /// Collects metrics for these streams from the next collection on. A stream of a name that was there before keeps what it exported.
    pub fn set_metric_streams(&self, streams: Vec<MetricStream>) {
        self.send(Command::MetricStreams(streams));
    }

    /// Watches other folders and files from now on, with the meaning of [`ReceiverOptions`]. What is being read is read to its end.
    pub fn watch(&self, directories: Vec<PathBuf>, files: Vec<PathBuf>) {
        self.send(Command::Watch(directories, files));
    }

    /// Reads nothing more until [`Receiver::resume`]: records stay in the rings. Heartbeats and acknowledgements go on.
    pub fn pause(&self) {
        self.send(Command::Pause);
    }

    /// Reads again.
    pub fn resume(&self) {
        self.send(Command::Resume);
    }

    /// Reads what is there, hands it over, waits until what was handed over is acknowledged and ends the thread. Open spans go
    /// to the journal; without one they are handed over, too, marked incomplete. [`Event::Stopped`] follows.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    /// For how long the thread has not come round: milliseconds while all is well, longer when a file system does not answer.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.pulse.age()
    }

    /// The counts now.
    #[must_use]
    pub fn stats(&self) -> ReceiverStats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A thread that has ended hears nothing, which is as it should be.
    fn send(&self, command: Command) {
        let _ = self.commands.send(command);
        self.alarm.ring();
    }
}

/// What a panic said, in one line, for whoever reads the log.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let lines = text.unwrap_or("a panic without a message").lines().map(str::trim);
    let said = lines.collect::<Vec<_>>().join("; ");
    format!("a fault of this program ({said}): please report it; the next collector goes on where this one was")
}
