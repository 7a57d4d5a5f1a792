//! Names of users, for messages about permissions.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;

/// `alice (uid 1000)`, or `uid 1000` where the system knows no name.
#[must_use]
pub fn user(uid: u32) -> String {
    name(uid).map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
}

/// The effective user id of this process.
#[must_use]
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn name(uid: u32) -> Option<String> {
    let mut entry = MaybeUninit::<libc::passwd>::uninit();
    let mut buffer = vec![0; 4096];
    let mut found = ptr::null_mut();
    // SAFETY: entry and found are valid to write, and buffer has the length that is passed.
    let status = unsafe {
        libc::getpwuid_r(
            uid,
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() {
        return None;
    }
    // SAFETY: found is not null, so the entry was filled in.
    let entry = unsafe { entry.assume_init() };
    // SAFETY: pw_name is a zero-terminated string in buffer, which lives until the end of this function.
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    Some(name.to_string_lossy().into_owned())
}
