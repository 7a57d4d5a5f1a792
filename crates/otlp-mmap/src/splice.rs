//! Replaces parts of an encoded message, at whatever depth they stand, and mends the lengths around them.

use std::iter::Peekable;
use std::slice::Iter;

use crate::wire::{self, Fields, Malformed, Value};

/// Messages within messages: more than any record of this format nests. What lies deeper is copied as it is.
const MAX_DEPTH: u32 = 128;
/// Bytes of a record, more than most.
const TYPICAL: usize = 2048;

/// What happens to the length-delimited field whose body begins at `at` (an offset in the whole message).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit<'a> {
    pub(crate) at: usize,
    pub(crate) change: Change<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Change<'a> {
    /// It gets this body.
    Body(&'a [u8]),
    /// These fields, or none, take its place.
    Fields(&'a [u8]),
    /// These fields come before those that it has. Further edits may change the latter.
    Prepend(&'a [u8]),
}

/// `message` with its edits, which stand in the order of their places. An edit that names no field, or one within a field that
/// another edit replaces, does nothing.
///
/// # Errors
/// [`Malformed`] if `message` is, on the way to a place that is named.
pub(crate) fn splice(message: &[u8], edits: &[Edit<'_>]) -> Result<Vec<u8>, Malformed> {
    debug_assert!(edits.is_sorted_by_key(|edit| edit.at), "in the order of their places");
    let added = edits.iter().map(|edit| edit.change.len()).sum::<usize>();
    // of a long message, most is what the edits take away
    let mut out = Vec::with_capacity(message.len().min(TYPICAL) + added + 16);
    walk(message, 0, &mut edits.iter().peekable(), &mut out, MAX_DEPTH)?;
    Ok(out)
}

impl Change<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Body(bytes) | Self::Fields(bytes) | Self::Prepend(bytes) => bytes.len(),
        }
    }
}

/// Appends the fields of `body`, which begins at `base` of the whole message.
fn walk(
    body: &[u8],
    base: usize,
    edits: &mut Peekable<Iter<'_, Edit<'_>>>,
    out: &mut Vec<u8>,
    depth: u32,
) -> Result<(), Malformed> {
    let mut fields = Fields::new(body);
    let mut start = 0;
    while let Some(field) = fields.next() {
        let (number, value) = field?;
        let end = body.len() - fields.remaining();
        let whole = &body[start..end];
        start = end;
        let Value::Bytes(content) = value else {
            out.extend_from_slice(whole);
            continue;
        };
        let content_at = base + end - content.len();
        while edits.next_if(|edit| edit.at < content_at).is_some() {}
        // an empty body may stand at the very end
        let concerned = |edit: &&Edit<'_>| edit.at <= base + end;
        match edits.peek().copied().filter(concerned) {
            None => out.extend_from_slice(whole),
            Some(edit) if edit.at == content_at => {
                edits.next();
                match edit.change {
                    Change::Body(bytes) => wire::put_bytes(out, number, bytes),
                    Change::Fields(bytes) => out.extend_from_slice(bytes),
                    Change::Prepend(bytes) => wire::put_nested(out, number, |out| {
                        out.extend_from_slice(bytes);
                        walk(content, content_at, edits, out, depth)
                    })?,
                }
            }
            Some(_) if depth == 0 => out.extend_from_slice(whole),
            Some(_) => wire::put_nested(out, number, |out| walk(content, content_at, edits, out, depth - 1))?,
        }
        while edits.next_if(|edit| edit.at <= base + end).is_some() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u32, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        wire::put_bytes(&mut out, number, body);
        out
    }

    fn edit(at: usize, change: Change<'_>) -> Edit<'_> {
        Edit { at, change }
    }

    #[test]
    fn a_body_at_any_depth_is_replaced_and_the_lengths_around_it_are_mended() {
        let inner = [field(1, b"key"), field(2, b"short")].concat();
        let message = [field(3, b"x"), field(9, &field(4, &inner)), field(5, b"y")].concat();
        let at = message.windows(5).position(|window| window == b"short").unwrap();
        let long = vec![b'l'; 1000];
        let expected = [
            field(3, b"x"),
            field(9, &field(4, &[field(1, b"key"), field(2, &long)].concat())),
            field(5, b"y"),
        ];
        let long = splice(&message, &[edit(at, Change::Body(&long))]).unwrap();
        assert_eq!(long, expected.concat());
        assert_eq!(splice(&long, &[edit(at + 3, Change::Body(b"short"))]).unwrap(), message);
    }

    #[test]
    fn an_empty_body_gets_another() {
        let message = field(1, &field(2, b""));
        let expected = field(1, &field(2, b"text"));
        assert_eq!(splice(&message, &[edit(4, Change::Body(b"text"))]).unwrap(), expected);
    }

    #[test]
    fn fields_are_removed_and_put_before_others() {
        let message = [field(1, b"a"), field(2, &field(3, b"b"))].concat();
        let edits = [
            edit(2, Change::Fields(&[])),
            edit(5, Change::Prepend(b"\x10\x01")),
            edit(7, Change::Body(b"c")),
        ];
        let expected = field(2, &[b"\x10\x01".to_vec(), field(3, b"c")].concat());
        assert_eq!(splice(&message, &edits).unwrap(), expected);
    }

    #[test]
    fn an_edit_that_names_no_field_does_nothing() {
        let message = [field(1, b"ab"), b"\x10\x01".to_vec()].concat();
        for at in [0, 1, 5, 99] {
            assert_eq!(splice(&message, &[edit(at, Change::Body(b"x"))]).unwrap(), message);
        }
    }

    #[test]
    fn nesting_without_end_does_not_exhaust_the_stack() {
        let mut message = field(1, b"");
        for _ in 0..20_000 {
            message = field(1, &message);
        }
        let at = message.len();
        let _ = splice(&message, &[edit(at, Change::Body(b"x"))]);
        let _ = splice(&message, &[edit(at - 1, Change::Body(b"x"))]);
    }
}
