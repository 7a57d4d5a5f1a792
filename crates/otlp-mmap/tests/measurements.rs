//! Measurements of SDKs that aggregate nothing: a file of the public Python SDK, read field by field against what was measured.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use otlp_mmap::dump::dump;
use otlp_mmap::otlp::Signal;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../__test__/fixtures")
        .join(name)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The metrics of a dump by name, with the name of their scope.
fn metrics(path: &Path) -> BTreeMap<String, (String, Value)> {
    dump(path, false, &[Signal::Metrics])
        .unwrap()
        .iter()
        .flat_map(|line| {
            let request: Value = serde_json::from_str(line).unwrap();
            let mut metrics = Vec::new();
            for resource in list(&request, "resourceMetrics") {
                for scope in list(resource, "scopeMetrics") {
                    let name = scope["scope"]["name"].as_str().unwrap_or_default();
                    for metric in list(scope, "metrics") {
                        let of = metric["name"].as_str().unwrap().to_owned();
                        metrics.push((of, (name.to_owned(), metric.clone())));
                    }
                }
            }
            metrics
        })
        .collect()
}

/// A point by what tells it apart: its attributes.
fn key_of(point: &Value) -> String {
    let mut attributes: Vec<String> = list(point, "attributes")
        .iter()
        .map(|attribute| {
            let value = attribute["value"].as_object().unwrap().values().next().unwrap();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}={text}", attribute["key"].as_str().unwrap())
        })
        .collect();
    attributes.sort();
    attributes.join(",")
}

fn key_of_intent(attributes: &Value) -> String {
    let mut pairs: Vec<String> = attributes
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{key}={text}")
        })
        .collect();
    pairs.sort();
    pairs.join(",")
}

fn number(point: &Value) -> f64 {
    point["asDouble"]
        .as_f64()
        .or_else(|| point["asInt"].as_str().and_then(|text| text.parse().ok()))
        .unwrap_or(f64::NAN)
}

#[test]
fn every_metric_of_the_public_sdk_comes_out_as_it_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b_metrics.mmap");
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(fixture("b_metrics.mmap.gz")).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    fs::write(&path, bytes).unwrap();
    let intent: Value = serde_json::from_str(&fs::read_to_string(fixture("b_metrics.intent.json")).unwrap()).unwrap();
    let found = metrics(&path);
    assert_eq!(found.len(), list(&intent, "metrics").len());
    for wanted in list(&intent, "metrics") {
        let name = wanted["name"].as_str().unwrap();
        let (scope, metric) = &found[name];
        assert_eq!(scope, wanted["scope"].as_str().unwrap_or("meter.one"), "{name}");
        assert_eq!(metric["unit"], wanted["unit"], "{name}");
        assert_eq!(metric["description"], wanted["description"], "{name}");
        let (kind, aggregation) = wanted["aggregation_in_file"]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let data = match kind.as_str() {
            "sum" => &metric["sum"],
            "gauge" => &metric["gauge"],
            "histogram" => &metric["histogram"],
            _ => &metric["exponentialHistogram"],
        };
        if kind != "gauge" {
            let temporality = &aggregation["aggregation_temporality"];
            let delta = *temporality == "DELTA" || *temporality == 1;
            assert_eq!(data["aggregationTemporality"], if delta { 1 } else { 2 }, "{name}");
        }
        let mut measured: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for measurement in list(wanted, "measurements") {
            let value = measurement[0].as_f64().unwrap();
            measured.entry(key_of_intent(&measurement[1])).or_default().push(value);
        }
        let points = list(data, "dataPoints");
        assert_eq!(points.len(), measured.len(), "{name}");
        for point in points {
            let values = &measured[&key_of(point)];
            check(name, kind, aggregation, point, values);
            if kind != "gauge" {
                // of one measurement, too: a point that ends as it begins says that its beginning is not known
                let time = |key: &str| point[key].as_str().unwrap().parse::<u64>().unwrap();
                assert!(time("startTimeUnixNano") < time("timeUnixNano"), "{name}: {point}");
            }
        }
    }
}

fn check(name: &str, kind: &str, aggregation: &Value, point: &Value, values: &[f64]) {
    match kind {
        "sum" => assert_eq!(number(point).to_bits(), values.iter().sum::<f64>().to_bits(), "{name}"),
        "gauge" => assert_eq!(number(point).to_bits(), values.last().unwrap().to_bits(), "{name}"),
        _ => {
            assert_eq!(point["count"], values.len().to_string(), "{name}");
            let sum = point["sum"].as_f64().unwrap();
            assert!((sum - values.iter().sum::<f64>()).abs() < 1e-9, "{name}");
        }
    }
    if kind == "histogram" {
        let bounds: Vec<f64> = list(aggregation, "bucket_boundaries")
            .iter()
            .map(|bound| bound.as_f64().unwrap())
            .collect();
        let explicit: Vec<f64> = list(point, "explicitBounds")
            .iter()
            .map(|bound| bound.as_f64().unwrap())
            .collect();
        assert_eq!(explicit, bounds, "{name}: explicit bounds stay explicit");
        let mut buckets = vec![0u64; bounds.len() + 1];
        for value in values {
            buckets[bounds.partition_point(|bound| bound < value)] += 1;
        }
        let counts: Vec<u64> = list(point, "bucketCounts")
            .iter()
            .map(|count| count.as_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(counts, buckets, "{name}");
    }
}
