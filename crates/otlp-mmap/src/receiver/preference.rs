//! What an app wants of the metrics in its file, as its own environment variables say.

use crate::cells::Temporality;
use crate::reader::FileReader;
use std::time::Duration;

/// How often they are exported: milliseconds.
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
/// What their points count from.
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// How often the app wants its metrics exported.
pub(super) fn interval(file: &mut FileReader) -> Duration {
    setting(file, INTERVAL)
        .and_then(|value| value.trim().parse::<u64>().ok())
        .map_or(DEFAULT_INTERVAL, |millis| {
            Duration::from_millis(millis).max(SHORTEST_INTERVAL)
        })
}

/// The temporality that the app prefers, if it says one that there is.
pub(super) fn temporality(file: &mut FileReader) -> Option<Temporality> {
    setting(file, TEMPORALITY).and_then(|name| Temporality::from_name(name.trim()))
}

fn setting(file: &mut FileReader, wanted: &str) -> Option<String> {
    let settings = file.settings();
    settings
        .into_iter()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value)
}
