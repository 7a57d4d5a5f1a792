//! Node-API bindings of the `otlp-mmap` crate: they translate, and decide nothing.
//!
//! `raw` has the functions of the hot path; everything else goes through `#[napi]`. The shapes that TypeScript sees
//! are described in `ts/native/binding/`, an area a file.

#![expect(clippy::needless_pass_by_value, reason = "what comes from JavaScript is owned")]

mod cells;
mod dump;
mod environment;
mod memory;
mod metric_stream;
mod panics;
mod pieces;
mod processor;
mod raw;
mod raw_call;
mod receiver;
mod scraper;
mod storage;
mod systemd;
mod viewer;
mod writers;

use napi::bindgen_prelude::{JsValue, Object};
use napi_derive::napi;

/// Registers the raw functions when the addon is loaded into an environment.
#[napi(module_exports)]
pub fn initialise(exports: Object<'_>) -> napi::Result<()> {
    let value = exports.value();
    raw::register(value.env, value.value);
    Ok(())
}

/// Version of the addon: that of the npm package it belongs to.
#[napi]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
