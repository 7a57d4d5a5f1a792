//! A list of encoded attributes in which a later key replaces an earlier one.

use hashbrown::HashMap;

use super::proto;
use super::scope::content_hash;
use crate::wire::{self, Fields, Malformed};

/// Up to this many attributes a key is searched for linearly; beyond it, through a map.
const LINEAR: usize = 64;
/// Replaced attributes are dropped from the buffer when they take this much more than the live ones.
const SLACK: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Keyed 64-bit hash of the key's text. Keys are compared by it alone: a file cannot choose it.
    key: u64,
    start: u32,
    len: u32,
}

/// Encoded attribute fields in the order in which their keys first came, like the keys of a JavaScript object.
#[derive(Debug, Default)]
pub(super) struct AttributeList {
    /// Fields as appended, replaced ones included.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    positions: Option<Box<HashMap<u64, u32>>>,
    /// Bit `key % 64` of every key seen: most new keys need no search.
    seen: u64,
    live: usize,
}

impl AttributeList {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.positions = None;
        self.seen = 0;
        self.live = 0;
    }

    /// Where to append one encoded field; then [`Self::commit`] it, or truncate the buffer to what it was.
    #[inline]
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes the field that stands in the buffer from `start` on as the attribute `key`.
    #[inline]
    pub(super) fn commit(&mut self, key: u64, start: usize) {
        let len = self.bytes.len() - start;
        let entry = Entry {
            key,
            start: start as u32,
            len: len as u32,
        };
        let bit = 1 << (key & 63);
        if self.seen & bit != 0
            && let Some(at) = self.position(key)
        {
            self.replace(at, entry);
            return;
        }
        self.seen |= bit;
        self.live += len;
        if let Some(positions) = &mut self.positions {
            positions.insert(key, self.entries.len() as u32);
        }
        self.entries.push(entry);
    }

    /// Takes a `KeyValue` that is encoded already, as the field number `field`.
    ///
    /// # Errors
    /// It has no key that can be read.
    pub(super) fn restore(&mut self, field: u32, key_value: &[u8]) -> Result<(), Malformed> {
        let mut key: &[u8] = &[];
        for field in Fields::new(key_value) {
            if let (proto::key_value::KEY, v) = field? {
                key = v.bytes()?;
            }
        }
        let start = self.bytes.len();
        wire::put_bytes(&mut self.bytes, field, key_value);
        self.commit(content_hash(key), start);
        Ok(())
    }

    fn position(&mut self, key: u64) -> Option<usize> {
        if self.entries.len() <= LINEAR {
            return self.entries.iter().position(|entry| entry.key == key);
        }
        let positions = self.positions.get_or_insert_with(|| {
            let all = self.entries.iter().enumerate();
            Box::new(all.map(|(at, entry)| (entry.key, at as u32)).collect())
        });
        positions.get(&key).map(|&at| at as usize)
    }

    fn replace(&mut self, at: usize, entry: Entry) {
        self.live = self.live - self.entries[at].len as usize + entry.len as usize;
        self.entries[at] = entry;
        if self.bytes.len() > 2 * self.live + SLACK {
            let mut compact = Vec::with_capacity(self.live);
            for entry in &mut self.entries {
                let start = compact.len() as u32;
                compact.extend_from_slice(&self.bytes[entry.start as usize..][..entry.len as usize]);
                entry.start = start;
            }
            self.bytes = compact;
        }
    }

    /// Bytes that [`Self::write`] appends.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// Number of attributes.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Appends the attributes.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.bytes.len() == self.live {
            out.extend_from_slice(&self.bytes);
        } else {
            for entry in &self.entries {
                out.extend_from_slice(&self.bytes[entry.start as usize..][..entry.len as usize]);
            }
        }
    }

    /// Memory in use.
    #[inline]
    pub(super) fn footprint(&self) -> usize {
        let entry = size_of::<Entry>() + if self.positions.is_some() { 24 } else { 0 };
        self.bytes.len() + self.entries.len() * entry
    }

    /// Gives back buffers that grew beyond `limit` bytes.
    pub(super) fn shrink(&mut self, limit: usize) {
        if self.bytes.capacity() > limit {
            self.bytes = Vec::new();
        }
        if self.entries.capacity() * size_of::<Entry>() > limit {
            self.entries = Vec::new();
        }
    }
}
