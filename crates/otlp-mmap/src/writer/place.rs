//! Which file comes next, and where: the folders that a location stands for, and the making of a file in the first that works.

use std::path::{Path, PathBuf};

use super::create::NewFile;
use super::geometry::{Geometry, Plan};
use super::location::Location;
use super::options::WriterOptions;
use super::single_file::{self, Outcome};
use crate::clock;
use crate::directory::{self, Limits, Owner, Removed};
use crate::file::lock::Lock;
use crate::file::{FileError, FileView, Identity, liveness};
use crate::layout::constant;
use crate::random;

/// Which file of the stream is to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub options: &'a WriterOptions,
    pub owner: Owner,
    pub stream_id: [u8; 16],
    pub generation: u64,
    /// The path of single-file mode is in use by another process: the default folders serve instead.
    pub path_in_use: bool,
}

/// A file in its place.
pub(super) struct Placed {
    pub view: FileView,
    pub lock: Lock,
    pub single: bool,
    pub warning: Option<String>,
}

/// Why there is none.
pub(super) enum Refused {
    /// A living process writes the single file.
    PathInUse,
    Failed(Reason),
}

/// Why no file could be made.
#[derive(Default)]
pub(super) struct Reason {
    /// For every place that was tried.
    pub sentences: Vec<String>,
    /// Folders that are over their limit: they may take a file later.
    pub crowded: Vec<PathBuf>,
}

impl From<String> for Reason {
    fn from(sentence: String) -> Self {
        Self {
            sentences: vec![sentence],
            crowded: Vec::new(),
        }
    }
}

impl From<FileError> for Reason {
    fn from(error: FileError) -> Self {
        error.to_string().into()
    }
}

/// Folders that a location stands for, best first.
pub(super) fn folders(location: &Location, path_in_use: bool) -> Vec<PathBuf> {
    match location {
        Location::Directory(folder) => vec![folder.clone()],
        Location::File(path) if !path_in_use => vec![parent(path).to_owned()],
        Location::Default | Location::File(_) => directory::default_candidates(),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the file in the first place that works. `fill` writes what a reader must find in it from the start; files of others that had to
/// go are added to `removed`.
pub(super) fn make(
    wanted: &Wanted<'_>,
    removed: &mut Removed,
    mut fill: impl FnMut(&FileView),
) -> Result<Placed, Refused> {
    if let Location::File(path) = &wanted.options.location
        && !wanted.path_in_use
    {
        return make_single(wanted, path, &mut fill);
    }
    let mut reasons = Reason::default();
    for folder in folders(&wanted.options.location, wanted.path_in_use) {
        match make_in(wanted, &folder, removed, &mut fill) {
            Ok(placed) => return Ok(placed),
            Err(reason) => {
                reasons.sentences.extend(reason.sentences);
                reasons.crowded.extend(reason.crowded);
            }
        }
    }
    Err(Refused::Failed(reasons))
}

fn make_in(
    wanted: &Wanted<'_>,
    folder: &Path,
    removed: &mut Removed,
    fill: &mut dyn FnMut(&FileView),
) -> Result<Placed, Reason> {
    directory::prepare(folder, wanted.owner).map_err(|error| error.to_string())?;
    let plan = plan(wanted.options, folder)?;
    let mut limits = Limits::default();
    if let Some(bytes) = wanted.options.directory_limit {
        limits.bytes = bytes;
    }
    directory::make_room(folder, plan.length, limits, removed).map_err(|sentence| Reason {
        crowded: vec![folder.to_owned()],
        ..sentence.into()
    })?;
    let identity = identity(wanted, constant::MODE_DIRECTORY, &plan);
    let [a, b, c, d, ..] = wanted.stream_id;
    let name = directory::file_name(
        &wanted.options.service_name,
        identity.pid,
        identity.pid_start_time,
        u32::from_le_bytes([a, b, c, d]),
        wanted.generation,
    );
    let new = NewFile::make(&folder.join(name), &plan, wanted.owner, identity, fill)?;
    let (view, lock) = new.publish()?;
    Ok(Placed {
        view,
        lock,
        single: false,
        warning: directory::warning(folder),
    })
}

fn make_single(wanted: &Wanted<'_>, path: &Path, fill: &mut dyn FnMut(&FileView)) -> Result<Placed, Refused> {
    let failed = |error: FileError| Refused::Failed(error.into());
    if !parent(path).is_dir() {
        let sentence = format!(
            "{}: its directory does not exist; make it, or choose another path",
            path.display()
        );
        return Err(Refused::Failed(sentence.into()));
    }
    let plan = plan(wanted.options, parent(path)).map_err(|sentence| Refused::Failed(sentence.into()))?;
    let identity = identity(wanted, constant::MODE_SINGLE_FILE, &plan);
    let new = NewFile::make(path, &plan, wanted.owner, identity, fill).map_err(failed)?;
    match single_file::place(path, new).map_err(failed)? {
        Outcome::Placed(placed) => {
            let (view, lock) = *placed;
            Ok(Placed {
                view,
                lock,
                single: true,
                warning: directory::warning(parent(path)),
            })
        }
        Outcome::InUse => Err(Refused::PathInUse),
    }
}

fn plan(options: &WriterOptions, folder: &Path) -> Result<Plan, String> {
    match options.geometry {
        Some(geometry) => geometry.plan(),
        None => Geometry::of(&options.location)
            .scaled_to(directory::file_limit(folder))
            .plan(),
    }
}

fn identity(wanted: &Wanted<'_>, mode: u32, plan: &Plan) -> Identity {
    // what is measured goes into cells; the ring has copies for readers of version 1
    let mirrored = if mode == constant::MODE_SINGLE_FILE {
        constant::FEATURE_MEASUREMENTS_MIRRORED
    } else {
        0
    };
    let (spill_offset, spill_length) = plan.spill;
    let spilling = if spill_length > 0 { constant::FEATURE_SPILL } else { 0 };
    Identity {
        features_may: u64::from(constant::FEATURE_CELLS | constant::FEATURE_WAKES | mirrored | spilling),
        stream_id: wanted.stream_id,
        generation: wanted.generation,
        file_id: random::bytes(),
        pid: std::process::id(),
        mode,
        pid_namespace: liveness::pid_namespace(),
        pid_start_time: liveness::own_start_time(),
        boot_id: liveness::boot_id(),
        anchor_realtime: clock::wall_nanos(),
        anchor_boottime: clock::boot_nanos(),
        page_size: rustix::param::page_size() as u32,
        spill_offset,
        spill_length,
        service_name: wanted.options.service_name.clone(),
        ..Identity::default()
    }
}
