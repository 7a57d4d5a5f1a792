//! What the references of one file stand for, kept in the form in which OTLP wants it.

use std::sync::Arc;

use hashbrown::HashMap;

use super::attributes::AttributeList;
use super::entries::{Entries, EntryError};
use super::faults::Faults;
use super::proto;
use super::scope::{Resource, Scope, content_hash};
use super::text;
use super::value::{Transcoder, ValueError};
use crate::layout::field;
use crate::wire::{self, Fields};

/// A cache that holds this many entries, or this many bytes, starts anew: nothing is lost but time.
const MAX_CACHE_ENTRIES: usize = 1 << 16;
const MAX_CACHE_BYTES: usize = 4 << 20;

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

/// Resolves and remembers the references of one file. Of bounded size whatever the file holds.
#[derive(Debug, Default)]
pub struct Resolver {
    keys: HashMap<i64, Key>,
    /// `KeyValue.key` fields, end to end.
    key_fields: Vec<u8>,
    values: HashMap<i64, CachedValue>,
    value_bytes: Vec<u8>,
    scopes: HashMap<(i64, i64), Arc<Scope>>,
    resources: HashMap<i64, Arc<Resource>>,
    cached_scope_bytes: usize,
    last_scope: Option<((i64, i64), Arc<Scope>)>,
    resource_override: Option<Arc<Resource>>,
    resource_override_references: (i64, i64),
    /// Buffers for dictionary entries; as many as references are nested.
    buffers: Vec<Vec<u8>>,
}

impl Resolver {
    /// A resolver that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the Resource at `reference`, with the schema URL at `schema_url_reference` (0 = none), in the place of the
    /// resource of every scope of the file. A `reference` of 0 takes it away again. Costs nothing while both stay the same.
    ///
    /// # Errors
    /// If the resource cannot be read; what was set before remains.
    pub fn set_resource_override(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
        schema_url_reference: i64,
    ) -> Result<(), EntryError> {
        let references = (reference, schema_url_reference);
        if references == self.resource_override_references {
            return Ok(());
        }
        self.resource_override = if reference == 0 {
            None
        } else {
            let schema_url = Self::string_or_empty(entries, faults, schema_url_reference);
            Some(self.read_resource(entries, faults, reference, &schema_url)?)
        };
        self.resource_override_references = references;
        self.forget_scopes();
        Ok(())
    }

    /// The resource that stands for every scope of the file, if one is set.
    #[must_use]
    pub fn resource_override(&self) -> Option<&Arc<Resource>> {
        self.resource_override.as_ref()
    }

    /// The scope at `reference` with the schema URL at `schema_url_reference`. A reference of 0, and one that leads
    /// nowhere, stands for an empty scope; the latter is counted.
    #[inline]
    pub(super) fn scope(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
        schema_url_reference: i64,
    ) -> &Arc<Scope> {
        let references = (reference, schema_url_reference);
        if !matches!(&self.last_scope, Some((last, _)) if *last == references) {
            let scope = self.find_scope(entries, faults, references);
            self.last_scope = Some((references, scope));
        }
        let Some((_, scope)) = &self.last_scope else {
            unreachable!("set above")
        };
        scope
    }

    fn find_scope(&mut self, entries: &mut dyn Entries, faults: &mut Faults, references: (i64, i64)) -> Arc<Scope> {
        if let Some(scope) = self.scopes.get(&references) {
            return Arc::clone(scope);
        }
        let (reference, schema_url_reference) = references;
        let unresolved = faults.unresolved_references;
        let schema_url = Self::string_or_empty(entries, faults, schema_url_reference);
        let scope = if reference == 0 {
            Scope::new(self.resource(entries, faults, 0), &[], &schema_url)
        } else if let Ok(scope) = self.read_scope(entries, faults, reference, &schema_url) {
            scope
        } else {
            faults.unresolved_references += 1;
            Scope::new(self.resource(entries, faults, 0), &[], &schema_url)
        };
        if faults.unresolved_references == unresolved {
            let size = scope.body().len() + scope.schema_url().len();
            self.reserve_scope_bytes(size);
            self.scopes.insert(references, Arc::clone(&scope));
        }
        scope
    }

    fn read_scope(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
        schema_url: &[u8],
    ) -> Result<Arc<Scope>, EntryError> {
        let entry = self.read_entry(entries, reference)?;
        let (mut name, mut version, mut dropped, mut resource) = (0, 0, 0, 0);
        let mut attributes = AttributeList::default();
        let mut transcoder = Transcoder::new(self, entries, faults);
        for field in Fields::new(&entry) {
            match field? {
                (field::SCOPE_NAME_REF, v) => name = v.varint()? as i64,
                (field::SCOPE_VERSION_REF, v) => version = v.varint()? as i64,
                (field::SCOPE_ATTRIBUTES, v) => {
                    transcoder.attribute(proto::scope::ATTRIBUTES, v.bytes()?, &mut attributes);
                }
                (field::SCOPE_DROPPED_ATTRIBUTES, v) => dropped = v.varint()? as u32,
                (field::SCOPE_RESOURCE_REF, v) => resource = v.varint()? as i64,
                _ => {}
            }
        }
        let mut body = Vec::with_capacity(attributes.len() + 64);
        for (field, reference) in [(proto::scope::NAME, name), (proto::scope::VERSION, version)] {
            let text = Self::string_or_empty(entries, faults, reference);
            if !text.is_empty() {
                wire::put_bytes(&mut body, field, &text);
            }
        }
        attributes.write(&mut body);
        if dropped != 0 {
            wire::put_uint(&mut body, proto::scope::DROPPED_ATTRIBUTES, dropped.into());
        }
        self.give_buffer(entry);
        Ok(Scope::new(self.resource(entries, faults, resource), &body, schema_url))
    }

    /// The resource of a scope: the override, else the one at `reference`; an empty one for 0 and, counted, for a
    /// reference that leads nowhere.
    fn resource(&mut self, entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Arc<Resource> {
        if let Some(resource) = &self.resource_override {
            return Arc::clone(resource);
        }
        if let Some(resource) = self.resources.get(&reference) {
            return Arc::clone(resource);
        }
        if reference == 0 {
            return Resource::new(&[], &[]);
        }
        let Ok(resource) = self.read_resource(entries, faults, reference, &[]) else {
            faults.unresolved_references += 1;
            return Resource::new(&[], &[]);
        };
        self.reserve_scope_bytes(resource.body().len());
        self.resources.insert(reference, Arc::clone(&resource));
        resource
    }

    fn read_resource(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
        schema_url: &[u8],
    ) -> Result<Arc<Resource>, EntryError> {
        let entry = self.read_entry(entries, reference)?;
        let mut dropped = 0;
        let mut attributes = AttributeList::default();
        let mut transcoder = Transcoder::new(self, entries, faults);
        for field in Fields::new(&entry) {
            match field? {
                (field::RESOURCE_ATTRIBUTES, v) => {
                    transcoder.attribute(proto::resource::ATTRIBUTES, v.bytes()?, &mut attributes);
                }
                (field::RESOURCE_DROPPED_ATTRIBUTES, v) => dropped = v.varint()? as u32,
                _ => {}
            }
        }
        let mut body = Vec::with_capacity(attributes.len() + 8);
        attributes.write(&mut body);
        if dropped != 0 {
            wire::put_uint(&mut body, proto::resource::DROPPED_ATTRIBUTES, dropped.into());
        }
        self.give_buffer(entry);
        Ok(Resource::new(&body, schema_url))
    }

    /// The key at `reference`; 0 is the empty one.
    #[inline]
    pub(super) fn key(
        &mut self,
        entries: &mut dyn Entries,
        faults: &mut Faults,
        reference: i64,
    ) -> Result<Key, ValueError> {
        if let Some(&key) = self.keys.get(&reference) {
            return Ok(key);
        }
        self.read_key(entries, faults, reference)
    }

    #[cold]
    fn read_key(&mut self, entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Result<Key, ValueError> {
        let text = Self::string(entries, faults, reference).map_err(|_| ValueError::Unresolved)?;
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

    /// A string; 0 is the empty one. Bytes that are not UTF-8 are replaced and counted.
    fn string(entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Result<Vec<u8>, EntryError> {
        if reference == 0 {
            return Ok(Vec::new());
        }
        let mut entry = Vec::new();
        entries.entry(reference, &mut entry)?;
        Ok(match text::checked(&entry, faults) {
            std::borrow::Cow::Borrowed(_) => entry,
            std::borrow::Cow::Owned(repaired) => repaired,
        })
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

    fn string_or_empty(entries: &mut dyn Entries, faults: &mut Faults, reference: i64) -> Vec<u8> {
        Self::string(entries, faults, reference).unwrap_or_else(|_| {
            faults.unresolved_references += 1;
            Vec::new()
        })
    }

    fn read_entry(&mut self, entries: &mut dyn Entries, reference: i64) -> Result<Vec<u8>, EntryError> {
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

    fn reserve_scope_bytes(&mut self, bytes: usize) {
        if self.scopes.len() + self.resources.len() >= MAX_CACHE_ENTRIES
            || self.cached_scope_bytes + bytes > MAX_CACHE_BYTES
        {
            self.forget_scopes();
        }
        self.cached_scope_bytes += bytes;
    }

    fn forget_scopes(&mut self) {
        self.scopes.clear();
        self.resources.clear();
        self.last_scope = None;
        self.cached_scope_bytes = 0;
    }
}
