//! Kinds of metrics.

use super::format::Format;
use crate::cells::InstrumentView;
use crate::layout::cells;

/// What Prometheus calls a kind of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Counter,
    Gauge,
    Histogram,
}

impl Type {
    /// Sums that may fall are gauges.
    pub(super) fn of(instrument: &InstrumentView) -> Self {
        match instrument.kind {
            cells::KIND_HISTOGRAM | cells::KIND_EXPONENTIAL => Self::Histogram,
            cells::KIND_SUM | cells::KIND_OBSERVED_SUM if instrument.is_monotonic() => Self::Counter,
            _ => Self::Gauge,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }

    /// What stands behind a family's name in the names of its lines: no other family may have one of these.
    pub(super) fn suffixes(self, format: Format) -> &'static [&'static str] {
        match (self, format) {
            (Self::Gauge, _) => &[""],
            (Self::Counter, Format::Text) => &["_total"],
            (Self::Counter, Format::OpenMetrics) => &["", "_total", "_created"],
            (Self::Histogram, Format::Text) => &["", "_bucket", "_sum", "_count"],
            (Self::Histogram, Format::OpenMetrics) => &["", "_bucket", "_sum", "_count", "_created"],
        }
    }
}
