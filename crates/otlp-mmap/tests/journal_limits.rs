//! The journal's bounds, and whom it knows.

#[path = "support/journals.rs"]
mod journals;

use std::time::{Duration, Instant};

use journals::{Model, backlog, commit, destination, open, options};
use otlp_mmap::journal::{Journal, JournalError, JournalOptions, OnFull, Refusal};
use otlp_mmap::otlp::Signal;

#[test]
fn a_full_journal_gives_up_its_oldest_pieces_and_counts_them() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        max_bytes: 256 << 10,
        ..options(folder.path())
    };
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    let mut dropped = 0;
    for step in 0..100 {
        loop {
            match commit(&mut journal, &mut model, 1, step, 9_000) {
                Ok(_) => break,
                Err(refusal) => assert_eq!(refusal, Refusal::Full),
            }
            assert!(journal.crowding().is_some());
            let lost = journal.drop_oldest();
            assert_eq!(lost.len(), 2, "both destinations lose them");
            dropped += lost[0].1.pieces;
        }
        assert!(journal.stats().bytes <= options.max_bytes);
    }
    assert!(dropped > 50);
    let counted = &journal.stats().destinations[0];
    assert_eq!(
        (counted.dropped.pieces, counted.dropped.items),
        (dropped, [dropped, 0, 0])
    );
    assert_eq!(counted.pending.pieces, 100 - dropped);
    let kept = model.pieces.split_off(&(dropped + 1));
    assert_eq!(backlog(&mut journal, 0), kept);
    drop(journal);
    let (mut journal, ..) = open(&options);
    assert_eq!(
        backlog(&mut journal, 1),
        kept,
        "what was given up is not asked for again"
    );
}

#[test]
fn a_full_journal_that_refuses_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        max_bytes: 256 << 10,
        on_full: OnFull::Refuse,
        ..options(folder.path())
    };
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    let refusal = (0..).find_map(|step| commit(&mut journal, &mut model, 1, step, 9_000).err());
    assert_eq!(refusal, Some(Refusal::Full));
    assert_eq!(journal.crowding(), None);
    let all = backlog(&mut journal, 0);
    assert_eq!(all, model.pieces);
    backlog(&mut journal, 1);
    for &number in all.keys() {
        assert!(journal.acknowledge(0, number) && journal.acknowledge(1, number));
    }
    assert!(journal.releasable().is_some());
    journal.drop_oldest();
    assert!(commit(&mut journal, &mut model, 1, 1000, 9_000).is_ok(), "room again");
}

#[test]
fn pieces_that_are_too_old_go() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        max_age: Some(Duration::from_secs(3600)),
        ..options(folder.path())
    };
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    commit(&mut journal, &mut model, 1, 1, 10).unwrap();
    let now = Instant::now();
    assert!(!journal.tend(now + Duration::from_secs(1800)), "closes the segment");
    commit(&mut journal, &mut model, 1, 2, 10).unwrap();
    assert_eq!(journal.expired(now + Duration::from_secs(3000)), None);
    assert_eq!(journal.expired(now + Duration::from_secs(4000)), Some(1));
    assert_eq!(journal.drop_oldest()[0].1.pieces, 1);
    assert_eq!(backlog(&mut journal, 0).len(), 1);
}

#[test]
fn a_new_destination_starts_at_now_and_one_that_is_gone_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::default();
    let (mut journal, ..) = open(&options(folder.path()));
    commit(&mut journal, &mut model, 1, 1, 10).unwrap();
    drop(journal);
    let changed = JournalOptions {
        destinations: vec![destination("second"), destination("third")],
        ..options(folder.path())
    };
    let (mut journal, recovered, _) = open(&changed);
    assert!(recovered.messages[0].contains("destination first is not configured any more"));
    let new = commit(&mut journal, &mut model, 1, 2, 10).unwrap();
    assert_eq!(backlog(&mut journal, 0), model.pieces);
    assert_eq!(backlog(&mut journal, 1), model.pieces.split_off(&new));
    drop(journal);
    let (mut journal, recovered, _) = open(&changed);
    assert_eq!(recovered.messages, Vec::<String>::new(), "told once");
    assert_eq!(backlog(&mut journal, 1).len(), 1, "a destination stays what it is");
}

#[test]
fn pieces_of_a_signal_that_a_destination_does_not_take_wait_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, ..) = open(&options(folder.path()));
    let mut transaction = otlp_mmap::journal::Transaction::new();
    transaction.piece(Signal::Metrics, 3, "cumulative", b"points");
    transaction.piece(Signal::Logs, 1, "", b"log");
    journal.commit(&transaction).unwrap();
    let logs = backlog(&mut journal, 0);
    assert_eq!(logs.into_iter().collect::<Vec<_>>(), [(2, b"log".to_vec())]);
    assert_eq!(journal.pending(0).items, [0, 1, 0]);
}

#[test]
fn a_piece_that_is_given_back_is_handed_again_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::default();
    let (mut journal, ..) = open(&options(folder.path()));
    for step in 0..60 {
        commit(&mut journal, &mut model, 1, step, 5_000).unwrap();
    }
    let all = backlog(&mut journal, 0);
    for number in [3, 17, 59] {
        assert!(journal.give_back(0, number));
    }
    let again = backlog(&mut journal, 0);
    assert_eq!(again.keys().copied().collect::<Vec<_>>(), [3, 17, 59]);
    assert!(again.iter().all(|(number, otlp)| all[number] == *otlp));
    assert!(!journal.acknowledge(0, 1000), "a number that was never given");
}

#[test]
fn a_second_collector_is_told_who_has_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, ..) = open(&options(folder.path()));
    let error = Journal::open(options(folder.path()), &mut journals::Spans::default()).unwrap_err();
    assert!(error.is_locked());
    let expected = format!("process {}", std::process::id());
    assert!(error.to_string().contains(&expected), "{error}");
    drop(journal);
    open(&options(folder.path()));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Journal::open(options(&file.join("state")), &mut journals::Spans::default()).unwrap_err();
    assert!(matches!(error, JournalError::Directory(_)));
    assert!(error.to_string().contains("file/state"), "{error}");
}

#[test]
fn a_directory_that_is_removed_is_made_again_and_nothing_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(&folder.path().join("state"));
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    for step in 0..20 {
        commit(&mut journal, &mut model, 1, step, 9_000).unwrap();
    }
    std::fs::remove_dir_all(&options.directory).unwrap();
    assert!(
        journal.tend(Instant::now() + Duration::from_secs(60)),
        "open spans are to be written again"
    );
    let kept = commit(&mut journal, &mut model, 1, 1000, 10).unwrap();
    let left = backlog(&mut journal, 0);
    assert_eq!(left[&kept], model.pieces[&kept]);
    assert!(journal.stats().pieces_damaged > 0, "what was in the files is counted");
    drop(journal);
    let (_, recovered, _) = open(&options);
    assert_eq!(recovered.positions, model.positions);
}

#[test]
fn a_transaction_that_waits_for_the_disk_is_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        fsync: true,
        ..options(folder.path())
    };
    let mut model = Model::default();
    let (mut journal, ..) = open(&options);
    for step in 0..20 {
        commit(&mut journal, &mut model, 1, step, 9_000).unwrap();
    }
    drop(journal);
    let (mut journal, ..) = open(&options);
    assert_eq!(backlog(&mut journal, 0), model.pieces);
}

#[test]
fn destinations_can_change_while_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::default();
    let (mut journal, ..) = open(&options(folder.path()));
    let first = commit(&mut journal, &mut model, 1, 1, 10).unwrap();
    journal.hand(0, first, Signal::Traces, 1, 10);
    let held = journal.set_destinations(&[destination("second"), destination("third")]);
    assert_eq!(held, [first], "the one that is gone holds nothing any more");
    assert!(!journal.acknowledge(0, first));
    let new = commit(&mut journal, &mut model, 1, 2, 10).unwrap();
    assert!(backlog(&mut journal, 0).is_empty());
    assert_eq!(backlog(&mut journal, 1), model.pieces, "it keeps its place");
    assert_eq!(
        backlog(&mut journal, 2),
        model.pieces.split_off(&new),
        "a new one starts at now"
    );
    assert!(journal.acknowledge(1, first) && journal.acknowledge(1, new) && journal.acknowledge(2, new));
    journal.save_acknowledgements().unwrap();
    drop(journal);
    let changed = JournalOptions {
        destinations: vec![destination("second"), destination("third")],
        ..options(folder.path())
    };
    let (mut journal, recovered, _) = open(&changed);
    assert_eq!(recovered.messages, Vec::<String>::new());
    assert!(backlog(&mut journal, 0).is_empty() && backlog(&mut journal, 1).is_empty());
}
