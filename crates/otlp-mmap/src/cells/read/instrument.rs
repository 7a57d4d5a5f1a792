//! An instrument as a reader finds it: copied and checked once.

use crate::cells::instrument::{MOST_BUCKETS, checksum, stride};
use crate::cells::read::attributes;
use crate::file::Mapping;
use crate::layout::{cells, instrument};
use crate::wire::{self, Fields, Malformed, Value};

/// Longest body of an instrument that is copied.
const LONGEST_BODY: u32 = 1 << 20;

/// What a reader knows of an instrument. All texts are UTF-8.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstrumentView {
    /// `CELLS_KIND_*`.
    pub kind: u32,
    /// Bits `CELLS_MONOTONIC`, `CELLS_INTEGER`, ….
    pub flags: u32,
    /// The fields of an OTLP `InstrumentationScope` message.
    pub scope: Vec<u8>,
    /// Schema URL of the scope; empty if there is none.
    pub schema_url: String,
    /// Its name.
    pub name: String,
    /// Its description; empty if there is none.
    pub description: String,
    /// Its unit; empty if there is none.
    pub unit: String,
    /// Upper bounds of an explicit histogram.
    pub bounds: Vec<f64>,
    /// Most buckets of an exponential histogram, for each sign.
    pub max_size: u32,
    /// Bytes from one cell to the next.
    pub(crate) stride: u32,
    /// Where it stands, as file offset / 64.
    pub(crate) unit_offset: u32,
    /// Where it ends.
    pub(crate) end: u64,
}

impl InstrumentView {
    /// A sum that never falls.
    #[must_use]
    pub fn is_monotonic(&self) -> bool {
        self.flags & cells::MONOTONIC != 0
    }

    /// Values are whole numbers.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.flags & cells::INTEGER != 0
    }

    /// Histograms: points have min and max.
    #[must_use]
    pub fn has_min_max(&self) -> bool {
        self.flags & cells::NO_MIN_MAX == 0
    }

    /// Histograms: points have a sum.
    #[must_use]
    pub fn has_sum(&self) -> bool {
        self.flags & cells::NO_SUM == 0
    }

    /// Copies the instrument at `offset`. `Ok(None)`: it cannot be right, but what follows it may be. `Err`: nothing can.
    pub(super) fn read(mapping: &Mapping, offset: u64) -> Result<Option<Self>, Malformed> {
        let word = |at: usize| mapping.load_u32(offset + at as u64).ok_or(Malformed);
        let length = word(instrument::BODY_LENGTH)?;
        if length > LONGEST_BODY {
            return Err(Malformed);
        }
        let mut encoded = Vec::new();
        if !mapping.append_to(offset, instrument::BODY + length as usize, &mut encoded) {
            return Err(Malformed);
        }
        let mut view = Self {
            kind: word(instrument::KIND)?,
            flags: word(instrument::FLAGS)?,
            stride: word(instrument::STRIDE)?,
            unit_offset: (offset / 64) as u32,
            end: offset + encoded.len() as u64,
            ..Self::default()
        };
        let buckets = word(instrument::BUCKETS)?;
        let checked = checksum(&encoded) == word(instrument::CHECKSUM)?
            && (cells::KIND_SUM..=cells::KIND_EXPONENTIAL).contains(&view.kind)
            && buckets <= MOST_BUCKETS
            && view.stride == stride(view.kind, buckets)
            && view.take_body(&encoded[instrument::BODY..]).is_ok();
        let fits = match view.kind {
            cells::KIND_HISTOGRAM => view.bounds.len() == buckets as usize,
            cells::KIND_EXPONENTIAL => {
                view.max_size = buckets;
                buckets >= 2
            }
            _ => true,
        };
        Ok((checked && fits).then_some(view))
    }

    fn take_body(&mut self, body: &[u8]) -> Result<(), Malformed> {
        for field in Fields::new(body) {
            match field? {
                (cells::BODY_SCOPE, Value::Bytes(scope)) => {
                    attributes::check_scope(scope)?;
                    self.scope = scope.to_vec();
                }
                (cells::BODY_SCHEMA_URL, Value::Bytes(bytes)) => self.schema_url = text(bytes)?,
                (cells::BODY_NAME, Value::Bytes(bytes)) => self.name = text(bytes)?,
                (cells::BODY_DESCRIPTION, Value::Bytes(bytes)) => self.description = text(bytes)?,
                (cells::BODY_UNIT, Value::Bytes(bytes)) => self.unit = text(bytes)?,
                (cells::BODY_BOUNDS, Value::Bytes(bytes)) => {
                    let (bounds, rest) = bytes.as_chunks::<8>();
                    if !rest.is_empty() {
                        return Err(Malformed);
                    }
                    self.bounds = bounds.iter().map(|bound| f64::from_le_bytes(*bound)).collect();
                }
                _ => return Err(Malformed),
            }
        }
        let rising = self.bounds.windows(2).all(|pair| pair[0] < pair[1]);
        let numbers = self.bounds.iter().all(|bound| !bound.is_nan());
        if rising && numbers { Ok(()) } else { Err(Malformed) }
    }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| wire::Malformed)
}
