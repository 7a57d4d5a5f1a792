//! A piece of an export request that can be joined and split without parsing.

use std::ops::Range;

use super::proto::{REQUEST_RESOURCE, resource_group, scope_group};
use crate::wire::{self, field_len};

/// A part of an encoded export request: whole `ResourceSpans` (or, of other signals, their like). Pieces joined end to end
/// are a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Encoded `ExportTraceServiceRequest.resource_spans` fields.
    pub bytes: Vec<u8>,
    /// Spans (log records, data points) within.
    pub items: u32,
    /// Where in `bytes` the field of each begins.
    pub item_offsets: Vec<u32>,
    /// The scope groups within, in order.
    groups: Vec<Bounds>,
}

/// Where in a piece one scope group and what it belongs to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bounds {
    first_item: u32,
    /// Where its last item ends.
    items_end: u32,
    /// Bodies, without tag and length.
    resource: Range<u32>,
    resource_schema_url: Range<u32>,
    scope: Range<u32>,
    schema_url: Range<u32>,
}

/// One scope group to be written.
pub(super) struct Group<'a> {
    pub(super) scope: &'a [u8],
    pub(super) schema_url: &'a [u8],
    /// Item fields, end to end.
    pub(super) items: &'a [u8],
    /// Where each begins, counted from `base` before the first byte of `items`.
    pub(super) offsets: &'a [u32],
    pub(super) base: u32,
}

impl Group<'_> {
    /// Length of the scope group's body.
    fn len(&self) -> usize {
        field_len(scope_group::SCOPE, self.scope.len()) + self.items.len() + text_len(self.schema_url)
    }
}

impl Piece {
    /// A piece of bytes that were encoded before, to be handed on: it knows how many items there are and not where.
    #[must_use]
    pub fn from_encoded(bytes: Vec<u8>, items: u32) -> Self {
        Self {
            bytes,
            items,
            ..Self::default()
        }
    }

    /// Appends another piece. False, and nothing happens, if the sum would pass 4 GiB.
    #[must_use]
    pub fn join(&mut self, other: &Self) -> bool {
        if u32::try_from(self.bytes.len() + other.bytes.len()).is_err() {
            return false;
        }
        let (shift, first_item) = (self.bytes.len() as u32, self.items);
        self.bytes.extend_from_slice(&other.bytes);
        self.item_offsets
            .extend(other.item_offsets.iter().map(|offset| offset + shift));
        self.groups
            .extend(other.groups.iter().map(|group| group.moved(first_item, shift)));
        self.items += other.items;
        true
    }

    /// The first `at` items, and the rest. Resource and scope of a group that is cut through stand in both.
    #[must_use]
    pub fn split(&self, at: u32) -> (Self, Self) {
        let at = at.min(self.items);
        (self.part(0..at), self.part(at..self.items))
    }

    /// The items of a range as a piece of their own.
    fn part(&self, range: Range<u32>) -> Self {
        let mut part = Self::default();
        let ends = self
            .groups
            .iter()
            .skip(1)
            .map(|group| group.first_item)
            .chain([self.items]);
        let clipped: Vec<(&Bounds, Range<u32>)> = self
            .groups
            .iter()
            .zip(ends)
            .map(|(group, end)| (group, group.first_item.max(range.start)..end.min(range.end)))
            .filter(|(_, items)| !items.is_empty())
            .collect();
        for of_resource in clipped.chunk_by(|(a, _), (b, _)| a.resource == b.resource) {
            let resource = of_resource[0].0;
            part.push_resource(
                self.slice(&resource.resource),
                self.slice(&resource.resource_schema_url),
                of_resource.iter().map(|(group, items)| {
                    let start = self.item_offsets[items.start as usize];
                    let next = self.item_offsets.get(items.end as usize);
                    let end = next.map_or(group.items_end, |&next| next.min(group.items_end));
                    Group {
                        scope: self.slice(&group.scope),
                        schema_url: self.slice(&group.schema_url),
                        items: self.slice(&(start..end)),
                        offsets: &self.item_offsets[items.start as usize..items.end as usize],
                        base: start,
                    }
                }),
            );
        }
        part
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
        let resource = self.put(resource_group::RESOURCE, resource);
        let first_group = self.groups.len();
        for group in groups {
            wire::put_len(&mut self.bytes, resource_group::SCOPE_GROUPS, group.len());
            let scope = self.put(scope_group::SCOPE, group.scope);
            let start = self.bytes.len() as u32;
            self.item_offsets
                .extend(group.offsets.iter().map(|offset| offset - group.base + start));
            self.bytes.extend_from_slice(group.items);
            let items_end = self.bytes.len() as u32;
            let schema_url = self.put_text(scope_group::SCHEMA_URL, group.schema_url);
            self.groups.push(Bounds {
                first_item: self.items,
                items_end,
                resource: resource.clone(),
                resource_schema_url: 0..0,
                scope,
                schema_url,
            });
            self.items += group.offsets.len() as u32;
        }
        let schema_url = self.put_text(resource_group::SCHEMA_URL, schema_url);
        for group in &mut self.groups[first_group..] {
            group.resource_schema_url = schema_url.clone();
        }
    }

    /// Appends a field; returns where its body stands.
    fn put(&mut self, field: u32, body: &[u8]) -> Range<u32> {
        wire::put_bytes(&mut self.bytes, field, body);
        let end = self.bytes.len() as u32;
        end - body.len() as u32..end
    }

    fn put_text(&mut self, field: u32, text: &[u8]) -> Range<u32> {
        if text.is_empty() { 0..0 } else { self.put(field, text) }
    }

    fn slice(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes[range.start as usize..range.end as usize]
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.items = 0;
        self.item_offsets.clear();
        self.groups.clear();
    }

    pub(super) fn reserve(&mut self, item_bytes: usize, items: usize) {
        self.bytes.reserve(item_bytes);
        self.item_offsets.reserve(items);
    }
}

impl Bounds {
    /// The same group, further back in a longer piece.
    fn moved(&self, items: u32, bytes: u32) -> Self {
        let moved = |range: &Range<u32>| range.start + bytes..range.end + bytes;
        Self {
            first_item: self.first_item + items,
            items_end: self.items_end + bytes,
            resource: moved(&self.resource),
            resource_schema_url: moved(&self.resource_schema_url),
            scope: moved(&self.scope),
            schema_url: moved(&self.schema_url),
        }
    }
}

fn text_len(text: &[u8]) -> usize {
    if text.is_empty() { 0 } else { field_len(1, text.len()) }
}
