//! A walk over a request that leaves items out or writes them anew, and copies everything else.

use std::borrow::Cow;

use super::levels::{Levels, levels};
use super::split::Part;
use crate::otlp::Signal;
use crate::otlp::proto::{log_record, resource_group, scope_group, span};
use crate::wire::{self, Fields, Malformed};

/// A span, log record or data point.
pub(super) struct Item<'a> {
    pub(super) signal: Signal,
    /// The fields of its message.
    pub(super) body: &'a [u8],
    /// Number of the field that holds its attributes.
    pub(super) attributes: u32,
}

/// What becomes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stays as it is.
    Keep,
    /// It is left out.
    Drop,
    /// It was written anew.
    Replace,
}

/// Decides about items. Told first what the next ones belong to.
pub(super) trait Visitor {
    /// The fields of the resource of the next items.
    fn resource(&mut self, _resource: &[u8]) -> Result<(), Malformed> {
        Ok(())
    }

    /// The fields of their scope.
    fn scope(&mut self, _scope: &[u8]) -> Result<(), Malformed> {
        Ok(())
    }

    /// The fields of their metric.
    fn metric(&mut self, _metric: &[u8]) -> Result<(), Malformed> {
        Ok(())
    }

    /// To replace the item, its new fields are appended to `out`; otherwise what was appended does not count.
    fn item(&mut self, item: &Item<'_>, out: &mut Vec<u8>) -> Result<Verdict, Malformed>;
}

/// The request as the visitor has it; none where nothing changes. Groups that lose all their items go too.
pub(super) fn rewrite(signal: Signal, request: &[u8], visitor: &mut impl Visitor) -> Result<Option<Part>, Malformed> {
    let mut rewrite = Rewrite {
        signal,
        visitor,
        items: 0,
        changed: false,
    };
    let mut bytes = Vec::with_capacity(request.len() + request.len() / 8);
    rewrite.message(levels(signal), Place::default(), request, &mut bytes)?;
    let items = rewrite.items;
    Ok(rewrite.changed.then_some(Part { bytes, items }))
}

/// Where in the request a message is: levels above it, and the number of the field that it is in.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: u32,
    field: u32,
}

struct Rewrite<'a, V> {
    signal: Signal,
    visitor: &'a mut V,
    items: u32,
    changed: bool,
}

impl<V: Visitor> Rewrite<'_, V> {
    /// Appends the fields of a message; false if it lost items and has none left.
    fn message(&mut self, levels: Levels, place: Place, message: &[u8], out: &mut Vec<u8>) -> Result<bool, Malformed> {
        let [inner, below @ ..] = levels else {
            return Err(Malformed);
        };
        let (mut lost, mut left) = (false, false);
        let mut walk = Fields::new(message);
        let mut at = 0;
        while let Some(next) = walk.next() {
            let (number, value) = next?;
            let end = message.len() - walk.remaining();
            let whole = &message[at..end];
            at = end;
            if !inner.contains(&number) {
                out.extend_from_slice(whole);
                continue;
            }
            let body = value.bytes()?;
            let start = out.len();
            let kept = if below.is_empty() {
                let item = Item {
                    signal: self.signal,
                    body,
                    attributes: attributes_field(self.signal, place.field),
                };
                self.item(&item, number, whole, out)?
            } else {
                let depth = place.depth + 1;
                self.enter(depth, body)?;
                let place = Place { depth, field: number };
                wire::put_nested(out, number, |out| self.message(below, place, body, out))?
            };
            if !kept {
                out.truncate(start);
            }
            lost |= !kept;
            left |= kept;
        }
        Ok(left || !lost)
    }

    /// Tells the visitor what the next items belong to.
    fn enter(&mut self, depth: u32, body: &[u8]) -> Result<(), Malformed> {
        match depth {
            1 => self.visitor.resource(&joined(body, resource_group::RESOURCE)?),
            2 => self.visitor.scope(&joined(body, scope_group::SCOPE)?),
            3 => self.visitor.metric(body),
            _ => Ok(()),
        }
    }

    /// Appends an item, which stands in the request as `whole`; false if it is dropped.
    fn item(&mut self, item: &Item<'_>, number: u32, whole: &[u8], out: &mut Vec<u8>) -> Result<bool, Malformed> {
        let start = out.len();
        match wire::put_nested(out, number, |out| self.visitor.item(item, out))? {
            Verdict::Keep => {
                out.truncate(start);
                out.extend_from_slice(whole);
            }
            Verdict::Replace => self.changed = true,
            Verdict::Drop => {
                self.changed = true;
                return Ok(false);
            }
        }
        self.items += 1;
        Ok(true)
    }
}

/// The fields of an embedded message: as protobuf has it, several fields of one number say what their contents say end to end.
pub(super) fn joined(message: &[u8], number: u32) -> Result<Cow<'_, [u8]>, Malformed> {
    let mut found: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    for field in Fields::new(message) {
        let (field, value) = field?;
        if field == number {
            let body = value.bytes()?;
            if found.is_empty() {
                found = Cow::Borrowed(body);
            } else {
                found.to_mut().extend_from_slice(body);
            }
        }
    }
    Ok(found)
}

/// Number of the field that holds an item's attributes; of a data point, by the metric's field that holds it.
fn attributes_field(signal: Signal, container: u32) -> u32 {
    const HISTOGRAM: u32 = 9;
    const EXPONENTIAL_HISTOGRAM: u32 = 10;
    match (signal, container) {
        (Signal::Traces, _) => span::ATTRIBUTES,
        (Signal::Logs, _) => log_record::ATTRIBUTES,
        (Signal::Metrics, HISTOGRAM) => 9,
        (Signal::Metrics, EXPONENTIAL_HISTOGRAM) => 1,
        (Signal::Metrics, _) => 7,
    }
}
