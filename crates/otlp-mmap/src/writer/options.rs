//! What a writer is told when it is opened.

use std::time::Duration;

use super::geometry::Geometry;
use super::location::Location;

/// Index at which a file gives way to the next: a good way before the two forms of the availability flag differ.
pub const ROLL_AT: i64 = (1 << 32) - (1 << 20);

/// Options of [`Writer::open`](super::Writer::open).
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Where files go.
    pub location: Location,
    /// `service.name`, for the file's name and for viewers.
    pub service_name: String,
    /// How files are cut. None: [`Geometry::of`] the location, made smaller where space is small.
    pub geometry: Option<Geometry>,
    /// Name or number of a group whose members may read the files: folder 0770, files 0660.
    pub group: Option<String>,
    /// Bytes that all files of the folder may take together. None: see [`Limits`](crate::directory::Limits).
    pub directory_limit: Option<u64>,
    /// Index of any ring at which the next file begins ([`ROLL_AT`]); tests lower it.
    pub roll_at: i64,
    /// How long a file that could not be made is not tried again; sooner when a folder that was over its limit has changed.
    pub retry_after: Duration,
}

impl WriterOptions {
    /// How files are cut where space is not small.
    #[must_use]
    pub fn full_geometry(&self) -> Geometry {
        self.geometry.unwrap_or_else(|| Geometry::of(&self.location))
    }
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            location: Location::Default,
            service_name: String::new(),
            geometry: None,
            group: None,
            directory_limit: None,
            roll_at: ROLL_AT,
            retry_after: Duration::from_secs(3),
        }
    }
}
