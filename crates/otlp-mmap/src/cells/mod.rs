//! Metrics, aggregated in the file: each series is a cell that its thread updates in place.
//!
//! Cells lie in extents at the end of the file in which the first series was made, and stay there when the writer rolls over. They
//! refer to nothing outside of the extents: instruments and attribute sets stand there too, encoded as OTLP. Nothing moves once it is
//! made. `docs/format.md` has the layout.
//!
//! An app takes a [`CellHandle`] for each thread ([`Writer::cell_handle`](crate::writer::Writer::cell_handle)), asks it for the cell
//! of an instrument and a set of attributes, remembers the answer, and records into it. A reader walks over all series with a
//! [`CellReader`].

mod absolute;
mod baseline;
mod exemplars;
mod exponential;
mod gauge;
mod group;
mod handle;
mod histogram;
mod in_memory;
mod instrument;
mod memory;
mod owned;
mod place;
mod read;
mod sets;
mod shortest;
mod space;
mod split_table;
mod store;
mod temporality;

pub use absolute::{ExponentialTotals, Side, Totals};
pub use exemplars::{Exemplar, MOST_ATTRIBUTES};
pub use group::{GaugeFunction, GroupRule, GroupRules};
pub use handle::{Aggregate, CellHandle, SeriesCell};
pub use instrument::{Instrument, Kind, MOST_BUCKETS, Parts};
pub use read::{Buckets, CellReader, Exponential, Histogram, InstrumentView, Point, ReadExemplar, Series};

pub use temporality::Temporality;

pub(crate) use baseline::Baseline;
pub(crate) use group::{Fate, Groups, merges_gains};
pub(crate) use in_memory::InMemory;
pub(crate) use place::overflow_attributes;
pub(crate) use space::Space;
pub(crate) use store::{Begun, HomeFile, Host, NoHome, Store};
