//! SIGBUS for memory that is not ours is the business of the action that was installed before: a process of its own.

#[path = "support/process.rs"]
mod process;

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;

use otlp_mmap::file::{Access, Mapping};

extern "C" fn earlier(_signal: i32, _info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: async-signal-safe.
    unsafe { libc::_exit(42) };
}

/// Touches a page of a mapping that we know nothing of, past the end of its file.
fn touch_foreign_memory(folder: &std::path::Path) -> i32 {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(folder.join("other"))
        .unwrap();
    file.set_len(4096).unwrap();
    // SAFETY: a fresh mapping at an address of the system's choice.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    assert_ne!(base, libc::MAP_FAILED);
    file.set_len(0).unwrap();
    // SAFETY: raises SIGBUS, which is what the test is about.
    i32::from(unsafe { base.cast::<u8>().read_volatile() })
}

fn map_one_of_ours(folder: &std::path::Path) -> Mapping {
    let path = folder.join("ours");
    std::fs::write(&path, [0; 4096]).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    Mapping::new(file, Access::ReadWrite).unwrap()
}

#[test]
fn the_earlier_action_decides() {
    let folder = tempfile::tempdir().unwrap();
    let default = process::fork(|| {
        let _mapping = map_one_of_ours(folder.path());
        touch_foreign_memory(folder.path())
    });
    assert_eq!(default.wait().signal(), Some(libc::SIGBUS));
    let handled = process::fork(|| {
        // SAFETY: all zeros is a valid sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = earlier as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: the action is valid; the old one is not asked for.
        unsafe { libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) };
        let _mapping = map_one_of_ours(folder.path());
        touch_foreign_memory(folder.path())
    });
    assert_eq!(handled.wait().code(), Some(42));
}
