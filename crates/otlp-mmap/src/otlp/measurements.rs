//! Measurements of SDKs that aggregate nothing, aggregated by what their `MetricRef` says.
//!
//! Points are cut as soon as records are to be given back, since known writers wait while their ring is full. With delta temporality each
//! cut begins anew; cumulative ones go on from the first record that this reader saw.

use hashbrown::HashMap;
use std::sync::Arc;

use super::attributes::AttributeList;
use super::entries::Entries;
use super::faults::Faults;
use super::metric_encoder::{AggregationTemporality, Interval, MetricEncoder};
use super::piece::Piece;
use super::record_error::RecordError;
use super::resolver::Resolver;
use super::scope::Scope;
use super::value::Transcoder;
use crate::cells::{InMemory, InstrumentView, MOST_BUCKETS, Series};
use crate::layout::{cells, field};
use crate::wire::{Fields, Malformed, Value, varint};

/// Series of one producer that are kept; measurements of more go to the overflow series of their metric.
const MOST_SERIES: usize = 100_000;

/// What an SDK that says nothing of the size of an exponential histogram means.
const MAX_SIZE: u32 = 160;

/// Aggregates the measurements of one producer.
#[derive(Debug, Default)]
pub struct MeasurementEncoder {
    metrics: HashMap<i64, Metric>,
    series: usize,
    pending: u32,
    quarantined: u64,
    faults: Faults,
    attributes: AttributeList,
    encoder: MetricEncoder,
    /// A buffer for the point at hand.
    point: Series,
}

#[derive(Debug)]
struct Metric {
    scope: Arc<Scope>,
    view: InstrumentView,
    temporality: AggregationTemporality,
    /// The scale that an exponential histogram begins with.
    max_scale: i32,
    series: HashMap<Vec<u8>, Kept>,
}

/// A series of measurements.
#[derive(Debug)]
struct Kept {
    value: InMemory,
    start: u64,
    end: u64,
    /// Something came since the last cut.
    changed: bool,
}

/// One record.
#[derive(Debug, Default)]
struct Measurement {
    metric_ref: i64,
    time: u64,
    value: Option<f64>,
    integer: bool,
}

impl MeasurementEncoder {
    /// Takes one record of a measurements ring, without its length prefix. `resolver` and `entries` are those of the record's file.
    ///
    /// # Errors
    /// If the record cannot be decoded, or its metric: it is counted.
    pub fn record(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        message: &[u8],
    ) -> Result<(), RecordError> {
        if message.is_empty() {
            return Ok(());
        }
        let taken = self.take(resolver, entries, message);
        if taken.is_err() {
            self.quarantined += 1;
        }
        taken.map_err(|_| RecordError::Malformed)
    }

    fn take(&mut self, resolver: &mut Resolver, entries: &mut dyn Entries, message: &[u8]) -> Result<(), Malformed> {
        let mut measurement = Measurement::default();
        self.attributes.clear();
        {
            let mut transcoder = Transcoder::new(resolver.cache(), entries, &mut self.faults);
            for part in Fields::new(message) {
                match part? {
                    (field::MEASUREMENT_METRIC_REF, v) => measurement.metric_ref = v.varint()? as i64,
                    (field::MEASUREMENT_ATTRIBUTES, v) => transcoder.attribute(1, v.bytes()?, &mut self.attributes),
                    (field::MEASUREMENT_TIME, v) => measurement.time = v.fixed64()?,
                    (field::MEASUREMENT_AS_LONG, v) => {
                        measurement.value = Some(v.varint()? as i64 as f64);
                        measurement.integer = true;
                    }
                    (field::MEASUREMENT_AS_DOUBLE, v) => {
                        measurement.value = Some(f64::from_bits(v.fixed64()?));
                        measurement.integer = false;
                    }
                    _ => {}
                }
            }
        }
        let value = measurement.value.ok_or(Malformed)?;
        if !self.metrics.contains_key(&measurement.metric_ref) {
            let metric = self.read_metric(resolver, entries, &measurement)?;
            self.metrics.insert(measurement.metric_ref, metric);
        }
        let mut set = Vec::with_capacity(self.attributes.len());
        self.attributes.write(&mut set);
        let set = sorted(&set)?;
        let full = self.series >= MOST_SERIES;
        let metric = self.metrics.get_mut(&measurement.metric_ref).ok_or(Malformed)?;
        if !measurement.integer {
            metric.view.flags &= !cells::INTEGER;
        }
        let set = if full && !metric.series.contains_key(&set) {
            crate::cells::overflow_attributes()
        } else {
            set
        };
        let (view, max_scale) = (&metric.view, metric.max_scale);
        let series = &mut self.series;
        let kept = metric.series.entry(set).or_insert_with(|| {
            *series += 1;
            Kept {
                value: InMemory::new(view, max_scale),
                start: measurement.time,
                end: measurement.time,
                changed: false,
            }
        });
        kept.value.record(view, value);
        kept.end = kept.end.max(measurement.time);
        self.pending += u32::from(!std::mem::replace(&mut kept.changed, true));
        Ok(())
    }

    fn read_metric(
        &mut self,
        resolver: &mut Resolver,
        entries: &mut dyn Entries,
        of: &Measurement,
    ) -> Result<Metric, Malformed> {
        let mut entry = Vec::new();
        entries.entry(of.metric_ref, &mut entry).map_err(|_| Malformed)?;
        let mut view = InstrumentView {
            kind: 0,
            flags: if of.integer { cells::INTEGER } else { 0 },
            ..InstrumentView::default()
        };
        let (mut scope, mut temporality, mut max_scale) = (0, 0, 20);
        for part in Fields::new(&entry) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            match part? {
                (field::METRIC_NAME, v) => view.name = text(v.bytes()?),
                (field::METRIC_DESCRIPTION, v) => view.description = text(v.bytes()?),
                (field::METRIC_UNIT, v) => view.unit = text(v.bytes()?),
                (field::METRIC_SCOPE_REF, v) => scope = v.varint()? as i64,
                (field::METRIC_GAUGE, _) => view.kind = cells::KIND_GAUGE,
                (field::METRIC_SUM, v) => {
                    view.kind = cells::KIND_SUM;
                    for part in Fields::new(v.bytes()?) {
                        match part? {
                            (2, v) => temporality = v.varint()?,
                            (3, v) if v.varint()? != 0 => view.flags |= cells::MONOTONIC,
                            _ => {}
                        }
                    }
                }
                (field::METRIC_HISTOGRAM, v) => {
                    view.kind = cells::KIND_HISTOGRAM;
                    for part in Fields::new(v.bytes()?) {
                        match part? {
                            (1, v) => temporality = v.varint()?,
                            (2, Value::Bytes(packed)) => view.bounds.extend(doubles(packed)?),
                            (2, v) => view.bounds.push(f64::from_bits(v.fixed64()?)),
                            _ => {}
                        }
                    }
                }
                (field::METRIC_EXP_HISTOGRAM, v) => {
                    view.kind = cells::KIND_EXPONENTIAL;
                    view.max_size = MAX_SIZE;
                    for part in Fields::new(v.bytes()?) {
                        match part? {
                            (1, v) => temporality = v.varint()?,
                            (2, v) => view.max_size = (v.varint()? as i64).clamp(2, i64::from(MOST_BUCKETS)) as u32,
                            (3, v) => max_scale = (v.varint()? as i64).clamp(-10, 20) as i32,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        let rising = view.bounds.windows(2).all(|pair| pair[0] < pair[1]);
        if view.kind == 0 || !rising || view.bounds.len() >= MOST_BUCKETS as usize {
            return Err(Malformed);
        }
        let scope = Arc::clone(resolver.scope(entries, &mut self.faults, scope, 0));
        view.scope = scope.body().to_vec();
        view.schema_url = String::from_utf8_lossy(scope.schema_url()).into_owned();
        view.unit_offset = self.metrics.len() as u32 + 1;
        Ok(Metric {
            scope,
            view,
            max_scale,
            temporality: if temporality == 1 {
                AggregationTemporality::Delta
            } else {
                AggregationTemporality::Cumulative
            },
            series: HashMap::new(),
        })
    }

    /// Series that changed since the last cut.
    #[must_use]
    pub fn items(&self) -> u32 {
        self.pending
    }

    /// Records that could not be decoded.
    #[must_use]
    pub fn quarantined(&self) -> u64 {
        self.quarantined
    }

    /// What was left out of records that were taken.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// Puts the points of all series that changed into `piece`; false if there are none.
    pub fn cut(&mut self, piece: &mut Piece) -> bool {
        let mut metrics: Vec<&mut Metric> = self.metrics.values_mut().collect();
        // what belongs to one resource, one scope, one metric stands together
        metrics.sort_by_key(|metric| {
            (
                metric.scope.resource().hash(),
                metric.scope.hash(),
                metric.view.unit_offset,
            )
        });
        for metric in metrics {
            let resource = metric.scope.resource();
            self.encoder.set_resource(resource.body(), resource.schema_url());
            let mut changed: Vec<_> = metric.series.iter_mut().filter(|(_, kept)| kept.changed).collect();
            changed.sort_by(|one, other| one.0.cmp(other.0));
            for (set, kept) in changed {
                self.point.attributes.clone_from(set);
                kept.value.read(&metric.view, &mut self.point);
                let interval = Interval {
                    start: kept.start,
                    end: kept.end,
                };
                self.encoder
                    .point(&metric.view, &self.point, metric.temporality, interval);
                kept.changed = false;
                if metric.temporality == AggregationTemporality::Delta && metric.view.kind != cells::KIND_GAUGE {
                    kept.value = InMemory::new(&metric.view, metric.max_scale);
                    kept.start = kept.end;
                }
            }
        }
        self.pending = 0;
        self.encoder.cut(piece)
    }
}

fn doubles(packed: &[u8]) -> Result<impl Iterator<Item = f64>, Malformed> {
    let (chunks, rest) = packed.as_chunks::<8>();
    if rest.is_empty() {
        Ok(chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)))
    } else {
        Err(Malformed)
    }
}

/// The attributes in an order that does not depend on that of the record.
fn sorted(attributes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut fields = Vec::new();
    let mut rest = attributes;
    while !rest.is_empty() {
        let (length, taken) = varint(&rest[1..])?;
        let end = 1 + taken + length as usize;
        let (first, others) = rest.split_at_checked(end).ok_or(Malformed)?;
        fields.push(first);
        rest = others;
    }
    fields.sort_unstable();
    Ok(fields.concat())
}
