//! Which items something is about.

use super::any_value::{AnyValue, attribute};
use super::matcher::{AttributeMatcher, TextMatcher};
use super::rewrite::Item;
use crate::otlp::Signal;
use crate::otlp::proto::{log_record, resource, scope, span};
use crate::wire::{Fields, Malformed};

/// Number of `Metric.name`.
const METRIC_NAME: u32 = 1;

/// What an item has to be. All that is given must hold; of a list of texts, one; of a list of attributes, all. What is empty is
/// not asked for.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// `service.name` of the resource.
    pub services: Vec<TextMatcher>,
    /// Attributes of the resource.
    pub resource_attributes: Vec<AttributeMatcher>,
    /// Names of the scope.
    pub scope_names: Vec<TextMatcher>,
    /// Names of the span or the metric.
    pub names: Vec<TextMatcher>,
    /// Kinds of the span, as OTLP numbers them.
    pub span_kinds: Vec<u8>,
    /// Attributes of the span, log record or data point.
    pub attributes: Vec<AttributeMatcher>,
    /// Texts of the severity.
    pub severity_texts: Vec<TextMatcher>,
    /// The least severity number; with it, whether a record without severity will do.
    pub severity_number: Option<(u8, bool)>,
    /// Texts of the body.
    pub bodies: Vec<TextMatcher>,
}

impl Condition {
    fn resource(&self, message: &[u8]) -> Result<bool, Malformed> {
        if !self.services.is_empty() {
            let name = attribute(message, resource::ATTRIBUTES, b"service.name")?;
            if !matches_text(&self.services, name)? {
                return Ok(false);
            }
        }
        all(&self.resource_attributes, message, resource::ATTRIBUTES)
    }

    fn scope(&self, message: &[u8]) -> Result<bool, Malformed> {
        any(&self.scope_names, message, scope::NAME)
    }

    fn metric(&self, message: &[u8]) -> Result<bool, Malformed> {
        any(&self.names, message, METRIC_NAME)
    }

    fn item(&self, item: &Item<'_>) -> Result<bool, Malformed> {
        let body = item.body;
        let own = match item.signal {
            Signal::Traces => any(&self.names, body, span::NAME)? && self.span_kind(body)?,
            Signal::Logs => self.log_record(body)?,
            Signal::Metrics => true,
        };
        Ok(own && all(&self.attributes, body, item.attributes)?)
    }

    fn span_kind(&self, message: &[u8]) -> Result<bool, Malformed> {
        if self.span_kinds.is_empty() {
            return Ok(true);
        }
        let kind = number(message, span::KIND)?;
        Ok(self.span_kinds.iter().any(|&wanted| u64::from(wanted) == kind))
    }

    fn log_record(&self, message: &[u8]) -> Result<bool, Malformed> {
        if let Some((least, undefined)) = self.severity_number {
            let severity = number(message, log_record::SEVERITY_NUMBER)?;
            if !(if severity == 0 {
                undefined
            } else {
                severity >= u64::from(least)
            }) {
                return Ok(false);
            }
        }
        if !self.bodies.is_empty() && !matches_text(&self.bodies, bytes(message, log_record::BODY)?)? {
            return Ok(false);
        }
        any(&self.severity_texts, message, log_record::SEVERITY_TEXT)
    }
}

/// The last field `number` of a message, as bytes.
fn bytes(message: &[u8], number: u32) -> Result<Option<&[u8]>, Malformed> {
    let mut found = None;
    for field in Fields::new(message) {
        if let (field, value) = field?
            && field == number
        {
            found = Some(value.bytes()?);
        }
    }
    Ok(found)
}

/// The last field `number` of a message, as a number; 0 where there is none.
fn number(message: &[u8], number: u32) -> Result<u64, Malformed> {
    let mut found = 0;
    for field in Fields::new(message) {
        if let (field, value) = field?
            && field == number
        {
            found = value.varint()?;
        }
    }
    Ok(found)
}

/// One of the tests fits the text in a field, or there are no tests.
fn any(tests: &[TextMatcher], message: &[u8], field: u32) -> Result<bool, Malformed> {
    if tests.is_empty() {
        return Ok(true);
    }
    let text = bytes(message, field)?.unwrap_or_default();
    Ok(tests.iter().any(|test| test.matches(text)))
}

/// One of the tests fits the text of an `AnyValue`.
fn matches_text(tests: &[TextMatcher], value: Option<&[u8]>) -> Result<bool, Malformed> {
    let Some(value) = value else { return Ok(false) };
    let text = AnyValue::parse(value)?.text();
    Ok(text.is_some_and(|text| tests.iter().any(|test| test.matches(&text))))
}

fn all(tests: &[AttributeMatcher], message: &[u8], field: u32) -> Result<bool, Malformed> {
    for test in tests {
        if !test.matches(message, field)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Items that one condition is about, less those that another is about. Without the first: all.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// What is selected.
    pub include: Option<Condition>,
    /// What of it is not.
    pub exclude: Option<Condition>,
}

impl Selector {
    pub(super) fn selects_everything(&self) -> bool {
        self.include.is_none() && self.exclude.is_none()
    }
}

/// A selector on its way through a request.
pub(super) struct Selection<'a> {
    include: Option<Tracked<'a>>,
    exclude: Option<Tracked<'a>>,
}

impl<'a> Selection<'a> {
    pub(super) fn of(selector: &'a Selector) -> Self {
        Self {
            include: selector.include.as_ref().map(Tracked::new),
            exclude: selector.exclude.as_ref().map(Tracked::new),
        }
    }

    fn both(&mut self) -> impl Iterator<Item = &mut Tracked<'a>> {
        self.include.iter_mut().chain(&mut self.exclude)
    }

    pub(super) fn resource(&mut self, resource: &[u8]) -> Result<(), Malformed> {
        self.both()
            .try_for_each(|tracked| tracked.condition.resource(resource).map(|fits| tracked.resource = fits))
    }

    pub(super) fn scope(&mut self, scope: &[u8]) -> Result<(), Malformed> {
        self.both()
            .try_for_each(|tracked| tracked.condition.scope(scope).map(|fits| tracked.scope = fits))
    }

    pub(super) fn metric(&mut self, metric: &[u8]) -> Result<(), Malformed> {
        self.both()
            .try_for_each(|tracked| tracked.condition.metric(metric).map(|fits| tracked.metric = fits))
    }

    pub(super) fn selects(&self, item: &Item<'_>) -> Result<bool, Malformed> {
        let included = self.include.as_ref().map_or(Ok(true), |tracked| tracked.fits(item))?;
        Ok(included && !self.exclude.as_ref().map_or(Ok(false), |tracked| tracked.fits(item))?)
    }
}

/// A condition, and whether what the next items belong to fits it.
struct Tracked<'a> {
    condition: &'a Condition,
    resource: bool,
    scope: bool,
    metric: bool,
}

impl<'a> Tracked<'a> {
    fn new(condition: &'a Condition) -> Self {
        Self {
            condition,
            resource: true,
            scope: true,
            metric: true,
        }
    }

    fn fits(&self, item: &Item<'_>) -> Result<bool, Malformed> {
        Ok(self.resource && self.scope && self.metric && self.condition.item(item)?)
    }
}
