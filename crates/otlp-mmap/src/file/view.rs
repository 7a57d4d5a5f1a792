//! An open file whose whole structure was checked, of this project's writers or of any other version-1 writer.

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dictionary::Dictionary;
use super::error::{FileError, Problem};
use super::extension::{self, Extension};
use super::header::{Header, Sections};
use super::identity::Identity;
use super::mapping::{Access, Mapping};
use super::ring::{Ring, RingGeometry, RingId};
use super::spill::{Spill, SpillGeometry};
use crate::layout::{block, constant, dictionary, header, ring};

/// Versions above this are taken for something else than a version number.
const PLAUSIBLE_VERSIONS: std::ops::RangeInclusive<i64> = 2..=0xffff;

/// An open, checked file. Cheap to share; the handles borrow from it.
#[derive(Debug)]
pub struct FileView {
    path: PathBuf,
    mapping: Arc<Mapping>,
    sections: Sections,
    rings: [RingGeometry; 3],
    extension: Option<(u64, Identity)>,
    spill: Option<SpillGeometry>,
    inode: Inode,
}

/// Tells files apart, whatever their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inode {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub number: u64,
}

impl Inode {
    /// Of the file or link at `path`; None if there is none.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().map(|metadata| Self::of(&metadata))
    }

    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            number: metadata.ino(),
        }
    }
}

impl FileView {
    /// Opens a file and checks its structure: header, section order, rings, dictionary header, extension block.
    ///
    /// # Errors
    /// [`FileError`]; see [`FileError::may_become_ready`] for the ones that are worth another try.
    pub fn open(path: &Path, access: Access) -> Result<Self, FileError> {
        let file = OpenOptions::new()
            .read(true)
            .write(access == Access::ReadWrite)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK)
            .open(path)
            .map_err(|error| FileError::from_io(path, "opening", error))?;
        let metadata = file
            .metadata()
            .map_err(|error| FileError::from_io(path, "reading the length", error))?;
        if !metadata.is_file() {
            return Err(FileError::new(path, Problem::NotRegular));
        }
        match metadata.len() {
            0 => return Err(FileError::new(path, Problem::Empty)),
            length if length < header::LENGTH as u64 => return Err(FileError::new(path, Problem::Short(length))),
            _ => {}
        }
        let mapping = Mapping::new(file, access).map_err(|error| FileError::from_io(path, "mapping", error))?;
        Self::check(path, Arc::new(mapping), Inode::of(&metadata)).map_err(|problem| FileError::new(path, problem))
    }

    fn new(
        path: &Path,
        mapping: Arc<Mapping>,
        inode: Inode,
        sections: Sections,
        rings: [RingGeometry; 3],
        extension: Option<(u64, Identity)>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            mapping,
            sections,
            rings,
            spill: spill(extension.as_ref(), sections),
            extension,
            inode,
        }
    }

    fn check(path: &Path, mapping: Arc<Mapping>, inode: Inode) -> Result<Self, Problem> {
        let sections = check_header(&mapping)?;
        let mut rings = Vec::with_capacity(3);
        let bounds = [
            (RingId::Events, sections.events, sections.spans),
            (RingId::Spans, sections.spans, sections.measurements),
            (RingId::Measurements, sections.measurements, sections.dictionary),
        ];
        for (id, offset, end) in bounds {
            let word = |at: usize| mapping.load_i64(offset + at as u64).unwrap_or(0);
            let (count, size) = (word(ring::NUM_BUFFERS), word(ring::BUFFER_SIZE));
            if count == 0 && size == 0 {
                // Known writers fill in the header before the rings.
                return Err(Problem::NotReady);
            }
            let geometry =
                RingGeometry::check(offset, end, count, size).map_err(|found| Problem::BadRing(id.name(), found))?;
            rings.push(geometry);
        }
        let rings = <[RingGeometry; 3]>::try_from(rings).map_err(|_| Problem::NotReady)?;
        let extension = extension::find(&mapping, sections.events)?;
        let view = Self::new(path, mapping, inode, sections, rings, extension);
        let (end, first) = (view.dictionary().end(), view.dictionary().first_entry());
        if end == 0 {
            return Err(Problem::NotReady);
        }
        if end < first as i64 {
            return Err(Problem::BadSectionOrder(format!(
                "the dictionary at {} says that it ends at {end}",
                sections.dictionary
            )));
        }
        Ok(view)
    }

    /// For writers: a view of a new file whose bytes are zero, with everything initialised but the header.
    pub(crate) fn create(
        path: &Path,
        mapping: Arc<Mapping>,
        sections: Sections,
        rings: [RingGeometry; 3],
        identity: Identity,
    ) -> std::io::Result<Self> {
        let inode = Inode::of(&mapping.file().metadata()?);
        let extension = Some((block::FILE_OFFSET as u64, identity));
        let view = Self::new(path, mapping, inode, sections, rings, extension);
        for id in RingId::ALL {
            view.ring(id).initialise();
        }
        view.dictionary().initialise();
        if let Some(extension) = view.extension() {
            extension.initialise();
        }
        Ok(view)
    }

    /// The name under which the file was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which file this is; compare with [`Inode::at`] to see whether its name leads to another one now.
    #[must_use]
    pub fn inode(&self) -> Inode {
        self.inode
    }

    /// The file in memory.
    #[must_use]
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> Header<'_> {
        Header::new(&self.mapping)
    }

    /// Where the sections begin.
    #[must_use]
    pub fn sections(&self) -> Sections {
        self.sections
    }

    /// One of the three rings.
    #[inline]
    #[must_use]
    pub fn ring(&self, id: RingId) -> Ring<'_> {
        Ring::new(&self.mapping, self.rings[id as usize])
    }

    /// The dictionary.
    #[must_use]
    pub fn dictionary(&self) -> Dictionary<'_> {
        Dictionary::new(&self.mapping, self.sections.dictionary)
    }

    /// The extension block; None in a file of another writer.
    #[inline]
    #[must_use]
    pub fn extension(&self) -> Option<Extension<'_>> {
        self.extension
            .as_ref()
            .map(|(offset, identity)| Extension::new(&self.mapping, *offset, identity))
    }

    /// The spill ring, in files that have one.
    #[must_use]
    pub fn spill(&self) -> Option<Spill<'_>> {
        self.spill.map(|geometry| Spill::new(&self.mapping, geometry))
    }
}

/// The spill ring that a block names, if it lies between the block and the events ring.
fn spill(extension: Option<&(u64, Identity)>, sections: Sections) -> Option<SpillGeometry> {
    let (offset, identity) = extension?;
    let start = offset + block::TOTAL_LENGTH as u64;
    let announced = identity.features_may & u64::from(constant::FEATURE_SPILL) != 0;
    let geometry = SpillGeometry::check(identity.spill_offset, identity.spill_length, start, sections.events);
    geometry.filter(|_| announced)
}

fn check_header(mapping: &Mapping) -> Result<Sections, Problem> {
    let header = Header::new(mapping);
    let version = header.version().ok_or(Problem::Short(mapping.length()))?;
    if version == 0 {
        return Err(Problem::NotReady);
    }
    if version != i64::from(constant::FORMAT_VERSION) {
        return Err(if PLAUSIBLE_VERSIONS.contains(&version) {
            Problem::WrongVersion(version)
        } else {
            Problem::Foreign(version.to_le_bytes())
        });
    }
    let sections = header.sections().ok_or(Problem::Short(mapping.length()))?;
    let offsets = [
        sections.events,
        sections.spans,
        sections.measurements,
        sections.dictionary,
    ];
    if offsets.contains(&0) {
        return Err(Problem::NotReady);
    }
    let ordered = offsets.windows(2).all(|pair| pair[0] < pair[1]);
    let aligned = offsets.iter().all(|offset| offset % 8 == 0);
    if !ordered || !aligned || offsets[0] < header::LENGTH as u64 {
        return Err(Problem::BadSectionOrder(format!("sections at {offsets:?}")));
    }
    let needed = sections.dictionary.saturating_add(dictionary::LENGTH as u64);
    if needed > mapping.length() {
        return Err(Problem::Truncated {
            length: mapping.length(),
            needed,
        });
    }
    Ok(sections)
}
