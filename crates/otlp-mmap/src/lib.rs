//! The otlp-mmap file: telemetry that costs the app almost nothing and survives its death.
//!
//! An app writes its spans, metrics and logs into a memory-mapped file as they happen ([`writer`], [`cells`]); another process
//! reads the file and turns the records into OTLP bytes, which a collector may change on their way ([`process`]). Nothing that a file
//! says is trusted. The byte format is described in `docs/format.md`; [`layout`] has its numbers.
//!
//! # Where to begin
//!
//! | you want | take |
//! |---|---|
//! | a collector: all files of some folders, each record once | [`receiver`], with a [`journal`] if it has to survive its own end |
//! | one file's records, and what becomes of them | [`reader`] and [`otlp`], as below |
//! | one file's metrics, without a list of points | [`cells::CellReader`] |
//! | a look beside the collector, changing nothing | [`viewer`], or [`dump`] for one file |
//! | an app's side | [`writer`], [`cells`] |
//!
//! `examples/` has a program of each of the first kinds. This is one file's spans as an OTLP `TracesData` message, the body of an export
//! request:
//!
//! ```no_run
//! use std::time::Instant;
//!
//! use otlp_mmap::file::RingId;
//! use otlp_mmap::otlp::{Assembler, Faults, Piece, Resolver, TraceEncoder};
//! use otlp_mmap::reader::{FileReader, Next};
//!
//! # fn send(_: &[u8]) {}
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut reader = FileReader::view(std::path::Path::new("/dev/shm/otlp-mmap-0/shop.mmap"))?;
//! let (mut resolver, mut assembler) = (Resolver::default(), Assembler::default());
//! if let Some((resource, schema_url)) = reader.resource_refs() {
//!     resolver.set_resource_override(&mut reader, &mut Faults::default(), resource, schema_url)?;
//! }
//! let (mut spans, mut record) = (TraceEncoder::new(), Vec::new());
//! while reader.next(RingId::Spans, Instant::now(), &mut record) == Next::Record {
//!     // what cannot be decoded is counted, and the rest goes on
//!     let _ = assembler.record(&mut resolver, &mut reader, &record, &mut spans);
//! }
//! let mut piece = Piece::default();
//! if spans.cut(&mut piece) {
//!     send(&piece.bytes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Unsafe code
//!
//! Memory of the file is shared with other processes, so it is only ever reached through the atomics and copies of
//! [`file::Mapping`]: no Rust reference to plain data points into it. Its accesses are guarded: a file that somebody truncates gives
//! zeros in place of `SIGBUS`, and says so. Each `unsafe` block is one operation, and names what makes it sound.
//!
//! Only 64-bit little-endian targets are supported.

#[cfg(not(all(target_pointer_width = "64", target_endian = "little")))]
compile_error!("otlp-mmap supports 64-bit little-endian targets only");

pub mod cells;
pub mod clock;
pub mod directory;
pub mod dump;
pub mod file;
pub mod journal;
pub mod layout;
pub mod notify;
pub mod otlp;
pub mod process;
pub mod prometheus;
pub mod random;
pub mod reader;
pub mod receiver;
mod splice;
pub mod viewer;
pub mod wire;
pub mod writer;

/// The examples of the README are compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
