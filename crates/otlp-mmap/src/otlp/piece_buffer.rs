//! The bytes of a piece, in memory of their own or in memory that somebody lent.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

use crate::wire::Output;

/// Lends memory for pieces: whoever sends them may want them in memory that it knows already.
///
/// # Safety
/// The bytes of a [`Region`] are valid, and nobody else's, from [`Self::lend`] until its number was taken back.
pub unsafe trait Lender: fmt::Debug + Send + Sync {
    /// Memory for a piece of about so many bytes. None if there is none that is free and large enough, or if it is not worth it.
    fn lend(&self, bytes: usize) -> Option<Region>;

    /// A region that [`Self::lend`] gave is not needed any more.
    fn take_back(&self, number: u32);
}

/// Memory that a [`Lender`] lends.
#[derive(Debug)]
pub struct Region {
    /// What its lender calls it.
    pub number: u32,
    /// Its first byte.
    pub start: NonNull<u8>,
    /// Its bytes.
    pub capacity: usize,
}

/// Bytes that are appended to, as to a `Vec<u8>`. Where lent memory does not suffice they move to memory of their own.
pub struct PieceBuffer {
    start: NonNull<u8>,
    length: usize,
    capacity: usize,
    /// Whose the memory is, and its number there; none: it is that of a `Vec<u8>`.
    lent: Option<(Arc<dyn Lender>, u32)>,
}

// SAFETY: the memory is this buffer's alone, as a Vec's is; lenders may be used from any thread.
unsafe impl Send for PieceBuffer {}
// SAFETY: as above, and through a shared reference bytes are only read.
unsafe impl Sync for PieceBuffer {}

impl PieceBuffer {
    /// Without bytes so far, in memory of `lender` if that has some for about `bytes`.
    #[must_use]
    pub fn lent(lender: &Arc<dyn Lender>, bytes: usize) -> Self {
        let Some(region) = lender.lend(bytes) else {
            return Self::default();
        };
        Self {
            start: region.start,
            length: 0,
            capacity: region.capacity,
            lent: Some((Arc::clone(lender), region.number)),
        }
    }

    /// Leaves the bytes where they are, in the lent memory of this number: whoever has the number takes care that the lender gets it back.
    ///
    /// # Errors
    /// The buffer, if it is in memory of its own.
    pub fn leave(mut self) -> Result<u32, Self> {
        let Some((_, number)) = self.lent.take() else {
            return Err(self);
        };
        std::mem::forget(self);
        Ok(number)
    }

    /// The bytes in memory of their own: copied if they are in lent memory.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        if self.lent.is_some() {
            return self.to_vec();
        }
        let own = ManuallyDrop::new(self);
        // SAFETY: memory that nobody lent came from a Vec with this capacity, and is forgotten here.
        unsafe { Vec::from_raw_parts(own.start.as_ptr(), own.length, own.capacity) }
    }

    /// Takes all bytes out; the memory stays.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Makes room for so many bytes more.
    #[inline]
    pub fn reserve(&mut self, additional: usize) {
        if self.capacity - self.length < additional {
            self.grow(additional);
        }
    }

    #[cold]
    fn grow(&mut self, additional: usize) {
        let now = std::mem::take(self);
        let mut own = if now.lent.is_some() {
            let mut own = Vec::with_capacity((now.length + additional).max(2 * now.length));
            own.extend_from_slice(&now);
            own
        } else {
            now.into_vec()
        };
        own.reserve(additional);
        *self = own.into();
    }
}

impl Output for PieceBuffer {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.reserve(1);
        // SAFETY: there is room for one byte at least behind the last.
        let end = unsafe { self.start.add(self.length) };
        // SAFETY: as above, and the memory is this buffer's.
        unsafe { end.write(byte) };
        self.length += 1;
    }

    #[inline]
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        // SAFETY: there is room for that many behind the last.
        let end = unsafe { self.start.add(self.length) };
        // SAFETY: as above; the memory is this buffer's, which is borrowed for itself, so `bytes` is elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), end.as_ptr(), bytes.len()) };
        self.length += bytes.len();
    }
}

impl Drop for PieceBuffer {
    fn drop(&mut self) {
        if let Some((lender, number)) = self.lent.take() {
            lender.take_back(number);
            return;
        }
        // SAFETY: memory that nobody lent came from a Vec with this capacity.
        drop(unsafe { Vec::from_raw_parts(self.start.as_ptr(), self.length, self.capacity) });
    }
}

impl Deref for PieceBuffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: so many bytes were written, and the memory is this buffer's.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl DerefMut for PieceBuffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes were written, and the memory is this buffer's, which is borrowed for itself.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl From<Vec<u8>> for PieceBuffer {
    fn from(bytes: Vec<u8>) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self {
            // of an empty Vec it dangles, as here
            start: NonNull::new(bytes.as_mut_ptr()).unwrap_or(NonNull::dangling()),
            length: bytes.len(),
            capacity: bytes.capacity(),
            lent: None,
        }
    }
}

impl Default for PieceBuffer {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl Clone for PieceBuffer {
    /// In memory of its own.
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl PartialEq for PieceBuffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for PieceBuffer {}

impl fmt::Debug for PieceBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
