//! Looking at a file without changing it, and OTLP JSON.

use crate::pieces::signal;
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::otlp::json;
use std::path::Path;

/// See `DumpOptions` of `ts/native/binding/viewer.ts`.
#[napi(object)]
pub struct JsDumpOptions {
    pub all: bool,
    pub signals: Vec<String>,
}

/// Everything unread in a file, one OTLP JSON export request a line. Changes nothing.
///
/// # Errors
/// What is wrong with the file, in a sentence that names it.
#[napi]
pub fn dump(path: String, options: JsDumpOptions) -> Result<Vec<String>> {
    let signals = options
        .signals
        .iter()
        .map(|name| signal(name))
        .collect::<Result<Vec<_>>>()?;
    otlp_mmap::dump::dump(Path::new(&path), options.all, &signals)
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// OTLP JSON of an encoded export request.
///
/// # Errors
/// The bytes are no request of that signal.
#[napi]
pub fn request_to_json(signal_name: String, request: Uint8Array) -> Result<String> {
    json::request_to_json(signal(&signal_name)?, &request)
        .map_err(|error| Error::from_reason(format!("not an export request of {signal_name}: {error}")))
}
