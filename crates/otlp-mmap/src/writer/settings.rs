//! The app's settings, which travel in its files so that a collector can follow them where it was told nothing else.

use std::collections::BTreeMap;

use crate::layout::field;
use crate::wire;

/// Settings by name: those of the app's environment variables, so that nobody has to learn new ones. Never secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// True if that changes anything.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        if self.0.get(name).is_some_and(|known| known == value) {
            return false;
        }
        self.0.insert(name.to_owned(), value.to_owned());
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A Resource entry with each setting as an attribute of kind string. `intern` gives the reference of a name.
    pub(super) fn entry<E>(&self, mut intern: impl FnMut(&str) -> Result<i64, E>) -> Result<Vec<u8>, E> {
        let mut entry = Vec::new();
        let (mut attribute, mut any) = (Vec::new(), Vec::new());
        for (name, value) in &self.0 {
            attribute.clear();
            any.clear();
            wire::put_uint(&mut attribute, field::KEY_VALUE_KEY_REF, intern(name)? as u64);
            wire::put_bytes(&mut any, field::ANY_STRING, value.as_bytes());
            wire::put_bytes(&mut attribute, field::KEY_VALUE_VALUE, &any);
            wire::put_bytes(&mut entry, field::RESOURCE_ATTRIBUTES, &attribute);
        }
        Ok(entry)
    }
}
