//! Where what is read goes: to the journal, if there is one, and to whoever consumes pieces.

use super::checkpoint::InFlight;
use super::endpoint::Endpoints;
use super::keeper::{Keep, Keeper, Kept, NotKept, Points};
use super::{Event, HandedPiece, Level, ReceiverStats};
use crate::journal::fail_point::fail_point;
use crate::otlp::{Lender, Piece, PieceBuffer, Signal};
use std::sync::Arc;
use std::time::Instant;

/// Hands pieces over and keeps count of those in flight.
pub(super) struct Outlet<'a> {
    on_event: &'a mut dyn FnMut(Event),
    pub(super) in_flight: InFlight,
    pub(super) stats: ReceiverStats,
    pub(super) keeper: Option<Keeper>,
    /// Pieces go where their app wants them.
    pub(super) trusts: bool,
    /// Where the app that is visited wants them, by signal.
    pub(super) endpoints: Endpoints,
    /// Who lends memory for pieces.
    lender: Option<Arc<dyn Lender>>,
}

impl<'a> Outlet<'a> {
    /// Without a journal so far.
    pub(super) fn new(on_event: &'a mut dyn FnMut(Event), trusts: bool, lender: Option<Arc<dyn Lender>>) -> Self {
        Self {
            on_event,
            in_flight: InFlight::default(),
            stats: ReceiverStats::default(),
            keeper: None,
            trusts,
            endpoints: Endpoints::default(),
            lender,
        }
    }

    /// Memory for a piece of about so many bytes.
    pub(super) fn memory(&self, bytes: usize) -> PieceBuffer {
        let lent = self.lender.as_ref().map(|lender| PieceBuffer::lent(lender, bytes));
        lent.unwrap_or_default()
    }

    /// A piece without items, in memory for about so many bytes.
    pub(super) fn piece(&self, bytes: usize) -> Piece {
        Piece {
            bytes: self.memory(bytes),
            items: 0,
        }
    }

    /// What is read goes to a journal first.
    #[inline]
    pub(super) fn keeps(&self) -> bool {
        self.keeper.is_some()
    }

    /// Where the app that is visited wants a signal sent.
    pub(super) fn endpoint(&self, signal: Signal) -> Arc<str> {
        Arc::clone(&self.endpoints[signal as usize])
    }

    /// Commits to the journal.
    pub(super) fn keep(&mut self, kept: Kept<'_>) -> Result<Keep, NotKept> {
        self.keeper.as_mut().ok_or(NotKept)?.keep(kept)
    }

    /// Hands over a piece that is in the journal, unless it has to wait there.
    pub(super) fn hand_kept(
        &mut self,
        keep: &Keep,
        signal: Signal,
        piece: Piece,
        urgent: bool,
        stream: String,
        endpoint: Arc<str>,
    ) {
        self.stats.items[signal as usize] += u64::from(piece.items);
        if !keep.is_live {
            return;
        }
        fail_point("handing over");
        (self.on_event)(Event::Piece(HandedPiece {
            sequence: keep.number,
            signal,
            piece,
            urgent,
            stream,
            endpoint,
        }));
    }

    /// Hands over a piece: its sequence number.
    pub(super) fn hand(&mut self, signal: Signal, piece: Piece, urgent: bool) -> u64 {
        self.hand_stream(signal, piece, urgent, String::new())
    }

    /// The value that the journal keeps under a key.
    pub(super) fn note(&self, key: &str) -> Option<&[u8]> {
        self.keeper.as_ref()?.note(key)
    }

    /// It is not needed any more.
    pub(super) fn forget_note(&mut self, key: String) {
        if let Some(keeper) = &mut self.keeper {
            keeper.forget_note(key);
        }
    }

    /// Hands over data points of a stream; with a journal, `note` is kept with them.
    pub(super) fn hand_metrics(
        &mut self,
        piece: Piece,
        urgent: bool,
        stream: &str,
        note: Option<(String, Vec<u8>)>,
    ) -> u64 {
        let endpoint = self.endpoint(Signal::Metrics);
        if let Some(keeper) = &mut self.keeper {
            let sequence = keeper.add_points(Points {
                piece,
                urgent,
                stream: stream.to_owned(),
                endpoint,
                note,
            });
            self.keep_points();
            return sequence;
        }
        self.hand_stream(Signal::Metrics, piece, urgent, stream.to_owned())
    }

    fn hand_stream(&mut self, signal: Signal, piece: Piece, urgent: bool, stream: String) -> u64 {
        fail_point("handing over");
        let sequence = self.in_flight.push(piece.bytes.len());
        self.stats.items[signal as usize] += u64::from(piece.items);
        let endpoint = self.endpoint(signal);
        (self.on_event)(Event::Piece(HandedPiece {
            sequence,
            signal,
            piece,
            urgent,
            stream,
            endpoint,
        }));
        sequence
    }

    /// Whether more data points may be collected while so many bytes are the most in flight.
    pub(super) fn has_room_for_points(&self, bytes: usize, now: Instant) -> bool {
        self.keeper.as_ref().map_or_else(
            || self.in_flight.bytes() < bytes,
            |keeper| keeper.has_room_for_points(bytes, now),
        )
    }

    /// Puts data points that wait for it into the journal. False if it does not take them.
    pub(super) fn keep_points(&mut self) -> bool {
        loop {
            let Some(keeper) = &mut self.keeper else { return true };
            match keeper.keep_points() {
                Ok(Some((keep, points))) => {
                    let Points {
                        piece,
                        urgent,
                        stream,
                        endpoint,
                        ..
                    } = points;
                    self.hand_kept(&keep, Signal::Metrics, piece, urgent, stream, endpoint);
                }
                Ok(None) => return true,
                Err(NotKept) => return false,
            }
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        (self.on_event)(event);
    }

    pub(super) fn log(&mut self, level: Level, message: String) {
        (self.on_event)(Event::Log(level, message));
    }
}
