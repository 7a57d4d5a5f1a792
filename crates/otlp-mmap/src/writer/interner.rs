//! Strings, scopes and the resource as entries of one file's dictionary, each written once.

use hashbrown::HashMap;

use super::resource::Resource;
use super::settings::Settings;
use super::translate::{self, TranslateError};
use crate::file::{Dictionary, FileView};
use crate::layout::field;
use crate::wire;

/// Why there is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InternError {
    /// The dictionary has no room: the next file has.
    Full,
    /// No file would have room, or the message cannot be translated.
    Impossible,
}

impl From<TranslateError> for InternError {
    fn from(error: TranslateError) -> Self {
        match error {
            TranslateError::Malformed => Self::Impossible,
            TranslateError::DictionaryFull => Self::Full,
        }
    }
}

/// Content to reference, for one file.
#[derive(Debug, Default)]
pub(super) struct Interner {
    strings: HashMap<Box<str>, i64>,
    scopes: HashMap<Vec<u8>, i64>,
    metrics: HashMap<Vec<u8>, i64>,
    resource_ref: i64,
    room: Room,
}

/// Where the dictionary's next entry goes.
#[derive(Debug, Clone, Copy, Default)]
enum Room {
    /// To the end of the claimed space.
    #[default]
    Tail,
    /// Into what was claimed for this process when the file got metric cells behind it: from `next` to `end`.
    Claimed { next: u64, end: u64 },
}

impl Interner {
    /// The rest of the dictionary was claimed as one entry, whose length ends at `next`: entries go on inside of it, up to `end`.
    pub(super) fn go_on_within(&mut self, next: u64, end: u64) {
        self.room = Room::Claimed { next, end };
    }

    /// Reference of a string; 0 for the empty one.
    pub(super) fn string(&mut self, view: &FileView, text: &str) -> Result<i64, InternError> {
        if text.is_empty() {
            return Ok(0);
        }
        if let Some(reference) = self.strings.get(text) {
            return Ok(*reference);
        }
        let reference = self.room.append(view, text.as_bytes())?;
        self.strings.insert(text.into(), reference);
        Ok(reference)
    }

    /// Reference of an attribute's key or of another string that users make up. In a file that has no successor they must not take
    /// all the room, or no scope would find any: there they leave a quarter of it.
    pub(super) fn key(&mut self, view: &FileView, text: &str, last_file: bool) -> Result<i64, InternError> {
        if last_file && !self.strings.contains_key(text) && self.room.is_scarce(view) {
            return Err(InternError::Full);
        }
        self.string(view, text)
    }

    /// Reference of a scope that refers to the file's resource.
    pub(super) fn scope(
        &mut self,
        view: &FileView,
        name: &str,
        version: &str,
        attributes: &[u8],
    ) -> Result<i64, InternError> {
        let mut content = Vec::with_capacity(name.len() + version.len() + attributes.len() + 8);
        for part in [name.as_bytes(), version.as_bytes(), attributes] {
            wire::put_varint(&mut content, part.len() as u64);
            content.extend_from_slice(part);
        }
        if let Some(reference) = self.scopes.get(&content) {
            return Ok(*reference);
        }
        let attributes = translate::scope_attributes(attributes, &mut |key| self.string(view, key).ok())?;
        let mut entry = Vec::with_capacity(attributes.len() + 40);
        let name_ref = self.string(view, name)?;
        if name_ref != 0 {
            wire::put_uint(&mut entry, field::SCOPE_NAME_REF, name_ref as u64);
        }
        let version_ref = self.string(view, version)?;
        if version_ref != 0 {
            wire::put_uint(&mut entry, field::SCOPE_VERSION_REF, version_ref as u64);
        }
        entry.extend_from_slice(&attributes);
        // A reader of version 1 stops at a scope without resource: there always is one.
        wire::put_uint(&mut entry, field::SCOPE_RESOURCE_REF, self.resource_ref as u64);
        let reference = self.room.append(view, &entry)?;
        self.scopes.insert(content, reference);
        Ok(reference)
    }

    /// Reference of an encoded `MetricRef`.
    pub(super) fn metric(&mut self, view: &FileView, message: &[u8]) -> Result<i64, InternError> {
        if let Some(reference) = self.metrics.get(message) {
            return Ok(*reference);
        }
        let reference = self.room.append(view, message)?;
        self.metrics.insert(message.to_vec(), reference);
        Ok(reference)
    }

    /// Writes the resource and makes it that of the file and of all scopes to come; returns whether earlier scopes refer to
    /// another one.
    pub(super) fn set_resource(&mut self, view: &FileView, resource: &Resource) -> Result<bool, InternError> {
        let entry = translate::resource(&resource.otlp, &mut |key| self.string(view, key).ok())?;
        let schema_url_ref = self.string(view, &resource.schema_url)?;
        let reference = self.room.append(view, &entry)?;
        self.resource_ref = reference;
        let had_scopes = !self.scopes.is_empty();
        self.scopes.clear();
        if let Some(extension) = view.extension() {
            extension.set_resource_schema_url_ref(schema_url_ref);
            extension.set_resource_ref(reference);
            extension.set_resource_settled(resource.settled);
        }
        Ok(had_scopes)
    }

    /// Writes the app's settings, in place of what the file says of them.
    pub(super) fn set_settings(&mut self, view: &FileView, settings: &Settings) -> Result<(), InternError> {
        let entry = settings.entry(|name| self.string(view, name))?;
        let reference = self.room.append(view, &entry)?;
        if let Some(extension) = view.extension() {
            extension.set_settings_ref(reference);
        }
        Ok(())
    }
}

impl Room {
    /// Less than a quarter of the dictionary is left.
    fn is_scarce(&self, view: &FileView) -> bool {
        let dictionary = view.dictionary();
        let (next, end) = match *self {
            Self::Tail => (dictionary.end() as u64, view.mapping().length()),
            Self::Claimed { next, end } => (next, end),
        };
        end.saturating_sub(next) < end.saturating_sub(dictionary.first_entry()) / 4
    }

    /// Writes an entry. One that takes more than a quarter of the dictionary is refused: a new file would soon be full as well.
    fn append(&mut self, view: &FileView, entry: &[u8]) -> Result<i64, InternError> {
        let dictionary: Dictionary<'_> = view.dictionary();
        let end = match self {
            Self::Tail => view.mapping().length(),
            Self::Claimed { end, .. } => *end,
        };
        if entry.len() as u64 > end.saturating_sub(dictionary.first_entry()) / 4 {
            return Err(InternError::Impossible);
        }
        match self {
            Self::Tail => dictionary.append(entry),
            Self::Claimed { next, end } => dictionary.write_within(next, *end, entry),
        }
        .ok_or(InternError::Full)
    }
}
