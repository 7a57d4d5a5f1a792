//! Scopes and resources that the references of one file stand for, kept in the form in which OTLP wants them.

use std::sync::Arc;

use hashbrown::HashMap;

use super::attributes::AttributeList;
use super::entries::{Entries, EntryError};
use super::entry_cache::{EntryCache, MAX_CACHE_BYTES, MAX_CACHE_ENTRIES, string_or_empty};
use super::faults::Faults;
use super::proto;
use super::scope::{Resource, Scope};
use super::value::Transcoder;
use crate::layout::field;
use crate::wire::{self, Fields};

/// Resolves and remembers the references of one file. Of bounded size whatever the file holds.
#[derive(Debug, Default)]
pub struct Resolver {
    cache: EntryCache,
    scopes: HashMap<(i64, i64), Arc<Scope>>,
    resources: HashMap<i64, Arc<Resource>>,
    cached_scope_bytes: usize,
    last_scope: Option<((i64, i64), Arc<Scope>)>,
    resource_override: Option<Arc<Resource>>,
    resource_override_references: (i64, i64),
}

impl Resolver {
    /// A resolver that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keys and values of the file, for the values of a record.
    #[inline]
    pub(super) fn cache(&mut self) -> &mut EntryCache {
        &mut self.cache
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
            let schema_url = string_or_empty(entries, faults, schema_url_reference);
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
        let schema_url = string_or_empty(entries, faults, schema_url_reference);
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
        let entry = self.cache.read(entries, reference)?;
        let (mut name, mut version, mut dropped, mut resource) = (0, 0, 0, 0);
        let mut attributes = AttributeList::default();
        let mut transcoder = Transcoder::new(&mut self.cache, entries, faults);
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
            let text = string_or_empty(entries, faults, reference);
            if !text.is_empty() {
                wire::put_bytes(&mut body, field, &text);
            }
        }
        attributes.write(&mut body);
        if dropped != 0 {
            wire::put_uint(&mut body, proto::scope::DROPPED_ATTRIBUTES, dropped.into());
        }
        self.cache.give_buffer(entry);
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
        let entry = self.cache.read(entries, reference)?;
        let mut dropped = 0;
        let mut attributes = AttributeList::default();
        let mut transcoder = Transcoder::new(&mut self.cache, entries, faults);
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
        self.cache.give_buffer(entry);
        Ok(Resource::new(&body, schema_url))
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
