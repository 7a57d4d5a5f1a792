//! What an instrument is, in the process and in the file.

use crate::layout::{cell, cells, histogram, instrument};
use crate::wire;

/// How measurements become a point.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Values are added up.
    Sum {
        /// It never falls.
        monotonic: bool,
    },
    /// The newest value counts.
    Gauge,
    /// A callback tells the absolute value of a sum.
    ObservedSum {
        /// It never falls.
        monotonic: bool,
    },
    /// A callback tells the newest value.
    ObservedGauge,
    /// A histogram with explicit bounds.
    Histogram {
        /// Upper bounds, inclusive and rising; one bucket more than bounds.
        bounds: Vec<f64>,
        /// Which parts a point has besides count and buckets.
        parts: Parts,
    },
    /// A base-2 exponential histogram.
    Exponential {
        /// Most buckets, for each sign; at least 2.
        max_size: u32,
        /// The scale that it starts with.
        max_scale: i32,
        /// Which parts a point has besides count and buckets.
        parts: Parts,
    },
}

/// Parts of a histogram that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Least and greatest value.
    pub min_max: bool,
    /// The sum: instruments that take negative values have none.
    pub sum: bool,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            min_max: true,
            sum: true,
        }
    }
}

/// Most buckets of a histogram, of either form.
pub const MOST_BUCKETS: u32 = 16_384;

/// Everything that makes an instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// An encoded OTLP `InstrumentationScope`.
    pub scope: Vec<u8>,
    /// Schema URL of the scope; empty if there is none.
    pub schema_url: String,
    /// Its name.
    pub name: String,
    /// Its description, or nothing.
    pub description: String,
    /// Its unit (UCUM), or nothing.
    pub unit: String,
    /// How measurements become a point.
    pub kind: Kind,
    /// Values are whole numbers and exported as such.
    pub integer: bool,
}

impl Instrument {
    /// Number of the kind in the file (`CELLS_KIND_*`).
    #[must_use]
    pub fn kind_number(&self) -> u32 {
        match self.kind {
            Kind::Sum { .. } => cells::KIND_SUM,
            Kind::Gauge => cells::KIND_GAUGE,
            Kind::ObservedSum { .. } => cells::KIND_OBSERVED_SUM,
            Kind::ObservedGauge => cells::KIND_OBSERVED_GAUGE,
            Kind::Histogram { .. } => cells::KIND_HISTOGRAM,
            Kind::Exponential { .. } => cells::KIND_EXPONENTIAL,
        }
    }

    /// A callback tells its values.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        matches!(self.kind, Kind::ObservedSum { .. } | Kind::ObservedGauge)
    }

    /// Checks that the file can hold it.
    ///
    /// # Errors
    /// A sentence that names the part and the rule.
    pub fn check(&self) -> Result<(), String> {
        match &self.kind {
            Kind::Histogram { bounds, .. } => {
                if bounds.len() as u32 >= MOST_BUCKETS {
                    return Err(format!(
                        "{}: {} bounds; a histogram has less than {MOST_BUCKETS}",
                        self.name,
                        bounds.len()
                    ));
                }
                let rising = bounds.windows(2).all(|pair| pair[0] < pair[1]);
                if !rising || bounds.iter().any(|bound| bound.is_nan()) {
                    return Err(format!("{}: the bounds of a histogram must rise", self.name));
                }
            }
            Kind::Exponential { max_size, .. } if !(2..=MOST_BUCKETS).contains(max_size) => {
                return Err(format!(
                    "{}: {max_size} buckets; an exponential histogram has 2 to {MOST_BUCKETS}",
                    self.name
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn flags(&self) -> u32 {
        let (monotonic, parts) = match &self.kind {
            Kind::Sum { monotonic } | Kind::ObservedSum { monotonic } => (*monotonic, Parts::default()),
            Kind::Histogram { parts, .. } | Kind::Exponential { parts, .. } => (false, *parts),
            Kind::Gauge | Kind::ObservedGauge => (false, Parts::default()),
        };
        [
            (monotonic, cells::MONOTONIC),
            (self.integer, cells::INTEGER),
            (!parts.min_max, cells::NO_MIN_MAX),
            (!parts.sum, cells::NO_SUM),
        ]
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, bit)| bit)
        .sum()
    }

    /// Bounds, or most buckets of one sign.
    fn buckets(&self) -> u32 {
        match &self.kind {
            Kind::Histogram { bounds, .. } => bounds.len() as u32,
            Kind::Exponential { max_size, .. } => *max_size,
            _ => 0,
        }
    }

    /// Bytes from one cell to the next.
    #[must_use]
    pub fn stride(&self) -> u32 {
        stride(self.kind_number(), self.buckets())
    }

    /// As it stands in the file: head and body. What makes two instruments the same is that these are equal.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; instrument::BODY];
        wire::put_bytes(&mut out, cells::BODY_SCOPE, &self.scope);
        let texts = [
            (cells::BODY_SCHEMA_URL, &self.schema_url),
            (cells::BODY_NAME, &self.name),
            (cells::BODY_DESCRIPTION, &self.description),
            (cells::BODY_UNIT, &self.unit),
        ];
        for (field, text) in texts {
            if !text.is_empty() {
                wire::put_bytes(&mut out, field, text.as_bytes());
            }
        }
        if let Kind::Histogram { bounds, .. } = &self.kind {
            wire::put_len(&mut out, cells::BODY_BOUNDS, bounds.len() * 8);
            for bound in bounds {
                out.extend_from_slice(&bound.to_le_bytes());
            }
        }
        let max_scale = match self.kind {
            Kind::Exponential { max_scale, .. } => max_scale,
            _ => 0,
        };
        let words = [
            (instrument::KIND, self.kind_number()),
            (instrument::FLAGS, self.flags()),
            (instrument::STRIDE, self.stride()),
            (instrument::BUCKETS, self.buckets()),
            (instrument::MAX_SCALE, max_scale as u32),
            (instrument::BODY_LENGTH, (out.len() - instrument::BODY) as u32),
        ];
        for (offset, word) in words {
            out[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
        }
        let checksum = checksum(&out);
        out[instrument::CHECKSUM..instrument::CHECKSUM + 4].copy_from_slice(&checksum.to_le_bytes());
        out
    }
}

/// Of the constant part of an encoded instrument.
pub(super) fn checksum(encoded: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&encoded[instrument::KIND..instrument::CHECKSUM]);
    hasher.update(&encoded[instrument::BODY..]);
    hasher.finalize()
}

/// Bucket words behind the head of a cell.
pub(super) fn bucket_words(kind: u32, buckets: u32) -> u32 {
    match kind {
        cells::KIND_HISTOGRAM => buckets.saturating_add(1),
        // two halves, of which one is in force; those of negative values are elsewhere
        cells::KIND_EXPONENTIAL => buckets.saturating_mul(2),
        _ => 0,
    }
}

/// Bytes from one cell to the next.
pub(super) fn stride(kind: u32, buckets: u32) -> u32 {
    match bucket_words(kind, buckets) {
        0 if kind == cells::KIND_SUM => cell::SUM_LENGTH as u32,
        0 => cell::LENGTH as u32,
        words => (histogram::WORDS as u32)
            .saturating_add(words.saturating_mul(8))
            .next_multiple_of(64),
    }
}
