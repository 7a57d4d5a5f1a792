//! Gives a file all of its blocks: touching a sparse file's page on a full file system would end the process.

use std::fs::File;
use std::io;

/// A memory file system starts over after each signal, which a profiler's timer may send for ever.
#[cfg(target_os = "linux")]
const INTERRUPTIONS: u32 = 8;

/// Makes `file` at least `length` bytes long, none of them sparse.
///
/// # Errors
/// What the system says; `EFBIG` where the process may not have files of this size.
pub fn allocate(file: &File, length: u64) -> io::Result<()> {
    allocate_more(file, 0, length)
}

/// Gives `file` the blocks of the `length` bytes from `offset` on; what lies before is left as it is.
///
/// # Errors
/// As [`allocate`].
pub(crate) fn allocate_more(file: &File, offset: u64, length: u64) -> io::Result<()> {
    // Beyond this limit the kernel sends SIGXFSZ, which ends processes that do not ignore it.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    if limit.is_some_and(|limit| offset + length > limit) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    #[cfg(target_os = "linux")]
    for _ in 0..INTERRUPTIONS {
        use rustix::io::Errno;
        match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, length) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => break,
            Err(error) => return Err(error.into()),
        }
    }
    write_zeros(file, offset, length)
}

/// For file systems that cannot allocate otherwise.
fn write_zeros(file: &File, offset: u64, length: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let zeros = [0u8; 1 << 14];
    let mut done = 0;
    while done < length {
        let part = (length - done).min(zeros.len() as u64);
        file.write_all_at(&zeros[..part as usize], offset + done)?;
        done += part;
    }
    Ok(())
}
