//! Items of any signal, encoded and gathered by scope.

use std::sync::Arc;

use hashbrown::HashMap;

use super::piece::{Group, Piece};
use super::proto;
use super::scope::Scope;
use crate::wire;

#[derive(Debug)]
struct ScopeItems {
    scope: Arc<Scope>,
    /// The item fields of a scope group, end to end.
    items: Vec<u8>,
    /// How many they are.
    count: u32,
}

/// Item buffers by scope.
#[derive(Debug, Default)]
pub(super) struct ScopeGroups {
    groups: Vec<ScopeItems>,
    /// Scopes by their hash. It is keyed: two scopes do not share one.
    index: HashMap<u64, u32>,
    last: usize,
    items: u32,
    bytes: usize,
}

impl ScopeGroups {
    #[inline]
    pub(super) fn items(&self) -> u32 {
        self.items
    }

    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Begins an item of `len` bytes; the caller appends them.
    #[inline]
    pub(super) fn item(&mut self, scope: &Arc<Scope>, len: usize) -> &mut Vec<u8> {
        if !matches!(self.groups.get(self.last), Some(group) if Arc::ptr_eq(&group.scope, scope)) {
            self.last = self.find(scope);
        }
        let group = &mut self.groups[self.last];
        let start = group.items.len();
        group.count += 1;
        group.items.reserve(len + 12);
        wire::put_len(&mut group.items, proto::scope_group::ITEMS, len);
        self.items += 1;
        self.bytes += group.items.len() - start + len;
        &mut group.items
    }

    fn find(&mut self, scope: &Arc<Scope>) -> usize {
        let groups = &mut self.groups;
        *self.index.entry(scope.hash()).or_insert_with(|| {
            groups.push(ScopeItems {
                scope: Arc::clone(scope),
                items: Vec::new(),
                count: 0,
            });
            (groups.len() - 1) as u32
        }) as usize
    }

    /// Moves everything into `piece`. False if there is nothing.
    pub(super) fn cut(&mut self, piece: &mut Piece) -> bool {
        piece.clear();
        if self.items == 0 {
            return false;
        }
        self.forget_unused();
        // Scopes of a resource stand together, resources in the order in which they came.
        let mut ranks = HashMap::new();
        for group in &self.groups {
            let next = ranks.len();
            ranks.entry(group.scope.resource().hash()).or_insert(next);
        }
        self.groups.sort_by_key(|group| ranks[&group.scope.resource().hash()]);
        piece.bytes.reserve(self.bytes);
        for of_resource in self
            .groups
            .chunk_by(|a, b| a.scope.resource().hash() == b.scope.resource().hash())
        {
            let resource = of_resource[0].scope.resource();
            piece.push_resource(
                resource.body(),
                resource.schema_url(),
                of_resource.iter().map(|group| Group {
                    scope: group.scope.body(),
                    schema_url: group.scope.schema_url(),
                    items: &group.items,
                    count: group.count,
                }),
            );
        }
        for group in &mut self.groups {
            group.items.clear();
            group.count = 0;
        }
        self.reindex();
        self.items = 0;
        self.bytes = 0;
        true
    }

    /// Drops the buffers of scopes that had no item since the last cut.
    fn forget_unused(&mut self) {
        self.groups.retain(|group| group.count > 0);
    }

    fn reindex(&mut self) {
        self.index.clear();
        for (at, group) in self.groups.iter().enumerate() {
            self.index.insert(group.scope.hash(), at as u32);
        }
        self.last = 0;
    }
}
