//! The receiver collects metrics for each stream: cumulative and delta from the same cells, exact over a restart of either side.

#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use metrics::{Meter, counter, exponential, histogram, instrument, points_of};
use otlp_mmap::cells::{Aggregate, Exemplar, ExponentialTotals, Kind, Side, Totals};
use otlp_mmap::clock;
use otlp_mmap::otlp::Signal;
use otlp_mmap::receiver::{HandedPiece, MetricStream, ReceiverOptions, Temporality};
use otlp_mmap::writer::CommitStatus;
use serde_json::Value;
use spans::{Reading, until};
use support::{files, in_directory};

fn watching(folder: &Path, temporalities: &[Temporality]) -> ReceiverOptions {
    let stream = |temporality: &Temporality| MetricStream {
        name: format!("{temporality:?}"),
        temporality: *temporality,
        follows_app: false,
        groups: None,
    };
    ReceiverOptions {
        directories: vec![folder.to_owned()],
        metric_streams: temporalities.iter().map(stream).collect(),
        metric_interval: Some(Duration::from_secs(3600)),
        ..ReceiverOptions::default()
    }
}

/// The points of one metric in a piece.
fn points(piece: &HandedPiece, name: &str) -> Vec<Value> {
    points_of(&piece.piece.bytes)
        .into_iter()
        .filter(|(metric, _)| metric == name)
        .map(|(_, point)| point)
        .collect()
}

/// The next metric piece, after a request to collect.
fn collect(reading: &Reading) -> HandedPiece {
    reading.receiver.flush();
    let piece = reading.piece();
    assert_eq!(piece.signal, Signal::Metrics);
    piece
}

fn attached(reading: &Reading) {
    until("the file is attached", || reading.receiver.stats().files_attached > 0);
}

#[test]
fn streams_of_either_temporality_come_from_the_same_cells() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let times = meter.define(histogram("times", &[10.0]));
    meter.record(requests, "a", 5.0);
    meter.record(times, "a", 1.0);
    let reading = Reading::start(watching(folder.path(), &[Temporality::Cumulative, Temporality::Delta]));
    attached(&reading);
    let mut ends = BTreeMap::new();
    for (cumulative, delta) in [(5.0, 5.0), (7.0, 2.0)] {
        let first = collect(&reading);
        let second = reading.piece();
        assert_eq!((first.stream.as_str(), second.stream.as_str()), ("Cumulative", "Delta"));
        assert_eq!(points(&first, "requests")[0]["asDouble"], cumulative);
        let point = &points(&second, "requests")[0];
        assert_eq!(point["asDouble"], delta);
        if let Some(end) = ends.insert("requests", point["timeUnixNano"].clone()) {
            assert_eq!(point["startTimeUnixNano"], end, "intervals leave no gap");
        }
        reading.receiver.acknowledge(first.sequence);
        reading.receiver.acknowledge(second.sequence);
        until("both are acknowledged", || {
            reading.receiver.stats().bytes_unacknowledged == 0
        });
        meter.record(requests, "a", 2.0);
    }
}

#[test]
fn a_delta_that_was_not_acknowledged_is_sent_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let times = meter.define(histogram("times", &[10.0, 20.0]));
    let sizes = meter.define(exponential("sizes", 8));
    let mut record = |value: f64| {
        for instrument in [requests, times, sizes] {
            meter.record(instrument, "a", value);
        }
    };
    let options = watching(folder.path(), &[Temporality::Delta]);
    record(3.0);
    {
        let first = Reading::start(options.clone());
        attached(&first);
        let piece = collect(&first);
        first.receiver.acknowledge(piece.sequence);
        until("it is acknowledged", || {
            first.receiver.stats().bytes_unacknowledged == 0
        });
    }
    record(15.0);
    let lost = {
        let second = Reading::start(options.clone());
        attached(&second);
        collect(&second)
    };
    record(100.0);
    let third = Reading::start(options);
    let again = third.piece();
    assert_eq!(points_of(&again.piece.bytes), points_of(&lost.piece.bytes));
    assert_eq!(points(&again, "requests")[0]["asDouble"], 15.0);
    let histogram = &points(&again, "times")[0];
    assert_eq!(histogram["bucketCounts"], serde_json::json!(["0", "1", "0"]));
    third.receiver.acknowledge(again.sequence);
    until("it is acknowledged", || {
        third.receiver.stats().bytes_unacknowledged == 0
    });
    let next = collect(&third);
    let point = &points(&next, "requests")[0];
    assert_eq!(point["asDouble"], 100.0);
    assert_eq!(
        point["startTimeUnixNano"],
        points(&again, "requests")[0]["timeUnixNano"]
    );
    let point = &points(&next, "sizes")[0];
    assert_eq!((&point["count"], &point["sum"]), (&"1".into(), &100.into()));
}

#[test]
fn an_exemplar_comes_with_the_difference_of_its_interval_alone() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let times = meter.define(histogram("times", &[10.0]));
    let mut record = |value: f64, is_sampled: bool| {
        meter.record(times, "a", value);
        let cell = meter.cell(times, "a");
        let exemplar = Exemplar {
            value,
            time: clock::wall_nanos(),
            trace_id: [1; 16],
            span_id: [2; 8],
            attributes: &[],
        };
        if is_sampled {
            assert!(meter.handle.offer(times, cell, 2, u64::MAX, &exemplar));
        }
    };
    let options = watching(folder.path(), &[Temporality::Delta]);
    record(3.0, true);
    // each in a collector of its own
    let exemplars = || {
        let reading = Reading::start(options.clone());
        attached(&reading);
        let piece = collect(&reading);
        reading.receiver.acknowledge(piece.sequence);
        until("it is acknowledged", || {
            reading.receiver.stats().bytes_unacknowledged == 0
        });
        let found = points(&piece, "times")[0]["exemplars"].clone();
        found.as_array().map_or(0, Vec::len)
    };
    assert_eq!(exemplars(), 1);
    record(4.0, false);
    assert_eq!(exemplars(), 0, "that one came before");
    record(20.0, true);
    assert_eq!(exemplars(), 1);
}

#[test]
fn what_did_not_change_has_no_delta_and_sums_that_may_fall_stay_cumulative() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let active = meter.define(instrument("active", Kind::Sum { monotonic: false }));
    meter.record(requests, "a", 1.0);
    meter.record(active, "a", 4.0);
    let reading = Reading::start(watching(folder.path(), &[Temporality::Delta]));
    attached(&reading);
    let first = collect(&reading);
    assert_eq!(first.piece.items, 2);
    reading.receiver.acknowledge(first.sequence);
    until("it is acknowledged", || {
        reading.receiver.stats().bytes_unacknowledged == 0
    });
    meter.record(active, "a", -1.0);
    let second = collect(&reading);
    assert_eq!(points(&second, "requests"), [] as [Value; 0]);
    assert_eq!(points(&second, "active")[0]["asDouble"], 3.0);
}

#[test]
fn the_file_of_a_dead_process_is_collected_once_more_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 9.0);
    let reading = Reading::start(watching(folder.path(), &[Temporality::Cumulative, Temporality::Delta]));
    attached(&reading);
    drop(meter);
    writer.close();
    for _ in 0..2 {
        let piece = reading.piece();
        assert_eq!(points(&piece, "requests")[0]["asDouble"], 9.0);
        reading.receiver.acknowledge(piece.sequence);
    }
    until("nothing is left in the folder", || files(folder.path()).is_empty());
    assert_eq!(reading.receiver.stats().items[Signal::Metrics as usize], 2);
}

#[test]
fn what_a_process_measured_that_died_before_it_was_seen_alive_has_an_interval_too() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let times = meter.define(histogram("times", &[1.0]));
    for instrument in [requests, times] {
        meter.record(instrument, "a", 9.0);
    }
    // a copy is what a killed process leaves: nobody holds its lock, and nobody has closed it
    let left = tempfile::tempdir().unwrap();
    let path = writer.status().file.unwrap();
    std::fs::copy(&path, left.path().join(path.file_name().unwrap())).unwrap();
    let reading = Reading::start(watching(left.path(), &[Temporality::Cumulative, Temporality::Delta]));
    for _ in 0..2 {
        let piece = reading.piece();
        for name in ["requests", "times"] {
            let point = &points(&piece, name)[0];
            let [start, end] = ["startTimeUnixNano", "timeUnixNano"].map(|key| point[key].as_str().unwrap().len());
            assert_eq!(start, end);
            assert!(
                point["startTimeUnixNano"].as_str() < point["timeUnixNano"].as_str(),
                "{point}"
            );
        }
        reading.receiver.acknowledge(piece.sequence);
    }
}

#[test]
fn a_series_that_begins_while_a_collection_is_under_way_begins_once() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let folder = tempfile::tempdir().unwrap();
        let writer = in_directory(folder.path());
        let mut meter = Meter::new(&writer);
        let before = meter.define(counter("before"));
        let requests = meter.define(counter("requests"));
        let times = meter.define(histogram("times", &[1.0]));
        meter.record(before, "a", 1.0);
        let mut record = |of: &str, value: f64| {
            for instrument in [requests, times] {
                meter.record(instrument, of, value);
            }
        };
        record("a", 1.0);
        let reading = Reading::start(ReceiverOptions {
            // a collection stands still after each point until that is acknowledged
            max_points: 1,
            max_unacknowledged_bytes: 1,
            ..watching(folder.path(), &[temporality])
        });
        attached(&reading);
        let first = collect(&reading);
        record("b", 9.0);
        reading.receiver.acknowledge(first.sequence);
        let mut came = points_of(&first.piece.bytes);
        let mut take = |count: usize| {
            for _ in 0..count {
                let piece = reading.piece();
                came.extend(points_of(&piece.piece.bytes));
                reading.receiver.acknowledge(piece.sequence);
            }
            until("all is acknowledged", || {
                reading.receiver.stats().bytes_unacknowledged == 0
            });
        };
        take(4);
        record("b", 91.0);
        record("c", 1.0);
        reading.receiver.flush();
        take(if temporality == Temporality::Cumulative { 7 } else { 4 });

        let time = |point: &Value, key: &str| point[key].as_str().unwrap().parse::<u64>().unwrap();
        let collected = time(&came[0].1, "timeUnixNano");
        let all = came;
        for (name, key) in [("requests", "asDouble"), ("times", "sum")] {
            let of_b = |(metric, point): &&(String, Value)| {
                metric == name && point["attributes"][0]["value"]["stringValue"] == "b"
            };
            let came: Vec<_> = all.iter().filter(of_b).map(|(_, point)| point).collect();
            let values: Vec<_> = came.iter().map(|point| point[key].as_f64().unwrap()).collect();
            let starts: Vec<_> = came.iter().map(|point| time(point, "startTimeUnixNano")).collect();
            let ends: Vec<_> = came.iter().map(|point| time(point, "timeUnixNano")).collect();
            assert!(starts[0] < ends[0] && ends[0] < ends[1], "{came:?}");
            if temporality == Temporality::Cumulative {
                assert_eq!(values, [9.0, 100.0]);
                assert!(starts[0] > collected, "it began meanwhile");
                assert_eq!(starts[0], starts[1], "another start says that it began anew");
            } else {
                assert_eq!(values, [9.0, 91.0]);
                assert_eq!(ends[0], starts[1], "intervals leave no gap and do not overlap");
            }
            let of_c = |(metric, point): &&(String, Value)| {
                metric == name && point["attributes"][0]["value"]["stringValue"] == "c"
            };
            let (_, new) = all.iter().find(of_c).unwrap();
            let starts_with_the_interval = time(new, "startTimeUnixNano") == starts[1];
            assert_eq!(starts_with_the_interval, temporality == Temporality::Delta, "{new}");
        }
    }
}

/// Stores `count` values that somebody else has added up since `start`: of a counter, and of histograms with all of them in one bucket.
fn store(meter: &mut Meter, [requests, times, sizes]: [u32; 3], start: u64, count: f64) {
    let totals = |counts| Totals {
        sum: count,
        min: 1.0,
        max: 1.0,
        counts,
    };
    let buckets = [count, 0.0];
    let [positive, negative] = [&buckets[..1], &[]].map(|counts| Side { offset: -1, counts });
    let exponential = ExponentialTotals {
        totals: totals(&[]),
        zero_count: 0.0,
        scale: 0,
        sides: [positive, negative],
    };
    for (instrument, point) in [
        (requests, Aggregate::Value(count)),
        (times, Aggregate::Histogram(totals(&buckets))),
        (sizes, Aggregate::Exponential(exponential)),
    ] {
        let cell = meter.cell(instrument, "a");
        assert_eq!(
            meter.handle.store(instrument, cell, start, &point),
            CommitStatus::Published
        );
    }
}

#[test]
fn totals_that_begin_anew_are_differences_of_their_own_whether_they_fall_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let instruments = [
        meter.define(counter("requests")),
        meter.define(histogram("times", &[10.0])),
        meter.define(exponential("sizes", 8)),
    ];
    let options = watching(folder.path(), &[Temporality::Delta]);
    let mut reading = Reading::start(options.clone());
    // total since which start, what it gained, and whether the collector dies before that is acknowledged
    for (total, start, gain, dies) in [
        (10.0, 1, 10, false),
        (12.0, 1, 2, true),
        (3.0, 2, 3, false),
        (5.0, 3, 5, true),
        (6.0, 3, 1, false),
    ] {
        store(&mut meter, instruments, start * 1_000_000_000, total);
        attached(&reading);
        let mut piece = collect(&reading);
        if dies {
            drop(reading);
            reading = Reading::start(options.clone());
            piece = reading.piece();
        }
        let number = |name: &str, key: &str| points(&piece, name)[0][key].clone();
        assert_eq!(number("requests", "asDouble"), f64::from(gain));
        for name in ["times", "sizes"] {
            assert_eq!(number(name, "count"), gain.to_string(), "{name}");
            assert_eq!(number(name, "sum"), f64::from(gain), "{name}");
        }
        reading.receiver.acknowledge(piece.sequence);
        until("it is acknowledged", || {
            reading.receiver.stats().bytes_unacknowledged == 0
        });
    }
}

#[test]
fn a_file_whose_rings_rolled_over_is_kept_and_collected_while_its_cells_are_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    assert!(writer.roll());
    let home = files(folder.path())[0].clone();
    let reading = Reading::start(watching(folder.path(), &[Temporality::Cumulative]));
    until("both files are attached", || {
        reading.receiver.stats().files_attached == 2
    });
    for value in [1.0, 2.0, 3.0] {
        let piece = collect(&reading);
        assert_eq!(points(&piece, "requests")[0]["asDouble"], value);
        reading.receiver.acknowledge(piece.sequence);
        until("it is acknowledged", || {
            reading.receiver.stats().bytes_unacknowledged == 0
        });
        meter.record(requests, "a", 1.0);
    }
    assert!(home.exists());
    assert_eq!(reading.receiver.stats().files_removed, 0);
}

#[test]
fn a_flush_waits_for_the_metrics_too() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    let reading = Reading::start(watching(folder.path(), &[Temporality::Cumulative]));
    attached(&reading);
    let epoch = writer.request_flush();
    let piece = reading.piece();
    assert!(piece.urgent);
    assert!(writer.acknowledged_epoch() < epoch);
    reading.receiver.acknowledge(piece.sequence);
    until("the flush is answered", || writer.acknowledged_epoch() == epoch);
}

#[test]
fn many_series_come_in_pieces_of_bounded_size_as_they_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = writer.define_instrument(counter("requests"), 10_000).unwrap();
    for key in 0..5_000 {
        meter.record(requests, &key.to_string(), 1.0);
    }
    let reading = Reading::start(ReceiverOptions {
        max_points: 1_000,
        max_unacknowledged_bytes: 1,
        ..watching(folder.path(), &[Temporality::Cumulative])
    });
    attached(&reading);
    reading.receiver.flush();
    for piece in 0..5 {
        let handed = reading.piece();
        assert_eq!(handed.piece.items, 1_000);
        until("none is made before the one before is acknowledged", || {
            reading.receiver.stats().items[Signal::Metrics as usize] == (piece + 1) * 1_000
        });
        reading.receiver.acknowledge(handed.sequence);
    }
    reading.receiver.stop();
}

#[test]
fn a_stream_follows_the_apps_preference_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.set_setting("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta");
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 5.0);
    let mut options = watching(folder.path(), &[Temporality::Cumulative]);
    options.metric_streams.push(MetricStream::default());
    let reading = Reading::start(options);
    attached(&reading);
    for (cumulative, delta) in [(5.0, 5.0), (7.0, 2.0)] {
        let pieces = [collect(&reading), reading.piece()];
        let values = pieces
            .each_ref()
            .map(|piece| points(piece, "requests")[0]["asDouble"].clone());
        assert_eq!(values, [cumulative, delta]);
        for piece in &pieces {
            reading.receiver.acknowledge(piece.sequence);
        }
        until("both are acknowledged", || {
            reading.receiver.stats().bytes_unacknowledged == 0
        });
        meter.record(requests, "a", 2.0);
    }
}

#[test]
fn a_receiver_that_collects_for_nobody_stops() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 5.0);
    let reading = Reading::start(watching(folder.path(), &[]));
    attached(&reading);
    assert!(reading.stop().is_empty());
}

/// Files that tell what a stream exported.
fn base_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".base-"))
        .count()
}

#[test]
fn what_was_exported_of_a_file_that_is_gone_is_removed_after_a_restart() {
    let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = ReceiverOptions {
        state_directory: Some(state.path().to_owned()),
        ..watching(folder.path(), &[Temporality::Delta])
    };
    let (gone, stays) = (in_directory(folder.path()), in_directory(folder.path()));
    let mut meters = [&gone, &stays].map(Meter::new);
    let mut reading = Reading::start(options.clone());
    let mut first = None;
    for (at, meter) in meters.iter_mut().enumerate() {
        let requests = meter.define(counter("requests"));
        meter.record(requests, "a", 1.0);
        until("its file is attached", || {
            reading.receiver.stats().files_attached == at as u64 + 1
        });
        first.get_or_insert_with(|| files(folder.path())[0].clone());
    }
    reading.receiver.flush();
    for _ in 0..2 {
        let piece = reading.piece();
        reading.receiver.acknowledge(piece.sequence);
    }
    until("it is acknowledged", || {
        reading.receiver.stats().bytes_unacknowledged == 0
    });
    drop(reading);
    assert_eq!(base_files(state.path()), 4);
    let [_, stays_meter] = &mut meters;
    let requests = stays_meter.define(counter("requests"));
    stays_meter.record(requests, "a", 5.0);
    std::fs::remove_file(first.unwrap()).unwrap();
    reading = Reading::start(options);
    until("what is left of it is removed", || base_files(state.path()) == 2);
    until("it is counted", || reading.receiver.stats().baselines_swept == 1);
    attached(&reading);
    let piece = collect(&reading);
    assert_eq!(points(&piece, "requests")[0]["asDouble"], 5.0, "the other one goes on");
}

#[test]
fn what_was_exported_of_a_file_goes_with_it_when_others_removed_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 9.0);
    let reading = Reading::start(watching(folder.path(), &[Temporality::Delta]));
    attached(&reading);
    let piece = collect(&reading);
    reading.receiver.acknowledge(piece.sequence);
    until("it is acknowledged", || {
        reading.receiver.stats().bytes_unacknowledged == 0
    });
    assert_eq!(base_files(folder.path()), 2);
    let all = files(folder.path());
    let data = all
        .iter()
        .find(|path| path.extension().is_some_and(|end| end == "mmap"));
    std::fs::remove_file(data.unwrap()).unwrap();
    assert_eq!(base_files(folder.path()), 2, "it is still read");
    drop(meter);
    writer.close();
    until("nothing is left of it", || base_files(folder.path()) == 0);
}
