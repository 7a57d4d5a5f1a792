//! Whatever a file holds, what comes out is valid OTLP, of bounded size, and says what could be read.

#[path = "support/assembling.rs"]
mod assembling;
#[path = "support/decoded.rs"]
mod decoded;
#[path = "support/given.rs"]
mod given;
#[path = "support/records.rs"]
mod records;

use assembling::{Bench, SPAN, TRACE, string};
use decoded::{AnyValue, Span};
use given::{encode, steps};
use otlp_mmap::otlp::{Outcome, RecordError};
use proptest::prelude::*;
use records::{Dictionary, Message, key_value, span_event};

/// A span that starts with one attribute of this value, and another beside it that is in order.
fn span_with_value(bench: &mut Bench, value: &Message) -> Span {
    let (key, other) = (bench.file.string("key"), bench.file.string("other"));
    let message = Message::new()
        .message(9, &key_value(key, value))
        .message(9, &key_value(other, &string("kept")));
    bench.start(&message);
    bench.end()
}

fn assert_value_lost(bench: &mut Bench, value: &Message) {
    let before = bench.assembler.counters().faults.undecodable_attributes;
    let span = span_with_value(bench, value);
    assert_eq!(
        span.attributes,
        [("other".into(), Some(AnyValue::String("kept".into())))]
    );
    assert_eq!(bench.assembler.counters().faults.undecodable_attributes, before + 1);
}

/// The last entry refers to itself: its offset is known before it is written.
fn entry_that_refers_to_itself(file: &mut Dictionary, around: impl Fn(Message) -> Message) -> i64 {
    let reference = file.bytes.len() as i64;
    let entry = around(Message::new().varint(8, reference as u64));
    assert_eq!(file.intern(&entry.0), reference);
    reference
}

proptest! {
    #[test]
    fn random_bytes_are_taken_or_refused(records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut bench = Bench::default();
        for record in &records {
            _ = bench.record(record);
            // The same as the content of each message, so that ids do not stand in the way.
            for field in 11..16 {
                _ = bench.event(3, field, &Message(record.clone()));
            }
        }
        bench.assembler.drain_incomplete(1, &mut bench.encoder);
        decoded::request(&bench.cut().bytes);
    }

    #[test]
    fn damaged_records_and_dictionaries_give_valid_otlp(
        steps in steps(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 0..40),
        dictionary_damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..10),
    ) {
        let mut bench = Bench::default();
        let mut damage = damage.into_iter();
        let mut records: Vec<_> = steps.iter().map(|step| encode(step, &mut bench.file)).collect();
        for record in &mut records {
            let Some((at, byte, kind)) = damage.next() else { break };
            match kind {
                0 => record.truncate(at.index(record.len())),
                1 => record.insert(at.index(record.len()), byte),
                2 => { let at = at.index(record.len()); record[at] ^= 1 << (byte % 8); }
                _ => {}
            }
        }
        for (at, byte) in dictionary_damage {
            let at = at.index(bench.file.bytes.len());
            bench.file.bytes[at] = byte;
        }
        for record in &records {
            _ = bench.record(record);
        }
        bench.assembler.drain_incomplete(1, &mut bench.encoder);
        let counters = *bench.assembler.counters();
        let piece = bench.cut();
        let spans: usize = decoded::request(&piece.bytes).iter().map(|group| group.spans.len()).sum();
        prop_assert_eq!(spans as u64, counters.spans);
        prop_assert_eq!(counters.records, records.len() as u64);
        prop_assert_eq!(bench.assembler.open_bytes(), 0);
    }
}

#[test]
fn ids_that_no_span_has_are_quarantined() {
    let mut bench = Bench::default();
    let start = Message::new().bytes(5, "name");
    let mut refused = 0;
    for (trace_id, span_id, error) in [
        (&[1; 15][..], &[1; 8][..], RecordError::TraceId),
        (&[1; 17], &[1; 8], RecordError::TraceId),
        (&[], &[1; 8], RecordError::TraceId),
        (&[0; 16], &[1; 8], RecordError::TraceId),
        (&[1; 16], &[1; 7], RecordError::SpanId),
        (&[1; 16], &[1; 16], RecordError::SpanId),
        (&[1; 16], &[], RecordError::SpanId),
        (&[1; 16], &[0; 8], RecordError::SpanId),
    ] {
        assert_eq!(
            bench.record(&span_event(trace_id, span_id, 0, 11, &start).0),
            Err(error)
        );
        refused += 1;
    }
    assert_eq!(
        bench.event(0, 11, &Message::new().bytes(4, [1; 7])),
        Err(RecordError::SpanId)
    );
    assert_eq!(bench.assembler.counters().quarantined, refused + 1);
    assert_eq!(bench.assembler.open_len(), 0);
}

#[test]
fn a_record_without_a_known_happening_is_quarantined() {
    let mut bench = Bench::default();
    let ids = Message::new().bytes(1, TRACE).bytes(2, SPAN);
    assert_eq!(bench.record(&ids.clone().0), Err(RecordError::UnknownEvent));
    assert_eq!(
        bench.record(&ids.message(16, &Message::new()).0),
        Err(RecordError::UnknownEvent)
    );
}

#[test]
fn an_empty_record_is_a_slot_given_up() {
    let mut bench = Bench::default();
    assert_eq!(bench.record(&[]), Ok(Outcome::Empty));
    assert_eq!(bench.assembler.counters().quarantined, 0);
}

#[test]
fn a_length_beyond_the_record_is_quarantined() {
    let mut bench = Bench::default();
    let mut record = span_event(&TRACE, &SPAN, 0, 11, &Message::new().bytes(5, "name")).0;
    record.pop();
    assert_eq!(bench.record(&record), Err(RecordError::Malformed));
    let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(bench.record(&huge), Err(RecordError::Malformed));
    assert_eq!(bench.event(0, 11, &Message(huge.to_vec())), Err(RecordError::Malformed));
}

#[test]
fn a_quarantined_record_changes_nothing() {
    let mut bench = Bench::default();
    let key = bench.file.string("key");
    let cut_off = Message(vec![9 << 3 | 2, 100]);
    let with = |text: &str, message: Message| message.message(9, &key_value(key, &string(text)));
    bench.start(&with("first", Message::new()));
    let mut update = with("second", Message::new());
    update.0.extend(&cut_off.0);
    assert_eq!(bench.event(0, 14, &update), Err(RecordError::Malformed));
    let bad_event = with("third", Message::new()).message(1000, &cut_off);
    assert_eq!(bench.event(0, 14, &bad_event), Err(RecordError::Malformed));
    let good_link = Message::new().bytes(1, [1; 16]).bytes(2, [1; 8]);
    let links = Message::new().message(13, &good_link).message(13, &cut_off);
    assert_eq!(bench.event(0, 15, &links), Err(RecordError::Malformed));
    assert_eq!(
        bench.event(0, 11, &update),
        Err(RecordError::Malformed),
        "a start that would replace the span"
    );
    assert_eq!(bench.event(0, 12, &cut_off), Err(RecordError::Malformed), "an end");
    let span = bench.end();
    assert_eq!(
        span.attributes,
        [("key".into(), Some(AnyValue::String("first".into())))]
    );
    assert_eq!((span.events.len(), span.links.len()), (0, 0));
    assert_eq!(bench.assembler.counters().quarantined, 5);
}

#[test]
fn an_unknown_key_costs_its_attribute_only() {
    let mut bench = Bench::default();
    let known = bench.file.string("known");
    for unknown in [1, -1, i64::MAX, 1 << 40] {
        let message = Message::new()
            .message(9, &key_value(unknown, &string("lost")))
            .message(9, &key_value(known, &string("kept")));
        bench.start(&message);
        assert_eq!(
            bench.end().attributes,
            [("known".into(), Some(AnyValue::String("kept".into())))]
        );
    }
    assert_eq!(bench.assembler.counters().faults.undecodable_attributes, 4);
}

#[test]
fn a_value_of_the_wrong_type_costs_its_attribute_only() {
    let mut bench = Bench::default();
    assert_value_lost(&mut bench, &Message::new().varint(1, 5));
    assert_value_lost(&mut bench, &Message::new().bytes(3, "five"));
    assert_value_lost(&mut bench, &Message(vec![0xff]));
    assert_value_lost(&mut bench, &Message::new().message(5, &Message::new().varint(1, 5)));
}

#[test]
fn a_value_reference_that_leads_nowhere_costs_its_attribute_only() {
    let mut bench = Bench::default();
    for reference in [0, 5, u64::MAX, 1 << 40] {
        assert_value_lost(&mut bench, &Message::new().varint(8, reference));
    }
}

#[test]
fn a_cycle_of_value_references_costs_its_attribute_only() {
    let mut bench = Bench::default();
    let direct = entry_that_refers_to_itself(&mut bench.file, |value| value);
    let array = entry_that_refers_to_itself(&mut bench.file, |value| {
        let twice = Message::new().message(1, &value).message(1, &value);
        Message::new().message(5, &twice)
    });
    for reference in [direct, array] {
        assert_value_lost(&mut bench, &Message::new().varint(8, reference as u64));
    }
}

#[test]
fn values_are_kept_to_thirty_levels() {
    let mut bench = Bench::default();
    let nested = |levels| {
        (0..levels).fold(string("deep"), |value, _| {
            Message::new().message(5, &Message::new().message(1, &value))
        })
    };
    let mut value = span_with_value(&mut bench, &nested(30))
        .attributes
        .remove(0)
        .1
        .expect("a value");
    for _ in 0..30 {
        let AnyValue::Array(mut values) = value else {
            panic!("an array, not {value:?}")
        };
        value = values.pop().expect("one element");
    }
    assert_eq!(value, AnyValue::String("deep".into()));
    assert_value_lost(&mut bench, &nested(31));
    assert_value_lost(&mut bench, &nested(5000));
}

#[test]
fn a_cached_value_keeps_to_the_depth_as_well() {
    let mut bench = Bench::default();
    let within_array = |value: &Message| Message::new().message(5, &Message::new().message(1, value));
    let half = (0..15).fold(string("deep"), |value, _| within_array(&value));
    let half = Message::new().varint(8, bench.file.intern(&half.0) as u64);
    assert_eq!(span_with_value(&mut bench, &half).attributes.len(), 2);
    let fits = (0..14).fold(half.clone(), |value, _| within_array(&value));
    assert_eq!(span_with_value(&mut bench, &fits).attributes.len(), 2);
    let deeper = (0..15).fold(half, |value, _| within_array(&value));
    assert_value_lost(&mut bench, &deeper);
}

#[test]
fn references_cannot_blow_a_record_up() {
    let mut bench = Bench::default();
    let mut value = string(&"x".repeat(1000));
    for _ in 0..6 {
        let reference = Message::new().varint(8, bench.file.intern(&value.0) as u64);
        let hundred = (0..100).fold(Message::new(), |array, _| array.message(1, &reference));
        value = Message::new().message(5, &hundred);
    }
    assert_value_lost(&mut bench, &value);

    // Many references to one value that fits: the record as a whole is bounded too, and so is a large key's use.
    let large = bench.file.intern(string(&"y".repeat(100_000)).0);
    let large_key = bench.file.string(&"z".repeat(100_000));
    let mut message = Message::new();
    for n in 0..1000 {
        let key = bench.file.string(&format!("key {n}"));
        message = message
            .message(9, &key_value(key, &Message::new().varint(8, large as u64)))
            .message(9, &key_value(large_key, &Message::new().varint(3, n)));
    }
    bench.start(&message);
    assert_eq!(bench.event(0, 12, &Message::new()), Ok(Outcome::Finished));
    let piece = bench.cut();
    assert!(piece.bytes.len() < 5 << 20, "{} bytes", piece.bytes.len());
    decoded::request(&piece.bytes);
    assert!(bench.assembler.counters().faults.undecodable_attributes > 1900);
}

#[test]
fn text_that_is_not_utf8_is_repaired_and_counted() {
    let mut bench = Bench::default();
    let bad = b"caf\xe9 \xff!";
    let repaired = "caf\u{fffd} \u{fffd}!";
    let key = bench.file.intern(bad);
    let event = Message::new().bytes(2, bad);
    bench.start(
        &Message::new()
            .bytes(5, bad)
            .bytes(1000, bad)
            .message(9, &key_value(key, &Message::new().bytes(1, bad))),
    );
    assert_eq!(
        bench.event(0, 14, &Message::new().message(1000, &event)),
        Ok(Outcome::Changed)
    );
    let status = Message::new().bytes(2, bad).varint(3, 2);
    assert_eq!(
        bench.event(0, 12, &Message::new().message(15, &status)),
        Ok(Outcome::Finished)
    );
    let span = decoded::request(&bench.cut().bytes).remove(0).spans.remove(0);
    assert_eq!(
        span.attributes,
        [(repaired.into(), Some(AnyValue::String(repaired.into())))]
    );
    for text in [
        span.name,
        span.trace_state,
        span.events[0].name.clone(),
        span.status_message,
    ] {
        assert_eq!(text, repaired);
    }
    assert_eq!(bench.assembler.counters().faults.invalid_utf8, 6);
}

#[test]
fn a_link_with_an_id_of_no_known_length_is_left_out() {
    let mut bench = Bench::default();
    bench.start(&Message::new());
    let link = |trace: usize, span: usize| Message::new().bytes(1, vec![1; trace]).bytes(2, vec![1; span]);
    let links = [(16, 8), (16, 7), (15, 8), (0, 0)];
    let message = links.iter().fold(Message::new(), |message, &(trace, span)| {
        message.message(13, &link(trace, span))
    });
    assert_eq!(bench.event(0, 15, &message), Ok(Outcome::Changed));
    let lengths: Vec<_> = bench
        .end()
        .links
        .iter()
        .map(|link| (link.trace_id.len(), link.span_id.len()))
        .collect();
    assert_eq!(lengths, [(16, 8), (0, 0)]);
    assert_eq!(bench.assembler.counters().faults.undecodable_links, 2);
}

#[test]
fn a_scope_or_resource_that_leads_nowhere_is_an_empty_one() {
    let mut bench = Bench::default();
    let name = bench.file.string("scope");
    let lost_resource = bench
        .file
        .intern(Message::new().varint(1, name as u64).varint(5, 1 << 40).0);
    let no_resource = bench.file.intern(Message::new().varint(1, name as u64).0);
    let mut found = Vec::new();
    for scope in [0, 1 << 40, -3, lost_resource, no_resource] {
        assert_eq!(bench.event(scope, 11, &Message::new()), Ok(Outcome::Started));
        assert_eq!(bench.event(scope, 12, &Message::new()), Ok(Outcome::Finished));
        let group = decoded::request(&bench.cut().bytes).remove(0);
        assert_eq!(group.resource, decoded::Resource::default());
        found.push(group.scope.name);
    }
    assert_eq!(found, ["", "", "", "scope", "scope"]);
    assert_eq!(bench.assembler.counters().faults.unresolved_references, 3);
}

#[test]
fn an_end_applies_the_update_that_it_carries_and_a_malformed_one_leaves_the_span_open() {
    let mut bench = Bench::default();
    let key = bench.file.string("key");
    let value = |text: &str| Message::new().message(9, &key_value(key, &string(text)));
    bench.start(&value("early"));
    let status = Message::new().varint(3, 2);
    let update = value("late").message(1001, &status);
    let torn = Message::new().fixed64(8, 2).bytes(1003, [0x4a, 0x7f]);
    assert_eq!(bench.event(0, 12, &torn), Err(RecordError::Malformed));
    let end = Message::new().fixed64(8, 2).message(1003, &update);
    assert_eq!(bench.event(0, 12, &end), Ok(Outcome::Finished));
    let span = decoded::request(&bench.cut().bytes).remove(0).spans.remove(0);
    let late = Some(AnyValue::String("late".to_owned()));
    assert_eq!((span.attributes, span.status_code), (vec![("key".to_owned(), late)], 2));
    assert_eq!(bench.event(0, 12, &end), Ok(Outcome::WithoutStart));
}
