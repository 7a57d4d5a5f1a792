//! Memory that JavaScript lends for pieces. A piece in a buffer of its own is garbage when it was sent, and what frees it is the
//! collector of garbage, whose work costs more than to copy it; lent memory comes back by a call.

use napi::bindgen_prelude::Buffer;
use std::sync::{Mutex, PoisonError};

/// Bytes below which a piece is not worth the call that gives the memory back.
const LEAST: usize = 64 << 10;

/// Buffers, each with one piece or free.
pub struct Lent {
    buffers: Vec<Slab>,
    free: Mutex<Vec<u32>>,
}

/// One buffer: JavaScript does not touch it before a piece is in it, nor after it gave it back.
struct Slab {
    start: *mut u8,
    length: usize,
    /// Keeps the memory.
    _buffer: Buffer,
}

// SAFETY: who took a slab's number from `free` is the only one that touches its memory; the buffer itself is only held.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Lent {
    pub fn new(buffers: Vec<Buffer>) -> Self {
        let free = (0..buffers.len() as u32).rev().collect();
        let slab = |mut buffer: Buffer| Slab {
            start: buffer.as_mut().as_mut_ptr(),
            length: buffer.len(),
            _buffer: buffer,
        };
        Self {
            buffers: buffers.into_iter().map(slab).collect(),
            free: Mutex::new(free),
        }
    }

    /// Puts a piece into a buffer: its number. None if the piece is small, or larger than them, or none is free.
    pub fn put(&self, piece: &[u8]) -> Option<u32> {
        if piece.len() < LEAST {
            return None;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let number = free.pop_if(|number| piece.len() <= self.buffers[*number as usize].length)?;
        drop(free);
        let to = self.buffers[number as usize].start;
        // SAFETY: the slab is as long at least, it is this thread's alone until its number is told, and no other memory of Rust's.
        unsafe { std::ptr::copy_nonoverlapping(piece.as_ptr(), to, piece.len()) };
        Some(number)
    }

    /// JavaScript is done with what is in the buffer. Of a number that was not handed out it takes no note.
    pub fn give_back(&self, number: u32) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if (number as usize) < self.buffers.len() && !free.contains(&number) {
            free.push(number);
        }
    }
}
