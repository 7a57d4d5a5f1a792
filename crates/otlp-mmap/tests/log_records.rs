//! Every Event record is one log record, with all that it says; what cannot be decoded is counted and spoils nothing else.

#[path = "support/records.rs"]
mod records;

use otlp_mmap::otlp::{LogEncoder, Piece, RecordError, Resolver, Signal, json};
use proptest::prelude::*;
use records::{Dictionary, Message, key_value};
use serde_json::{Value, json};

/// An encoder on one file.
#[derive(Default)]
struct Bench {
    encoder: LogEncoder,
    resolver: Resolver,
    file: Option<Dictionary>,
}

impl Bench {
    fn file(&mut self) -> &mut Dictionary {
        self.file.get_or_insert_with(Dictionary::new)
    }

    fn string(&mut self, text: &str) -> i64 {
        self.file().string(text)
    }

    fn record(&mut self, record: &Message) -> Result<(), RecordError> {
        let file = self.file.get_or_insert_with(Dictionary::new);
        self.encoder.record(&mut self.resolver, file, &record.0)
    }

    fn cut(&mut self) -> Value {
        let mut piece = Piece::default();
        self.encoder.cut(&mut piece);
        serde_json::from_str(&json::request_to_json(Signal::Logs, &piece.bytes).unwrap()).unwrap()
    }

    /// The one log record of one record.
    fn log(&mut self, record: &Message) -> Value {
        assert_eq!(self.record(record), Ok(()));
        self.cut()["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0].clone()
    }
}

fn string(text: &str) -> Message {
    Message::new().bytes(1, text)
}

fn context(trace_id: &[u8], span_id: &[u8]) -> Message {
    Message::new().bytes(1, span_id).bytes(2, trace_id).fixed32(3, 1)
}

#[test]
fn every_field_of_a_record_arrives() {
    let mut bench = Bench::default();
    let (key, name, url) = (
        bench.string("key"),
        bench.string("checkout.paid"),
        bench.string("https://a/1"),
    );
    let scope_name = bench.string("logger");
    let version = bench.string("1.2");
    let resource = bench
        .file()
        .intern(Message::new().message(1, &key_value(key, &string("r"))).0);
    let scope = Message::new()
        .varint(1, scope_name as u64)
        .varint(2, version as u64)
        .varint(5, resource as u64);
    let scope = bench.file().intern(scope.0);
    let body = Message::new().message(
        6,
        &Message::new().message(1, &key_value(key, &Message::new().varint(3, 5))),
    );
    let record = Message::new()
        .varint(1, scope as u64)
        .fixed64(2, 1_760_000_000_000_000_001)
        .varint(3, 17)
        .bytes(4, "ERROR")
        .message(5, &body)
        .varint(6, name as u64)
        .message(7, &context(&[0xab; 16], &[0xcd; 8]))
        .message(8, &key_value(key, &string("v")))
        .fixed64(1000, 1_760_000_000_000_000_009)
        .varint(1001, 3)
        .varint(1002, url as u64);
    assert_eq!(bench.record(&record), Ok(()));
    let attribute = |value: Value| json!([{ "key": "key", "value": value }]);
    assert_eq!(
        bench.cut(),
        json!({ "resourceLogs": [{
            "resource": { "attributes": attribute(json!({ "stringValue": "r" })), "droppedAttributesCount": 0 },
            "scopeLogs": [{
                "scope": { "name": "logger", "version": "1.2" },
                "logRecords": [{
                    "timeUnixNano": "1760000000000000001",
                    "severityNumber": 17,
                    "severityText": "ERROR",
                    "body": { "kvlistValue": { "values": attribute(json!({ "intValue": "5" })) } },
                    "attributes": attribute(json!({ "stringValue": "v" })),
                    "droppedAttributesCount": 3,
                    "flags": 1,
                    "traceId": "ab".repeat(16),
                    "spanId": "cd".repeat(8),
                    "observedTimeUnixNano": "1760000000000000009",
                    "eventName": "checkout.paid",
                }],
                "schemaUrl": "https://a/1",
            }],
        }] })
    );
}

#[test]
fn a_record_without_an_observed_time_was_observed_when_it_happened() {
    let log = Bench::default().log(&Message::new().fixed64(2, 77));
    assert_eq!(log["observedTimeUnixNano"], "77");
    assert_eq!(log["body"], Value::Null);
}

#[test]
fn an_event_name_that_is_not_in_the_dictionary_stands_in_the_record() {
    let mut bench = Bench::default();
    let name = bench.string("interned");
    assert_eq!(
        bench.log(&Message::new().bytes(1003, "made up"))["eventName"],
        "made up"
    );
    let both = Message::new().bytes(1003, "made up").varint(6, name as u64);
    assert_eq!(bench.log(&both)["eventName"], "interned");
}

#[test]
fn a_later_key_replaces_an_earlier_one_where_that_stood() {
    let mut bench = Bench::default();
    let (a, b) = (bench.string("a"), bench.string("b"));
    let record = Message::new()
        .message(8, &key_value(a, &string("1")))
        .message(8, &key_value(b, &string("2")))
        .message(8, &key_value(a, &string("3")));
    let attributes = bench.log(&record)["attributes"].clone();
    assert_eq!(
        attributes,
        json!([
            { "key": "a", "value": { "stringValue": "3" } },
            { "key": "b", "value": { "stringValue": "2" } },
        ])
    );
}

#[test]
fn ids_of_zeros_are_none_and_ids_of_another_length_are_quarantined() {
    let mut bench = Bench::default();
    let log = bench.log(&Message::new().message(7, &context(&[0; 16], &[0; 8])));
    assert_eq!((&log["traceId"], &log["spanId"]), (&Value::Null, &Value::Null));
    let log = bench.log(&Message::new().message(7, &Message::new()));
    assert_eq!(log["flags"], Value::Null);
    for (trace_id, span_id, error) in [
        (&[1; 15][..], &[1; 8][..], RecordError::TraceId),
        (&[1; 16], &[1; 9], RecordError::SpanId),
    ] {
        let record = Message::new().message(7, &context(trace_id, span_id));
        assert_eq!(bench.record(&record), Err(error));
    }
    let counters = bench.encoder.counters();
    assert_eq!((counters.records, counters.logs, counters.quarantined), (4, 2, 2));
}

#[test]
fn a_record_that_is_no_protobuf_is_quarantined_and_an_empty_one_is_none() {
    let mut bench = Bench::default();
    assert_eq!(bench.record(&Message(vec![0xff; 4])), Err(RecordError::Malformed));
    let wrong_type = Message::new().varint(5, 1);
    assert_eq!(bench.record(&wrong_type), Err(RecordError::Malformed));
    assert_eq!(bench.record(&Message::new()), Ok(()));
    assert_eq!(bench.encoder.items(), 0);
    assert_eq!(bench.encoder.counters().quarantined, 2);
}

#[test]
fn a_body_or_value_that_leads_nowhere_is_left_out_and_the_rest_arrives() {
    let mut bench = Bench::default();
    let key = bench.string("key");
    let lost = Message::new().varint(8, 1 << 30);
    let record = Message::new()
        .fixed64(2, 5)
        .varint(3, 99)
        .message(5, &lost)
        .varint(6, 1 << 31)
        .message(8, &key_value(key, &lost))
        .message(8, &key_value(key, &string("kept")));
    let log = bench.log(&record);
    assert_eq!(log["timeUnixNano"], "5");
    assert_eq!((&log["body"], &log["eventName"]), (&Value::Null, &Value::Null));
    assert_eq!(log["severityNumber"], Value::Null, "no severity that OTLP knows");
    assert_eq!(log["attributes"][0]["value"]["stringValue"], "kept");
    let faults = bench.encoder.counters().faults;
    assert_eq!(
        (
            faults.undecodable_bodies,
            faults.undecodable_attributes,
            faults.unresolved_references
        ),
        (1, 1, 1)
    );
}

#[test]
fn a_body_that_refers_to_itself_ends() {
    let mut bench = Bench::default();
    let reference = bench.file().bytes.len() as u64;
    bench.file().intern(Message::new().varint(8, reference).0);
    bench.log(&Message::new().message(5, &Message::new().varint(8, reference)));
    assert_eq!(bench.encoder.counters().faults.undecodable_bodies, 1);
}

proptest! {
    #[test]
    fn whatever_a_record_holds_the_request_is_sound(records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut bench = Bench::default();
        let mut taken = 0;
        for record in &records {
            taken += usize::from(bench.record(&Message(record.clone())).is_ok() && !record.is_empty());
            for field in [5, 7, 8] {
                let content = Message::new().bytes(field, record);
                taken += usize::from(bench.record(&content).is_ok());
            }
        }
        prop_assert_eq!(bench.encoder.items() as usize, taken);
        let request = bench.cut();
        let groups = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let logs = groups(&request, "resourceLogs").iter().flat_map(|resource| groups(resource, "scopeLogs")).map(|scope| groups(&scope, "logRecords").len()).sum::<usize>();
        prop_assert_eq!(logs, taken);
    }
}
