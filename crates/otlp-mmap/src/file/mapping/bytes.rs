//! Ranges of a mapping, copied in and out: what another process writes meanwhile is torn in the copy, and found there.

use std::ptr;

use super::{Access, Mapping};
use crate::file::prefetch;

impl Mapping {
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
