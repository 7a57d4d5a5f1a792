//! The file that metric cells live in, as the cells see it: room at its end, and a lock that is held as long as they are in use.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Writer;
use super::generation::Generation;
use super::status::CommitStatus;
use crate::cells::{Begun, HomeFile, Host, NoHome, Space};
use crate::directory::{self, Limits, Removed};
use crate::file::{Access, CELLS_RESERVATION, FileView, Mapping, RingId, allocate_more};
use crate::layout::constant;

/// Bytes that a file grows by before the folder's limit is looked at again.
const LOOK_EVERY: u64 = 1 << 20;

/// For so long, room that was refused is not asked for again: each measurement that has no cell asks, and a look through the folder
/// costs far more than all else that it does.
const REFUSAL: Duration = Duration::from_millis(250);

/// A file of a writer, held for its cells.
#[derive(Debug)]
struct Home {
    file: Arc<Generation>,
    directory_limit: Option<u64>,
    /// When room was last refused, and how many bytes.
    refused: Mutex<Option<(Instant, u64)>>,
}

impl Home {
    fn refused(&self) -> MutexGuard<'_, Option<(Instant, u64)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow(&self, offset: u64, length: u64) -> io::Result<()> {
        let crosses = offset / LOOK_EVERY != (offset + length) / LOOK_EVERY;
        if !self.file.single
            && crosses
            && let Some(folder) = self.file.view.path().parent()
        {
            let mut limits = Limits::default();
            limits.files = limits.files.saturating_add(1);
            if let Some(bytes) = self.directory_limit {
                limits.bytes = bytes;
            }
            let mut removed = Removed::default();
            let made = directory::make_room(folder, length, limits, &mut removed);
            if let Some(extension) = self.file.view.extension() {
                for (ring, unread) in RingId::ALL.into_iter().zip(removed.unread) {
                    extension.add_drops(ring, constant::DROP_LIMIT, unread);
                }
            }
            made.map_err(io::Error::other)?;
        }
        allocate_more(self.file.view.mapping().file(), offset, length)
    }
}

impl HomeFile for Home {
    fn view(&self) -> &FileView {
        &self.file.view
    }

    fn is_cut(&self) -> bool {
        self.file.is_cut()
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        let was_refused = |(time, bytes): (Instant, u64)| length >= bytes && time.elapsed() < REFUSAL;
        if self.refused().is_some_and(was_refused) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let grown = self.grow(offset, length);
        if grown.is_err() {
            *self.refused() = Some((Instant::now(), length));
        }
        grown
    }

    fn finish(&self) {
        self.file.finish_cells();
    }
}

impl Host for Writer {
    fn begin(&self) -> Result<Begun, NoHome> {
        let mut state = self.lock().ok_or(NoHome::Closed)?;
        let begun = state.begin_cells(self, |generation| {
            let home = Home {
                file: Arc::clone(generation),
                directory_limit: self.options.directory_limit,
                refused: Mutex::new(None),
            };
            let file = generation.view.mapping().file().try_clone().ok()?;
            let mapping = Mapping::with_reservation(file, Access::ReadWrite, CELLS_RESERVATION).ok()?;
            let mapping = Arc::new(mapping);
            let (space, claimed) = Space::begin(&generation.view, Arc::clone(&mapping), &mut |offset, length| {
                home.allocate(offset, length)
            })
            .ok()
            .flatten()?;
            let extents = space.start();
            let begun = Begun {
                mapping,
                space,
                file: Arc::new(home),
            };
            Some((begun, extents, claimed))
        });
        begun.map_err(|status| match status {
            CommitStatus::Disabled => NoHome::Closed,
            _ => NoHome::Disk,
        })
    }
}
