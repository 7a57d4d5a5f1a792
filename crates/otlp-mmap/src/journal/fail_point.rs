//! Places where a test ends the journal's work as a crash would. Without the feature `fail-points` they are nothing.

#[cfg(feature = "fail-points")]
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

/// What happens at the armed point.
#[cfg(feature = "fail-points")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// The thread unwinds: what is in memory is gone, what is in the mapping stays.
    Panic,
    /// The process is killed, as by `kill -9`.
    Kill,
}

#[cfg(feature = "fail-points")]
static COUNTDOWN: AtomicI64 = AtomicI64::new(-1);
#[cfg(feature = "fail-points")]
static CRASH: AtomicU8 = AtomicU8::new(0);

/// Crashes at the point that is met after `points` others. For the whole process: tests that use it take turns.
#[cfg(feature = "fail-points")]
pub fn arm(points: u32, crash: Crash) {
    CRASH.store(u8::from(crash == Crash::Kill), Ordering::Relaxed);
    COUNTDOWN.store(points.into(), Ordering::SeqCst);
}

/// Takes the crash back. True if it had not come to it.
#[cfg(feature = "fail-points")]
pub fn disarm() -> bool {
    COUNTDOWN.swap(-1, Ordering::SeqCst) >= 0
}

/// A point: before a write of the journal, or before something that depends on what was written.
///
/// # Panics
/// If it is armed to.
#[inline]
pub fn fail_point(name: &'static str) {
    #[cfg(feature = "fail-points")]
    {
        if COUNTDOWN.load(Ordering::Relaxed) < 0 || COUNTDOWN.fetch_sub(1, Ordering::SeqCst) != 0 {
            return;
        }
        assert_ne!(CRASH.load(Ordering::Relaxed), 0, "fail point {name}");
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    #[cfg(not(feature = "fail-points"))]
    let _ = name;
}
