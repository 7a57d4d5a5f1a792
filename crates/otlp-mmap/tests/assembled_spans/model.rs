//! The plain model of an assembler: vectors, searched from the front.

use otlp_mmap::otlp::Outcome;

use crate::decoded::{AnyValue, Event, Link, Resource, Scope, Span};
use crate::given::{Change, Given, Record, Step, decoded_scope, ids, set, set_all};

#[derive(Debug, Clone, Default)]
pub struct ModelSpan {
    pub scope: (Resource, Scope),
    pub span: Span,
    pub status_known: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    /// Oldest first.
    pub open: Vec<(u8, ModelSpan)>,
    pub finished: Vec<((Resource, Scope), Span)>,
    pub last_seen: u64,
    pub ends_without_start: u64,
    pub changes_without_start: u64,
    pub restarts: u64,
    pub evicted: u64,
    pub lost_attributes: u64,
}

impl Model {
    pub fn take(&mut self, step: &Step, max_open: usize) -> Outcome {
        let (trace_id, span_id) = ids(step.span);
        let known = self.open.iter().position(|(span, _)| *span == step.span);
        match &step.record {
            Record::Start {
                scope,
                parent,
                name,
                kind,
                time,
                flags,
                trace_state,
                schema_url,
                attributes,
            } => {
                if let Some(at) = known {
                    self.open.remove(at);
                    self.restarts += 1;
                }
                let span = Span {
                    trace_id: trace_id.to_vec(),
                    span_id: span_id.to_vec(),
                    trace_state: trace_state.clone(),
                    parent_span_id: parent.clone(),
                    name: name.clone(),
                    kind: *kind,
                    start: *time,
                    attributes: set(attributes),
                    flags: *flags,
                    ..Span::default()
                };
                let scope = decoded_scope(*scope, schema_url);
                self.open.push((
                    step.span,
                    ModelSpan {
                        scope,
                        span,
                        status_known: false,
                    },
                ));
                self.last_seen = self.last_seen.max(*time);
                while self.open.len() > max_open {
                    self.evicted += 1;
                    self.hand_on_oldest(self.last_seen);
                }
                Outcome::Started
            }
            Record::End { time, status, dropped } => {
                self.last_seen = self.last_seen.max(*time);
                let Some(at) = known else {
                    self.ends_without_start += 1;
                    return Outcome::WithoutStart;
                };
                let (_, mut model) = self.open.remove(at);
                model.span.end = *time;
                if let Some((code, message)) = status
                    && (*code != 0 || !model.status_known)
                {
                    (model.span.status_code, model.span.status_message) = (*code, message.clone());
                }
                [
                    model.span.dropped_attributes,
                    model.span.dropped_events,
                    model.span.dropped_links,
                ] = *dropped;
                self.finished.push((model.scope, model.span));
                Outcome::Finished
            }
            change => {
                let Some(at) = known else {
                    self.changes_without_start += 1;
                    return Outcome::WithoutStart;
                };
                let model = &mut self.open[at].1;
                match change {
                    Record::Name(name) => model.span.name.clone_from(name),
                    Record::Links(links, limit) => {
                        model.span.links.extend(links.iter().map(|link| Link {
                            trace_id: link.trace_id.clone(),
                            span_id: link.span_id.clone(),
                            trace_state: link.trace_state.clone(),
                            attributes: set(&link.attributes),
                            dropped_attributes: link.dropped,
                            flags: link.flags,
                        }));
                        keep_newest(&mut model.span.links, *limit);
                    }
                    Record::Update(changes, limit) => {
                        for change in changes {
                            self.lost_attributes += model.change(change);
                        }
                        keep_newest(&mut model.span.events, *limit);
                    }
                    Record::Start { .. } | Record::End { .. } => unreachable!("matched above"),
                }
                Outcome::Changed
            }
        }
    }

    pub fn hand_on_oldest(&mut self, last_seen: u64) {
        let (_, mut model) = self.open.remove(0);
        model.span.end = model.span.start.max(last_seen);
        let incomplete = (
            "otlp_mmap.incomplete".to_owned(),
            Some(Given::Value(AnyValue::Bool(true))),
        );
        set_all(&mut model.span.attributes, &vec![incomplete]);
        self.finished.push((model.scope, model.span));
    }
}

impl ModelSpan {
    /// Returns attributes that have no place.
    fn change(&mut self, change: &Change) -> u64 {
        match change {
            Change::Attributes(attributes) => set_all(&mut self.span.attributes, attributes),
            Change::Event(event) => self.span.events.push(Event {
                time: event.time,
                name: event.name.clone(),
                attributes: set(&event.attributes),
                dropped_attributes: event.dropped,
            }),
            Change::EventAttributes(attributes) => match self.span.events.last_mut() {
                Some(event) => set_all(&mut event.attributes, attributes),
                None => return attributes.len() as u64,
            },
            Change::Status(code, message) => {
                (self.span.status_code, self.span.status_message) = (*code, message.clone());
                self.status_known = *code != 0 || !message.is_empty();
            }
        }
        0
    }
}

fn keep_newest<T>(all: &mut Vec<T>, limit: usize) {
    if limit > 0 && all.len() > limit {
        all.drain(..all.len() - limit);
    }
}
