//! Records of one span, one after the other, and the span that comes out.
#![allow(dead_code, clippy::allow_attributes, reason = "each test target uses a part")]

use otlp_mmap::otlp::{Assembler, AssemblerOptions, Outcome, Piece, RecordError, Resolver, TraceEncoder};

use crate::decoded::{self, Span};
use crate::records::{Dictionary, Message, span_event};

pub const TRACE: [u8; 16] = [7; 16];
pub const SPAN: [u8; 8] = [9; 8];

/// An assembler on one file.
pub struct Bench {
    pub assembler: Assembler,
    pub resolver: Resolver,
    pub encoder: TraceEncoder,
    pub file: Dictionary,
}

impl Bench {
    pub fn new(options: AssemblerOptions) -> Self {
        Self {
            assembler: Assembler::new(options),
            resolver: Resolver::new(),
            encoder: TraceEncoder::new(),
            file: Dictionary::new(),
        }
    }

    pub fn record(&mut self, record: &[u8]) -> Result<Outcome, RecordError> {
        self.assembler
            .record(&mut self.resolver, &mut self.file, record, &mut self.encoder)
    }

    pub fn event(&mut self, scope: i64, field: u32, message: &Message) -> Result<Outcome, RecordError> {
        self.record(&span_event(&TRACE, &SPAN, scope, field, message).0)
    }

    pub fn start(&mut self, message: &Message) {
        assert_eq!(self.event(0, 11, message), Ok(Outcome::Started));
    }

    pub fn cut(&mut self) -> Piece {
        let mut piece = Piece::default();
        self.encoder.cut(&mut piece);
        piece
    }

    /// Ends the span and gives it decoded.
    pub fn end(&mut self) -> Span {
        assert_eq!(self.event(0, 12, &Message::new().fixed64(8, 2)), Ok(Outcome::Finished));
        let mut groups = decoded::request(&self.cut().bytes);
        groups.pop().and_then(|mut group| group.spans.pop()).expect("a span")
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new(AssemblerOptions::default())
    }
}

pub fn string(text: &str) -> Message {
    Message::new().bytes(1, text)
}
