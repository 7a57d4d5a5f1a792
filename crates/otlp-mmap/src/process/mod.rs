//! What a collector does to encoded pieces on their way: split them, change attributes, filter, sample.
//!
//! Everything works on the bytes of an export request. What is not changed is copied as it stands; nothing becomes a tree of
//! objects. A [`Processor`] is made once from its settings and then called for piece after piece. Bytes that are no request
//! of their signal end with [`crate::wire::Malformed`].

mod actions;
mod any_value;
mod change;
mod condition;
mod levels;
mod matcher;
mod processor;
mod rewrite;
mod sampler;
mod split;

pub use actions::{Action, Actions, Keys, Source};
pub use any_value::Scalar;
pub use condition::{Condition, Selector};
pub use levels::count_items;
pub use matcher::{AttributeMatcher, Pattern, TextMatcher, ValueMatcher};
pub use processor::{Processor, Step};
pub use sampler::{Randomness, Sampler};
pub use split::{Part, split};
