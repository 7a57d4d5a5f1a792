//! Changes to a list of attributes.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::any_value::{AnyValue, Scalar, key_and_value};
use super::matcher::Pattern;
use crate::otlp::proto::key_value;
use crate::wire::{self, Fields, Malformed, field_len};

/// Where a new value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// This one: an encoded `AnyValue`.
    Value(Vec<u8>),
    /// The attribute of this key in the same list; where there is none, nothing happens.
    Attribute(Vec<u8>),
}

/// Which attributes an action is about.
#[derive(Debug, Clone)]
pub enum Keys {
    /// The one of this key.
    One(Vec<u8>),
    /// Those whose keys match.
    Matching(Pattern),
    /// Both.
    Both(Vec<u8>, Pattern),
}

impl Keys {
    fn contain(&self, key: &[u8]) -> bool {
        match self {
            Self::One(one) => one == key,
            Self::Matching(pattern) => pattern.is_match(key),
            Self::Both(one, pattern) => one == key || pattern.is_match(key),
        }
    }
}

/// One change, as the attributes processor of the OpenTelemetry Collector defines it.
#[derive(Debug, Clone)]
pub enum Action {
    /// Sets the attribute where there is none of this key.
    Insert(Vec<u8>, Source),
    /// Sets the attribute where there is one of this key.
    Update(Vec<u8>, Source),
    /// Sets the attribute in any case.
    Upsert(Vec<u8>, Source),
    /// Removes attributes.
    Delete(Keys),
    /// Replaces values by the hexadecimal SHA-256 of them.
    Hash(Keys),
}

/// Changes in their order.
#[derive(Debug, Clone, Default)]
pub struct Actions(Vec<Action>);

/// An attribute: as it stands in the message, or with a value of its own.
struct Attribute<'a> {
    key: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
    /// Its whole field, while nothing has changed it.
    field: Option<&'a [u8]>,
}

impl Actions {
    /// These, one after the other.
    #[must_use]
    pub fn new(actions: Vec<Action>) -> Self {
        Self(actions)
    }

    /// Appends the fields of `message` with its attributes (fields number `field`) changed. False if nothing changes; what was
    /// appended then does not count.
    pub(super) fn apply(&self, message: &[u8], field: u32, out: &mut Vec<u8>) -> Result<bool, Malformed> {
        let mut attributes: Vec<Attribute<'_>> = Vec::new();
        let mut walk = Fields::new(message);
        let mut at = 0;
        while let Some(next) = walk.next() {
            let (number, value) = next?;
            let end = message.len() - walk.remaining();
            if number == field {
                let (key, value) = key_and_value(value.bytes()?)?;
                attributes.push(Attribute {
                    key: Cow::Borrowed(key),
                    value: Cow::Borrowed(value),
                    field: Some(&message[at..end]),
                });
            } else {
                out.extend_from_slice(&message[at..end]);
            }
            at = end;
        }
        let mut changed = false;
        for action in &self.0 {
            changed |= action.apply(&mut attributes)?;
        }
        if changed {
            for attribute in &attributes {
                attribute.write(field, out);
            }
        }
        Ok(changed)
    }
}

impl Action {
    fn apply<'a>(&'a self, attributes: &mut Vec<Attribute<'a>>) -> Result<bool, Malformed> {
        match self {
            Self::Insert(key, source) => Ok(set(attributes, key, source, false, true)),
            Self::Update(key, source) => Ok(set(attributes, key, source, true, false)),
            Self::Upsert(key, source) => Ok(set(attributes, key, source, true, true)),
            Self::Delete(keys) => {
                let before = attributes.len();
                attributes.retain(|attribute| !keys.contain(&attribute.key));
                Ok(attributes.len() < before)
            }
            Self::Hash(keys) => {
                let mut changed = false;
                for attribute in attributes.iter_mut().filter(|attribute| keys.contain(&attribute.key)) {
                    attribute.value = Cow::Owned(hashed(AnyValue::parse(&attribute.value)?));
                    attribute.field = None;
                    changed = true;
                }
                Ok(changed)
            }
        }
    }
}

/// Sets an attribute if it is there and `replace`, or if it is not there and `add`.
fn set<'a>(attributes: &mut Vec<Attribute<'a>>, key: &'a [u8], source: &'a Source, replace: bool, add: bool) -> bool {
    let position = attributes.iter().position(|attribute| *attribute.key == *key);
    if position.map_or(!add, |_| !replace) {
        return false;
    }
    let value = match source {
        Source::Value(value) => Cow::Borrowed(&value[..]),
        Source::Attribute(from) => match attributes.iter().find(|attribute| *attribute.key == **from) {
            Some(attribute) => attribute.value.clone(),
            None => return false,
        },
    };
    let key = Cow::Borrowed(key);
    let attribute = Attribute {
        key,
        value,
        field: None,
    };
    match position {
        Some(at) => attributes[at] = attribute,
        None => attributes.push(attribute),
    }
    true
}

impl Attribute<'_> {
    fn write(&self, field: u32, out: &mut Vec<u8>) {
        if let Some(field) = self.field {
            out.extend_from_slice(field);
            return;
        }
        let len = field_len(key_value::KEY, self.key.len()) + field_len(key_value::VALUE, self.value.len());
        wire::put_len(out, field, len);
        wire::put_bytes(out, key_value::KEY, &self.key);
        wire::put_bytes(out, key_value::VALUE, &self.value);
    }
}

/// The encoded `AnyValue` that stands for a hashed one: of text its bytes, of a number its eight little-endian bytes, of a boolean
/// one byte (as the OpenTelemetry Collector does it), of anything else its encoding. Nothing and the empty text are hashed to the
/// empty text.
fn hashed(value: AnyValue<'_>) -> Vec<u8> {
    let digest = match value {
        AnyValue::Empty | AnyValue::String([]) => None,
        AnyValue::String(bytes) | AnyValue::Other(bytes) => Some(Sha256::digest(bytes)),
        AnyValue::Bool(value) => Some(Sha256::digest([u8::from(value)])),
        AnyValue::Int(value) => Some(Sha256::digest(value.to_le_bytes())),
        AnyValue::Double(value) => Some(Sha256::digest(value.to_le_bytes())),
    };
    let mut text = String::with_capacity(64);
    for byte in digest.iter().flatten() {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        text.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]].map(char::from));
    }
    Scalar::String(text).encode()
}
