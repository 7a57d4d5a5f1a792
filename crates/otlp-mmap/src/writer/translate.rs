//! OTLP messages to entries of the dictionary: the same fields, but keys become references.

use crate::layout::field;
use crate::wire::{self, Fields, Value};

/// OTLP field numbers that the mmap format does not share.
mod otlp {
    pub const RESOURCE_ATTRIBUTES: u32 = 1;
    pub const RESOURCE_DROPPED: u32 = 2;
    pub const SCOPE_ATTRIBUTES: u32 = 3;
    pub const SCOPE_DROPPED: u32 = 4;
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
    pub const STRING: u32 = 1;
    pub const ARRAY: u32 = 5;
    pub const KVLIST: u32 = 6;
    pub const VALUES: u32 = 1;
}

/// Levels of lists within lists that are followed.
const DEPTH: u32 = 32;

/// Why a message was not translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TranslateError {
    /// It is not what OTLP says.
    Malformed,
    /// A key found no room in the dictionary.
    DictionaryFull,
}

impl From<wire::Malformed> for TranslateError {
    fn from(_: wire::Malformed) -> Self {
        Self::Malformed
    }
}

/// Gives the reference of a key; None when there is no room.
type Intern<'a> = &'a mut dyn FnMut(&str) -> Option<i64>;

/// A Resource entry from an OTLP Resource message.
pub(super) fn resource(message: &[u8], intern: Intern<'_>) -> Result<Vec<u8>, TranslateError> {
    let mut out = Vec::with_capacity(message.len());
    for part in Fields::new(message) {
        match part? {
            (otlp::RESOURCE_ATTRIBUTES, Value::Bytes(attribute)) => {
                let attribute = key_value(attribute, intern, DEPTH)?;
                wire::put_bytes(&mut out, field::RESOURCE_ATTRIBUTES, &attribute);
            }
            (otlp::RESOURCE_DROPPED, Value::Varint(count)) => {
                wire::put_uint(&mut out, field::RESOURCE_DROPPED_ATTRIBUTES, count);
            }
            _ => {}
        }
    }
    Ok(out)
}

/// The attribute fields of an `InstrumentationScope` entry from those of an OTLP one.
pub(super) fn scope_attributes(fields: &[u8], intern: Intern<'_>) -> Result<Vec<u8>, TranslateError> {
    let mut out = Vec::with_capacity(fields.len());
    for part in Fields::new(fields) {
        match part? {
            (otlp::SCOPE_ATTRIBUTES, Value::Bytes(attribute)) => {
                let attribute = key_value(attribute, intern, DEPTH)?;
                wire::put_bytes(&mut out, field::SCOPE_ATTRIBUTES, &attribute);
            }
            (otlp::SCOPE_DROPPED, Value::Varint(count)) => {
                wire::put_uint(&mut out, field::SCOPE_DROPPED_ATTRIBUTES, count);
            }
            _ => {}
        }
    }
    Ok(out)
}

fn key_value(message: &[u8], intern: Intern<'_>, depth: u32) -> Result<Vec<u8>, TranslateError> {
    let mut key = 0;
    let mut value = None;
    for part in Fields::new(message) {
        match part? {
            (otlp::KEY, Value::Bytes(text)) => {
                let text = std::str::from_utf8(text).map_err(|_| TranslateError::Malformed)?;
                key = intern(text).ok_or(TranslateError::DictionaryFull)?;
            }
            (otlp::VALUE, Value::Bytes(message)) => value = Some(any_value(message, intern, depth)?),
            _ => {}
        }
    }
    let mut out = Vec::with_capacity(message.len());
    wire::put_uint(&mut out, field::KEY_VALUE_KEY_REF, key as u64);
    if let Some(value) = value {
        wire::put_bytes(&mut out, field::KEY_VALUE_VALUE, &value);
    }
    Ok(out)
}

/// The scalar fields of `AnyValue` have the same numbers on both sides; lists are walked for the keys within.
fn any_value(message: &[u8], intern: Intern<'_>, depth: u32) -> Result<Vec<u8>, TranslateError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(TranslateError::Malformed);
    };
    let mut out = Vec::with_capacity(message.len());
    for part in Fields::new(message) {
        match part? {
            (otlp::ARRAY, Value::Bytes(list)) => {
                let values = list_of(list, field::ARRAY_VALUES, |value| any_value(value, intern, depth))?;
                wire::put_bytes(&mut out, field::ANY_ARRAY, &values);
            }
            (otlp::KVLIST, Value::Bytes(list)) => {
                let values = list_of(list, field::KVLIST_VALUES, |value| key_value(value, intern, depth))?;
                wire::put_bytes(&mut out, field::ANY_KVLIST, &values);
            }
            (number @ (field::ANY_STRING | field::ANY_BYTES), Value::Bytes(bytes)) => {
                wire::put_bytes(&mut out, number, bytes);
            }
            (number @ (field::ANY_BOOL | field::ANY_INT), Value::Varint(bits)) => {
                wire::put_uint(&mut out, number, bits);
            }
            (field::ANY_DOUBLE, Value::Fixed64(bits)) => wire::put_fixed64(&mut out, field::ANY_DOUBLE, bits),
            _ => {}
        }
    }
    Ok(out)
}

fn list_of(
    list: &[u8],
    number: u32,
    mut translate: impl FnMut(&[u8]) -> Result<Vec<u8>, TranslateError>,
) -> Result<Vec<u8>, TranslateError> {
    let mut out = Vec::with_capacity(list.len());
    for part in Fields::new(list) {
        if let (otlp::VALUES, Value::Bytes(value)) = part? {
            wire::put_bytes(&mut out, number, &translate(value)?);
        }
    }
    Ok(out)
}

/// An OTLP Resource message with `service.name` alone.
pub(super) fn otlp_resource_of_service(name: &str) -> Vec<u8> {
    let (mut value, mut attribute, mut out) = (Vec::new(), Vec::new(), Vec::new());
    wire::put_bytes(&mut value, otlp::STRING, name.as_bytes());
    wire::put_bytes(&mut attribute, otlp::KEY, b"service.name");
    wire::put_bytes(&mut attribute, otlp::VALUE, &value);
    wire::put_bytes(&mut out, otlp::RESOURCE_ATTRIBUTES, &attribute);
    out
}
