//! What metrics are collected for, as the collector's configuration says it.

use std::sync::Arc;

use napi::{Error, Result};
use napi_derive::napi;
use otlp_mmap::cells::{GaugeFunction, GroupRule, GroupRules};
use otlp_mmap::receiver::{MetricStream, Temporality};

use crate::processor::{JsTextTest, text_test, text_tests};

/// See `MetricStream` of `ts/native/binding/metric-stream.ts`.
#[napi(object)]
pub struct JsMetricStream {
    pub name: String,
    pub temporality: Option<String>,
    pub groups: Option<JsGroupRules>,
}

/// See `GroupRules` of `ts/native/binding/metric-stream.ts`.
#[napi(object)]
pub struct JsGroupRules {
    pub attribute: String,
    pub group_attribute: String,
    pub rules: Vec<JsGroupRule>,
    pub default_group: Option<String>,
    pub detail: Vec<String>,
    pub all_metrics: Vec<String>,
    pub essential_metrics: Option<Vec<JsTextTest>>,
    pub gauges: String,
}

/// See `GroupRules` of `ts/native/binding/metric-stream.ts`.
#[napi(object)]
pub struct JsGroupRule {
    pub values: JsTextTest,
    pub group: String,
}

/// The streams that are meant.
///
/// # Errors
/// An expression that is none, a word that is not known.
pub fn streams(streams: Vec<JsMetricStream>) -> Result<Vec<MetricStream>> {
    let stream = |stream: JsMetricStream| {
        let temporality = match &stream.temporality {
            None => Temporality::default(),
            Some(name) => {
                Temporality::from_name(name).ok_or_else(|| Error::from_reason(format!("unknown temporality {name}")))?
            }
        };
        Ok(MetricStream {
            name: stream.name,
            temporality,
            follows_app: stream.temporality.is_none(),
            groups: stream.groups.map(rules).transpose()?.map(Arc::new),
        })
    };
    streams.into_iter().map(stream).collect()
}

fn rules(rules: JsGroupRules) -> Result<GroupRules> {
    let rule = |rule: JsGroupRule| {
        Ok(GroupRule {
            values: text_test(rule.values)?,
            group: rule.group,
        })
    };
    Ok(GroupRules {
        attribute: rules.attribute,
        group_attribute: rules.group_attribute,
        rules: rules.rules.into_iter().map(rule).collect::<Result<_>>()?,
        default_group: rules.default_group,
        detail: rules.detail,
        all_metrics: rules.all_metrics,
        essential_metrics: rules.essential_metrics.map(text_tests).transpose()?,
        gauges: match rules.gauges.as_str() {
            "last" => GaugeFunction::Last,
            "sum" => GaugeFunction::Sum,
            "min" => GaugeFunction::Min,
            "max" => GaugeFunction::Max,
            "mean" => GaugeFunction::Mean,
            other => return Err(Error::from_reason(format!("unknown function {other} for gauges"))),
        },
    })
}
