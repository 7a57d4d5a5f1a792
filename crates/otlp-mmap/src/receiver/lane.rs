//! One signal of one producer: from the records of its ring to pieces.

use super::attached::Attached;
use super::producer::{Pass, Progress};
use super::run::Outlet;
use super::{Level, ReceiverStats};
use crate::file::RingId;
use crate::otlp::{Piece, Resolver, Signal};
use crate::reader::{FileReader, Next};
use std::time::{Duration, Instant};

/// Records taken from one ring before the others have their turn.
const RECORDS_PER_PASS: usize = 8192;

/// Slots are given back when their records are acknowledged, so a batch must not wait for its timer while a ring fills: a
/// piece is urgent when this part of the ring was read since the last one.
pub(super) const HURRY_FRACTION: u64 = 4;

/// How long a few items wait for more before they are handed over as a piece: each costs the consumer a call.
const LINGER: Duration = Duration::from_millis(25);

/// Bytes after which a piece is handed over: a batch of a few pieces is what destinations take in one request.
const PIECE_BYTES: usize = 1 << 20;

/// A slot of a living writer that stays unpublished for so long is worth a line in the log.
const LONG_WAIT: Duration = Duration::from_secs(10);

/// What makes OTLP of the records of one ring.
pub(super) trait Encode {
    /// Where its records stand.
    const RING: RingId;
    /// What becomes of them.
    const SIGNAL: Signal;

    /// Takes one record of a file. One that cannot be decoded is counted.
    fn record(&mut self, resolver: &mut Resolver, reader: &mut FileReader, record: &[u8]);
    /// Items gathered since the last cut.
    fn items(&self) -> u32;
    /// Bytes that these take.
    fn bytes(&self) -> usize;
    /// Puts what is gathered into `piece`; false if there is nothing.
    fn cut(&mut self, piece: &mut Piece) -> bool;
}

/// The indices of this ring cannot be right.
pub(super) struct Broken(pub(super) RingId);

/// The way of one signal.
#[derive(Default)]
pub(super) struct Lane<E> {
    pub(super) encode: E,
    /// Newest piece handed over.
    sequence: u64,
    /// When the oldest item that is not handed over was encoded.
    gathering_since: Option<Instant>,
    /// Records read since a piece was last handed over as urgent.
    unhurried: u64,
    records: u64,
    quarantined: u64,
    skipped: u64,
    long_wait_told: bool,
}

impl<E: Encode> Lane<E> {
    pub(super) fn new(encode: E) -> Self {
        Self {
            encode,
            sequence: 0,
            gathering_since: None,
            unhurried: 0,
            records: 0,
            quarantined: 0,
            skipped: 0,
            long_wait_told: false,
        }
    }

    /// Reads what is new in `file`; `record` is a buffer. With `urgent` nothing waits for more.
    pub(super) fn read(
        &mut self,
        file: &mut Attached,
        outlet: &mut Outlet<'_>,
        pass: &Pass<'_>,
        urgent: bool,
        record: &mut Vec<u8>,
    ) -> Result<Progress, Broken> {
        let slots = file.reader.file().ring(E::RING).geometry().num_buffers();
        let mut taken = 0;
        let mut at_end = false;
        while taken < RECORDS_PER_PASS && !self.is_full(pass) {
            match file.reader.next(E::RING, pass.now, record) {
                Next::Record => {
                    let Attached { reader, resolver, .. } = &mut *file;
                    self.encode.record(resolver, reader, record);
                    self.records += 1;
                }
                Next::Quarantined => self.quarantined += 1,
                Next::Skipped => self.skipped += 1,
                Next::Empty | Next::Waiting => {
                    at_end = true;
                    break;
                }
                Next::Broken => return Err(Broken(E::RING)),
            }
            taken += 1;
        }
        self.unhurried += taken as u64;
        let urgent = urgent || self.unhurried >= slots / HURRY_FRACTION;
        if self.encode.items() == 0 {
            if taken > 0 {
                self.checkpoint(file, outlet);
            }
        } else {
            let since = *self.gathering_since.get_or_insert(pass.now);
            let lingered = urgent || pass.now.saturating_duration_since(since) >= LINGER;
            if self.is_full(pass) || (at_end && lingered) {
                self.hand(Some(file), outlet, urgent);
            }
        }
        Ok(match taken {
            0 => Progress::Nothing,
            _ if !at_end || taken as u64 >= slots / HURRY_FRACTION => Progress::Plenty,
            _ => Progress::Some,
        })
    }

    /// Hands over what is gathered; what was read of `file` until now depends on it.
    pub(super) fn hand(&mut self, file: Option<&mut Attached>, outlet: &mut Outlet<'_>, urgent: bool) {
        self.gathering_since = None;
        let mut piece = Piece::default();
        if self.encode.cut(&mut piece) {
            self.sequence = outlet.hand(E::SIGNAL, piece, urgent);
            if urgent {
                self.unhurried = 0;
            }
        }
        if let Some(file) = file {
            self.checkpoint(file, outlet);
        }
    }

    fn checkpoint(&self, file: &mut Attached, outlet: &Outlet<'_>) {
        file.checkpoint(E::RING, self.sequence, outlet.in_flight.watermark());
    }

    /// What is encoded is as much as a piece should hold.
    #[inline]
    fn is_full(&self, pass: &Pass<'_>) -> bool {
        self.encode.items() >= pass.options.max_items || self.encode.bytes() >= PIECE_BYTES
    }

    /// Logs, once, that a living writer left a slot unpublished for long.
    pub(super) fn tell_long_wait(&mut self, file: &Attached, outlet: &mut Outlet<'_>, now: Instant) {
        let waits = file
            .reader
            .waiting_since(E::RING)
            .is_some_and(|since| now.duration_since(since) > LONG_WAIT);
        if waits && !self.long_wait_told {
            let path = file.reader.file().path().display();
            let ring = E::RING.name();
            outlet.log(
                Level::Warn,
                format!("{path}: a slot of its {ring} ring was claimed and not published for {LONG_WAIT:?} by a living process; the ring waits there"),
            );
        }
        self.long_wait_told = waits;
    }

    /// Adds this signal's counts.
    pub(super) fn add_to(&self, stats: &mut ReceiverStats) {
        stats.records[E::RING as usize] += self.records;
        stats.records_quarantined += self.quarantined;
        stats.slots_skipped += self.skipped;
    }
}
