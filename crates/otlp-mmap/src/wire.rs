//! Protobuf's wire format: the one varint coder and the one field walker of this crate.
//!
//! Reading never trusts its input: every length is checked, and a walk over fields ends at the first byte that cannot be
//! right with [`Malformed`].

/// The bytes are not valid protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("malformed protobuf")
    }
}

impl std::error::Error for Malformed {}

/// What fields are appended to.
pub trait Output {
    /// Appends one byte.
    fn push(&mut self, byte: u8);

    /// Appends bytes.
    fn extend_from_slice(&mut self, bytes: &[u8]);
}

impl Output for Vec<u8> {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.push(byte);
    }

    #[inline]
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Wire type of a length-delimited field.
pub const LEN: u32 = 2;
/// Wire type of a varint field.
pub const VARINT: u32 = 0;
/// Wire type of an eight-byte field.
pub const FIXED64: u32 = 1;
/// Wire type of a four-byte field.
pub const FIXED32: u32 = 5;

/// The tag of a field: its number and wire type.
#[must_use]
pub const fn tag(field: u32, wire_type: u32) -> u32 {
    field << 3 | wire_type
}

/// Bytes that `value` takes as a varint.
#[must_use]
pub const fn varint_len(value: u64) -> usize {
    // 7 bits a byte: (bits + 6) / 7, with at least one bit
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut impl Output, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a tag.
#[inline]
pub fn put_tag(out: &mut impl Output, field: u32, wire_type: u32) {
    put_varint(out, u64::from(tag(field, wire_type)));
}

/// Appends a varint field.
#[inline]
pub fn put_uint(out: &mut impl Output, field: u32, value: u64) {
    put_tag(out, field, VARINT);
    put_varint(out, value);
}

/// Appends a length-delimited field.
#[inline]
pub fn put_bytes(out: &mut impl Output, field: u32, bytes: &[u8]) {
    put_len(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// Bytes that a length-delimited field with a body of `len` bytes takes.
#[must_use]
#[inline]
pub const fn field_len(field: u32, len: usize) -> usize {
    varint_len(tag(field, LEN) as u64) + varint_len(len as u64) + len
}

/// Appends a length-delimited field whose body `write` appends; the length is patched in afterwards, in its shortest form.
///
/// # Errors
/// What `write` returns; `out` then holds a part of the field, for the caller to truncate.
#[inline]
pub fn put_nested<T, E>(
    out: &mut Vec<u8>,
    field: u32,
    write: impl FnOnce(&mut Vec<u8>) -> Result<T, E>,
) -> Result<T, E> {
    put_tag(out, field, LEN);
    out.push(0);
    let start = out.len();
    let result = write(out)?;
    let len = out.len() - start;
    if len < 0x80 {
        out[start - 1] = len as u8;
    } else {
        let shift = varint_len(len as u64) - 1;
        out.resize(start + len + shift, 0);
        out.copy_within(start..start + len, start + shift);
        let mut rest = len;
        for byte in &mut out[start - 1..start + shift - 1] {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        out[start + shift - 1] = rest as u8;
    }
    Ok(result)
}

/// Appends tag and length of a length-delimited field whose `len` bytes the caller appends next.
#[inline]
pub fn put_len(out: &mut impl Output, field: u32, len: usize) {
    put_tag(out, field, LEN);
    put_varint(out, len as u64);
}

/// Appends an eight-byte field.
#[inline]
pub fn put_fixed64(out: &mut impl Output, field: u32, value: u64) {
    put_tag(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a four-byte field.
#[inline]
pub fn put_fixed32(out: &mut impl Output, field: u32, value: u32) {
    put_tag(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Reads a varint from the front of `bytes`: the value and the bytes it took. Non-minimal forms are accepted.
///
/// # Errors
/// [`Malformed`] if it is cut off or longer than ten bytes.
#[inline]
pub fn varint(bytes: &[u8]) -> Result<(u64, usize), Malformed> {
    // Most are tags and lengths of one byte, or lengths and references of two or three.
    match *bytes {
        [a, ..] if a < 0x80 => Ok((u64::from(a), 1)),
        [a, b, ..] if b < 0x80 => Ok((u64::from(a & 0x7f) | u64::from(b) << 7, 2)),
        _ => long_varint(bytes),
    }
}

fn long_varint(bytes: &[u8]) -> Result<(u64, usize), Malformed> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Ok((value, i + 1));
        }
    }
    Err(Malformed)
}

/// Takes a varint-length-delimited message from the front of `bytes`: the message and the bytes that it took with its prefix.
///
/// # Errors
/// [`Malformed`] if the prefix is, or if the message reaches beyond `bytes`.
#[inline]
pub fn delimited(bytes: &[u8]) -> Result<(&[u8], usize), Malformed> {
    let (len, prefix) = varint(bytes)?;
    let end = usize::try_from(len)
        .ok()
        .and_then(|len| prefix.checked_add(len))
        .ok_or(Malformed)?;
    Ok((bytes.get(prefix..end).ok_or(Malformed)?, end))
}

/// The value of a field, borrowed from its message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A varint; signed fields are its two's complement.
    Varint(u64),
    /// Eight little-endian bytes.
    Fixed64(u64),
    /// Four little-endian bytes.
    Fixed32(u32),
    /// A length-delimited field.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The bytes of a length-delimited field.
    ///
    /// # Errors
    /// [`Malformed`] if the field has another wire type.
    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], Malformed> {
        if let Value::Bytes(bytes) = self {
            Ok(bytes)
        } else {
            Err(Malformed)
        }
    }

    /// The value of a varint field.
    ///
    /// # Errors
    /// [`Malformed`] if the field has another wire type.
    #[inline]
    pub fn varint(self) -> Result<u64, Malformed> {
        if let Value::Varint(value) = self {
            Ok(value)
        } else {
            Err(Malformed)
        }
    }

    /// The value of an eight-byte field.
    ///
    /// # Errors
    /// [`Malformed`] if the field has another wire type.
    #[inline]
    pub fn fixed64(self) -> Result<u64, Malformed> {
        if let Value::Fixed64(value) = self {
            Ok(value)
        } else {
            Err(Malformed)
        }
    }

    /// The value of a four-byte field.
    ///
    /// # Errors
    /// [`Malformed`] if the field has another wire type.
    #[inline]
    pub fn fixed32(self) -> Result<u32, Malformed> {
        if let Value::Fixed32(value) = self {
            Ok(value)
        } else {
            Err(Malformed)
        }
    }
}

/// Walks the fields of a message in the order in which they stand. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// A walk over `message`.
    #[must_use]
    #[inline]
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Bytes that are left.
    #[must_use]
    #[inline]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether no bytes are left.
    #[must_use]
    #[inline]
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    #[expect(
        clippy::inline_always,
        reason = "a call, and a result through memory, cost more than the step itself"
    )]
    #[inline(always)]
    fn step(&mut self) -> Result<(u32, Value<'a>), Malformed> {
        let (tag, taken) = varint(self.rest)?;
        let rest = &self.rest[taken..];
        let field = u32::try_from(tag >> 3).map_err(|_| Malformed)?;
        if field == 0 {
            return Err(Malformed);
        }
        let (value, taken) = match tag as u32 & 7 {
            VARINT => {
                let (value, taken) = varint(rest)?;
                (Value::Varint(value), taken)
            }
            FIXED64 => {
                let bytes = rest.first_chunk().ok_or(Malformed)?;
                (Value::Fixed64(u64::from_le_bytes(*bytes)), 8)
            }
            LEN => {
                let (bytes, taken) = delimited(rest)?;
                (Value::Bytes(bytes), taken)
            }
            FIXED32 => {
                let bytes = rest.first_chunk().ok_or(Malformed)?;
                (Value::Fixed32(u32::from_le_bytes(*bytes)), 4)
            }
            _ => return Err(Malformed),
        };
        self.rest = &rest[taken..];
        Ok((field, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Malformed>;

    #[expect(clippy::inline_always, reason = "as for step")]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.step();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_varint_reads_back_as_written(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            prop_assert_eq!(bytes.len(), varint_len(value));
            let taken = bytes.len();
            bytes.extend(tail);
            prop_assert_eq!(varint(&bytes), Ok((value, taken)));
        }

        #[test]
        fn a_walk_over_any_bytes_ends(bytes: Vec<u8>) {
            prop_assert!(Fields::new(&bytes).count() <= bytes.len());
        }
    }

    proptest! {
        #[test]
        fn a_patched_length_equals_a_known_one(len in prop_oneof![0usize..300, 16_300usize..16_500, 2_097_000usize..2_097_300]) {
            let body = vec![7; len];
            let (mut known, mut patched) = (Vec::new(), Vec::new());
            put_bytes(&mut known, 5, &body);
            let done: Result<(), ()> = put_nested(&mut patched, 5, |out| {
                out.extend_from_slice(&body);
                Ok(())
            });
            prop_assert_eq!(done, Ok(()));
            prop_assert_eq!(known.len(), field_len(5, len));
            prop_assert_eq!(known, patched);
        }
    }

    #[test]
    fn a_padded_varint_is_accepted() {
        assert_eq!(varint(&[0x85, 0x80, 0x00]), Ok((5, 3)));
    }

    #[test]
    fn a_length_beyond_the_message_is_malformed() {
        assert_eq!(delimited(&[5, 1, 2]), Err(Malformed));
        assert_eq!(
            delimited(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            Err(Malformed)
        );
    }
}
