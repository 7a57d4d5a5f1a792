//! What a collector does to encoded pieces on their way: split them, change attributes, filter, sample.
//!
//! Everything works on the bytes of an export request. What is not changed is copied as it stands; nothing becomes a tree of
//! objects. Bytes that are no request of their signal end with [`crate::wire::Malformed`].

mod levels;
mod split;

pub use levels::count_items;
pub use split::{Part, split};
