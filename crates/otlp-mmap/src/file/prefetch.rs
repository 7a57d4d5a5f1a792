//! Hints to the processor: cache lines that will be needed soon.
//!
//! The slots of a ring wander between two cores, and a line of another core takes longer to come than a record takes to
//! encode. A claim waits until all earlier stores are done, so a writer that has to wait for lines waits for each.

use std::ptr::NonNull;

/// Bytes of a cache line on the processors that this project runs on; a hint need not be exact.
const LINE: usize = 64;

/// The lines of `length` bytes at `start` will be written.
#[inline]
pub(crate) fn for_write(start: NonNull<u8>, length: usize) {
    lines(start, length).for_each(hint_write);
}

/// The lines of `length` bytes at `start` will be read.
#[inline]
pub(super) fn for_read(start: NonNull<u8>, length: usize) {
    lines(start, length).for_each(hint_read);
}

fn lines(start: NonNull<u8>, length: usize) -> impl Iterator<Item = usize> {
    let first = start.as_ptr().addr();
    (first & !(LINE - 1)..first + length).step_by(LINE)
}

// Hints never fault, whatever the address. PREFETCHW does nothing on a processor that has no such instruction.

#[cfg(target_arch = "x86_64")]
#[inline]
fn hint_write(address: usize) {
    // SAFETY: changes nothing that the program can see.
    unsafe { std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn hint_read(address: usize) {
    // SAFETY: as above.
    unsafe { std::arch::asm!("prefetcht0 [{}]", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn hint_write(address: usize) {
    // SAFETY: changes nothing that the program can see.
    unsafe { std::arch::asm!("prfm pstl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn hint_read(address: usize) {
    // SAFETY: as above.
    unsafe { std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn hint_write(_address: usize) {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn hint_read(_address: usize) {}
