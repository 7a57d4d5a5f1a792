//! The extension block: what this project adds in the gap after the header, invisible to other readers of version 1.

use super::atomic::{AtomicU32, AtomicU64, Ordering};
use super::error::Problem;
use super::identity::{Identity, array_at, u32_at};
use super::mapping::Mapping;
use super::ring::RingId;
use crate::layout::{block, constant, slot};

/// Whether the reader that holds the reader lock sleeps.
const SLEEPING_OF_OWNER: usize = block::READER_SLOTS + slot::SLEEPING;

/// Features that a reader must understand and that this one does: none yet.
const KNOWN_MUST: u64 = 0;

/// Finds the block below the events ring and checks it: its file offset and constant part, or None in a file without one.
pub(super) fn find(mapping: &Mapping, events_offset: u64) -> Result<Option<(u64, Identity)>, Problem> {
    let limit = events_offset.min(u64::from(constant::BLOCK_SEARCH_LIMIT));
    let mut offset = block::FILE_OFFSET as u64;
    while offset + 8 <= limit {
        if mapping.load_u64(offset) == Some(constant::BLOCK_MAGIC) {
            return check(mapping, offset, events_offset).map(|identity| Some((offset, identity)));
        }
        offset += 64;
    }
    Ok(None)
}

fn check(mapping: &Mapping, offset: u64, events_offset: u64) -> Result<Identity, Problem> {
    let room = events_offset - offset;
    let word = |at: usize| mapping.load_u32(offset + at as u64).unwrap_or(0);
    if room < 24 {
        return Err(Problem::BadBlock(format!("{room} bytes for it")));
    }
    let version = word(block::VERSION);
    if version != constant::BLOCK_VERSION {
        return Err(Problem::UnsupportedBlock(version));
    }
    let (length, constant_length) = (word(block::LENGTH), word(block::CONSTANT_LENGTH));
    if u64::from(length) > room || (length as usize) < block::TOTAL_LENGTH {
        return Err(Problem::BadBlock(format!("length {length} in a gap of {room} bytes")));
    }
    if constant_length > length || (constant_length as usize) < block::CONSTANT_END {
        return Err(Problem::BadBlock(format!(
            "constant part of {constant_length} bytes in {length}"
        )));
    }
    let mut bytes = vec![0u8; constant_length as usize];
    if !mapping.copy_out(offset, &mut bytes) {
        return Err(Problem::BadBlock("it reaches beyond the file".to_owned()));
    }
    let stored = u32_at(&bytes, block::CHECKSUM);
    bytes[block::CHECKSUM..block::CHECKSUM + 4].fill(0);
    let computed = crc32fast::hash(&bytes);
    if stored != computed {
        return Err(Problem::BadBlock(format!(
            "checksum {stored:#010x}, its bytes give {computed:#010x}"
        )));
    }
    let identity = Identity::decode(&array_at(&bytes, 0));
    let unknown = identity.features_must & !KNOWN_MUST;
    if unknown != 0 {
        return Err(Problem::UnsupportedFeatures(unknown));
    }
    Ok(identity)
}

/// The extension block of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Extension<'a> {
    mapping: &'a Mapping,
    offset: u64,
    identity: &'a Identity,
}

impl<'a> Extension<'a> {
    pub(super) fn new(mapping: &'a Mapping, offset: u64, identity: &'a Identity) -> Self {
        Self {
            mapping,
            offset,
            identity,
        }
    }

    /// For writers: puts a block into a new file whose bytes are zero; every section is open, the resource pending.
    pub(crate) fn initialise(&self) {
        let _ = self.mapping.copy_in(self.offset, &self.identity.encode());
        for ring in RingId::ALL {
            self.set_state(ring, constant::STATE_OPEN);
        }
        self.set_u32(block::RESOURCE_STATE, constant::RESOURCE_PENDING);
    }

    /// The constant part.
    #[must_use]
    pub fn identity(&self) -> &'a Identity {
        self.identity
    }

    /// `STATE_OPEN` or `STATE_CLOSED` of a ring: closed means that its `writer_index` is final.
    #[must_use]
    pub fn state(&self, ring: RingId) -> u32 {
        self.u32(block::STATE_EVENTS + 4 * ring as usize)
    }

    /// For writers.
    pub fn set_state(&self, ring: RingId, state: u32) {
        self.set_u32(block::STATE_EVENTS + 4 * ring as usize, state);
    }

    /// Every ring is closed: nothing more will be claimed.
    #[must_use]
    pub fn closed(&self) -> bool {
        RingId::ALL
            .iter()
            .all(|ring| self.state(*ring) == constant::STATE_CLOSED)
    }

    /// State of the metric cells: 0 = there never were any, `STATE_OPEN`, or `STATE_CLOSED`: they will not change any more.
    #[must_use]
    pub fn cells_state(&self) -> u32 {
        self.u32(block::STATE_CELLS)
    }

    /// For writers.
    pub(crate) fn set_cells_state(&self, state: u32) {
        self.set_u32(block::STATE_CELLS, state);
    }

    /// File offset of the first instrument, 0 = none.
    #[must_use]
    pub fn first_instrument(&self) -> u64 {
        self.u64(block::SERIES_TABLE_REF)
    }

    /// For writers.
    pub(crate) fn set_first_instrument(&self, offset: u64) {
        self.set_u64(block::SERIES_TABLE_REF, offset);
    }

    /// File offset at which the extents of metric cells begin, 0 = none.
    #[must_use]
    pub fn cell_extents(&self) -> u64 {
        self.u64(block::CELL_EXTENTS_REF)
    }

    /// For writers.
    pub(crate) fn set_cell_extents(&self, offset: u64) {
        self.set_u64(block::CELL_EXTENTS_REF, offset);
    }

    /// Wall clock of the writer's newest tick, nanoseconds since the Unix epoch.
    #[must_use]
    pub fn cells_tick(&self) -> u64 {
        self.u64(block::CELLS_TICK)
    }

    /// For writers.
    pub(crate) fn set_cells_tick(&self, time: u64) {
        self.set_u64(block::CELLS_TICK, time);
    }

    /// What was updated before this time is in collections that were acknowledged: nanoseconds since the Unix epoch.
    #[must_use]
    pub fn cells_collected(&self) -> u64 {
        self.u64(block::CELLS_COLLECTED)
    }

    /// For the reader that moves indices.
    pub fn set_cells_collected(&self, time: u64) {
        self.set_u64(block::CELLS_COLLECTED, time);
    }

    /// The resource is final.
    #[must_use]
    pub fn resource_settled(&self) -> bool {
        self.u32(block::RESOURCE_STATE) == constant::RESOURCE_SETTLED
    }

    /// For writers, after the references were set.
    pub fn set_resource_settled(&self, settled: bool) {
        let state = if settled {
            constant::RESOURCE_SETTLED
        } else {
            constant::RESOURCE_PENDING
        };
        self.set_u32(block::RESOURCE_STATE, state);
    }

    /// Reference of the Resource that stands for every scope of the file; 0 = take the scope's own.
    #[must_use]
    pub fn resource_ref(&self) -> i64 {
        self.u64(block::RESOURCE_REF) as i64
    }

    /// For writers.
    pub fn set_resource_ref(&self, reference: i64) {
        self.set_u64(block::RESOURCE_REF, reference as u64);
    }

    /// Reference of the resource's schema URL, a string; 0 = none.
    #[must_use]
    pub fn resource_schema_url_ref(&self) -> i64 {
        self.u64(block::RESOURCE_SCHEMA_URL_REF) as i64
    }

    /// For writers.
    pub fn set_resource_schema_url_ref(&self, reference: i64) {
        self.set_u64(block::RESOURCE_SCHEMA_URL_REF, reference as u64);
    }

    /// Reference of the app's settings, a Resource message; 0 = none.
    #[must_use]
    pub fn settings_ref(&self) -> i64 {
        self.u64(block::SETTINGS_REF) as i64
    }

    /// For writers.
    pub fn set_settings_ref(&self, reference: i64) {
        self.set_u64(block::SETTINGS_REF, reference as u64);
    }

    /// Asks for the cache line of what changes with each commit, flush and long value, to be read soon.
    #[inline]
    pub(crate) fn expect_signs(&self) {
        self.mapping
            .expect_read(self.offset + block::FLUSH_EPOCH as u64, size_of::<u64>());
    }

    /// How often the writer asked for everything written so far to be exported.
    #[must_use]
    pub fn flush_epoch(&self) -> u64 {
        self.u64(block::FLUSH_EPOCH)
    }

    /// For writers, in a new file: the numbers go on from the file before.
    pub(crate) fn set_flush_epoch(&self, epoch: u64) {
        self.set_u64(block::FLUSH_EPOCH, epoch);
    }

    /// For writers: asks again; returns the number to wait for.
    #[must_use]
    pub fn request_flush(&self) -> u64 {
        self.atomic_u64(block::FLUSH_EPOCH)
            .map_or(0, |word| word.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// Wall clock of the newest commit, nanoseconds since the Unix epoch; 0 = none yet.
    #[must_use]
    pub fn last_commit(&self) -> u64 {
        self.u64(block::LAST_COMMIT)
    }

    /// For writers. An earlier time than the one that stands there is ignored: clocks of different grain take turns.
    #[inline]
    pub fn set_last_commit(&self, time: u64) {
        if let Some(word) = self.atomic_u64(block::LAST_COMMIT)
            && word.load(Ordering::Relaxed) < time
        {
            word.store(time, Ordering::Relaxed);
        }
    }

    /// For writers, after a commit or a request: wakes the reader that moves indices, if it sleeps. A load, else.
    #[inline]
    pub(crate) fn wake_reader(&self) {
        if self.u32(SLEEPING_OF_OWNER) != 0 {
            self.touch();
        }
    }

    /// The reader hears of it from the system, as of every file in a folder that it watches.
    #[cold]
    fn touch(&self) {
        let Some(word) = self.mapping.atomic_u32(self.offset + SLEEPING_OF_OWNER as u64) else {
            return;
        };
        if word.swap(0, Ordering::AcqRel) != 0 {
            // refused, it is not told: a reader looks now and then all the same
            let _ = self.mapping.touch();
        }
    }

    /// Where the next entry of the spill ring begins.
    #[must_use]
    pub fn spill_head(&self) -> u64 {
        self.u64(block::SPILL_HEAD)
    }

    /// The oldest entry of the spill ring that the writer keeps.
    #[must_use]
    pub fn spill_tail(&self) -> u64 {
        self.u64(block::SPILL_TAIL)
    }

    /// For writers.
    pub(crate) fn set_spill_positions(&self, tail: u64, head: u64) {
        self.set_u64(block::SPILL_TAIL, tail);
        self.set_u64(block::SPILL_HEAD, head);
    }

    /// Records lost by the writer, by ring and `DROP_*` reason.
    #[must_use]
    pub fn drops(&self, ring: RingId, reason: u32) -> u64 {
        if reason >= constant::DROP_REASONS {
            return 0;
        }
        self.u64(drop_offset(ring, reason))
    }

    /// For writers: counts losses. An unknown reason counts nothing.
    pub fn add_drops(&self, ring: RingId, reason: u32, count: u64) {
        if reason < constant::DROP_REASONS
            && let Some(word) = self.atomic_u64(drop_offset(ring, reason))
        {
            word.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// One of the four reader slots; slot 0 belongs to the reader that holds the reader lock.
    #[must_use]
    pub fn reader_slot(&self, index: usize) -> Option<ReaderSlot<'a>> {
        (index < 4).then(|| ReaderSlot {
            mapping: self.mapping,
            offset: self.offset + (block::READER_SLOTS + slot::STRIDE * index) as u64,
        })
    }

    fn u32(&self, offset: usize) -> u32 {
        self.mapping.load_u32(self.offset + offset as u64).unwrap_or(0)
    }

    fn u64(&self, offset: usize) -> u64 {
        self.mapping.load_u64(self.offset + offset as u64).unwrap_or(0)
    }

    fn atomic_u64(&self, offset: usize) -> Option<&'a AtomicU64> {
        self.mapping.atomic_u64(self.offset + offset as u64)
    }

    fn set_u32(&self, offset: usize, value: u32) {
        if let Some(word) = self.mapping.atomic_u32(self.offset + offset as u64) {
            word.store(value, Ordering::Release);
        }
    }

    fn set_u64(&self, offset: usize, value: u64) {
        if let Some(word) = self.atomic_u64(offset) {
            word.store(value, Ordering::Release);
        }
    }
}

fn drop_offset(ring: RingId, reason: u32) -> usize {
    block::DROPS + 8 * (ring as usize * constant::DROP_REASONS as usize + reason as usize)
}

/// Where a reader tells the writer of itself. Readers store, writers load.
#[derive(Debug, Clone, Copy)]
pub struct ReaderSlot<'a> {
    mapping: &'a Mapping,
    offset: u64,
}

impl ReaderSlot<'_> {
    /// Random id of the reader; 0 = free.
    #[must_use]
    pub fn reader_id(&self) -> u64 {
        self.load(slot::READER_ID)
    }

    /// For readers: takes the slot.
    pub fn occupy(&self, reader_id: u64, pid: u32) {
        if let Some(word) = self.atomic_u32(slot::PID) {
            word.store(pid, Ordering::Relaxed);
        }
        self.store(slot::READER_ID, reader_id);
    }

    /// Wall clock of the last visit, nanoseconds since the Unix epoch; 0 = never.
    #[must_use]
    pub fn heartbeat(&self) -> u64 {
        self.load(slot::HEARTBEAT)
    }

    /// For readers, at least once a second.
    pub fn set_heartbeat(&self, time: u64) {
        self.store(slot::HEARTBEAT, time);
    }

    /// Newest flush epoch whose records every destination acknowledged.
    #[must_use]
    pub fn acknowledged_epoch(&self) -> u64 {
        self.load(slot::ACKNOWLEDGED_EPOCH)
    }

    /// For readers.
    pub fn set_acknowledged_epoch(&self, epoch: u64) {
        self.store(slot::ACKNOWLEDGED_EPOCH, epoch);
    }

    /// The reader sleeps until the file is touched, and its writer, which sets this back, has not yet done so.
    #[must_use]
    pub fn is_sleeping(&self) -> bool {
        let word = self.mapping.load_u32(self.offset + slot::SLEEPING as u64);
        word.is_some_and(|word| word != 0)
    }

    /// For readers. What the writer commits within the same instant may go untold: look at the file once more before the sleep.
    pub fn set_sleeping(&self, sleeping: bool) {
        if let Some(word) = self.atomic_u32(slot::SLEEPING) {
            word.store(u32::from(sleeping), Ordering::Release);
        }
    }

    /// Process id of the reader.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.mapping.load_u32(self.offset + slot::PID as u64).unwrap_or(0)
    }

    fn load(&self, offset: usize) -> u64 {
        self.mapping.load_u64(self.offset + offset as u64).unwrap_or(0)
    }

    fn store(&self, offset: usize, value: u64) {
        if let Some(word) = self.mapping.atomic_u64(self.offset + offset as u64) {
            word.store(value, Ordering::Release);
        }
    }

    fn atomic_u32(&self, offset: usize) -> Option<&AtomicU32> {
        self.mapping.atomic_u32(self.offset + offset as u64)
    }
}
