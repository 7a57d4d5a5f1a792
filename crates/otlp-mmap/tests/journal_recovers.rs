//! A crash at each write of the journal: the next start finds everything up to a commit, and nothing of what came after.

#[path = "support/journals.rs"]
mod journals;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use journals::{Model, backlog, commit, open, options};
use otlp_mmap::journal::fail_point::{Crash, arm, disarm};
use otlp_mmap::journal::{Journal, Transaction};

/// There is one armed point a process.
static TURN: Mutex<()> = Mutex::new(());

fn take_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stretch of a collector's life; `done` gets the model after each step that is complete, and before each that is tried.
fn live(journal: &mut Journal, model: &mut Model, attempted: &mut Option<Model>) {
    for step in 0..40u64 {
        let mut next = model.clone();
        // the expected outcome is known before, as the step may not come to its end
        predict(journal, &mut next, step);
        *attempted = Some(next);
        let number = commit(journal, model, (step % 3) as u8, step, 9_000).unwrap();
        for destination in 0..2 {
            journal.hand(destination, number, otlp_mmap::otlp::Signal::Traces, 1, 9_000);
        }
        // the second destination is slower
        let acknowledged = [Some(number), number.checked_sub(4)];
        let mut next = model.clone();
        for (destination, number) in acknowledged.into_iter().enumerate() {
            if let Some(number) = number.filter(|&number| number > 0) {
                assert!(journal.acknowledge(destination, number));
                next.acknowledged[destination].insert(number);
            }
        }
        *attempted = Some(next.clone());
        journal.save_acknowledgements().unwrap();
        *model = next;
        *attempted = None;
        while journal.releasable().is_some() {
            carry(journal, model);
            journal.drop_oldest();
        }
    }
}

fn predict(journal: &Journal, next: &mut Model, step: u64) {
    use otlp_mmap::journal::OpenSpanStore;
    let stream = [(step % 3) as u8; 16];
    next.pieces.insert(journal.last_piece() + 1, vec![step as u8; 9_000]);
    let mut open = journals::ids(step);
    open.extend(step.to_be_bytes());
    next.spans.open(&stream, &open, 1);
    next.spans.gone(&stream, &journals::ids(step.saturating_sub(3)));
    next.positions.insert(
        stream.to_vec(),
        otlp_mmap::journal::Position {
            file: vec![1; 16],
            generation: 0,
            indices: [-1, step as i64, -1],
            last_seen: step,
            path: "/a/file".into(),
        },
    );
}

/// Writes all open spans again, as their keeper does before a segment goes.
fn carry(journal: &mut Journal, model: &Model) {
    let requests: Vec<(Vec<u8>, Vec<u8>)> = model
        .spans
        .0
        .iter()
        .flat_map(|(stream, spans)| {
            spans
                .iter()
                .map(|(ids, body)| (stream.clone(), [ids.as_slice(), body.as_slice()].concat()))
        })
        .collect();
    let mut transaction = Transaction::new();
    for (stream, request) in &requests {
        transaction.open_spans(stream, request);
    }
    journal.commit_beyond(&transaction).unwrap();
}

fn expect(model: &Model, options: &otlp_mmap::journal::JournalOptions) -> bool {
    let (mut journal, recovered, spans) = open(options);
    assert_eq!(recovered.set_aside, 0, "{:?}", recovered.messages);
    let waiting = [0, 1].map(|destination| backlog(&mut journal, destination));
    assert_eq!(journal.stats().pieces_damaged, 0);
    recovered.positions == model.positions && spans == model.spans && waiting == [model.waiting(0), model.waiting(1)]
}

#[test]
fn a_crash_at_any_write_leaves_the_last_commit() {
    let _turn = take_turn();
    std::panic::set_hook(Box::new(|_| {}));
    let mut points = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let options = options(folder.path());
        let (mut model, mut attempted) = (Model::default(), None);
        let (mut journal, ..) = open(&options);
        arm(points, Crash::Panic);
        let crashed = catch_unwind(AssertUnwindSafe(|| live(&mut journal, &mut model, &mut attempted))).is_err();
        disarm();
        drop(journal);
        let found = [Some(model), attempted].into_iter().flatten();
        let found = found.into_iter().find(|model| expect(model, &options));
        let mut found =
            found.unwrap_or_else(|| panic!("after point {points}: neither the last commit nor the one tried"));
        // whoever goes on from there leaves as much to the one after it
        let (mut journal, ..) = open(&options);
        if commit(&mut journal, &mut found, 1, 1000, 10).is_ok() {
            drop(journal);
            assert!(expect(&found, &options), "after point {points}, and one commit more");
        }
        if !crashed {
            break;
        }
        points += 1;
    }
    let _ = std::panic::take_hook();
    assert!(points > 300, "{points} points: every write has one");
}

#[test]
fn a_journal_goes_on_where_it_was_left_and_its_torn_end_is_told() {
    let _turn = take_turn();
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    for step in 0..3 {
        commit(&mut journal, &mut model, 1, step, 100).unwrap();
    }
    let before = model.clone();
    std::panic::set_hook(Box::new(|_| {}));
    // four frames of two points each, then the commit
    arm(8, Crash::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| commit(&mut journal, &mut model, 1, 9, 100))).is_err());
    let _ = std::panic::take_hook();
    drop(journal);
    let (mut journal, recovered, spans) = open(&options);
    assert!(
        recovered.messages[0].contains("not finished"),
        "{:?}",
        recovered.messages
    );
    assert_eq!(spans, before.spans);
    let mut model = before;
    commit(&mut journal, &mut model, 1, 4, 50).unwrap();
    drop(journal);
    let (mut journal, recovered, _) = open(&options);
    assert_eq!(recovered.messages, Vec::<String>::new());
    assert_eq!(backlog(&mut journal, 0), model.waiting(0));
}
