//! Base files of delta streams whose data file is gone: a directory's limit removed it, or somebody by hand, while no collector ran.

use crate::cells::Baseline;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of base files end with; the second one has a `b` for the `a`.
const ENDING: &str = ".base-a";

/// Removes the base files in `folder` whose data file is gone, and that nobody reads any more: `in_use` has the data files that
/// are read, as absolute paths. Returns where the data files were.
pub(super) fn sweep(folder: &Path, in_use: &HashSet<PathBuf>) -> Vec<PathBuf> {
    let mut swept = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(ENDING)) else {
            continue;
        };
        let first = entry.path();
        let Some(data) = Baseline::data_path(&first).filter(|data| !in_use.contains(data) && is_gone(data)) else {
            continue;
        };
        // the first one last: it is what tells whose they are
        let second = folder.join(format!("{stem}.base-b"));
        let removed = match fs::remove_file(second) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::remove_file(first),
        };
        if removed.is_ok() {
            swept.push(data);
        }
    }
    swept
}

/// It is not where it was, though its folder is: one that is not mounted now may come back.
fn is_gone(data: &Path) -> bool {
    let is_missing = fs::symlink_metadata(data).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    is_missing && data.parent().is_some_and(Path::is_dir)
}
