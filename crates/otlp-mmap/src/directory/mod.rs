//! Where files live: candidate folders, permissions, names, and how much room files may take.

mod candidates;
mod filesystem;
mod limit;
mod memory;
mod name;
mod prepare;

pub use candidates::default_candidates;
pub use filesystem::{free_bytes, warning};
pub use limit::{Limits, Removed, make_room};
pub use memory::limit_bytes as memory_limit_bytes;
pub use name::{SUFFIX, file_name, is_data_file, temporary_name};
pub use prepare::{DirectoryError, Owner, group_id, prepare};

/// Most bytes that a file of the default geometry takes.
pub const FILE_LIMIT: u64 = 8 << 20;

/// Bytes that a new file in `folder` may take by default: 8 MiB, an eighth of the free space, or a sixteenth of the memory that
/// the process' control group allows, whichever is least.
#[must_use]
pub fn file_limit(folder: &std::path::Path) -> u64 {
    let free = free_bytes(folder).map_or(u64::MAX, |free| free / 8);
    let memory = memory_limit_bytes().map_or(u64::MAX, |limit| limit / 16);
    FILE_LIMIT.min(free).min(memory)
}
