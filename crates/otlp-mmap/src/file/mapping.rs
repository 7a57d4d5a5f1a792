//! A file in memory, shared with other processes, behind checked accesses.
//!
//! The address range is longer than the file, so a file that grows needs no new mapping; the bytes past its end are out
//! of bounds until [`Mapping::refresh`] has seen them. Every access is checked against the length last seen, and a file that
//! shrinks nevertheless reads as zeros ([`Mapping::poisoned`]). In a forked child every access is out of bounds.
//!
//! Other processes write the same bytes at any time: what is copied out may be torn, and is checked after it was copied.

mod bytes;
mod pages;
mod words;

use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
#[cfg(target_os = "linux")]
use rustix::mm::Advice;
use rustix::mm::{MapFlags, ProtFlags};

use super::atomic::{AtomicUsize, Ordering};
use super::{fork, guard};

pub(crate) use pages::HUGE_PAGE;

/// Address space taken for a file, so that it can grow in place. Addresses cost nothing until they are touched.
const RESERVATION: usize = 1 << 30;

/// Address space for a file with metric cells: 100 million series and their attributes have room.
pub(crate) const CELLS_RESERVATION: usize = 1 << 36;

/// What a mapping is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes no byte: viewers.
    Read,
    /// Writers, and the one reader that moves indices.
    ReadWrite,
}

/// What [`Mapping::refresh`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// The length is what it was.
    Same,
    /// The file grew, and what it grew by is in reach now.
    Grown,
    /// The file is shorter than before: what was beyond its new end is out of bounds now.
    Shrunk,
    /// The file grew beyond the addresses taken for it: open it anew to see all of it.
    BeyondReservation,
}

/// A file in memory. Writers and readers hold one each.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    reserved: usize,
    length: AtomicUsize,
    access: Access,
    fork: u32,
    guard: guard::Range,
    file: File,
}

// SAFETY: base points to memory shared with other processes; every access goes through atomics or copies.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps an open file. Needs a file opened for what `access` says.
    ///
    /// # Errors
    /// What the system says when it refuses the mapping.
    pub fn new(file: File, access: Access) -> io::Result<Self> {
        Self::with_reservation(file, access, RESERVATION)
    }

    /// As [`Mapping::new`], over as many addresses as `reservation` says, or a fraction of it where the system refuses.
    ///
    /// # Errors
    /// What the system says when it refuses the mapping.
    pub(crate) fn with_reservation(file: File, access: Access, reservation: usize) -> io::Result<Self> {
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        fork::install();
        let (base, reserved) = map(&file, length, access, reservation)?;
        let guard = match guard::Range::register(base.as_ptr() as usize, reserved) {
            Ok(guard) => guard,
            Err(error) => {
                // SAFETY: the range was mapped above and nobody else knows of it.
                let _ = unsafe { rustix::mm::munmap(base.as_ptr().cast(), reserved) };
                return Err(error);
            }
        };
        Ok(Self {
            base,
            reserved,
            length: AtomicUsize::new(length.min(reserved)),
            access,
            fork: fork::generation(),
            guard,
            file,
        })
    }

    /// The file itself, for locks and `fstat`.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Sets the file's times to now, which whoever watches its folder hears of.
    ///
    /// # Errors
    /// What the system says to `futimens`.
    pub(crate) fn touch(&self) -> io::Result<()> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        Ok(futimens(&self.file, &times)?)
    }

    /// Bytes in reach: the file's length when it was last looked at.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length.load(Ordering::Acquire) as u64
    }

    /// What the mapping was made for.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// The file shrank under the mapping and a byte past its new end was touched: all of it reads as zeros since, and
    /// nothing that is written reaches the file.
    #[inline]
    #[must_use]
    pub fn poisoned(&self) -> bool {
        self.guard.poisoned()
    }

    /// This process is a fork of the one that made the mapping: no byte is in reach.
    #[inline]
    #[must_use]
    pub fn forked(&self) -> bool {
        self.fork != fork::generation()
    }

    /// Looks at the file's length again.
    ///
    /// # Errors
    /// What the system says to `fstat`.
    pub fn refresh(&self) -> io::Result<Refresh> {
        let length = usize::try_from(self.file.metadata()?.len()).unwrap_or(usize::MAX);
        let reach = length.min(self.reserved);
        let before = self.length.swap(reach, Ordering::AcqRel);
        Ok(match reach.cmp(&before) {
            std::cmp::Ordering::Less => Refresh::Shrunk,
            std::cmp::Ordering::Greater => Refresh::Grown,
            std::cmp::Ordering::Equal if length > self.reserved => Refresh::BeyondReservation,
            std::cmp::Ordering::Equal => Refresh::Same,
        })
    }

    /// The one place that turns a file offset into an address.
    #[inline]
    fn pointer(&self, offset: u64, length: usize) -> Option<NonNull<u8>> {
        let end = offset.checked_add(length as u64)?;
        if end > self.length() || self.forked() {
            return None;
        }
        // SAFETY: offset..end lies within length, which never exceeds the mapped range.
        Some(unsafe { self.base.add(offset as usize) })
    }

    /// Address of a range, for a view that another language makes of it. It stays good as long as the mapping lives.
    #[must_use]
    pub fn address_of(&self, offset: u64, length: usize) -> Option<NonNull<u8>> {
        if self.access == Access::Read {
            return None;
        }
        self.pointer(offset, length)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.forked() {
            // The addresses were never this process' own, and may serve something else by now.
            return;
        }
        self.guard.release();
        // SAFETY: the range was mapped in new, by this process, and every borrow of it has ended.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.reserved) };
    }
}

/// Maps `file` over as many addresses as the system grants: the reservation, or else just the file.
fn map(file: &File, length: usize, access: Access, reservation: usize) -> io::Result<(NonNull<u8>, usize)> {
    let protection = match access {
        Access::Read => ProtFlags::READ,
        Access::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
    };
    let smallest = length.max(1);
    let mut reserved = reservation.max(smallest.saturating_mul(2));
    loop {
        // SAFETY: the system chooses an address range that nothing else uses.
        let mapped = unsafe { rustix::mm::mmap(ptr::null_mut(), reserved, protection, MapFlags::SHARED, file, 0) };
        match mapped {
            Ok(base) => {
                let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| io::Error::other("mapped at address zero"))?;
                #[cfg(target_os = "linux")]
                {
                    // A child of fork must not write into its parent's file: there, the mapping does not exist.
                    // SAFETY: the range was mapped just now.
                    let _ = unsafe { rustix::mm::madvise(base.as_ptr().cast(), reserved, Advice::LinuxDontFork) };
                }
                return Ok((base, reserved));
            }
            Err(error) if reserved == smallest => return Err(error.into()),
            Err(_) => reserved = (reserved / 4).max(smallest),
        }
    }
}
