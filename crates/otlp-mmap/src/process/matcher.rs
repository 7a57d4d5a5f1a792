//! Tests of a text or an attribute.

use regex::bytes::Regex;

use super::any_value::{AnyValue, attribute};
use crate::wire::Malformed;

/// A regular expression (the syntax of RE2: no look-around, no back-references), found anywhere in the text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn new(expression: &str) -> Result<Self, String> {
        let compiled = Regex::new(expression);
        compiled.map(Self).map_err(|error| {
            // Several lines that draw an arrow below the expression; the last one says what is wrong.
            let text = error.to_string();
            let last = text.lines().last().unwrap_or(&text);
            last.trim_start_matches("error: ").to_owned()
        })
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}

/// A test of a text.
#[derive(Debug, Clone)]
pub enum TextMatcher {
    /// It is this one.
    Exact(Vec<u8>),
    /// It matches.
    Pattern(Pattern),
}

impl TextMatcher {
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

/// A test of an attribute's value.
#[derive(Debug, Clone)]
pub enum ValueMatcher {
    /// Any value will do: the attribute is there.
    Any,
    /// The value, as an encoded `AnyValue`; type and content are compared.
    Exact(Vec<u8>),
    /// The value as text matches: strings, and numbers and booleans as they are written.
    Pattern(Pattern),
}

/// A test of an attribute.
#[derive(Debug, Clone)]
pub struct AttributeMatcher {
    /// Its key.
    pub key: Vec<u8>,
    /// What its value has to be.
    pub value: ValueMatcher,
}

impl AttributeMatcher {
    /// Whether the attributes in the fields number `field` of a message have what is asked for.
    pub(super) fn matches(&self, message: &[u8], field: u32) -> Result<bool, Malformed> {
        let Some(value) = attribute(message, field, &self.key)? else {
            return Ok(false);
        };
        Ok(match &self.value {
            ValueMatcher::Any => true,
            ValueMatcher::Exact(exact) => AnyValue::parse(value)? == AnyValue::parse(exact)?,
            ValueMatcher::Pattern(pattern) => AnyValue::parse(value)?
                .text()
                .is_some_and(|text| pattern.is_match(&text)),
        })
    }
}
