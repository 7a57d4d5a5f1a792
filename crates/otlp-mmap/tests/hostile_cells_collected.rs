//! The receiver collects files with damaged metric cells for streams of either temporality and merged ones: it goes on, what it exports
//! can be decoded, and another file's points all come.

#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Meter, counter, deltas, exponential, histogram, instrument, points_of};
use otlp_mmap::cells::{GaugeFunction, GroupRules, Kind};
use otlp_mmap::file::{Access, FileView};
use otlp_mmap::receiver::{Event, MetricStream, ReceiverOptions, Temporality};
use proptest::prelude::*;
use spans::{Reading, until};
use support::{files, in_directory};

fn record(meter: &mut Meter, prefix: &str) {
    let kinds = [
        meter.define(counter(&format!("{prefix}.requests"))),
        meter.define(instrument(&format!("{prefix}.open"), Kind::Sum { monotonic: false })),
        meter.define(instrument(&format!("{prefix}.size"), Kind::Gauge)),
        meter.define(histogram(&format!("{prefix}.times"), &[1.0, 2.0])),
        meter.define(exponential(&format!("{prefix}.sizes"), 4)),
    ];
    for instrument in kinds {
        for key in ["a", "b", "c"] {
            meter.record(instrument, key, 0.5);
            meter.record(instrument, key, 1.5);
        }
    }
}

fn streams() -> Vec<MetricStream> {
    let groups = GroupRules {
        attribute: "key".to_owned(),
        group_attribute: "group".to_owned(),
        rules: Vec::new(),
        default_group: Some("all".to_owned()),
        detail: Vec::new(),
        all_metrics: Vec::new(),
        essential_metrics: None,
        gauges: GaugeFunction::Last,
    };
    let delta = deltas().remove(0);
    let named = |name: &str, temporality, groups| MetricStream {
        name: name.to_owned(),
        temporality,
        groups,
        ..delta.clone()
    };
    vec![
        named("cumulative", Temporality::Cumulative, None),
        named("merged", Temporality::Cumulative, Some(Arc::new(groups.clone()))),
        named("merged-delta", Temporality::Delta, Some(Arc::new(groups))),
        delta,
    ]
}

/// The number of points of the sound file that came until `done`.
fn collect(reading: &Reading, done: impl Fn() -> bool) -> usize {
    let mut sound = 0;
    until("all is collected", || {
        while let Some(event) = reading.event_within(Duration::from_millis(1)) {
            match event {
                Event::Piece(handed) => {
                    let points = points_of(&handed.piece.bytes);
                    sound += points.iter().filter(|(name, _)| name.starts_with("sound")).count();
                    reading.receiver.acknowledge(handed.sequence);
                }
                Event::Stopped(error) => panic!("stopped: {error:?}"),
                _ => {}
            }
        }
        done()
    });
    sound
}

fn damage(path: &Path, at: &[(u64, u32)]) {
    let view = FileView::open(path, Access::Read).unwrap();
    let extents = view.extension().unwrap().cell_extents();
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    for (word, value) in at {
        file.write_all_at(&value.to_le_bytes(), extents + word * 4).unwrap();
    }
}

fn damages() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let value = prop_oneof![any::<u32>(), 0u32..4096, 16_000u32..18_000, Just(u32::MAX)];
    prop::collection::vec((0u64..2200, value), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_is_damaged_between_two_collections_costs_no_other_file_anything(
        before in damages(),
        after in damages(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let damaged = in_directory(folder.path());
        let mut meter = Meter::new(&damaged);
        record(&mut meter, "damaged");
        let path = files(folder.path())[0].clone();
        damage(&path, &before);
        let reading = Reading::start(ReceiverOptions {
            directories: vec![folder.path().to_owned()],
            metric_streams: streams(),
            metric_interval: Some(Duration::from_secs(3600)),
            ..ReceiverOptions::default()
        });
        until("the file is attached", || reading.receiver.stats().files_attached == 1);
        reading.receiver.flush();
        collect(&reading, || reading.receiver.stats().bytes_unacknowledged == 0);
        damage(&path, &after);
        let sound = in_directory(folder.path());
        record(&mut Meter::new(&sound), "sound");
        damaged.close();
        sound.close();
        let points = collect(&reading, || files(folder.path()).is_empty());
        // fifteen series in two streams, and each instrument as one in two more
        prop_assert_eq!(points, 2 * 15 + 2 * 5);
        reading.receiver.stop();
    }
}
