//! Segments: the journal's files. Each is mapped, has a header, and then frames.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fail_point::fail_point;
use super::frame;
use crate::clock;
use crate::file::{Access, Inode, Mapping, allocate, private};
use crate::random;

/// First bytes of every segment.
const MAGIC: [u8; 8] = *b"OTLPJRNL";
/// The version of the format that this code writes, and the only one it reads.
pub(super) const VERSION: u32 = 1;
/// Bytes of a segment's header; frames begin there.
pub(super) const HEADER: u64 = 64;

/// What a segment's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// All segments of a journal have the same.
    pub(super) journal: [u8; 16],
    /// Counts up from 1.
    pub(super) number: u64,
    pub(super) length: u64,
    /// Wall clock when it was begun, nanoseconds since the Unix epoch.
    pub(super) created: u64,
    /// Random: where checksums start from.
    pub(super) seed: u32,
}

/// Why a file is not a segment that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Not a segment at all.
    Foreign,
    /// Of another version.
    Version(u32),
    /// The header's checksum does not hold.
    Damaged,
}

impl Identity {
    fn encode(&self) -> [u8; HEADER as usize] {
        let mut bytes = [0; HEADER as usize];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(HEADER as u32).to_le_bytes());
        bytes[16..32].copy_from_slice(&self.journal);
        bytes[32..40].copy_from_slice(&self.number.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.length.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.created.to_le_bytes());
        bytes[56..60].copy_from_slice(&self.seed.to_le_bytes());
        let own = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&own.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HEADER as usize]) -> Result<Self, Unusable> {
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        if bytes[..8] != MAGIC {
            return Err(Unusable::Foreign);
        }
        if u32_at(8) != VERSION {
            return Err(Unusable::Version(u32_at(8)));
        }
        if crc32fast::hash(&bytes[..60]) != u32_at(60) || u64::from(u32_at(12)) != HEADER {
            return Err(Unusable::Damaged);
        }
        let mut journal = [0; 16];
        journal.copy_from_slice(&bytes[16..32]);
        Ok(Self {
            journal,
            number: u64_at(32),
            length: u64_at(40),
            created: u64_at(48),
            seed: u32_at(56),
        })
    }

    /// What the header of the file at `path` says.
    ///
    /// # Errors
    /// What the system says; within, why the file is no segment.
    pub(super) fn read(path: &Path) -> io::Result<Result<Self, Unusable>> {
        use std::os::unix::fs::FileExt;
        let file = open(path, false)?;
        let mut bytes = [0; HEADER as usize];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(Self::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Err(Unusable::Damaged)),
            Err(error) => Err(error),
        }
    }
}

fn open(path: &Path, write: bool) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)
}

/// A segment in memory. Clones share the mapping.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) identity: Identity,
    pub(super) path: PathBuf,
    mapping: Arc<Mapping>,
}

impl Segment {
    /// Makes a segment at `path`, or makes one of `spare`, which is of the same length and will never be read again.
    ///
    /// # Errors
    /// What the system says: `ENOSPC` when there is no room for it.
    pub(super) fn create(
        path: &Path,
        journal: [u8; 16],
        number: u64,
        length: u64,
        spare: Option<Self>,
    ) -> io::Result<Self> {
        let identity = Identity {
            journal,
            number,
            length,
            created: clock::wall_nanos(),
            seed: u128::from_le_bytes(random::bytes()) as u32,
        };
        let from;
        let mapping = if let Some(spare) = spare {
            from = spare.path;
            spare.mapping
        } else {
            from = path.with_extension("new");
            let file = private().create(true).truncate(true).open(&from)?;
            let mapped = allocate(&file, length).and_then(|()| Mapping::new(file, Access::ReadWrite));
            match mapped {
                Ok(mapping) => Arc::new(mapping),
                Err(error) => {
                    let _ = fs::remove_file(&from);
                    return Err(error);
                }
            }
        };
        fail_point("header of a segment");
        if !mapping.copy_in(0, &identity.encode()) {
            return Err(io::Error::other("the file shrank"));
        }
        fail_point("name of a segment");
        fs::rename(&from, path)?;
        Ok(Self {
            identity,
            path: path.to_owned(),
            mapping,
        })
    }

    /// Maps a segment that exists, as long as its header says or, if it was cut off, as it is.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn map(path: &Path, identity: Identity, access: Access) -> io::Result<Self> {
        let file = open(path, access == Access::ReadWrite)?;
        Ok(Self {
            identity,
            path: path.to_owned(),
            mapping: Arc::new(Mapping::new(file, access)?),
        })
    }

    /// Bytes that can be read: no more than the header speaks of.
    pub(super) fn end(&self) -> u64 {
        self.mapping.length().min(self.identity.length)
    }

    /// It was cut off under the mapping: nothing that is written arrives.
    pub(super) fn is_poisoned(&self) -> bool {
        self.mapping.poisoned()
    }

    /// It is mapped for writing, and still whole.
    pub(super) fn is_writable(&self) -> bool {
        self.mapping.access() == Access::ReadWrite && !self.is_poisoned()
    }

    /// Its name still leads to it.
    pub(super) fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Ok(metadata) = self.mapping.file().metadata() else {
            return false;
        };
        Inode::at(&self.path).is_some_and(|there| there.number == metadata.ino() && there.device == metadata.dev())
    }

    #[must_use]
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> bool {
        self.mapping.copy_in(offset, bytes)
    }

    /// Zeros from `offset` on.
    pub(super) fn clear_from(&self, offset: u64) {
        let rest = self.end().saturating_sub(offset);
        // a segment that was cut off has less to clear
        let _ = self.mapping.fill(offset, rest as usize, 0);
    }

    pub(super) fn append_to(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        self.mapping.append_to(offset, length, out)
    }

    /// The frame's header at `offset`, if there is a whole frame of this segment.
    pub(super) fn frame_at(&self, offset: u64) -> Option<(frame::Header, u32)> {
        let mut bytes = [0; frame::HEADER];
        if !self.mapping.copy_out(offset, &mut bytes) || !frame::is_marked(&bytes) {
            return None;
        }
        let header = frame::Header::decode(&bytes, self.identity.seed, offset)?;
        let fits = offset + frame::HEADER as u64 + u64::from(header.length) <= self.end();
        let own = u32::from_le_bytes([bytes[28], bytes[29], bytes[30], bytes[31]]);
        fits.then_some((header, own))
    }

    /// The first whole frame from `offset` on.
    pub(super) fn next_frame(&self, offset: u64) -> Option<u64> {
        let last = self.end().checked_sub(frame::HEADER as u64)?;
        (offset.next_multiple_of(frame::ALIGNMENT)..=last)
            .step_by(frame::ALIGNMENT as usize)
            .find(|&at| self.frame_at(at).is_some())
    }

    /// Waits until these bytes are on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn sync(&self, offset: u64, length: u64) -> io::Result<()> {
        self.mapping.sync(offset, length as usize)
    }
}
