//! One signal of one producer: from the records of its ring to pieces.

use super::attached::Attached;
use super::keeper::Kept;
use super::outlet::Outlet;
use super::visit::{HURRY_FRACTION, Pass, Progress};
use super::{Level, ReceiverStats};
use crate::file::RingId;
use crate::otlp::{Piece, Resolver, Signal};
use crate::reader::{FileReader, Next};
use std::time::{Duration, Instant};

/// Records taken from one ring before the others have their turn.
const RECORDS_PER_PASS: usize = 8192;

/// Less than this part of a ring at a visit is little: visits may be rarer.
const FEW_FRACTION: u64 = 16;

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

    /// Puts what is begun and changed since it was saved into `piece`, for the journal alone.
    fn open(&self, _piece: &mut Piece) {}
    /// Ids of what was saved so and is over.
    fn gone(&self) -> &[u8] {
        &[]
    }
    /// That is in the journal now, in this segment.
    fn saved(&mut self, _segment: u64) {}
    /// When the process was last seen, as its records tell.
    fn last_seen(&self) -> u64 {
        0
    }
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
    /// Records read that are not in the journal.
    unkept: u64,
    /// What was cut and the journal could not take.
    held: Option<(Piece, bool)>,
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
            unkept: 0,
            held: None,
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
        stream: &[u8],
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
        let hurries = self.unhurried >= slots / HURRY_FRACTION;
        if outlet.keeps() {
            self.unkept += taken as u64;
            if self.is_gathering() {
                let since = *self.gathering_since.get_or_insert(pass.now);
                let lingered = urgent || pass.now.saturating_duration_since(since) >= LINGER;
                // slots come back with the commit, so a ring that fills is no reason to hurry those who send
                if hurries || self.is_full(pass) || (at_end && lingered) {
                    self.hand(Some(file), outlet, urgent, stream);
                }
            }
            return Ok(progress(taken, at_end, slots));
        }
        let urgent = urgent || hurries;
        if self.encode.items() == 0 {
            if taken > 0 {
                self.checkpoint(file, outlet);
            }
        } else {
            let since = *self.gathering_since.get_or_insert(pass.now);
            let lingered = urgent || pass.now.saturating_duration_since(since) >= LINGER;
            if self.is_full(pass) || (at_end && lingered) {
                self.hand(Some(file), outlet, urgent, stream);
            }
        }
        Ok(progress(taken, at_end, slots))
    }

    /// Hands over what is gathered; what was read of `file` until now depends on it.
    pub(super) fn hand(&mut self, file: Option<&mut Attached>, outlet: &mut Outlet<'_>, urgent: bool, stream: &[u8]) {
        self.gathering_since = None;
        if outlet.keeps() {
            self.keep(file, outlet, urgent, stream);
            return;
        }
        let mut piece = outlet.piece(self.encode.bytes());
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

    /// Puts what is gathered into the journal, gives back its slots and hands it over. If the journal does not take it, it is held, and
    /// nothing more is to be read until it is taken.
    fn keep(&mut self, file: Option<&mut Attached>, outlet: &mut Outlet<'_>, urgent: bool, stream: &[u8]) {
        let mut open = Piece::default();
        let mut piece = outlet.piece(self.encode.bytes());
        if self.encode.cut(&mut piece) {
            if let Some((held, _)) = &mut self.held {
                // what is over must be in the journal with the piece that says so
                held.join(&piece);
            } else {
                self.held = Some((piece, urgent));
            }
        }
        self.encode.open(&mut open);
        let gone = self.encode.gone();
        if self.held.is_none() && open.bytes.is_empty() && gone.is_empty() && self.unkept == 0 {
            return;
        }
        let position = file
            .as_ref()
            .map(|file| file.position(E::RING, self.encode.last_seen()));
        let endpoint = outlet.endpoint(E::SIGNAL);
        let kept = Kept {
            stream,
            signal: E::SIGNAL,
            points_of: "",
            endpoint: &endpoint,
            piece: self.held.as_ref().map(|(piece, _)| piece),
            open: &open.bytes,
            gone,
            position,
            note: None,
        };
        let Ok(keep) = outlet.keep(kept) else {
            return;
        };
        // only now: what is given back is in the journal
        if let Some(file) = file {
            file.kept(E::RING);
        }
        if let Some((piece, urgent)) = self.held.take() {
            outlet.hand_kept(&keep, E::SIGNAL, piece, urgent, String::new(), endpoint);
        }
        self.encode.saved(keep.segment);
        self.unkept = 0;
        self.unhurried = 0;
    }

    /// The journal did not take what was cut.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Something was read that is neither handed over nor in the journal. Its file is not let go before.
    pub(super) fn is_gathering(&self) -> bool {
        self.encode.items() > 0 || self.unkept > 0 || self.held.is_some() || !self.encode.gone().is_empty()
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
        stats.quarantine(E::SIGNAL, self.quarantined);
        stats.slots_skipped += self.skipped;
    }
}

/// What a visit that took so many records brought.
fn progress(taken: usize, at_end: bool, slots: u64) -> Progress {
    match taken {
        0 => Progress::Nothing,
        _ if !at_end || taken as u64 >= slots / HURRY_FRACTION => Progress::Plenty,
        _ if (taken as u64) < slots / FEW_FRACTION => Progress::Few,
        _ => Progress::Some,
    }
}
