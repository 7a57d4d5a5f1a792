//! Makes one file: allocated, laid out and locked under a hidden name, before anybody else can see it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::geometry::Plan;
use crate::clock;
use crate::directory::{self, Owner};
use crate::file::lock::{Lock, Role};
use crate::file::{Access, FileError, FileView, Identity, Mapping, Problem, allocate, private};

/// A complete file under its hidden name. Dropped before it is published, it is removed.
#[derive(Debug)]
pub(super) struct NewFile {
    hidden: Hidden,
    view: FileView,
    lock: Lock,
}

/// What [`NewFile::publish_if_absent`] found.
pub(super) enum Link {
    /// The file has its name.
    Named(Box<(FileView, Lock)>),
    /// Another file has it.
    NameTaken(Box<NewFile>),
}

/// Removes what it names, unless told otherwise.
#[derive(Debug)]
struct Hidden(Option<PathBuf>);

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

impl NewFile {
    /// Makes the file that will be called `path`. `prepare` writes what a reader must find from the start; the header's version comes
    /// after it.
    pub(super) fn make(
        path: &Path,
        plan: &Plan,
        owner: Owner,
        identity: Identity,
        prepare: impl FnOnce(&FileView),
    ) -> Result<Self, FileError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hidden = path.with_file_name(hidden_name(&name, &identity));
        let file = private()
            .create_new(true)
            .open(&hidden)
            .map_err(|error| FileError::from_io(path, "making the file", error))?;
        let guard = Hidden(Some(hidden));
        let failed = |action| move |error| from_io(path, action, plan.length, error);
        if let Owner::Group(gid) = owner {
            fchown(&file, None, Some(gid)).map_err(failed("setting the file's group"))?;
            file.set_permissions(Permissions::from_mode(owner.file_mode()))
                .map_err(failed("setting the file's mode"))?;
        }
        allocate(&file, plan.length).map_err(failed("allocating the file"))?;
        let time = clock::wall_nanos();
        let mapping = Arc::new(Mapping::new(file, Access::ReadWrite).map_err(failed("mapping the file"))?);
        let lock = Lock::try_lock(&mapping, path, Role::Writer)
            .and_then(|lock| lock.ok_or_else(|| io::Error::other("another process holds the lock")))
            .map_err(failed("locking the file"))?;
        let view = FileView::create(path, mapping, plan.sections, plan.rings, identity)
            .map_err(failed("looking at the file"))?;
        prepare(&view);
        view.header().publish(plan.sections, time);
        Ok(Self {
            hidden: guard,
            view,
            lock,
        })
    }

    /// Gives the file its name, in place of whatever had it.
    pub(super) fn publish(mut self) -> Result<(FileView, Lock), FileError> {
        let path = self.view.path();
        if let Some(hidden) = &self.hidden.0 {
            fs::rename(hidden, path).map_err(|error| FileError::from_io(path, "naming the file", error))?;
        }
        self.hidden.0 = None;
        Ok((self.view, self.lock))
    }

    /// Gives the file its name if no file has it: else gives `self` back.
    pub(super) fn publish_if_absent(mut self) -> Result<Link, FileError> {
        let path = self.view.path();
        if let Some(hidden) = &self.hidden.0 {
            // A link fails when the name exists; a rename would replace what has it.
            match fs::hard_link(hidden, path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Ok(Link::NameTaken(Box::new(self)));
                }
                Err(error) => return Err(FileError::from_io(path, "naming the file", error)),
            }
            let _ = fs::remove_file(hidden);
        }
        self.hidden.0 = None;
        Ok(Link::Named(Box::new((self.view, self.lock))))
    }
}

/// Hidden, and different for every file, since several processes may make a file of one name at once.
fn hidden_name(name: &str, identity: &Identity) -> String {
    let name = name.strip_suffix(directory::SUFFIX).unwrap_or(name);
    let random = u32::from_le_bytes([
        identity.file_id[0],
        identity.file_id[1],
        identity.file_id[2],
        identity.file_id[3],
    ]);
    directory::temporary_name(&format!("{name}.{random:08x}{}", directory::SUFFIX))
}

fn from_io(path: &Path, action: &'static str, length: u64, error: io::Error) -> FileError {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => FileError::new(path, Problem::NoSpace(length)),
        _ => FileError::from_io(path, action, error),
    }
}
