//! Places where a test ends a collector's work as a crash would: before every write of the journal, and before whatever depends on one.
//!
//! Nothing arms them but a call of [`arm`] or [`arm_at`]: no setting and no variable of the environment leads there. Where they are
//! not armed each is a load and a branch, a dozen a transaction of thousands of records.

use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicUsize, Ordering};

/// What happens at the armed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// The thread unwinds: what is in memory is gone, what is in the mapping stays.
    Panic,
    /// The process is killed, as by `kill -9`.
    Kill,
    /// The thread stands still for good, as on a disk that does not answer.
    Hang,
}

/// Every point.
pub const POINTS: [&str; 14] = [
    "segment",
    "header of a segment",
    "name of a segment",
    "body of a frame",
    "header of a frame",
    "commit",
    "after a commit",
    "reader index",
    "handing over",
    "acknowledgement",
    "saving acknowledgements",
    "base of a delta",
    "carrying open spans",
    "removing a segment",
];

/// Points that are still to be gone past; below 0: not armed.
static COUNTDOWN: AtomicI64 = AtomicI64::new(-1);
static CRASH: AtomicU8 = AtomicU8::new(0);
/// The only point that counts, as its place among [`POINTS`] from 1; 0: all do.
static ONLY: AtomicUsize = AtomicUsize::new(0);

/// Crashes at the point that is met after `points` others. For the whole process: tests that use it take turns.
pub fn arm(points: u32, crash: Crash) {
    ONLY.store(0, Ordering::Relaxed);
    CRASH.store(crash as u8, Ordering::Relaxed);
    COUNTDOWN.store(points.into(), Ordering::SeqCst);
}

/// As [`arm`], of the points of one name. False if there is none of that name.
#[must_use]
pub fn arm_at(name: &str, points: u32, crash: Crash) -> bool {
    let Some(place) = POINTS.iter().position(|&point| point == name) else {
        return false;
    };
    disarm();
    CRASH.store(crash as u8, Ordering::Relaxed);
    ONLY.store(place + 1, Ordering::Relaxed);
    COUNTDOWN.store(points.into(), Ordering::SeqCst);
    true
}

/// Takes the crash back. True if it had not come to it.
pub fn disarm() -> bool {
    COUNTDOWN.swap(-1, Ordering::SeqCst) >= 0
}

/// A point: before a write of the journal, or before something that depends on what was written.
///
/// # Panics
/// If it is armed to.
#[inline]
pub(crate) fn fail_point(name: &'static str) {
    if COUNTDOWN.load(Ordering::Relaxed) >= 0 {
        reached(name);
    }
}

#[cold]
fn reached(name: &'static str) {
    assert!(POINTS.contains(&name), "fail point {name} is not among all of them");
    let only = ONLY.load(Ordering::Relaxed);
    if only > 0 && POINTS[only - 1] != name {
        return;
    }
    if COUNTDOWN.fetch_sub(1, Ordering::SeqCst) != 0 {
        return;
    }
    let crash = CRASH.load(Ordering::Relaxed);
    assert!(crash != Crash::Panic as u8, "fail point {name}");
    if crash == Crash::Hang as u8 {
        loop {
            std::thread::park();
        }
    }
    // in one write, so that no other thread's line comes between
    let _ = std::io::stderr().write_all(format!("killed at the fail point {name}\n").as_bytes());
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}
