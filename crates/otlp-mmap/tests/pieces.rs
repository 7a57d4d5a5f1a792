//! How finished spans are grouped and cut, which resource they get, and what the resolver remembers.

#[path = "support/decoded.rs"]
mod decoded;
#[path = "support/records.rs"]
mod records;

use decoded::{AnyValue, ScopeSpans};
use otlp_mmap::otlp::{Assembler, Faults, Outcome, Piece, Resolver, Signal, TraceEncoder};
use otlp_mmap::process::split;
use records::{Dictionary, Message, key_value, span_event};

const SPAN: [u8; 8] = [9; 8];

fn attribute(file: &mut Dictionary, key: &str, value: &str) -> Message {
    key_value(file.string(key), &Message::new().bytes(1, value))
}

fn resource(file: &mut Dictionary, service: &str) -> i64 {
    let message = Message::new().message(1, &attribute(file, "service.name", service));
    file.intern(message.0)
}

fn scope(file: &mut Dictionary, name: &str, resource: i64) -> i64 {
    let message = Message::new()
        .varint(1, file.string(name) as u64)
        .varint(5, resource as u64);
    file.intern(message.0)
}

fn service(group: &ScopeSpans) -> &str {
    match group.resource.attributes.first() {
        Some((key, Some(AnyValue::String(name)))) if key == "service.name" => name,
        _ => "",
    }
}

/// What a piece says: service, scope, span names.
fn outline(piece: &Piece) -> Vec<(String, String, Vec<String>)> {
    decoded::request(&piece.bytes)
        .into_iter()
        .map(|group| {
            let names = group.spans.iter().map(|span| span.name.clone()).collect();
            (service(&group).to_owned(), group.scope.name, names)
        })
        .collect()
}

/// One producer, one file.
#[derive(Default)]
struct Producer {
    assembler: Assembler,
    resolver: Resolver,
    started: u64,
}

impl Producer {
    fn start(&mut self, file: &mut Dictionary, encoder: &mut TraceEncoder, scope: i64, message: &Message) -> [u8; 16] {
        self.started += 1;
        let mut trace_id = [1; 16];
        trace_id[..8].copy_from_slice(&self.started.to_be_bytes());
        let record = span_event(&trace_id, &SPAN, scope, 11, message).0;
        let outcome = self.assembler.record(&mut self.resolver, file, &record, encoder);
        assert_eq!(outcome, Ok(Outcome::Started));
        trace_id
    }

    fn end(&mut self, file: &mut Dictionary, encoder: &mut TraceEncoder, trace_id: [u8; 16]) {
        let record = span_event(&trace_id, &SPAN, 0, 12, &Message::new().fixed64(8, 5)).0;
        let outcome = self.assembler.record(&mut self.resolver, file, &record, encoder);
        assert_eq!(outcome, Ok(Outcome::Finished));
    }

    fn span(&mut self, file: &mut Dictionary, encoder: &mut TraceEncoder, scope: i64, name: &str) {
        let trace_id = self.start(file, encoder, scope, &Message::new().bytes(5, name));
        self.end(file, encoder, trace_id);
    }
}

fn cut(encoder: &mut TraceEncoder) -> Piece {
    let mut piece = Piece::default();
    assert!(encoder.cut(&mut piece), "spans were gathered");
    piece
}

/// The field `ExportTraceServiceRequest.resource_spans`, counted.
fn resource_groups(piece: &Piece) -> usize {
    let fields = otlp_mmap::wire::Fields::new(&piece.bytes);
    fields.map(|field| assert_eq!(field.expect("valid").0, 1)).count()
}

#[test]
fn scopes_of_one_resource_stand_together() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let (shop, bank) = (resource(&mut file, "shop"), resource(&mut file, "bank"));
    let scopes = [("a", shop), ("b", bank), ("c", shop), ("d", bank)];
    let scopes = scopes.map(|(name, resource)| scope(&mut file, name, resource));
    for round in ["1", "2"] {
        for scope in scopes {
            producer.span(&mut file, &mut encoder, scope, round);
        }
    }
    let piece = cut(&mut encoder);
    let both = vec!["1".to_owned(), "2".to_owned()];
    let expected = [("shop", "a"), ("shop", "c"), ("bank", "b"), ("bank", "d")];
    assert_eq!(
        outline(&piece),
        expected.map(|(service, scope)| (service.into(), scope.into(), both.clone()))
    );
    assert_eq!(resource_groups(&piece), 2);
}

#[test]
fn a_split_repeats_resource_and_scope_of_the_group_it_cuts() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let shop = resource(&mut file, "shop");
    for name in ["a", "b"] {
        let scope = scope(&mut file, name, shop);
        for span in ["1", "2", "3"] {
            producer.span(&mut file, &mut encoder, scope, span);
        }
    }
    let piece = cut(&mut encoder);
    let parts = split(Signal::Traces, &piece.bytes, 4, u32::MAX).expect("a valid request");
    let [first, rest] = [0, 1].map(|at| Piece {
        bytes: parts[at].bytes.clone().into(),
        items: parts[at].items,
    });
    let group = |scope: &str, names: &[&str]| {
        (
            "shop".to_owned(),
            scope.to_owned(),
            names.iter().map(|&n| n.into()).collect(),
        )
    };
    assert_eq!(outline(&first), [group("a", &["1", "2", "3"]), group("b", &["1"])]);
    assert_eq!(outline(&rest), [group("b", &["2", "3"])]);
    assert_eq!((resource_groups(&first), resource_groups(&rest)), (1, 1));
    let mut joined = rest;
    joined.join(&first);
    let back = split(Signal::Traces, &joined.bytes, 2, u32::MAX).expect("a valid request");
    assert_eq!(back[1].bytes, *first.bytes);
    assert_eq!(joined.items, 6);
}

#[test]
fn equal_scopes_of_different_files_are_one_group() {
    let mut encoder = TraceEncoder::new();
    for extra in ["", "so that references differ"] {
        let (mut file, mut producer) = (Dictionary::new(), Producer::default());
        file.string(extra);
        let shop = resource(&mut file, "shop");
        let scope = scope(&mut file, "a", shop);
        producer.span(&mut file, &mut encoder, scope, "span");
    }
    let names = vec!["span".to_owned(); 2];
    assert_eq!(outline(&cut(&mut encoder)), [("shop".into(), "a".into(), names)]);
}

#[test]
fn a_scope_is_cut_again_after_others_came_and_went() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let scopes = ["a", "b", "c"].map(|name| scope(&mut file, name, 0));
    for round in [&[0, 1, 2][..], &[2, 0], &[1], &[0, 2]] {
        for &at in round {
            producer.span(&mut file, &mut encoder, scopes[at], "span");
        }
        assert_eq!(encoder.items() as usize, round.len());
        let mut found: Vec<_> = outline(&cut(&mut encoder))
            .into_iter()
            .map(|(_, scope, _)| scope)
            .collect();
        let mut expected: Vec<_> = round.iter().map(|&at| ["a", "b", "c"][at].to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!((encoder.items(), encoder.bytes()), (0, 0));
    }
}

#[test]
fn the_bytes_of_an_encoder_are_those_of_its_spans() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    for len in [0, 10, 200, 20_000] {
        producer.span(&mut file, &mut encoder, 0, &"x".repeat(len));
    }
    let bytes = encoder.bytes();
    let piece = cut(&mut encoder);
    // The spans stand at the end, behind what they belong to.
    let fields = otlp_mmap::wire::Fields::new(&piece.bytes[piece.bytes.len() - bytes..]);
    assert_eq!(fields.filter(|field| matches!(field, Ok((2, _)))).count(), 4);
}

#[test]
fn the_file_s_resource_stands_for_every_scope_also_of_spans_that_began_before_it() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let shop = resource(&mut file, "shop");
    let scopes = [0, scope(&mut file, "a", shop)];
    let full = resource(&mut file, "full");
    let schema_url = file.string("https://example.com/schema");
    let before = scopes.map(|scope| producer.start(&mut file, &mut encoder, scope, &Message::new()));
    let mut faults = Faults::default();
    let set = producer
        .resolver
        .set_resource_override(&mut file, &mut faults, full, schema_url);
    assert_eq!(set, Ok(()));
    let after = scopes.map(|scope| producer.start(&mut file, &mut encoder, scope, &Message::new()));
    for trace_id in before.into_iter().chain([after[0]]) {
        producer.end(&mut file, &mut encoder, trace_id);
    }
    assert_eq!(producer.assembler.drain_incomplete(9, &mut encoder), 1);
    let groups = decoded::request(&cut(&mut encoder).bytes);
    assert_eq!(groups.iter().map(|group| group.spans.len()).sum::<usize>(), 4);
    assert_eq!(groups.len(), 2, "by scope alone");
    for group in groups {
        assert_eq!(
            (service(&group), &*group.resource.schema_url),
            ("full", "https://example.com/schema")
        );
    }
    assert_eq!(faults, Faults::default());
}

#[test]
fn a_resource_that_cannot_be_read_leaves_the_one_before() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let full = resource(&mut file, "full");
    let mut faults = Faults::default();
    let resolver = &mut producer.resolver;
    assert_eq!(resolver.set_resource_override(&mut file, &mut faults, full, 0), Ok(()));
    assert!(
        resolver
            .set_resource_override(&mut file, &mut faults, 1 << 40, 0)
            .is_err()
    );
    producer.span(&mut file, &mut encoder, 0, "span");
    assert_eq!(service(&decoded::request(&cut(&mut encoder).bytes)[0]), "full");
}

#[test]
fn an_open_span_can_be_looked_at() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let shop = resource(&mut file, "shop");
    let scope = scope(&mut file, "a", shop);
    let message = Message::new()
        .bytes(4, [3; 8])
        .bytes(5, "name")
        .varint(6, 2)
        .fixed64(7, 77);
    let message = message.message(9, &attribute(&mut file, "key", "value"));
    let trace_id = producer.start(&mut file, &mut encoder, scope, &message);
    let span = producer.assembler.open_spans().next().expect("one open span");
    assert_eq!(
        (span.trace_id(), span.span_id(), span.parent_span_id()),
        (&trace_id, &SPAN, Some(&[3; 8]))
    );
    assert_eq!((span.name(), span.kind(), span.start_time_unix_nano()), ("name", 2, 77));
    assert_eq!(
        (span.attribute_count(), span.event_count(), span.link_count()),
        (1, 0, 0)
    );
    assert!(
        span.scope()
            .is_some_and(|scope| !scope.body().is_empty() && !scope.resource().body().is_empty())
    );
    assert!(producer.assembler.open_bytes() > 0);
}

#[test]
fn what_was_read_once_is_remembered() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    let shop = resource(&mut file, "shop");
    let scope = scope(&mut file, "a", shop);
    let value = file.intern(Message::new().bytes(1, "value").0);
    let pair = key_value(file.string("key"), &Message::new().varint(8, value as u64));
    let message = Message::new().message(9, &pair);
    producer.start(&mut file, &mut encoder, scope, &message);
    let reads = file.reads;
    for _ in 0..100 {
        producer.start(&mut file, &mut encoder, scope, &message);
    }
    assert_eq!(file.reads, reads);
}

#[test]
fn more_keys_values_and_scopes_than_are_remembered_are_read_again() {
    let (mut file, mut encoder, mut producer) = (Dictionary::new(), TraceEncoder::new(), Producer::default());
    for (round, count) in [66_000, 100].into_iter().enumerate() {
        for n in 0..count {
            let shop = resource(&mut file, &format!("service {n}"));
            let scope = scope(&mut file, &format!("scope {n}"), shop);
            let value = file.intern(Message::new().varint(3, n).0);
            let pair = key_value(
                file.string(&format!("key {n}")),
                &Message::new().varint(8, value as u64),
            );
            let trace_id = producer.start(&mut file, &mut encoder, scope, &Message::new().message(9, &pair));
            producer.end(&mut file, &mut encoder, trace_id);
            let group = decoded::request(&cut(&mut encoder).bytes).remove(0);
            assert_eq!(service(&group), format!("service {n}"), "round {round}");
            assert_eq!(group.scope.name, format!("scope {n}"));
            assert_eq!(
                group.spans[0].attributes,
                [(format!("key {n}"), Some(AnyValue::Int(n as i64)))]
            );
        }
    }
}
