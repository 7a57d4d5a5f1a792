//! The metric cells of one file: collected at intervals, once for each stream, in pieces as the consumer takes them.

use super::outlet::Outlet;
use super::preference;
use super::round_note::RoundNote;
use super::stream::{Stream, file_id, open_baseline};
use super::{Level, MetricStream, ReceiverOptions};
use crate::cells::{Baseline, CellReader, Groups};
use crate::clock;
use crate::file::Extension;
use crate::journal::fail_point::fail_point;
use crate::layout::constant;
use crate::otlp::{MetricEncoder, Piece, Resolver};
use crate::reader::FileReader;
use std::time::Instant;

/// Bytes after which a piece is handed over, whatever its points. With the point that goes beyond them it is below the 4 MiB that gRPC
/// servers take where nobody told them otherwise: a larger request is refused for good.
const PIECE_BYTES: usize = 3 << 20;

/// The time of updates is the writer's last look at the clock, which may be some seconds ago.
const TICK_MARGIN: u64 = 10_000_000_000;

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
    /// When the last round was complete: nanoseconds since the Unix epoch. What it took was there by then.
    ended: u64,
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
            ended: 0,
            is_final: false,
            skipped: 0,
            told: false,
        }
    }

    /// Somebody waits for a collection.
    pub(super) fn request(&mut self) {
        self.requested = !self.is_final && !self.streams.is_empty();
    }

    /// When the next collection is due, if that is known.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.is_final)
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
        let preference = preference::temporality(file);
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
            .get_or_insert_with(|| now + options.metric_interval.unwrap_or_else(|| preference::interval(file)));
        if !(resends || last || self.requested || now >= due) {
            return false;
        }
        if !resends {
            self.due = Some(now + options.metric_interval.unwrap_or_else(|| preference::interval(file)));
        }
        let open = |block: Extension<'_>| block.cells_state() == constant::STATE_OPEN;
        let dead = last && file.file().extension().is_some_and(open);
        let newest = self.streams.iter().map(|stream| stream.time).fold(self.ended, u64::max);
        // it may have been collected after the last sign of its life
        let time = if dead {
            last_seen.max(newest + 1)
        } else {
            clock::wall_nanos()
        };
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
            // what an earlier collector exported is in the base
            let exported = stream.baseline.as_ref().map_or(0, Baseline::time);
            reader.take_exemplars_since(stream.time.max(exported));
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
        self.encoder.write_into(outlet.memory(self.encoder.expected_bytes()));
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
            self.ended = clock::wall_nanos();
            self.is_final = round.last || reader.poisoned();
            self.round = None;
        }
    }

    /// Takes note of what pieces up to `watermark` were acknowledged.
    pub(super) fn release(&mut self, file: &FileReader, watermark: u64) {
        let Some((_, time)) = self.collected.take_if(|(sequence, _)| *sequence <= watermark) else {
            return;
        };
        fail_point("base of a delta");
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

    /// The state directory was removed: what was exported is written there again.
    pub(super) fn put_baselines_back(&mut self, outlet: &mut Outlet<'_>) {
        for stream in &mut self.streams {
            if let Err(error) = stream.put_baseline_back() {
                let name = &stream.spec.name;
                let message = format!(
                    "what the metric stream {name} exported cannot be written again: {error}; the next collector may export it a second time"
                );
                outlet.log(Level::Error, message);
            }
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
