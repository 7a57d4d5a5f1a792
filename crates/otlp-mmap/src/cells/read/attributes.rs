//! Attribute sets are exported as they stand in the file, so they are checked first: a message that a destination refuses would take
//! the points of others with it.

use crate::wire::{Fields, Malformed, Value, delimited};

/// Levels of lists within lists.
const DEEPEST: u32 = 30;

/// Checks OTLP `KeyValue` fields of number 1.
#[inline]
pub(super) fn check(attributes: &[u8]) -> Result<(), Malformed> {
    // most are ASCII, which is seen faster in one go than in each text
    let ascii = is_ascii(attributes);
    let mut rest = attributes;
    while !rest.is_empty() {
        rest = match after_text(rest) {
            Some(after) if ascii => after,
            _ => after_any(rest, ascii)?,
        };
    }
    Ok(())
}

/// As the standard library's, which is slower below some hundred bytes.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut all = words.iter().fold(0, |all, word| all | u64::from_ne_bytes(*word));
    for byte in rest {
        all |= u64::from(*byte);
    }
    all & 0x8080_8080_8080_8080 == 0
}

/// What most attributes are, a key with a text and lengths of one byte, seen without a walk over fields: what follows it. The texts
/// are not looked at. None: it is something else.
#[inline]
fn after_text(attributes: &[u8]) -> Option<&[u8]> {
    let [0x0a, length, 0x0a, key, tail @ ..] = attributes else {
        return None;
    };
    let [0x12, value, 0x0a, text, tail @ ..] = tail.get(usize::from(*key)..)? else {
        return None;
    };
    let fits = *length < 0x80
        && usize::from(*length) == 6 + usize::from(*key) + usize::from(*text)
        && usize::from(*value) == 2 + usize::from(*text);
    tail.get(usize::from(*text)..).filter(|_| fits)
}

fn after_any(attributes: &[u8], ascii: bool) -> Result<&[u8], Malformed> {
    let [0x0a, tail @ ..] = attributes else {
        return Err(Malformed);
    };
    let (attribute, taken) = delimited(tail)?;
    check_key_value(attribute, ascii, 0)?;
    Ok(&tail[taken..])
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
