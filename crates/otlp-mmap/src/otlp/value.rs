//! The file's `KeyValueRef` and `AnyValue` to OTLP's `KeyValue` and `AnyValue`, without a tree in between.

use super::attributes::AttributeList;
use super::entries::{Entries, EntryError};
use super::entry_cache::EntryCache;
use super::faults::Faults;
use super::proto::{any_value, key_value};
use super::text;
use crate::layout::field;
use crate::wire::{self, Fields, Malformed, Value, field_len, varint_len};

/// Levels of nested arrays, key-value lists and value references. A decoder that stops at 100 nested messages, as
/// protobuf's do, still reads an event attribute of this depth.
pub(super) const MAX_DEPTH: u32 = 30;

/// Bytes of attributes that one record may turn into: references can name the same large value again and again.
const MAX_RECORD_OUTPUT: usize = 4 << 20;

/// Why a value cannot be transcoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueError {
    /// Not valid protobuf.
    Malformed,
    /// A reference leads nowhere.
    Unresolved,
    /// More than [`MAX_DEPTH`] levels; so ends a cycle of references.
    TooDeep,
    /// The record's output is used up.
    TooLarge,
}

impl From<Malformed> for ValueError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<EntryError> for ValueError {
    fn from(_: EntryError) -> Self {
        Self::Unresolved
    }
}

/// One of `AnyValue`'s fields, borrowed from the message. The last one counts, as in any protobuf one-of.
#[derive(Clone, Copy)]
enum AnyValue<'a> {
    Empty,
    String(&'a [u8]),
    Bool(bool),
    Int(u64),
    Double(u64),
    Array(&'a [u8]),
    KeyValueList(&'a [u8]),
    Bytes(&'a [u8]),
    Reference(i64),
}

impl<'a> AnyValue<'a> {
    #[inline]
    fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(message);
        let Some(first) = fields.next() else {
            return Ok(Self::Empty);
        };
        let (number, value) = first?;
        if fields.is_done() {
            return Self::Empty.or(number, value);
        }
        fields.try_fold(Self::Empty.or(number, value)?, |last, field| {
            let (number, value) = field?;
            last.or(number, value)
        })
    }

    /// What a message says whose last known field was `self` and whose next one is this.
    #[inline]
    fn or(self, number: u32, value: Value<'a>) -> Result<Self, Malformed> {
        Ok(match number {
            field::ANY_STRING => Self::String(value.bytes()?),
            field::ANY_BOOL => Self::Bool(value.varint()? != 0),
            field::ANY_INT => Self::Int(value.varint()?),
            field::ANY_DOUBLE => Self::Double(value.fixed64()?),
            field::ANY_ARRAY => Self::Array(value.bytes()?),
            field::ANY_KVLIST => Self::KeyValueList(value.bytes()?),
            field::ANY_BYTES => Self::Bytes(value.bytes()?),
            field::ANY_VALUE_REF => Self::Reference(value.varint()? as i64),
            _ => self,
        })
    }
}

/// A value of one field, in the form that nearly all take: OTLP has the same bytes, but for the length of a text.
struct Plain<'a> {
    /// Tag and length of a string or of bytes.
    head: Option<(u8, usize)>,
    /// What follows that; without it, the whole message.
    rest: &'a [u8],
}

impl<'a> Plain<'a> {
    /// `None` says nothing about the message, but that a closer look is due.
    #[inline]
    fn recognise(message: &'a [u8]) -> Option<Self> {
        const STRING: u8 = wire::tag(field::ANY_STRING, wire::LEN) as u8;
        const BYTES: u8 = wire::tag(field::ANY_BYTES, wire::LEN) as u8;
        const BOOL: u8 = wire::tag(field::ANY_BOOL, wire::VARINT) as u8;
        const INT: u8 = wire::tag(field::ANY_INT, wire::VARINT) as u8;
        const DOUBLE: u8 = wire::tag(field::ANY_DOUBLE, wire::FIXED64) as u8;
        let whole = Some(Self {
            head: None,
            rest: message,
        });
        match *message {
            [] | [BOOL, 0 | 1] | [DOUBLE, _, _, _, _, _, _, _, _] => whole,
            [INT, ref number @ ..] if number.len() <= 10 => {
                let end = number.iter().position(|&byte| byte < 0x80)?;
                if end + 1 == number.len() { whole } else { None }
            }
            [tag @ (STRING | BYTES), ref delimited @ ..] => {
                let (rest, taken) = wire::delimited(delimited).ok()?;
                if taken != delimited.len() || (tag == STRING && std::str::from_utf8(rest).is_err()) {
                    return None;
                }
                let head = Some((tag, rest.len()));
                Some(Self { head, rest })
            }
            _ => None,
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.head.map_or(0, |(_, len)| 1 + varint_len(len as u64)) + self.rest.len()
    }

    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        if let Some((tag, len)) = self.head {
            out.push(tag);
            wire::put_varint(out, len as u64);
        }
        out.extend_from_slice(self.rest);
    }
}

/// Transcodes the values of one record.
pub(super) struct Transcoder<'a> {
    pub(super) cache: &'a mut EntryCache,
    pub(super) entries: &'a mut dyn Entries,
    pub(super) faults: &'a mut Faults,
    /// Bytes that may still be written.
    budget: usize,
}

impl<'a> Transcoder<'a> {
    pub(super) fn new(cache: &'a mut EntryCache, entries: &'a mut dyn Entries, faults: &'a mut Faults) -> Self {
        Self {
            cache,
            entries,
            faults,
            budget: MAX_RECORD_OUTPUT,
        }
    }

    /// Adds a `KeyValueRef` to `list` as the repeated `KeyValue` field number `field` of its message. One that cannot be
    /// decoded is left out and counted.
    #[inline]
    pub(super) fn attribute(&mut self, field: u32, message: &[u8], list: &mut AttributeList) {
        let out = list.buffer();
        let start = out.len();
        if let Ok((key, _)) = self.key_value(field, message, out, 0) {
            list.commit(key, start);
        } else {
            out.truncate(start);
            self.faults.undecodable_attributes += 1;
        }
    }

    /// Appends an `AnyValue` as the field number `field` of its message. False, with one fault counted, if it cannot be decoded.
    pub(super) fn body(&mut self, field: u32, message: &[u8], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let value = AnyValue::parse(message).map_err(ValueError::from);
        let done = value.and_then(|value| wire::put_nested(out, field, |out| self.any_value(value, out, 0)));
        if done.is_err() {
            out.truncate(start);
            self.faults.undecodable_bodies += 1;
        }
        done.is_ok()
    }

    /// Appends one `KeyValue` field; returns the hash of its key and the levels below it.
    #[inline]
    fn key_value(
        &mut self,
        field: u32,
        message: &[u8],
        out: &mut Vec<u8>,
        depth: u32,
    ) -> Result<(u64, u32), ValueError> {
        let mut reference = 0;
        let mut value = None;
        for field in Fields::new(message) {
            match field? {
                (field::KEY_VALUE_KEY_REF, v) => reference = v.varint()? as i64,
                (field::KEY_VALUE_VALUE, v) => value = Some(v.bytes()?),
                _ => {}
            }
        }
        let key = self.cache.key(self.entries, self.faults, reference)?;
        let Some(message) = value else {
            self.spend(key.len())?;
            wire::put_bytes(out, field, self.cache.key_field(key));
            return Ok((key.hash, 0));
        };
        if let Some(value) = Plain::recognise(message) {
            let len = value.len();
            let body = key.len() + field_len(key_value::VALUE, len);
            self.spend(body)?;
            out.reserve(body + 8);
            wire::put_len(out, field, body);
            out.extend_from_slice(self.cache.key_field(key));
            wire::put_len(out, key_value::VALUE, len);
            value.put(out);
            return Ok((key.hash, 0));
        }
        let value = AnyValue::parse(message)?;
        self.spend(key.len())?;
        let height = wire::put_nested(out, field, |out| {
            out.extend_from_slice(self.cache.key_field(key));
            wire::put_nested(out, key_value::VALUE, |out| self.any_value(value, out, depth))
        })?;
        Ok((key.hash, height))
    }

    /// Appends the fields of an OTLP `AnyValue`; returns the levels it has.
    fn any_value(&mut self, value: AnyValue<'_>, out: &mut Vec<u8>, depth: u32) -> Result<u32, ValueError> {
        let start = out.len();
        let height = match value {
            AnyValue::Array(list) => {
                wire::put_nested(out, any_value::ARRAY, |out| self.array(list, out, deeper(depth)?))?
            }
            AnyValue::KeyValueList(list) => wire::put_nested(out, any_value::KVLIST, |out| {
                self.key_value_list(list, out, deeper(depth)?)
            })?,
            AnyValue::Reference(reference) => self.reference(reference, out, deeper(depth)?)?,
            AnyValue::String(bytes) => {
                wire::put_bytes(out, any_value::STRING, &text::checked(bytes, self.faults));
                self.spend(out.len() - start)?;
                0
            }
            AnyValue::Bytes(bytes) => {
                wire::put_bytes(out, any_value::BYTES, bytes);
                self.spend(out.len() - start)?;
                0
            }
            AnyValue::Bool(value) => {
                wire::put_uint(out, any_value::BOOL, value.into());
                0
            }
            AnyValue::Int(value) => {
                wire::put_uint(out, any_value::INT, value);
                0
            }
            AnyValue::Double(bits) => {
                wire::put_fixed64(out, any_value::DOUBLE, bits);
                0
            }
            AnyValue::Empty => 0,
        };
        Ok(height)
    }

    fn array(&mut self, list: &[u8], out: &mut Vec<u8>, depth: u32) -> Result<u32, ValueError> {
        let mut height = 0;
        for field in Fields::new(list) {
            let (field::ARRAY_VALUES, value) = field? else {
                continue;
            };
            let value = AnyValue::parse(value.bytes()?)?;
            self.spend(2)?;
            let below = wire::put_nested(out, field::ARRAY_VALUES, |out| self.any_value(value, out, depth))?;
            height = height.max(below);
        }
        Ok(height + 1)
    }

    fn key_value_list(&mut self, list: &[u8], out: &mut Vec<u8>, depth: u32) -> Result<u32, ValueError> {
        let mut height = 0;
        for field in Fields::new(list) {
            let (field::KVLIST_VALUES, value) = field? else {
                continue;
            };
            self.spend(2)?;
            let (_, below) = self.key_value(field::KVLIST_VALUES, value.bytes()?, out, depth)?;
            height = height.max(below);
        }
        Ok(height + 1)
    }

    /// Appends the fields of the `AnyValue` that a dictionary entry holds.
    fn reference(&mut self, reference: i64, out: &mut Vec<u8>, depth: u32) -> Result<u32, ValueError> {
        if let Some((bytes, height)) = self.cache.cached_value(reference) {
            if depth + height > MAX_DEPTH {
                return Err(ValueError::TooDeep);
            }
            self.budget = self.budget.checked_sub(bytes.len()).ok_or(ValueError::TooLarge)?;
            out.extend_from_slice(bytes);
            return Ok(height + 1);
        }
        let mut entry = self.cache.take_buffer();
        let start = out.len();
        let result = match self.entries.entry(reference, &mut entry) {
            Ok(()) => AnyValue::parse(&entry)
                .map_err(ValueError::from)
                .and_then(|value| self.any_value(value, out, depth)),
            Err(_) => Err(ValueError::Unresolved),
        };
        self.cache.give_buffer(entry);
        let height = result?;
        self.cache.cache_value(reference, &out[start..], height);
        Ok(height + 1)
    }

    #[inline]
    fn spend(&mut self, bytes: usize) -> Result<(), ValueError> {
        self.budget = self.budget.checked_sub(bytes).ok_or(ValueError::TooLarge)?;
        Ok(())
    }
}

#[inline]
fn deeper(depth: u32) -> Result<u32, ValueError> {
    if depth < MAX_DEPTH {
        Ok(depth + 1)
    } else {
        Err(ValueError::TooDeep)
    }
}
