//! Names of files.

/// Ending of every file that a collector looks at.
pub const SUFFIX: &str = ".mmap";

/// Bytes of the service's name that go into a file's name.
const SERVICE_LIMIT: usize = 64;

/// `service.pid.start.random.generation.mmap`. The name only keeps files apart and tells people what they see; the facts are
/// in the file's extension block.
#[must_use]
pub fn file_name(service: &str, pid: u32, start_time: u64, random: u32, generation: u64) -> String {
    let service: String = service
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '_'
            }
        })
        .take(SERVICE_LIMIT)
        .collect();
    let service = if service.is_empty() {
        "unknown_service"
    } else {
        &service
    };
    format!("{service}.{pid}.{start_time}.{random:08x}.{generation}{SUFFIX}")
}

/// The name of a file until it is complete and locked: hidden, so that nobody reads it.
#[must_use]
pub fn temporary_name(file_name: &str) -> String {
    format!(".{file_name}")
}

/// A name under which a collector finds a file: not hidden, and with the ending.
#[must_use]
pub fn is_data_file(file_name: &str) -> bool {
    !file_name.starts_with('.') && file_name.ends_with(SUFFIX)
}
