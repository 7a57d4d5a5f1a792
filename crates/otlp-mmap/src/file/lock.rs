//! Locks that tell who is alive: one byte of the file for its writer, one for the reader that moves its indices.
//!
//! They belong to the open file (open file description locks), so they end with the last descriptor of that opening, however
//! the process ends, and two openings in one process exclude each other. On macOS, which has none, a sidecar file beside the
//! file is locked with `flock`, one for each byte.

#[cfg(target_os = "macos")]
pub use sidecar::Lock;

#[cfg(not(target_os = "macos"))]
pub use byte_range::Lock;

/// Which lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Held by the process that writes the file, from before its name appears until it is closed.
    Writer,
    /// Held by the one reader that moves the indices.
    Reader,
}

#[cfg(not(target_os = "macos"))]
mod byte_range {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;
    use std::sync::Arc;

    use super::Role;
    use crate::file::mapping::Mapping;
    use crate::layout::constant;

    /// A lock that is held, until it is dropped or the process ends.
    #[derive(Debug)]
    pub struct Lock {
        mapping: Arc<Mapping>,
        role: Role,
    }

    impl Lock {
        /// Takes the lock of an open, writable file; None if another opening of the file holds it.
        ///
        /// # Errors
        /// What the system says to `fcntl`.
        pub fn try_lock(mapping: &Arc<Mapping>, _path: &Path, role: Role) -> io::Result<Option<Self>> {
            let mut request = byte(role, libc::F_WRLCK);
            match fcntl(mapping.file(), libc::F_OFD_SETLK, &mut request) {
                Ok(()) => Ok(Some(Self {
                    mapping: Arc::clone(mapping),
                    role,
                })),
                Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(None),
                Err(error) => Err(error),
            }
        }

        /// Another opening of the file holds the lock. Works on a file opened for reading, too.
        ///
        /// # Errors
        /// What the system says to `fcntl`.
        pub fn is_locked_by_other(file: &File, _path: &Path, role: Role) -> io::Result<bool> {
            let mut request = byte(role, libc::F_WRLCK);
            fcntl(file, libc::F_OFD_GETLK, &mut request)?;
            Ok(request.l_type != libc::F_UNLCK as libc::c_short)
        }
    }

    impl Drop for Lock {
        fn drop(&mut self) {
            if self.mapping.forked() {
                // The lock is the parent's, which shares the open file with us.
                return;
            }
            let _ = fcntl(
                self.mapping.file(),
                libc::F_OFD_SETLK,
                &mut byte(self.role, libc::F_UNLCK),
            );
        }
    }

    fn byte(role: Role, kind: libc::c_int) -> libc::flock {
        // SAFETY: flock is a plain struct for which all zeros is valid; OFD locks want l_pid zero.
        let mut request: libc::flock = unsafe { std::mem::zeroed() };
        request.l_type = kind as libc::c_short;
        request.l_whence = libc::SEEK_SET as libc::c_short;
        request.l_start = match role {
            Role::Writer => constant::LOCK_WRITER_BYTE as libc::off_t,
            Role::Reader => constant::LOCK_READER_BYTE as libc::off_t,
        };
        request.l_len = 1;
        request
    }

    fn fcntl(file: &File, command: libc::c_int, request: &mut libc::flock) -> io::Result<()> {
        // SAFETY: the descriptor is open, and request is a valid flock to read and write.
        if unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(request)) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

#[cfg(target_os = "macos")]
mod sidecar {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use rustix::fs::FlockOperation;

    use super::Role;
    use crate::file::mapping::Mapping;

    /// A lock that is held, until it is dropped or the process ends.
    #[derive(Debug)]
    pub struct Lock {
        _sidecar: File,
    }

    impl Lock {
        /// Takes the lock of the file at `path`; None if another opening holds it.
        ///
        /// # Errors
        /// What the system says to `open` or `flock`.
        pub fn try_lock(_mapping: &Arc<Mapping>, path: &Path, role: Role) -> io::Result<Option<Self>> {
            let sidecar = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o660)
                .custom_flags(libc::O_NOFOLLOW)
                .open(sidecar_path(path, role))?;
            match rustix::fs::flock(&sidecar, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => Ok(Some(Self { _sidecar: sidecar })),
                Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }

        /// Another opening holds the lock.
        ///
        /// # Errors
        /// What the system says to `open` or `flock`.
        pub fn is_locked_by_other(_file: &File, path: &Path, role: Role) -> io::Result<bool> {
            let sidecar = match File::open(sidecar_path(path, role)) {
                Ok(sidecar) => sidecar,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            };
            match rustix::fs::flock(&sidecar, FlockOperation::NonBlockingLockShared) {
                Ok(()) => Ok(false),
                Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
                Err(error) => Err(error.into()),
            }
        }
    }

    fn sidecar_path(path: &Path, role: Role) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(match role {
            Role::Writer => ".writer-lock",
            Role::Reader => ".reader-lock",
        });
        PathBuf::from(name)
    }
}
