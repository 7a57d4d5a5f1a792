//! Export requests of every signal, made at random, and what they say as JSON, item by item.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use otlp_mmap::otlp::Signal;
use otlp_mmap::otlp::json::request_to_json;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::records::Message;

pub const KEYS: [&str; 5] = ["a", "b", "user.email", "user.id", "http.route"];

/// An `AnyValue`.
pub fn any_value() -> impl Strategy<Value = Message> {
    prop_oneof![
        "[a-c]{0,3}".prop_map(|text| Message::new().bytes(1, text)),
        any::<bool>().prop_map(|value| Message::new().varint(2, value.into())),
        (-3..3i64).prop_map(|value| Message::new().varint(3, value as u64)),
        (-3..3i64).prop_map(|value| Message::new().fixed64(4, (value as f64 / 2.0).to_bits())),
        vec(any::<u8>(), 0..3).prop_map(|bytes| Message::new().bytes(7, bytes)),
        Just(Message::new()),
        "[a-c]{0,3}"
            .prop_map(|text| Message::new().message(5, &Message::new().message(1, &Message::new().bytes(1, text)))),
    ]
}

/// Appends attributes with distinct keys as field number `field`.
fn with_attributes(field: u32, message: Message, attributes: &[(usize, Option<Message>)]) -> Message {
    let mut used = [false; KEYS.len()];
    attributes.iter().fold(message, |message, (key, value)| {
        if std::mem::replace(&mut used[*key], true) {
            return message;
        }
        let pair = Message::new().bytes(1, KEYS[*key]);
        message.message(field, &value.iter().fold(pair, |pair, value| pair.message(2, value)))
    })
}

fn attributes() -> impl Strategy<Value = Vec<(usize, Option<Message>)>> {
    vec((0..KEYS.len(), proptest::option::weighted(0.9, any_value())), 0..5)
}

fn span() -> impl Strategy<Value = Message> {
    (
        any::<[u8; 16]>(),
        "(GET|POST|ping) ?/?[a-b]{0,2}",
        0..6u64,
        attributes(),
        0..9usize,
    )
        .prop_map(|(trace_id, name, kind, attributes, events)| {
            let span = Message::new()
                .bytes(1, trace_id)
                .bytes(2, [7; 8])
                .bytes(5, name)
                .varint(6, kind);
            let span = with_attributes(9, span.fixed64(7, 1).fixed64(8, 2), &attributes);
            let event = Message::new().bytes(2, "e".repeat(20));
            (0..events)
                .fold(span, |span, _| span.message(11, &event))
                .fixed32(16, 0x101)
        })
}

fn log_record() -> impl Strategy<Value = Message> {
    let trace_id = proptest::option::weighted(0.8, any::<[u8; 16]>());
    (trace_id, 0..25u64, "(INFO|WARN)?", any_value(), attributes()).prop_map(
        |(trace_id, severity, text, body, attributes)| {
            let record = Message::new()
                .fixed64(1, 1)
                .varint(2, severity)
                .bytes(3, text)
                .message(5, &body);
            let record = with_attributes(6, record, &attributes);
            trace_id.iter().fold(record, |record, id| record.bytes(9, id))
        },
    )
}

/// A metric of any type with 0 to 5 points.
fn metric() -> impl Strategy<Value = Message> {
    let types = prop_oneof![Just((5, 7)), Just((7, 7)), Just((9, 9)), Just((10, 1)), Just((11, 7))];
    (types, "[a-c]{1,3}", vec((attributes(), 0..9u64), 0..6)).prop_map(|((kind, attribute_field), name, points)| {
        let data = points.iter().fold(Message::new(), |data, (attributes, time)| {
            let point = with_attributes(attribute_field, Message::new().fixed64(3, *time), attributes);
            data.message(1, &point)
        });
        let data = if kind == 7 {
            data.varint(2, 2).varint(3, 1)
        } else {
            data
        };
        Message::new().bytes(1, name).bytes(3, "ms").message(kind, &data)
    })
}

/// What a request repeats one level down: the messages there, with some that belong to none.
fn group(
    attribute_field: u32,
    inner: impl Strategy<Value = Message> + 'static,
    most: usize,
) -> impl Strategy<Value = Message> {
    let heads = (attributes(), proptest::option::of("[a-c]{0,2}"), any::<bool>());
    (heads, vec(inner, 0..most)).prop_map(move |((attributes, url, late), inner)| {
        let own = with_attributes(attribute_field, Message::new(), &attributes);
        let group = if late {
            Message::new()
        } else {
            Message::new().message(1, &own)
        };
        let group = inner.iter().fold(group, |group, message| group.message(2, message));
        let group = if late { group.message(1, &own) } else { group };
        url.iter().fold(group, |group, url| group.bytes(3, url))
    })
}

/// An encoded request of the signal; groups may be empty, and heads may stand behind what they head.
pub fn request(signal: Signal) -> BoxedStrategy<Vec<u8>> {
    let item = match signal {
        Signal::Traces => span().boxed(),
        Signal::Logs => log_record().boxed(),
        Signal::Metrics => metric().boxed(),
    };
    vec(group(1, group(3, item, 6), 4), 0..4)
        .prop_map(|groups| {
            groups
                .iter()
                .fold(Message::new(), |request, group| request.message(1, group))
                .0
        })
        .boxed()
}

pub fn signal() -> impl Strategy<Value = Signal> {
    prop_oneof![Just(Signal::Traces), Just(Signal::Logs), Just(Signal::Metrics)]
}

/// A request and its signal.
pub fn any_request() -> impl Strategy<Value = (Signal, Vec<u8>)> {
    signal().prop_flat_map(|signal| (Just(signal), request(signal)))
}

/// One span, log record or data point, with what it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Resource and its schema URL.
    pub resource: Value,
    /// Scope and its schema URL.
    pub scope: Value,
    /// Of a data point, its metric without points; null otherwise.
    pub metric: Value,
    pub content: Value,
}

/// What a request says, item by item. Panics where it is no request.
pub fn items(signal: Signal, request: &[u8]) -> Vec<Item> {
    let json = request_to_json(signal, request).expect("a valid request");
    let mut json: Value = serde_json::from_str(&json).expect("valid JSON");
    let (groups, scopes, items) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
    };
    let mut found = Vec::new();
    for mut resource in take(&mut json, groups) {
        for mut scope in take(&mut resource, scopes) {
            for mut item in take(&mut scope, items) {
                let mut push = |metric, content| {
                    let (resource, scope) = (resource.clone(), scope.clone());
                    found.push(Item {
                        resource,
                        scope,
                        metric,
                        content,
                    });
                };
                if signal != Signal::Metrics {
                    push(Value::Null, item);
                    continue;
                }
                let kinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];
                let points = kinds
                    .iter()
                    .find(|&&kind| item.get(kind).is_some())
                    .map(|&kind| take(&mut item[kind], "dataPoints"));
                for point in points.unwrap_or_default() {
                    push(item.clone(), point);
                }
            }
        }
    }
    found
}

/// Takes the array out of an object.
fn take(object: &mut Value, name: &str) -> Vec<Value> {
    match object.get_mut(name).map(Value::take) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}
