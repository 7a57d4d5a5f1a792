//! The metric cells of one file: collected at intervals, once for each stream, in pieces as the consumer takes them.

use super::round_note::RoundNote;
use super::run::Outlet;
use super::{Level, MetricStream, ReceiverOptions};
use crate::cells::{Baseline, CellReader, Fate, Groups, InstrumentView, Series, Temporality, merges_gains};
use crate::clock;
use crate::file::Extension;
use crate::layout::{cells, constant};
use crate::otlp::{AggregationTemporality, Interval, MetricEncoder, Piece, Resolver};
use crate::reader::FileReader;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes after which a piece is handed over, whatever its points.
const PIECE_BYTES: usize = 4 << 20;

/// The app's own interval, where the receiver was not told one: milliseconds.
const INTERVAL_SETTING: &str = "OTEL_METRIC_EXPORT_INTERVAL";
/// What its points are to count from, for streams that follow it.
const TEMPORALITY_SETTING: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The time of updates is the writer's last look at the clock, which may be some seconds ago.
const TICK_MARGIN: u64 = 10_000_000_000;

/// A stream, and what it has exported of this file.
struct Stream {
    spec: MetricStream,
    /// The one that is meant for this file.
    temporality: Temporality,
    /// None: everything counts from the start of its series.
    baseline: Option<Baseline>,
    groups: Option<Groups>,
    /// When the newest collection began.
    time: u64,
    /// What of it is in pieces.
    taken: RoundNote,
    /// What of it an earlier collector put into the journal: as place of the instrument, and cell.
    kept: Option<(usize, u32)>,
}

/// What cells are collected for, and how far that is.
pub(super) struct FileCells {
    streams: Vec<Stream>,
    /// What the streams are to be from the next collection on.
    wanted: Option<Vec<MetricStream>>,
    reader: Option<CellReader>,
    encoder: MetricEncoder,
    due: Option<Instant>,
    /// A collection is wanted before it is due.
    requested: bool,
    round: Option<Round>,
    /// The newest piece of the last complete round, and when that began. The next one waits until it is acknowledged.
    collected: Option<(u64, u64)>,
    /// The last round, of cells that do not change any more, is complete.
    is_final: bool,
    skipped: u64,
    told: bool,
}

/// One collection for all streams, one after the other.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing, and all combinations occur"
)]
struct Round {
    stream: usize,
    /// The walk for this stream has begun.
    walking: bool,
    /// Wall clock, nanoseconds: when the points are taken, by their word.
    time: u64,
    /// The interval's end of the stream that is walked.
    end: u64,
    /// Newest piece.
    sequence: u64,
    /// The cells will not change any more.
    last: bool,
    urgent: bool,
    /// It exports what an earlier collector had no acknowledgement for, and nothing else.
    resends: bool,
}

impl FileCells {
    pub(super) fn new(options: &ReceiverOptions) -> Self {
        Self {
            streams: options.metric_streams.iter().map(Stream::new).collect(),
            wanted: None,
            reader: None,
            encoder: MetricEncoder::default(),
            due: None,
            requested: false,
            round: None,
            collected: None,
            is_final: false,
            skipped: 0,
            told: false,
        }
    }

    /// Somebody waits for a collection.
    pub(super) fn request(&mut self) {
        self.requested = !self.is_final && !self.streams.is_empty();
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
        if self.round.is_none() && self.collected.is_none() {
            self.change_streams(file, outlet);
            self.follow_app(file);
        }
        if self.is_final || self.streams.is_empty() || !self.is_open(file, outlet, options) {
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

    /// Opens the cells once there are some, and what was exported of them.
    fn is_open(&mut self, file: &FileReader, outlet: &mut Outlet<'_>, options: &ReceiverOptions) -> bool {
        if self.reader.is_none() && !self.open_reader(file) {
            return false;
        }
        let Some(reader) = &self.reader else { return false };
        for stream in &mut self.streams {
            if !stream.needs_baseline() || stream.baseline.is_some() {
                continue;
            }
            match open_baseline(file, &stream.spec, reader.extents(), options) {
                Ok(baseline) => stream.baseline = Some(baseline),
                Err(error) => {
                    if !std::mem::replace(&mut self.told, true) {
                        outlet.log(Level::Error, error);
                    }
                    return false;
                }
            }
        }
        true
    }

    fn open_reader(&mut self, file: &FileReader) -> bool {
        if file.file().extension().is_none_or(|block| block.cells_state() == 0) {
            return false;
        }
        // a mapping that is refused now may be granted later
        self.reader = CellReader::open(file.file()).ok().flatten();
        self.reader.is_some()
    }

    /// Other streams are wanted from the next collection on.
    pub(super) fn set_streams(&mut self, streams: &[MetricStream]) {
        self.wanted = Some(streams.to_vec());
    }

    /// Looks whether the app has a preference that goes before what streams were told.
    fn follow_app(&mut self, file: &mut FileReader) {
        if !self.streams.iter().any(|stream| stream.spec.follows_app) {
            return;
        }
        let preference = setting(file, TEMPORALITY_SETTING).and_then(|name| Temporality::from_name(name.trim()));
        for stream in self.streams.iter_mut().filter(|stream| stream.spec.follows_app) {
            stream.temporality = preference.unwrap_or(stream.spec.temporality);
        }
    }

    /// Goes over to the streams that are wanted. One that stays keeps what it exported, and its merged series while the rules are the
    /// same.
    fn change_streams(&mut self, file: &FileReader, outlet: &mut Outlet<'_>) {
        let Some(wanted) = self.wanted.take() else { return };
        let mut before = std::mem::take(&mut self.streams);
        let file_id = file_id(file);
        for spec in wanted {
            let known = before.iter().position(|stream| stream.spec.name == spec.name);
            let mut stream = known.map_or_else(|| Stream::new(&spec), |at| before.swap_remove(at));
            if stream.spec.groups != spec.groups {
                stream.groups = spec.groups.clone().map(Groups::new);
            }
            stream.temporality = spec.temporality;
            stream.spec = spec;
            self.streams.push(stream);
        }
        for stream in before {
            stream.remove_baseline(file_id, outlet);
        }
    }

    fn begin_round(&mut self, file: &mut FileReader, options: &ReceiverOptions, now: Instant, last_seen: u64) -> bool {
        if self.collected.is_some() {
            return false;
        }
        let resends = |stream: &Stream| stream.baseline.as_ref().is_some_and(Baseline::resends);
        let resends = self.streams.iter().any(resends);
        // asked before the cells are read: what is written until then is in the last round
        let last = file.cells_are_final() && !resends;
        let due = *self
            .due
            .get_or_insert_with(|| now + options.metric_interval.unwrap_or_else(|| interval_of(file)));
        if !(resends || last || self.requested || now >= due) {
            return false;
        }
        if !resends {
            self.due = Some(now + options.metric_interval.unwrap_or_else(|| interval_of(file)));
        }
        let open = |block: Extension<'_>| block.cells_state() == constant::STATE_OPEN;
        let dead = last && file.file().extension().is_some_and(open);
        let time = if dead { last_seen } else { clock::wall_nanos() };
        self.round = Some(Round {
            stream: 0,
            walking: false,
            time,
            end: time,
            sequence: 0,
            last,
            urgent: !resends && std::mem::take(&mut self.requested),
            resends,
        });
        true
    }

    /// Goes on with the round for one piece.
    fn step(&mut self, file: &FileReader, outlet: &mut Outlet<'_>, options: &ReceiverOptions) {
        let (Some(round), Some(reader)) = (&mut self.round, &mut self.reader) else {
            return;
        };
        let stream = &mut self.streams[round.stream];
        let left_out = round.resends && !stream.baseline.as_ref().is_some_and(Baseline::resends);
        if !round.walking {
            reader.begin(file.file());
            reader.take_exemplars_since(stream.time);
            round.walking = true;
            round.end = stream
                .baseline
                .as_mut()
                .filter(|_| !left_out)
                .map_or(round.time, |baseline| baseline.begin(round.time));
            stream.begin(file, reader, outlet);
        }
        let full = |encoder: &MetricEncoder| encoder.items() >= options.max_points || encoder.bytes() >= PIECE_BYTES;
        let mut ended = left_out;
        while !ended && !full(&self.encoder) {
            if reader.advance() {
                let is_kept = stream.kept.is_some_and(|kept| reader.walked() <= kept);
                let (instrument, series) = reader.current();
                if !is_kept {
                    (stream.taken.instrument, stream.taken.cell) = (instrument.unit_offset, series.cell);
                }
                match stream.take(instrument, series, round.end, is_kept) {
                    Ok(Some((temporality, interval))) => self.encoder.point(instrument, series, temporality, interval),
                    Ok(None) => {}
                    Err(error) => {
                        if !std::mem::replace(&mut self.told, true) {
                            outlet.log(
                                Level::Error,
                                format!(
                                    "metrics of the stream {} wait: what was exported cannot be noted down: {error}; make room, or set another state directory",
                                    stream.spec.name
                                ),
                            );
                        }
                    }
                }
            } else {
                stream.leave_out_merged();
                ended = !stream.hand_merged(&mut self.encoder, round.end);
            }
        }
        let mut piece = Piece::default();
        if self.encoder.cut(&mut piece) {
            let note = stream.baseline.as_ref().map(|_| {
                let key = RoundNote::key(file_id(file), &stream.spec.name);
                (key, stream.taken.encode())
            });
            round.sequence = outlet.hand_metrics(piece, round.urgent, &stream.spec.name, note);
        }
        if !ended {
            return;
        }
        if let Some(baseline) = stream.baseline.as_ref().filter(|_| !left_out) {
            baseline.complete();
        }
        stream.finish();
        if !left_out {
            stream.time = round.end;
        }
        self.skipped = reader.skipped();
        round.walking = false;
        round.stream += 1;
        if round.stream == self.streams.len() {
            self.collected = Some((round.sequence, if round.resends { 0 } else { round.time }));
            self.is_final = round.last || reader.poisoned();
            self.round = None;
        }
    }

    /// Takes note of what pieces up to `watermark` were acknowledged.
    pub(super) fn release(&mut self, file: &FileReader, watermark: u64) {
        let Some((_, time)) = self.collected.take_if(|(sequence, _)| *sequence <= watermark) else {
            return;
        };
        for baseline in self.streams.iter_mut().filter_map(|stream| stream.baseline.as_mut()) {
            // of a round that exported again, those that had nothing to export have nothing under way either
            baseline.acknowledged();
        }
        if let Some(block) = file.file().extension()
            && time != 0
        {
            block.set_cells_collected(time.saturating_sub(TICK_MARGIN));
        }
    }

    /// The file is gone: what was exported of it is of no use any more.
    pub(super) fn remove_baselines(self, file: &FileReader, outlet: &mut Outlet<'_>) {
        let file_id = file_id(file);
        for stream in self.streams {
            stream.remove_baseline(file_id, outlet);
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

impl Stream {
    fn new(spec: &MetricStream) -> Self {
        Self {
            spec: spec.clone(),
            temporality: spec.temporality,
            baseline: None,
            groups: spec.groups.clone().map(Groups::new),
            time: 0,
            taken: RoundNote::default(),
            kept: None,
        }
    }

    fn needs_baseline(&self) -> bool {
        self.temporality != Temporality::Cumulative || self.groups.is_some()
    }

    /// The walk for a collection begins: a new one, or one that an earlier collector did not finish.
    fn begin(&mut self, file: &FileReader, reader: &CellReader, outlet: &Outlet<'_>) {
        let Some(baseline) = &self.baseline else { return };
        let collection = baseline.collection();
        self.kept = None;
        self.taken = RoundNote {
            collection,
            ..RoundNote::default()
        };
        let key = RoundNote::key(file_id(file), &self.spec.name);
        let Some(note) = outlet.note(&key).and_then(|note| RoundNote::decode(note).ok()) else {
            return;
        };
        if baseline.resends() && note.collection == collection {
            self.kept = reader.place_of(note.instrument).map(|place| (place, note.cell));
            self.taken = note;
        }
    }

    /// What it exported is of no use any more.
    fn remove_baseline(self, file_id: [u8; 16], outlet: &mut Outlet<'_>) {
        if let Some(baseline) = self.baseline {
            baseline.remove();
            outlet.forget_note(RoundNote::key(file_id, &self.spec.name));
        }
    }

    /// As [`Stream::point`], of a series that may be merged with others instead, or that an earlier collector exported.
    fn take(
        &mut self,
        instrument: &InstrumentView,
        series: &mut Series,
        end: u64,
        is_kept: bool,
    ) -> std::io::Result<Option<(AggregationTemporality, Interval)>> {
        let resends = self.baseline.as_ref().is_some_and(Baseline::resends);
        let Some(groups) = &mut self.groups else {
            return if is_kept {
                Ok(None)
            } else {
                self.point(instrument, series, end)
            };
        };
        match (groups.place(instrument, series), &mut self.baseline) {
            (Fate::Whole, _) if is_kept => {}
            (Fate::Whole, _) => return self.point(instrument, series, end),
            (Fate::Gains, Some(baseline)) => {
                if let Some(start) = baseline.difference(instrument, series)? {
                    groups.add(instrument, series, start);
                }
            }
            // at the time of the collection that was cut short it may have been another one
            (Fate::Value, _) if resends => {}
            (Fate::Value, _) => groups.add(instrument, series, series.start),
            (Fate::Dropped | Fate::Gains, _) => {}
        }
        Ok(None)
    }

    /// Encodes one merged series. False when there are no more.
    fn hand_merged(&mut self, encoder: &mut MetricEncoder, end: u64) -> bool {
        let temporality = self.temporality;
        let next = self
            .groups
            .as_mut()
            .and_then(|groups| groups.next(|instrument| temporality.of(instrument), end));
        let Some((instrument, series, temporality, interval)) = next else {
            return false;
        };
        encoder.point(instrument, series, temporality, interval);
        self.taken.merged += u64::from(merges_gains(instrument));
        true
    }

    /// Before the first merged series is handed out: those that an earlier collector handed out are left out.
    fn leave_out_merged(&mut self) {
        if let (Some(groups), Some(_)) = (&mut self.groups, self.kept.take()) {
            groups.leave_out(self.taken.merged);
        }
    }

    /// The walk for this stream is over.
    fn finish(&mut self) {
        let temporality = self.temporality;
        if let Some(groups) = &mut self.groups {
            groups.finish(|instrument| temporality.of(instrument));
        }
    }

    /// What is exported of a series, which then holds the values for it; None for nothing.
    fn point(
        &mut self,
        instrument: &InstrumentView,
        series: &mut Series,
        end: u64,
    ) -> std::io::Result<Option<(AggregationTemporality, Interval)>> {
        let temporality = self.temporality.of(instrument);
        let start = match (&mut self.baseline, temporality) {
            (Some(baseline), AggregationTemporality::Delta) => match baseline.difference(instrument, series)? {
                Some(start) => start,
                None => return Ok(None),
            },
            // with delta temporality a gauge that was not set has nothing to say
            (Some(baseline), _)
                if self.temporality == Temporality::Delta
                    && instrument.kind == cells::KIND_GAUGE
                    && series.updated <= baseline.time() =>
            {
                return Ok(None);
            }
            _ => series.start,
        };
        let start = start.min(end);
        Ok(Some((temporality, Interval { start, end })))
    }
}

fn file_id(file: &FileReader) -> [u8; 16] {
    file.identity().map_or([0; 16], |identity| identity.file_id)
}

/// What a stream exported of a file, where it is kept.
fn open_baseline(
    file: &FileReader,
    stream: &MetricStream,
    extents: u64,
    options: &ReceiverOptions,
) -> Result<Baseline, String> {
    let path = file.file().path();
    let folder = options
        .state_directory
        .as_deref()
        .or_else(|| path.parent())
        .unwrap_or(Path::new("."));
    let kept = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let name: String = stream
        .name
        .chars()
        .map(|character| if kept(character) { character } else { '_' })
        .collect();
    let data = path.file_name().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!(".{data}.{name}.base-"));
    Baseline::open(&path, file_id(file), extents).map_err(|error| {
        format!(
            "{}: what the metric stream {} exported cannot be kept there: {error}; mend that, or set another state directory",
            folder.display(),
            stream.name
        )
    })
}

/// How often the app wants its metrics exported.
fn interval_of(file: &mut FileReader) -> Duration {
    setting(file, INTERVAL_SETTING)
        .and_then(|value| value.trim().parse::<u64>().ok())
        .map_or(DEFAULT_INTERVAL, |millis| {
            Duration::from_millis(millis).max(SHORTEST_INTERVAL)
        })
}

/// One of the app's settings.
fn setting(file: &mut FileReader, wanted: &str) -> Option<String> {
    let settings = file.settings();
    settings
        .into_iter()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value)
}
