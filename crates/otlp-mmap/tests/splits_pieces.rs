//! A request that is split says the same, item by item, in parts of the size that was asked for.

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;

use otlp_mmap::otlp::Signal;
use otlp_mmap::process::{count_items, split};
use proptest::prelude::*;
use records::Message;
use requests::{any_request, items, signal};

proptest! {
    #[test]
    fn parts_have_the_size_asked_for_and_together_every_item((signal, request) in any_request(), first in 0..8u32, each in 1..8u32) {
        let whole = items(signal, &request);
        prop_assert_eq!(count_items(signal, &request), Ok(whole.len() as u32));
        let parts = split(signal, &request, first, each).expect("a valid request");
        let mut expected = Vec::new();
        let mut left = whole.len() as u32;
        let mut size = if first == 0 { each } else { first };
        while left > 0 {
            expected.push(size.min(left));
            left -= size.min(left);
            size = each;
        }
        prop_assert_eq!(parts.iter().map(|part| part.items).collect::<Vec<_>>(), expected);
        for part in &parts {
            prop_assert_eq!(count_items(signal, &part.bytes), Ok(part.items));
        }
        let again: Vec<_> = parts.iter().flat_map(|part| items(signal, &part.bytes)).collect();
        prop_assert_eq!(again, whole);
    }

    #[test]
    fn random_bytes_give_parts_or_an_error(signal in signal(), bytes: Vec<u8>, (of, valid) in any_request(), at: prop::sample::Index, byte: u8) {
        let _ = split(signal, &bytes, 1, 1);
        let mut broken = valid;
        if !broken.is_empty() {
            let at = at.index(broken.len());
            broken[at] = byte;
        }
        if let Ok(parts) = split(of, &broken, 1, 2) {
            for part in parts {
                prop_assert_eq!(count_items(of, &part.bytes), Ok(part.items));
            }
        }
    }
}

#[test]
fn a_metric_that_is_cut_keeps_its_name_unit_and_temporality() {
    let point = |time| Message::new().fixed64(3, time);
    let sum = (1..=4)
        .fold(Message::new(), |sum, time| sum.message(1, &point(time)))
        .varint(2, 1)
        .varint(3, 1);
    let metric = Message::new().bytes(1, "requests").bytes(3, "1").message(7, &sum);
    let request = Message::new().message(1, &Message::new().message(2, &Message::new().message(2, &metric)));
    let parts = split(Signal::Metrics, &request.0, 1, 2).expect("a valid request");
    assert_eq!(parts.len(), 3);
    for part in parts {
        for item in items(Signal::Metrics, &part.bytes) {
            assert_eq!(
                (&item.metric["name"], &item.metric["unit"]),
                (&"requests".into(), &"1".into())
            );
            assert_eq!(
                (
                    &item.metric["sum"]["aggregationTemporality"],
                    &item.metric["sum"]["isMonotonic"]
                ),
                (&1.into(), &true.into())
            );
        }
    }
}

#[test]
fn what_is_not_cut_is_the_same_to_the_byte() {
    let scope = |name| {
        Message::new()
            .message(1, &Message::new().bytes(1, name))
            .message(2, &Message::new().bytes(5, name))
            .bytes(3, "url")
    };
    let group = |service| {
        Message::new()
            .bytes(3, service)
            .message(2, &scope("one"))
            .message(2, &scope("two"))
    };
    let (first, second) = (
        Message::new().message(1, &group("x")),
        Message::new().message(1, &group("y")),
    );
    let both = [first.0.clone(), second.0.clone()].concat();
    let parts = split(Signal::Traces, &both, 2, u32::MAX).expect("a valid request");
    assert_eq!(
        parts.iter().map(|part| &part.bytes).collect::<Vec<_>>(),
        [&first.0, &second.0]
    );
}
