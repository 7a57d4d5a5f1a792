//! The 64 bytes at the start of every file.

use super::atomic::Ordering;
use super::mapping::Mapping;
use crate::layout::{constant, header};

/// Where the sections of a file begin: file offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections {
    /// Events ring.
    pub events: u64,
    /// Spans ring.
    pub spans: u64,
    /// Measurements ring.
    pub measurements: u64,
    /// Dictionary, which reaches to the end of the file.
    pub dictionary: u64,
}

/// The file header.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    mapping: &'a Mapping,
}

impl<'a> Header<'a> {
    /// The header of a mapped file.
    #[must_use]
    pub fn new(mapping: &'a Mapping) -> Self {
        Self { mapping }
    }

    /// Version of the format; None in a file shorter than a header.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        self.mapping.load_i64(header::VERSION as u64)
    }

    /// The section offsets as they stand, unchecked; None in a file shorter than a header.
    #[must_use]
    pub fn sections(&self) -> Option<Sections> {
        let at = |offset: usize| self.mapping.load_u64(offset as u64);
        Some(Sections {
            events: at(header::EVENTS_OFFSET)?,
            spans: at(header::SPANS_OFFSET)?,
            measurements: at(header::MEASUREMENTS_OFFSET)?,
            dictionary: at(header::DICTIONARY_OFFSET)?,
        })
    }

    /// Start time of the writer, nanoseconds since the Unix epoch. When it changes, the file has to be read anew.
    #[must_use]
    pub fn time_unix_nano(&self) -> u64 {
        self.mapping.load_u64(header::TIME_UNIX_NANO as u64).unwrap_or(0)
    }

    /// For writers: replaces the start time, which tells readers to read the file anew.
    pub fn set_time_unix_nano(&self, time: u64) {
        if let Some(word) = self.mapping.atomic_u64(header::TIME_UNIX_NANO as u64) {
            word.store(time, Ordering::Release);
        }
    }

    /// For writers: fills in a new file's header. The version comes last, so who sees it sees everything.
    pub(crate) fn publish(self, sections: Sections, time_unix_nano: u64) {
        let words = [
            (header::EVENTS_OFFSET, sections.events),
            (header::SPANS_OFFSET, sections.spans),
            (header::MEASUREMENTS_OFFSET, sections.measurements),
            (header::DICTIONARY_OFFSET, sections.dictionary),
            (header::TIME_UNIX_NANO, time_unix_nano),
            (header::VERSION, u64::from(constant::FORMAT_VERSION)),
        ];
        for (offset, value) in words {
            if let Some(word) = self.mapping.atomic_u64(offset as u64) {
                // SYNC POINT: a reader that loads the version (acquire) sees all stores before it.
                word.store(value, Ordering::Release);
            }
        }
    }
}
