//! Measurements, as one producer's files tell of them.

use super::lane::Encode;
use crate::file::RingId;
use crate::layout::constant;
use crate::otlp::{MeasurementEncoder, Piece, Resolver, Signal};
use crate::reader::FileReader;

impl Encode for MeasurementEncoder {
    const RING: RingId = RingId::Measurements;
    const SIGNAL: Signal = Signal::Metrics;

    #[inline]
    fn record(&mut self, resolver: &mut Resolver, reader: &mut FileReader, record: &[u8]) {
        let mirrored = u64::from(constant::FEATURE_MEASUREMENTS_MIRRORED);
        // copies of what is counted in the cells
        if reader
            .identity()
            .is_some_and(|identity| identity.features_may & mirrored != 0)
        {
            return;
        }
        // a record that cannot be decoded is counted by the encoder
        let _ = self.record(resolver, reader, record);
    }

    fn items(&self) -> u32 {
        self.items()
    }

    fn bytes(&self) -> usize {
        // bounded by the number of series
        0
    }

    fn cut(&mut self, piece: &mut Piece) -> bool {
        self.cut(piece)
    }
}
