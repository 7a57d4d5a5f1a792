//! Keys and values of one file's dictionary, kept in the form in which OTLP wants them.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::entries::{Entries, EntryError};
use super::faults::Faults;
use super::proto;
use super::scope::content_hash;
use super::text;
use crate::wire;

/// A cache that holds this many entries, or this many bytes, starts anew: nothing is lost but time.
pub(super) const MAX_CACHE_ENTRIES: usize = 1 << 16;
pub(super) const MAX_CACHE_BYTES: usize = 4 << 20;

/// A key: the hash that identifies its text in every file, and where its encoded field stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) hash: u64,
    start: u32,
    len: u32,
}

impl Key {
    #[inline]
    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

#[derive(Debug, Clone, Copy)]
struct CachedValue {
    start: usize,
    len: usize,
    height: u32,
}

/// What is known of the dictionary of one file. Of bounded size whatever the file holds.
#[derive(Debug, Default)]
pub(super) struct EntryCache {
    keys: HashMap<i64, Key>,
    /// `KeyValue.key` fields, end to end.
    key_fields: Vec<u8>,
    values: HashMap<i64, CachedValue>,
    value_bytes: Vec<u8>,
    /// Buffers for dictionary entries; as many as references are nested.
    buffers: Vec<Vec<u8>>,
}

impl EntryCache {
    /// The key at `reference`; 0 is the empty one.
    #[inline]
    pub(super) fn key(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
    ) -> Result<Key, EntryError> {
        if let Some(&key) = self.keys.get(&reference) {
            return Ok(key);
        }
        self.read_key(entries, faults, reference)
    }

    #[cold]
    fn read_key(&mut self, entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Result<Key, EntryError> {
        let text = string(entries, faults, reference)?;
        if self.keys.len() >= MAX_CACHE_ENTRIES || self.key_fields.len() + text.len() > MAX_CACHE_BYTES {
            self.keys.clear();
            self.key_fields.clear();
        }
        let start = self.key_fields.len();
        if !text.is_empty() {
            wire::put_bytes(&mut self.key_fields, proto::key_value::KEY, &text);
        }
        let key = Key {
            hash: content_hash(&text),
            start: start as u32,
            len: (self.key_fields.len() - start) as u32,
        };
        self.keys.insert(reference, key);
        Ok(key)
    }

    /// The encoded `KeyValue.key` field of a key that [`Self::key`] gave since the last call of that.
    #[inline]
    pub(super) fn key_field(&self, key: Key) -> &[u8] {
        &self.key_fields[key.start as usize..][..key.len as usize]
    }

    /// Appends the string at `reference` as the field number `field`; nothing if it is empty or, counted, leads nowhere.
    pub(super) fn put_string(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
        field: u32,
        out: &mut Vec<u8>,
    ) {
        // strings that records refer to are few, and kept as keys
        match self.key(entries, faults, reference).map(|key| self.key_field(key)) {
            Ok([_, text @ ..]) => {
                wire::put_tag(out, field, wire::LEN);
                out.extend_from_slice(text);
            }
            Ok([]) => {}
            Err(_) => faults.unresolved_references += 1,
        }
    }

    /// The entry at `reference`, in a buffer that is to be given back.
    pub(super) fn read(&mut self, entries: &mut dyn Entries, reference: i64) -> Result<Vec<u8>, EntryError> {
        let mut entry = self.take_buffer();
        entries.entry(reference, &mut entry)?;
        Ok(entry)
    }

    /// The transcoded value at `reference` and its levels, if it was seen before.
    pub(super) fn cached_value(&self, reference: i64) -> Option<(&[u8], u32)> {
        let value = self.values.get(&reference)?;
        Some((&self.value_bytes[value.start..][..value.len], value.height))
    }

    pub(super) fn cache_value(&mut self, reference: i64, bytes: &[u8], height: u32) {
        if bytes.len() > MAX_CACHE_BYTES / 4 {
            return;
        }
        if self.values.len() >= MAX_CACHE_ENTRIES || self.value_bytes.len() + bytes.len() > MAX_CACHE_BYTES {
            self.values.clear();
            self.value_bytes.clear();
        }
        let (start, len) = (self.value_bytes.len(), bytes.len());
        self.value_bytes.extend_from_slice(bytes);
        self.values.insert(reference, CachedValue { start, len, height });
    }

    /// An empty buffer for a dictionary entry.
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }

    pub(super) fn give_buffer(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= MAX_CACHE_BYTES / 64 {
            buffer.clear();
            self.buffers.push(buffer);
        }
    }
}

/// A string; 0 is the empty one. Bytes that are not UTF-8 are replaced and counted.
fn string(entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Result<Vec<u8>, EntryError> {
    if reference == 0 {
        return Ok(Vec::new());
    }
    let mut entry = Vec::new();
    entries.entry(reference, &mut entry)?;
    Ok(match text::checked(&entry, faults) {
        Cow::Borrowed(_) => entry,
        Cow::Owned(repaired) => repaired,
    })
}

/// A string; nothing if there is none, which is counted.
pub(super) fn string_or_empty(entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Vec<u8> {
    string(entries, faults, reference).unwrap_or_else(|_| {
        faults.unresolved_references += 1;
        Vec::new()
    })
}
