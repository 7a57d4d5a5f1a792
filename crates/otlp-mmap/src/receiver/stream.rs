//! A metric stream over one file: what it has exported of it, and what it exports of a series now.

use super::outlet::Outlet;
use super::round_note::RoundNote;
use super::{MetricStream, ReceiverOptions};
use crate::cells::{Baseline, CellReader, Fate, Groups, InstrumentView, Series, Temporality, merges_gains};
use crate::layout::cells;
use crate::otlp::{AggregationTemporality, Interval, MetricEncoder};
use crate::reader::FileReader;
use std::path::Path;

/// A stream, and what it has exported of this file.
pub(super) struct Stream {
    pub(super) spec: MetricStream,
    /// The one that is meant for this file.
    pub(super) temporality: Temporality,
    /// None: everything counts from the start of its series.
    pub(super) baseline: Option<Baseline>,
    pub(super) groups: Option<Groups>,
    /// When the newest collection began.
    pub(super) time: u64,
    /// What of it is in pieces.
    pub(super) taken: RoundNote,
    /// What of it an earlier collector put into the journal: as place of the instrument, and cell.
    pub(super) kept: Option<(usize, u32)>,
}

impl Stream {
    pub(super) fn new(spec: &MetricStream) -> Self {
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

    pub(super) fn needs_baseline(&self) -> bool {
        self.temporality != Temporality::Cumulative || self.groups.is_some()
    }

    /// The walk for a collection begins: a new one, or one that an earlier collector did not finish.
    pub(super) fn begin(&mut self, file: &FileReader, reader: &CellReader, outlet: &Outlet<'_>) {
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

    /// The state directory was removed: what it exported is written there again.
    pub(super) fn put_baseline_back(&mut self) -> std::io::Result<()> {
        self.baseline.as_mut().map_or(Ok(()), Baseline::put_back)
    }

    /// What it exported is of no use any more.
    pub(super) fn remove_baseline(self, file_id: [u8; 16], outlet: &mut Outlet<'_>) {
        if let Some(baseline) = self.baseline {
            baseline.remove();
            outlet.forget_note(RoundNote::key(file_id, &self.spec.name));
        }
    }

    /// As [`Stream::point`], of a series that may be merged with others instead, or that an earlier collector exported.
    pub(super) fn take(
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
    pub(super) fn hand_merged(&mut self, encoder: &mut MetricEncoder, end: u64) -> bool {
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
    pub(super) fn leave_out_merged(&mut self) {
        if let (Some(groups), Some(_)) = (&mut self.groups, self.kept.take()) {
            groups.leave_out(self.taken.merged);
        }
    }

    /// The walk for this stream is over.
    pub(super) fn finish(&mut self) {
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
        Ok(Some((temporality, Interval { start, end })))
    }
}

/// What the journal and the base files know the file by.
pub(super) fn file_id(file: &FileReader) -> [u8; 16] {
    file.identity().map_or([0; 16], |identity| identity.file_id)
}

/// What a stream exported of a file, where it is kept.
pub(super) fn open_baseline(
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
    Baseline::open(&path, file_id(file), extents, file.file().path()).map_err(|error| {
        format!(
            "{}: what the metric stream {} exported cannot be kept there: {error}; mend that, or set another state directory",
            folder.display(),
            stream.name
        )
    })
}
