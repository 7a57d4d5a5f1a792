//! OTLP JSON: what it looks like, and that any JSON reader reads back what the request says.

#[path = "support/records.rs"]
mod records;

use otlp_mmap::otlp::Signal;
use otlp_mmap::otlp::json::request_to_json;
use proptest::prelude::*;
use records::{Message, varint};
use serde_json::{Value, json};

fn to_json(signal: Signal, request: &Message) -> Value {
    let text = request_to_json(signal, &request.0).expect("a valid request");
    assert!(!text.contains('\n'), "one line");
    serde_json::from_str(&text).expect("valid JSON")
}

/// A request whose one span has this content.
fn span_request(span: &Message) -> Message {
    let scope_spans = Message::new().message(2, span);
    Message::new().message(1, &Message::new().message(2, &scope_spans))
}

fn attribute_value(value: &Message) -> Value {
    let pair = Message::new().bytes(1, "key").message(2, value);
    let mut json = to_json(Signal::Traces, &span_request(&Message::new().message(9, &pair)));
    json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"][0]["value"].take()
}

/// Where the stock serializer departs from the specification: integers are JSON numbers there, and a resource repeats the
/// schema URL that stands beside it.
fn as_specified(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match &**name {
                    "intValue" => *value = Value::String(value.to_string()),
                    "resource" => _ = value.as_object_mut().and_then(|resource| resource.remove("schemaUrl")),
                    _ => {}
                }
                as_specified(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(as_specified),
        _ => {}
    }
}

#[test]
fn traces_look_as_from_the_stock_serializer() {
    let request = Message(include_bytes!("../../../__test__/fixtures/stock-traces.bin").to_vec());
    let mut expected: Value =
        serde_json::from_str(include_str!("../../../__test__/fixtures/stock-traces.json")).expect("valid JSON");
    as_specified(&mut expected);
    assert_eq!(to_json(Signal::Traces, &request), expected);
}

#[test]
fn numbers_print_as_in_javascript() {
    for (value, expected) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (100.0, "100"),
        (1e20, "100000000000000000000"),
        (123_456_789_012_345_680_000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.000_001, "0.000001"),
        (0.000_001_5, "0.0000015"),
        (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (f64::NAN, "\"NaN\""),
        (f64::INFINITY, "\"Infinity\""),
        (f64::NEG_INFINITY, "\"-Infinity\""),
    ] {
        let value = Message::new().fixed64(4, f64::to_bits(value));
        let request = span_request(&Message::new().message(9, &Message::new().message(2, &value)));
        let text = request_to_json(Signal::Traces, &request.0).expect("a valid request");
        assert!(
            text.contains(&format!("{{\"doubleValue\":{expected}}}")),
            "{expected} in {text}"
        );
    }
}

#[test]
fn fields_come_together_however_they_are_scattered() {
    let span = |id: u8| Message::new().bytes(2, [id; 8]);
    let first = Message::new()
        .message(2, &span(1))
        .bytes(3, "schema")
        .message(2, &span(2));
    let request = Message::new().message(
        1,
        &Message::new()
            .message(2, &first)
            .bytes(99, "unknown")
            .message(2, &first),
    );
    let json = to_json(Signal::Traces, &request);
    let scopes = json["resourceSpans"][0]["scopeSpans"].as_array().expect("an array");
    assert_eq!(scopes.len(), 2);
    assert_eq!(scopes[0]["spans"].as_array().map(Vec::len), Some(2));
    assert_eq!(scopes[0]["schemaUrl"], "schema");
}

#[test]
fn the_last_member_of_a_one_of_counts() {
    let value = Message::new().bytes(1, "first").varint(3, 2).varint(2, 1);
    assert_eq!(attribute_value(&value), json!({ "boolValue": true }));
}

#[test]
fn log_records_have_their_table() {
    let record = Message::new()
        .fixed64(1, 5)
        .fixed64(11, 6)
        .varint(2, 9)
        .bytes(3, "INFO")
        .message(5, &Message::new().bytes(1, "hello"))
        .fixed32(8, 1)
        .bytes(9, [0xab; 16])
        .bytes(10, [0xcd; 8])
        .bytes(12, "my.event");
    let request = Message::new().message(1, &Message::new().message(2, &Message::new().message(2, &record)));
    let expected = json!({
        "timeUnixNano": "5", "observedTimeUnixNano": "6", "severityNumber": 9, "severityText": "INFO",
        "body": { "stringValue": "hello" }, "attributes": [], "droppedAttributesCount": 0, "flags": 1,
        "traceId": "ab".repeat(16), "spanId": "cd".repeat(8), "eventName": "my.event",
    });
    assert_eq!(
        to_json(Signal::Logs, &request)["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0],
        expected
    );
}

#[test]
fn packed_and_single_numbers_of_a_histogram_are_one_array() {
    let packed: Vec<u8> = [1_u64, 2].iter().flat_map(|count| count.to_le_bytes()).collect();
    let point = Message::new()
        .bytes(6, packed)
        .fixed64(6, 3)
        .fixed64(7, 0.5_f64.to_bits())
        .fixed64(4, 6);
    let histogram = Message::new().message(1, &point).varint(2, 2);
    let mut counts = Vec::new();
    for count in [300, 4] {
        varint(&mut counts, count);
    }
    let buckets = Message::new().varint(1, 3).bytes(2, counts);
    let exponential = Message::new().message(1, &Message::new().varint(6, 7).message(8, &buckets));
    let scope = Message::new()
        .message(2, &Message::new().bytes(1, "latency").message(9, &histogram))
        .message(2, &Message::new().bytes(1, "exponential").message(10, &exponential));
    let json = to_json(
        Signal::Metrics,
        &Message::new().message(1, &Message::new().message(2, &scope)),
    );
    let metrics = &json["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
    assert_eq!(metrics[0]["histogram"]["aggregationTemporality"], 2);
    let point = &metrics[0]["histogram"]["dataPoints"][0];
    assert_eq!(point["bucketCounts"], json!(["1", "2", "3"]));
    assert_eq!(point["explicitBounds"], json!([0.5]));
    assert_eq!(point["count"], "6");
    let point = &metrics[1]["exponentialHistogram"]["dataPoints"][0];
    assert_eq!(point["scale"], -4);
    assert_eq!(point["positive"], json!({ "offset": -2, "bucketCounts": ["300", "4"] }));
}

#[test]
fn a_depth_bomb_is_refused() {
    let bomb = (0..5000).fold(Message::new(), |value, _| {
        Message::new().message(5, &Message::new().message(1, &value))
    });
    let request = span_request(&Message::new().message(9, &Message::new().message(2, &bomb)));
    assert!(request_to_json(Signal::Traces, &request.0).is_err());
}

proptest! {
    #[test]
    fn any_string_reads_back(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}|\\x{1f600}{0,3}") {
        prop_assert_eq!(attribute_value(&Message::new().bytes(1, &text)), json!({ "stringValue": text }));
    }

    #[test]
    fn any_integer_reads_back(value: i64) {
        prop_assert_eq!(attribute_value(&Message::new().varint(3, value as u64)), json!({ "intValue": value.to_string() }));
    }

    #[test]
    fn any_double_reads_back(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let read = attribute_value(&Message::new().fixed64(4, bits))["doubleValue"].as_f64();
        prop_assert_eq!(read, Some(value));
    }

    #[test]
    fn any_bytes_are_base64(bytes: Vec<u8>) {
        let text = attribute_value(&Message::new().bytes(7, &bytes))["bytesValue"].as_str().map(str::to_owned).expect("a string");
        prop_assert_eq!(text.len(), bytes.len().div_ceil(3) * 4);
        let digit = |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|&d| d == c);
        let (mut read, mut bits, mut held) = (Vec::new(), 0_u32, 0);
        for character in text.trim_end_matches('=').bytes() {
            bits = bits << 6 | digit(character).expect("a digit") as u32;
            held += 6;
            if held >= 8 {
                held -= 8;
                read.push((bits >> held) as u8);
            }
        }
        prop_assert_eq!(read, bytes);
    }

    #[test]
    fn random_bytes_give_json_or_an_error(bytes: Vec<u8>) {
        for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
            let nested = span_request(&Message(bytes.clone())).0;
            for request in [&bytes, &nested] {
                if let Ok(text) = request_to_json(signal, request) {
                    prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
                }
            }
        }
    }
}
