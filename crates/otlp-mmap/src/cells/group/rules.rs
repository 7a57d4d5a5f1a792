//! Which group a series belongs to, and what becomes of it there.

use crate::cells::InstrumentView;
use crate::layout::cells;
use crate::process::TextMatcher;
use crate::wire::{self, Fields, Value};

/// How gauges are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GaugeFunction {
    /// The value that was set last.
    #[default]
    Last,
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Their arithmetic mean.
    Mean,
}

/// Values of the fine attribute that belong to a group.
#[derive(Debug, Clone)]
pub struct GroupRule {
    /// What the value has to be.
    pub values: TextMatcher,
    /// The group's name.
    pub group: String,
}

/// How the series of a stream are merged. A series without the fine attribute is left as it is.
#[derive(Debug, Clone)]
pub struct GroupRules {
    /// Key of the fine attribute. Values that are no text match no rule.
    pub attribute: String,
    /// Key of the attribute that names the group.
    pub group_attribute: String,
    /// The first that matches says which group.
    pub rules: Vec<GroupRule>,
    /// The group of all other values; None leaves them as they are.
    pub default_group: Option<String>,
    /// Groups whose series are not merged: they keep the fine attribute and get the group's name beside it.
    pub detail: Vec<String>,
    /// Groups of which all metrics are exported, beside those of `detail`.
    pub all_metrics: Vec<String>,
    /// The metrics of all other groups that are exported; None for all.
    pub essential_metrics: Option<Vec<TextMatcher>>,
    /// How gauges are merged.
    pub gauges: GaugeFunction,
}

impl PartialEq for GroupRules {
    /// Rules that look alike do the same.
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl Eq for GroupRules {}

pub(super) enum Place {
    Untouched,
    /// With the attributes in `out`.
    Detail,
    Dropped,
    /// Under the attributes in `out`.
    Merged,
}

impl GroupRules {
    /// Where a series goes. `attributes`: OTLP `KeyValue` fields of number 1, checked.
    pub(super) fn place(&self, metric: &str, attributes: &[u8], out: &mut Vec<u8>) -> Place {
        out.clear();
        let mut place = Place::Untouched;
        for field in Fields::new(attributes).map_while(Result::ok) {
            let (1, Value::Bytes(attribute)) = field else { continue };
            match self.group_of(attribute) {
                Some(group) => {
                    let detail = self.detail.iter().any(|name| name == group);
                    if !detail && !self.exports(metric, group) {
                        return Place::Dropped;
                    }
                    place = if detail { Place::Detail } else { Place::Merged };
                    if detail {
                        wire::put_bytes(out, 1, attribute);
                    }
                    put_text(out, &self.group_attribute, group);
                }
                None => wire::put_bytes(out, 1, attribute),
            }
        }
        place
    }

    /// The group that an attribute names, if it is the fine one.
    fn group_of(&self, attribute: &[u8]) -> Option<&str> {
        let (mut is_fine, mut text) = (false, None);
        for field in Fields::new(attribute).map_while(Result::ok) {
            match field {
                (1, Value::Bytes(key)) => is_fine = key == self.attribute.as_bytes(),
                (2, Value::Bytes(value)) if is_fine => {
                    text = Fields::new(value).map_while(Result::ok).find_map(|field| match field {
                        (1, Value::Bytes(text)) => Some(text),
                        _ => None,
                    });
                }
                _ => {}
            }
        }
        if !is_fine {
            return None;
        }
        let matches = |rule: &&GroupRule| text.is_some_and(|text| rule.values.matches(text));
        let rule = self.rules.iter().find(matches);
        rule.map(|rule| rule.group.as_str()).or(self.default_group.as_deref())
    }

    fn exports(&self, metric: &str, group: &str) -> bool {
        let Some(essential) = &self.essential_metrics else {
            return true;
        };
        self.all_metrics.iter().any(|name| name == group)
            || essential.iter().any(|name| name.matches(metric.as_bytes()))
    }
}

/// What is merged by what was gained: values that only grow while a series lives.
pub(crate) fn merges_gains(instrument: &InstrumentView) -> bool {
    match instrument.kind {
        cells::KIND_SUM | cells::KIND_OBSERVED_SUM => instrument.is_monotonic(),
        cells::KIND_HISTOGRAM | cells::KIND_EXPONENTIAL => true,
        _ => false,
    }
}

/// The attributes of the series that takes what is beyond the bound.
pub(super) fn overflow(out: &mut Vec<u8>) {
    out.clear();
    let mut attribute = Vec::new();
    wire::put_bytes(&mut attribute, 1, b"otel.metric.overflow");
    wire::put_len(&mut attribute, 2, 2);
    wire::put_uint(&mut attribute, 2, 1);
    wire::put_bytes(out, 1, &attribute);
}

fn put_text(out: &mut Vec<u8>, key: &str, text: &str) {
    let (mut value, mut attribute) = (Vec::new(), Vec::new());
    wire::put_bytes(&mut value, 1, text.as_bytes());
    wire::put_bytes(&mut attribute, 1, key.as_bytes());
    wire::put_bytes(&mut attribute, 2, &value);
    wire::put_bytes(out, 1, &attribute);
}
