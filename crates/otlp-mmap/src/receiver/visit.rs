//! One visit to a file: its circumstances, and what it brought.

use super::ReceiverOptions;
use std::time::Instant;

/// Slots are given back when their records are acknowledged, so a batch must not wait for its timer while a ring fills: a
/// piece is urgent when this part of the ring was read since the last one.
pub(super) const HURRY_FRACTION: u64 = 4;

/// The circumstances of one visit.
pub(super) struct Pass<'a> {
    pub(super) options: &'a ReceiverOptions,
    pub(super) now: Instant,
    /// Hand over what is assembled even if it is little, and wait for nothing.
    pub(super) flush: bool,
}

/// What a visit brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Nothing new.
    Nothing,
    /// A small part of a ring, and then no more.
    Few,
    /// More than that, and then no more.
    Some,
    /// So many that there are probably more by now.
    Plenty,
}
