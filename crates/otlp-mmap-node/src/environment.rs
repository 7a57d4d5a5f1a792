//! What one JavaScript environment (a thread) holds: its scratch buffer and its handles on the process' writers.

use napi_sys as sys;
use otlp_mmap::cells::CellHandle;
use otlp_mmap::layout::scratch;
use otlp_mmap::writer::WriterHandle;
use std::ptr::{self, NonNull};

/// State of one environment. Made when the addon is loaded into it, freed by its clean-up hook; never shared.
pub struct Environment {
    scratch: Option<NonNull<u8>>,
    scratch_ref: sys::napi_ref,
    handles: Vec<Option<WriterHandle>>,
    cells: Vec<Option<CellHandle>>,
}

impl Environment {
    /// Makes the state for `env` and has it freed with the environment.
    pub fn create(env: sys::napi_env) -> *mut Environment {
        let state = Box::into_raw(Box::new(Environment {
            scratch: None,
            scratch_ref: ptr::null_mut(),
            handles: Vec::new(),
            cells: Vec::new(),
        }));
        // SAFETY: `env` is the environment being set up; `state` lives until this very hook frees it.
        unsafe { sys::napi_add_env_cleanup_hook(env, Some(free), state.cast()) };
        state
    }

    /// Holds `buffer` (an `ArrayBuffer` of [`scratch::LENGTH`] bytes at `address`) for as long as the environment lives.
    pub fn attach_scratch(&mut self, reference: sys::napi_ref, address: NonNull<u8>) -> sys::napi_ref {
        self.scratch = Some(address);
        std::mem::replace(&mut self.scratch_ref, reference)
    }

    /// The thread's handle on a writer, by the number that `openWriter` gave.
    #[inline]
    pub fn handle(&mut self, writer: usize) -> Option<&mut WriterHandle> {
        if self.handles.get(writer).is_none_or(Option::is_none) {
            self.fetch(writer)?;
        }
        self.handles[writer].as_mut()
    }

    /// Lets go of a writer that was closed: the handle would keep its file mapped.
    pub fn release_closed(&mut self, writer: usize) {
        if crate::writers::get(writer).is_some() {
            return;
        }
        if let Some(handle) = self.handles.get_mut(writer) {
            *handle = None;
        }
        if let Some(handle) = self.cells.get_mut(writer) {
            *handle = None;
        }
    }

    /// The thread's metric cells of a writer.
    #[inline]
    pub fn cells(&mut self, writer: usize) -> Option<&mut CellHandle> {
        if self.cells.get(writer).is_none_or(Option::is_none) {
            self.fetch_cells(writer)?;
        }
        self.cells[writer].as_mut()
    }

    #[cold]
    fn fetch_cells(&mut self, number: usize) -> Option<()> {
        let writer = crate::writers::get(number)?;
        if self.cells.len() <= number {
            self.cells.resize_with(number + 1, || None);
        }
        self.cells[number] = Some(writer.cell_handle());
        Some(())
    }

    /// Address of the scratch buffer and the thread's cells of a writer, together.
    #[inline]
    pub fn cell_parts(&mut self, writer: usize) -> Option<(Scratch, &mut CellHandle)> {
        let scratch = self.scratch()?;
        Some((scratch, self.cells(writer)?))
    }

    #[cold]
    fn fetch(&mut self, number: usize) -> Option<()> {
        let writer = crate::writers::get(number)?;
        if self.handles.len() <= number {
            self.handles.resize_with(number + 1, || None);
        }
        self.handles[number] = Some(writer.handle());
        Some(())
    }

    /// The scratch buffer, once attached.
    #[inline]
    pub fn scratch(&self) -> Option<Scratch> {
        self.scratch.map(Scratch)
    }
}

unsafe extern "C" fn free(state: *mut std::ffi::c_void) {
    // SAFETY: `state` came from `Box::into_raw` in `create`, and a clean-up hook runs once.
    let mut state = unsafe { Box::from_raw(state.cast::<Environment>()) };
    if is_main_thread() {
        for cells in state.cells.drain(..).flatten() {
            cells.end_with_process();
        }
    }
}

/// The environment of a process' first thread ends only with the process.
fn is_main_thread() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: it only tells a number.
    let is_main = unsafe { libc::gettid() } == std::process::id() as libc::pid_t;
    #[cfg(target_os = "macos")]
    // SAFETY: it only tells a number.
    let is_main = unsafe { libc::pthread_main_np() } == 1;
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    let is_main = false;
    is_main
}

/// The scratch buffer of this thread. JavaScript does not run while Rust looks at it.
#[derive(Clone, Copy)]
pub struct Scratch(NonNull<u8>);

impl Scratch {
    /// Where a word of the buffer's head stands; offsets come from the layout table.
    #[inline]
    fn head(self, offset: usize) -> NonNull<u32> {
        debug_assert!(offset + 4 <= scratch::RECORD);
        // SAFETY: the buffer has `scratch::LENGTH` bytes, and the head is their start.
        unsafe { self.0.add(offset) }.cast()
    }

    /// A word of the buffer's head.
    #[inline]
    pub fn word(self, offset: usize) -> u32 {
        // SAFETY: `head` gives a place within the buffer, and this thread is inside a native call.
        unsafe { self.head(offset).read_unaligned() }
    }

    /// Writes a word of the buffer's head.
    #[inline]
    pub fn set_word(self, offset: usize, value: u32) {
        // SAFETY: as above.
        unsafe { self.head(offset).write_unaligned(value) };
    }

    /// The double of the buffer's head.
    #[inline]
    pub fn value(self) -> f64 {
        // SAFETY: `head` gives a place within the buffer's head, which goes on for eight bytes there.
        unsafe { self.head(scratch::VALUE).cast::<f64>().read_unaligned() }
    }

    /// Writes the double of the buffer's head.
    #[inline]
    pub fn set_value(self, value: f64) {
        // SAFETY: as above.
        unsafe { self.head(scratch::VALUE).cast::<f64>().write_unaligned(value) };
    }

    /// `length` bytes at `offset`, or nothing if they are not within the buffer.
    #[inline]
    pub fn bytes<'a>(self, offset: usize, length: usize) -> Option<&'a mut [u8]> {
        let end = offset.checked_add(length)?;
        if end > scratch::LENGTH {
            return None;
        }
        // SAFETY: the range was just checked to lie within the buffer.
        let start = unsafe { self.0.add(offset) };
        // SAFETY: this thread is inside a native call, so nothing else reads or writes the buffer.
        Some(unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), length) })
    }
}
