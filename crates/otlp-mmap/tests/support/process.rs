//! Child processes made by fork alone, as a test of it needs them.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A forked child.
pub struct Child(pub libc::pid_t);

/// Runs `body` in a forked child, which ends with the number that it returns, or 101 if it panics.
pub fn fork(body: impl FnOnce() -> i32) -> Child {
    // SAFETY: the child runs test code that takes no lock of the harness, and ends with _exit.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork");
    if pid == 0 {
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(101);
        // SAFETY: ends the child without running the harness' exit handlers.
        unsafe { libc::_exit(code) };
    }
    Child(pid)
}

impl Child {
    pub fn wait(self) -> ExitStatus {
        let mut status = 0;
        // SAFETY: status is valid to write.
        assert_eq!(unsafe { libc::waitpid(self.0, &raw mut status, 0) }, self.0);
        ExitStatus::from_raw(status)
    }
}
