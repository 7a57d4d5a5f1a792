//! What writers and readers share: a file in memory, its sections, its locks.
//!
//! [`FileView::open`] checks the structure of any version-1 file and hands out typed handles. The rustdoc of each call says whether
//! it belongs to the writer or to the reader; viewers use a read-only mapping, in which no call changes a byte.

mod allocate;
pub(crate) mod atomic;
mod dictionary;
mod error;
mod extension;
pub mod fork;
mod guard;
mod header;
mod identity;
pub mod liveness;
pub mod lock;
mod mapping;
mod owner;
pub(crate) mod prefetch;
mod private;
mod ring;
mod spill;
mod view;

pub use allocate::allocate;
pub(crate) use allocate::allocate_more;
pub(crate) use dictionary::PADDED_PREFIX;
pub use dictionary::{Dictionary, EntryError};
pub use error::{FileError, Problem};
pub use extension::{Extension, ReaderSlot};
pub use header::{Header, Sections};
pub use identity::Identity;
pub use mapping::{Access, Mapping, Refresh};
pub(crate) use mapping::{CELLS_RESERVATION, HUGE_PAGE};
pub use owner::{own_uid, user};
pub(crate) use private::private;
pub use ring::{Ring, RingGeometry, RingId, SlotError};
pub use spill::{Spill, SpillError, SpillGeometry, SpillReference};
pub use view::{FileView, Inode};
