//! Any sequence of records over several spans, from two files of one producer, gives the spans that a plain model gives.

#[path = "../support/decoded.rs"]
mod decoded;
#[path = "../support/given.rs"]
mod given;
mod model;
#[path = "../support/records.rs"]
mod records;

use std::collections::BTreeMap;

use decoded::{Resource, Scope, Span};
use given::{encode, steps};
use model::Model;
use otlp_mmap::otlp::{Assembler, AssemblerOptions, Piece, Resolver, Signal, TraceEncoder};
use otlp_mmap::process::split;
use proptest::prelude::*;
use records::Dictionary;

/// Spans by resource and scope, in order within.
fn grouped(spans: impl IntoIterator<Item = ((Resource, Scope), Span)>) -> BTreeMap<String, Vec<Span>> {
    let mut groups = BTreeMap::<String, Vec<Span>>::new();
    for (scope, span) in spans {
        groups.entry(format!("{scope:?}")).or_default().push(span);
    }
    groups
}

fn spans_of(bytes: &[u8]) -> Vec<((Resource, Scope), Span)> {
    let groups = decoded::request(bytes).into_iter();
    groups
        .flat_map(|group| {
            let scope = (group.resource, group.scope);
            group.spans.into_iter().map(move |span| (scope.clone(), span))
        })
        .collect()
}

/// What a journal holds of an assembler: saves are put over each other, as they are when it is read.
#[derive(Default)]
struct Saves(Vec<(Vec<u8>, Vec<u8>)>);

impl Saves {
    fn save(&mut self, assembler: &mut Assembler) {
        let mut piece = Piece::default();
        assembler.changed(&mut piece);
        self.0.push((assembler.gone().to_vec(), piece.bytes.to_vec()));
        assembler.saved(self.0.len() as u64);
        assert!(!assembler.changed(&mut piece) && assembler.gone().is_empty());
    }

    fn restored(&self) -> Assembler {
        let mut assembler = Assembler::default();
        assembler.note_changes();
        for (segment, (gone, request)) in (1..).zip(&self.0) {
            assembler.forget(gone);
            assembler.restore(request, segment).unwrap();
        }
        let mut piece = Piece::default();
        assert!(
            !assembler.changed(&mut piece) && assembler.gone().is_empty(),
            "what was saved is no news"
        );
        assembler
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn spans_that_were_saved_and_restored_end_as_if_nothing_had_happened(steps in steps()) {
        let mut files = [Dictionary::new(), Dictionary::new()];
        let mut resolvers = [Resolver::new(), Resolver::new()];
        let (mut lasting, mut mortal) = (Assembler::default(), Assembler::default());
        mortal.note_changes();
        let mut saves = Saves::default();
        let (mut one, mut other) = (TraceEncoder::new(), TraceEncoder::new());
        let (mut expected, mut piece) = (Piece::default(), Piece::default());
        for step in &steps {
            let file = &mut files[step.file];
            let record = encode(step, file);
            let resolver = &mut resolvers[step.file];
            let outcome = lasting.record(resolver, file, &record, &mut one);
            prop_assert_eq!(mortal.record(resolver, file, &record, &mut other), outcome);
            if step.cut {
                prop_assert_eq!(one.cut(&mut expected), other.cut(&mut piece));
                prop_assert_eq!(&piece.bytes, &expected.bytes);
                saves.save(&mut mortal);
                mortal = saves.restored();
                prop_assert_eq!(mortal.open_len(), lasting.open_len());
            }
        }
        lasting.drain_incomplete(500, &mut one);
        mortal.drain_incomplete(500, &mut other);
        one.cut(&mut expected);
        other.cut(&mut piece);
        let sorted = |piece: &Piece| {
            let mut spans: Vec<_> = spans_of(&piece.bytes).into_iter().map(|span| format!("{span:?}")).collect();
            spans.sort();
            spans
        };
        prop_assert_eq!(sorted(&piece), sorted(&expected));
    }

    #[test]
    fn a_save_that_is_damaged_restores_what_it_can_and_panics_never(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut assembler = Assembler::default();
        let _ = assembler.restore(&bytes, 1);
        assembler.forget(&bytes);
        assembler.drain_incomplete(0, &mut TraceEncoder::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn records_give_the_spans_that_the_model_gives(steps in steps(), max_open in 1..6usize, at in any::<prop::sample::Index>()) {
        let mut files = [Dictionary::new(), Dictionary::new()];
        files[1].intern("so that references differ between the files");
        let mut resolvers = [Resolver::new(), Resolver::new()];
        let options = AssemblerOptions { max_open_spans: max_open, ..AssemblerOptions::default() };
        let mut assembler = Assembler::new(options);
        let (mut encoder, mut piece, mut all) = (TraceEncoder::new(), Piece::default(), Piece::default());
        let mut model = Model::default();
        for step in &steps {
            let file = &mut files[step.file];
            let record = encode(step, file);
            let outcome = assembler.record(&mut resolvers[step.file], file, &record, &mut encoder);
            prop_assert_eq!(outcome, Ok(model.take(step, max_open)));
            prop_assert_eq!(assembler.open_len(), model.open.len());
            let names: Vec<_> = assembler.open_spans().map(|span| span.name().to_owned()).collect();
            let expected: Vec<_> = model.open.iter().map(|(_, open)| open.span.name.clone()).collect();
            prop_assert_eq!(names, expected);
            if step.cut && encoder.cut(&mut piece) {
                all.join(&piece);
            }
        }
        prop_assert_eq!(assembler.drain_incomplete(500, &mut encoder), model.open.len());
        while !model.open.is_empty() {
            model.hand_on_oldest(500);
        }
        if encoder.cut(&mut piece) {
            all.join(&piece);
        }
        prop_assert_eq!(assembler.open_bytes(), 0);
        prop_assert!(!encoder.cut(&mut piece), "a cut takes everything");

        let counters = assembler.counters();
        prop_assert_eq!(counters.records, steps.len() as u64);
        prop_assert_eq!(counters.quarantined, 0);
        prop_assert_eq!(counters.spans, model.finished.len() as u64);
        prop_assert_eq!(counters.ends_without_start, model.ends_without_start);
        prop_assert_eq!(counters.changes_without_start, model.changes_without_start);
        prop_assert_eq!(counters.restarts, model.restarts);
        prop_assert_eq!(counters.evicted, model.evicted);
        prop_assert_eq!(counters.faults.undecodable_attributes, model.lost_attributes);

        let spans = spans_of(&all.bytes);
        prop_assert_eq!(all.items as usize, spans.len());
        prop_assert_eq!(grouped(spans.clone()), grouped(model.finished));

        let at = at.index(spans.len() + 1);
        let parts = split(Signal::Traces, &all.bytes, at as u32, u32::MAX).expect("a valid request");
        let again: Vec<_> = parts.iter().flat_map(|part| spans_of(&part.bytes)).collect();
        prop_assert_eq!(again, spans.clone());
        if at > 0 {
            prop_assert_eq!(spans_of(&parts[0].bytes), &spans[..at]);
        }
    }
}
