//! What an app records, how it stands in the ring, and what is made of it at random.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use proptest::prelude::*;

use crate::decoded::{AnyValue, Attributes, Resource, Scope};
use crate::records::{self, Dictionary, Message, span_event};

/// A value as an app gives it, with values held in the dictionary.
#[derive(Debug, Clone)]
pub enum Given {
    Value(AnyValue),
    Array(Vec<Given>),
    KeyValues(Vec<(String, Option<Given>)>),
    Reference(Box<Given>),
}

pub type GivenAttributes = Vec<(String, Option<Given>)>;

impl Given {
    pub fn value(&self) -> AnyValue {
        match self {
            Self::Value(value) => value.clone(),
            Self::Array(values) => AnyValue::Array(values.iter().map(Self::value).collect()),
            Self::KeyValues(pairs) => AnyValue::KeyValues(plain(pairs)),
            Self::Reference(value) => value.value(),
        }
    }

    fn encode(&self, file: &mut Dictionary) -> Message {
        let message = Message::new();
        match self {
            Self::Value(AnyValue::String(text)) if text.len() % 2 == 0 && text.len() < 9000 => {
                message.padded(1, &Message(text.clone().into_bytes()))
            }
            Self::Value(AnyValue::String(text)) => message.bytes(1, text),
            Self::Value(AnyValue::Bool(value)) => message.varint(2, u64::from(*value)),
            Self::Value(AnyValue::Int(value)) => message.varint(3, *value as u64),
            Self::Value(AnyValue::Double(bits)) => message.fixed64(4, *bits),
            Self::Value(AnyValue::Bytes(bytes)) => message.bytes(7, bytes),
            Self::Value(_) => message,
            Self::Array(values) => {
                let array = values
                    .iter()
                    .fold(Message::new(), |array, value| array.message(1, &value.encode(file)));
                message.message(5, &array)
            }
            Self::KeyValues(pairs) => message.message(6, &encode_attributes(Message::new(), 1, pairs, file)),
            Self::Reference(value) => {
                let entry = value.encode(file).0;
                message.varint(8, file.intern(entry) as u64)
            }
        }
    }
}

pub fn plain(pairs: &GivenAttributes) -> Attributes {
    pairs
        .iter()
        .map(|(key, value)| (key.clone(), value.as_ref().map(Given::value)))
        .collect()
}

/// What a list of attributes with repeated keys comes to.
pub fn set_all(attributes: &mut Attributes, pairs: &GivenAttributes) {
    for (key, value) in plain(pairs) {
        match attributes.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => attributes.push((key, value)),
        }
    }
}

pub fn set(pairs: &GivenAttributes) -> Attributes {
    let mut attributes = Attributes::new();
    set_all(&mut attributes, pairs);
    attributes
}

pub fn encode_attributes(message: Message, field: u32, pairs: &GivenAttributes, file: &mut Dictionary) -> Message {
    pairs.iter().fold(message, |message, (key, value)| {
        let mut pair = Message::new().varint(1, file.string(key) as u64);
        if let Some(value) = value {
            pair = pair.message(2, &value.encode(file));
        }
        message.message(field, &pair)
    })
}

#[derive(Debug, Clone)]
pub struct GivenEvent {
    pub time: u64,
    pub name: String,
    pub attributes: GivenAttributes,
    pub dropped: u32,
}

#[derive(Debug, Clone)]
pub struct GivenLink {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub trace_state: String,
    pub attributes: GivenAttributes,
    pub dropped: u32,
    pub flags: u32,
}

#[derive(Debug, Clone)]
pub enum Change {
    Attributes(GivenAttributes),
    Event(GivenEvent),
    EventAttributes(GivenAttributes),
    Status(u64, String),
}

#[derive(Debug, Clone)]
pub enum Record {
    Start {
        scope: usize,
        parent: Vec<u8>,
        name: String,
        kind: u64,
        time: u64,
        flags: u32,
        trace_state: String,
        schema_url: String,
        attributes: GivenAttributes,
    },
    /// Changes, and how many events the span keeps; 0: all.
    Update(Vec<Change>, usize),
    Name(String),
    /// Links, and how many the span keeps; 0: all.
    Links(Vec<GivenLink>, usize),
    End {
        time: u64,
        status: Option<(u64, String)>,
        dropped: [u32; 3],
    },
}

#[derive(Debug, Clone)]
pub struct Step {
    pub span: u8,
    pub file: usize,
    pub cut: bool,
    pub record: Record,
}

pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z]{1,6}", "\\PC{0,12}", "[a-z]{120,140}"]
}

pub fn given() -> impl Strategy<Value = Given> {
    let leaf = prop_oneof![
        Just(AnyValue::Empty),
        text().prop_map(AnyValue::String),
        any::<bool>().prop_map(AnyValue::Bool),
        any::<i64>().prop_map(AnyValue::Int),
        any::<u64>().prop_map(AnyValue::Double),
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(AnyValue::Bytes),
    ];
    leaf.prop_map(Given::Value).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Given::Array),
            proptest::collection::vec(("[a-c]{0,2}", proptest::option::of(inner.clone())), 0..4)
                .prop_map(Given::KeyValues),
            inner.prop_map(|value| Given::Reference(Box::new(value))),
        ]
    })
}

pub fn attributes() -> impl Strategy<Value = GivenAttributes> {
    let few = proptest::collection::vec(("[a-f]{0,1}", proptest::option::weighted(0.9, given())), 0..5);
    let many = proptest::collection::vec(("[a-j]{2}", proptest::option::weighted(0.9, given())), 60..120);
    prop_oneof![20 => few, 1 => many]
}

pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => attributes().prop_map(Change::Attributes),
        2 => (any::<u64>(), text(), attributes(), 0..3u32)
            .prop_map(|(time, name, attributes, dropped)| Change::Event(GivenEvent { time, name, attributes, dropped })),
        1 => attributes().prop_map(Change::EventAttributes),
        1 => (0..3u64, text()).prop_map(|(code, message)| Change::Status(code, message)),
    ]
}

pub fn id(len: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1..255u8, len)
}

pub fn link() -> impl Strategy<Value = GivenLink> {
    (id(16), id(8), text(), attributes(), 0..3u32, any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped, flags)| GivenLink {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped,
            flags,
        },
    )
}

fn limit() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(0), 1 => 1..4usize]
}

pub fn record() -> impl Strategy<Value = Record> {
    let start = (
        (
            0..4usize,
            prop_oneof![Just(Vec::new()), id(8)],
            text(),
            0..6u64,
            1..1000u64,
        ),
        (
            prop_oneof![Just(0), any::<u32>()],
            text(),
            prop_oneof![2 => Just(String::new()), 1 => "[ab]"],
            attributes(),
        ),
    );
    prop_oneof![
        4 => start.prop_map(|((scope, parent, name, kind, time), (flags, trace_state, schema_url, attributes))| {
            Record::Start { scope, parent, name, kind, time, flags, trace_state, schema_url, attributes }
        }),
        4 => (proptest::collection::vec(change(), 0..4), limit()).prop_map(|(changes, limit)| Record::Update(changes, limit)),
        1 => text().prop_map(Record::Name),
        2 => (proptest::collection::vec(link(), 0..3), limit()).prop_map(|(links, limit)| Record::Links(links, limit)),
        3 => (1..1000u64, proptest::option::of((0..3u64, text())), any::<[bool; 3]>())
            .prop_map(|(time, status, dropped)| Record::End { time, status, dropped: dropped.map(u32::from) }),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..5u8, 0..2usize, proptest::bool::weighted(0.05), record());
    proptest::collection::vec(
        step.prop_map(|(span, file, cut, record)| Step {
            span,
            file,
            cut,
            record,
        }),
        0..40,
    )
}

pub fn ids(span: u8) -> ([u8; 16], [u8; 8]) {
    // Two spans of one trace differ in the span id only, two of different traces in the trace id only.
    ([span / 2 + 1; 16], [span % 2 + 1; 8])
}

/// Scope 0 is the reference 0; 1 and 2 share a resource; 3 has the resource 0.
pub fn scope(number: usize, file: &mut Dictionary) -> i64 {
    if number == 0 {
        return 0;
    }
    let resource = Message::new().message(
        1,
        &records::key_value(file.string("service.name"), &Message::new().bytes(1, "shop")),
    );
    let resource = if number == 3 {
        0
    } else {
        file.intern(resource.varint(2, 4).0)
    };
    let message = Message::new()
        .varint(1, file.string(&format!("scope {number}")) as u64)
        .varint(2, file.string("1.0") as u64)
        .varint(5, resource as u64);
    let message = encode_attributes(
        message,
        3,
        &vec![("n".into(), Some(Given::Value(AnyValue::Bool(true))))],
        file,
    );
    file.intern(message.0)
}

pub fn decoded_scope(number: usize, schema_url: &str) -> (Resource, Scope) {
    let resource = Resource {
        attributes: vec![("service.name".into(), Some(AnyValue::String("shop".into())))],
        dropped_attributes: 4,
        schema_url: String::new(),
    };
    let scope = Scope {
        name: format!("scope {number}"),
        version: "1.0".into(),
        attributes: vec![("n".into(), Some(AnyValue::Bool(true)))],
        dropped_attributes: 0,
        schema_url: schema_url.into(),
    };
    match number {
        0 => {
            let schema_url = schema_url.into();
            (
                Resource::default(),
                Scope {
                    schema_url,
                    ..Scope::default()
                },
            )
        }
        3 => (Resource::default(), scope),
        _ => (resource, scope),
    }
}

pub fn encode(step: &Step, file: &mut Dictionary) -> Vec<u8> {
    let (trace_id, span_id) = ids(step.span);
    let mut scope_reference = 0;
    let (field, message) = match &step.record {
        Record::Start {
            scope: number,
            parent,
            name,
            kind,
            time,
            flags,
            trace_state,
            schema_url,
            attributes,
        } => {
            scope_reference = scope(*number, file);
            let message = Message::new()
                .bytes(4, parent)
                .bytes(5, name)
                .varint(6, *kind)
                .fixed64(7, *time);
            let message = encode_attributes(message, 9, attributes, file);
            let message = message.fixed32(16, *flags).bytes(1000, trace_state);
            (11, message.varint(1001, file.string(schema_url) as u64))
        }
        Record::Update(changes, limit) => {
            let message = changes.iter().fold(Message::new(), |message, change| match change {
                Change::Attributes(attributes) => encode_attributes(message, 9, attributes, file),
                Change::Event(event) => {
                    let data = Message::new().fixed64(1, event.time).bytes(2, &event.name);
                    let data = encode_attributes(data, 3, &event.attributes, file);
                    message.message(1000, &data.varint(4, event.dropped.into()))
                }
                Change::EventAttributes(attributes) => encode_attributes(message, 1002, attributes, file),
                Change::Status(code, text) => message.message(1001, &Message::new().bytes(2, text).varint(3, *code)),
            });
            (14, message.varint(1003, *limit as u64))
        }
        Record::Name(name) => (13, Message::new().bytes(5, name)),
        Record::Links(links, limit) => {
            let message = links.iter().fold(Message::new(), |message, link| {
                let data = Message::new()
                    .bytes(1, &link.trace_id)
                    .bytes(2, &link.span_id)
                    .bytes(3, &link.trace_state);
                let data = encode_attributes(data, 4, &link.attributes, file);
                message.message(13, &data.varint(5, link.dropped.into()).fixed32(6, link.flags))
            });
            (15, message.varint(1000, *limit as u64))
        }
        Record::End { time, status, dropped } => {
            let mut message = Message::new().fixed64(8, *time);
            if let Some((code, text)) = status {
                message = message.message(15, &Message::new().bytes(2, text).varint(3, *code));
            }
            for (field, count) in (1000..).zip(dropped) {
                message = message.varint(field, u64::from(*count));
            }
            (12, message)
        }
    };
    span_event(&trace_id, &span_id, scope_reference, field, &message).0
}
