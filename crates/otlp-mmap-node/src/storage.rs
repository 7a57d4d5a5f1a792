//! The journal's options and counts.

use napi_derive::napi;
use otlp_mmap::journal::fail_point::{self, Crash};
use otlp_mmap::journal::{Amount, DestinationOptions, DestinationStats, JournalOptions, JournalStats, OnFull};
use otlp_mmap::otlp::Signal;
use otlp_mmap::receiver::Storage;
use std::path::PathBuf;
use std::time::Duration;

/// See `StorageDestination` of `ts/native/binding/journal.ts`.
#[napi(object)]
pub struct JsDestination {
    pub name: String,
    pub signals: Vec<String>,
}

impl From<JsDestination> for DestinationOptions {
    fn from(destination: JsDestination) -> Self {
        Self {
            name: destination.name,
            signals: destination
                .signals
                .iter()
                .filter_map(|name| Signal::from_name(name))
                .collect(),
        }
    }
}

/// See `StorageOptions` of `ts/native/binding/journal.ts`.
#[napi(object)]
pub struct JsStorageOptions {
    pub directory: String,
    pub max_size: Option<f64>,
    pub max_age: Option<f64>,
    pub refuse_when_full: Option<bool>,
    pub fsync: Option<bool>,
    pub wait: Option<bool>,
    pub optional: Option<bool>,
    pub destinations: Vec<JsDestination>,
}

impl From<JsStorageOptions> for Storage {
    fn from(options: JsStorageOptions) -> Self {
        let default = JournalOptions::new(PathBuf::from(options.directory));
        let max_age = options.max_age.map_or(default.max_age, |millis| {
            (millis > 0.0).then(|| Duration::from_millis(millis as u64))
        });
        Self {
            journal: JournalOptions {
                max_bytes: options.max_size.map_or(default.max_bytes, |bytes| bytes as u64),
                max_age,
                on_full: if options.refuse_when_full.unwrap_or(false) {
                    OnFull::Refuse
                } else {
                    OnFull::DropOldest
                },
                fsync: options.fsync.unwrap_or(false),
                destinations: options.destinations.into_iter().map(Into::into).collect(),
                ..default
            },
            wait: options.wait.unwrap_or(true),
            optional: options.optional.unwrap_or(false),
        }
    }
}

/// See `Amount` of `ts/native/binding/journal.ts`.
#[napi(object)]
pub struct JsAmount {
    pub pieces: f64,
    pub bytes: f64,
    pub traces: f64,
    pub logs: f64,
    pub metrics: f64,
}

impl From<Amount> for JsAmount {
    fn from(amount: Amount) -> Self {
        let items = |signal: Signal| amount.items[signal as usize] as f64;
        Self {
            pieces: amount.pieces as f64,
            bytes: amount.bytes as f64,
            traces: items(Signal::Traces),
            logs: items(Signal::Logs),
            metrics: items(Signal::Metrics),
        }
    }
}

/// Of one destination.
#[napi(object)]
pub struct JsDestinationStats {
    pub name: String,
    pub pending: JsAmount,
    pub dropped: JsAmount,
    pub replayed: JsAmount,
    pub found: JsAmount,
}

/// See `JournalStats` of `ts/native/binding/journal.ts`.
#[napi(object)]
pub struct JsJournalStats {
    pub bytes: f64,
    pub segments: f64,
    pub transactions: f64,
    pub bytes_written: f64,
    pub pieces_damaged: f64,
    pub oldest: f64,
    pub refusal: Option<String>,
    pub destinations: Vec<JsDestinationStats>,
}

impl JsJournalStats {
    pub fn new(stats: JournalStats, refusal: Option<String>) -> Self {
        let of = |destination: DestinationStats| JsDestinationStats {
            name: destination.name,
            pending: destination.pending.into(),
            dropped: destination.dropped.into(),
            replayed: destination.replayed.into(),
            found: destination.found.into(),
        };
        Self {
            bytes: stats.bytes as f64,
            segments: stats.segments as f64,
            transactions: stats.transactions as f64,
            bytes_written: stats.bytes_written as f64,
            pieces_damaged: stats.pieces_damaged as f64,
            oldest: stats.oldest.as_millis() as f64,
            refusal,
            destinations: stats.destinations.into_iter().map(of).collect(),
        }
    }
}

/// See `JournalCalls` of `ts/native/binding/journal.ts`.
#[napi]
#[must_use]
pub fn journal_fail_points() -> Vec<String> {
    fail_point::POINTS.into_iter().map(str::to_owned).collect()
}

/// See `JournalCalls` of `ts/native/binding/journal.ts`.
#[napi]
#[must_use]
pub fn crash_at_fail_point(name: String, passes: u32, crash: String) -> bool {
    let crash = match crash.as_str() {
        "kill" => Crash::Kill,
        "panic" => Crash::Panic,
        "hang" => Crash::Hang,
        _ => return false,
    };
    fail_point::arm_at(&name, passes, crash)
}
