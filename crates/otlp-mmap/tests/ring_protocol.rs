//! The ring as the format describes it, seen by a reader that knows nothing but the version-1 table.

mod support;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use otlp_mmap::file::{Access, FileView, RingGeometry, RingId};
use otlp_mmap::writer::CommitStatus;
use proptest::prelude::*;
use support::{at_path, drain};

/// Section offsets and the words of a ring, read as the version-1 table says.
fn word(bytes: &[u8], offset: usize) -> i64 {
    i64::from_le_bytes(bytes[offset..offset + 8].try_into().unwrap())
}

#[test]
fn a_version_1_reader_finds_every_section_and_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("single.mmap");
    let writer = at_path(&path);
    let mut handle = writer.handle();
    let records: [(RingId, &[u8]); 3] = [
        (RingId::Events, b"an event"),
        (RingId::Spans, b"a span"),
        (RingId::Measurements, b"a measurement"),
    ];
    for (ring, record) in records {
        assert_eq!(handle.commit(ring, writer.epoch(), record), CommitStatus::Published);
    }
    let key = writer.intern_string(writer.epoch(), "key").unwrap();

    let bytes = fs::read(&path).unwrap();
    assert_eq!(word(&bytes, 0), 1, "version");
    let sections: Vec<usize> = [8, 16, 24, 32].map(|at| word(&bytes, at) as usize).to_vec();
    assert!(sections.windows(2).all(|pair| pair[0] < pair[1]), "{sections:?}");
    assert!(sections.iter().all(|offset| offset % 64 == 0));
    assert!(word(&bytes, 40) > 0, "start time");
    assert_eq!(bytes[48..64], [0; 16]);
    for (section, (_, record)) in sections.iter().zip(records) {
        let (count, size) = (word(&bytes, *section) as usize, word(&bytes, section + 8) as usize);
        assert_eq!((count, size), (64, 128));
        assert_eq!(word(&bytes, section + 16), -1, "reader index");
        assert_eq!(word(&bytes, section + 24), 0, "writer index");
        assert_eq!(bytes[section + 32..section + 36], [0; 4], "first flag");
        assert!(
            bytes[section + 36..section + 32 + 4 * count]
                .iter()
                .all(|byte| *byte == 0xff)
        );
        let slot = section + 32 + 4 * count;
        assert_eq!(bytes[slot] as usize, record.len());
        assert_eq!(&bytes[slot + 1..slot + 1 + record.len()], record);
    }
    let dictionary = sections[3];
    assert_eq!(bytes[dictionary + 16..dictionary + 64], [0; 48]);
    assert!(word(&bytes, dictionary + 8) >= 2, "entries");
    assert_eq!(&bytes[key as usize..key as usize + 4], b"\x03key");
    assert_eq!(word(&bytes, dictionary), key + 4, "the end follows the newest entry");
}

/// Sets the indices of the spans ring, and the flags as a writer that came this far would have left them.
fn preset(path: &Path, index: i64, wide: bool) {
    let bytes = fs::read(path).unwrap();
    let ring = word(&bytes, 16) as usize;
    let count = word(&bytes, ring);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    for at in [16, 24] {
        file.write_all_at(&index.to_le_bytes(), (ring + at) as u64).unwrap();
    }
    for before in index - count + 1..=index {
        let flag = if wide {
            (before >> count.trailing_zeros()) as i32
        } else {
            (before as u32 >> count.trailing_zeros()) as i32
        };
        let at = ring as i64 + 32 + 4 * (before & (count - 1));
        file.write_all_at(&flag.to_le_bytes(), at as u64).unwrap();
    }
}

#[test]
fn records_around_index_2_to_the_32_are_published_with_the_low_bits_flag() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("single.mmap");
    let writer = at_path(&path);
    let mut handle = writer.handle();
    handle.commit(RingId::Spans, writer.epoch(), b"first");
    preset(&path, (1 << 32) - 100, false);
    let view = FileView::open(&path, Access::ReadWrite).unwrap();
    let mut taken = Vec::new();
    for number in 0..200u32 {
        let status = handle.commit(RingId::Spans, writer.epoch(), &number.to_le_bytes());
        assert_eq!(status, CommitStatus::Published);
        let index = view.ring(RingId::Spans).writer_index();
        let bytes = fs::read(&path).unwrap();
        let at = word(&bytes, 16) as usize + 32 + 4 * (index & 63) as usize;
        let flag = i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(flag, (index as u32 >> 6) as i32);
        if number % 50 == 49 {
            taken.extend(drain(&view, RingId::Spans));
        }
    }
    assert!(
        taken.iter().map(Vec::as_slice).eq((0..200u32)
            .map(u32::to_le_bytes)
            .collect::<Vec<_>>()
            .iter()
            .map(<[u8; 4]>::as_slice))
    );
    assert!(view.ring(RingId::Spans).writer_index() > 1 << 32);
}

#[test]
fn the_64_bit_form_of_other_writers_is_accepted_beyond_2_to_the_32() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("single.mmap");
    let writer = at_path(&path);
    writer.handle().commit(RingId::Spans, writer.epoch(), b"first");
    let index = (5 << 32) + 77;
    preset(&path, index, true);
    let view = FileView::open(&path, Access::Read).unwrap();
    let ring = view.ring(RingId::Spans);
    assert!((index - 63..=index).all(|index| ring.is_published(index)));
    assert!(!ring.is_published(index + 1), "the slot holds the round before");
    assert!(!ring.is_published(index - 64), "the slot was written anew");
}

proptest! {
    #[test]
    fn no_flag_of_an_earlier_round_passes_for_a_later_one(index in 0..i64::MAX / 2, log2 in 1u32..20, rounds in 1i64..8) {
        let count = 1i64 << log2;
        let geometry = RingGeometry::check(0, i64::MAX as u64, count, 8).unwrap();
        let later = index + rounds * count;
        let earlier = [geometry.flag(index), geometry.wide_flag(index), -1];
        let forms = [geometry.flag(later), geometry.wide_flag(later)];
        // One writer keeps to one form; the fresh slot's -1 is told from the first form always.
        prop_assert_ne!(forms[0], earlier[0]);
        prop_assert_ne!(forms[1], earlier[1]);
        prop_assert_ne!(forms[0], -1);
        prop_assert_eq!(later >= 1 << 32 || forms[0] == forms[1], true);
    }
}
