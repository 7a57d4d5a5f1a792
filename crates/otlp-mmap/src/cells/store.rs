//! All cells of a writer: definitions for the process, and the place in the file where the first series was made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use hashbrown::HashMap;

use super::instrument::Instrument;
use super::place::{Found, NoRoom, Place, Wanted};
use super::space::Allocate;
use crate::clock;
use crate::file::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::file::{FileView, Inode, Mapping, fork};
use crate::layout::cells;

/// An instrument as the process knows it.
#[derive(Debug)]
pub(super) struct Definition {
    pub number: u32,
    pub instrument: Instrument,
    pub limit: u32,
}

/// A file with cells, as every thread that writes them holds it.
#[derive(Debug)]
pub(super) struct Home {
    pub mapping: Arc<Mapping>,
    /// Names it within the process: cell numbers of another epoch are void.
    pub epoch: u32,
}

/// What the slow paths need of the writer: the file, and room in it.
pub(crate) trait Host {
    /// Begins cells in the current file, made now if there is none.
    fn begin(&self) -> Result<Begun, NoHome>;
}

/// Cells were begun in a file.
pub(crate) struct Begun {
    pub mapping: Arc<Mapping>,
    pub space: super::space::Space,
    pub file: Arc<dyn HomeFile>,
}

/// The file, for as long as its cells are in use.
pub(crate) trait HomeFile: Send + Sync + std::fmt::Debug {
    fn view(&self) -> &FileView;
    /// Somebody truncated it.
    fn is_cut(&self) -> bool;
    /// Gives the file room.
    fn allocate(&self, offset: u64, length: u64) -> std::io::Result<()>;
    /// Nothing more will be written to the cells.
    fn finish(&self);
}

/// Why there is no file for cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoHome {
    Disk,
    Closed,
}

#[derive(Debug, Default)]
struct Inner {
    definitions: Vec<Arc<Definition>>,
    by_content: HashMap<Vec<u8>, u32>,
    home: Option<Opened>,
    last_shard: u32,
    closed: bool,
}

#[derive(Debug)]
struct Opened {
    home: Arc<Home>,
    file: Arc<dyn HomeFile>,
    place: Place,
}

/// Why there is no cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoCell {
    Disk,
    Closed,
    Lost,
    Unknown,
}

/// The cells of one writer. Everything here takes a lock; measurements do not come here.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
    epoch: AtomicU32,
    /// Seconds since the Unix epoch, a double.
    tick: AtomicU64,
    /// Fork generation whose threads the lock knows.
    fork: AtomicU32,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner::default()),
            epoch: AtomicU32::new(1),
            tick: AtomicU64::new(0),
            fork: AtomicU32::new(fork::generation()),
        }
    }

    /// Cell numbers are void when it changes.
    #[inline]
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The coarse clock of updates, as bits of a double.
    #[inline]
    pub(crate) fn tick(&self) -> u64 {
        self.tick.load(Ordering::Relaxed)
    }

    /// Looks at the clock for all updates that follow: seconds since the Unix epoch.
    pub(crate) fn set_tick(&self) -> f64 {
        let now = clock::coarse_wall_nanos();
        let seconds = now as f64 / 1e9;
        self.tick.store(seconds.to_bits(), Ordering::Relaxed);
        let Some(mut inner) = self.lock() else { return seconds };
        let Some(opened) = &inner.home else { return seconds };
        let view = opened.file.view();
        if let Some(extension) = view.extension() {
            extension.set_cells_tick(now);
        }
        // it was removed or truncated, or another file has its name: nobody will ever read these cells
        let is_cut = opened.home.mapping.poisoned() || opened.file.is_cut();
        if is_cut || Inode::at(view.path()) != Some(view.inode()) {
            self.abandon(&mut inner);
        }
        seconds
    }

    /// Number of an instrument; the same for the same one. The limit of the first definition stays.
    pub(crate) fn define(&self, instrument: Instrument, limit: u32) -> Option<u32> {
        let content = instrument.encode();
        let mut inner = self.lock()?;
        if let Some(number) = inner.by_content.get(&content) {
            return Some(*number);
        }
        let number = inner.definitions.len() as u32;
        inner.definitions.push(Arc::new(Definition {
            number,
            instrument,
            limit: limit.clamp(1, cells::LIMIT_MOST),
        }));
        inner.by_content.insert(content, number);
        Some(number)
    }

    pub(super) fn definition(&self, number: u32) -> Option<Arc<Definition>> {
        self.lock()?.definitions.get(number as usize).map(Arc::clone)
    }

    /// A number for a thread.
    pub(crate) fn new_shard(&self) -> u32 {
        self.lock().map_or(0, |mut inner| {
            // 24 bits; a process that starts so many threads begins again, and its first ones are long gone
            inner.last_shard = inner.last_shard % ((1 << 24) - 1) + 1;
            inner.last_shard
        })
    }

    /// The thread's cell of a series, and the file that it is in.
    pub(super) fn cell(
        &self,
        host: &dyn Host,
        definition: &Definition,
        shard: u32,
        attributes: &[u8],
    ) -> Result<(Found, Arc<Home>), NoCell> {
        let now = clock::wall_nanos();
        self.tick.store((now as f64 / 1e9).to_bits(), Ordering::Relaxed);
        let mut inner = self.lock().ok_or(NoCell::Closed)?;
        let opened = self.opened(&mut inner, host)?;
        let wanted = Wanted {
            number: definition.number,
            instrument: &definition.instrument,
            limit: definition.limit,
            shard,
            now,
        };
        let Opened { home, file, place } = opened;
        let allocate: Allocate<'_> = &mut |offset, length| file.allocate(offset, length);
        let found = place.cell(file.view(), &wanted, attributes, allocate);
        if let Some(ahead) = place.ahead() {
            let (file, mapping) = (Arc::clone(file), Arc::clone(&home.mapping));
            // Without the thread the room is made when it is needed.
            let _ = std::thread::Builder::new()
                .name("otlp-mmap-touch".to_owned())
                .spawn(move || ahead.provide(&mapping, &mut |offset, length| file.allocate(offset, length)));
        }
        match found {
            Ok(found) => Ok((found, Arc::clone(home))),
            Err(NoRoom::Disk) => Err(NoCell::Disk),
            Err(NoRoom::Lost) => {
                self.abandon(&mut inner);
                Err(NoCell::Lost)
            }
        }
    }

    /// Has something done to the place, if `epoch` is still that of it.
    pub(super) fn with_place<R>(
        &self,
        epoch: u32,
        work: impl FnOnce(&mut Place, &FileView, Allocate<'_>) -> R,
    ) -> Option<R> {
        let mut inner = self.lock()?;
        let opened = inner.home.as_mut().filter(|opened| opened.home.epoch == epoch)?;
        let Opened { file, place, .. } = opened;
        Some(work(place, file.view(), &mut |offset, length| {
            file.allocate(offset, length)
        }))
    }

    /// The file was truncated or removed: the next series begins in another one.
    pub(crate) fn lose(&self, epoch: u32) {
        if let Some(mut inner) = self.lock()
            && inner.home.as_ref().is_some_and(|opened| opened.home.epoch == epoch)
        {
            self.abandon(&mut inner);
        }
    }

    /// The cells will not change any more.
    pub(crate) fn close(&self) {
        if let Some(mut inner) = self.lock() {
            inner.closed = true;
            self.abandon(&mut inner);
        }
    }

    fn abandon(&self, inner: &mut Inner) {
        if let Some(opened) = inner.home.take() {
            self.epoch.fetch_add(1, Ordering::AcqRel);
            opened.file.finish();
        }
    }

    fn opened<'a>(&self, inner: &'a mut Inner, host: &dyn Host) -> Result<&'a mut Opened, NoCell> {
        if inner.closed {
            return Err(NoCell::Closed);
        }
        if inner.home.as_ref().is_some_and(|opened| opened.home.mapping.poisoned()) {
            self.abandon(inner);
        }
        if inner.home.is_none() {
            let begun = host.begin().map_err(|reason| match reason {
                NoHome::Disk => NoCell::Disk,
                NoHome::Closed => NoCell::Closed,
            })?;
            let home = Arc::new(Home {
                mapping: Arc::clone(&begun.mapping),
                epoch: self.epoch(),
            });
            inner.home = Some(Opened {
                home,
                file: begun.file,
                place: Place::new(begun.mapping, begun.space),
            });
        }
        inner.home.as_mut().ok_or(NoCell::Unknown)
    }

    /// The state; in a forked child without the parent's file. None in a child whose parent was forked in the middle of a change.
    fn lock(&self) -> Option<MutexGuard<'_, Inner>> {
        let generation = fork::generation();
        if self.fork.load(Ordering::Acquire) == generation {
            return Some(self.inner.lock().unwrap_or_else(PoisonError::into_inner));
        }
        let mut inner = match self.inner.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(inner)) => inner.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if self.fork.swap(generation, Ordering::AcqRel) != generation && inner.home.take().is_some() {
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
        Some(inner)
    }
}
