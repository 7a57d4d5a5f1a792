//! Attribute sets are exported as they stand in the file, so they are checked first: a message that a destination refuses would take
//! the points of others with it.

use crate::wire::{Fields, Malformed, Value, delimited};

/// Levels of lists within lists.
const DEEPEST: u32 = 30;

/// Checks OTLP `KeyValue` fields of number 1.
#[inline]
pub(super) fn check(attributes: &[u8]) -> Result<(), Malformed> {
    // most are ASCII, which is seen faster in one go than in each text
    let ascii = attributes.is_ascii();
    let mut rest = attributes;
    while let [tag, tail @ ..] = rest {
        if *tag != 0x0a {
            return Err(Malformed);
        }
        let (attribute, taken) = delimited(tail)?;
        check_key_value(attribute, ascii, 0)?;
        rest = &tail[taken..];
    }
    Ok(())
}

#[inline]
fn check_key_value(message: &[u8], ascii: bool, depth: u32) -> Result<(), Malformed> {
    for field in Fields::new(message) {
        match field? {
            (1, Value::Bytes(key)) => check_text(key, ascii)?,
            (2, Value::Bytes(value)) => check_value(value, ascii, depth)?,
            _ => return Err(Malformed),
        }
    }
    Ok(())
}

#[inline]
fn check_value(message: &[u8], ascii: bool, depth: u32) -> Result<(), Malformed> {
    for field in Fields::new(message) {
        match field? {
            (1, Value::Bytes(text)) => check_text(text, ascii)?,
            (2 | 3, Value::Varint(_)) | (4, Value::Fixed64(_)) | (7, Value::Bytes(_)) => {}
            (number @ (5 | 6), Value::Bytes(list)) => check_list(list, number == 6, ascii, depth + 1)?,
            _ => return Err(Malformed),
        }
    }
    Ok(())
}

fn check_list(list: &[u8], keys: bool, ascii: bool, depth: u32) -> Result<(), Malformed> {
    if depth > DEEPEST {
        return Err(Malformed);
    }
    for field in Fields::new(list) {
        match field? {
            (1, Value::Bytes(value)) if keys => check_key_value(value, ascii, depth)?,
            (1, Value::Bytes(value)) => check_value(value, ascii, depth)?,
            _ => return Err(Malformed),
        }
    }
    Ok(())
}

/// Checks the fields of an OTLP `InstrumentationScope`.
pub(super) fn check_scope(scope: &[u8]) -> Result<(), Malformed> {
    for field in Fields::new(scope) {
        match field? {
            (1 | 2, Value::Bytes(text)) => check_text(text, false)?,
            (3, Value::Bytes(attribute)) => check_key_value(attribute, false, 0)?,
            (4, Value::Varint(_)) => {}
            _ => return Err(Malformed),
        }
    }
    Ok(())
}

/// `ascii`: all of the set is.
#[inline]
fn check_text(text: &[u8], ascii: bool) -> Result<(), Malformed> {
    if ascii {
        return Ok(());
    }
    std::str::from_utf8(text).map(drop).map_err(|_| Malformed)
}
