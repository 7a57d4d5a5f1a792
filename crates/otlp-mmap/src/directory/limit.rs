//! Keeps a folder within bounds: the files of dead writers go, oldest first, and what was unread in them is counted.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::filesystem::free_bytes;
use super::memory::limit_bytes;
use super::name::{SUFFIX, is_data_file};
use crate::file::liveness::{self, Liveness};
use crate::file::lock::{Lock, Role};
use crate::file::{Access, FileView, RingId};
use crate::layout::{block, constant};

/// How long a hidden file may be in the making before it counts as left behind.
const MAKING: Duration = Duration::from_secs(60);

/// Bounds of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files.
    pub files: usize,
}

impl Default for Limits {
    /// 256 MiB or a quarter of the memory that the control group allows, and 1024 files.
    fn default() -> Self {
        let memory = limit_bytes().map_or(u64::MAX, |limit| limit / 4);
        Self {
            bytes: memory.min(256 << 20),
            files: 1024,
        }
    }
}

/// What was removed to make room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records in them that no reader had taken, by ring.
    pub unread: [u64; 3],
}

struct Found {
    path: PathBuf,
    bytes: u64,
}

/// Makes room for one more file of `wanted` bytes in `folder`: removes files of dead writers, oldest first, until the limits and
/// the file system allow it. Only files with our extension block go, whose writer is dead and which no reader has locked; and none
/// where that would still be too much for the limits. What was removed is added to `removed`.
///
/// # Errors
/// A sentence, when the files that must stay leave no room.
pub fn make_room(folder: &Path, wanted: u64, limits: Limits, removed: &mut Removed) -> Result<(), String> {
    let files = list(folder);
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let mut count = files.len();
    let crowded = |bytes: u64, count: usize| bytes.saturating_add(wanted) > limits.bytes || count >= limits.files;
    let has_space = || free_bytes(folder).is_none_or(|free| free >= wanted);
    if !crowded(bytes, count) && has_space() {
        return Ok(());
    }
    let refusal = format!(
        "{}: {count} files with {bytes} bytes are in use, and {wanted} more exceed the limit of {} files and {} bytes; raise the limit, or start a collector that drains them",
        folder.display(),
        limits.files,
        limits.bytes
    );
    let mut candidates: Vec<(u64, Found)> = files
        .into_iter()
        .filter_map(|file| Some((last_used(&file.path)?, file)))
        .filter(|(_, file)| is_dead(&file.path))
        .collect();
    let dead: u64 = candidates.iter().map(|(_, file)| file.bytes).sum();
    if crowded(bytes - dead, count - candidates.len()) {
        return Err(refusal);
    }
    candidates.sort_by_key(|(used, _)| *used);
    for (_, file) in candidates {
        let Some(unread) = remove_if_dead(&file.path) else {
            continue;
        };
        removed.files += 1;
        removed.bytes += file.bytes;
        for (total, ring) in removed.unread.iter_mut().zip(unread) {
            *total += ring;
        }
        bytes -= file.bytes;
        count -= 1;
        if !crowded(bytes, count) && has_space() {
            return Ok(());
        }
    }
    // Of space, the file system has the last word, when the file's blocks are allocated.
    if crowded(bytes, count) { Err(refusal) } else { Ok(()) }
}

fn list(folder: &Path) -> Vec<Found> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            let found = entry.path().symlink_metadata().ok()?;
            if !found.is_file() || !name.ends_with(SUFFIX) {
                return None;
            }
            let changed = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let in_the_making = !is_data_file(name) && changed.elapsed().is_ok_and(|age| age < MAKING);
            (!in_the_making).then(|| Found {
                path: entry.path(),
                bytes: found.len(),
            })
        })
        .collect()
}

/// When a file of ours was last written to, or made: nanoseconds since the Unix epoch. None for other files. The time of change
/// that the file system keeps says little of a mapped file.
fn last_used(path: &Path) -> Option<u64> {
    if is_hidden(path) {
        return Some(0);
    }
    let view = FileView::open(path, Access::Read).ok()?;
    let extension = view.extension()?;
    let made = extension.identity().anchor_realtime;
    Some(Some(extension.last_commit()).filter(|time| *time != 0).unwrap_or(made))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Whether nobody uses the file, and never will. Of a hidden one that shows when it is removed.
fn is_dead(path: &Path) -> bool {
    if is_hidden(path) {
        return true;
    }
    let Ok(view) = FileView::open(path, Access::Read) else {
        return false;
    };
    let locked = Lock::is_locked_by_other(view.mapping().file(), path, Role::Reader);
    view.extension().is_some()
        && matches!(liveness::of_writer(&view), Ok(Liveness::Dead))
        && matches!(locked, Ok(false))
}

/// Removes a file that nobody uses and never will; tells what was unread in it.
fn remove_if_dead(path: &Path) -> Option<[u64; 3]> {
    if is_hidden(path) {
        return remove_left_behind(path);
    }
    let view = FileView::open(path, Access::ReadWrite).ok()?;
    view.extension()?;
    if liveness::of_writer(&view).ok()? != Liveness::Dead {
        return None;
    }
    // A reader that is at work on the file holds this lock; while we hold it, none starts.
    let _reader = Lock::try_lock(&Arc::clone(view.mapping()), path, Role::Reader).ok()??;
    let unread = RingId::ALL.map(|id| {
        let ring = view.ring(id);
        u64::try_from(ring.writer_index().saturating_sub(ring.reader_index())).unwrap_or(0)
    });
    fs::remove_file(path).ok()?;
    Some(unread)
}

/// A writer died while it made this file: there may be no header, and no record is in it.
fn remove_left_behind(path: &Path) -> Option<[u64; 3]> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .ok()?;
    let mut magic = [0u8; 8];
    file.read_exact_at(&mut magic, block::FILE_OFFSET as u64).ok()?;
    if magic != constant::BLOCK_MAGIC.to_le_bytes() || Lock::is_locked_by_other(&file, path, Role::Writer).ok()? {
        return None;
    }
    fs::remove_file(path).ok()?;
    Some([0; 3])
}
