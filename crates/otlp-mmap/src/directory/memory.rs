//! The memory that the process' control group allows: files in memory count towards it.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of memory that this process may use by its control group, of version 1 or 2; None without a limit.
#[must_use]
pub fn limit_bytes() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    limit_of(&groups, Path::new("/sys/fs/cgroup"))
}

/// The least limit on the way from the groups named in `groups` (the text of `/proc/self/cgroup`) up to `root`.
fn limit_of(groups: &str, root: &Path) -> Option<u64> {
    groups
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            if controllers.is_empty() {
                return least_upwards(root, path, "memory.max");
            }
            controllers
                .split(',')
                .any(|controller| controller == "memory")
                .then(|| least_upwards(&root.join("memory"), path, "memory.limit_in_bytes"))?
        })
        .min()
}

/// In a container the path is often that of the host, and only the root of the hierarchy is there: so every level counts.
fn least_upwards(root: &Path, path: &str, file: &str) -> Option<u64> {
    let group = PathBuf::from(path.trim_start_matches('/'));
    group
        .ancestors()
        .filter_map(|level| fs::read_to_string(root.join(level).join(file)).ok())
        .filter_map(|text| text.trim().parse::<u64>().ok())
        // Version 1 says "no limit" with a number near 2^63.
        .filter(|limit| *limit < 1 << 60)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_of_all_levels_counts_and_max_is_none() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("app.slice/app");
        fs::create_dir_all(&group).unwrap();
        fs::write(group.join("memory.max"), "max\n").unwrap();
        assert_eq!(limit_of("0::/app.slice/app\n", root.path()), None);
        fs::write(root.path().join("app.slice/memory.max"), "67108864\n").unwrap();
        assert_eq!(limit_of("0::/app.slice/app\n", root.path()), Some(64 << 20));
    }

    #[test]
    fn a_version_1_group_named_by_the_host_is_limited_by_the_root_in_sight() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("memory")).unwrap();
        fs::write(root.path().join("memory/memory.limit_in_bytes"), "134217728\n").unwrap();
        let groups = "5:devices:/x\n4:cpu,memory:/docker/0123\n";
        assert_eq!(limit_of(groups, root.path()), Some(128 << 20));
    }
}
