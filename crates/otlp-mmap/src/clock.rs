//! The clock of records: wall-clock time that does not jump within a span.
//!
//! Time is an anchor (wall clock minus monotonic clock) plus the monotonic clock. Anchors are numbered. The wall clock is looked
//! at again at most once a second, and a new anchor takes over when it has moved by more than a millisecond. Whoever took a
//! start time from anchor n takes the end time from anchor n, too, so a duration is monotonic even when the clock was set.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};

/// Anchors that stay usable.
const KEPT: u32 = 64;
/// Nanoseconds between two looks at the wall clock.
const INTERVAL: u64 = 1_000_000_000;
/// Nanoseconds by which the wall clock must differ for a new anchor.
const TOLERANCE: u64 = 1_000_000;

/// Numbered anchors. [`Clock::process`] is the one of this process.
#[derive(Debug)]
pub struct Clock {
    /// Wall clock minus monotonic clock in nanoseconds; anchor n is at n modulo 64.
    offsets: [AtomicI64; KEPT as usize],
    newest: AtomicU32,
    /// Monotonic time of the last look at the wall clock.
    looked: AtomicU64,
}

impl Clock {
    /// A clock whose anchor 0 is measured at these two readings, in nanoseconds.
    #[must_use]
    pub fn new(monotonic: u64, wall: u64) -> Self {
        let clock = Self {
            offsets: [const { AtomicI64::new(0) }; KEPT as usize],
            newest: AtomicU32::new(0),
            looked: AtomicU64::new(monotonic),
        };
        clock.offsets[0].store(wall.wrapping_sub(monotonic) as i64, Ordering::Relaxed);
        clock
    }

    /// The clock of this process, anchored on first use.
    #[must_use]
    pub fn process() -> &'static Self {
        static CLOCK: OnceLock<Clock> = OnceLock::new();
        CLOCK.get_or_init(|| {
            let monotonic = monotonic_nanos();
            Self::new(monotonic, wall_nanos())
        })
    }

    /// Nanoseconds since the Unix epoch by anchor `anchor`, and the number of the anchor used. A negative number, or one of an
    /// anchor that is no longer kept, means the newest.
    #[inline]
    pub fn now(&self, anchor: i32) -> (u64, i32) {
        self.at(anchor, monotonic_nanos(), wall_nanos)
    }

    /// As [`Clock::now`], at a given reading of the monotonic clock; `wall` is asked when a look at the wall clock is due.
    #[inline]
    pub fn at(&self, anchor: i32, monotonic: u64, wall: impl FnOnce() -> u64) -> (u64, i32) {
        let looked = self.looked.load(Ordering::Relaxed);
        if monotonic.saturating_sub(looked) >= INTERVAL {
            self.look(looked, monotonic, wall);
        }
        let newest = self.newest.load(Ordering::Acquire);
        let number = match u32::try_from(anchor) {
            Ok(number) if number <= newest && newest - number < KEPT => number,
            _ => newest,
        };
        let offset = self.offsets[(number % KEPT) as usize].load(Ordering::Relaxed);
        (monotonic.wrapping_add(offset as u64), number as i32)
    }

    #[cold]
    fn look(&self, looked: u64, monotonic: u64, wall: impl FnOnce() -> u64) {
        let mine = self
            .looked
            .compare_exchange(looked, monotonic, Ordering::AcqRel, Ordering::Relaxed);
        if mine.is_err() {
            return;
        }
        // One thread a second comes here: the exchange above lets nobody else in before the interval has passed again.
        let newest = self.newest.load(Ordering::Acquire);
        let current = self.offsets[(newest % KEPT) as usize].load(Ordering::Relaxed);
        let measured = wall().wrapping_sub(monotonic) as i64;
        if measured.abs_diff(current) > TOLERANCE {
            let next = (newest + 1) & i32::MAX as u32;
            self.offsets[(next % KEPT) as usize].store(measured, Ordering::Relaxed);
            // SYNC POINT: who sees the number sees its offset.
            self.newest.store(next, Ordering::Release);
        }
    }
}

/// The monotonic clock in nanoseconds.
#[inline]
#[must_use]
pub fn monotonic_nanos() -> u64 {
    nanos(ClockId::Monotonic)
}

/// The wall clock, nanoseconds since the Unix epoch.
#[inline]
#[must_use]
pub fn wall_nanos() -> u64 {
    #[cfg(feature = "settable-clock")]
    return nanos(ClockId::Realtime).wrapping_add_signed(SHIFT.load(Ordering::SeqCst));
    #[cfg(not(feature = "settable-clock"))]
    nanos(ClockId::Realtime)
}

/// Nanoseconds that a test set the wall clock forward.
#[cfg(feature = "settable-clock")]
static SHIFT: AtomicI64 = AtomicI64::new(0);

/// Has [`wall_nanos`] show the time with so many nanoseconds added, as after somebody set the clock. For the whole process.
#[cfg(feature = "settable-clock")]
pub fn shift_wall_clock(nanos: i64) {
    SHIFT.store(nanos, Ordering::SeqCst);
}

/// The wall clock to a few milliseconds, for a quarter of the price where the system has it.
#[inline]
#[must_use]
pub fn coarse_wall_nanos() -> u64 {
    #[cfg(target_os = "linux")]
    return nanos(ClockId::RealtimeCoarse);
    #[cfg(not(target_os = "linux"))]
    wall_nanos()
}

/// Nanoseconds since the machine started, time asleep included where the system tells.
#[must_use]
pub fn boot_nanos() -> u64 {
    #[cfg(target_os = "linux")]
    return nanos(ClockId::Boottime);
    #[cfg(not(target_os = "linux"))]
    monotonic_nanos()
}

#[inline]
fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    (time.tv_sec as u64)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec as u64)
}
