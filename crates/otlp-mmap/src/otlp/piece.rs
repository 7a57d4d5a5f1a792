//! A piece of an export request that can be joined without parsing.

use super::piece_buffer::PieceBuffer;
use super::proto::{REQUEST_RESOURCE, resource_group, scope_group};
use crate::wire::{self, Output, field_len};

/// A part of an encoded export request: whole `ResourceSpans` (or, of other signals, their like). Pieces joined end to end
/// are a request; [`crate::process::split`] cuts one between items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Encoded `ExportTraceServiceRequest.resource_spans` fields.
    pub bytes: PieceBuffer,
    /// Spans (log records, data points) within.
    pub items: u32,
}

/// One scope group to be written.
pub(super) struct Group<'a> {
    pub(super) scope: &'a [u8],
    pub(super) schema_url: &'a [u8],
    /// Item fields, end to end.
    pub(super) items: &'a [u8],
    /// How many they are.
    pub(super) count: u32,
}

impl Group<'_> {
    /// Length of the scope group's body.
    fn len(&self) -> usize {
        field_len(scope_group::SCOPE, self.scope.len()) + self.items.len() + text_len(self.schema_url)
    }
}

impl Piece {
    /// Appends another piece.
    pub fn join(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.items += other.items;
    }

    /// Appends one `ResourceSpans` field. The groups are walked twice: for their length, and to write them.
    pub(super) fn push_resource<'a>(
        &mut self,
        resource: &[u8],
        schema_url: &[u8],
        groups: impl Iterator<Item = Group<'a>> + Clone,
    ) {
        let scope_groups: usize = groups
            .clone()
            .map(|group| field_len(resource_group::SCOPE_GROUPS, group.len()))
            .sum();
        let len = field_len(resource_group::RESOURCE, resource.len()) + scope_groups + text_len(schema_url);
        self.bytes.reserve(len + 12);
        wire::put_len(&mut self.bytes, REQUEST_RESOURCE, len);
        wire::put_bytes(&mut self.bytes, resource_group::RESOURCE, resource);
        for group in groups {
            wire::put_len(&mut self.bytes, resource_group::SCOPE_GROUPS, group.len());
            wire::put_bytes(&mut self.bytes, scope_group::SCOPE, group.scope);
            self.bytes.extend_from_slice(group.items);
            self.put_text(scope_group::SCHEMA_URL, group.schema_url);
            self.items += group.count;
        }
        self.put_text(resource_group::SCHEMA_URL, schema_url);
    }

    fn put_text(&mut self, field: u32, text: &[u8]) {
        if !text.is_empty() {
            wire::put_bytes(&mut self.bytes, field, text);
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.items = 0;
    }
}

fn text_len(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { field_len(1, text.len()) }
}
