//! Metrics come out of the file as they were recorded: of all threads, through roll-over, beyond limits, after the end of threads.

#[path = "support/metrics.rs"]
mod metrics;
mod support;

use metrics::{Meter, Out, Read, attributes, counter, exponential, histogram, instrument, points_of_json, read};
use otlp_mmap::cells::{CellReader, Exemplar, Kind, Point};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::otlp::Signal;
use otlp_mmap::writer::CommitStatus;
use support::{files, in_directory};

fn number(name: &str, key: &str, value: f64) -> Out {
    Out {
        name: name.to_owned(),
        key: key.to_owned(),
        point: Read::Number(value),
    }
}

#[test]
fn what_was_recorded_is_read_by_instrument_and_attributes() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    let size = meter.define(instrument("size", Kind::Gauge));
    assert!(files(folder.path()).is_empty(), "no file before the first measurement");
    meter.record(requests, "a", 1.0);
    meter.record(size, "a", 7.0);
    meter.record(requests, "b", 2.5);
    meter.record(requests, "a", 4.0);
    meter.record(size, "a", 3.0);
    let expected = [
        number("requests", "a", 5.0),
        number("requests", "b", 2.5),
        number("size", "a", 3.0),
    ];
    assert_eq!(read(&files(folder.path())[0]), expected);
}

#[test]
fn the_same_definition_is_the_same_instrument_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let meter = Meter::new(&writer);
    let first = meter.define(counter("requests"));
    assert_eq!(meter.define(counter("requests")), first);
    assert_ne!(meter.define(instrument("requests", Kind::Gauge)), first);
    let mut described = counter("requests");
    described.description = "more".to_owned();
    assert_ne!(meter.define(described), first);
}

#[test]
fn the_threads_of_a_process_are_added_up_and_sums_never_fall_when_one_ends() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut main = Meter::new(&writer);
    let requests = main.define(counter("requests"));
    let times = main.define(histogram("times", &[1.0, 2.0]));
    main.record(requests, "a", 1.0);
    let before = {
        let mut worker = Meter::new(&writer);
        worker.record(requests, "a", 10.0);
        worker.record(times, "a", 1.5);
        assert_eq!(read(&files(folder.path())[0])[0], number("requests", "a", 11.0));
        worker.cell(requests, "a")
    };
    assert_eq!(read(&files(folder.path())[0])[0], number("requests", "a", 11.0));
    // the next thread goes on where the ended one stopped
    let mut next = Meter::new(&writer);
    assert_eq!(next.cell(requests, "a"), before);
    next.record(requests, "a", 100.0);
    next.record(times, "a", 3.0);
    let out = read(&files(folder.path())[0]);
    assert_eq!(out[0], number("requests", "a", 111.0));
    let Read::Histogram(times) = &out[1].point else {
        panic!("{out:?}")
    };
    assert_eq!((times.buckets.as_slice(), times.sum), ([0, 1, 1].as_slice(), 4.5));
}

#[test]
fn a_cell_of_another_thread_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut mine = Meter::new(&writer);
    let requests = mine.define(counter("requests"));
    mine.record(requests, "a", 1.0);
    let cell = mine.cell(requests, "a");
    let mut other = Meter::new(&writer);
    other.record(requests, "b", 1.0);
    for wrong in [cell, 0, 1, u32::MAX] {
        assert_eq!(other.handle.record(requests, wrong, 1.0), CommitStatus::Stale);
    }
}

#[test]
fn beyond_the_limit_measurements_go_to_the_overflow_series() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let requests = writer.define_instrument(counter("requests"), 4).unwrap();
    let mut meter = Meter::new(&writer);
    for value in 0..10 {
        let found = meter.handle.cell(requests, &attributes(&value.to_string())).unwrap();
        assert_eq!(found.overflow, value >= 3);
        assert_eq!(meter.handle.record(requests, found.cell, 1.0), CommitStatus::Published);
    }
    let lines = otlp_mmap::dump::dump(&files(folder.path())[0], false, &[Signal::Metrics]).unwrap();
    let points = points_of_json(&lines[0]);
    assert_eq!(points.len(), 4);
    let overflow = &points[3].1;
    assert_eq!(overflow["asDouble"], 7.0);
    assert_eq!(overflow["attributes"][0]["key"], "otel.metric.overflow");
    assert_eq!(overflow["attributes"][0]["value"]["boolValue"], true);
}

#[test]
fn what_all_threads_put_beyond_the_limit_adds_up_in_one_overflow_series() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let sum = writer.define_instrument(counter("c"), 4).unwrap();
    let mut meters = [0; 3].map(|_| Meter::new(&writer));
    for round in 0..3 {
        for (thread, meter) in meters.iter_mut().enumerate() {
            for series in 0..10 {
                meter.record(sum, &format!("{}", (series + 3 * thread) % 10), 1.0);
            }
        }
        // a thread ends, and another one measures in its place
        meters[round] = Meter::new(&writer);
    }
    let mut found: Vec<_> = read(&writer.status().file.unwrap())
        .into_iter()
        .map(|out| match out.point {
            Read::Number(value) => value,
            other => panic!("{other:?}"),
        })
        .collect();
    found.sort_by(f64::total_cmp);
    assert_eq!(found, [9.0, 9.0, 9.0, 63.0]);
}

#[test]
fn thousands_of_series_and_instruments_grow_the_file_and_move_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let mut cells = Vec::new();
    for name in 0..50 {
        let instrument = writer
            .define_instrument(counter(&format!("counter {name}")), 10_000)
            .unwrap();
        for key in 0..400 {
            let cell = meter
                .handle
                .cell(instrument, &attributes(&key.to_string()))
                .unwrap()
                .cell;
            cells.push((instrument, cell));
        }
    }
    for (number, (instrument, cell)) in cells.iter().enumerate() {
        assert_eq!(
            meter.handle.record(*instrument, *cell, number as f64 + 1.0),
            CommitStatus::Published
        );
    }
    let out = read(&files(folder.path())[0]);
    assert_eq!(out.len(), 20_000);
    for (number, out) in out.iter().enumerate() {
        assert_eq!(out.name, format!("counter {}", number / 400));
        assert_eq!(out.key, (number % 400).to_string());
        assert_eq!(out.point, Read::Number(number as f64 + 1.0));
    }
    assert_eq!(std::fs::metadata(&files(folder.path())[0]).unwrap().len() % 65_536, 0);
}

#[test]
fn cells_stay_in_their_file_when_the_rings_roll_over_and_strings_find_room_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    let epoch = writer.epoch();
    let text = writer.intern_string(epoch, "a string after the cells").unwrap();
    let home = files(folder.path())[0].clone();
    let view = otlp_mmap::file::FileView::open(&home, otlp_mmap::file::Access::Read).unwrap();
    let mut entry = Vec::new();
    view.dictionary().copy_entry(text, 1 << 16, &mut entry).unwrap();
    assert_eq!(entry, b"a string after the cells");
    assert!(writer.roll());
    meter.record(requests, "a", 2.0);
    meter.record(requests, "b", 3.0);
    assert_eq!(files(folder.path()).len(), 2);
    assert_eq!(
        read(&home),
        [number("requests", "a", 3.0), number("requests", "b", 3.0)]
    );
    assert_eq!(read(&files(folder.path())[1]), []);
    assert!(
        otlp_mmap::file::liveness::of_writer(&view).unwrap() == otlp_mmap::file::liveness::Liveness::Alive,
        "its lock is held as long as its cells are in use"
    );
    writer.close();
    assert!(otlp_mmap::file::liveness::of_writer(&view).unwrap() == otlp_mmap::file::liveness::Liveness::Dead);
}

#[test]
fn observed_values_count_when_their_round_is_complete_and_no_longer_than_they_are_observed() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let memory = meter.define(instrument("memory", Kind::ObservedGauge));
    let (a, b) = (meter.cell(memory, "a"), meter.cell(memory, "b"));
    let file = files(folder.path())[0].clone();
    let mut observe = |cell, value| assert_eq!(meter.handle.observe(memory, cell, value), CommitStatus::Published);
    observe(a, 1.0);
    observe(b, 2.0);
    assert_eq!(read(&file), []);
    meter.handle.commit_round(memory);
    let first = [number("memory", "a", 1.0), number("memory", "b", 2.0)];
    assert_eq!(read(&file), first);
    assert_eq!(meter.handle.observe(memory, a, 5.0), CommitStatus::Published);
    assert_eq!(read(&file), first, "the callback may still fail");
    meter.handle.commit_round(memory);
    assert_eq!(read(&file), [number("memory", "a", 5.0)]);
    drop(meter);
    assert_eq!(read(&file), [], "what an ended thread observed is not true any more");
}

#[test]
fn what_was_not_observed_in_the_last_round_ends_when_its_place_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let memory = writer
        .define_instrument(instrument("memory", Kind::ObservedGauge), 3)
        .unwrap();
    let observe = |meter: &mut Meter, key: &str, value: f64| {
        let cell = meter.cell(memory, key);
        assert_eq!(meter.handle.observe(memory, cell, value), CommitStatus::Published);
        cell
    };
    let a = observe(&mut meter, "a", 1.0);
    meter.handle.commit_round(memory);
    assert!(!meter.handle.end_unobserved(memory), "there is room for another");
    observe(&mut meter, "b", 2.0);
    meter.handle.commit_round(memory);
    let b = number("memory", "b", 2.0);
    let file = files(folder.path())[0].clone();
    assert_eq!(read(&file), std::slice::from_ref(&b));
    assert!(meter.handle.end_unobserved(memory));
    assert_eq!(meter.handle.observe(memory, a, 5.0), CommitStatus::Stale);
    assert_eq!(read(&file), std::slice::from_ref(&b));
    observe(&mut meter, "b", 3.0);
    assert_eq!(observe(&mut meter, "c", 4.0), a);
    meter.handle.commit_round(memory);
    assert_eq!(read(&file), [number("memory", "c", 4.0), number("memory", "b", 3.0)]);
    assert!(!meter.handle.end_unobserved(memory), "all were observed");
}

#[test]
fn a_retired_series_ends_and_its_cell_serves_another() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    meter.record(requests, "b", 2.0);
    let cell = meter.cell(requests, "a");
    assert!(meter.handle.retire(requests, cell));
    assert_eq!(meter.handle.record(requests, cell, 1.0), CommitStatus::Stale);
    let file = files(folder.path())[0].clone();
    assert_eq!(read(&file), [number("requests", "b", 2.0)]);
    meter.record(requests, "c", 3.0);
    assert_eq!(meter.cell(requests, "c"), cell);
    assert_eq!(
        read(&file),
        [number("requests", "c", 3.0), number("requests", "b", 2.0)]
    );
}

fn exemplar(value: f64) -> Exemplar<'static> {
    Exemplar {
        time: 1_700_000_000_000_000_000,
        value,
        trace_id: [1; 16],
        span_id: [2; 8],
        attributes: &[],
    }
}

/// Keys and the values of exemplars.
fn exemplars(path: &std::path::Path) -> Vec<(String, Vec<f64>)> {
    let file = FileView::open(path, Access::Read).unwrap();
    let mut reader = CellReader::open(&file).unwrap().unwrap();
    reader.take_exemplars_since(0);
    reader.begin(&file);
    let mut out = Vec::new();
    while reader.advance() {
        let series = reader.series();
        let values = series.exemplars.iter().map(|exemplar| exemplar.value).collect();
        out.push((metrics::key_of(&series.attributes), values));
    }
    assert_eq!(reader.skipped(), 0);
    out
}

#[test]
fn series_that_come_and_go_take_no_more_of_the_file_than_those_that_there_are_at_a_time() {
    const AT_A_TIME: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let (requests, times) = (
        meter.define(counter("requests")),
        meter.define(histogram("times", &[1.0])),
    );
    let mut lengths = Vec::new();
    for round in 0..100 {
        let keys: Vec<_> = (0..AT_A_TIME).map(|number| format!("{round:05}-{number:05}")).collect();
        for key in &keys {
            for instrument in [requests, times] {
                meter.record(instrument, key, 1.0);
                let cell = meter.cell(instrument, key);
                assert!(
                    meter
                        .handle
                        .offer(instrument, cell, 2, u64::MAX, &exemplar(f64::from(round)))
                );
            }
        }
        let file = &files(folder.path())[0];
        lengths.push(std::fs::metadata(file).unwrap().len());
        let mut expected: Vec<_> = keys
            .iter()
            .chain(&keys)
            .map(|key| (key.clone(), vec![f64::from(round)]))
            .collect();
        let mut found = exemplars(file);
        found.sort_by(|one, other| one.0.cmp(&other.0));
        expected.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, expected);
        for key in &keys {
            for instrument in [requests, times] {
                let cell = meter.cell(instrument, key);
                assert!(meter.handle.retire(instrument, cell));
            }
        }
    }
    assert_eq!(lengths.last(), lengths.first());
}

#[test]
fn a_reader_never_takes_what_one_series_left_for_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "1", 1.0);
    let path = files(folder.path())[0].clone();
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 2..20_000 {
                let key = number.to_string();
                meter.record(requests, &key, f64::from(number));
                let cell = meter.cell(requests, &key);
                meter
                    .handle
                    .offer(requests, cell, 1, u64::MAX, &exemplar(f64::from(number)));
                assert!(meter.handle.retire(requests, cell));
            }
            ended.store(true, std::sync::atomic::Ordering::Release);
        });
        let file = FileView::open(&path, Access::Read).unwrap();
        let mut reader = CellReader::open(&file).unwrap().unwrap();
        reader.take_exemplars_since(0);
        while !ended.load(std::sync::atomic::Ordering::Acquire) {
            reader.begin(&file);
            while reader.advance() {
                let series = reader.series();
                let key: f64 = metrics::key_of(&series.attributes).parse().unwrap();
                assert_eq!(series.point, Point::Number(key));
                for exemplar in &series.exemplars {
                    assert_eq!(Point::Number(exemplar.value), Point::Number(key));
                }
            }
        }
    });
}

#[test]
fn attributes_that_another_instrument_uses_stay_when_a_series_of_theirs_ends() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let (requests, errors) = (meter.define(counter("requests")), meter.define(counter("errors")));
    meter.record(requests, "a", 1.0);
    meter.record(errors, "a", 2.0);
    let cell = meter.cell(requests, "a");
    assert!(meter.handle.retire(requests, cell));
    meter.record(requests, "b", 3.0);
    let file = files(folder.path())[0].clone();
    assert_eq!(read(&file), [number("requests", "b", 3.0), number("errors", "a", 2.0)]);
}

#[test]
fn a_reservoir_takes_as_many_exemplars_as_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    let cell = meter.cell(requests, "a");
    for value in 0..10 {
        meter.handle.offer(
            requests,
            cell,
            if value == 0 { 1 } else { 64 },
            u64::MAX,
            &exemplar(1.0),
        );
    }
    meter.record(requests, "b", 2.0);
    let expected = [("a".to_owned(), vec![1.0]), ("b".to_owned(), vec![])];
    assert_eq!(exemplars(&files(folder.path())[0]), expected);
}

#[test]
fn a_series_that_another_thread_uses_outlives_a_retirement() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let (mut one, mut two) = (Meter::new(&writer), Meter::new(&writer));
    let requests = one.define(counter("requests"));
    one.record(requests, "a", 1.0);
    two.record(requests, "a", 2.0);
    let cell = one.cell(requests, "a");
    assert!(one.handle.retire(requests, cell));
    let file = files(folder.path())[0].clone();
    assert_eq!(read(&file), [number("requests", "a", 3.0)]);
    let cell = two.cell(requests, "a");
    assert!(two.handle.retire(requests, cell));
    assert_eq!(read(&file), []);
}

#[test]
fn an_exponential_histogram_falls_in_scale_and_loses_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let times = meter.define(exponential("times", 4));
    for value in [1.0, 2.0, 4.0, 8.0, 0.0, -3.0, 1024.0] {
        meter.record(times, "a", value);
    }
    let out = read(&files(folder.path())[0]);
    let Read::Exponential(point) = &out[0].point else {
        panic!("{out:?}")
    };
    assert_eq!((point.count(), point.zero_count), (7, 1));
    assert_eq!((point.sum, point.min, point.max), (1036.0, -3.0, 1024.0));
    assert_eq!(point.positive.counts.iter().sum::<u64>(), 5);
    assert!(point.positive.counts.len() <= 4);
    assert_eq!(point.negative.counts, [1]);
}

#[test]
fn a_resource_that_settles_after_a_roll_over_reaches_the_metrics_too() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut meter = Meter::new(&writer);
    let requests = meter.define(counter("requests"));
    meter.record(requests, "a", 1.0);
    assert!(writer.roll());
    writer.set_resource(&attributes("settled late"), "", true);
    let line = otlp_mmap::dump::dump(&files(folder.path())[0], false, &[Signal::Metrics]).unwrap();
    assert!(line[0].contains("settled late"), "{}", line[0]);
}
