//! Processors on encoded pieces, made from plain settings: see `otlp_mmap::process`.

use crate::pieces::{JsPiecePart, signal};
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::process::{
    Action, Actions, AttributeMatcher, Condition, Keys, Pattern, Processor, Randomness, Sampler, Scalar, Selector,
    Source, Step, TextMatcher, ValueMatcher,
};

/// See `ScalarValue` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsScalarValue {
    pub kind: String,
    pub text: String,
}

/// See `AttributeAction` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsAttributeAction {
    pub action: String,
    pub key: Option<String>,
    pub pattern: Option<String>,
    pub value: Option<JsScalarValue>,
    pub from_attribute: Option<String>,
}

/// See `TextTest` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsTextTest {
    pub exact: Option<String>,
    pub pattern: Option<String>,
}

/// See `AttributeTest` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsAttributeTest {
    pub key: String,
    pub exact: Option<JsScalarValue>,
    pub pattern: Option<String>,
}

/// See `ItemCondition` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsItemCondition {
    pub services: Vec<JsTextTest>,
    pub resource_attributes: Vec<JsAttributeTest>,
    pub scope_names: Vec<JsTextTest>,
    pub names: Vec<JsTextTest>,
    pub span_kinds: Vec<u32>,
    pub attributes: Vec<JsAttributeTest>,
    pub severity_texts: Vec<JsTextTest>,
    pub severity_number: Option<u32>,
    pub match_undefined: bool,
    pub bodies: Vec<JsTextTest>,
}

/// See `ItemSelector` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsItemSelector {
    pub include: Option<JsItemCondition>,
    pub exclude: Option<JsItemCondition>,
}

/// See `SamplerSettings` of `ts/native/binding/piece-processor.ts`.
#[napi(object)]
pub struct JsSamplerSettings {
    pub percentage: f64,
    pub seed: u32,
    pub keep_without: bool,
    pub attribute: Option<String>,
    pub priority: Option<String>,
}

/// See `ProcessorPlan` of `ts/native/binding/piece-processor.ts`: one of the members is there.
#[napi(object)]
pub struct JsProcessorPlan {
    pub resource: Option<Vec<JsAttributeAction>>,
    pub attributes: Option<Vec<JsAttributeAction>>,
    pub filter: Option<JsItemSelector>,
    pub sampler: Option<JsSamplerSettings>,
    /// With `attributes`: what they are changed of.
    pub selector: Option<JsItemSelector>,
}

fn pattern(expression: &str) -> Result<Pattern> {
    Pattern::new(expression).map_err(Error::from_reason)
}

/// The encoded `AnyValue` of a scalar.
fn encoded(given: &JsScalarValue) -> Result<Vec<u8>> {
    let JsScalarValue { kind, text } = given;
    let wrong = |_| Error::from_reason(format!("{text} is no {kind}"));
    let scalar = match &**kind {
        "string" => Scalar::String(text.clone()),
        "bool" => Scalar::Bool(text == "true"),
        "int" => Scalar::Int(
            text.parse()
                .map_err(|error: std::num::ParseIntError| wrong(error.to_string()))?,
        ),
        _ => Scalar::Double(
            text.parse()
                .map_err(|error: std::num::ParseFloatError| wrong(error.to_string()))?,
        ),
    };
    Ok(scalar.encode())
}

pub fn text_test(test: JsTextTest) -> Result<TextMatcher> {
    match (test.exact, test.pattern) {
        (Some(exact), _) => Ok(TextMatcher::Exact(exact.into_bytes())),
        (None, expression) => Ok(TextMatcher::Pattern(pattern(&expression.unwrap_or_default())?)),
    }
}

pub fn text_tests(tests: Vec<JsTextTest>) -> Result<Vec<TextMatcher>> {
    tests.into_iter().map(text_test).collect()
}

fn attribute_tests(tests: Vec<JsAttributeTest>) -> Result<Vec<AttributeMatcher>> {
    let matcher = |test: JsAttributeTest| {
        let value = match (test.exact, test.pattern) {
            (Some(exact), _) => ValueMatcher::Exact(encoded(&exact)?),
            (None, Some(expression)) => ValueMatcher::Pattern(pattern(&expression)?),
            (None, None) => ValueMatcher::Any,
        };
        let key = test.key.into_bytes();
        Ok(AttributeMatcher { key, value })
    };
    tests.into_iter().map(matcher).collect()
}

fn condition(given: Option<JsItemCondition>) -> Result<Option<Condition>> {
    let Some(given) = given else { return Ok(None) };
    let number = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    Ok(Some(Condition {
        services: text_tests(given.services)?,
        resource_attributes: attribute_tests(given.resource_attributes)?,
        scope_names: text_tests(given.scope_names)?,
        names: text_tests(given.names)?,
        span_kinds: given.span_kinds.into_iter().map(number).collect(),
        attributes: attribute_tests(given.attributes)?,
        severity_texts: text_tests(given.severity_texts)?,
        severity_number: given
            .severity_number
            .map(|least| (number(least), given.match_undefined)),
        bodies: text_tests(given.bodies)?,
    }))
}

fn selector(given: Option<JsItemSelector>) -> Result<Selector> {
    let Some(given) = given else {
        return Ok(Selector::default());
    };
    Ok(Selector {
        include: condition(given.include)?,
        exclude: condition(given.exclude)?,
    })
}

fn actions(given: Vec<JsAttributeAction>) -> Result<Actions> {
    let actions = given.into_iter().map(action).collect::<Result<Vec<_>>>()?;
    Ok(Actions::new(actions))
}

fn action(given: JsAttributeAction) -> Result<Action> {
    let key = || given.key.clone().unwrap_or_default().into_bytes();
    let source = || {
        Ok::<_, Error>(match (&given.value, &given.from_attribute) {
            (Some(value), _) => Source::Value(encoded(value)?),
            (None, from) => Source::Attribute(from.clone().unwrap_or_default().into_bytes()),
        })
    };
    let keys = || {
        Ok::<_, Error>(match (&given.key, &given.pattern) {
            (_, None) => Keys::One(key()),
            (None, Some(expression)) => Keys::Matching(pattern(expression)?),
            (Some(_), Some(expression)) => Keys::Both(key(), pattern(expression)?),
        })
    };
    Ok(match &*given.action {
        "insert" => Action::Insert(key(), source()?),
        "update" => Action::Update(key(), source()?),
        "upsert" => Action::Upsert(key(), source()?),
        "delete" => Action::Delete(keys()?),
        "hash" => Action::Hash(keys()?),
        other => return Err(Error::from_reason(format!("unknown action {other}"))),
    })
}

fn step(plan: JsProcessorPlan) -> Result<Step> {
    match plan {
        JsProcessorPlan {
            resource: Some(given), ..
        } => Ok(Step::Resource(actions(given)?)),
        JsProcessorPlan {
            attributes: Some(given),
            selector: of,
            ..
        } => Ok(Step::Attributes(selector(of)?, actions(given)?)),
        JsProcessorPlan {
            sampler: Some(given), ..
        } => {
            let randomness = given
                .attribute
                .map_or(Randomness::TraceId, |key| Randomness::Attribute(key.into_bytes()));
            let percentage = given.percentage as f32;
            let priority = given.priority.map(String::into_bytes);
            Ok(Step::Sampler(Sampler::new(
                percentage,
                given.seed,
                given.keep_without,
                randomness,
                priority,
            )))
        }
        JsProcessorPlan { filter, .. } => Ok(Step::Filter(selector(filter)?)),
    }
}

/// What is wrong with a regular expression, if anything.
#[napi]
#[must_use]
pub fn pattern_problem(expression: String) -> Option<String> {
    Pattern::new(&expression).err()
}

/// A processor of one pipeline; see `NativePieceProcessor` of `ts/native/binding/piece-processor.ts`.
#[napi]
pub struct NativePieceProcessor {
    processor: Processor,
}

#[napi]
impl NativePieceProcessor {
    /// What becomes of a piece; nothing where it stays as it is.
    ///
    /// # Errors
    /// The bytes are no piece of the signal.
    #[napi]
    pub fn process(&self, body: Uint8Array) -> Result<Option<JsPiecePart>> {
        let part = self
            .processor
            .process(&body)
            .map_err(|error| Error::from_reason(format!("not a piece of its signal: {error}")))?;
        Ok(part.map(JsPiecePart::from))
    }
}

/// Makes a processor for pieces of one signal.
///
/// # Errors
/// A regular expression that cannot be right, explained.
#[napi]
pub fn create_piece_processor(signal_name: String, plan: JsProcessorPlan) -> Result<NativePieceProcessor> {
    let processor = Processor::new(signal(&signal_name)?, step(plan)?);
    Ok(NativePieceProcessor { processor })
}
