//! Single-file mode: one path that always leads to the file of the newest process.

use std::path::Path;
use std::sync::Arc;

use super::create::{Link, NewFile};
use crate::clock;
use crate::file::liveness::{self, Liveness};
use crate::file::lock::{Lock, Role};
use crate::file::{Access, FileError, FileView, Inode, Problem};

/// What became of the path.
pub(super) enum Outcome {
    /// It leads to the new file.
    Placed(Box<(FileView, Lock)>),
    /// A living process writes it.
    InUse,
}

/// Times that the path may change hands while we look at it.
const ATTEMPTS: u32 = 16;

/// Puts a new file in place of what is at its path, then tells readers of the old one by its start time.
pub(super) fn place(path: &Path, new: NewFile) -> Result<Outcome, FileError> {
    let mut new = new;
    for _ in 0..ATTEMPTS {
        let old = match FileView::open(path, Access::ReadWrite) {
            Ok(old) => old,
            Err(error) => match error.problem() {
                Problem::Missing => match new.publish_if_absent() {
                    Ok(Link::Named(placed)) => return Ok(Outcome::Placed(placed)),
                    Ok(Link::NameTaken(back)) => {
                        new = *back;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
                // Not a file of ours: it is not ours to replace.
                Problem::Foreign(_)
                | Problem::NotRegular
                | Problem::Symlink
                | Problem::Permission(_)
                | Problem::WrongVersion(_)
                | Problem::Io(..) => return Err(error),
                _ => {
                    return Ok(Outcome::Placed(Box::new(new.publish()?)));
                }
            },
        };
        // Whoever holds the old file's lock is its writer, or is replacing it: one process at a time.
        let held = Lock::try_lock(&Arc::clone(old.mapping()), path, Role::Writer)
            .map_err(|error| FileError::from_io(path, "locking the file", error))?;
        let abandoned = || matches!(liveness::of_writer(&old), Ok(Liveness::Dead));
        if held.is_none() && !abandoned() {
            return Ok(Outcome::InUse);
        }
        if Inode::at(path) != Some(old.inode()) {
            continue;
        }
        let placed = Box::new(new.publish()?);
        // Readers of version 1 open the path anew when this changes; the new file is there by now.
        let now = clock::wall_nanos();
        let before = old.header().time_unix_nano();
        old.header()
            .set_time_unix_nano(if now == before { now.wrapping_add(1) } else { now });
        drop(held);
        return Ok(Outcome::Placed(placed));
    }
    Ok(Outcome::InUse)
}
