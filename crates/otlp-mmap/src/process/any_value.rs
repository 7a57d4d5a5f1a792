//! OTLP's `AnyValue` and `KeyValue`, borrowed from a message.

use std::borrow::Cow;

use crate::otlp::proto::{any_value, key_value};
use crate::wire::{self, Fields, Malformed};

/// What an encoded `AnyValue` holds. The last field counts, as in any protobuf one-of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum AnyValue<'a> {
    Empty,
    String(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(f64),
    /// Bytes, array or key-value list: the encoded message.
    Other(&'a [u8]),
}

impl<'a> AnyValue<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut value = Self::Empty;
        for field in Fields::new(message) {
            let (number, content) = field?;
            value = match number {
                any_value::STRING => Self::String(content.bytes()?),
                any_value::BOOL => Self::Bool(content.varint()? != 0),
                any_value::INT => Self::Int(content.varint()? as i64),
                any_value::DOUBLE => Self::Double(f64::from_bits(content.fixed64()?)),
                any_value::ARRAY | any_value::KVLIST | any_value::BYTES => {
                    content.bytes()?;
                    Self::Other(message)
                }
                _ => value,
            };
        }
        Ok(value)
    }

    /// The value as text for a regular expression; none for what has no text of its own.
    pub(super) fn text(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::String(text) => Some(Cow::Borrowed(text)),
            Self::Bool(value) => Some(Cow::Borrowed(if value { b"true" } else { b"false" })),
            Self::Int(value) => Some(Cow::Owned(value.to_string().into_bytes())),
            Self::Double(value) => Some(Cow::Owned(value.to_string().into_bytes())),
            Self::Empty | Self::Other(_) => None,
        }
    }
}

/// A single value, as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text.
    String(String),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any number.
    Double(f64),
}

impl Scalar {
    /// The fields of an OTLP `AnyValue` that holds it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::String(text) => wire::put_bytes(&mut out, any_value::STRING, text.as_bytes()),
            Self::Bool(value) => wire::put_uint(&mut out, any_value::BOOL, u64::from(*value)),
            Self::Int(value) => wire::put_uint(&mut out, any_value::INT, *value as u64),
            Self::Double(value) => wire::put_fixed64(&mut out, any_value::DOUBLE, value.to_bits()),
        }
        out
    }
}

/// Key and encoded value of a `KeyValue`; an empty value where it has none.
pub(super) fn key_and_value(message: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    for field in Fields::new(message) {
        match field? {
            (key_value::KEY, content) => key = content.bytes()?,
            (key_value::VALUE, content) => value = content.bytes()?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// The encoded value of the first attribute `key` among the fields number `field` of a message.
pub(super) fn attribute<'a>(message: &'a [u8], field: u32, key: &[u8]) -> Result<Option<&'a [u8]>, Malformed> {
    for next in Fields::new(message) {
        let (number, content) = next?;
        if number == field {
            let (found, value) = key_and_value(content.bytes()?)?;
            if found == key {
                return Ok(Some(value));
            }
        }
    }
    Ok(None)
}
