//! Finished spans, gathered until they are cut into a piece.

use std::sync::Arc;

use super::groups::ScopeGroups;
use super::piece::Piece;
use super::scope::Scope;

/// Gathers encoded spans by resource and scope. Any number of [`super::Assembler`]s may fill one.
#[derive(Debug, Default)]
pub struct TraceEncoder {
    groups: ScopeGroups,
}

impl TraceEncoder {
    /// An encoder without spans.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Spans gathered since the last cut.
    #[must_use]
    #[inline]
    pub fn items(&self) -> u32 {
        self.groups.items()
    }

    /// Bytes that these spans take, without their scopes and resources. Cut before they pass 1 GiB: offsets in a piece have
    /// 32 bits.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    /// Puts all spans gathered into `piece`, in the place of what it held (its buffers are used again). False if there
    /// are none. Spans keep their order within a scope; scopes of one resource stand together.
    pub fn cut(&mut self, piece: &mut Piece) -> bool {
        self.groups.cut(piece)
    }

    /// Where to append the `len` bytes of a span of `scope`.
    #[inline]
    pub(super) fn span(&mut self, scope: &Arc<Scope>, len: usize) -> &mut Vec<u8> {
        self.groups.item(scope, len)
    }
}
