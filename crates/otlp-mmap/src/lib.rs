//! The otlp-mmap file: telemetry that costs the app almost nothing and survives its death.
//!
//! An app writes its spans, metrics and logs into a memory-mapped file as they happen ([`writer`], [`cells`]); another process
//! reads the file ([`reader`]) and turns the records into OTLP bytes ([`otlp`]), which a collector may change on their way
//! ([`process`]). The byte format is described in
//! `docs/format.md`; [`layout`] has its numbers.
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
