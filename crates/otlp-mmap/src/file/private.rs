//! Files that nobody else reads.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

/// To open a file for reading and writing: a new one is its user's alone, a link in its place is refused, and no child inherits it.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    options
}
