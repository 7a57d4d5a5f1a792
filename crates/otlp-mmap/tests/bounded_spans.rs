//! However many spans stay open, and however much is put into one, memory is bounded, and what gives way is told.

#[path = "support/assembling.rs"]
mod assembling;
#[path = "support/decoded.rs"]
mod decoded;
#[path = "support/records.rs"]
mod records;

use assembling::{Bench, SPAN, string};
use decoded::AnyValue;
use otlp_mmap::otlp::{AssemblerOptions, Outcome};
use records::{Message, key_value, span_event};

#[test]
fn open_spans_are_bounded_in_bytes() {
    let limit = 100_000;
    let mut bench = Bench::new(AssemblerOptions {
        max_open_spans: usize::MAX,
        max_open_bytes: limit,
    });
    let key = bench.file.string("key");
    let value = string(&"x".repeat(1000));
    for n in 1..=1000_u64 {
        let trace_id = [n.to_be_bytes(), [1; 8]].concat();
        let start = Message::new().message(9, &key_value(key, &value));
        assert_eq!(
            bench.record(&span_event(&trace_id, &SPAN, 0, 11, &start).0),
            Ok(Outcome::Started)
        );
        assert!(bench.assembler.open_bytes() <= limit);
    }
    let counters = *bench.assembler.counters();
    assert!(counters.evicted > 900, "{} evicted", counters.evicted);
    assert_eq!(counters.evicted + bench.assembler.open_len() as u64, 1000);
    assert_eq!(bench.cut().items, counters.evicted as u32, "evicted spans are exported");
}

#[test]
fn one_span_that_grows_without_end_is_handed_on() {
    let mut bench = Bench::new(AssemblerOptions {
        max_open_spans: 10,
        max_open_bytes: 50_000,
    });
    bench.start(&Message::new());
    let event = Message::new().message(1000, &Message::new().bytes(2, "x".repeat(1000)));
    for _ in 0..1000 {
        assert!(bench.event(0, 14, &event).is_ok());
        assert!(bench.assembler.open_bytes() <= 50_000);
    }
    assert_eq!(bench.assembler.counters().evicted, 1);
    assert!(bench.assembler.counters().changes_without_start > 900);
}

#[test]
fn a_limit_drops_any_number_of_events_and_links_at_once() {
    let mut bench = Bench::default();
    bench.start(&Message::new());
    let (event, link) = (Message::new(), Message::new().bytes(1, [1; 16]).bytes(2, [1; 8]));
    let many = |field, message: &Message| (0..50_000).fold(Message::new(), |all, _| all.message(field, message));
    assert_eq!(bench.event(0, 14, &many(1000, &event)), Ok(Outcome::Changed));
    assert_eq!(bench.event(0, 15, &many(13, &link)), Ok(Outcome::Changed));
    let newest = Message::new().bytes(2, "newest");
    assert_eq!(
        bench.event(0, 14, &Message::new().message(1000, &newest).varint(1003, 2)),
        Ok(Outcome::Changed)
    );
    assert_eq!(
        bench.event(0, 15, &Message::new().varint(1000, 2)),
        Ok(Outcome::Changed)
    );
    let span = bench.end();
    let names: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
    assert_eq!((names, span.links.len()), (vec!["", "newest"], 2));
}

#[test]
fn an_attribute_set_for_ever_stays_small() {
    let mut bench = Bench::default();
    let keys = ["first", "progress", "last"].map(|key| bench.file.string(key));
    let pairs = keys.map(|key| key_value(key, &string("kept")));
    bench.start(
        &pairs
            .iter()
            .fold(Message::new(), |message, pair| message.message(9, pair)),
    );
    for n in 0..100_000 {
        let message = Message::new().message(9, &key_value(keys[1], &Message::new().varint(3, n)));
        assert_eq!(bench.event(0, 14, &message), Ok(Outcome::Changed));
        assert!(bench.assembler.open_bytes() < 10_000);
    }
    let kept = || Some(AnyValue::String("kept".into()));
    let expected = [
        ("first".into(), kept()),
        ("progress".into(), Some(AnyValue::Int(99_999))),
        ("last".into(), kept()),
    ];
    assert_eq!(bench.end().attributes, expected);
}

#[test]
fn a_large_span_leaves_nothing_to_the_next() {
    let mut bench = Bench::default();
    let with_keys = |bench: &mut Bench, keys: &[usize]| {
        keys.iter().fold(Message::new(), |message, n| {
            let key = bench.file.string(&format!("key {n}"));
            message.message(9, &key_value(key, &Message::new().varint(3, *n as u64)))
        })
    };
    for first in [0, 50, 25] {
        let keys: Vec<_> = (first..first + 150).rev().collect();
        let message = with_keys(&mut bench, &keys);
        bench.start(&message);
        assert_eq!(
            bench.event(0, 14, &message),
            Ok(Outcome::Changed),
            "every key a second time"
        );
        let expected: Vec<_> = keys
            .iter()
            .map(|n| (format!("key {n}"), Some(AnyValue::Int(*n as i64))))
            .collect();
        assert_eq!(bench.end().attributes, expected);
    }
}

#[test]
fn a_span_at_its_limit_keeps_the_newest_events_and_links() {
    let mut bench = Bench::default();
    bench.start(&Message::new());
    for n in 1..=20_u8 {
        let event = Message::new().bytes(2, n.to_string());
        let link = Message::new().bytes(1, [n; 16]).bytes(2, [n; 8]);
        let update = Message::new().message(1000, &event).varint(1003, 3);
        assert_eq!(bench.event(0, 14, &update), Ok(Outcome::Changed));
        assert_eq!(
            bench.event(0, 15, &Message::new().message(13, &link).varint(1000, 2)),
            Ok(Outcome::Changed)
        );
    }
    let span = bench.end();
    let names: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
    let links: Vec<_> = span.links.iter().map(|link| link.span_id[0]).collect();
    assert_eq!((names, links), (vec!["18", "19", "20"], vec![19, 20]));
}
