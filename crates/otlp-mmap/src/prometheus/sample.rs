//! The lines of a metric family.

use std::fmt::Write;

use super::format::Format;
use super::kind::Type;
use super::labels;
use crate::cells::{Buckets, Exponential, Histogram, InstrumentView, Point, ReadExemplar, Series};

/// The head of a family.
pub(super) fn put_head(out: &mut String, format: Format, name: &str, kind: Type, unit: &str, help: &str) {
    let total = if format == Format::Text && kind == Type::Counter {
        "_total"
    } else {
        ""
    };
    let _ = writeln!(out, "# TYPE {name}{total} {}", kind.word());
    if format == Format::OpenMetrics && !unit.is_empty() {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
    if !help.is_empty() {
        let _ = write!(out, "# HELP {name}{total} ");
        labels::put_escaped(out, help, format == Format::OpenMetrics);
        out.push('\n');
    }
}

/// Writes the samples of one series.
pub(super) struct Samples<'a> {
    pub(super) out: &'a mut String,
    pub(super) format: Format,
    /// Of the family, without `_total`.
    pub(super) name: &'a str,
    /// Each with a comma behind it.
    pub(super) labels: &'a str,
}

impl Samples<'_> {
    pub(super) fn put(&mut self, kind: Type, instrument: &InstrumentView, series: &Series) {
        match &series.point {
            Point::Number(value) if kind == Type::Counter && !self.admits(*value) => {}
            Point::Number(value) if kind == Type::Counter => {
                self.sample("_total", "", *value, series.exemplars.first());
                self.created(series.start);
            }
            Point::Number(value) => self.sample("", "", *value, None),
            Point::Histogram => {
                self.explicit(instrument, &series.histogram, &series.exemplars);
                self.created(series.start);
            }
            Point::Exponential => {
                self.exponential(instrument, &series.exponential, &series.exemplars);
                self.created(series.start);
            }
        }
    }

    /// Whether a counter can have that value. With one that `OpenMetrics` forbids, a scraper may refuse the whole scrape.
    fn admits(&self, value: f64) -> bool {
        self.format == Format::Text || value >= 0.0
    }

    /// One line. `label` is one more label, with a comma behind it.
    fn sample(&mut self, suffix: &str, label: &str, value: f64, exemplar: Option<&ReadExemplar>) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
        if !self.labels.is_empty() || !label.is_empty() {
            self.out.push('{');
            self.out.push_str(self.labels);
            self.out.push_str(label);
            self.out.pop();
            self.out.push('}');
        }
        self.out.push(' ');
        put_number(self.out, value);
        if let Some(exemplar) = exemplar
            && self.format == Format::OpenMetrics
        {
            self.exemplar(exemplar);
        }
        self.out.push('\n');
    }

    fn exemplar(&mut self, exemplar: &ReadExemplar) {
        self.out.push_str(" # {");
        if exemplar.trace_id != [0; 16] {
            self.out.push_str("trace_id=\"");
            put_hex(self.out, &exemplar.trace_id);
            self.out.push_str("\",span_id=\"");
            put_hex(self.out, &exemplar.span_id);
            self.out.push('"');
        }
        self.out.push_str("} ");
        put_number(self.out, exemplar.value);
        self.out.push(' ');
        put_seconds(self.out, exemplar.time);
    }

    fn created(&mut self, start: u64) {
        if self.format == Format::Text {
            return;
        }
        self.out.push_str(self.name);
        self.out.push_str("_created");
        if !self.labels.is_empty() {
            self.out.push('{');
            self.out.push_str(self.labels);
            self.out.pop();
            self.out.push('}');
        }
        self.out.push(' ');
        put_seconds(self.out, start);
        self.out.push('\n');
    }

    fn explicit(&mut self, instrument: &InstrumentView, value: &Histogram, exemplars: &[ReadExemplar]) {
        let mut count = 0;
        let mut below = f64::NEG_INFINITY;
        let ends = instrument.bounds.iter().copied().chain([f64::INFINITY]);
        for (bound, in_bucket) in ends.zip(&value.buckets) {
            count += in_bucket;
            self.bucket(bound, count, below, exemplars);
            below = bound;
        }
        let least = instrument.bounds.first().copied().unwrap_or(0.0);
        self.sum_and_count(instrument, value.sum, count, least);
    }

    /// These formats know explicit bounds only: the buckets that have something in them, each with its own bound.
    fn exponential(&mut self, instrument: &InstrumentView, value: &Exponential, exemplars: &[ReadExemplar]) {
        let bound = |index: i64| (index as f64 * (-f64::from(value.scale)).exp2()).exp2();
        let mut count = 0;
        let mut below = f64::NEG_INFINITY;
        let mut put = |this: &mut Self, end: f64, in_bucket: u64| {
            count += in_bucket;
            // at the ends of what a double can be, bounds of several buckets are one number
            if in_bucket > 0 && end > below && end.is_finite() {
                this.bucket(end, count, below, exemplars);
                below = end;
            }
        };
        for (index, in_bucket) in indexed(&value.negative).rev() {
            put(self, 0.0 - bound(index), in_bucket);
        }
        put(self, 0.0, value.zero_count);
        for (index, in_bucket) in indexed(&value.positive) {
            put(self, bound(index + 1), in_bucket);
        }
        self.bucket(f64::INFINITY, count, below, exemplars);
        let least = if value.negative.counts.iter().any(|&count| count > 0) {
            -1.0
        } else {
            0.0
        };
        self.sum_and_count(instrument, value.sum, count, least);
    }

    fn bucket(&mut self, end: f64, count: u64, below: f64, exemplars: &[ReadExemplar]) {
        let mut label = String::from("le=\"");
        put_bound(&mut label, end, self.format);
        label.push_str("\",");
        let exemplar = exemplars
            .iter()
            .find(|exemplar| exemplar.value > below && exemplar.value <= end);
        self.sample("_bucket", &label, count as f64, exemplar);
    }

    /// In `OpenMetrics` there are both or neither, and neither where values may be below 0: the sum could fall.
    fn sum_and_count(&mut self, instrument: &InstrumentView, sum: f64, count: u64, least: f64) {
        let has_sum = instrument.has_sum();
        if self.format == Format::OpenMetrics && (!has_sum || sum.is_nan() || sum < 0.0 || least < 0.0) {
            return;
        }
        if has_sum {
            self.sample("_sum", "", sum, None);
        }
        self.sample("_count", "", count as f64, None);
    }
}

fn indexed(buckets: &Buckets) -> impl DoubleEndedIterator<Item = (i64, u64)> {
    let offset = i64::from(buckets.offset);
    buckets
        .counts
        .iter()
        .enumerate()
        .map(move |(at, &count)| (offset + at as i64, count))
}

/// A bound as Go prints it by default, so that one bound is one label value whoever writes it. `OpenMetrics` has it look like a fraction.
fn put_bound(out: &mut String, bound: f64, format: Format) {
    let scientific = format!("{bound:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if bound.is_infinite() || (-4..6).contains(&exponent) {
        put_number(out, bound);
        if format == Format::OpenMetrics && bound.is_finite() && bound.fract() == 0.0 {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{digits}e{sign}{:02}", exponent.abs());
    }
}

/// A number, as both formats read it.
fn put_number(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if value != 0.0 && !(1e-5..1e21).contains(&value.abs()) {
        let _ = write!(out, "{value:e}");
    } else {
        let _ = write!(out, "{value}");
    }
}

/// Seconds since the Unix epoch, to the millisecond.
fn put_seconds(out: &mut String, nanos: u64) {
    let _ = write!(out, "{}.{:03}", nanos / 1_000_000_000, nanos / 1_000_000 % 1000);
}

fn put_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}
