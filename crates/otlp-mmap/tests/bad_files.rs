//! A file that is not what it should be is refused with its name, what was found and what to do; nobody is hurt.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use otlp_mmap::file::{Access, FileView, Problem};
use otlp_mmap::layout::{block, constant, dictionary, header, ring};

mod support;

/// The bytes of a file of our writer, and of one without our block.
fn ours(folder: &Path) -> Vec<u8> {
    let writer = support::in_directory(&folder.join("made"));
    writer
        .handle()
        .commit(otlp_mmap::file::RingId::Spans, writer.epoch(), b"record");
    fs::read(writer.status().file.unwrap()).unwrap()
}

struct Case {
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes = ours(folder.path());
        Self { folder, bytes }
    }

    fn put(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn word(self, offset: usize, value: i64) -> Self {
        self.put(offset, &value.to_le_bytes())
    }

    fn offset(&self, at: usize) -> usize {
        i64::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap()) as usize
    }

    fn cut(mut self, length: usize) -> Self {
        self.bytes.truncate(length);
        self
    }

    /// Opens the file both ways; the message must name the path and hold every part.
    fn refused(&self, parts: &[&str]) -> Problem {
        let path = self.folder.path().join("subject.mmap");
        fs::write(&path, &self.bytes).unwrap();
        FileView::open(&path, Access::Read).expect_err("read-only");
        refused(&path, parts)
    }
}

fn refused(path: &Path, parts: &[&str]) -> Problem {
    let error = FileView::open(path, Access::ReadWrite).expect_err("must be refused");
    let text = error.to_string();
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    for part in parts {
        assert!(text.contains(part), "{text:?} should contain {part:?}");
    }
    let transient = matches!(
        error.problem(),
        Problem::Missing | Problem::Empty | Problem::Short(_) | Problem::NotReady
    );
    assert_eq!(error.may_become_ready(), transient, "{text}");
    match error.problem() {
        Problem::Foreign(bytes) => Problem::Foreign(*bytes),
        Problem::WrongVersion(version) => Problem::WrongVersion(*version),
        Problem::Truncated { length, needed } => Problem::Truncated {
            length: *length,
            needed: *needed,
        },
        Problem::UnsupportedFeatures(bits) => Problem::UnsupportedFeatures(*bits),
        _ => Problem::Missing,
    }
}

#[test]
fn an_untouched_file_opens() {
    let case = Case::new();
    let path = case.folder.path().join("subject.mmap");
    fs::write(&path, &case.bytes).unwrap();
    let view = FileView::open(&path, Access::ReadWrite).unwrap();
    assert!(view.extension().is_some());
}

#[test]
fn missing_empty_and_short_files_may_become_ready() {
    let folder = tempfile::tempdir().unwrap();
    refused(&folder.path().join("absent.mmap"), &["no such file"]);
    Case::new().cut(0).refused(&["empty", "try again"]);
    Case::new().cut(63).refused(&["63 bytes", "64 of a header"]);
}

#[test]
fn directories_and_links_are_not_followed() {
    let case = Case::new();
    let real = case.folder.path().join("real.mmap");
    fs::write(&real, &case.bytes).unwrap();
    let link = case.folder.path().join("link.mmap");
    symlink(&real, &link).unwrap();
    refused(&link, &["symbolic link", "path of the file itself"]);
    refused(case.folder.path(), &["not a regular file"]);
    let pipe = case.folder.path().join("pipe.mmap");
    let name = std::ffi::CString::new(pipe.to_str().unwrap()).unwrap();
    // SAFETY: the name is zero-terminated.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    refused(&pipe, &["not a regular file"]);
}

#[test]
fn a_file_of_another_kind_or_version_is_named_as_such() {
    let text = Case::new().put(0, b"{\"resour");
    assert!(matches!(
        text.refused(&["not an otlp-mmap file"]),
        Problem::Foreign(bytes) if &bytes == b"{\"resour"
    ));
    let newer = Case::new().word(header::VERSION, 2);
    assert!(matches!(
        newer.refused(&["version 2", "as new as the writer"]),
        Problem::WrongVersion(2)
    ));
    Case::new()
        .word(header::VERSION, -1)
        .refused(&["not an otlp-mmap file"]);
}

#[test]
fn a_half_written_file_is_not_ready_rather_than_corrupt() {
    Case::new()
        .word(header::VERSION, 0)
        .refused(&["not complete yet", "try again"]);
    for offset in [
        header::EVENTS_OFFSET,
        header::SPANS_OFFSET,
        header::MEASUREMENTS_OFFSET,
        header::DICTIONARY_OFFSET,
    ] {
        Case::new().word(offset, 0).refused(&["not complete yet"]);
    }
    let case = Case::new();
    let spans = case.offset(header::SPANS_OFFSET);
    case.word(spans + ring::NUM_BUFFERS, 0)
        .word(spans + ring::BUFFER_SIZE, 0)
        .refused(&["not complete yet"]);
    let case = Case::new();
    let end = case.offset(header::DICTIONARY_OFFSET) + dictionary::END;
    case.word(end, 0).refused(&["not complete yet"]);
}

#[test]
fn sections_out_of_order_unaligned_or_beyond_the_end_are_refused() {
    let case = Case::new();
    let (events, spans) = (case.offset(header::EVENTS_OFFSET), case.offset(header::SPANS_OFFSET));
    let order = "events < spans < measurements < dictionary";
    case.word(header::EVENTS_OFFSET, spans as i64)
        .word(header::SPANS_OFFSET, events as i64)
        .refused(&[order]);
    Case::new().word(header::EVENTS_OFFSET, spans as i64).refused(&[order]);
    Case::new().word(header::EVENTS_OFFSET, 8).refused(&[order]);
    Case::new()
        .word(header::SPANS_OFFSET, spans as i64 + 4)
        .refused(&["multiple of 8"]);
    let beyond = Case::new().word(header::DICTIONARY_OFFSET, i64::MAX - 7);
    assert!(matches!(
        beyond.refused(&["cut off", "remove it"]),
        Problem::Truncated { .. }
    ));
    Case::new().word(header::DICTIONARY_OFFSET, -8).refused(&["cut off"]);
    let case = Case::new();
    let half = case.bytes.len() / 2;
    assert!(matches!(
        case.cut(half).refused(&["cut off"]),
        Problem::Truncated { .. }
    ));
}

#[test]
fn a_ring_of_a_wrong_size_is_named() {
    for (name, at) in [
        ("events", header::EVENTS_OFFSET),
        ("spans", header::SPANS_OFFSET),
        ("measurements", header::MEASUREMENTS_OFFSET),
    ] {
        for count in [1, 3, 63, -64, 1 << 40, i64::MAX, i64::MIN] {
            let case = Case::new();
            let offset = case.offset(at);
            case.word(offset + ring::NUM_BUFFERS, count)
                .refused(&[&format!("{name} ring"), "power of two"]);
        }
        for size in [0, -8, 1 << 20, i64::MAX, i64::MIN] {
            let case = Case::new();
            let offset = case.offset(at);
            case.word(offset + ring::BUFFER_SIZE, size)
                .refused(&[&format!("{name} ring"), "before the next section"]);
        }
    }
}

#[test]
fn a_dictionary_that_ends_before_it_begins_is_refused() {
    let case = Case::new();
    let end = case.offset(header::DICTIONARY_OFFSET) + dictionary::END;
    case.word(end, 64).refused(&["says that it ends at 64"]);
    let case = Case::new();
    case.word(end, i64::MIN).refused(&["says that it ends"]);
}

#[test]
fn a_damaged_block_is_refused_and_one_from_the_future_says_so() {
    let at = |offset: usize| block::FILE_OFFSET + offset;
    Case::new().put(at(block::PID), &[0xff; 4]).refused(&["checksum"]);
    Case::new()
        .put(at(block::LENGTH), &u32::MAX.to_le_bytes())
        .refused(&["extension block: length"]);
    Case::new()
        .put(at(block::CONSTANT_LENGTH), &u32::MAX.to_le_bytes())
        .refused(&["constant part"]);
    Case::new()
        .put(at(block::VERSION), &2u32.to_le_bytes())
        .refused(&["extension block of version 2"]);
    // The same checksum rule as in docs/format.md, written out once more.
    let case = Case::new().put(at(block::FEATURES_MUST), &(1u64 << 40).to_le_bytes());
    let mut constant_part = case.bytes[block::FILE_OFFSET..block::FILE_OFFSET + block::CONSTANT_END].to_vec();
    constant_part[block::CHECKSUM..block::CHECKSUM + 4].fill(0);
    let checksum = crc32fast::hash(&constant_part);
    let case = case.put(at(block::CHECKSUM), &checksum.to_le_bytes());
    assert!(matches!(
        case.refused(&["needs features", "0x10000000000"]),
        Problem::UnsupportedFeatures(bits) if bits == 1 << 40
    ));
}

#[test]
fn a_file_whose_gap_holds_no_magic_is_a_file_of_another_writer() {
    let case = Case::new().put(block::FILE_OFFSET, &[0; 8]);
    let path = case.folder.path().join("subject.mmap");
    fs::write(&path, &case.bytes).unwrap();
    assert!(FileView::open(&path, Access::Read).unwrap().extension().is_none());
    assert_eq!(constant::BLOCK_MAGIC.to_le_bytes(), *b"OTPMMAP1");
}

#[test]
fn any_bytes_in_place_of_a_file_are_refused_or_read_within_bounds() {
    use proptest::prelude::*;
    let case = Case::new();
    let path: PathBuf = case.folder.path().join("subject.mmap");
    let word = prop_oneof![
        any::<i64>(),
        (0..20_000i64).prop_map(|n| n * 8),
        -4..4i64,
        Just(1 << 20)
    ];
    let changes = proptest::collection::vec((0..case.bytes.len() / 8, word), 1..6);
    let fixed = [
        header::EVENTS_OFFSET,
        header::SPANS_OFFSET,
        header::MEASUREMENTS_OFFSET,
        header::DICTIONARY_OFFSET,
        case.offset(header::SPANS_OFFSET),
        case.offset(header::SPANS_OFFSET) + 8,
        case.offset(header::SPANS_OFFSET) + 16,
        case.offset(header::SPANS_OFFSET) + 24,
        case.offset(header::DICTIONARY_OFFSET),
    ];
    let strategy = (
        changes,
        proptest::collection::vec(0..fixed.len(), 0..4),
        any::<i64>(),
        0..=case.bytes.len(),
    );
    proptest!(ProptestConfig::with_cases(400), |((changes, hot, value, length) in strategy)| {
        let mut bytes = case.bytes.clone();
        for (position, word) in changes {
            bytes[position * 8..position * 8 + 8].copy_from_slice(&word.to_le_bytes());
        }
        for position in hot {
            bytes[fixed[position]..fixed[position] + 8].copy_from_slice(&value.to_le_bytes());
        }
        if value % 3 == 0 {
            bytes.truncate(length);
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(view) = FileView::open(&path, Access::ReadWrite) {
            let mut out = Vec::new();
            for id in otlp_mmap::file::RingId::ALL {
                let ring = view.ring(id);
                for index in [ring.reader_index(), ring.writer_index(), value, -1, i64::MAX] {
                    let _ = ring.is_published(index);
                    let _ = ring.copy_record(index, &mut out);
                    let _ = ring.copy_slot(index, &mut out);
                }
                if let Some(index) = ring.claim() {
                    ring.publish(index, b"");
                }
            }
            for reference in [value, 0, view.dictionary().end(), bytes.len() as i64 - 1] {
                let _ = view.dictionary().copy_entry(reference, 1 << 16, &mut out);
            }
        }
    });
}
