//! One producer under a viewer's eyes: all files of its stream.

use super::journalled::Journalled;
use super::ring_state::RingState;
use super::watched::{Sinks, Watched};
use crate::file::RingId;
use crate::file::liveness::Liveness;
use crate::layout::constant;
use crate::otlp::{Assembler, Piece, Signal, TraceEncoder};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Tells producers apart: by stream, or by path where a file names none.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProcessKey {
    Stream([u8; 16]),
    Path(PathBuf),
}

impl ProcessKey {
    pub(super) fn of(file: &Watched, path: &Path) -> Self {
        match file.reader.identity() {
            Some(identity) => Self::Stream(identity.stream_id),
            None => Self::Path(path.to_owned()),
        }
    }
}

/// A process as it is now. Its rings are those of its newest file.
#[derive(Debug, Clone)]
pub struct ProcessState {
    /// The newest file.
    pub path: PathBuf,
    /// `service.name`; empty in files without our block.
    pub service_name: String,
    /// In its own pid namespace; 0 in files without our block.
    pub pid: u32,
    /// Number of the newest file.
    pub generation: u64,
    /// Files that are there.
    pub files: usize,
    /// What is known of its life.
    pub liveness: Liveness,
    /// Events, spans, measurements.
    pub rings: [RingState; 3],
    /// Records written since the viewer began, by ring: over all files.
    pub written: [u64; 3],
    /// Losses that the writer counted in the files that are there, by ring and reason.
    pub drops: [[u64; constant::DROP_REASONS as usize]; 3],
    /// Wall clock of the newest commit, 0 = unknown.
    pub last_commit_unix_nano: u64,
    /// Last visit of the reader that moves the indices, 0 = none yet, or unknown.
    pub reader_heartbeat_unix_nano: u64,
    /// Process id of that reader.
    pub reader_pid: u32,
    /// Spans that are open now, as far as the viewer has seen their start.
    pub open_spans: usize,
}

#[derive(Debug, Default)]
pub(super) struct Process {
    /// By generation. With each, the writer's indices as of the last visit.
    files: Vec<(Watched, [i64; 3])>,
    assembler: Assembler,
    written: [u64; 3],
}

impl Process {
    pub(super) fn add(&mut self, file: Watched) {
        let at = file.rings().map(|ring| ring.writer_index);
        self.files.push((file, at));
        self.files
            .sort_by_key(|(file, _)| file.reader.identity().map_or(0, |identity| identity.generation));
    }

    /// Nothing was looked at yet: goes on from what a journal knows, if the rings still hold all that came after it.
    pub(super) fn go_on_from(&mut self, journalled: Journalled) {
        let Journalled { assembler, position } = journalled;
        let holds = |(file, _): &(Watched, _)| file.holds_spans_after(&position);
        if self.files.iter().all(holds) {
            self.assembler = assembler;
            for (file, _) in &mut self.files {
                file.go_on_from(&position);
            }
        }
    }

    pub(super) fn visit(&mut self, now: Instant, sinks: &mut Sinks) {
        for (file, at) in &mut self.files {
            file.visit(now, &mut self.assembler, sinks);
            for (ring, id) in RingId::ALL.into_iter().enumerate() {
                let index = file.reader.file().ring(id).writer_index();
                self.written[ring] += index.saturating_sub(at[ring]).max(0) as u64;
                at[ring] = index;
            }
        }
    }

    /// Forgets files that are gone, and looks which writers live. False if nothing is left.
    pub(super) fn tend(&mut self) -> bool {
        self.files.retain_mut(|(file, _)| {
            file.reader.check_liveness();
            // a path that has a new owner is found anew
            file.reader.is_in_place() && !file.reader.was_restarted()
        });
        !self.files.is_empty()
    }

    pub(super) fn state(&self) -> Option<ProcessState> {
        let (newest, _) = self.files.last()?;
        let view = newest.reader.file();
        let identity = newest.reader.identity();
        let block = view.extension();
        let reader = block.and_then(|block| block.reader_slot(0));
        Some(ProcessState {
            path: view.path().to_owned(),
            service_name: identity.map_or_else(String::new, |identity| identity.service_name.clone()),
            pid: identity.map_or(0, |identity| identity.pid),
            generation: identity.map_or(0, |identity| identity.generation),
            files: self.files.len(),
            liveness: newest.reader.liveness(),
            rings: newest.rings(),
            written: self.written,
            drops: self.drops(),
            last_commit_unix_nano: newest.reader.last_commit(),
            reader_heartbeat_unix_nano: reader.map_or(0, |slot| slot.heartbeat()),
            reader_pid: reader.map_or(0, |slot| slot.pid()),
            open_spans: self.assembler.open_len(),
        })
    }

    fn drops(&self) -> [[u64; constant::DROP_REASONS as usize]; 3] {
        let mut drops = [[0; constant::DROP_REASONS as usize]; 3];
        for block in self.files.iter().filter_map(|(file, _)| file.reader.file().extension()) {
            for (ring, by_reason) in RingId::ALL.into_iter().zip(&mut drops) {
                for (reason, count) in by_reason.iter_mut().enumerate() {
                    *count += block.drops(ring, reason as u32);
                }
            }
        }
        drops
    }

    pub(super) fn put_longest_open(&self, limit: usize, sink: &mut TraceEncoder) {
        self.assembler.put_longest_open(limit, sink);
    }

    pub(super) fn metrics(&mut self, since: u64, pieces: &mut Vec<(Signal, Piece)>) {
        for (file, _) in &mut self.files {
            file.metrics(since, pieces);
        }
    }
}
