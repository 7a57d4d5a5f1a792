//! One merged series.

use super::rules::{GaugeFunction, merges_gains};
use crate::cells::{InstrumentView, Point, Series};
use crate::layout::cells;

/// Exemplars that a merged series keeps of a collection.
const MOST_EXEMPLARS: usize = 8;

#[derive(Debug)]
pub(super) struct Merged {
    /// Its attributes and value.
    series: Series,
    start: u64,
    /// Series merged in this collection.
    members: u64,
    /// It has something to export even if nothing is merged in this collection.
    goes_on: bool,
    /// Whether min and max cover all values.
    extremes: bool,
    /// Its value is the sum of all members, and their mean is wanted.
    mean: bool,
}

impl Merged {
    pub(super) fn new(attributes: &[u8], start: u64) -> Self {
        Self {
            series: Series {
                attributes: attributes.to_vec(),
                ..Series::default()
            },
            start,
            members: 0,
            goes_on: false,
            extremes: true,
            mean: false,
        }
    }

    pub(super) fn add(&mut self, instrument: &InstrumentView, series: &Series, start: u64, gauges: GaugeFunction) {
        let first = self.members == 0 && !self.goes_on;
        self.start = self.start.min(start);
        match &series.point {
            Point::Number(value) => self.add_number(instrument, *value, series.updated, gauges),
            Point::Histogram => {
                let mine = &mut self.series.histogram;
                if first {
                    mine.clear(series.histogram.buckets.len());
                    self.series.point = Point::Histogram;
                }
                mine.merge(&series.histogram);
                // what was gained since a collection has no extremes of its own
                self.extremes &= series.histogram.min <= series.histogram.max;
                if !self.extremes {
                    (mine.min, mine.max) = (f64::INFINITY, f64::NEG_INFINITY);
                }
            }
            Point::Exponential => {
                let mine = &mut self.series.exponential;
                if first {
                    mine.clear();
                    self.series.point = Point::Exponential;
                }
                mine.merge(&mut series.exponential.clone(), instrument.max_size);
                self.extremes &= series.exponential.min <= series.exponential.max;
                if !self.extremes {
                    (mine.min, mine.max) = (f64::INFINITY, f64::NEG_INFINITY);
                }
            }
        }
        self.members += 1;
        self.series.updated = self.series.updated.max(series.updated);
        let room = MOST_EXEMPLARS.saturating_sub(self.series.exemplars.len());
        self.series
            .exemplars
            .extend(series.exemplars.iter().take(room).cloned());
    }

    fn add_number(&mut self, instrument: &InstrumentView, value: f64, updated: u64, gauges: GaugeFunction) {
        let Point::Number(mine) = self.series.point else { return };
        let is_gauge = matches!(instrument.kind, cells::KIND_GAUGE | cells::KIND_OBSERVED_GAUGE);
        let first = self.members == 0 && !self.goes_on;
        let merged = match gauges {
            _ if first => value,
            _ if merges_gains(instrument) || !is_gauge => mine + value,
            GaugeFunction::Sum | GaugeFunction::Mean => mine + value,
            GaugeFunction::Min => mine.min(value),
            GaugeFunction::Max => mine.max(value),
            GaugeFunction::Last if updated >= self.series.updated => value,
            GaugeFunction::Last => mine,
        };
        self.series.point = Point::Number(merged);
        self.mean = is_gauge && gauges == GaugeFunction::Mean;
    }

    /// There is something to export in this collection.
    pub(super) fn is_due(&self) -> bool {
        self.members > 0 || self.goes_on
    }

    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// What is exported. Once a collection.
    pub(super) fn value(&mut self) -> &Series {
        if self.mean
            && let Point::Number(sum) = self.series.point
        {
            self.series.point = Point::Number(sum / self.members as f64);
        }
        &self.series
    }

    /// It forgets what was merged.
    pub(super) fn begin_anew(&mut self) {
        self.start = u64::MAX;
        self.members = 0;
        self.goes_on = false;
        self.extremes = true;
        self.series.exemplars.clear();
    }

    /// The collection is over; its value goes on, if it has one.
    pub(super) fn rest(&mut self) {
        self.goes_on |= self.members > 0;
        self.members = 0;
        self.series.exemplars.clear();
    }
}
