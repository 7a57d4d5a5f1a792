//! The folders to use when none is set.

use std::env;
use std::path::PathBuf;

use crate::file::own_uid;

/// Default folders, best first: writers take the first that they can use, collectors watch all of them.
///
/// `/dev/shm/otlp-mmap-<uid>`, `$XDG_RUNTIME_DIR/otlp-mmap`, and `otlp-mmap-<uid>` in the folder for temporary files.
#[must_use]
pub fn default_candidates() -> Vec<PathBuf> {
    let mut folders = Vec::with_capacity(3);
    let private = format!("otlp-mmap-{}", own_uid());
    if cfg!(target_os = "linux") {
        folders.push(PathBuf::from("/dev/shm").join(&private));
    }
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = runtime.filter(|folder| folder.is_absolute()) {
        folders.push(runtime.join("otlp-mmap"));
    }
    folders.push(env::temp_dir().join(private));
    folders
}
