//! Operations on encoded pieces: see `otlp_mmap::process`.

use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::otlp::Signal;
use otlp_mmap::process::{self, Part};

/// The signal of a name.
pub fn signal(name: &str) -> Result<Signal> {
    Signal::from_name(name)
        .ok_or_else(|| Error::from_reason(format!("unknown signal {name}; expected traces, logs or metrics")))
}

/// See `PiecePart` of `ts/native/binding/piece-processor.ts`.
#[napi(object, object_from_js = false)]
pub struct JsPiecePart {
    pub body: Buffer,
    pub items: u32,
}

impl From<Part> for JsPiecePart {
    fn from(part: Part) -> Self {
        Self {
            body: part.bytes.into(),
            items: part.items,
        }
    }
}

/// Parts of a piece with `first` items, then `each`, the rest in the last.
///
/// # Errors
/// The bytes are no request of that signal.
#[napi]
pub fn split_piece(signal_name: String, body: Uint8Array, first: u32, each: u32) -> Result<Vec<JsPiecePart>> {
    let parts = process::split(signal(&signal_name)?, &body, first, each)
        .map_err(|error| Error::from_reason(format!("not a piece of {signal_name}: {error}")))?;
    Ok(parts.into_iter().map(JsPiecePart::from).collect())
}
