//! Makes a folder fit for files, or says why it cannot be.

use std::ffi::CString;
use std::fmt;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::ptr;

use crate::file::{own_uid, user};

/// A folder that cannot be used; the text is a sentence that names it and the remedy.
#[derive(Debug)]
pub struct DirectoryError {
    path: PathBuf,
    reason: String,
}

impl DirectoryError {
    pub(crate) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    fn from_io(path: &Path, action: &str, error: &io::Error) -> Self {
        let denied = matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM));
        if !denied {
            return Self::new(path, format!("{action} failed: {error}; choose another directory"));
        }
        let above = path
            .ancestors()
            .find_map(|folder| folder.symlink_metadata().ok().map(|found| (folder, found.uid())));
        let (folder, uid) = above.unwrap_or((path, 0));
        let reason = format!(
            "{action} is denied: {} belongs to {}, this process runs as {}; choose a directory of that user, or change its owner",
            folder.display(),
            user(uid),
            user(own_uid())
        );
        Self::new(path, reason)
    }

    /// The folder that is meant.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for DirectoryError {}

/// Who may read the files of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This user only: folder 0700, files 0600.
    User,
    /// Members of a group, too (a collector of another user): folder 0770, files 0660.
    Group(u32),
}

impl Owner {
    /// Permission bits of a folder.
    #[must_use]
    pub fn folder_mode(self) -> u32 {
        match self {
            Self::User => 0o700,
            Self::Group(_) => 0o770,
        }
    }

    /// Permission bits of a file.
    #[must_use]
    pub fn file_mode(self) -> u32 {
        match self {
            Self::User => 0o600,
            Self::Group(_) => 0o660,
        }
    }
}

/// Makes the folder if there is none and checks that it is safe to use: no link, ours (or the group's), writable.
///
/// # Errors
/// [`DirectoryError`], which names both users when the folder belongs to another one.
pub fn prepare(path: &Path, owner: Owner) -> Result<(), DirectoryError> {
    let created = create(path, owner)?;
    let found = path
        .symlink_metadata()
        .map_err(|error| DirectoryError::from_io(path, "looking at the directory", &error))?;
    if found.is_symlink() {
        return Err(DirectoryError::new(
            path,
            "a symbolic link, and links are not followed; give the path of the directory itself",
        ));
    }
    if !found.is_dir() {
        return Err(DirectoryError::new(path, "not a directory; give the path of one"));
    }
    let shared = matches!(owner, Owner::Group(gid) if found.gid() == gid);
    if found.uid() != own_uid() && !shared {
        return Err(DirectoryError::new(
            path,
            format!(
                "it belongs to {}, this process runs as {}; choose another directory, or share this one through a group",
                user(found.uid()),
                user(own_uid())
            ),
        ));
    }
    if created && let Owner::Group(gid) = owner {
        chown(path, None, Some(gid)).map_err(|error| DirectoryError::from_io(path, "setting its group", &error))?;
        // The umask took bits from the mode at creation.
        fs::set_permissions(path, Permissions::from_mode(owner.folder_mode()))
            .map_err(|error| DirectoryError::from_io(path, "setting its mode", &error))?;
    }
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
        .map_err(|error| DirectoryError::from_io(path, "writing to the directory", &error.into()))
}

/// True if it was made just now. Folders above it that are missing are made, too.
fn create(path: &Path, owner: Owner) -> Result<bool, DirectoryError> {
    let failed = |error: &io::Error| DirectoryError::from_io(path, "making the directory", error);
    let make = |folder: &Path| DirBuilder::new().mode(owner.folder_mode()).create(folder);
    match make(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(above) = path.parent() {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o755)
                    .create(above)
                    .map_err(|error| failed(&error))?;
            }
            match make(path) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(failed(&error)),
            }
        }
        Err(error) => Err(failed(&error)),
    }
}

/// The id of a group, given by name or number.
///
/// # Errors
/// A sentence that names the group.
pub fn group_id(group: &str) -> Result<u32, String> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let unknown = || format!("group {group:?} is not known to this system: give its name or number");
    let name = CString::new(group).map_err(|_| unknown())?;
    let mut entry = MaybeUninit::<libc::group>::uninit();
    let mut buffer = vec![0; 1 << 16];
    let mut found = ptr::null_mut();
    // SAFETY: the name is zero-terminated, entry and found are valid to write, and buffer has the length that is passed.
    let status = unsafe {
        libc::getgrnam_r(
            name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() {
        return Err(unknown());
    }
    // SAFETY: found is not null, so the entry was filled in.
    Ok(unsafe { entry.assume_init() }.gr_gid)
}
