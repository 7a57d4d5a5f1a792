//! Attributes of items and of resources, changed.

use super::actions::Actions;
use super::condition::{Selection, Selector};
use super::rewrite::{Item, Verdict, Visitor, joined, rewrite};
use super::split::Part;
use crate::otlp::Signal;
use crate::otlp::proto::{REQUEST_RESOURCE, resource, resource_group};
use crate::wire::{self, Fields, Malformed};

/// Visits items for the actions, or to leave out what is not selected.
pub(super) struct Selected<'a> {
    pub(super) selection: Selection<'a>,
    /// What happens to the selected items; without it, all others are left out.
    pub(super) actions: Option<&'a Actions>,
}

impl Visitor for Selected<'_> {
    fn resource(&mut self, resource: &[u8]) -> Result<(), Malformed> {
        self.selection.resource(resource)
    }

    fn scope(&mut self, scope: &[u8]) -> Result<(), Malformed> {
        self.selection.scope(scope)
    }

    fn metric(&mut self, metric: &[u8]) -> Result<(), Malformed> {
        self.selection.metric(metric)
    }

    fn item(&mut self, item: &Item<'_>, out: &mut Vec<u8>) -> Result<Verdict, Malformed> {
        let selected = self.selection.selects(item)?;
        Ok(match self.actions {
            None if selected => Verdict::Keep,
            None => Verdict::Drop,
            Some(actions) if selected && actions.apply(item.body, item.attributes, out)? => Verdict::Replace,
            Some(_) => Verdict::Keep,
        })
    }
}

/// The items of a request with their attributes changed.
pub(super) fn change_items(
    signal: Signal,
    request: &[u8],
    selector: &Selector,
    actions: &Actions,
) -> Result<Option<Part>, Malformed> {
    let mut visitor = Selected {
        selection: Selection::of(selector),
        actions: Some(actions),
    };
    rewrite(signal, request, &mut visitor)
}

/// A request with the attributes of its resources changed; none where nothing changes. `items` is what it holds.
pub(super) fn change_resources(request: &[u8], items: u32, actions: &Actions) -> Result<Option<Part>, Malformed> {
    let mut changed = false;
    let mut bytes = Vec::with_capacity(request.len() + request.len() / 8);
    let mut body = Vec::new();
    let mut walk = Fields::new(request);
    let mut at = 0;
    while let Some(next) = walk.next() {
        let (number, value) = next?;
        let end = request.len() - walk.remaining();
        let whole = &request[at..end];
        at = end;
        if number != REQUEST_RESOURCE {
            bytes.extend_from_slice(whole);
            continue;
        }
        let group = value.bytes()?;
        body.clear();
        if actions.apply(
            &joined(group, resource_group::RESOURCE)?,
            resource::ATTRIBUTES,
            &mut body,
        )? {
            changed = true;
            wire::put_nested(&mut bytes, REQUEST_RESOURCE, |out| {
                wire::put_bytes(out, resource_group::RESOURCE, &body);
                without(group, resource_group::RESOURCE, out)
            })?;
        } else {
            bytes.extend_from_slice(whole);
        }
    }
    Ok(changed.then_some(Part { bytes, items }))
}

/// Appends all fields of a message but those of one number.
fn without(message: &[u8], number: u32, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut walk = Fields::new(message);
    let mut at = 0;
    while let Some(next) = walk.next() {
        let (field, _) = next?;
        let end = message.len() - walk.remaining();
        if field != number {
            out.extend_from_slice(&message[at..end]);
        }
        at = end;
    }
    Ok(())
}
