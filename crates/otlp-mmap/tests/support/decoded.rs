//! A plain decoder of OTLP trace requests into structs, for tests to compare with. Strict: it panics on anything that a
//! decoder made from opentelemetry-proto would refuse or not know.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]
#![expect(clippy::struct_field_names, reason = "the names are the protocol's")]

#[derive(Debug, Clone, PartialEq)]
pub enum AnyValue {
    Empty,
    String(String),
    Bool(bool),
    Int(i64),
    /// As bits: NaN equals itself.
    Double(u64),
    Array(Vec<AnyValue>),
    KeyValues(Attributes),
    Bytes(Vec<u8>),
}

/// Key and value; no value where the message has none.
pub type Attributes = Vec<(String, Option<AnyValue>)>;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub schema_url: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    pub name: String,
    pub version: String,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub schema_url: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    pub time: u64,
    pub name: String,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub trace_state: String,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub flags: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub trace_state: String,
    pub parent_span_id: Vec<u8>,
    pub name: String,
    pub kind: u64,
    pub start: u64,
    pub end: u64,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub events: Vec<Event>,
    pub dropped_events: u32,
    pub links: Vec<Link>,
    pub dropped_links: u32,
    pub status_message: String,
    pub status_code: u64,
    pub flags: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScopeSpans {
    pub resource: Resource,
    pub scope: Scope,
    pub spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    fn varint(self) -> u64 {
        let Self::Varint(value) = self else {
            panic!("a varint, not {self:?}")
        };
        value
    }

    fn fixed64(self) -> u64 {
        let Self::Fixed64(value) = self else {
            panic!("a fixed64, not {self:?}")
        };
        value
    }

    fn fixed32(self) -> u32 {
        let Self::Fixed32(value) = self else {
            panic!("a fixed32, not {self:?}")
        };
        value
    }

    fn bytes(self) -> &'a [u8] {
        let Self::Bytes(value) = self else {
            panic!("bytes, not {self:?}")
        };
        value
    }

    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("OTLP strings are UTF-8")
    }
}

/// A varint in its shortest form.
fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a varint of more than ten bytes");
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Wire<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Wire::Varint(varint(&mut bytes)),
            1 => {
                let (value, rest) = bytes.split_first_chunk().expect("eight bytes");
                bytes = rest;
                Wire::Fixed64(u64::from_le_bytes(*value))
            }
            2 => {
                let len = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(len);
                bytes = rest;
                Wire::Bytes(value)
            }
            5 => {
                let (value, rest) = bytes.split_first_chunk().expect("four bytes");
                bytes = rest;
                Wire::Fixed32(u32::from_le_bytes(*value))
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

fn any_value(bytes: &[u8]) -> AnyValue {
    let mut value = AnyValue::Empty;
    for (field, wire) in fields(bytes) {
        value = match field {
            1 => AnyValue::String(wire.text()),
            2 => AnyValue::Bool(wire.varint() != 0),
            3 => AnyValue::Int(wire.varint() as i64),
            4 => AnyValue::Double(wire.fixed64()),
            5 => AnyValue::Array(
                fields(wire.bytes())
                    .into_iter()
                    .map(|(_, value)| any_value(value.bytes()))
                    .collect(),
            ),
            6 => AnyValue::KeyValues(
                fields(wire.bytes())
                    .into_iter()
                    .map(|(_, value)| key_value(value))
                    .collect(),
            ),
            7 => AnyValue::Bytes(wire.bytes().to_vec()),
            other => panic!("AnyValue has no field {other}"),
        };
    }
    value
}

fn key_value(message: Wire<'_>) -> (String, Option<AnyValue>) {
    let (mut key, mut value) = (String::new(), None);
    for (field, wire) in fields(message.bytes()) {
        match field {
            1 => key = wire.text(),
            2 => value = Some(any_value(wire.bytes())),
            other => panic!("KeyValue has no field {other}"),
        }
    }
    (key, value)
}

fn event(message: Wire<'_>) -> Event {
    let mut event = Event::default();
    for (field, wire) in fields(message.bytes()) {
        match field {
            1 => event.time = wire.fixed64(),
            2 => event.name = wire.text(),
            3 => event.attributes.push(key_value(wire)),
            4 => event.dropped_attributes = wire.varint() as u32,
            other => panic!("Event has no field {other}"),
        }
    }
    event
}

fn link(message: Wire<'_>) -> Link {
    let mut link = Link::default();
    for (field, wire) in fields(message.bytes()) {
        match field {
            1 => link.trace_id = wire.bytes().to_vec(),
            2 => link.span_id = wire.bytes().to_vec(),
            3 => link.trace_state = wire.text(),
            4 => link.attributes.push(key_value(wire)),
            5 => link.dropped_attributes = wire.varint() as u32,
            6 => link.flags = wire.fixed32(),
            other => panic!("Link has no field {other}"),
        }
    }
    link
}

/// One `Span` message.
pub fn span(message: &[u8]) -> Span {
    let mut span = Span::default();
    for (field, wire) in fields(message) {
        match field {
            1 => span.trace_id = wire.bytes().to_vec(),
            2 => span.span_id = wire.bytes().to_vec(),
            3 => span.trace_state = wire.text(),
            4 => span.parent_span_id = wire.bytes().to_vec(),
            5 => span.name = wire.text(),
            6 => span.kind = wire.varint(),
            7 => span.start = wire.fixed64(),
            8 => span.end = wire.fixed64(),
            9 => span.attributes.push(key_value(wire)),
            10 => span.dropped_attributes = wire.varint() as u32,
            11 => span.events.push(event(wire)),
            12 => span.dropped_events = wire.varint() as u32,
            13 => span.links.push(link(wire)),
            14 => span.dropped_links = wire.varint() as u32,
            15 => {
                for (field, wire) in fields(wire.bytes()) {
                    match field {
                        2 => span.status_message = wire.text(),
                        3 => span.status_code = wire.varint(),
                        other => panic!("Status has no field {other}"),
                    }
                }
            }
            16 => span.flags = wire.fixed32(),
            other => panic!("Span has no field {other}"),
        }
    }
    span
}

fn scope_spans(message: Wire<'_>) -> ScopeSpans {
    let mut group = ScopeSpans::default();
    for (field, wire) in fields(message.bytes()) {
        match field {
            1 => {
                for (field, wire) in fields(wire.bytes()) {
                    match field {
                        1 => group.scope.name = wire.text(),
                        2 => group.scope.version = wire.text(),
                        3 => group.scope.attributes.push(key_value(wire)),
                        4 => group.scope.dropped_attributes = wire.varint() as u32,
                        other => panic!("InstrumentationScope has no field {other}"),
                    }
                }
            }
            2 => group.spans.push(span(wire.bytes())),
            3 => group.scope.schema_url = wire.text(),
            other => panic!("ScopeSpans has no field {other}"),
        }
    }
    group
}

/// The scope groups of an `ExportTraceServiceRequest`.
pub fn request(bytes: &[u8]) -> Vec<ScopeSpans> {
    let mut groups = Vec::new();
    for (field, wire) in fields(bytes) {
        assert_eq!(field, 1, "ExportTraceServiceRequest has one field");
        let mut resource = Resource::default();
        let first = groups.len();
        for (field, wire) in fields(wire.bytes()) {
            match field {
                1 => {
                    for (field, wire) in fields(wire.bytes()) {
                        match field {
                            1 => resource.attributes.push(key_value(wire)),
                            2 => resource.dropped_attributes = wire.varint() as u32,
                            other => panic!("Resource has no field {other}"),
                        }
                    }
                }
                2 => groups.push(scope_spans(wire)),
                3 => resource.schema_url = wire.text(),
                other => panic!("ResourceSpans has no field {other}"),
            }
        }
        for group in &mut groups[first..] {
            group.resource = resource.clone();
        }
    }
    groups
}
