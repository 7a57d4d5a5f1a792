//! Base files whose folder was removed while they are in use: they are made again, so that the next collector knows what was exported.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Baseline;
use crate::file::{Access, CELLS_RESERVATION, Inode, Mapping};

impl Baseline {
    /// Puts files whose names lead nowhere, or to something else, back in their places.
    ///
    /// # Errors
    /// What the system says. What is mapped stays in use.
    pub(crate) fn put_back(&mut self) -> io::Result<()> {
        // the state, which is in the first, comes when there is something for it to speak of
        for which in [1, 0] {
            let metadata = self.copies[which].file().metadata()?;
            if Inode::at(&self.paths[which]) != Some(Inode::of(&metadata)) {
                self.copies[which] = copy_to(&self.copies[which], &self.paths[which])?;
            }
        }
        Ok(())
    }
}

/// What is in `from`, in a file at `path`, mapped.
fn copy_to(from: &Mapping, path: &Path) -> io::Result<Mapping> {
    let begun = path.with_extension("new");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(&begun)?;
    let mut source = from.file();
    source.seek(SeekFrom::Start(0))?;
    let copied = io::copy(&mut source, &mut file)
        .and_then(|_| Mapping::with_reservation(file, Access::ReadWrite, CELLS_RESERVATION))
        .and_then(|mapping| fs::rename(&begun, path).map(|()| mapping));
    if copied.is_err() {
        let _ = fs::remove_file(&begun);
    }
    copied
}
