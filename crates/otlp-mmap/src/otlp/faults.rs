//! What had to be left out or repaired while records were decoded.

use std::ops::AddAssign;

/// Counts of what was left out of, or repaired in, records that were otherwise taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Attributes left out: unknown key or value reference, malformed value, a cycle, too deep, or too large.
    pub undecodable_attributes: u64,
    /// Bodies of log records left out, for one of these reasons.
    pub undecodable_bodies: u64,
    /// Links left out: an id of a length that is neither right nor zero.
    pub undecodable_links: u64,
    /// Records taken cut, as what they name in the spill ring was not there, or not whole.
    pub lost_spills: u64,
    /// Strings in which bytes that are not UTF-8 were replaced by U+FFFD.
    pub invalid_utf8: u64,
    /// Scope, resource and schema URL references that could not be resolved; an empty one stands in.
    pub unresolved_references: u64,
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.undecodable_attributes += other.undecodable_attributes;
        self.undecodable_bodies += other.undecodable_bodies;
        self.undecodable_links += other.undecodable_links;
        self.lost_spills += other.lost_spills;
        self.invalid_utf8 += other.invalid_utf8;
        self.unresolved_references += other.unresolved_references;
    }
}
