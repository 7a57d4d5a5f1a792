//! The metric cells of one file: collected at intervals, once for each stream, in pieces as the consumer takes them.

use super::run::Outlet;
use super::{MetricStream, ReceiverOptions};
use crate::cells::CellReader;
use crate::layout::constant;
use crate::otlp::{AggregationTemporality, Interval, MetricEncoder, Piece, Resolver};
use crate::reader::FileReader;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes after which a piece is handed over, whatever its points.
const PIECE_BYTES: usize = 4 << 20;

/// The app's own interval, where the receiver was not told one: milliseconds.
const INTERVAL_SETTING: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The time of updates is the writer's last look at the clock, which may be some seconds ago.
const TICK_MARGIN: u64 = 10_000_000_000;

/// What cells are collected for, and how far that is.
pub(super) struct FileCells {
    streams: Vec<Arc<MetricStream>>,
    reader: Option<CellReader>,
    encoder: MetricEncoder,
    due: Option<Instant>,
    /// A collection is wanted before it is due.
    requested: bool,
    round: Option<Round>,
    /// The newest piece of the last complete round, and when that began.
    collected: Option<(u64, u64)>,
    /// The last round, of cells that do not change any more, is complete.
    is_final: bool,
    skipped: u64,
}

/// One collection for all streams, one after the other.
struct Round {
    stream: usize,
    /// The walk for this stream has begun.
    walking: bool,
    /// Wall clock, nanoseconds: when the points are taken, by their word.
    time: u64,
    /// Newest piece.
    sequence: u64,
    /// The cells will not change any more.
    last: bool,
    urgent: bool,
}

impl FileCells {
    pub(super) fn new(options: &ReceiverOptions) -> Self {
        Self {
            streams: options.metric_streams.iter().cloned().map(Arc::new).collect(),
            reader: None,
            encoder: MetricEncoder::default(),
            due: None,
            requested: false,
            round: None,
            collected: None,
            is_final: false,
            skipped: 0,
        }
    }

    /// Somebody waits for a collection.
    pub(super) fn request(&mut self) {
        self.requested = !self.is_final;
    }

    /// Something may be due: a look that costs nothing.
    #[inline]
    pub(super) fn may_collect(&self, file: &FileReader, now: Instant) -> bool {
        let has_cells = || file.file().extension().is_some_and(|block| block.cells_state() != 0);
        let begins = self.requested || self.due.is_none_or(|due| now >= due) || file.cells_are_final();
        !self.is_final && (self.round.is_some() || (begins && has_cells()))
            || (self.requested && !self.streams.is_empty())
    }

    /// Collects what is due, at most one piece. True if there is more to do now.
    pub(super) fn collect(
        &mut self,
        file: &mut FileReader,
        resolver: &Resolver,
        outlet: &mut Outlet<'_>,
        options: &ReceiverOptions,
        now: Instant,
        last_seen: u64,
    ) -> bool {
        if self.is_final || self.streams.is_empty() || !self.is_open(file) {
            self.requested = false;
            return false;
        }
        if self.round.is_none() && !self.begin_round(file, options, now, last_seen) {
            return false;
        }
        if let Some(resource) = resolver.resource_override() {
            self.encoder.set_resource(resource.body(), resource.schema_url());
        }
        self.step(file, outlet, options);
        true
    }

    /// Opens the cells once there are some.
    fn is_open(&mut self, file: &FileReader) -> bool {
        if self.reader.is_none() && file.file().extension().is_some_and(|block| block.cells_state() != 0) {
            // a mapping that is refused now may be granted later
            self.reader = CellReader::open(file.file()).ok().flatten();
        }
        self.reader.is_some()
    }

    fn begin_round(&mut self, file: &mut FileReader, options: &ReceiverOptions, now: Instant, last_seen: u64) -> bool {
        // asked before the cells are read: what is written until then is in the last round
        let last = file.cells_are_final();
        let due = *self
            .due
            .get_or_insert_with(|| now + options.metric_interval.unwrap_or_else(|| interval_of(file)));
        if !(last || self.requested || now >= due) {
            return false;
        }
        self.due = Some(now + options.metric_interval.unwrap_or_else(|| interval_of(file)));
        let dead = last
            && file
                .file()
                .extension()
                .is_some_and(|block| block.cells_state() == constant::STATE_OPEN);
        let time = if dead { last_seen } else { crate::clock::wall_nanos() };
        self.round = Some(Round {
            stream: 0,
            walking: false,
            time,
            sequence: 0,
            last,
            urgent: std::mem::take(&mut self.requested),
        });
        true
    }

    /// Goes on with the round for one piece.
    fn step(&mut self, file: &FileReader, outlet: &mut Outlet<'_>, options: &ReceiverOptions) {
        let (Some(round), Some(reader)) = (&mut self.round, &mut self.reader) else {
            return;
        };
        let stream = &self.streams[round.stream];
        if !round.walking {
            reader.begin(file.file());
            round.walking = true;
        }
        let full = |encoder: &MetricEncoder| encoder.items() >= options.max_points || encoder.bytes() >= PIECE_BYTES;
        let mut ended = false;
        while !full(&self.encoder) {
            if !reader.advance() {
                ended = true;
                break;
            }
            let (instrument, series) = reader.current();
            let interval = Interval {
                start: series.start.min(round.time),
                end: round.time,
            };
            self.encoder
                .point(instrument, series, AggregationTemporality::Cumulative, interval);
        }
        let mut piece = Piece::default();
        if self.encoder.cut(&mut piece) {
            round.sequence = outlet.hand_metrics(piece, round.urgent, &stream.name);
        }
        if ended {
            self.skipped = reader.skipped();
            round.walking = false;
            round.stream += 1;
            if round.stream == self.streams.len() {
                self.collected = Some((round.sequence, round.time));
                self.is_final = round.last;
                self.round = None;
            }
        }
    }

    /// Takes note of what pieces up to `watermark` were acknowledged.
    pub(super) fn release(&mut self, file: &FileReader, watermark: u64) {
        if let Some((_, time)) = self.collected.take_if(|(sequence, _)| *sequence <= watermark)
            && let Some(block) = file.file().extension()
        {
            block.set_cells_collected(time.saturating_sub(TICK_MARGIN));
        }
    }

    /// Nothing is being collected or asked for, and everything that was collected is acknowledged.
    pub(super) fn is_settled(&self) -> bool {
        !self.requested && self.round.is_none() && self.collected.is_none()
    }

    /// There will be nothing to collect any more.
    pub(super) fn is_done(&self, file: &FileReader) -> bool {
        let none = self.streams.is_empty() || file.file().extension().is_none_or(|block| block.cells_state() == 0);
        self.is_settled() && (self.is_final || none)
    }

    /// Series that could not be right.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// How often the app wants its metrics exported.
fn interval_of(file: &mut FileReader) -> Duration {
    let settings = file.settings();
    settings
        .iter()
        .find(|(name, _)| name == INTERVAL_SETTING)
        .and_then(|(_, value)| value.trim().parse::<u64>().ok())
        .map_or(DEFAULT_INTERVAL, |millis| {
            Duration::from_millis(millis).max(SHORTEST_INTERVAL)
        })
}
