//! Where a writer's files go.

use std::path::PathBuf;

/// Where a writer's files go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Location {
    /// The first default folder that can be used: [`default_candidates`](crate::directory::default_candidates).
    #[default]
    Default,
    /// Files of directory mode in this folder.
    Directory(PathBuf),
    /// One file at this path, for readers of version 1.
    File(PathBuf),
}
