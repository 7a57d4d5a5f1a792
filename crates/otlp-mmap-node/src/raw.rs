//! The hot path: functions registered by hand, since a call through `#[napi]` costs five times as much.
//!
//! Every argument is an integer and is clamped; nothing throws; a panic becomes a status. The words of the scratch buffer's head
//! (see `layout::scratch`) carry what would otherwise be arguments.

use crate::environment::{Environment, Scratch};
use crate::raw_call::{Callback, arguments, guarded, integer, unsigned};
use napi_sys as sys;
use otlp_mmap::clock::{self, Clock};
use otlp_mmap::file::RingId;
use otlp_mmap::layout::{commit, scratch};
use std::ffi::CStr;
use std::ptr;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Registers the raw functions on `exports`, bound to the environment's state.
pub fn register(env: sys::napi_env, exports: sys::napi_value) {
    let state = Environment::create(env);
    let functions: [(&CStr, Callback); 7] = [
        (c"attachScratch", attach_scratch),
        (c"commit", commit_record),
        (c"commitLong", commit_long),
        (c"now", now),
        (c"epoch", epoch),
        (c"countDrop", count_drop),
        (c"recordCapacity", record_capacity),
    ];
    for (name, callback) in functions.into_iter().chain(crate::cells::RAW) {
        let mut function = ptr::null_mut();
        // SAFETY: the name is a C string of the given length, and `state` outlives every function of this environment.
        unsafe {
            sys::napi_create_function(
                env,
                name.as_ptr(),
                name.count_bytes() as isize,
                Some(callback),
                state.cast(),
                &raw mut function,
            )
        };
        // SAFETY: `exports` is the module's object and `function` the one just made.
        unsafe { sys::napi_set_named_property(env, exports, name.as_ptr(), function) };
    }
}

unsafe extern "C" fn attach_scratch(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [buffer]) = arguments::<1>(env, info);
    let mut address = ptr::null_mut();
    let mut length = 0;
    // SAFETY: asks for address and length; on a value that is no ArrayBuffer both stay as they are.
    unsafe { sys::napi_get_arraybuffer_info(env, buffer, &raw mut address, &raw mut length) };
    let (Some(state), Some(address), true) = (state, ptr::NonNull::new(address.cast()), length >= scratch::LENGTH)
    else {
        return ptr::null_mut();
    };
    let mut reference = ptr::null_mut();
    // SAFETY: `buffer` is an ArrayBuffer; the strong reference keeps its memory in place.
    unsafe { sys::napi_create_reference(env, buffer, 1, &raw mut reference) };
    let before = state.attach_scratch(reference, address);
    if !before.is_null() {
        // SAFETY: the earlier reference was made here and is used no more.
        unsafe { sys::napi_delete_reference(env, before) };
    }
    ptr::null_mut()
}

/// Everything about the record stands in the head's words, and the answer too: an argument costs 5 ns, a result as much.
unsafe extern "C" fn commit_record(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, []) = arguments::<0>(env, info);
    let Some(state) = state else { return ptr::null_mut() };
    let Some(scratch) = state.scratch() else {
        return ptr::null_mut();
    };
    let status = guarded(commit::DISABLED, || {
        let Some(handle) = state.handle(scratch.word(scratch::COMMIT_WRITER) as usize) else {
            return commit::DISABLED;
        };
        let Some(ring) = RingId::from_number(scratch.word(scratch::COMMIT_RING)) else {
            return commit::DISABLED;
        };
        let (offset, length) = (
            scratch.word(scratch::COMMIT_OFFSET),
            scratch.word(scratch::COMMIT_LENGTH),
        );
        let Some(record) = scratch.bytes(offset as usize, length as usize) else {
            return commit::TOO_LARGE;
        };
        let epoch = scratch.word(scratch::EPOCH);
        match fill_time(scratch, record) {
            Some(time) => handle.commit_at(ring, epoch, record, time),
            None => handle.commit(ring, epoch, record),
        }
        .number()
    });
    scratch.set_word(scratch::COMMIT_STATUS, status);
    ptr::null_mut()
}

unsafe extern "C" fn commit_long(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, ring, offset, length]) = arguments::<4>(env, info);
    let (writer, ring) = (unsigned(env, writer), unsigned(env, ring));
    let (offset, length) = (unsigned(env, offset), unsigned(env, length));
    let status = guarded(commit::DISABLED, || {
        let Some(state) = state else { return commit::DISABLED };
        let (Some(scratch), Some(handle)) = (state.scratch(), state.handle(writer)) else {
            return commit::DISABLED;
        };
        let Some(ring) = RingId::from_number(ring as u32) else {
            return commit::DISABLED;
        };
        let Some(record) = scratch.bytes(offset, length) else {
            return commit::TOO_LARGE;
        };
        let epoch = scratch.word(scratch::EPOCH);
        let time = fill_time(scratch, record).unwrap_or_else(clock::coarse_wall_nanos);
        handle.commit_long(ring, epoch, record, time).number()
    });
    integer(env, status)
}

/// Writes the time that the head's words ask for into the record. Returns it if it is the clock's: an explicit one says nothing
/// of when the record was made.
#[inline]
fn fill_time(scratch: Scratch, record: &mut [u8]) -> Option<u64> {
    let mode = scratch.word(scratch::TIME_MODE);
    let time = match mode {
        commit::TIME_CLOCK => clock_time(scratch),
        commit::TIME_EXPLICIT => {
            let seconds = u64::from(scratch.word(scratch::TIME_SECONDS));
            seconds * NANOS_PER_SECOND + u64::from(scratch.word(scratch::TIME_NANOS))
        }
        _ => return None,
    };
    let at = scratch.word(scratch::TIME_OFFSET) as usize;
    if let Some(field) = record.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<8>) {
        *field = time.to_le_bytes();
    }
    (mode == commit::TIME_CLOCK).then_some(time)
}

/// The clock, not before the floor, also left in the words.
#[inline]
pub(crate) fn clock_time(scratch: Scratch) -> u64 {
    let (now, anchor) = Clock::process().now(scratch.word(scratch::ANCHOR) as i32);
    let floor = u64::from(scratch.word(scratch::FLOOR_SECONDS)) * NANOS_PER_SECOND
        + u64::from(scratch.word(scratch::FLOOR_NANOS));
    let time = now.max(floor);
    scratch.set_word(scratch::TIME_SECONDS, (time / NANOS_PER_SECOND) as u32);
    scratch.set_word(scratch::TIME_NANOS, (time % NANOS_PER_SECOND) as u32);
    scratch.set_word(scratch::ANCHOR, anchor as u32);
    time
}

unsafe extern "C" fn now(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, []) = arguments::<0>(env, info);
    guarded(0, || {
        if let Some(scratch) = state.and_then(|state| state.scratch()) {
            clock_time(scratch);
        }
        0
    });
    ptr::null_mut()
}

unsafe extern "C" fn epoch(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer]) = arguments::<1>(env, info);
    let writer = unsigned(env, writer);
    integer(
        env,
        guarded(0, || {
            let Some(state) = state else { return 0 };
            state.release_closed(writer);
            state.handle(writer).map_or(0, |handle| handle.writer().epoch())
        }),
    )
}

unsafe extern "C" fn count_drop(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, ring, reason]) = arguments::<3>(env, info);
    let (writer, ring, reason) = (unsigned(env, writer), unsigned(env, ring), unsigned(env, reason));
    guarded(0, || {
        if let (Some(handle), Some(ring)) = (
            state.and_then(|state| state.handle(writer)),
            RingId::from_number(ring as u32),
        ) {
            handle.count_drop(ring, reason as u32);
        }
        0
    });
    ptr::null_mut()
}

unsafe extern "C" fn record_capacity(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (state, [writer, ring]) = arguments::<2>(env, info);
    let (writer, ring) = (unsigned(env, writer), unsigned(env, ring));
    integer(
        env,
        guarded(0, || {
            state
                .and_then(|state| state.handle(writer))
                .zip(RingId::from_number(ring as u32))
                .map_or(0, |(handle, ring)| handle.writer().record_capacity(ring))
        }),
    )
}
