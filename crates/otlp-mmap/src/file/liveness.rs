//! Is the process that writes a file alive?
//!
//! Its lock free: dead. Its lock held: alive, unless the writer belongs to our own pid namespace and boot and no
//! process with that pid and start time exists: then a forked child keeps the lock of a dead parent.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use super::identity::Identity;
use super::lock::{Lock, Role};
use super::view::FileView;

/// What is known of the process that writes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It may write at any moment.
    Alive,
    /// It is gone: nothing more will be written, and what it claimed and did not publish never will be.
    Dead,
    /// The file carries no extension block, so nobody can tell.
    Unknown,
}

/// Looks whether the writer of a file lives. Costs a system call, and a few file reads while the lock is held.
///
/// # Errors
/// What the system says to the query for the lock.
pub fn of_writer(view: &FileView) -> io::Result<Liveness> {
    let Some(extension) = view.extension() else {
        return Ok(Liveness::Unknown);
    };
    if !Lock::is_locked_by_other(view.mapping().file(), view.path(), Role::Writer)? {
        return Ok(Liveness::Dead);
    }
    Ok(if process_is_gone(extension.identity()) {
        Liveness::Dead
    } else {
        Liveness::Alive
    })
}

/// The same from the lock alone, which takes one system call: a fork that keeps the lock of a dead parent passes for it.
///
/// # Errors
/// What the system says to the query for the lock.
pub fn of_lock(view: &FileView) -> io::Result<Liveness> {
    if view.extension().is_none() {
        return Ok(Liveness::Unknown);
    }
    let held = Lock::is_locked_by_other(view.mapping().file(), view.path(), Role::Writer)?;
    Ok(if held { Liveness::Alive } else { Liveness::Dead })
}

fn process_is_gone(identity: &Identity) -> bool {
    if identity.pid == 0
        || identity.pid_namespace == 0
        || identity.boot_id == [0; 16]
        || identity.pid_namespace != pid_namespace()
        || identity.boot_id != boot_id()
    {
        return false;
    }
    match process_start_time(identity.pid) {
        Process::Gone => true,
        Process::Started(time) => identity.pid_start_time != 0 && time != identity.pid_start_time,
        Process::Unknown => false,
    }
}

/// Inode number of this process' pid namespace; 0 where there is none.
#[must_use]
pub fn pid_namespace() -> u64 {
    use std::os::unix::fs::MetadataExt;
    static OWN: OnceLock<u64> = OnceLock::new();
    *OWN.get_or_init(|| fs::metadata("/proc/self/ns/pid").map_or(0, |metadata| metadata.ino()))
}

/// Boot id of the running kernel; zero where it has none.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    static OWN: OnceLock<[u8; 16]> = OnceLock::new();
    *OWN.get_or_init(read_boot_id)
}

fn read_boot_id() -> [u8; 16] {
    let mut id = [0u8; 16];
    let Ok(text) = fs::read_to_string("/proc/sys/kernel/random/boot_id") else {
        return id;
    };
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    if digits.len() == 32 {
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
    }
    id
}

/// Start time of this process in clock ticks since boot; 0 if unknown.
#[must_use]
pub fn own_start_time() -> u64 {
    match process_start_time(std::process::id()) {
        Process::Started(time) => time,
        Process::Gone | Process::Unknown => 0,
    }
}

enum Process {
    Gone,
    Started(u64),
    Unknown,
}

fn process_start_time(pid: u32) -> Process {
    static HAS_PROC: OnceLock<bool> = OnceLock::new();
    if !HAS_PROC.get_or_init(|| Path::new("/proc/self/stat").exists()) {
        return Process::Unknown;
    }
    // one read gives all of it: some 300 bytes, with a name of 64 at most
    let mut stat = [0; 1024];
    let read = fs::File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut stat));
    match read {
        Ok(length) => parse_stat(&stat[..length]).unwrap_or(Process::Unknown),
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH)) => Process::Gone,
        Err(_) => Process::Unknown,
    }
}

/// Fields of proc(5) `stat` after the command name, which is in brackets and may hold anything.
fn parse_stat(stat: &[u8]) -> Option<Process> {
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let text = std::str::from_utf8(stat.get(close + 2..)?).ok()?;
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    // Counted from field 3 (state): field 20 is the number of threads, field 22 the start time.
    let (state, threads, started) = (fields.first()?, fields.get(17)?, fields.get(19)?);
    let ended = matches!(*state, "Z" | "X" | "x");
    // A leader that ended while other threads live is a zombie, too: then the process writes on.
    if ended && threads.parse::<u32>().ok()? <= 1 {
        return Some(Process::Gone);
    }
    Some(Process::Started(started.parse().ok()?))
}
