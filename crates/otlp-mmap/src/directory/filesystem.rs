//! What the file system under a folder can do.

use std::path::Path;

/// Free bytes for this user on the file system of `folder`; None where the system does not tell.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let status = rustix::fs::statvfs(folder).ok()?;
    status.f_bavail.checked_mul(status.f_frsize)
}

/// A sentence of warning if the file system of `folder` is known not to share memory between machines or containers.
#[must_use]
pub fn warning(folder: &Path) -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        let kind = rustix::fs::statfs(folder).ok()?.f_type as u64 & 0xffff_ffff;
        let (name, problem) = match kind {
            0x6969 => ("NFS", Problem::Network),
            0x517b | 0xff53_4d42 | 0xfe53_4d42 => ("SMB", Problem::Network),
            0x0102_1997 => ("9P", Problem::Network),
            0x00c3_6400 => ("CephFS", Problem::Network),
            0x5346_414f => ("AFS", Problem::Network),
            0x0bd0_0bd0 => ("Lustre", Problem::Network),
            0x6573_5546 => ("FUSE", Problem::Network),
            0x794c_7630 => ("overlay", Problem::Overlay),
            _ => return None,
        };
        let folder = folder.display();
        Some(match problem {
            Problem::Network => format!(
                "{folder} is on a {name} file system, which does not share memory between machines: choose a local folder, such as one in /dev/shm"
            ),
            Problem::Overlay => format!(
                "{folder} is on a container's {name} file system, which no other container sees: choose a volume that both mount, or /dev/shm"
            ),
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

#[cfg(target_os = "linux")]
enum Problem {
    Network,
    Overlay,
}
