//! What tells producers apart, here and in the journal.

use super::attached::Attached;
use super::discovery::{Found, Inode};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Stands in the journal between a file's inode and its path.
const FILE_KEY: &[u8] = b"file:///";

/// One producer: the stream of files with our block, the file itself otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ProducerKey {
    Stream([u8; 16]),
    File(Inode, PathBuf),
}

impl ProducerKey {
    /// As the journal knows the producer.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Stream(id) => id.to_vec(),
            // longer than a stream's id
            Self::File(inode, path) => [&inode.to_le_bytes()[..], FILE_KEY, path.as_os_str().as_bytes()].concat(),
        }
    }

    /// The reverse; None for bytes that no producer has.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Ok(id) = bytes.try_into() {
            return Some(Self::Stream(id));
        }
        let (inode, rest) = bytes.split_first_chunk::<8>()?;
        let path = OsStr::from_bytes(rest.strip_prefix(FILE_KEY)?);
        Some(Self::File(Inode::from_le_bytes(*inode), PathBuf::from(path)))
    }

    pub(super) fn of(attached: &Attached, found: &Found) -> Self {
        match attached.reader.identity() {
            Some(identity) => Self::Stream(identity.stream_id),
            None => Self::File(found.inode, found.path.clone()),
        }
    }
}
