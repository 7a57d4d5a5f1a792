//! Looking at files while others write and read them: nothing in them is changed, and nobody waits for a viewer.
//!
//! [`inspect`] tells everything about one file. A [`Viewer`] follows the files of folders: what their processes are, which spans
//! are open right now, and each record as it comes. It keeps its own positions and begins with what the rings still hold, read or
//! not. A span that began more than a ring ago is known to it where it may read the journal of the collector that reads the file.

mod inspection;
mod journalled;
mod process;
mod ring_state;
mod tail;
mod watched;

pub use inspection::{CellsState, ExtensionState, Inspection, ReaderState, inspect};
pub use process::ProcessState;
pub use ring_state::RingState;

use crate::otlp::{Piece, Signal, TraceEncoder};
use crate::receiver::discovery::Discovery;
use process::{Process, ProcessKey};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Instant;
use watched::{Sinks, Watched};

/// What a visit to all files brought.
#[derive(Debug, Default)]
pub struct Visit {
    /// Spans that ended and log records made since the last visit, as export requests.
    pub pieces: Vec<(Signal, Piece)>,
    /// Records that were overwritten before they could be looked at.
    pub lost: u64,
    /// Files and folders that cannot be read, each told once: whole sentences.
    pub problems: Vec<String>,
}

/// Follows the files of some folders, and single files.
#[derive(Debug)]
pub struct Viewer {
    discovery: Discovery,
    processes: BTreeMap<ProcessKey, Process>,
    sinks: Sinks,
    has_looked: bool,
    /// State directories of collectors.
    journals: Vec<PathBuf>,
}

impl Viewer {
    /// Watches folders and single files. None has to exist yet.
    #[must_use]
    pub fn new(directories: Vec<PathBuf>, files: Vec<PathBuf>) -> Self {
        Self {
            discovery: Discovery::new(directories, files),
            processes: BTreeMap::new(),
            sinks: Sinks::default(),
            has_looked: false,
            journals: Vec::new(),
        }
    }

    /// Takes spans that began before what the rings hold from the journals in these state directories, at the first visit. What is no
    /// journal, or may not be read, is passed over.
    pub fn look_into_journals(&mut self, directories: Vec<PathBuf>) {
        self.journals = directories;
    }

    /// Looks at everything once. What the first visit finds counts as seen; it is not handed on.
    pub fn visit(&mut self) -> Visit {
        let now = Instant::now();
        let mut visit = Visit::default();
        if self.discovery.is_due(now) {
            self.look(now, &mut visit);
        }
        for process in self.processes.values_mut() {
            process.visit(now, &mut self.sinks);
        }
        let mut cut = |signal, cut: &mut dyn FnMut(&mut Piece) -> bool| {
            let mut piece = Piece::default();
            if cut(&mut piece) {
                visit.pieces.push((signal, piece));
            }
        };
        cut(Signal::Traces, &mut |piece| self.sinks.spans.cut(piece));
        cut(Signal::Logs, &mut |piece| self.sinks.logs.cut(piece));
        visit.lost = std::mem::take(&mut self.sinks.lost);
        visit
    }

    fn look(&mut self, now: Instant, visit: &mut Visit) {
        // before the files: what was written meanwhile is in their rings
        let mut known = HashMap::new();
        for directory in std::mem::take(&mut self.journals) {
            known.extend(journalled::journalled(&directory));
        }
        let look = self.discovery.look(now);
        for (directory, error) in look.failures {
            visit
                .problems
                .push(format!("cannot read the folder {}: {error}", directory.display()));
        }
        for found in look.found {
            match Watched::open(&found.path, !self.has_looked) {
                Ok(file) => {
                    let key = ProcessKey::of(&file, &found.path);
                    self.processes.entry(key).or_default().add(file);
                }
                Err(error) if error.may_become_ready() => self.discovery.forget(&found.path),
                Err(error) => visit.problems.push(error.to_string()),
            }
        }
        self.has_looked = true;
        for (key, process) in &mut self.processes {
            if let ProcessKey::Stream(stream) = key
                && let Some(journalled) = known.remove(stream.as_slice())
            {
                process.go_on_from(journalled);
            }
        }
        self.processes.retain(|_, process| process.tend());
    }

    /// The processes that wrote the files, as they are now.
    #[must_use]
    pub fn processes(&self) -> Vec<ProcessState> {
        self.processes.values().filter_map(Process::state).collect()
    }

    /// Export requests of the spans that are open now, of each process the `limit` that have been so for the longest time: with an
    /// end of 0. In the order of [`Viewer::processes`]; nothing for a process without any.
    #[must_use]
    pub fn open_spans(&self, limit: usize) -> Vec<Option<Piece>> {
        let put = |process: &Process| {
            let mut sink = TraceEncoder::default();
            process.put_longest_open(limit, &mut sink);
            let mut piece = Piece::default();
            sink.cut(&mut piece).then_some(piece)
        };
        let known = self.processes.values().filter(|process| process.state().is_some());
        known.map(put).collect()
    }

    /// Series that were updated after `since` (nanoseconds since the Unix epoch), cumulative.
    #[must_use]
    pub fn metrics(&mut self, since: u64) -> Vec<(Signal, Piece)> {
        let mut pieces = Vec::new();
        for process in self.processes.values_mut() {
            process.metrics(since, &mut pieces);
        }
        pieces
    }
}
