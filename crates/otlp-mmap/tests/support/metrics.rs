//! Metrics as an SDK writes them, and the points that come out.

use std::path::Path;
use std::sync::Arc;

use otlp_mmap::cells::{CellHandle, CellReader, Exponential, Histogram, Instrument, Kind, Parts, Point};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::otlp::{Signal, json};
use otlp_mmap::receiver::{MetricStream, Temporality};
use otlp_mmap::wire;
use otlp_mmap::writer::{CommitStatus, Writer};
use serde_json::Value;

/// An encoded scope of that name.
pub fn scope(name: &str) -> Vec<u8> {
    let mut scope = Vec::new();
    wire::put_bytes(&mut scope, 1, name.as_bytes());
    scope
}

pub fn instrument(name: &str, kind: Kind) -> Instrument {
    Instrument {
        scope: scope("tests"),
        schema_url: String::new(),
        name: name.to_owned(),
        description: String::new(),
        unit: "1".to_owned(),
        kind,
        integer: false,
    }
}

pub fn counter(name: &str) -> Instrument {
    instrument(name, Kind::Sum { monotonic: true })
}

pub fn histogram(name: &str, bounds: &[f64]) -> Instrument {
    let kind = Kind::Histogram {
        bounds: bounds.to_vec(),
        parts: Parts::default(),
    };
    instrument(name, kind)
}

pub fn exponential(name: &str, max_size: u32) -> Instrument {
    let kind = Kind::Exponential {
        max_size,
        max_scale: 20,
        parts: Parts::default(),
    };
    instrument(name, kind)
}

/// The metric stream `delta`, on its own.
pub fn deltas() -> Vec<MetricStream> {
    vec![MetricStream {
        name: "delta".to_owned(),
        temporality: Temporality::Delta,
        follows_app: false,
        groups: None,
    }]
}

/// The attribute set `{key: "value"}`.
pub fn attributes(value: &str) -> Vec<u8> {
    let (mut any, mut attribute, mut out) = (Vec::new(), Vec::new(), Vec::new());
    wire::put_bytes(&mut any, 1, value.as_bytes());
    wire::put_bytes(&mut attribute, 1, b"key");
    wire::put_bytes(&mut attribute, 2, &any);
    wire::put_bytes(&mut out, 1, &attribute);
    out
}

/// One thread's measurements.
pub struct Meter {
    pub handle: CellHandle,
}

impl Meter {
    pub fn new(writer: &Arc<Writer>) -> Self {
        Self {
            handle: writer.cell_handle(),
        }
    }

    pub fn define(&self, instrument: Instrument) -> u32 {
        self.handle.writer().define_instrument(instrument, 2000).unwrap()
    }

    pub fn cell(&mut self, instrument: u32, value: &str) -> u32 {
        self.handle.cell(instrument, &attributes(value)).unwrap().cell
    }

    /// A measurement with the attributes `{key: of}`.
    pub fn record(&mut self, instrument: u32, of: &str, value: f64) {
        let cell = self.cell(instrument, of);
        assert_eq!(self.handle.record(instrument, cell, value), CommitStatus::Published);
    }
}

/// A point that came out: instrument, value of `key`, point.
#[derive(Debug, Clone, PartialEq)]
pub struct Out {
    pub name: String,
    pub key: String,
    pub point: Read,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    Number(f64),
    Histogram(Histogram),
    Exponential(Exponential),
}

/// What a walk over the file's cells finds.
pub fn read(path: &Path) -> Vec<Out> {
    let file = FileView::open(path, Access::Read).unwrap();
    let Some(mut cells) = CellReader::open(&file).unwrap() else {
        return Vec::new();
    };
    cells.begin(&file);
    let out = walk(&mut cells);
    assert_eq!(cells.skipped(), 0);
    out
}

pub fn walk(cells: &mut CellReader) -> Vec<Out> {
    let mut out = Vec::new();
    while cells.advance() {
        let series = cells.series();
        out.push(Out {
            name: cells.instrument().name.clone(),
            key: key_of(&series.attributes),
            point: match series.point {
                Point::Number(value) => Read::Number(value),
                Point::Histogram => Read::Histogram(series.histogram.clone()),
                Point::Exponential => Read::Exponential(series.exponential.clone()),
            },
        });
    }
    out
}

/// The text behind `key`, or all of it.
pub fn key_of(attributes: &[u8]) -> String {
    String::from_utf8_lossy(attributes.get(11..).unwrap_or_default()).into_owned()
}

/// The data points of a piece or request: name of the metric, and the point as OTLP JSON.
pub fn points_of(request: &[u8]) -> Vec<(String, Value)> {
    let text = json::request_to_json(Signal::Metrics, request).unwrap();
    points_of_json(&text)
}

pub fn points_of_json(text: &str) -> Vec<(String, Value)> {
    let request: Value = serde_json::from_str(text).unwrap();
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    list(&request, "resourceMetrics")
        .iter()
        .flat_map(|resource| list(resource, "scopeMetrics"))
        .flat_map(|scope| list(&scope, "metrics"))
        .flat_map(|metric| {
            let data = ["sum", "gauge", "histogram", "exponentialHistogram"]
                .iter()
                .find_map(|kind| metric.get(kind))
                .cloned()
                .unwrap_or_default();
            let name = metric["name"].as_str().unwrap_or_default().to_owned();
            list(&data, "dataPoints")
                .into_iter()
                .map(move |point| (name.clone(), point))
        })
        .collect()
}

/// Each test program uses a part of these.
const _: () = {
    let _ = counter;
    let _ = deltas;
    let _ = histogram;
    let _ = exponential;
    let _ = read;
    let _ = points_of;
    let _ = Meter::record;
    let _ = Meter::define;
    let _ = walk;
    let _ = points_of_json;
};
