//! Keeps a truncated file from ending the process.
//!
//! Touching a mapped page that lies past the end of its file raises SIGBUS. The handler finds the mapping that holds the
//! address in a fixed table, puts anonymous zero pages in its place and marks it poisoned: the access goes on and finds
//! zeros, and whoever uses the mapping sees the mark. An address of no mapping of ours is the business of the action that
//! was installed before.

use std::cell::UnsafeCell;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;

use super::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Mappings that can exist at once in a process.
const RANGES: usize = 8192;

const FREE: u8 = 0;
const CLAIMED: u8 = 1;
const ACTIVE: u8 = 2;

struct Entry {
    state: AtomicU8,
    poisoned: AtomicU8,
    start: AtomicUsize,
    end: AtomicUsize,
}

static TABLE: [Entry; RANGES] = [const {
    Entry {
        state: AtomicU8::new(FREE),
        poisoned: AtomicU8::new(0),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
    }
}; RANGES];

/// No entry at or above this index was ever used.
static USED: AtomicUsize = AtomicUsize::new(0);
static INSTALL: Once = Once::new();

struct Previous(UnsafeCell<MaybeUninit<libc::sigaction>>);

// SAFETY: written once, inside INSTALL and before the handler can run; only read afterwards.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new(MaybeUninit::zeroed()));

/// A guarded range of addresses.
#[derive(Debug)]
pub(super) struct Range {
    index: usize,
}

impl Range {
    /// Guards the mapping of `length` bytes at `start`.
    ///
    /// # Errors
    /// When the table is full: the process has 8192 mappings.
    pub(super) fn register(start: usize, length: usize) -> io::Result<Self> {
        install()?;
        for (index, entry) in TABLE.iter().enumerate() {
            let taken = entry
                .state
                .compare_exchange(FREE, CLAIMED, Ordering::Acquire, Ordering::Relaxed);
            if taken.is_ok() {
                entry.poisoned.store(0, Ordering::Relaxed);
                entry.start.store(start, Ordering::Relaxed);
                entry.end.store(start + length, Ordering::Relaxed);
                USED.fetch_max(index + 1, Ordering::Relaxed);
                // SYNC POINT: a handler that sees ACTIVE sees the bounds.
                entry.state.store(ACTIVE, Ordering::Release);
                return Ok(Self { index });
            }
        }
        Err(io::Error::other("this process has mapped 8192 files already"))
    }

    /// The file shrank under the mapping, which reads as zeros since.
    #[inline]
    pub(super) fn poisoned(&self) -> bool {
        TABLE[self.index].poisoned.load(Ordering::Relaxed) != 0
    }

    /// Ends the guard. Call it before the addresses are given back.
    pub(super) fn release(&self) {
        TABLE[self.index].state.store(FREE, Ordering::Release);
    }
}

/// Empties the table: in a forked child none of the mappings exists.
pub(super) fn forget_all() {
    for entry in &TABLE[..USED.load(Ordering::Relaxed)] {
        entry.state.store(FREE, Ordering::Relaxed);
    }
}

fn install() -> io::Result<()> {
    let mut result = Ok(());
    INSTALL.call_once(|| {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: all zeros is a valid sigaction: default action, empty mask.
        let action = unsafe { action.assume_init_mut() };
        action.sa_sigaction = on_sigbus as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let previous = PREVIOUS.0.get().cast::<libc::sigaction>();
        // SAFETY: PREVIOUS is written here only, before the handler is in place; both pointers are valid.
        if unsafe { libc::sigaction(libc::SIGBUS, action, previous) } != 0 {
            result = Err(io::Error::last_os_error());
        }
    });
    result
}

extern "C" fn on_sigbus(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler.
    let info_ref = unsafe { &*info };
    // SAFETY: a SIGBUS carries an address.
    let address = unsafe { info_ref.si_addr() } as usize;
    for entry in &TABLE[..USED.load(Ordering::Relaxed)] {
        // SYNC POINT: pairs with the release store in register.
        if entry.state.load(Ordering::Acquire) != ACTIVE {
            continue;
        }
        let (start, end) = (entry.start.load(Ordering::Relaxed), entry.end.load(Ordering::Relaxed));
        if (start..end).contains(&address) && replace_with_zeros(start, end - start) {
            entry.poisoned.store(1, Ordering::Relaxed);
            return;
        }
    }
    pass_on(signal, info, context);
}

fn replace_with_zeros(start: usize, length: usize) -> bool {
    // SAFETY: mmap is a plain system call here; the range is a live mapping of ours, which this replaces as a whole.
    let mapped = unsafe {
        libc::mmap(
            start as *mut libc::c_void,
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    mapped != libc::MAP_FAILED
}

/// Does what would have happened without this guard.
fn pass_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: PREVIOUS was written before this handler was installed, and is not written again.
    let previous = unsafe { &*PREVIOUS.0.get().cast::<libc::sigaction>() };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // The faulting instruction runs again when this returns, and meets the default action.
            let mut default = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: all zeros is the default action (SIG_DFL is 0) with an empty mask.
            let default = unsafe { default.assume_init_mut() };
            // SAFETY: the pointer is valid; the old action is not asked for.
            unsafe { libc::sigaction(signal, default, ptr::null_mut()) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: a handler installed with SA_SIGINFO has this signature.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: a handler installed without SA_SIGINFO has this signature.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
