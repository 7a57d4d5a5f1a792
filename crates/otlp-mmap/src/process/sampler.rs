//! A part of all traces, the same one wherever the same settings are used.

use super::any_value::{AnyValue, attribute};
use super::rewrite::{Item, Verdict, Visitor};
use crate::otlp::Signal;
use crate::otlp::proto::{any_value, log_record, span};
use crate::wire::{Fields, Malformed};

/// Traces fall into this many buckets by their hash.
const BUCKETS: u32 = 1 << 14;
/// The span attribute by which an app asks for or against sampling.
const PRIORITY: &[u8] = b"sampling.priority";

/// What a log record is sampled by.
#[derive(Debug, Clone, Default)]
pub enum Randomness {
    /// Its trace id.
    #[default]
    TraceId,
    /// An attribute of this key, with text or bytes.
    Attribute(Vec<u8>),
}

/// Keeps the items whose hash falls below a share of all hashes: that of the OpenTelemetry Collector's
/// `probabilistic_sampler` in its `hash_seed` mode, so that collectors with the same seed decide alike.
#[derive(Debug, Clone)]
pub struct Sampler {
    kept_buckets: u32,
    seed: u32,
    keep_without: bool,
    randomness: Randomness,
    priority: Option<Vec<u8>>,
}

impl Sampler {
    /// Keeps `percentage` of 100 (0 to 100). `keep_without`: also items that have nothing to be sampled by, as a log record
    /// without trace. `priority`: key of a log record's attribute whose number is a percentage of its own.
    #[must_use]
    pub fn new(
        percentage: f32,
        seed: u32,
        keep_without: bool,
        randomness: Randomness,
        priority: Option<Vec<u8>>,
    ) -> Self {
        Self {
            kept_buckets: buckets(percentage),
            seed,
            keep_without,
            randomness,
            priority,
        }
    }

    /// FNV-1a, of the seed's little-endian bytes and then the others.
    fn bucket(&self, bytes: &[u8]) -> u32 {
        let seed = self.seed.to_le_bytes();
        let hash = seed.iter().chain(bytes).fold(0x811c_9dc5_u32, |hash, &byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        hash & (BUCKETS - 1)
    }

    /// The priority of an item: a number of 0 or above.
    fn priority(&self, item: &Item<'_>) -> Result<Option<f64>, Malformed> {
        let key = match item.signal {
            Signal::Traces => PRIORITY,
            _ => match &self.priority {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        let Some(value) = attribute(item.body, item.attributes, key)? else {
            return Ok(None);
        };
        let number = match AnyValue::parse(value)? {
            AnyValue::Int(number) => Some(number as f64),
            AnyValue::Double(number) => Some(number),
            AnyValue::String(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
            _ => None,
        };
        Ok(number.filter(|&number| number >= 0.0))
    }

    fn keeps(&self, item: &Item<'_>) -> Result<bool, Malformed> {
        let mut kept_buckets = self.kept_buckets;
        match (item.signal, self.priority(item)?) {
            (Signal::Traces, Some(priority)) => return Ok(priority > 0.0),
            (_, Some(percentage)) => kept_buckets = buckets(percentage as f32),
            (_, None) => {}
        }
        Ok(match self.random_bytes(item)? {
            Some(bytes) => self.bucket(bytes) < kept_buckets,
            None => self.keep_without,
        })
    }

    fn random_bytes<'a>(&self, item: &Item<'a>) -> Result<Option<&'a [u8]>, Malformed> {
        if let (Signal::Logs, Randomness::Attribute(key)) = (item.signal, &self.randomness) {
            let value = attribute(item.body, item.attributes, key)?.unwrap_or_default();
            return Ok(Fields::new(value).last().transpose()?.and_then(|(number, value)| {
                let is_text = number == any_value::STRING || number == any_value::BYTES;
                value.bytes().ok().filter(|bytes| is_text && !bytes.is_empty())
            }));
        }
        let number = if item.signal == Signal::Logs {
            log_record::TRACE_ID
        } else {
            span::TRACE_ID
        };
        let mut found = None;
        for field in Fields::new(item.body) {
            let (field, value) = field?;
            if field == number {
                found = Some(value.bytes()?);
                if item.signal == Signal::Traces {
                    break;
                }
            }
        }
        Ok(found.filter(|id| id.iter().any(|&byte| byte != 0)))
    }
}

/// Buckets that make a percentage, computed as the OpenTelemetry Collector computes it.
fn buckets(percentage: f32) -> u32 {
    (percentage.clamp(0.0, 100.0) * (BUCKETS as f32 / 100.0)) as u32
}

impl Visitor for &Sampler {
    fn item(&mut self, item: &Item<'_>, _out: &mut Vec<u8>) -> Result<Verdict, Malformed> {
        Ok(if self.keeps(item)? {
            Verdict::Keep
        } else {
            Verdict::Drop
        })
    }
}
