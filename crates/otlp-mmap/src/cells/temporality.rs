//! What points count from, by kind of instrument and by what a destination prefers.

use crate::cells::InstrumentView;
use crate::layout::cells;
use crate::otlp::AggregationTemporality;

/// A preference, as in `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Temporality {
    /// Everything counts from the start of its series.
    #[default]
    Cumulative,
    /// Counters, observed counters and histograms count from the collection before.
    Delta,
    /// As delta, but for observed counters, whose values are cumulative as they come.
    LowMemory,
}

impl Temporality {
    /// The preference of a name: `cumulative`, `delta` or `lowmemory`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            ("cumulative", Self::Cumulative),
            ("delta", Self::Delta),
            ("lowmemory", Self::LowMemory),
        ]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, temporality)| temporality)
    }

    /// What an instrument's points count from. Sums that may fall are cumulative always.
    #[inline]
    #[must_use]
    pub fn of(self, instrument: &InstrumentView) -> AggregationTemporality {
        let delta = match instrument.kind {
            cells::KIND_SUM => self != Self::Cumulative && instrument.is_monotonic(),
            cells::KIND_OBSERVED_SUM => self == Self::Delta && instrument.is_monotonic(),
            cells::KIND_HISTOGRAM | cells::KIND_EXPONENTIAL => self != Self::Cumulative,
            _ => false,
        };
        if delta {
            AggregationTemporality::Delta
        } else {
            AggregationTemporality::Cumulative
        }
    }
}
