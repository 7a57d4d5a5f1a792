//! Data points, encoded as they come into one buffer: resource, scope and metric are opened when they change and closed when they end.
//!
//! The length of a message that is open is not known; four bytes are kept free for it, which is a varint like any other (not the
//! shortest), so that nothing is moved afterwards.

use super::piece::Piece;
use super::piece_buffer::PieceBuffer;
use super::proto::{REQUEST_RESOURCE, metric, resource_group, scope_group};
use crate::cells::{Buckets, Exponential, Histogram, InstrumentView, Point, ReadExemplar, Series};
use crate::layout::cells;
use crate::wire::{self, Output};

/// Bytes of a length that is filled in later.
const LENGTH: usize = 4;

/// What a sum or histogram counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregationTemporality {
    /// From the collection before.
    Delta = 1,
    /// From the start of the series.
    Cumulative = 2,
}

/// When a point begins and ends: nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Not for gauges.
    pub start: u64,
    /// When it was taken.
    pub end: u64,
}

impl Interval {
    /// No shorter than an instant: a series may begin while a collection is under way whose time was taken before, and the last sign of
    /// life of a process that was killed may be older than its first measurement. Of a point that ends as it begins the data model says
    /// that its beginning is not known.
    ///
    /// What counts from the start of its series keeps that start, and ends later: another start next time would say that it began
    /// anew, and what it had until then would count twice. A difference keeps its end, where the next one begins.
    fn not_empty(self, temporality: AggregationTemporality) -> Self {
        let Self { start, end } = self;
        match temporality {
            AggregationTemporality::Delta => Self {
                start: start.min(end.saturating_sub(1)),
                end,
            },
            AggregationTemporality::Cumulative => Self {
                start,
                end: end.max(start.saturating_add(1)),
            },
        }
    }
}

/// A gauge's point has a time, and no interval.
fn is_gauge(instrument: &InstrumentView) -> bool {
    matches!(instrument.kind, cells::KIND_GAUGE | cells::KIND_OBSERVED_GAUGE)
}

/// What is open in the buffer.
#[derive(Debug, Clone, PartialEq)]
struct Open {
    /// Where the lengths of resource group, scope group, metric, and data stand.
    resource: usize,
    scope: usize,
    metric: usize,
    data: usize,
    /// The instrument, and its temporality.
    unit: u32,
    temporality: AggregationTemporality,
}

/// Encodes the series of one file after the other.
#[derive(Debug, Default)]
pub struct MetricEncoder {
    out: PieceBuffer,
    items: u32,
    /// What the last piece took. The next one is about as large: grown by doubling, it would be copied, and be half empty.
    piece_bytes: usize,
    resource: Vec<u8>,
    resource_schema_url: Vec<u8>,
    open: Option<Open>,
    scope: Vec<u8>,
    schema_url: String,
}

impl MetricEncoder {
    /// Points since the last cut.
    #[must_use]
    #[inline]
    pub fn items(&self) -> u32 {
        self.items
    }

    /// Bytes that they take.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> usize {
        self.out.len()
    }

    /// The fields of the OTLP `Resource` of what follows, and its schema URL.
    pub fn set_resource(&mut self, resource: &[u8], schema_url: &[u8]) {
        if self.resource != resource || self.resource_schema_url != schema_url {
            self.close();
            self.resource = resource.to_vec();
            self.resource_schema_url = schema_url.to_vec();
        }
    }

    /// Adds a series as one point. An interval that would be empty, or end before it begins, is made an instant long.
    pub fn point(
        &mut self,
        instrument: &InstrumentView,
        series: &Series,
        temporality: AggregationTemporality,
        interval: Interval,
    ) {
        let same = self
            .open
            .as_ref()
            .is_some_and(|open| open.unit == instrument.unit_offset && open.temporality == temporality);
        if !same {
            self.open_metric(instrument, temporality);
        }
        self.items += 1;
        let interval = if is_gauge(instrument) {
            interval
        } else {
            interval.not_empty(temporality)
        };
        match &series.point {
            Point::Number(value) => self.number(instrument, series, *value, interval),
            Point::Histogram => self.histogram(instrument, series, &series.histogram, interval),
            Point::Exponential => self.exponential(instrument, series, &series.exponential, interval),
        }
    }

    /// Bytes that the next piece will have, by what the last one had.
    #[must_use]
    pub fn expected_bytes(&self) -> usize {
        self.piece_bytes + self.piece_bytes / 64
    }

    /// Has the next piece written into `memory`, and into no other if it suffices. Of no effect where one is begun.
    pub fn write_into(&mut self, memory: PieceBuffer) {
        if self.items == 0 {
            self.out = memory;
            self.out.clear();
        }
    }

    /// Puts everything into `piece`, in the place of what it held; the memory in which that was is where the next piece is written.
    /// False if there is nothing.
    pub fn cut(&mut self, piece: &mut Piece) -> bool {
        self.close();
        piece.clear();
        std::mem::swap(&mut piece.bytes, &mut self.out);
        piece.items = std::mem::take(&mut self.items);
        if piece.items > 0 {
            self.piece_bytes = piece.bytes.len();
        }
        piece.items > 0
    }

    fn open_metric(&mut self, instrument: &InstrumentView, temporality: AggregationTemporality) {
        let out = &mut self.out;
        let (resource, scope) = if let Some(open) = self.open.take() {
            end(out, open.data);
            end(out, open.metric);
            if self.scope == instrument.scope && self.schema_url == instrument.schema_url {
                (open.resource, open.scope)
            } else {
                close_scope(out, open.scope, &self.schema_url);
                (open.resource, self.open_scope(instrument))
            }
        } else {
            self.out.reserve(self.expected_bytes());
            let out = &mut self.out;
            let resource = begin(out, REQUEST_RESOURCE);
            wire::put_bytes(out, resource_group::RESOURCE, &self.resource);
            (resource, self.open_scope(instrument))
        };
        let out = &mut self.out;
        let at = begin(out, scope_group::ITEMS);
        for (field, text) in [
            (metric::NAME, &instrument.name),
            (metric::DESCRIPTION, &instrument.description),
            (metric::UNIT, &instrument.unit),
        ] {
            if !text.is_empty() {
                wire::put_bytes(out, field, text.as_bytes());
            }
        }
        let (field, temporal) = match instrument.kind {
            cells::KIND_SUM | cells::KIND_OBSERVED_SUM => (metric::SUM, true),
            cells::KIND_HISTOGRAM => (metric::HISTOGRAM, true),
            cells::KIND_EXPONENTIAL => (metric::EXPONENTIAL_HISTOGRAM, true),
            _ => (metric::GAUGE, false),
        };
        let data = begin(out, field);
        if temporal {
            wire::put_uint(out, metric::TEMPORALITY, temporality as u64);
        }
        if field == metric::SUM && instrument.is_monotonic() {
            wire::put_uint(out, metric::IS_MONOTONIC, 1);
        }
        self.open = Some(Open {
            resource,
            scope,
            metric: at,
            data,
            unit: instrument.unit_offset,
            temporality,
        });
    }

    fn open_scope(&mut self, instrument: &InstrumentView) -> usize {
        self.scope.clone_from(&instrument.scope);
        self.schema_url.clone_from(&instrument.schema_url);
        let scope = begin(&mut self.out, resource_group::SCOPE_GROUPS);
        wire::put_bytes(&mut self.out, scope_group::SCOPE, &self.scope);
        scope
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let out = &mut self.out;
        end(out, open.data);
        end(out, open.metric);
        close_scope(out, open.scope, &self.schema_url);
        if !self.resource_schema_url.is_empty() {
            wire::put_bytes(out, resource_group::SCHEMA_URL, &self.resource_schema_url);
        }
        end(out, open.resource);
    }

    fn number(&mut self, instrument: &InstrumentView, series: &Series, value: f64, interval: Interval) {
        use metric::number as field;
        let exemplars = exemplars_len(field::EXEMPLARS, &series.exemplars);
        let timed = !is_gauge(instrument);
        let length = series.attributes.len() + exemplars + if timed { 27 } else { 18 };
        let out = &mut self.out;
        out.reserve(length + 10);
        wire::put_len(out, metric::DATA_POINTS, length);
        put_attributes(out, field::ATTRIBUTES, &series.attributes);
        if timed {
            wire::put_fixed64(out, field::START, interval.start);
        }
        wire::put_fixed64(out, field::TIME, interval.end);
        put_number(out, field::AS_DOUBLE, field::AS_INT, instrument, value);
        put_exemplars(out, field::EXEMPLARS, instrument, &series.exemplars);
    }

    fn histogram(&mut self, instrument: &InstrumentView, series: &Series, value: &Histogram, interval: Interval) {
        use metric::histogram as field;
        let out = &mut self.out;
        let at = begin(out, metric::DATA_POINTS);
        put_attributes(out, field::ATTRIBUTES, &series.attributes);
        wire::put_fixed64(out, field::START, interval.start);
        wire::put_fixed64(out, field::TIME, interval.end);
        wire::put_fixed64(out, field::COUNT, value.count());
        if instrument.has_sum() {
            wire::put_fixed64(out, field::SUM, value.sum.to_bits());
        }
        wire::put_len(out, field::BUCKET_COUNTS, value.buckets.len() * 8);
        for count in &value.buckets {
            out.extend_from_slice(&count.to_le_bytes());
        }
        if !instrument.bounds.is_empty() {
            wire::put_len(out, field::BOUNDS, instrument.bounds.len() * 8);
            for bound in &instrument.bounds {
                out.extend_from_slice(&bound.to_le_bytes());
            }
        }
        put_exemplars(out, field::EXEMPLARS, instrument, &series.exemplars);
        if instrument.has_min_max() && value.min <= value.max {
            wire::put_fixed64(out, field::MIN, value.min.to_bits());
            wire::put_fixed64(out, field::MAX, value.max.to_bits());
        }
        end(out, at);
    }

    fn exponential(&mut self, instrument: &InstrumentView, series: &Series, value: &Exponential, interval: Interval) {
        use metric::exponential as field;
        let out = &mut self.out;
        let at = begin(out, metric::DATA_POINTS);
        let count = value.count();
        put_attributes(out, field::ATTRIBUTES, &series.attributes);
        wire::put_fixed64(out, field::START, interval.start);
        wire::put_fixed64(out, field::TIME, interval.end);
        wire::put_fixed64(out, field::COUNT, count);
        if instrument.has_sum() {
            wire::put_fixed64(out, field::SUM, value.sum.to_bits());
        }
        // without a bucket any scale would be true
        let scale = if count == value.zero_count { 0 } else { value.scale };
        if scale != 0 {
            wire::put_uint(out, field::SCALE, zigzag(scale));
        }
        if value.zero_count != 0 {
            wire::put_fixed64(out, field::ZERO_COUNT, value.zero_count);
        }
        put_buckets(out, field::POSITIVE, &value.positive);
        put_buckets(out, field::NEGATIVE, &value.negative);
        put_exemplars(out, field::EXEMPLARS, instrument, &series.exemplars);
        if instrument.has_min_max() && value.min <= value.max {
            wire::put_fixed64(out, field::MIN, value.min.to_bits());
            wire::put_fixed64(out, field::MAX, value.max.to_bits());
        }
        end(out, at);
    }
}

/// Begins a message whose length is not known yet; returns where it will stand.
fn begin(out: &mut PieceBuffer, field: u32) -> usize {
    wire::put_tag(out, field, wire::LEN);
    let at = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    at
}

/// Fills the length in.
fn end(out: &mut [u8], at: usize) {
    let mut length = out.len() - at - LENGTH;
    debug_assert!(length < 1 << (7 * LENGTH));
    for byte in &mut out[at..at + LENGTH] {
        *byte = length as u8 | 0x80;
        length >>= 7;
    }
    out[at + LENGTH - 1] &= 0x7f;
}

fn close_scope(out: &mut PieceBuffer, at: usize, schema_url: &str) {
    if !schema_url.is_empty() {
        wire::put_bytes(out, scope_group::SCHEMA_URL, schema_url.as_bytes());
    }
    end(out, at);
}

/// Appends attributes, which stand in the file as fields of number 1, under another number (below 16, so the length is the same).
#[inline]
fn put_attributes(out: &mut PieceBuffer, field: u32, attributes: &[u8]) {
    let start = out.len();
    out.extend_from_slice(attributes);
    let tag = wire::tag(field, wire::LEN) as u8;
    let copied = &mut out[start..];
    let mut at = 0;
    while at < copied.len() {
        copied[at] = tag;
        // Of the original: what was written just now is not there yet. They were checked when they were read.
        let Ok((length, taken)) = wire::varint(&attributes[at + 1..]) else {
            return;
        };
        at += 1 + taken + length as usize;
    }
}

#[inline]
fn put_number(out: &mut PieceBuffer, as_double: u32, as_int: u32, instrument: &InstrumentView, value: f64) {
    if instrument.is_integer() {
        wire::put_fixed64(out, as_int, (value as i64) as u64);
    } else {
        wire::put_fixed64(out, as_double, value.to_bits());
    }
}

fn put_buckets(out: &mut PieceBuffer, field: u32, buckets: &Buckets) {
    use metric::buckets as inner;
    let at = begin(out, field);
    if buckets.offset != 0 {
        wire::put_uint(out, inner::OFFSET, zigzag(buckets.offset));
    }
    if !buckets.counts.is_empty() {
        let counts = begin(out, inner::COUNTS);
        for count in &buckets.counts {
            wire::put_varint(out, *count);
        }
        end(out, counts);
    }
    end(out, at);
}

fn zigzag(value: i32) -> u64 {
    u64::from((value << 1 ^ value >> 31) as u32)
}

fn exemplar_len(exemplar: &ReadExemplar) -> usize {
    let traced = if exemplar.trace_id == [0; 16] { 0 } else { 28 };
    exemplar.attributes.len() + 18 + traced
}

fn exemplars_len(field: u32, exemplars: &[ReadExemplar]) -> usize {
    exemplars
        .iter()
        .map(|exemplar| wire::field_len(field, exemplar_len(exemplar)))
        .sum()
}

fn put_exemplars(out: &mut PieceBuffer, field: u32, instrument: &InstrumentView, exemplars: &[ReadExemplar]) {
    use metric::exemplar as inner;
    for exemplar in exemplars {
        wire::put_len(out, field, exemplar_len(exemplar));
        put_attributes(out, inner::ATTRIBUTES, &exemplar.attributes);
        wire::put_fixed64(out, inner::TIME, exemplar.time);
        put_number(out, inner::AS_DOUBLE, inner::AS_INT, instrument, exemplar.value);
        if exemplar.trace_id != [0; 16] {
            wire::put_bytes(out, inner::SPAN_ID, &exemplar.span_id);
            wire::put_bytes(out, inner::TRACE_ID, &exemplar.trace_id);
        }
    }
}
