//! Ring records of spans, and a dictionary for them, written from the format's description alone: nothing here uses the
//! crate's own coder.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use std::collections::HashMap;

use otlp_mmap::otlp::{Entries, EntryError};

pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A message under construction.
#[derive(Debug, Clone, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn varint(mut self, field: u32, value: u64) -> Self {
        varint(&mut self.0, u64::from(field) << 3);
        varint(&mut self.0, value);
        self
    }

    pub fn fixed64(mut self, field: u32, value: u64) -> Self {
        varint(&mut self.0, u64::from(field) << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn fixed32(mut self, field: u32, value: u32) -> Self {
        varint(&mut self.0, u64::from(field) << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, field: u32, bytes: impl AsRef<[u8]>) -> Self {
        varint(&mut self.0, u64::from(field) << 3 | 2);
        varint(&mut self.0, bytes.as_ref().len() as u64);
        self.0.extend(bytes.as_ref());
        self
    }

    /// A length in three bytes even where one would do, as encoders write that patch lengths in afterwards.
    pub fn padded(mut self, field: u32, message: &Message) -> Self {
        let len = message.0.len();
        assert!(len < 1 << 21, "a three-byte length");
        varint(&mut self.0, u64::from(field) << 3 | 2);
        self.0
            .extend([len as u8 | 0x80, (len >> 7) as u8 | 0x80, (len >> 14) as u8]);
        self.0.extend(&message.0);
        self
    }

    pub fn message(self, field: u32, message: &Message) -> Self {
        self.bytes(field, &message.0)
    }
}

/// A dictionary in memory. References are offsets in it, as in a file.
#[derive(Debug, Clone)]
pub struct Dictionary {
    pub bytes: Vec<u8>,
    interned: HashMap<Vec<u8>, i64>,
    /// Entries read so far.
    pub reads: usize,
}

impl Dictionary {
    pub fn new() -> Self {
        Self {
            bytes: vec![0; 64],
            interned: HashMap::new(),
            reads: 0,
        }
    }

    /// The reference of an entry with these bytes.
    pub fn intern(&mut self, entry: impl AsRef<[u8]>) -> i64 {
        let entry = entry.as_ref();
        if let Some(&reference) = self.interned.get(entry) {
            return reference;
        }
        let reference = self.bytes.len() as i64;
        varint(&mut self.bytes, entry.len() as u64);
        self.bytes.extend(entry);
        self.interned.insert(entry.to_vec(), reference);
        reference
    }

    /// The reference of a string: 0 for the empty one.
    pub fn string(&mut self, text: &str) -> i64 {
        if text.is_empty() { 0 } else { self.intern(text) }
    }
}

impl Entries for Dictionary {
    fn entry(&mut self, reference: i64, out: &mut Vec<u8>) -> Result<(), EntryError> {
        self.reads += 1;
        let start = usize::try_from(reference).map_err(|_| EntryError::Outside)?;
        if start < 64 || start >= self.bytes.len() {
            return Err(EntryError::Outside);
        }
        let (entry, _) = otlp_mmap::wire::delimited(&self.bytes[start..]).map_err(|_| EntryError::Malformed)?;
        out.extend_from_slice(entry);
        Ok(())
    }
}

/// A `KeyValueRef`.
pub fn key_value(key: i64, value: &Message) -> Message {
    Message::new().varint(1, key as u64).message(2, value)
}

/// The envelope of a span record.
pub fn span_event(trace_id: &[u8], span_id: &[u8], scope: i64, field: u32, message: &Message) -> Message {
    Message::new()
        .bytes(1, trace_id)
        .bytes(2, span_id)
        .varint(20, scope as u64)
        .padded(field, message)
}
