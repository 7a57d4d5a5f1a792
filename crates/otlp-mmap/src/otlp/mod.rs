//! Ring messages to OTLP bytes: resolve references, assemble spans, encode once.
//!
//! Pure: no files, no threads, no clock. A [`Resolver`] stands for one file's dictionary and reads it through
//! [`Entries`]; an [`Assembler`] stands for one producer and holds its open spans; a [`TraceEncoder`] gathers finished
//! spans by resource and scope until [`TraceEncoder::cut`] writes them as a [`Piece`] of an export request.
//!
//! A signal more is an encoder beside [`TraceEncoder`] that fills the same [`Piece`] from [`Resolver`]'s scopes and
//! attributes.

mod assembler;
mod attributes;
mod encoder;
mod entries;
mod faults;
mod groups;
pub mod json;
mod link;
mod open_span;
mod open_spans;
mod piece;
pub(crate) mod proto;
mod resolver;
mod scope;
mod span_end;
mod span_event;
mod span_events;
mod status;
mod text;
mod value;

pub use assembler::{Assembler, AssemblerCounters, AssemblerOptions, Outcome};
pub use encoder::TraceEncoder;
pub use entries::{Entries, EntryError};
pub use faults::Faults;
pub use open_span::OpenSpan;
pub use piece::Piece;
pub use resolver::Resolver;
pub use scope::{Resource, Scope};
pub use span_event::RecordError;

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
        [Self::Traces, Self::Logs, Self::Metrics]
            .into_iter()
            .find(|signal| signal.name() == name)
    }
}
