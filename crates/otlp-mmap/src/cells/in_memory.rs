//! A series in this process' own memory, aggregated as in a cell: for those who read measurements and not cells.

use super::exponential;
use super::histogram::{self, COPY, Negative, Words};
use super::read::{Exponential, InstrumentView, Point, Series};
use crate::file::atomic::{AtomicU32, AtomicU64};
use crate::layout::cells;

/// A sum, the newest value, or a histogram.
#[derive(Debug)]
pub(crate) struct InMemory {
    value: f64,
    words: Vec<AtomicU64>,
    /// Bucket words of negative values, from the first one on.
    negative: Vec<AtomicU64>,
    sequence: AtomicU32,
}

impl InMemory {
    pub(crate) fn new(view: &InstrumentView, max_scale: i32) -> Self {
        let buckets = match view.kind {
            cells::KIND_HISTOGRAM => 2 * COPY + view.bounds.len() + 1,
            cells::KIND_EXPONENTIAL => 2 * COPY + 2 * view.max_size as usize,
            _ => 0,
        };
        let new = Self {
            value: 0.0,
            words: (0..buckets).map(|_| AtomicU64::new(0)).collect(),
            negative: Vec::new(),
            sequence: AtomicU32::new(0),
        };
        match view.kind {
            cells::KIND_HISTOGRAM => new.words().clear(),
            cells::KIND_EXPONENTIAL => exponential::clear(new.words(), max_scale),
            _ => {}
        }
        new
    }

    fn words(&self) -> Words<'_> {
        Words {
            inline: &self.words,
            sequence: &self.sequence,
            negative: if self.negative.is_empty() {
                Negative::Nowhere
            } else {
                Negative::Here(&self.negative)
            },
        }
    }

    pub(crate) fn record(&mut self, view: &InstrumentView, value: f64) {
        match view.kind {
            cells::KIND_SUM => self.value += value,
            cells::KIND_HISTOGRAM if value.is_nan() => {}
            cells::KIND_HISTOGRAM => {
                histogram::record(self.words(), histogram::bucket_of(&view.bounds, value), value);
            }
            cells::KIND_EXPONENTIAL => {
                if !exponential::record(self.words(), view.max_size, value) {
                    self.negative = (0..2 * view.max_size).map(|_| AtomicU64::new(0)).collect();
                    let _ = exponential::record(self.words(), view.max_size, value);
                }
            }
            _ => self.value = value,
        }
    }

    /// Puts the value into `series`.
    pub(crate) fn read(&self, view: &InstrumentView, series: &mut Series) {
        match view.kind {
            cells::KIND_HISTOGRAM => {
                series.point = Point::Histogram;
                series.histogram.clear(view.bounds.len() + 1);
                series.histogram.add(self.words(), &mut Vec::new());
            }
            cells::KIND_EXPONENTIAL => {
                series.point = Point::Exponential;
                series.exponential.clear();
                series
                    .exponential
                    .add(self.words(), view.max_size, &mut Exponential::default());
            }
            _ => series.point = Point::Number(self.value),
        }
    }
}
