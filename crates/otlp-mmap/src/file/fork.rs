//! Counts forks: a mapping belongs to the process that made it, and vanishes in a child.
//!
//! The counter is bumped in the child of every `fork`, by a handler of `pthread_atfork`; comparing it costs one load of a
//! process-wide word. (A child of `vfork` or `posix_spawn` goes on to exec and runs no code of ours.)

use std::sync::Once;

use super::atomic::{AtomicU32, Ordering};
use super::guard;

static FORKS: AtomicU32 = AtomicU32::new(0);
static INSTALL: Once = Once::new();

/// How many forks lie between this process and the one in which the counter began.
#[inline]
#[must_use]
pub fn generation() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Runs in the child, in which only async-signal-safe work is allowed: stores to atomics.
extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    guard::forget_all();
}

pub(super) fn install() {
    INSTALL.call_once(|| {
        // SAFETY: in_child is a function for the life of the process and does async-signal-safe work only.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}
