//! What processors make of a request, item by item, beside the same done to the decoded request.

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;

use otlp_mmap::otlp::Signal;
use otlp_mmap::process::{
    Action, Actions, AttributeMatcher, Condition, Keys, Part, Pattern, Processor, Randomness, Sampler, Selector,
    Source, Step, TextMatcher, ValueMatcher, count_items,
};
use proptest::collection::vec;
use proptest::prelude::*;
use records::Message;
use requests::{Item, KEYS, any_request, any_value, items, request, signal};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a processor makes of a request: its items after it. Checks what holds for every processor.
fn processed(signal: Signal, request: &[u8], step: Step) -> Vec<Item> {
    let result = Processor::new(signal, step).process(request).expect("a valid request");
    let Some(Part { bytes, items: count }) = result else {
        return items(signal, request);
    };
    assert_eq!(count_items(signal, &bytes), Ok(count));
    items(signal, &bytes)
}

/// An `AnyValue` as the JSON of a request shows it; null for an attribute without one.
fn value_as_json(value: &[u8]) -> Value {
    let pair = Message::new().bytes(1, "k").bytes(2, value);
    let resource = Message::new().message(1, &Message::new().message(1, &pair));
    let group = resource.message(2, &Message::new().message(2, &Message::new()));
    let request = Message::new().message(1, &group);
    items(Signal::Traces, &request.0)[0].resource["resource"]["attributes"][0]["value"].clone()
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&KEYS[..])
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        any_value().prop_map(|value| Source::Value(value.0)),
        key().prop_map(|key| Source::Attribute(key.into())),
    ]
}

fn keys() -> impl Strategy<Value = Keys> {
    let pattern =
        || prop_oneof![Just("^user\\."), Just("b|route$")].prop_map(|text| Pattern::new(text).expect("valid"));
    prop_oneof![
        key().prop_map(|key| Keys::One(key.into())),
        pattern().prop_map(Keys::Matching),
        (key(), pattern()).prop_map(|(key, pattern)| Keys::Both(key.into(), pattern)),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (key(), source()).prop_map(|(key, source)| Action::Insert(key.into(), source)),
        (key(), source()).prop_map(|(key, source)| Action::Update(key.into(), source)),
        (key(), source()).prop_map(|(key, source)| Action::Upsert(key.into(), source)),
        keys().prop_map(Action::Delete),
        keys().prop_map(Action::Hash),
    ]
}

/// The keys of an action, by what their debug form says: the matcher is not asked.
fn chosen(keys: &Keys, key: &str) -> bool {
    let matches = |pattern: &Pattern| {
        let debug = format!("{pattern:?}");
        if debug.contains("user") {
            key.starts_with("user.")
        } else {
            key.contains('b') || key.ends_with("route")
        }
    };
    match keys {
        Keys::One(one) => one == key.as_bytes(),
        Keys::Matching(pattern) => matches(pattern),
        Keys::Both(one, pattern) => one == key.as_bytes() || matches(pattern),
    }
}

fn hashed(value: &Value) -> Value {
    let bytes = match value.as_object().and_then(|object| object.iter().next()) {
        Some((kind, value)) => match &**kind {
            "stringValue" => value.as_str().expect("text").as_bytes().to_vec(),
            "boolValue" => vec![u8::from(value == true)],
            "intValue" => value
                .as_str()
                .expect("text")
                .parse::<i64>()
                .expect("a number")
                .to_le_bytes()
                .to_vec(),
            "doubleValue" => value.as_f64().expect("a number").to_le_bytes().to_vec(),
            // hashed in their encoding: any digest will do
            _ => return json!({ "digest": true }),
        },
        None => Vec::new(),
    };
    if bytes.is_empty() {
        return json!({ "stringValue": "" });
    }
    let digest = Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    json!({ "stringValue": digest })
}

/// The actions done to decoded attributes.
fn apply(actions: &[Action], attributes: &Value) -> Value {
    let mut list: Vec<(String, Value)> = attributes
        .as_array()
        .expect("a list")
        .iter()
        .map(|pair| (pair["key"].as_str().expect("a key").to_owned(), pair["value"].clone()))
        .collect();
    for action in actions {
        match action {
            Action::Insert(key, source) | Action::Update(key, source) | Action::Upsert(key, source) => {
                let key = std::str::from_utf8(key).expect("text");
                let at = list.iter().position(|(known, _)| known == key);
                let wanted = match (action, at) {
                    (Action::Insert(..), at) => at.is_none(),
                    (Action::Update(..), at) => at.is_some(),
                    _ => true,
                };
                let value = match source {
                    Source::Value(value) => Some(value_as_json(value)),
                    Source::Attribute(from) => list
                        .iter()
                        .find(|(known, _)| known.as_bytes() == from)
                        .map(|(_, value)| value.clone()),
                };
                match (wanted, at, value) {
                    (true, Some(at), Some(value)) => list[at].1 = value,
                    (true, None, Some(value)) => list.push((key.to_owned(), value)),
                    _ => {}
                }
            }
            Action::Delete(keys) => list.retain(|(key, _)| !chosen(keys, key)),
            Action::Hash(keys) => {
                for (_, value) in list.iter_mut().filter(|(key, _)| chosen(keys, key)) {
                    *value = hashed(value);
                }
            }
        }
    }
    list.into_iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect()
}

/// Makes attributes comparable: no value and an empty one are alike, and so are digests that the model does not know.
fn normalised(attributes: &Value) -> Value {
    let pairs = attributes.as_array().expect("a list").iter().map(|pair| {
        let value = match &pair["value"] {
            Value::Null => json!({}),
            value => value.clone(),
        };
        json!({ "key": pair["key"], "value": value })
    });
    pairs.collect()
}

/// Whether two lists of attributes are alike; `digest` in the model stands for any.
fn alike(found: &Value, model: &Value) -> bool {
    let (found, model) = (found.as_array().expect("a list"), model.as_array().expect("a list"));
    found.len() == model.len()
        && found.iter().zip(model).all(|(found, model)| {
            let digest = || {
                found["value"]["stringValue"]
                    .as_str()
                    .is_some_and(|text| text.len() == 64)
            };
            found == model || (found["key"] == model["key"] && model["value"]["digest"] == true && digest())
        })
}

proptest! {
    #[test]
    fn attributes_change_as_in_a_decoded_request((signal, request) in any_request(), actions in vec(action(), 0..4)) {
        let before = items(signal, &request);
        let after = processed(signal, &request, Step::Attributes(Selector::default(), Actions::new(actions.clone())));
        prop_assert_eq!(after.len(), before.len());
        for (before, after) in before.into_iter().zip(after) {
            let model = normalised(&apply(&actions, &before.content["attributes"]));
            let found = normalised(&after.content["attributes"]);
            prop_assert!(alike(&found, &model), "{} instead of {}", found, model);
            let mut rest = after.clone();
            rest.content["attributes"] = before.content["attributes"].clone();
            prop_assert_eq!(rest, before);
        }
    }

    #[test]
    fn resources_change_as_in_a_decoded_request((signal, request) in any_request(), actions in vec(action(), 0..4)) {
        let before = items(signal, &request);
        let after = processed(signal, &request, Step::Resource(Actions::new(actions.clone())));
        prop_assert_eq!(after.len(), before.len());
        for (before, after) in before.into_iter().zip(after) {
            let model = normalised(&apply(&actions, &before.resource["resource"]["attributes"]));
            let found = normalised(&after.resource["resource"]["attributes"]);
            prop_assert!(alike(&found, &model), "{} instead of {}", found, model);
            let mut rest = after.clone();
            rest.resource["resource"]["attributes"] = before.resource["resource"]["attributes"].clone();
            prop_assert_eq!(rest, before);
        }
    }

    #[test]
    fn a_filter_keeps_what_fits_in_a_decoded_request((signal, request) in any_request(), include in condition(), exclude in condition()) {
        let selector = Selector { include: include.clone(), exclude: exclude.clone() };
        let mut expected = items(signal, &request);
        expected.retain(|item| {
            include.as_ref().is_none_or(|condition| fits(signal, condition, item))
                && !exclude.as_ref().is_some_and(|condition| fits(signal, condition, item))
        });
        prop_assert_eq!(processed(signal, &request, Step::Filter(selector)), expected);
    }

    #[test]
    fn a_sampler_keeps_the_traces_below_its_share(request in request(Signal::Traces), percentage in 0..=100u8, seed: u32) {
        let sampler = Sampler::new(percentage.into(), seed, false, Randomness::TraceId, None);
        let mut expected = items(Signal::Traces, &request);
        expected.retain(|item| bucket(seed, item.content["traceId"].as_str().expect("text")) < u32::from(percentage) * 16384 / 100);
        prop_assert_eq!(processed(Signal::Traces, &request, Step::Sampler(sampler)), expected);
    }

    #[test]
    fn records_without_a_trace_are_kept_only_when_told(request in request(Signal::Logs), keep_without: bool) {
        let sampler = Sampler::new(50.0, 22, keep_without, Randomness::TraceId, None);
        let mut expected = items(Signal::Logs, &request);
        expected.retain(|item| match item.content["traceId"].as_str() {
            Some(id) => bucket(22, id) < 8192,
            None => keep_without,
        });
        prop_assert_eq!(processed(Signal::Logs, &request, Step::Sampler(sampler)), expected);
    }

    #[test]
    fn random_bytes_give_a_request_or_an_error(
        signal in signal(), bytes: Vec<u8>, (of, valid) in any_request(), at: prop::sample::Index, byte: u8,
        actions in vec(action(), 1..3), include in condition(),
    ) {
        let mut broken = valid;
        if !broken.is_empty() {
            let at = at.index(broken.len());
            broken[at] = byte;
        }
        let selector = Selector { include, exclude: None };
        let steps = [
            Step::Attributes(selector.clone(), Actions::new(actions.clone())),
            Step::Resource(Actions::new(actions)),
            Step::Filter(selector),
            Step::Sampler(Sampler::new(50.0, 1, true, Randomness::TraceId, None)),
        ];
        for step in steps {
            for (signal, bytes) in [(signal, &bytes), (of, &broken)] {
                if let Ok(Some(part)) = Processor::new(signal, step.clone()).process(bytes) {
                    prop_assert_eq!(count_items(signal, &part.bytes), Ok(part.items));
                }
            }
        }
    }
}

/// FNV-1a over the seed and a trace id in hexadecimal, as 14 bits.
fn bucket(seed: u32, trace_id: &str) -> u32 {
    let id = u128::from_str_radix(trace_id, 16).expect("an id").to_be_bytes();
    let mut hash = 2_166_136_261_u32;
    for byte in seed.to_le_bytes().into_iter().chain(id) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    }
    hash % 16384
}

/// A condition of a few tests that random requests sometimes fit.
fn condition() -> impl Strategy<Value = Option<Condition>> {
    let pattern = |text: &str| TextMatcher::Pattern(Pattern::new(text).expect("valid"));
    let names = prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![TextMatcher::Exact(b"a".to_vec()), TextMatcher::Exact(b"GET /".to_vec())]),
        1 => Just(vec![pattern("^(GET|b)")]),
    ];
    let attribute = || {
        let value = prop_oneof![
            Just(ValueMatcher::Any),
            any_value()
                .prop_filter("scalars", |value| value.0.first().is_some_and(|&tag| tag < 40))
                .prop_map(|value| ValueMatcher::Exact(value.0)),
            Just(ValueMatcher::Pattern(Pattern::new("^[a1t]").expect("valid"))),
        ];
        prop_oneof![2 => Just(vec![]), 1 => (key(), value).prop_map(|(key, value)| vec![AttributeMatcher { key: key.into(), value }])]
    };
    let severity = proptest::option::weighted(0.3, (1..24u8, any::<bool>()));
    let texts = prop_oneof![2 => Just(vec![]), 1 => Just(vec![TextMatcher::Exact(b"WARN".to_vec())])];
    let bodies = prop_oneof![2 => Just(vec![]), 1 => Just(vec![pattern("a")])];
    let kinds = prop_oneof![2 => Just(vec![]), 1 => Just(vec![1, 2])];
    let all = (names, attribute(), attribute(), severity, texts, bodies, kinds);
    proptest::option::of(all.prop_map(
        |(names, resource_attributes, attributes, severity_number, severity_texts, bodies, span_kinds)| Condition {
            names,
            resource_attributes,
            attributes,
            severity_number,
            severity_texts,
            bodies,
            span_kinds,
            ..Condition::default()
        },
    ))
}

fn text_of(value: &Value) -> Option<String> {
    let (kind, value) = value.as_object()?.iter().next()?;
    match &**kind {
        "stringValue" | "intValue" => value.as_str().map(str::to_owned),
        "boolValue" | "doubleValue" => Some(value.to_string()),
        _ => None,
    }
}

fn text_fits(tests: &[TextMatcher], text: Option<&str>) -> bool {
    tests.is_empty()
        || text.is_some_and(|text| {
            tests.iter().any(|test| match test {
                TextMatcher::Exact(exact) => exact == text.as_bytes(),
                TextMatcher::Pattern(pattern) if format!("{pattern:?}").contains("GET") => {
                    text.starts_with("GET") || text.starts_with('b')
                }
                TextMatcher::Pattern(_) => text.contains('a'),
            })
        })
}

fn attributes_fit(tests: &[AttributeMatcher], attributes: &Value) -> bool {
    tests.iter().all(|test| {
        let pair = attributes
            .as_array()
            .expect("a list")
            .iter()
            .find(|pair| pair["key"].as_str().map(str::as_bytes) == Some(&test.key[..]));
        pair.is_some_and(|pair| match &test.value {
            ValueMatcher::Any => true,
            ValueMatcher::Exact(exact) => pair["value"] == value_as_json(exact),
            ValueMatcher::Pattern(_) => text_of(&pair["value"]).is_some_and(|text| text.starts_with(['a', '1', 't'])),
        })
    })
}

/// The condition, asked of a decoded item.
fn fits(signal: Signal, condition: &Condition, item: &Item) -> bool {
    let content = &item.content;
    let own = match signal {
        Signal::Traces => {
            let kind = content["kind"].as_u64().expect("a number");
            text_fits(&condition.names, content["name"].as_str())
                && (condition.span_kinds.is_empty()
                    || condition.span_kinds.iter().any(|&wanted| u64::from(wanted) == kind))
        }
        Signal::Logs => {
            let severity = content["severityNumber"].as_u64().unwrap_or(0);
            let body = text_of(&content["body"]);
            condition.severity_number.is_none_or(|(least, undefined)| {
                if severity == 0 {
                    undefined
                } else {
                    severity >= u64::from(least)
                }
            }) && text_fits(
                &condition.severity_texts,
                Some(content["severityText"].as_str().unwrap_or_default()),
            ) && text_fits(&condition.bodies, body.as_deref())
        }
        Signal::Metrics => text_fits(&condition.names, item.metric["name"].as_str()),
    };
    own && attributes_fit(&condition.resource_attributes, &item.resource["resource"]["attributes"])
        && attributes_fit(&condition.attributes, &content["attributes"])
}

#[test]
fn text_is_hashed_to_its_sha_256_in_hexadecimal() {
    let span = Message::new().message(
        9,
        &Message::new()
            .bytes(1, "user.email")
            .message(2, &Message::new().bytes(1, "abc")),
    );
    let request = Message::new().message(1, &Message::new().message(2, &Message::new().message(2, &span)));
    let actions = Actions::new(vec![Action::Hash(Keys::One(b"user.email".to_vec()))]);
    let after = processed(
        Signal::Traces,
        &request.0,
        Step::Attributes(Selector::default(), actions),
    );
    assert_eq!(
        after[0].content["attributes"][0]["value"]["stringValue"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn an_app_decides_about_sampling_with_its_priority() {
    let span = |priority: u64| {
        let pair = Message::new()
            .bytes(1, "sampling.priority")
            .message(2, &Message::new().varint(3, priority));
        Message::new().bytes(1, [9; 16]).varint(6, priority).message(9, &pair)
    };
    let scope = Message::new().message(2, &span(0)).message(2, &span(1));
    let request = Message::new().message(1, &Message::new().message(2, &scope));
    for percentage in [0.0, 100.0] {
        let sampler = Sampler::new(percentage, 0, false, Randomness::TraceId, None);
        let after = processed(Signal::Traces, &request.0, Step::Sampler(sampler));
        assert_eq!(after.iter().map(|item| &item.content["kind"]).collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn an_expression_that_cannot_be_right_is_explained() {
    let error = Pattern::new("a(b").expect_err("no expression");
    assert!(error == "unclosed group", "{error}");
}
