//! What earlier versions wrote is read, and what a later version may write is gone past, or set aside and kept.

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/journals.rs"]
mod journals;
#[path = "support/spans.rs"]
mod spans;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use collecting::{Sink, work_until};
use flate2::read::GzDecoder;
use journals::{Model, backlog, commit, destination};
use otlp_mmap::journal::{Journal, JournalOptions};
use spans::Reading;

/// Folders of fixtures, one for each version of the package that changed a format.
fn versions() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut versions: Vec<_> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    versions.sort();
    assert!(!versions.is_empty());
    versions
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn options(state: &Path) -> JournalOptions {
    JournalOptions {
        destinations: vec![destination("traces to otlphttp")],
        ..journals::options(state)
    }
}

fn journal_in(state: &Path, segment: &[u8]) -> PathBuf {
    let path = state.join("journal-0000000000000001.seg");
    fs::write(&path, segment).unwrap();
    path
}

/// Takes open spans as they are.
#[derive(Default)]
struct Kept(Vec<Vec<u8>>);

impl otlp_mmap::journal::OpenSpanStore for Kept {
    fn open(&mut self, _: &[u8], otlp: &[u8], _: u64) {
        self.0.push(otlp.to_vec());
    }
    fn gone(&mut self, _: &[u8], ids: &[u8]) {
        assert_eq!(ids.len(), 24);
    }
    fn forget(&mut self, _: &[u8]) {}
}

#[test]
fn files_of_every_version_are_read() {
    for version in versions() {
        let (data, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(data.path().join("app.mmap"), unpacked(&version.join("app.mmap.gz"))).unwrap();
        let reading = Reading::start(collecting::options(data.path(), state.path()));
        let mut sink = Sink::default();
        work_until(&reading, &mut sink, "spans and logs", |sink| {
            sink.spans.len() == 6 && sink.logs.len() == 5
        });
        let incomplete: Vec<_> = sink.spans.values().flatten().filter(|span| span.incomplete).collect();
        assert_eq!(incomplete.len(), 1, "the one that was open: {version:?}");
    }
}

#[test]
fn journals_of_every_version_are_gone_on_with() {
    for version in versions() {
        let state = tempfile::tempdir().unwrap();
        journal_in(state.path(), &unpacked(&version.join("journal.seg.gz")));
        let mut open = Kept::default();
        let (mut journal, recovered) = Journal::open(options(state.path()), &mut open).unwrap();
        assert_eq!(recovered.messages, Vec::<String>::new());
        assert_eq!(open.0, vec![b"open spans".to_vec(); 3]);
        let position = &recovered.positions[&vec![7; 16]];
        assert_eq!((position.generation, position.indices), (2, [-1, 3, 4]));
        assert_eq!(journal.note("key"), Some(&[3][..]));
        let waiting: Vec<_> = backlog(&mut journal, 0).into_iter().collect();
        assert_eq!(waiting, [(2, vec![2; 100]), (3, vec![3; 100])]);
        let number = commit(&mut journal, &mut Model::default(), 1, 1, 10).unwrap();
        assert_eq!(number, 4);
    }
}

/// A frame as a later version may write it, with the checksums of its segment, behind what stands there.
fn append_frame(segment: &mut [u8], flags: u8) {
    let u32_at = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let seed = u32_at(segment, 56);
    let mut at = 64;
    while segment[at + 2..at + 4] == [0x4a, 0x4c] {
        at = (at + 32 + u32_at(segment, at + 4) as usize).next_multiple_of(8);
    }
    let crc = |parts: &[&[u8]]| {
        let mut hasher = crc32fast::Hasher::new_with_initial(seed);
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    };
    let mut put = |kind: u8, flags: u8, number: u64, body: &[u8]| {
        let mut header = [0; 32];
        header[0] = kind;
        header[1] = flags;
        header[2..4].copy_from_slice(&[0x4a, 0x4c]);
        header[4..8].copy_from_slice(&(body.len() as u32).to_le_bytes());
        header[8..16].copy_from_slice(&99u64.to_le_bytes());
        header[16..24].copy_from_slice(&number.to_le_bytes());
        header[24..28].copy_from_slice(&crc(&[body]).to_le_bytes());
        let own = crc(&[&(at as u64).to_le_bytes(), &header[..28]]);
        header[28..].copy_from_slice(&own.to_le_bytes());
        segment[at..at + 32].copy_from_slice(&header);
        segment[at + 32..at + 32 + body.len()].copy_from_slice(body);
        at = (at + 32 + body.len()).next_multiple_of(8);
        own
    };
    let own = put(40, flags, 0, b"what a later version keeps");
    let number = 1 << 32 | u64::from(crc(&[&own.to_le_bytes()]));
    put(15, 0, number, &[0; 8]);
}

#[test]
fn a_frame_of_a_later_version_that_may_be_ignored_is_gone_past() {
    for version in versions() {
        let state = tempfile::tempdir().unwrap();
        let mut segment = unpacked(&version.join("journal.seg.gz"));
        append_frame(&mut segment, 1);
        journal_in(state.path(), &segment);
        let (mut journal, recovered, _) = journals_open(state.path());
        assert_eq!(recovered, Vec::<String>::new());
        assert_eq!(backlog(&mut journal, 0).len(), 2);
    }
}

fn journals_open(state: &Path) -> (Journal, Vec<String>, Kept) {
    let mut open = Kept::default();
    let (journal, recovered) = Journal::open(options(state), &mut open).unwrap();
    (journal, recovered.messages, open)
}

#[test]
fn a_segment_of_a_later_version_is_kept_for_it() {
    for version in versions() {
        let state = tempfile::tempdir().unwrap();
        let mut segment = unpacked(&version.join("journal.seg.gz"));
        segment[8] += 1;
        let path = journal_in(state.path(), &segment);
        let (mut journal, messages, _) = journals_open(state.path());
        assert!(messages[0].contains("version 2"), "{messages:?}");
        assert_eq!(backlog(&mut journal, 0).len(), 0);
        commit(&mut journal, &mut Model::default(), 1, 1, 10).unwrap();
        drop(journal);
        let aside = state.path().join("set-aside").join(path.file_name().unwrap());
        // going back to the later version: it finds the bytes that it wrote
        assert_eq!(fs::read(aside).unwrap(), segment);
    }
}
