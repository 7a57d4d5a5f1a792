//! Single words of a mapping, each loaded and changed whole.

use std::ptr::NonNull;

use super::{Access, Mapping};
use crate::file::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

impl Mapping {
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
}
