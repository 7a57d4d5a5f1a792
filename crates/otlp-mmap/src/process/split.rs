//! One request as several smaller ones.

use std::ops::Range;

use super::levels::{Levels, levels};
use crate::otlp::Signal;
use crate::wire::{self, Fields, Malformed};

/// A part of a request that was split: a whole request itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Encoded request.
    pub bytes: Vec<u8>,
    /// Spans, log records or data points within.
    pub items: u32,
}

/// Splits a request at item boundaries: `first` items (none: there is no such part), then as many as `each` (at least 1) in
/// every part, the rest in the last. Resource and scope of a group that is cut through stand in each part; of a metric whose data
/// points are cut, name, unit and temporality too. Items keep their order; every byte of them is kept.
///
/// # Errors
/// [`Malformed`] if the bytes are no request of that signal.
pub fn split(signal: Signal, request: &[u8], first: u32, each: u32) -> Result<Vec<Part>, Malformed> {
    let mut items = Vec::new();
    let root = Node::parse(levels(signal), request, request, 0, &mut items)?;
    let each = each.max(1);
    let mut parts = Vec::new();
    let mut start = 0;
    let mut end = if first == 0 { each } else { first };
    while start < root.items.end {
        end = end.min(root.items.end);
        let mut bytes = Vec::new();
        root.write_content(&(start..end), &items, &mut bytes);
        parts.push(Part {
            bytes,
            items: end - start,
        });
        start = end;
        end = end.saturating_add(each);
    }
    Ok(parts)
}

/// A message above the items.
struct Node<'a> {
    field: u32,
    /// Its field, with tag and length.
    whole: &'a [u8],
    /// Numbers of the items within.
    items: Range<u32>,
    /// What belongs to all of them, in runs of whole fields.
    head: Vec<&'a [u8]>,
    /// The messages within; none on the lowest level, whose `items` are fields of the message itself.
    children: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    /// `whole` is the field whose body `message` is. Appends the fields of the items to `items`.
    fn parse(
        levels: Levels,
        whole: &'a [u8],
        message: &'a [u8],
        field: u32,
        items: &mut Vec<&'a [u8]>,
    ) -> Result<Self, Malformed> {
        let [inner, below @ ..] = levels else {
            return Err(Malformed);
        };
        let first = items.len() as u32;
        let (mut head, mut children) = (Vec::new(), Vec::new());
        let mut walk = Fields::new(message);
        let (mut at, mut run) = (0, 0);
        while let Some(next) = walk.next() {
            let (number, value) = next?;
            let end = message.len() - walk.remaining();
            if inner.contains(&number) {
                let body = value.bytes()?;
                if run < at {
                    head.push(&message[run..at]);
                }
                run = end;
                let whole = &message[at..end];
                if below.is_empty() {
                    items.push(whole);
                } else {
                    children.push(Node::parse(below, whole, body, number, items)?);
                }
            }
            at = end;
        }
        if run < at {
            head.push(&message[run..at]);
        }
        Ok(Self {
            field,
            whole,
            items: first..items.len() as u32,
            head,
            children,
        })
    }

    /// Appends the field of this message with the items of `range`, if it has any of them.
    fn write(&self, range: &Range<u32>, items: &[&[u8]], out: &mut Vec<u8>) {
        if self.items.start >= range.start && self.items.end <= range.end {
            out.extend_from_slice(self.whole);
        } else if self.items.start < range.end && self.items.end > range.start {
            let done: Result<(), Malformed> = wire::put_nested(out, self.field, |out| {
                self.write_content(range, items, out);
                Ok(())
            });
            debug_assert_eq!(done, Ok(()));
        }
    }

    fn write_content(&self, range: &Range<u32>, items: &[&[u8]], out: &mut Vec<u8>) {
        for run in &self.head {
            out.extend_from_slice(run);
        }
        if self.children.is_empty() {
            let (start, end) = (self.items.start.max(range.start), self.items.end.min(range.end));
            for item in &items[start as usize..end as usize] {
                out.extend_from_slice(item);
            }
        }
        for child in &self.children {
            child.write(range, items, out);
        }
    }
}
