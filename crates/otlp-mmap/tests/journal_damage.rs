//! Whatever is done to a journal's files, the next start uses what is whole, and nothing else.

#[path = "support/journals.rs"]
mod journals;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use journals::{Model, backlog, commit, open, options};
use proptest::prelude::*;

fn segments(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    segments.sort();
    segments
}

/// A journal of some segments, closed.
fn filled(folder: &std::path::Path, pieces: u64) -> Model {
    let mut model = Model::default();
    let (mut journal, ..) = open(&options(folder));
    for step in 0..pieces {
        commit(&mut journal, &mut model, 1, step, 3_000).unwrap();
    }
    model
}

/// All that is handed out is what was put in; returns how many pieces are missing.
fn intact(folder: &std::path::Path, model: &Model) -> usize {
    let (mut journal, recovered, spans) = open(&options(folder));
    for position in recovered.positions.values() {
        assert!(position.indices[1] >= 0);
    }
    for (ids, body) in spans.0.values().flatten() {
        assert_eq!(ids[16..], body[..], "a span is as it was written");
    }
    let found = backlog(&mut journal, 0);
    for (number, otlp) in &found {
        assert_eq!(model.pieces.get(number), Some(otlp), "piece {number}");
    }
    let mut more = model.clone();
    let number = commit(&mut journal, &mut more, 1, 500, 100).unwrap();
    assert!(!found.contains_key(&number), "new numbers are new");
    drop(journal);
    let (mut journal, ..) = open(&options(folder));
    assert!(backlog(&mut journal, 1).contains_key(&number), "it goes on");
    model.pieces.len() - found.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_flipped_bit_costs_one_piece_at_most(at in 64u64..65_536, bit in 0u8..8, which in 0usize..2) {
        let folder = tempfile::tempdir().unwrap();
        let model = filled(folder.path(), 50);
        let path = segments(folder.path())[which].clone();
        let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1 << bit], at).unwrap();
        prop_assert!(intact(folder.path(), &model) <= 1);
    }

    #[test]
    fn rubbish_costs_what_it_covers(
        writes in prop::collection::vec((0usize..4, 0u64..65_536, prop::collection::vec(any::<u8>(), 1..2_000)), 1..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let model = filled(folder.path(), 60);
        let paths = segments(folder.path());
        for (which, at, rubbish) in &writes {
            let file = fs::OpenOptions::new().write(true).open(&paths[which % paths.len()]).unwrap();
            file.write_all_at(rubbish, *at).unwrap();
        }
        intact(folder.path(), &model);
    }

    #[test]
    fn a_journal_cut_off_anywhere_is_used_up_to_there(which in 0usize..4, at in 0u64..65_536) {
        let folder = tempfile::tempdir().unwrap();
        let model = filled(folder.path(), 60);
        let paths = segments(folder.path());
        let file = fs::OpenOptions::new().write(true).open(&paths[which % paths.len()]).unwrap();
        file.set_len(at).unwrap();
        intact(folder.path(), &model);
    }
}

#[test]
fn foreign_files_and_other_versions_are_set_aside_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let model = filled(folder.path(), 10);
    let segment = segments(folder.path())[0].clone();
    let mut newer = fs::read(&segment).unwrap();
    newer[8] = 2;
    fs::write(folder.path().join("journal-00000000000000aa.seg"), &newer).unwrap();
    fs::write(folder.path().join("journal-00000000000000ab.seg"), b"a letter").unwrap();
    fs::write(folder.path().join("notes.txt"), b"left alone").unwrap();
    let (mut journal, recovered, _) = open(&options(folder.path()));
    assert_eq!(recovered.set_aside, 2);
    assert!(
        recovered.messages.iter().any(|message| message.contains("version 2")),
        "{:?}",
        recovered.messages
    );
    assert_eq!(backlog(&mut journal, 0), model.pieces);
    let aside = folder.path().join("set-aside");
    assert_eq!(fs::read(aside.join("journal-00000000000000aa.seg")).unwrap(), newer);
    assert_eq!(
        fs::read(aside.join("journal-00000000000000ab.seg")).unwrap(),
        b"a letter"
    );
    assert!(folder.path().join("notes.txt").exists());
}

#[test]
fn a_segment_of_another_journal_is_set_aside() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let model = filled(folder.path(), 40);
    filled(other.path(), 5);
    let paths = segments(folder.path());
    // as if a copy of another machine's state had been put over this one's
    fs::copy(&segments(other.path())[0], &paths[0]).unwrap();
    let (mut journal, recovered, _) = open(&options(folder.path()));
    assert_eq!(recovered.set_aside, 1);
    assert!(
        recovered.messages[0].contains("another journal"),
        "{:?}",
        recovered.messages
    );
    let found = backlog(&mut journal, 0);
    assert!(!found.is_empty() && found.iter().all(|(number, otlp)| model.pieces[number] == *otlp));
}

#[test]
fn a_segment_cut_off_while_it_is_written_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::default();
    let (mut journal, ..) = open(&options(folder.path()));
    commit(&mut journal, &mut model, 1, 1, 3_000).unwrap();
    let path = segments(folder.path())[0].clone();
    fs::OpenOptions::new()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(0)
        .unwrap();
    let refused = commit(&mut journal, &mut model, 1, 2, 3_000).unwrap_err();
    assert!(refused.to_string().contains("cut off"), "{refused}");
    assert!(
        journal.tend(std::time::Instant::now()),
        "open spans are to be written again"
    );
    commit(&mut journal, &mut model, 1, 2, 3_000).unwrap();
}
