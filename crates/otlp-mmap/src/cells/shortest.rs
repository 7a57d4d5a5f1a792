//! Attribute sets in one form. Encoders that learn a length only after its text leave room for any (a varint may be padded), so the same
//! set could stand in a file twice and be two series; and each collection sends what is in the file.

use crate::wire::{self, Fields, Malformed, Value};

/// What a message of an attribute set is.
#[derive(Clone, Copy)]
enum Message {
    /// Attributes as fields of number 1: a set, or a `KeyValueList`.
    Attributes,
    KeyValue,
    AnyValue,
    ArrayValue,
}

impl Message {
    /// What a field of it is; None for texts and bytes.
    fn field(self, number: u32) -> Option<Self> {
        match (self, number) {
            (Self::Attributes, 1) => Some(Self::KeyValue),
            (Self::KeyValue, 2) | (Self::ArrayValue, 1) => Some(Self::AnyValue),
            (Self::AnyValue, 5) => Some(Self::ArrayValue),
            (Self::AnyValue, 6) => Some(Self::Attributes),
            _ => None,
        }
    }
}

/// Messages within messages that are looked into.
const DEEPEST: u32 = 100;

/// The set with all varints in their shortest form, in `buffer` if it is another one. What is malformed stays as it is.
pub(super) fn shortest<'a>(attributes: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if !attributes.windows(2).any(|pair| pair[0] >= 0x80 && pair[1] == 0) {
        return attributes;
    }
    buffer.clear();
    match put(buffer, attributes, Message::Attributes, 0) {
        Ok(()) => buffer,
        Err(Malformed) => attributes,
    }
}

fn put(out: &mut Vec<u8>, message: &[u8], kind: Message, depth: u32) -> Result<(), Malformed> {
    for field in Fields::new(message) {
        match field? {
            (number, Value::Varint(value)) => wire::put_uint(out, number, value),
            (number, Value::Fixed64(value)) => wire::put_fixed64(out, number, value),
            (number, Value::Fixed32(value)) => wire::put_fixed32(out, number, value),
            (number, Value::Bytes(bytes)) => match kind.field(number) {
                Some(inner) if depth < DEEPEST => {
                    wire::put_nested(out, number, |out| put(out, bytes, inner, depth + 1))?;
                }
                _ => wire::put_bytes(out, number, bytes),
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A set of texts with every length padded to so many bytes.
    fn padded(pairs: &[(String, String)], length: usize) -> Vec<u8> {
        let nest = |number: u32, body: &[u8]| {
            let mut out = Vec::new();
            wire::put_tag(&mut out, number, wire::LEN);
            let mut rest = body.len();
            for _ in 1..length {
                out.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            out.push(rest as u8);
            out.extend_from_slice(body);
            out
        };
        let attribute = |(key, value): &(String, String)| {
            let value = nest(2, &nest(1, value.as_bytes()));
            nest(1, &[nest(1, key.as_bytes()), value].concat())
        };
        pairs.iter().flat_map(attribute).collect()
    }

    proptest! {
        #[test]
        fn a_set_has_one_form_however_its_lengths_were_written(pairs: Vec<(String, String)>) {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            let (three, five) = (padded(&pairs, 3), padded(&pairs, 5));
            let short = shortest(&three, &mut short);
            prop_assert_eq!(short, shortest(&five, &mut long));
            if pairs.iter().all(|(key, value)| key.len() + value.len() < 0x70) {
                prop_assert_eq!(short, padded(&pairs, 1));
            }
        }

        #[test]
        fn bytes_that_are_no_attributes_are_no_trouble(bytes: Vec<u8>) {
            let mut buffer = Vec::new();
            shortest(&bytes, &mut buffer);
        }
    }
}
