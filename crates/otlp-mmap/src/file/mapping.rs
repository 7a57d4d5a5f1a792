//! A file in memory, shared with other processes, behind checked accesses.
//!
//! The address range is longer than the file, so a file that grows needs no new mapping; the bytes past its end are out
//! of bounds until [`Mapping::refresh`] has seen them. Every access is checked against the length last seen, and a file that
//! shrinks nevertheless reads as zeros ([`Mapping::poisoned`]). In a forked child every access is out of bounds.
//!
//! Other processes write the same bytes at any time: what is copied out may be torn, and is checked after it was copied.

use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
#[cfg(target_os = "linux")]
use rustix::mm::Advice;
use rustix::mm::{MapFlags, ProtFlags};

use super::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use super::{fork, guard, prefetch};

/// Address space taken for a file, so that it can grow in place. Addresses cost nothing until they are touched.
const RESERVATION: usize = 1 << 30;

/// Address space for a file with metric cells: 100 million series and their attributes have room.
pub(crate) const CELLS_RESERVATION: usize = 1 << 36;

/// Bytes of a large page on x86-64, and on arm64 with pages of 4 KiB; elsewhere [`Mapping::collapse`] finds nothing to do, or is refused.
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

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

    /// Tells the system to provide the pages of a range now; does nothing where it cannot.
    pub fn populate(&self, offset: u64, length: usize) {
        #[cfg(target_os = "linux")]
        if self.access == Access::ReadWrite
            && let Some(start) = self.pointer(offset, length)
        {
            // SAFETY: the range lies in the mapping; populating changes no byte.
            let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), length, Advice::LinuxPopulateWrite) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, length);
    }

    /// Waits until the pages of a range are on the disk.
    ///
    /// # Errors
    /// What the system says to `msync`; nothing out of bounds is written.
    pub fn sync(&self, offset: u64, length: usize) -> io::Result<()> {
        let page = rustix::param::page_size() as u64;
        let start = offset / page * page;
        let Some(first) = self.pointer(start, length + (offset - start) as usize) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let length = length + (offset - start) as usize;
        // SAFETY: the range lies in the mapping; writing it back changes no byte.
        unsafe { rustix::mm::msync(first.as_ptr().cast(), length, rustix::mm::MsyncFlags::SYNC) }?;
        Ok(())
    }

    /// Asks the system to put whole pages of 2 MiB in the place of small ones, as memory file systems of Linux 6.1 and later do: walks
    /// through page tables are a good part of what a ring costs. Where the system will not, nothing changes.
    pub fn collapse(&self) {
        #[cfg(target_os = "linux")]
        if self.access == Access::ReadWrite && !self.forked() {
            let start = self.base.as_ptr().addr();
            let end = (start + self.length() as usize) & !(HUGE_PAGE - 1);
            let first = start.next_multiple_of(HUGE_PAGE);
            for address in (first..end).step_by(HUGE_PAGE) {
                // SAFETY: the range lies in the mapping; the pages' bytes stay as they are.
                unsafe { libc::madvise(address as *mut libc::c_void, HUGE_PAGE, libc::MADV_COLLAPSE) };
            }
        }
    }

    /// Takes all pages out of this process' page table: they count for its resident set no more. What is touched next comes back, with what
    /// the system brings along; of the pages at `glances` each alone, until [`Mapping::hold`]. The file and other processes' mappings
    /// stay as they are.
    pub fn let_go(&self, glances: &[u64]) {
        #[cfg(target_os = "linux")]
        {
            let page = rustix::param::page_size() as u64;
            // a byte that is touched would bring back 2 MiB: as a large page, or piece by piece unless its neighbours are mapped apart
            self.advise(0, self.reserved, Advice::LinuxNoHugepage);
            for offset in glances {
                self.advise(offset / page * page, page as usize, Advice::Random);
            }
            self.advise(0, self.reserved, Advice::LinuxDontNeed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = glances;
    }

    /// Pages may be in the page table as they come again, large ones included.
    pub fn hold(&self) {
        #[cfg(target_os = "linux")]
        {
            self.advise(0, self.reserved, Advice::Normal);
            self.advise(0, self.reserved, Advice::LinuxHugepage);
        }
    }

    /// Where the system will not, nothing changes.
    #[cfg(target_os = "linux")]
    fn advise(&self, offset: u64, length: usize, advice: Advice) {
        let end = usize::try_from(offset).ok().and_then(|at| at.checked_add(length));
        if self.forked() || end.is_none_or(|end| end > self.reserved) {
            return;
        }
        // SAFETY: the range was found to lie within the mapped one.
        let start = unsafe { self.base.add(offset as usize) };
        // SAFETY: the range is this mapping's; a shared mapping's pages keep their bytes in the file, whatever is advised here.
        let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), length, advice) };
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

    #[inline]
    fn aligned<T>(&self, offset: u64) -> Option<NonNull<T>> {
        let pointer = self.pointer(offset, size_of::<T>())?.cast::<T>();
        pointer.is_aligned().then_some(pointer)
    }

    #[inline]
    fn writable<T>(&self, offset: u64) -> Option<NonNull<T>> {
        if self.access == Access::Read {
            return None;
        }
        self.aligned(offset)
    }

    /// `count` words of eight bytes from `offset` on, checked once. None out of bounds or unaligned. Who has a read-only mapping
    /// only loads them.
    #[inline]
    pub(crate) fn words(&self, offset: u64, count: usize) -> Option<&[AtomicU64]> {
        let pointer = self.pointer(offset, count.checked_mul(8)?)?.cast::<AtomicU64>();
        if !pointer.is_aligned() {
            return None;
        }
        // SAFETY: aligned and within the mapping, which lives as long as the borrow; all access is atomic.
        Some(unsafe { std::slice::from_raw_parts(pointer.as_ptr(), count) })
    }

    /// As [`Mapping::words`], of four bytes.
    #[inline]
    pub(crate) fn half_words(&self, offset: u64, count: usize) -> Option<&[AtomicU32]> {
        let pointer = self.pointer(offset, count.checked_mul(4)?)?.cast::<AtomicU32>();
        if !pointer.is_aligned() {
            return None;
        }
        // SAFETY: as for words.
        Some(unsafe { std::slice::from_raw_parts(pointer.as_ptr(), count) })
    }

    /// Address of a range, for a view that another language makes of it. It stays good as long as the mapping lives.
    #[must_use]
    pub fn address_of(&self, offset: u64, length: usize) -> Option<NonNull<u8>> {
        if self.access == Access::Read {
            return None;
        }
        self.pointer(offset, length)
    }

    /// The i64 at `offset` (acquire). None out of bounds or unaligned.
    #[inline]
    #[must_use]
    pub fn load_i64(&self, offset: u64) -> Option<i64> {
        self.load_u64(offset).map(|value| value as i64)
    }

    /// The u64 at `offset` (acquire). None out of bounds or unaligned.
    #[inline]
    #[must_use]
    pub fn load_u64(&self, offset: u64) -> Option<u64> {
        let pointer = self.aligned::<u64>(offset)?;
        // SAFETY: aligned and within the mapping, which outlives the borrow; others access it atomically too.
        Some(unsafe { AtomicU64::from_ptr(pointer.as_ptr()) }.load(Ordering::Acquire))
    }

    /// The i32 at `offset` (acquire). None out of bounds or unaligned.
    #[inline]
    #[must_use]
    pub fn load_i32(&self, offset: u64) -> Option<i32> {
        self.load_u32(offset).map(|value| value as i32)
    }

    /// The u32 at `offset` (acquire). None out of bounds or unaligned.
    #[inline]
    #[must_use]
    pub fn load_u32(&self, offset: u64) -> Option<u32> {
        let pointer = self.aligned::<u32>(offset)?;
        // SAFETY: aligned and within the mapping, which outlives the borrow; others access it atomically too.
        Some(unsafe { AtomicU32::from_ptr(pointer.as_ptr()) }.load(Ordering::Acquire))
    }

    /// The i64 at `offset`, to change. None out of bounds, unaligned, or in a read-only mapping.
    #[inline]
    #[must_use]
    pub fn atomic_i64(&self, offset: u64) -> Option<&AtomicI64> {
        let pointer = self.writable::<i64>(offset)?;
        // SAFETY: aligned, writable and within the mapping, which lives as long as the borrow.
        Some(unsafe { AtomicI64::from_ptr(pointer.as_ptr()) })
    }

    /// The u64 at `offset`, to change. None out of bounds, unaligned, or in a read-only mapping.
    #[inline]
    #[must_use]
    pub fn atomic_u64(&self, offset: u64) -> Option<&AtomicU64> {
        let pointer = self.writable::<u64>(offset)?;
        // SAFETY: aligned, writable and within the mapping, which lives as long as the borrow.
        Some(unsafe { AtomicU64::from_ptr(pointer.as_ptr()) })
    }

    /// The i32 at `offset`, to change. None out of bounds, unaligned, or in a read-only mapping.
    #[inline]
    #[must_use]
    pub fn atomic_i32(&self, offset: u64) -> Option<&AtomicI32> {
        let pointer = self.writable::<i32>(offset)?;
        // SAFETY: aligned, writable and within the mapping, which lives as long as the borrow.
        Some(unsafe { AtomicI32::from_ptr(pointer.as_ptr()) })
    }

    /// The u32 at `offset`, to change. None out of bounds, unaligned, or in a read-only mapping.
    #[inline]
    #[must_use]
    pub fn atomic_u32(&self, offset: u64) -> Option<&AtomicU32> {
        let pointer = self.writable::<u32>(offset)?;
        // SAFETY: aligned, writable and within the mapping, which lives as long as the borrow.
        Some(unsafe { AtomicU32::from_ptr(pointer.as_ptr()) })
    }

    /// Copies bytes out. False, with `out` unchanged, if they are out of bounds.
    #[inline]
    #[must_use]
    pub fn copy_out(&self, offset: u64, out: &mut [u8]) -> bool {
        let Some(from) = self.pointer(offset, out.len()) else {
            return false;
        };
        // SAFETY: the source lies within the mapping; out is memory of this process and cannot overlap it.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), out.as_mut_ptr(), out.len()) };
        true
    }

    /// Appends `length` bytes to `out`. False, with `out` unchanged, if they are out of bounds.
    #[inline]
    #[must_use]
    pub fn append_to(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> bool {
        let Some(from) = self.pointer(offset, length) else {
            return false;
        };
        out.reserve(length);
        // SAFETY: the reserve above makes the end of the Vec's bytes the start of at least `length` spare ones.
        let to = unsafe { out.as_mut_ptr().add(out.len()) };
        // SAFETY: the source lies within the mapping, the target in the spare capacity of out.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, length) };
        // SAFETY: these bytes were written just now.
        unsafe { out.set_len(out.len() + length) };
        true
    }

    /// Copies bytes in. False if they do not fit in the file or the mapping is read-only.
    #[inline]
    #[must_use]
    pub fn copy_in(&self, offset: u64, bytes: &[u8]) -> bool {
        if self.access == Access::Read {
            return false;
        }
        let Some(to) = self.pointer(offset, bytes.len()) else {
            return false;
        };
        // SAFETY: the target lies within the writable mapping; bytes is memory of this process and cannot overlap it.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to.as_ptr(), bytes.len()) };
        true
    }

    /// Asks for the cache lines of a range to be brought here, to be written soon. Changes nothing; out of bounds it does nothing.
    #[inline]
    pub fn expect_write(&self, offset: u64, length: usize) {
        if let Some(start) = self.pointer(offset, length) {
            prefetch::for_write(start, length);
        }
    }

    /// As [`Mapping::expect_write`], to be read soon.
    #[inline]
    pub fn expect_read(&self, offset: u64, length: usize) {
        if let Some(start) = self.pointer(offset, length) {
            prefetch::for_read(start, length);
        }
    }

    /// Fills a range with one byte. False if it is not in the file or the mapping is read-only.
    #[must_use]
    pub fn fill(&self, offset: u64, length: usize, byte: u8) -> bool {
        if self.access == Access::Read {
            return false;
        }
        let Some(to) = self.pointer(offset, length) else {
            return false;
        };
        // SAFETY: the range lies within the writable mapping.
        unsafe { ptr::write_bytes(to.as_ptr(), byte, length) };
        true
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

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;
    use std::path::Path;

    const LENGTH: usize = 8 << 20;

    /// Bytes of the file that stand in this process' page table.
    fn resident(path: &Path) -> usize {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let parts = maps.split(path.to_str().unwrap()).skip(1);
        let kilobytes = parts.map(|part| {
            let line = part.lines().find(|line| line.starts_with("Rss:")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
        });
        kilobytes.sum::<usize>() << 10
    }

    /// Large pages are there for a folder in memory only.
    fn folder() -> tempfile::TempDir {
        tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap()
    }

    #[test]
    fn what_is_let_go_leaves_the_page_table_keeps_its_bytes_and_comes_back_little_by_little() {
        let folder = folder();
        let path = folder.path().join("file");
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        file.set_len(LENGTH as u64).unwrap();
        let mapping = Mapping::new(file, Access::ReadWrite).unwrap();
        assert!(mapping.fill(0, LENGTH, 7));
        mapping.collapse();
        assert!(resident(&path) >= LENGTH - HUGE_PAGE);

        let glances = [0, 1 << 20, 5 << 20];
        mapping.let_go(&glances);
        assert_eq!(resident(&path), 0);
        let value = u64::from_ne_bytes([7; 8]);
        for offset in glances {
            let word = mapping.atomic_u64(offset + 64).unwrap();
            assert_eq!(word.swap(value, Ordering::AcqRel), value);
        }
        assert_eq!(resident(&path), glances.len() * rustix::param::page_size());

        mapping.hold();
        let mut bytes = vec![0; LENGTH];
        assert!(mapping.copy_out(0, &mut bytes));
        assert!(bytes.iter().all(|&byte| byte == 7), "nothing was lost");
        assert!(resident(&path) >= LENGTH - HUGE_PAGE);
        // beyond the mapping there is nothing to leave apart
        mapping.let_go(&[u64::MAX]);
        assert_eq!(resident(&path), 0);
    }
}
