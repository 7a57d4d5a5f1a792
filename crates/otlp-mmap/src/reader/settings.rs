//! The app's settings, as its file carries them.

use crate::layout::field;
use crate::otlp::Entries;
use crate::wire::{Fields, Malformed, Value};

/// Settings that are looked at, and bytes of the longest name or value: an app has a handful of short ones.
const MOST: usize = 64;
const LONGEST: usize = 4096;

/// Names and values behind the reference of a settings entry. What cannot be read is left out.
pub(super) fn read(entries: &mut dyn Entries, reference: i64) -> Vec<(String, String)> {
    let mut message = Vec::new();
    if reference == 0 || entries.entry(reference, &mut message).is_err() {
        return Vec::new();
    }
    Fields::new(&message)
        .map_while(Result::ok)
        .filter_map(|field| match field {
            (field::RESOURCE_ATTRIBUTES, Value::Bytes(attribute)) => setting(entries, attribute).ok().flatten(),
            _ => None,
        })
        .take(MOST)
        .collect()
}

fn setting(entries: &mut dyn Entries, attribute: &[u8]) -> Result<Option<(String, String)>, Malformed> {
    let (mut name, mut value) = (Vec::new(), None);
    for part in Fields::new(attribute) {
        match part? {
            (field::KEY_VALUE_KEY_REF, Value::Varint(reference)) => {
                name.clear();
                entries.entry(reference as i64, &mut name).map_err(|_| Malformed)?;
            }
            (field::KEY_VALUE_VALUE, Value::Bytes(any)) => value = text_of(any)?,
            _ => {}
        }
    }
    let name = String::from_utf8(name).map_err(|_| Malformed)?;
    Ok(value
        .filter(|_| (1..=LONGEST).contains(&name.len()))
        .map(|value| (name, value)))
}

fn text_of(any: &[u8]) -> Result<Option<String>, Malformed> {
    let mut text = None;
    for part in Fields::new(any) {
        if let (field::ANY_STRING, Value::Bytes(bytes)) = part?
            && bytes.len() <= LONGEST
        {
            text = Some(String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)?);
        }
    }
    Ok(text)
}
