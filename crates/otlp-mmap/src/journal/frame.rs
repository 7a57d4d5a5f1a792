//! Frames: what a segment consists of after its header.

/// Frames begin at multiples of this.
pub(super) const ALIGNMENT: u64 = 8;
/// Bytes of a frame's header.
pub(super) const HEADER: usize = 32;
/// Marks a frame, so that one can be found behind damage without a checksum for every offset.
const MARK: u16 = 0x4c4a;
/// A reader that does not know the kind may go past the frame.
const MAY_IGNORE: u8 = 1;

/// What a frame holds. Numbers of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Piece = 1,
    OpenSpans = 2,
    Gone = 3,
    Position = 4,
    Forget = 5,
    Destination = 6,
    Acknowledged = 7,
    ForgetDestination = 8,
    Note = 9,
    Commit = 15,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        [
            Self::Piece,
            Self::OpenSpans,
            Self::Gone,
            Self::Position,
            Self::Forget,
            Self::Destination,
            Self::Acknowledged,
            Self::ForgetDestination,
            Self::Note,
            Self::Commit,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == number)
    }
}

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// None: of a kind that this version does not know, and may ignore.
    pub(super) kind: Option<Kind>,
    /// Bytes of the body.
    pub(super) length: u32,
    /// The transaction that it belongs to.
    pub(super) transaction: u64,
    /// A piece's number; of a commit, what [`commit_number`] makes.
    pub(super) number: u64,
    /// Checksum of the body.
    pub(super) body: u32,
}

impl Header {
    /// The header's bytes for a frame at `offset` of a segment with this seed.
    pub(super) fn encode(&self, kind: Kind, seed: u32, offset: u64) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = kind as u8;
        bytes[2..4].copy_from_slice(&MARK.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.transaction.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.number.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.body.to_le_bytes());
        let own = own_checksum(seed, offset, &bytes);
        bytes[28..32].copy_from_slice(&own.to_le_bytes());
        bytes
    }

    /// The header in these bytes; None if there is none.
    pub(super) fn decode(bytes: &[u8; HEADER], seed: u32, offset: u64) -> Option<Self> {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        if !is_marked(bytes) || own_checksum(seed, offset, bytes) != u32_at(28) {
            return None;
        }
        let kind = Kind::from_number(bytes[0]);
        if kind.is_none() && bytes[1] & MAY_IGNORE == 0 {
            return None;
        }
        Some(Self {
            kind,
            length: u32_at(4),
            transaction: u64_at(8),
            number: u64_at(16),
            body: u32_at(24),
        })
    }
}

/// The bytes may be a header: a cheap test before [`Header::decode`].
#[inline]
pub(super) fn is_marked(bytes: &[u8; HEADER]) -> bool {
    bytes[2..4] == MARK.to_le_bytes()
}

fn own_checksum(seed: u32, offset: u64, bytes: &[u8; HEADER]) -> u32 {
    checksum(seed, &[&offset.to_le_bytes(), &bytes[..28]])
}

/// CRC-32 (the one of zlib) over all parts, going on from the segment's seed: bytes of the segment's former life do not pass.
pub(super) fn checksum(seed: u32, parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(seed);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Bytes that a frame with such a body takes.
pub(super) fn room(length: usize) -> u64 {
    (HEADER as u64 + length as u64).next_multiple_of(ALIGNMENT)
}

/// What a commit frame says of its transaction: how many frames, and the checksum over their headers' own checksums.
pub(super) fn commit_number(seed: u32, headers: &[u32]) -> u64 {
    let mut hasher = crc32fast::Hasher::new_with_initial(seed);
    for header in headers {
        hasher.update(&header.to_le_bytes());
    }
    (headers.len() as u64) << 32 | u64::from(hasher.finalize())
}
