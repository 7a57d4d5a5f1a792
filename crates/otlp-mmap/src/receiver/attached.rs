//! One file that is being read, with what waits for acknowledgement.

use super::checkpoint::{Checkpoints, Settled};
use super::collect::FileCells;
use super::discovery::Found;
use super::outlet::Outlet;
use super::pages::Pages;
use super::visit::{HURRY_FRACTION, Pass};
use super::{ReceiverOptions, ReceiverStats};
use crate::file::liveness::Liveness;
use crate::file::{FileError, RingId};
use crate::journal::Position;
use crate::layout::constant;
use crate::otlp::{Faults, Resolver};
use crate::reader::{AttachError, FileReader};
use std::time::{Duration, Instant};

/// How long a file whose resource is still being detected is left unread while its writer lives.
const RESOURCE_PATIENCE: Duration = Duration::from_secs(30);

/// How long a flush whose records are in the journal waits for destinations that have them in hand.
const FLUSH_PATIENCE: Duration = Duration::from_secs(2);

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

/// The rings whose records are read, each by a lane of the producer.
const READ: [RingId; 3] = RingId::ALL;

/// A request of the writer to have everything up to these indices, by ring, exported.
struct FlushRequest {
    epoch: u64,
    indices: [i64; 3],
    /// Once all of it is given back: the newest piece in the journal then, and when that was. It is waited for until no destination
    /// holds it, but not for long: it is safe.
    given_back: Option<(u64, Instant)>,
}

/// What of one ring waits for acknowledgement.
#[derive(Default)]
struct Unreleased {
    checkpoints: Checkpoints,
    /// Up to this index the slots were given back.
    released: i64,
}

/// A file whose reader lock this process holds.
pub(super) struct Attached {
    pub(super) reader: FileReader,
    pub(super) resolver: Resolver,
    pub(super) cells: FileCells,
    /// It may be removed when it is done with.
    in_directory: bool,
    unreleased: [Unreleased; 3],
    flush: Option<FlushRequest>,
    acknowledged_epoch: u64,
    /// How far the spill ring was filled when [`Self::fills_spill_ring`] was last true.
    spill_head: u64,
    since: Instant,
    /// It was exhausted at the last look: if a next generation exists, it has been found by now.
    was_exhausted: bool,
    /// Wall clock of the last look that found the writer alive, 0 for none.
    last_alive: u64,
    pages: Pages,
}

impl Attached {
    pub(super) fn open(found: &Found, options: &ReceiverOptions) -> Attach {
        let reader = match FileReader::attach(&found.path, options.dead_slot_timeout) {
            Ok(reader) => reader,
            Err(AttachError::Locked) => return Attach::Busy,
            Err(AttachError::File(error)) if error.may_become_ready() => return Attach::NotYet,
            Err(AttachError::File(error)) => return Attach::SetAside(error),
        };
        let attached = Self {
            unreleased: RingId::ALL.map(|ring| Unreleased {
                released: reader.cursor(ring),
                ..Unreleased::default()
            }),
            // what an earlier reader acknowledged is done; what it did not, this one will
            acknowledged_epoch: 0,
            reader,
            resolver: Resolver::default(),
            cells: FileCells::new(options),
            in_directory: found.in_directory,
            flush: None,
            spill_head: 0,
            since: Instant::now(),
            was_exhausted: false,
            last_alive: 0,
            pages: Pages::new(Instant::now()),
        };
        Attach::Ready(Box::new(attached))
    }

    /// Slow chores after a look for new files: the writer's life, our heartbeat.
    pub(super) fn tend(&mut self, now: Instant, unix_nanos: u64) {
        self.was_exhausted = self.is_exhausted();
        self.reader.check_liveness();
        if self.reader.liveness() == Liveness::Alive {
            self.last_alive = unix_nanos;
        }
        self.reader.store_heartbeat(unix_nanos);
        let cursors = READ.map(|ring| self.reader.cursor(ring));
        self.pages.tend(self.reader.file(), cursors, now);
    }

    /// The writer asked for a flush that is not acknowledged yet, and it asked just now.
    #[inline]
    pub(super) fn wants_flush(&mut self) -> (bool, bool) {
        let Some(block) = self.reader.file().extension() else {
            return (false, false);
        };
        let epoch = block.flush_epoch();
        let newest = self.flush.as_ref().map_or(self.acknowledged_epoch, |flush| flush.epoch);
        if epoch > newest {
            // the epoch was read first, so these indices cover everything written before the request
            let indices = RingId::ALL.map(|ring| self.reader.file().ring(ring).writer_index());
            self.flush = Some(FlushRequest {
                epoch,
                indices,
                given_back: None,
            });
        }
        (self.flush.is_some(), epoch > newest)
    }

    /// A part of the spill ring was filled since this was last true: what stands there goes only with the acknowledgement of its
    /// records, so these must not wait for their batch's timer.
    #[inline]
    pub(super) fn fills_spill_ring(&mut self) -> bool {
        let file = self.reader.file();
        let (Some(block), Some(spill)) = (file.extension(), file.spill()) else {
            return false;
        };
        let head = block.spill_head();
        let fills = head.wrapping_sub(self.spill_head) >= spill.length() / HURRY_FRACTION;
        if fills {
            self.spill_head = head;
        }
        fills
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

    /// Everything read so far from `ring` is in pieces up to `sequence`.
    pub(super) fn checkpoint(&mut self, ring: RingId, sequence: u64, watermark: u64) {
        let cursor = self.reader.cursor(ring);
        let unreleased = &mut self.unreleased[ring as usize];
        if cursor > unreleased.released {
            unreleased.checkpoints.mark(sequence, cursor);
        }
        self.release(Settled::up_to(watermark), false);
    }

    /// Collects metrics that are due. True if there is more to do.
    pub(super) fn collect(&mut self, outlet: &mut Outlet<'_>, pass: &Pass<'_>, faults: &mut Faults) -> bool {
        if !self.cells.may_collect(&self.reader, pass.now) || (!pass.flush && self.waits_for_resource(pass.now)) {
            return false;
        }
        self.apply_resource(faults);
        let last_seen = self.reader.last_sign_of_life().max(self.last_alive);
        self.cells.collect(
            &mut self.reader,
            &self.resolver,
            outlet,
            pass.options,
            pass.now,
            last_seen,
        )
    }

    /// Everything read so far from `ring` is in the journal: its slots are given back.
    pub(super) fn kept(&mut self, ring: RingId) {
        let cursor = self.reader.cursor(ring);
        self.reader.release(ring, cursor);
        let unreleased = &mut self.unreleased[ring as usize];
        unreleased.checkpoints = Checkpoints::default();
        unreleased.released = cursor;
    }

    /// What tells the file from any other, and from what another process wrote under its name.
    pub(super) fn file_id(&self) -> Vec<u8> {
        match self.reader.identity() {
            Some(identity) => identity.file_id.to_vec(),
            None => self.reader.start_time().to_le_bytes().to_vec(),
        }
    }

    /// The place up to which records are in the journal when everything read so far from `ring` is.
    pub(super) fn position(&self, ring: RingId, last_seen: u64) -> Position {
        let written = match self.reader.last_commit() {
            0 => last_seen,
            commit => commit,
        };
        let mut indices = [-1; 3];
        for other in RingId::ALL {
            indices[other as usize] = if other == ring {
                self.reader.cursor(ring)
            } else {
                self.unreleased[other as usize].released
            };
        }
        Position {
            file: self.file_id(),
            generation: self.reader.identity().map_or(0, |identity| identity.generation),
            indices,
            last_seen: written.max(self.last_alive),
            path: self.reader.file().path().display().to_string(),
        }
    }

    /// Goes past what is in the journal already. A crash came between its commit and the file's own index.
    pub(super) fn catch_up(&mut self, position: &Position) {
        let generation = self.reader.identity().map(|identity| identity.generation);
        let is_same = position.file == self.file_id();
        let is_older = generation.is_some_and(|generation| generation < position.generation);
        for ring in READ {
            if is_same {
                self.reader.skip_to(ring, position.indices[ring as usize]);
            } else if is_older {
                let end = self.reader.file().ring(ring).writer_index();
                self.reader.skip_to(ring, end);
            }
            self.kept(ring);
        }
    }

    /// Gives back what settled pieces hold, and answers a flush when all that it asked for is given back, metrics are `collected`
    /// and, with a journal, no destination holds a piece of it, or has for 2 s: what waits in the journal is not waited for.
    pub(super) fn release(&mut self, settled: Settled, collected: bool) {
        for ring in READ {
            let unreleased = &mut self.unreleased[ring as usize];
            if let Some(index) = unreleased.checkpoints.acknowledged(settled.watermark) {
                self.reader.release(ring, index);
                unreleased.released = index;
            }
        }
        let released = |flush: &FlushRequest| {
            READ.iter()
                .all(|&ring| self.unreleased[ring as usize].released >= flush.indices[ring as usize])
        };
        if collected
            && self.flush.as_ref().is_some_and(released)
            && let Some(flush) = self.flush.take_if(|flush| {
                let (newest, since) = *flush.given_back.get_or_insert_with(|| (settled.newest, Instant::now()));
                newest <= settled.watermark || since.elapsed() >= FLUSH_PATIENCE
            })
        {
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
        for ring in READ {
            let cursor = self.reader.cursor(ring);
            let unreleased = &mut self.unreleased[ring as usize];
            if cursor < unreleased.released {
                unreleased.checkpoints = Checkpoints::default();
                unreleased.released = cursor;
            }
        }
        Ok(())
    }

    /// Its writer will add nothing, and every record is taken.
    pub(super) fn is_exhausted(&self) -> bool {
        self.reader.is_final() && READ.iter().all(|&ring| self.reader.is_at_end(ring))
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

    /// Every record is taken and given back, and the writer waits for nothing.
    pub(super) fn is_idle(&self) -> bool {
        let is_done =
            |&ring: &RingId| self.reader.is_at_end(ring) && self.unreleased[ring as usize].checkpoints.is_empty();
        self.flush.is_none() && READ.iter().all(is_done)
    }

    /// Nothing waits for an acknowledgement.
    pub(super) fn is_released(&self) -> bool {
        self.cells.is_done(&self.reader)
            && self
                .unreleased
                .iter()
                .all(|unreleased| unreleased.checkpoints.is_empty())
    }

    /// Adds how full its rings are.
    pub(super) fn add_occupancy(&self, stats: &mut ReceiverStats) {
        for id in RingId::ALL {
            let ring = self.reader.file().ring(id);
            let slots = ring.geometry().num_buffers();
            // other processes write these indices: any value is possible
            let waiting = ring.writer_index().saturating_sub(ring.reader_index()).max(0) as u64;
            let waiting = waiting.min(slots);
            stats.ring_records[id as usize] += waiting;
            let fullness = waiting * 1000 / slots.max(1);
            stats.ring_fullest[id as usize] = stats.ring_fullest[id as usize].max(fullness);
        }
    }

    /// It is one of ours, lies in a watched folder, and holds nothing for any reader: it may go.
    pub(super) fn is_removable(&self) -> bool {
        let done_with = self.reader.is_drained() && !self.reader.has_open_cells();
        self.in_directory && self.reader.identity().is_some() && done_with && self.reader.is_in_place()
    }
}

/// What writers counted as lost, by ring and reason.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Drops([[u64; constant::DROP_REASONS as usize]; 3]);

impl Drops {
    /// Adds what the writer of a file counted so far.
    pub(super) fn add(&mut self, file: &Attached) {
        let Some(block) = file.reader.file().extension() else {
            return;
        };
        for ring in RingId::ALL {
            for (reason, total) in self.0[ring as usize].iter_mut().enumerate() {
                *total += block.drops(ring, reason as u32);
            }
        }
    }

    pub(super) fn add_to(&self, stats: &mut ReceiverStats) {
        let totals = stats.writer_drops.iter_mut().flatten();
        for (total, count) in totals.zip(self.0.iter().flatten()) {
            *total += count;
        }
    }
}
