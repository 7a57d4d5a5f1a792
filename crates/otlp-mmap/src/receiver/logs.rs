//! Log records, as one producer's files tell of them.

use super::lane::Encode;
use crate::file::RingId;
use crate::otlp::{LogEncoder, Piece, Resolver, Signal};
use crate::reader::FileReader;

impl Encode for LogEncoder {
    const RING: RingId = RingId::Events;
    const SIGNAL: Signal = Signal::Logs;

    #[inline]
    fn record(&mut self, resolver: &mut Resolver, reader: &mut FileReader, record: &[u8]) {
        // a record that cannot be decoded is counted by the encoder
        let _ = self.record(resolver, reader, record);
    }

    fn items(&self) -> u32 {
        self.items()
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn cut(&mut self, piece: &mut Piece) -> bool {
        self.cut(piece)
    }
}
