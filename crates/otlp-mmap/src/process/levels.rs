//! Where in a request its items are.

use crate::otlp::Signal;
use crate::wire::{Fields, Malformed};

/// Of each message on the way from a request to its items, the fields that hold the next one: resource, scope and item; below
/// the metric its gauge, sum or histogram, and then the data point.
pub(super) type Levels = &'static [&'static [u32]];

const BY_SCOPE: Levels = &[&[1], &[2], &[2]];
const BY_METRIC: Levels = &[&[1], &[2], &[2], &[5, 7, 9, 10, 11], &[1]];

pub(super) const fn levels(signal: Signal) -> Levels {
    match signal {
        Signal::Traces | Signal::Logs => BY_SCOPE,
        Signal::Metrics => BY_METRIC,
    }
}

/// Spans, log records or data points of an encoded request.
///
/// # Errors
/// [`Malformed`] if the bytes are no request of that signal.
pub fn count_items(signal: Signal, request: &[u8]) -> Result<u32, Malformed> {
    count(levels(signal), request)
}

fn count(levels: Levels, message: &[u8]) -> Result<u32, Malformed> {
    let [fields, below @ ..] = levels else { return Ok(1) };
    let mut items = 0u32;
    for field in Fields::new(message) {
        let (number, value) = field?;
        if fields.contains(&number) {
            items = items.saturating_add(count(below, value.bytes()?)?);
        }
    }
    Ok(items)
}
