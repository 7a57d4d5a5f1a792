//! Bodies of frames: protobuf messages, so that a later version can add to them.

use super::ranges::Ranges;
use crate::otlp::Signal;
use crate::wire::{self, Fields, Malformed};

mod piece {
    pub const SIGNAL: u32 = 1;
    pub const ITEMS: u32 = 2;
    pub const STREAM: u32 = 3;
    pub const ENDPOINT: u32 = 5;
    /// The last field, so that the bytes need not be copied to be framed.
    pub const OTLP: u32 = 4;
}

mod spans {
    pub const STREAM: u32 = 1;
    pub const OTLP: u32 = 2;
    pub const IDS: u32 = 3;
}

mod position {
    pub const STREAM: u32 = 1;
    pub const FILE: u32 = 2;
    pub const GENERATION: u32 = 3;
    pub const INDICES: u32 = 4;
    pub const LAST_SEEN: u32 = 5;
    pub const PATH: u32 = 6;
}

mod destination {
    pub const NAME: u32 = 1;
    pub const RANGES: u32 = 2;
}

mod note {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
}

/// Bytes of a span's ids: the trace's, then its own.
pub const SPAN_IDS: usize = 24;

/// Up to where one producer's records are in the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The file that was being read, by what tells it from any other file.
    pub file: Vec<u8>,
    /// Its generation; files of earlier ones are read to their end.
    pub generation: u64,
    /// Last index taken of each ring, in the order of the sections; −1 before the first.
    pub indices: [i64; 3],
    /// When the producer was last seen, nanoseconds since the Unix epoch; 0 if that is not known.
    pub last_seen: u64,
    /// Where the file was, for messages.
    pub path: String,
}

impl Position {
    pub(super) fn encode(&self, stream: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + self.path.len());
        wire::put_bytes(&mut out, position::STREAM, stream);
        wire::put_bytes(&mut out, position::FILE, &self.file);
        wire::put_uint(&mut out, position::GENERATION, self.generation);
        for index in self.indices {
            wire::put_fixed64(&mut out, position::INDICES, index as u64);
        }
        wire::put_fixed64(&mut out, position::LAST_SEEN, self.last_seen);
        wire::put_bytes(&mut out, position::PATH, self.path.as_bytes());
        out
    }

    pub(super) fn decode(body: &[u8]) -> Result<(Vec<u8>, Self), Malformed> {
        let mut stream = Vec::new();
        let mut found = Self {
            indices: [-1; 3],
            ..Self::default()
        };
        let mut rings = found.indices.iter_mut();
        for field in Fields::new(body) {
            match field? {
                (position::STREAM, v) => stream = v.bytes()?.to_vec(),
                (position::FILE, v) => found.file = v.bytes()?.to_vec(),
                (position::GENERATION, v) => found.generation = v.varint()?,
                (position::INDICES, v) => {
                    let index = v.fixed64()? as i64;
                    if let Some(ring) = rings.next() {
                        *ring = index;
                    }
                }
                (position::LAST_SEEN, v) => found.last_seen = v.fixed64()?,
                (position::PATH, v) => found.path = String::from_utf8_lossy(v.bytes()?).into_owned(),
                _ => {}
            }
        }
        Ok((stream, found))
    }
}

/// What stands before a piece's OTLP bytes in its frame's body.
pub(super) fn piece_prefix(signal: Signal, items: u32, stream: &str, endpoint: &str, length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + stream.len() + endpoint.len());
    wire::put_uint(&mut out, piece::SIGNAL, signal_number(signal));
    wire::put_uint(&mut out, piece::ITEMS, items.into());
    if !stream.is_empty() {
        wire::put_bytes(&mut out, piece::STREAM, stream.as_bytes());
    }
    if !endpoint.is_empty() {
        wire::put_bytes(&mut out, piece::ENDPOINT, endpoint.as_bytes());
    }
    wire::put_len(&mut out, piece::OTLP, length);
    out
}

/// A piece as its frame tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PieceEntry<'a> {
    pub(super) signal: Signal,
    pub(super) items: u32,
    pub(super) stream: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) otlp: &'a [u8],
}

impl<'a> PieceEntry<'a> {
    pub(super) fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut found = Self {
            signal: Signal::Traces,
            items: 0,
            stream: "",
            endpoint: "",
            otlp: &[],
        };
        for field in Fields::new(body) {
            match field? {
                (piece::SIGNAL, v) => found.signal = signal_of(v.varint()?)?,
                (piece::ITEMS, v) => found.items = u32::try_from(v.varint()?).map_err(|_| Malformed)?,
                (piece::STREAM, v) => found.stream = std::str::from_utf8(v.bytes()?).map_err(|_| Malformed)?,
                (piece::ENDPOINT, v) => found.endpoint = std::str::from_utf8(v.bytes()?).map_err(|_| Malformed)?,
                (piece::OTLP, v) => found.otlp = v.bytes()?,
                _ => {}
            }
        }
        Ok(found)
    }

    /// Signal and items, from the first bytes of the body.
    pub(super) fn peek(prefix: &[u8]) -> Option<(Signal, u32)> {
        let mut fields = Fields::new(prefix);
        let mut next = |number| match fields.next()? {
            Ok((field, v)) if field == number => v.varint().ok(),
            _ => None,
        };
        let signal = signal_of(next(piece::SIGNAL)?).ok()?;
        Some((signal, u32::try_from(next(piece::ITEMS)?).ok()?))
    }
}

pub(super) fn open_spans_prefix(stream: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + stream.len());
    wire::put_bytes(&mut out, spans::STREAM, stream);
    wire::put_len(&mut out, spans::OTLP, length);
    out
}

pub(super) fn gone(stream: &[u8], ids: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + stream.len() + ids.len());
    wire::put_bytes(&mut out, spans::STREAM, stream);
    wire::put_bytes(&mut out, spans::IDS, ids);
    out
}

/// Open spans of a stream, or ids of those that are not open any more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SpansEntry<'a> {
    pub(super) stream: &'a [u8],
    pub(super) otlp: &'a [u8],
    pub(super) ids: &'a [u8],
}

impl<'a> SpansEntry<'a> {
    pub(super) fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut found = Self::default();
        for field in Fields::new(body) {
            match field? {
                (spans::STREAM, v) => found.stream = v.bytes()?,
                (spans::OTLP, v) => found.otlp = v.bytes()?,
                (spans::IDS, v) => found.ids = v.bytes()?,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// A destination's name and numbers of pieces: packed pairs of first and how many more.
pub(super) fn numbers(name: &str, ranges: &Ranges) -> Vec<u8> {
    let mut packed = Vec::new();
    for (first, last) in ranges.iter() {
        wire::put_varint(&mut packed, first);
        wire::put_varint(&mut packed, last - first);
    }
    let mut out = Vec::with_capacity(16 + name.len() + packed.len());
    wire::put_bytes(&mut out, destination::NAME, name.as_bytes());
    wire::put_bytes(&mut out, destination::RANGES, &packed);
    out
}

pub(super) fn decode_numbers(body: &[u8]) -> Result<(String, Ranges), Malformed> {
    let (mut name, mut ranges) = (String::new(), Ranges::default());
    for field in Fields::new(body) {
        match field? {
            (destination::NAME, v) => name = String::from_utf8_lossy(v.bytes()?).into_owned(),
            (destination::RANGES, v) => {
                let mut packed = v.bytes()?;
                while !packed.is_empty() {
                    let (first, taken) = wire::varint(packed)?;
                    packed = &packed[taken..];
                    let (more, taken) = wire::varint(packed)?;
                    packed = &packed[taken..];
                    ranges.insert(first, first.checked_add(more).ok_or(Malformed)?);
                }
            }
            _ => {}
        }
    }
    Ok((name, ranges))
}

pub(super) fn note(key: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + key.len() + value.len());
    wire::put_bytes(&mut out, note::KEY, key.as_bytes());
    wire::put_bytes(&mut out, note::VALUE, value);
    out
}

pub(super) fn decode_note(body: &[u8]) -> Result<(String, Vec<u8>), Malformed> {
    let (mut key, mut value) = (String::new(), Vec::new());
    for field in Fields::new(body) {
        match field? {
            (note::KEY, v) => key = String::from_utf8_lossy(v.bytes()?).into_owned(),
            (note::VALUE, v) => value = v.bytes()?.to_vec(),
            _ => {}
        }
    }
    Ok((key, value))
}

/// Numbers of the format.
fn signal_number(signal: Signal) -> u64 {
    match signal {
        Signal::Traces => 1,
        Signal::Logs => 2,
        Signal::Metrics => 3,
    }
}

fn signal_of(number: u64) -> Result<Signal, Malformed> {
    [Signal::Traces, Signal::Logs, Signal::Metrics]
        .into_iter()
        .find(|&signal| signal_number(signal) == number)
        .ok_or(Malformed)
}
