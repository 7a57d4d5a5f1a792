//! The status of a span.

use super::proto;
use crate::layout::field;
use crate::wire::{self, Fields, Malformed, field_len};

/// A status, borrowed. Code 0 = unset, 1 = ok, 2 = error; other codes are read as unset.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Status<'a> {
    pub(super) code: u8,
    pub(super) message: &'a [u8],
}

impl<'a> Status<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut status = Self::default();
        for field in Fields::new(message) {
            match field? {
                (field::STATUS_MESSAGE, v) => status.message = v.bytes()?,
                (field::STATUS_CODE, v) => {
                    status.code = u8::try_from(v.varint()?).ok().filter(|&code| code <= 2).unwrap_or(0);
                }
                _ => {}
            }
        }
        Ok(status)
    }

    /// Bytes that [`Self::put`] appends; 0 for an unset status, which OTLP leaves out.
    #[inline]
    pub(super) fn len(&self) -> usize {
        let message = match self.message.len() {
            0 => 0,
            len => field_len(proto::status::MESSAGE, len),
        };
        message + if self.code == 0 { 0 } else { 2 }
    }

    /// Appends the fields of the OTLP `Status`.
    #[inline]
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        if !self.message.is_empty() {
            wire::put_bytes(out, proto::status::MESSAGE, self.message);
        }
        if self.code != 0 {
            wire::put_uint(out, proto::status::CODE, self.code.into());
        }
    }
}
