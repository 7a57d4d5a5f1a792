//! A call of a function that is registered by hand: its arguments as integers, its result, and no panic out of it.

use crate::environment::Environment;
use napi_sys as sys;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

pub(crate) type Callback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

/// The state and the first `N` arguments of a call.
pub(crate) fn arguments<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> (Option<&'static mut Environment>, [sys::napi_value; N]) {
    let mut count = N;
    let mut values = [ptr::null_mut(); N];
    let mut data = ptr::null_mut();
    // SAFETY: `values` holds `count` values; missing arguments are filled with undefined.
    unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            values.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        )
    };
    // SAFETY: `data` is what `register` bound: the environment's own state, used by one thread, one call at a time.
    let state = unsafe { data.cast::<Environment>().as_mut() };
    (state, values)
}

/// An argument as an integer of at least 0; anything else is 0.
pub(crate) fn unsigned(env: sys::napi_env, value: sys::napi_value) -> usize {
    let mut number = 0i32;
    // SAFETY: `value` is an argument of the running call; a value that is no number leaves `number` alone.
    unsafe { sys::napi_get_value_int32(env, value, &raw mut number) };
    number.max(0) as usize
}

pub(crate) fn integer(env: sys::napi_env, value: u32) -> sys::napi_value {
    let mut result = ptr::null_mut();
    // SAFETY: makes a number in the running call's scope.
    unsafe { sys::napi_create_uint32(env, value, &raw mut result) };
    result
}

/// Runs `body`; a panic must not cross into JavaScript, so it becomes `fallback`.
pub(crate) fn guarded(fallback: u32, body: impl FnOnce() -> u32) -> u32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}
