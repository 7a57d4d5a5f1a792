//! Attributes as labels.

use super::name;
use crate::wire::{Fields, Malformed, Value};

/// Appends `key="value",` for each of some attributes: OTLP `KeyValue` fields of number `field`, their names behind a prefix. Labels
/// that get the same name are one, their values joined with semicolons. Those that are called as one of `taken` are renamed as Prometheus renames a label that it has
/// itself: a line with two labels of one name makes a whole scrape void.
pub(super) fn put_attributes(
    out: &mut String,
    attributes: &[u8],
    field: u32,
    prefix: &str,
    taken: &[String],
) -> Result<(), Malformed> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for part in Fields::new(attributes) {
        if let (number, Value::Bytes(attribute)) = part?
            && number == field
        {
            let (key, value) = key_value(attribute)?;
            let mut label = prefix.to_owned();
            name::put_label(&mut label, key);
            while taken.contains(&label) {
                label.insert_str(0, "exported_");
            }
            match labels.iter_mut().find(|(known, _)| *known == label) {
                Some((_, values)) => {
                    values.push(';');
                    values.push_str(&value);
                }
                None => labels.push((label, value)),
            }
        }
    }
    for (label, value) in labels {
        put(out, &label, &value);
    }
    Ok(())
}

/// Names of labels that were written one after the other, each with a comma behind it.
pub(super) fn names_in(labels: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = labels;
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.to_owned());
        let mut escaped = false;
        let end = value.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        rest = end.and_then(|at| value.get(at + 2..)).unwrap_or_default();
    }
    names
}

/// Appends one label and a comma.
pub(super) fn put(out: &mut String, label: &str, value: &str) {
    out.push_str(label);
    out.push_str("=\"");
    put_escaped(out, value, true);
    out.push_str("\",");
}

/// Appends a text with backslashes, line ends and (in label values) quotes escaped.
pub(super) fn put_escaped(out: &mut String, text: &str, quotes: bool) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            _ => out.push(character),
        }
    }
}

/// The value of one attribute among OTLP `KeyValue` fields of number `field`.
pub(super) fn find(attributes: &[u8], field: u32, wanted: &str) -> Option<String> {
    Fields::new(attributes)
        .map_while(Result::ok)
        .find_map(|part| match part {
            (number, Value::Bytes(attribute)) if number == field => key_value(attribute)
                .ok()
                .filter(|(key, _)| *key == wanted)
                .map(|(_, value)| value),
            _ => None,
        })
}

fn key_value(message: &[u8]) -> Result<(&str, String), Malformed> {
    let (mut key, mut text) = ("", String::new());
    for part in Fields::new(message) {
        match part? {
            (1, Value::Bytes(bytes)) => key = utf8(bytes)?,
            (2, Value::Bytes(value)) => {
                text.clear();
                put_value(&mut text, value, false, 0)?;
            }
            _ => {}
        }
    }
    Ok((key, text))
}

fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

/// Levels of lists within lists: the cells' reader has refused deeper ones.
const DEEPEST: u32 = 32;

/// A text as it is, everything else as JSON.
fn put_value(out: &mut String, message: &[u8], nested: bool, depth: u32) -> Result<(), Malformed> {
    use std::fmt::Write;
    if depth > DEEPEST {
        return Err(Malformed);
    }
    let Some(part) = Fields::new(message).last() else {
        if nested {
            out.push_str("null");
        }
        return Ok(());
    };
    // writing to a String does not fail
    let _ = match part? {
        (1, Value::Bytes(text)) if nested => write!(out, "{}", Quoted(utf8(text)?)),
        (1, Value::Bytes(text)) => {
            out.push_str(utf8(text)?);
            Ok(())
        }
        (2, Value::Varint(bits)) => write!(out, "{}", bits != 0),
        (3, Value::Varint(bits)) => write!(out, "{}", bits as i64),
        (4, Value::Fixed64(bits)) => write!(out, "{}", f64::from_bits(bits)),
        (5, Value::Bytes(list)) => {
            out.push('[');
            put_list(out, list, depth)?;
            out.push(']');
            Ok(())
        }
        (6, Value::Bytes(list)) => {
            out.push('{');
            put_list(out, list, depth)?;
            out.push('}');
            Ok(())
        }
        (7, Value::Bytes(bytes)) => bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
        _ => Ok(()),
    };
    Ok(())
}

/// Elements of an array, or pairs of a map: the latter are messages whose first field is the key.
fn put_list(out: &mut String, list: &[u8], depth: u32) -> Result<(), Malformed> {
    let is_map = out.ends_with('{');
    for (at, part) in Fields::new(list).enumerate() {
        let (1, Value::Bytes(element)) = part? else { continue };
        if at > 0 {
            out.push(',');
        }
        if is_map {
            put_pair(out, element, depth)?;
        } else {
            put_value(out, element, true, depth + 1)?;
        }
    }
    Ok(())
}

fn put_pair(out: &mut String, message: &[u8], depth: u32) -> Result<(), Malformed> {
    use std::fmt::Write;
    let (mut key, mut value): (&str, &[u8]) = ("", &[]);
    for part in Fields::new(message) {
        match part? {
            (1, Value::Bytes(bytes)) => key = utf8(bytes)?,
            (2, Value::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    let _ = write!(out, "{}:", Quoted(key));
    put_value(out, value, true, depth + 1)
}

/// A JSON string.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => {
                    f.write_char('\\')?;
                    f.write_char(character)?;
                }
                '\u{0}'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
    }
}
