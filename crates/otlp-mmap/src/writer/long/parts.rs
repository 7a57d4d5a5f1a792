//! Which parts of a record may be cut, and where they stand.

use crate::layout::field;
use crate::wire::{Fields, Malformed, Value};

/// How a part may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Between characters.
    Text,
    /// Between members that commas separate.
    Members,
    /// Anywhere.
    Bytes,
    /// Between fields: a list, a map.
    Fields,
}

/// The body of one length-delimited field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Offset in the record.
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) kind: Kind,
    /// Offset of the whole outermost field that it belongs to, and where that ends.
    pub(super) field: (usize, usize),
}

/// A length-delimited field that is, or holds, what may be cut.
enum Schema {
    Part(Kind),
    Message(&'static [(u32, Schema)]),
}

const fn part(field: u32, kind: Kind) -> (u32, Schema) {
    (field, Schema::Part(kind))
}

const fn message(field: u32, fields: &'static [(u32, Schema)]) -> (u32, Schema) {
    (field, Schema::Message(fields))
}

const ANY_VALUE: &[(u32, Schema)] = &[
    part(field::ANY_STRING, Kind::Text),
    part(field::ANY_ARRAY, Kind::Fields),
    part(field::ANY_KVLIST, Kind::Fields),
    part(field::ANY_BYTES, Kind::Bytes),
];
const KEY_VALUE: &[(u32, Schema)] = &[message(field::KEY_VALUE_VALUE, ANY_VALUE)];
const STATUS: &[(u32, Schema)] = &[part(field::STATUS_MESSAGE, Kind::Text)];
const START: &[(u32, Schema)] = &[
    part(field::START_NAME, Kind::Text),
    part(field::START_TRACE_STATE, Kind::Members),
    message(field::START_ATTRIBUTES, KEY_VALUE),
];
const UPDATE: &[(u32, Schema)] = &[
    message(field::UPDATE_ATTRIBUTES, KEY_VALUE),
    message(
        field::UPDATE_EVENT,
        &[
            part(field::EVENT_DATA_NAME, Kind::Text),
            message(field::EVENT_DATA_ATTRIBUTES, KEY_VALUE),
        ],
    ),
    message(field::UPDATE_EVENT_ATTRIBUTES, KEY_VALUE),
    message(field::UPDATE_STATUS, STATUS),
];
const END: &[(u32, Schema)] = &[message(field::END_STATUS, STATUS), message(field::END_UPDATE, UPDATE)];
const LINKS: &[(u32, Schema)] = &[message(
    field::ADD_LINKS,
    &[
        part(field::LINK_TRACE_STATE, Kind::Members),
        message(field::LINK_ATTRIBUTES, KEY_VALUE),
    ],
)];

/// Of a part that is cut, a version-1 reader sees at least this much, or as much as ends with a whole character.
const LEAST: usize = 24;
/// Ids and flags of a link, which stand first.
const LEAST_OF_LINK: usize = 18 + 10 + 5;

/// A record of the spans ring.
pub(super) const SPAN_EVENT: Record = Record {
    fields: &[
        message(field::SPAN_EVENT_START, START),
        message(field::SPAN_EVENT_END, END),
        message(field::SPAN_EVENT_NAME, &[part(field::CHANGE_NAME, Kind::Text)]),
        message(field::SPAN_EVENT_ATTRIBUTES, UPDATE),
        message(field::SPAN_EVENT_LINK, LINKS),
    ],
    holder: Holder::OneOf,
    least: LEAST,
};

/// One with links of so many attributes that they do not fit even if each is cut: the links themselves are.
pub(super) const LINK_EVENT: Record = Record {
    fields: &[message(field::SPAN_EVENT_LINK, &[part(field::ADD_LINKS, Kind::Fields)])],
    holder: Holder::OneOf,
    least: LEAST_OF_LINK,
};

/// A record of the events ring.
pub(super) const EVENT: Record = Record {
    fields: &[
        part(field::EVENT_SEVERITY_TEXT, Kind::Text),
        message(field::EVENT_BODY, ANY_VALUE),
        part(field::EVENT_NAME, Kind::Text),
        message(field::EVENT_ATTRIBUTES, KEY_VALUE),
    ],
    holder: Holder::Record,
    least: LEAST,
};

/// Which message begins with the reference to the spill ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// The record itself.
    Record,
    /// Its last length-delimited field, the one-of.
    OneOf,
}

/// What a ring's records are made of.
pub(super) struct Record {
    fields: &'static [(u32, Schema)],
    pub(super) holder: Holder,
    /// Bytes of a part that stay in the record when it is cut.
    pub(super) least: usize,
}

impl Record {
    /// The parts of `record` that may be cut, in the order in which they stand.
    pub(super) fn parts(&self, record: &[u8]) -> Result<Vec<Part>, Malformed> {
        let mut parts = Vec::new();
        collect(record, 0, self.fields, None, &mut parts)?;
        Ok(parts)
    }

    /// Where the body of the one-of's message begins.
    pub(super) fn one_of(&self, record: &[u8]) -> Result<Option<usize>, Malformed> {
        let mut fields = Fields::new(record);
        let mut at = None;
        while let Some(field) = fields.next() {
            let (number, value) = field?;
            if let Value::Bytes(body) = value
                && self.fields.iter().any(|(known, _)| *known == number)
            {
                at = Some(record.len() - fields.remaining() - body.len());
            }
        }
        Ok(at)
    }
}

fn collect(
    body: &[u8],
    base: usize,
    schema: &[(u32, Schema)],
    outermost: Option<(usize, usize)>,
    parts: &mut Vec<Part>,
) -> Result<(), Malformed> {
    let mut fields = Fields::new(body);
    let mut start = base;
    while let Some(field) = fields.next() {
        let (number, value) = field?;
        let end = base + body.len() - fields.remaining();
        let field = outermost.unwrap_or((start, end));
        start = end;
        let Value::Bytes(content) = value else { continue };
        let at = end - content.len();
        match schema.iter().find(|(known, _)| *known == number) {
            None => {}
            Some((_, Schema::Part(kind))) => parts.push(Part {
                at,
                len: content.len(),
                kind: *kind,
                field,
            }),
            Some((_, Schema::Message(inner))) => collect(content, at, inner, Some(field), parts)?,
        }
    }
    Ok(())
}
