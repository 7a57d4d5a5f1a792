//! What is longer than a slot arrives whole by way of the spill ring; a reader of version 1 sees the same record cut.

#[path = "support/records.rs"]
mod records;
#[path = "support/spilling.rs"]
mod spilling;
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::layout::{constant, field};
use otlp_mmap::otlp::{Assembler, Faults, LogEncoder, Piece, Resolver, Signal, TraceEncoder};
use otlp_mmap::reader::{FileReader, Next};
use otlp_mmap::wire::{Fields, Value as Field};
use otlp_mmap::writer::{CommitStatus, Geometry};
use proptest::prelude::*;
use records::{Message, key_value, span_event};
use spilling::{App, TRACE, attribute, geometry, items, read, string};
use support::{drain, files};

#[test]
fn long_values_of_a_span_arrive_whole() {
    let mut app = App::new(Geometry {
        spill_bytes: 256 << 10,
        ..geometry()
    });
    let (a, b, c) = (app.key("a"), app.key("b"), app.key("c"));
    let (long, longer) = ("é".repeat(4000), "x".repeat(20_000));
    let start = Message::new()
        .bytes(5, &longer)
        .fixed64(7, 1)
        .message(9, &key_value(c, &string("short")));
    assert_eq!(app.span(11, &start), CommitStatus::Published);
    let event = Message::new()
        .fixed64(1, 5)
        .bytes(2, "exception")
        .message(3, &key_value(a, &string(&longer)));
    let update = Message::new()
        .message(9, &key_value(a, &string(&long)))
        .message(1000, &event)
        .message(9, &key_value(b, &string(&longer)));
    assert_eq!(app.span(14, &update), CommitStatus::Published);
    let status = Message::new().varint(3, 2).bytes(2, &long);
    let end = Message::new()
        .fixed64(8, 9)
        .message(1003, &Message::new().message(9, &key_value(c, &string(&longer))))
        .message(15, &status);
    assert_eq!(app.span(12, &end), CommitStatus::Published);

    let (spans, _, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    let [span] = &spans[..] else { panic!("one span") };
    assert_eq!(span["name"], longer);
    assert_eq!((attribute(span, "a"), attribute(span, "b")), (&*long, &*longer));
    assert_eq!(attribute(span, "c"), longer);
    assert_eq!(attribute(&span["events"][0], "a"), longer);
    assert_eq!(span["status"]["message"], long);
    assert_eq!(app.writer.status().drops, []);
}

#[test]
fn a_log_record_of_any_size_is_one_record_and_arrives_whole() {
    let mut app = App::new(geometry());
    let keys: Vec<_> = (0..100).map(|i| app.key(&format!("key.{i}"))).collect();
    let body = Message::new().message(
        6,
        &Message::new().message(1, &key_value(keys[0], &string(&"b".repeat(9000)))),
    );
    let mut log = Message::new().fixed64(2, 5).bytes(1003, "n".repeat(500));
    for (i, key) in keys.iter().enumerate() {
        log = log.message(8, &key_value(*key, &string(&"v".repeat(i))));
        if i == 50 {
            log = log.message(5, &body);
        }
    }
    assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Published);
    assert_eq!(
        app.commit(RingId::Events, &Message::new().fixed64(2, 6)),
        CommitStatus::Published
    );
    let (_, logs, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0]["eventName"], "n".repeat(500));
    let value = &logs[0]["body"]["kvlistValue"]["values"][0]["value"]["stringValue"];
    assert_eq!(*value, "b".repeat(9000));
    for i in 0..100 {
        assert_eq!(attribute(&logs[0], &format!("key.{i}")), "v".repeat(i));
    }

    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    let records = drain(&view, RingId::Events);
    assert_eq!(records.len(), 2, "a version-1 reader sees one record for one log");
    let fields: Vec<_> = Fields::new(&records[0]).map(Result::unwrap).collect();
    assert!(fields.iter().any(|(number, _)| *number == field::EVENT_ATTRIBUTES));
    let cut = fields.iter().find(|(number, _)| *number == field::EVENT_NAME);
    let Some((_, Field::Bytes(cut))) = cut else {
        panic!("the name is there, cut")
    };
    assert!((24..500).contains(&cut.len()) && cut.iter().all(|byte| *byte == b'n'));
}

#[test]
fn a_version_1_reader_sees_the_beginning_of_a_text_that_ends_with_a_whole_character() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let long = "😀é".repeat(1000);
    for shift in 0..6 {
        let text = format!("{}{long}", "x".repeat(shift));
        let update = Message::new().message(9, &key_value(key, &string(&text)));
        assert_eq!(app.span(14, &update), CommitStatus::Published);
    }
    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    for record in drain(&view, RingId::Spans) {
        let cut = String::from_utf8_lossy(&record);
        let (_, text) = cut.rsplit_once(|c: char| !"xé😀".contains(c)).unwrap();
        assert!(
            text.len() > 120 && long.contains(text.trim_start_matches('x')),
            "{text:?}"
        );
    }
}

#[test]
fn without_room_in_the_spill_ring_values_stay_cut_and_are_counted() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let log = |text: &str| Message::new().message(8, &key_value(key, &string(text)));
    let text = "z".repeat(30_000);
    for _ in 0..2 {
        assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Published);
    }
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 0);
    assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Cut);
    assert_eq!(app.commit(RingId::Events, &log(&"y".repeat(70_000))), CommitStatus::Cut);
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 2);
    let (_, logs, _) = read(&app.path());
    let lengths: Vec<_> = logs.iter().map(|log| attribute(log, "a").len()).collect();
    assert_eq!(lengths[..2], [30_000, 30_000]);
    assert!(
        lengths[2..].iter().all(|length| (200..256).contains(length)),
        "{lengths:?}"
    );

    // the reader releases the first record, and so its entry
    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    view.ring(RingId::Events).set_reader_index(0);
    assert_eq!(app.commit(RingId::Events, &log(&text)), CommitStatus::Published);
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 2);
    let (_, logs, faults) = read(&app.path());
    assert_eq!(attribute(logs.last().unwrap(), "a"), text);
    assert_eq!(faults.lost_spills, 0);
}

#[test]
fn a_file_without_a_spill_ring_has_values_cut_and_counted() {
    let mut app = App::new(Geometry {
        spill_bytes: 0,
        ..geometry()
    });
    let key = app.key("a");
    let log = Message::new().message(8, &key_value(key, &string(&"z".repeat(1000))));
    assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Cut);
    let (_, logs, faults) = read(&app.path());
    assert!((200..256).contains(&attribute(&logs[0], "a").len()));
    assert_eq!(faults, Faults::default());
    assert_eq!(app.drops(RingId::Events, constant::DROP_TRUNCATED), 1);
}

#[test]
fn a_ring_that_is_full_takes_nothing_of_the_spill_ring() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let update = Message::new().message(9, &key_value(key, &string(&"z".repeat(300))));
    let published = (0..100)
        .filter(|_| app.span(14, &update) == CommitStatus::Published)
        .count();
    assert_eq!(published, 63);
    assert_eq!(app.drops(RingId::Spans, constant::DROP_FULL), 37);
    let view = FileView::open(&app.path(), Access::Read).unwrap();
    let block = view.extension().unwrap();
    assert!(block.spill_head() < 63 * 400, "{}", block.spill_head());
}

/// A trace state of `count` members of 24 bytes.
fn members(count: usize) -> String {
    (0..count)
        .map(|i| format!("v{i:03}={}", "m".repeat(19)))
        .collect::<Vec<_>>()
        .join(",")
}

#[test]
fn a_long_trace_state_arrives_whole_and_a_version_1_reader_sees_no_part_of_a_member() {
    let mut app = App::new(geometry());
    let long = members(100);
    let start = Message::new().bytes(5, "name").fixed64(7, 1).bytes(1000, &long);
    assert_eq!(app.span(11, &start), CommitStatus::Published);
    let link = Message::new().bytes(1, TRACE).bytes(2, [9; 8]).bytes(3, &long);
    assert_eq!(
        app.span(15, &Message::new().message(13, &link)),
        CommitStatus::Published
    );
    assert_eq!(app.span(12, &Message::new().fixed64(8, 9)), CommitStatus::Published);
    let (spans, _, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    assert_eq!(spans[0]["traceState"], long);
    assert_eq!(spans[0]["links"][0]["traceState"], long);
    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    for record in &drain(&view, RingId::Spans)[..2] {
        let text = String::from_utf8_lossy(record);
        let from = text.find("v000=").unwrap();
        let kept = text[from..]
            .split(|c: char| !(c.is_ascii_alphanumeric() || ",=".contains(c)))
            .next()
            .unwrap();
        let count = kept.matches('=').count();
        assert!(count >= 4, "{kept}");
        assert!(kept.starts_with(&members(count)), "{kept}");
    }
}

#[test]
fn a_link_of_many_attributes_arrives_whole_and_a_version_1_reader_sees_those_that_fit() {
    let mut app = App::new(geometry());
    let ids = Message::new().bytes(1, TRACE).bytes(2, [9; 8]);
    let link = (0..100)
        .fold(ids, |link, i| {
            link.message(4, &key_value(app.key(&format!("k{i}")), &string(&format!("{i}"))))
        })
        .bytes(3, members(30));
    assert_eq!(app.span(11, &Message::new().fixed64(7, 1)), CommitStatus::Published);
    let record = Message::new().message(13, &link).varint(1000, 7);
    assert_eq!(app.span(15, &record), CommitStatus::Published);
    assert_eq!(app.span(12, &Message::new().fixed64(8, 9)), CommitStatus::Published);
    let (spans, _, faults) = read(&app.path());
    assert_eq!(faults, Faults::default());
    let found = &spans[0]["links"][0];
    assert_eq!(found["traceState"], members(30));
    for i in 0..100 {
        assert_eq!(attribute(found, &format!("k{i}")), format!("{i}"));
    }
    assert_eq!(app.drops(RingId::Spans, constant::DROP_TRUNCATED), 0);

    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
    let record = &drain(&view, RingId::Spans)[1];
    let link = nested(&nested(record, 15), 13);
    assert_eq!(nested(&link, 1), TRACE);
    assert_eq!(nested(&link, 2), [9; 8]);
    let whole = Fields::new(&link)
        .filter(|field| matches!(field, Ok((4, Field::Bytes(_)))))
        .count();
    assert!(whole >= 5, "{whole} attributes");
}

/// The body of a field of `message`.
fn nested(message: &[u8], number: u32) -> Vec<u8> {
    let found = Fields::new(message)
        .map(Result::unwrap)
        .find(|(found, _)| *found == number);
    let Some((_, Field::Bytes(body))) = found else {
        panic!("field {number}")
    };
    body.to_vec()
}

#[test]
fn a_span_record_that_no_cut_makes_fit_is_refused_and_counted() {
    let mut app = App::new(geometry());
    let key = app.key("a");
    let links = (0..40).fold(Message::new(), |links, _| {
        links.message(
            13,
            &Message::new().bytes(1, TRACE).message(4, &key_value(key, &string("v"))),
        )
    });
    assert_eq!(app.span(15, &links), CommitStatus::TooLarge);
    assert_eq!(app.drops(RingId::Spans, constant::DROP_TOO_LARGE), 1);
}

#[test]
fn values_go_on_in_the_next_generation_and_the_earlier_file_keeps_its_own() {
    let mut app = App::new(geometry());
    let text = "z".repeat(5000);
    for _ in 0..2 {
        let key = app.key("a");
        let log = Message::new().message(8, &key_value(key, &string(&text)));
        assert_eq!(app.commit(RingId::Events, &log), CommitStatus::Published);
        app.writer.roll();
    }
    let paths = files(app.folder.path());
    let logs: Vec<_> = paths.iter().flat_map(|path| read(path).1).collect();
    assert_eq!(logs.len(), 2);
    assert!(logs.iter().all(|log| attribute(log, "a") == text));
}

/// A step of an app and its reader.
#[derive(Debug, Clone)]
enum Step {
    Log(Vec<usize>),
    Span(usize),
    /// The reader releases so many records.
    Release(bool, i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(0..12_000usize, 0..6).prop_map(Step::Log),
        2 => (0..12_000usize).prop_map(Step::Span),
        2 => (any::<bool>(), 1..20i64).prop_map(|(spans, count)| Step::Release(spans, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Model: whatever is unread is whole, unless its loss was counted; a value is never another one's.
    #[test]
    fn whatever_is_unread_is_whole_or_a_counted_beginning(steps in proptest::collection::vec(step(), 1..60)) {
        let mut app = App::new(geometry());
        let keys: Vec<_> = (0..6).map(|i| app.key(&format!("k{i}"))).collect();
        let mut written: [Vec<Vec<String>>; 2] = Default::default();
        let mut released = [0usize; 2];
        let mut fill = 0u8;
        for step in &steps {
            let mut texts = |lengths: &[usize]| -> Vec<String> {
                lengths.iter().map(|len| {
                    fill = (fill + 1) % 26;
                    char::from(b'a' + fill).to_string().repeat(*len)
                }).collect()
            };
            match step {
                Step::Log(lengths) => {
                    let texts = texts(lengths);
                    let log = texts.iter().zip(&keys).fold(Message::new().fixed64(2, 1), |log, (text, key)| log.message(8, &key_value(*key, &string(text))));
                    if app.commit(RingId::Events, &log).is_published() { written[0].push(texts); }
                }
                Step::Span(length) => {
                    let texts = texts(&[*length]);
                    let start = Message::new().fixed64(7, 1).bytes(5, &texts[0]);
                    let status = app.commit(RingId::Spans, &span_event(&TRACE, &[written[1].len() as u8 + 1; 8], 0, 11, &start));
                    if status.is_published() { written[1].push(texts); }
                }
                Step::Release(spans, count) => {
                    let which = usize::from(*spans);
                    if files(app.folder.path()).is_empty() { continue; }
                    let view = FileView::open(&app.path(), Access::ReadWrite).unwrap();
                    let ring = view.ring(if *spans { RingId::Spans } else { RingId::Events });
                    let index = (ring.reader_index() + count).min(ring.writer_index());
                    ring.set_reader_index(index);
                    released[which] = (index + 1) as usize;
                }
            }
        }
        if written.iter().all(Vec::is_empty) { return Ok(()); }
        let mut reader = FileReader::view(&app.path()).unwrap();
        let (mut resolver, mut record) = (Resolver::default(), Vec::new());
        let mut logs = LogEncoder::default();
        while reader.next(RingId::Events, Instant::now(), &mut record) == Next::Record {
            logs.record(&mut resolver, &mut reader, &record).unwrap();
        }
        prop_assert_eq!(logs.counters().faults.lost_spills, 0);
        let mut piece = Piece::default();
        let found = if logs.cut(&mut piece) { items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]) } else { Vec::new() };
        let expected = &written[0][released[0]..];
        prop_assert_eq!(found.len(), expected.len());
        let mut cut = 0;
        for (log, texts) in found.iter().zip(expected) {
            let whole = texts.iter().enumerate().all(|(i, text)| {
                let attributes = log["attributes"].as_array().unwrap();
                let found = attributes.iter().find(|attribute| attribute["key"] == format!("k{i}"));
                let Some(found) = found else { return false };
                let found = found["value"]["stringValue"].as_str().unwrap();
                assert!(text.starts_with(found));
                found.len() == text.len()
            });
            cut += u64::from(!whole);
        }
        prop_assert!(cut <= app.drops(RingId::Events, constant::DROP_TRUNCATED));
        let (mut assembler, mut traces) = (Assembler::default(), TraceEncoder::default());
        while reader.next(RingId::Spans, Instant::now(), &mut record) == Next::Record {
            assembler.record(&mut resolver, &mut reader, &record, &mut traces).unwrap();
        }
        let names: Vec<_> = assembler.open_spans().map(|span| span.name().to_owned()).collect();
        let expected = &written[1][released[1]..];
        prop_assert_eq!(names.len(), expected.len());
        let cut = names.iter().zip(expected).filter(|(name, texts)| { assert!(texts[0].starts_with(*name)); name.len() < texts[0].len() }).count() as u64;
        prop_assert!(cut <= app.drops(RingId::Spans, constant::DROP_TRUNCATED));
    }
}

#[test]
fn threads_that_write_long_values_while_a_reader_takes_them_lose_none_and_mix_up_none() {
    const THREADS: usize = 4;
    const EACH: usize = 300;
    let mut app = App::new(geometry());
    let key = app.key("a");
    assert_eq!(
        app.commit(RingId::Events, &Message::new().fixed64(2, 9)),
        CommitStatus::Published
    );
    let path = app.path();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let writer = Arc::clone(&app.writer);
            std::thread::spawn(move || {
                let mut handle = writer.handle();
                for i in 0..EACH {
                    let text = format!("{thread}.{i}.").repeat(100 + 7 * (i % 50));
                    let log = Message::new().fixed64(2, 9).message(8, &key_value(key, &string(&text)));
                    while !handle
                        .commit_long(RingId::Events, writer.epoch(), &log.0, 1)
                        .is_published()
                    {
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut reader = FileReader::attach(&path, Duration::ZERO).unwrap();
    let (mut resolver, mut record, mut logs) = (Resolver::default(), Vec::new(), LogEncoder::default());
    let patience = Instant::now() + Duration::from_secs(60);
    while logs.counters().logs < (THREADS * EACH + 1) as u64 {
        assert!(Instant::now() < patience, "{:?}", logs.counters());
        if reader.next(RingId::Events, Instant::now(), &mut record) == Next::Record {
            logs.record(&mut resolver, &mut reader, &record).unwrap();
            reader.release(RingId::Events, reader.cursor(RingId::Events));
        } else {
            std::thread::yield_now();
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(logs.counters().faults.lost_spills, 0);
    let mut piece = Piece::default();
    assert!(logs.cut(&mut piece));
    let logs = items(Signal::Logs, &piece, ["resourceLogs", "scopeLogs", "logRecords"]);
    let mut whole = std::collections::HashSet::new();
    let mut cut = 0;
    for text in logs.iter().skip(1).map(|log| attribute(log, "a")) {
        let name = text.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        let i: usize = name.rsplit('.').next().unwrap().parse().unwrap();
        let expected = format!("{name}.").repeat(100 + 7 * (i % 50));
        assert!(expected.starts_with(text), "{name}");
        cut += u64::from(text.len() < expected.len());
        assert!(whole.insert(name), "each comes once");
    }
    assert_eq!(whole.len(), THREADS * EACH);
    assert!(
        cut <= app.drops(RingId::Events, constant::DROP_TRUNCATED),
        "what was cut is counted"
    );
}
