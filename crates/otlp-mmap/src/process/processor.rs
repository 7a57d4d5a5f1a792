//! One processor of a pipeline.

use super::actions::Actions;
use super::change::{Selected, change_items, change_resources};
use super::condition::{Selection, Selector};
use super::levels::count_items;
use super::rewrite::rewrite;
use super::sampler::Sampler;
use super::split::Part;
use crate::otlp::Signal;
use crate::wire::Malformed;

/// What a processor does.
#[derive(Debug, Clone)]
pub enum Step {
    /// Changes attributes of resources.
    Resource(Actions),
    /// Changes attributes of the selected items.
    Attributes(Selector, Actions),
    /// Keeps the selected items and drops all others.
    Filter(Selector),
    /// Keeps a part of all traces. Data points are not sampled.
    Sampler(Sampler),
}

/// A processor of one signal.
#[derive(Debug, Clone)]
pub struct Processor {
    signal: Signal,
    step: Step,
}

impl Processor {
    /// A processor for requests of `signal`.
    #[must_use]
    pub fn new(signal: Signal, step: Step) -> Self {
        Self { signal, step }
    }

    /// What becomes of an encoded request: none if it stays as it is; an empty one if nothing is left.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes are no request of the signal.
    pub fn process(&self, request: &[u8]) -> Result<Option<Part>, Malformed> {
        match &self.step {
            Step::Resource(actions) => change_resources(request, count_items(self.signal, request)?, actions),
            Step::Attributes(selector, actions) => change_items(self.signal, request, selector, actions),
            Step::Filter(selector) if selector.selects_everything() => Ok(None),
            Step::Filter(selector) => {
                let selection = Selection::of(selector);
                rewrite(
                    self.signal,
                    request,
                    &mut Selected {
                        selection,
                        actions: None,
                    },
                )
            }
            Step::Sampler(_) if self.signal == Signal::Metrics => Ok(None),
            Step::Sampler(sampler) => rewrite(self.signal, request, &mut &*sampler),
        }
    }
}
