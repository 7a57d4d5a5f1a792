//! The atomics of everything that lives in shared memory or is touched by a signal handler.
//!
//! They pass through this one place so that a model checker's types can take theirs.

pub(crate) use std::sync::atomic::{
    AtomicI32, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
