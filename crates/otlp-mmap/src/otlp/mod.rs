//! Ring messages to OTLP bytes: resolve references, assemble spans, encode once.
//!
//! Pure: no files, no threads, no clock. A [`Resolver`] stands for one file's dictionary and reads it through
//! [`Entries`], as what stands in its spill ring is; an [`Assembler`] stands for one producer and holds its open spans; a [`TraceEncoder`] gathers finished
//! spans by resource and scope until [`TraceEncoder::cut`] writes them as a [`Piece`] of an export request. A log record
//! is whole in its ring record: a [`LogEncoder`] encodes it at once, and is cut into pieces alike.
//!
//! A signal more is an encoder beside these that fills the same [`Piece`] from [`Resolver`]'s scopes and attributes.

mod assembler;
mod assembler_state;
mod attributes;
mod encoder;
mod entries;
mod entry_cache;
mod faults;
mod groups;
pub mod json;
mod link;
mod log_encoder;
mod log_record;
mod measurements;
mod metric_encoder;
mod open_span;
mod open_spans;
mod piece;
mod piece_buffer;
pub(crate) mod proto;
mod record_error;
mod resolver;
mod scope;
mod span_end;
mod span_event;
mod span_events;
mod spilled;
mod status;
mod text;
mod value;

pub use assembler::{Assembler, AssemblerCounters, AssemblerOptions, Outcome};
pub use encoder::TraceEncoder;
pub use entries::{Entries, EntryError};
pub use faults::Faults;
pub use log_encoder::{LogCounters, LogEncoder};
pub use measurements::MeasurementEncoder;
pub use metric_encoder::{AggregationTemporality, Interval, MetricEncoder};
pub use open_span::OpenSpan;
pub use piece::Piece;
pub use piece_buffer::{Lender, PieceBuffer, Region};
pub use record_error::RecordError;
pub use resolver::Resolver;
pub use scope::{Resource, Scope};

/// A kind of telemetry, as OTLP separates them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

impl Signal {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// `traces`, `logs` or `metrics`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }

    /// The signal of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }
}
