//! One file that is being read, with what waits for acknowledgement.

use super::checkpoint::Checkpoints;
use super::discovery::Found;
use crate::file::liveness::Liveness;
use crate::file::{FileError, RingId};
use crate::layout::constant;
use crate::otlp::{Faults, Resolver};
use crate::reader::{AttachError, FileReader};
use std::time::{Duration, Instant};

/// How long a file whose resource is still being detected is left unread while its writer lives.
const RESOURCE_PATIENCE: Duration = Duration::from_secs(30);

/// What became of an attempt to attach a file.
pub(super) enum Attach {
    Ready(Box<Attached>),
    /// Half made: look again.
    NotYet,
    /// Another reader moves its indices.
    Busy,
    /// Beyond use.
    SetAside(FileError),
}

/// A request of the writer to have everything up to these indices exported.
struct FlushRequest {
    epoch: u64,
    spans: i64,
}

/// A file whose reader lock this process holds.
pub(super) struct Attached {
    pub(super) reader: FileReader,
    pub(super) resolver: Resolver,
    /// It may be removed when it is done with.
    in_directory: bool,
    checkpoints: Checkpoints,
    released: i64,
    flush: Option<FlushRequest>,
    acknowledged_epoch: u64,
    since: Instant,
    /// It was exhausted at the last look: if a next generation exists, it has been found by now.
    was_exhausted: bool,
    /// Wall clock of the last look that found the writer alive, 0 for none.
    last_alive: u64,
}

impl Attached {
    pub(super) fn open(found: &Found, dead_slot_timeout: Duration) -> Attach {
        let reader = match FileReader::attach(&found.path, dead_slot_timeout) {
            Ok(reader) => reader,
            Err(AttachError::Locked) => return Attach::Busy,
            Err(AttachError::File(error)) if error.may_become_ready() => return Attach::NotYet,
            Err(AttachError::File(error)) => return Attach::SetAside(error),
        };
        let attached = Self {
            released: reader.cursor(RingId::Spans),
            // what an earlier reader acknowledged is done; what it did not, this one will
            acknowledged_epoch: 0,
            reader,
            resolver: Resolver::default(),
            in_directory: found.in_directory,
            checkpoints: Checkpoints::default(),
            flush: None,
            since: Instant::now(),
            was_exhausted: false,
            last_alive: 0,
        };
        Attach::Ready(Box::new(attached))
    }

    /// Slow chores after a look for new files: the writer's life, our heartbeat.
    pub(super) fn tend(&mut self, unix_nanos: u64) {
        self.was_exhausted = self.is_exhausted();
        self.reader.check_liveness();
        if self.reader.liveness() == Liveness::Alive {
            self.last_alive = unix_nanos;
        }
        self.reader.store_heartbeat(unix_nanos);
    }

    /// The writer asked for a flush that is not acknowledged yet.
    #[inline]
    pub(super) fn wants_flush(&mut self) -> bool {
        let Some(block) = self.reader.file().extension() else {
            return false;
        };
        let epoch = block.flush_epoch();
        let newest = self.flush.as_ref().map_or(self.acknowledged_epoch, |flush| flush.epoch);
        if epoch > newest {
            // the epoch was read first, so this index covers everything written before the request
            let spans = self.reader.file().ring(RingId::Spans).writer_index();
            self.flush = Some(FlushRequest { epoch, spans });
        }
        self.flush.is_some()
    }

    /// The resource may still change, and it is worth waiting for.
    #[inline]
    pub(super) fn waits_for_resource(&self, now: Instant) -> bool {
        let pending = self
            .reader
            .file()
            .extension()
            .is_some_and(|block| !block.resource_settled());
        pending && !self.reader.is_final() && now.duration_since(self.since) < RESOURCE_PATIENCE
    }

    /// Has the resource that the block names stand for every scope.
    #[inline]
    pub(super) fn apply_resource(&mut self, faults: &mut Faults) {
        let Some((reference, schema_url_ref)) = self.reader.resource_refs() else {
            return;
        };
        // a resource that cannot be read leaves the scopes their own
        let _ = self
            .resolver
            .set_resource_override(&mut self.reader, faults, reference, schema_url_ref);
    }

    /// Everything read so far is in pieces up to `sequence`.
    pub(super) fn checkpoint(&mut self, sequence: u64, watermark: u64) {
        let cursor = self.reader.cursor(RingId::Spans);
        if cursor > self.released {
            self.checkpoints.mark(sequence, cursor);
        }
        self.release(watermark);
    }

    /// Gives back what pieces up to `watermark` hold, and answers a flush when all that it asked for is given back.
    pub(super) fn release(&mut self, watermark: u64) {
        if let Some(index) = self.checkpoints.acknowledged(watermark) {
            self.reader.release(RingId::Spans, index);
            self.released = index;
        }
        if let Some(flush) = self.flush.take_if(|flush| self.released >= flush.spans) {
            self.acknowledged_epoch = flush.epoch;
            self.reader.acknowledge_epoch(flush.epoch);
        }
    }

    /// The writer began anew: other records stand under the same indices.
    ///
    /// # Errors
    /// The file is not (yet) right.
    pub(super) fn restart(&mut self) -> Result<(), FileError> {
        self.reader.restart()?;
        self.resolver = Resolver::default();
        let cursor = self.reader.cursor(RingId::Spans);
        if cursor < self.released {
            self.checkpoints = Checkpoints::default();
            self.released = cursor;
        }
        Ok(())
    }

    /// Its writer will add nothing, and every span record is taken.
    pub(super) fn is_exhausted(&self) -> bool {
        self.reader.is_final() && self.reader.is_at_end(RingId::Spans)
    }

    /// It was exhausted before the last look, and is: a next generation, which is made before its predecessor is closed, would
    /// be known.
    pub(super) fn is_surely_exhausted(&self) -> bool {
        self.was_exhausted && self.is_exhausted()
    }

    /// When the writer was last found alive, nanoseconds since the Unix epoch.
    pub(super) fn last_alive(&self) -> u64 {
        self.last_alive
    }

    /// Nothing waits for an acknowledgement.
    pub(super) fn is_released(&self) -> bool {
        self.checkpoints.is_empty()
    }

    /// It is one of ours, lies in a watched folder, and holds nothing for any reader: it may go.
    pub(super) fn is_removable(&self) -> bool {
        let done_with = self.reader.is_drained() && !self.reader.has_open_cells();
        self.in_directory && self.reader.identity().is_some() && done_with && self.reader.is_in_place()
    }

    /// What its writer counted as lost so far, by reason.
    pub(super) fn writer_drops(&self) -> [u64; constant::DROP_REASONS as usize] {
        let mut drops = [0; constant::DROP_REASONS as usize];
        if let Some(block) = self.reader.file().extension() {
            for (reason, count) in drops.iter_mut().enumerate() {
                *count = RingId::ALL.iter().map(|&ring| block.drops(ring, reason as u32)).sum();
            }
        }
        drops
    }
}
