//! Series merged into groups while they are collected: a fine attribute (a topic, a customer) gives way to the name of its group.
//!
//! What counts upwards (monotonic sums and histograms) is merged by what each series gained since the collection before, so that a
//! merged counter goes on when one of its series ends, and a stream whose rules change begins new merged series instead of one
//! that steps back. Gauges, and sums that may fall, are merged by what they are now. Memory grows with the merged series alone.

mod merged;
mod rules;

pub(crate) use rules::merges_gains;
pub use rules::{GaugeFunction, GroupRule, GroupRules};

use std::sync::Arc;

use hashbrown::HashMap;

use self::merged::Merged;
use self::rules::Place;
use crate::cells::{InstrumentView, Series};
use crate::otlp::{AggregationTemporality, Interval};

/// Merged series of an instrument: more than that are one, with the attribute `otel.metric.overflow`.
const MOST: usize = 10_000;

/// What becomes of a series.
pub(crate) enum Fate {
    /// It is exported by itself; its attributes may have got the name of its group.
    Whole,
    /// It is not exported.
    Dropped,
    /// What it gained since the collection before goes into [`Groups::add`].
    Gains,
    /// What it is goes into [`Groups::add`].
    Value,
}

/// The merged series of one stream and file.
#[derive(Debug)]
pub(crate) struct Groups {
    rules: Arc<GroupRules>,
    instruments: Vec<Instrument>,
    /// Instruments by where they stand in the file.
    index: HashMap<u32, usize>,
    /// Attributes of the series in hand, as those of its merged one.
    attributes: Vec<u8>,
    /// What is handed out next: instrument, and series of it.
    next: (usize, usize),
}

#[derive(Debug)]
struct Instrument {
    view: InstrumentView,
    series: Vec<Merged>,
    /// Series by their attributes.
    index: HashMap<Box<[u8]>, usize>,
}

impl Groups {
    pub(crate) fn new(rules: Arc<GroupRules>) -> Self {
        Self {
            rules,
            instruments: Vec::new(),
            index: HashMap::new(),
            attributes: Vec::new(),
            next: (0, 0),
        }
    }

    /// Looks at a series before anything is done with it.
    pub(crate) fn place(&mut self, instrument: &InstrumentView, series: &mut Series) -> Fate {
        match self
            .rules
            .place(&instrument.name, &series.attributes, &mut self.attributes)
        {
            Place::Untouched => Fate::Whole,
            Place::Detail => {
                std::mem::swap(&mut series.attributes, &mut self.attributes);
                Fate::Whole
            }
            Place::Dropped => Fate::Dropped,
            Place::Merged if merges_gains(instrument) => Fate::Gains,
            Place::Merged => Fate::Value,
        }
    }

    /// Merges the series that was placed last: what it gained since `start`, or what it is.
    pub(crate) fn add(&mut self, instrument: &InstrumentView, series: &Series, start: u64) {
        let at = *self.index.entry(instrument.unit_offset).or_insert_with(|| {
            self.instruments.push(Instrument {
                view: instrument.clone(),
                series: Vec::new(),
                index: HashMap::new(),
            });
            self.instruments.len() - 1
        });
        let Instrument { series: all, index, .. } = &mut self.instruments[at];
        let at = index.get(self.attributes.as_slice()).copied().unwrap_or_else(|| {
            if all.len() >= MOST {
                rules::overflow(&mut self.attributes);
                if let Some(&at) = index.get(self.attributes.as_slice()) {
                    return at;
                }
            }
            all.push(Merged::new(&self.attributes, start));
            index.insert(self.attributes.as_slice().into(), all.len() - 1);
            all.len() - 1
        });
        all[at].add(instrument, series, start, self.rules.gauges);
    }

    /// Leaves out the first `count` merged series of this collection that are merged by gains: an earlier process handed them out. They
    /// begin anew with the next collection, so that none of their gains counts twice.
    pub(crate) fn leave_out(&mut self, count: u64) {
        let gains = self.instruments.iter_mut().filter(|each| merges_gains(&each.view));
        let due = gains.flat_map(|each| &mut each.series).filter(|merged| merged.is_due());
        due.take(count as usize).for_each(Merged::begin_anew);
    }

    /// The next merged series of this collection, once all series were taken; None at the end.
    pub(crate) fn next(
        &mut self,
        temporality: impl Fn(&InstrumentView) -> AggregationTemporality,
        end: u64,
    ) -> Option<(&InstrumentView, &Series, AggregationTemporality, Interval)> {
        while let Some(instrument) = self.instruments.get(self.next.0) {
            match instrument.series.get(self.next.1) {
                Some(merged) if merged.is_due() => break,
                Some(_) => self.next.1 += 1,
                None => self.next = (self.next.0 + 1, 0),
            }
        }
        let (at, series) = self.next;
        self.next.1 += 1;
        let Instrument { view, series: all, .. } = self.instruments.get_mut(at)?;
        let temporality = temporality(view);
        let merged = &mut all[series];
        let start = merged.start();
        Some((view, merged.value(), temporality, Interval { start, end }))
    }

    /// The collection is over. What does not count from its start begins anew with the next one.
    pub(crate) fn finish(&mut self, temporality: impl Fn(&InstrumentView) -> AggregationTemporality) {
        self.next = (0, 0);
        for Instrument { view, series, index } in &mut self.instruments {
            let goes_on = merges_gains(view) && temporality(view) == AggregationTemporality::Cumulative;
            if goes_on {
                series.iter_mut().for_each(Merged::rest);
            } else {
                series.clear();
                index.clear();
            }
        }
    }
}
