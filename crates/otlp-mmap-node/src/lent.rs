//! Memory that JavaScript lends for pieces. A piece in a buffer of its own is garbage when it was sent, and what frees it is the
//! collector of garbage, whose work costs more than to copy it; lent memory comes back by a call.

use napi::bindgen_prelude::Buffer;
use otlp_mmap::otlp::{Lender, PieceBuffer, Region};
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes below which a piece is not worth the call that gives the memory back.
const LEAST: usize = 64 << 10;

/// Buffers: each is free, being filled, or with JavaScript.
pub struct Lent {
    buffers: Vec<Slab>,
    whose: Mutex<Whose>,
}

/// Whose the buffers are that are not being filled.
struct Whose {
    /// The one that was used last is the last: its memory may be in a cache yet.
    free: Vec<u32>,
    /// JavaScript reads these.
    told: Vec<bool>,
}

/// One buffer: JavaScript does not touch it before a piece is in it, nor after it gave it back.
struct Slab {
    start: NonNull<u8>,
    length: usize,
    /// Keeps the memory.
    _buffer: Buffer,
}

// SAFETY: only who was lent the slab touches its memory; the buffer itself is only held.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Lent {
    pub fn new(buffers: Vec<Buffer>) -> Self {
        let whose = Whose {
            free: (0..buffers.len() as u32).rev().collect(),
            told: vec![false; buffers.len()],
        };
        let slab = |mut buffer: Buffer| Slab {
            start: NonNull::from(&mut *buffer).cast(),
            length: buffer.len(),
            _buffer: buffer,
        };
        Self {
            buffers: buffers.into_iter().map(slab).collect(),
            whose: Mutex::new(whose),
        }
    }

    fn whose(&self) -> MutexGuard<'_, Whose> {
        self.whose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the bytes where they are, for JavaScript: the number of the buffer. A few are given back instead, in memory of their own.
    pub fn tell(&self, bytes: PieceBuffer) -> Result<u32, Vec<u8>> {
        if bytes.len() < LEAST {
            return Err(bytes.into_vec());
        }
        let number = bytes.leave().map_err(PieceBuffer::into_vec)?;
        self.whose().told[number as usize] = true;
        Ok(number)
    }

    /// JavaScript is done with what is in the buffer. Of a number that it was not told it takes no note.
    pub fn give_back(&self, number: u32) {
        let mut whose = self.whose();
        if let Some(told) = whose.told.get_mut(number as usize)
            && std::mem::take(told)
        {
            whose.free.push(number);
        }
    }
}

// SAFETY: a slab whose number is neither free nor told is its borrower's alone, and keeps its memory.
unsafe impl Lender for Lent {
    fn lend(&self, bytes: usize) -> Option<Region> {
        if bytes < LEAST {
            return None;
        }
        let fits = |number: &mut u32| bytes <= self.buffers[*number as usize].length;
        let number = self.whose().free.pop_if(fits)?;
        let slab = &self.buffers[number as usize];
        Some(Region {
            number,
            start: slab.start,
            capacity: slab.length,
        })
    }

    fn take_back(&self, number: u32) {
        self.whose().free.push(number);
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} buffers", self.buffers.len())
    }
}
