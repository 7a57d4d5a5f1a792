//! What a commit returned from is in the file, and what is lost is counted.

mod support;

use std::sync::Arc;
use std::thread;

use otlp_mmap::file::{Access, FileView, RingId};
use otlp_mmap::layout::{constant, field};
use otlp_mmap::wire::{self, Fields, Value};
use otlp_mmap::writer::{CommitStatus, Geometry, Location, RingSize, Writer, WriterOptions};
use support::{drain, files, in_directory, options, small};

#[test]
fn no_file_exists_before_the_first_record_and_one_complete_file_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(&folder.path().join("telemetry"));
    let mut handle = writer.handle();
    writer.set_resource(&[], "", false);
    assert_eq!(writer.status().file, None);
    assert_eq!(writer.request_flush(), 0, "nothing to wait for");
    assert!(files(folder.path()).is_empty());

    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"record"),
        CommitStatus::Published
    );
    let path = writer.status().file.unwrap();
    assert_eq!(files(&folder.path().join("telemetry")), std::slice::from_ref(&path));
    let view = FileView::open(&path, Access::ReadWrite).unwrap();
    assert_eq!(drain(&view, RingId::Spans), [b"record"]);
    let extension = view.extension().unwrap();
    assert!(extension.last_commit() > 0);
    assert_eq!(extension.identity().pid, std::process::id());
    assert_eq!(extension.identity().service_name, "checkout");
    assert!(writer.drained());
}

#[test]
fn threads_that_write_at_once_lose_nothing_and_tear_nothing() {
    const THREADS: u64 = 4;
    const RECORDS: u64 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    assert_eq!(
        writer.handle().commit(RingId::Spans, writer.epoch(), b"first"),
        CommitStatus::Published
    );
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    let mut seen = vec![Vec::new(); THREADS as usize];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let writer = Arc::clone(&writer);
                scope.spawn(move || {
                    let mut handle = writer.handle();
                    for number in 0..RECORDS {
                        // The same 16 bytes again and again: a torn record would show two numbers.
                        let unit = [thread.to_le_bytes(), number.to_le_bytes()].concat();
                        let record = unit.repeat(1 + (number % 7) as usize);
                        loop {
                            match handle.commit(RingId::Spans, writer.epoch(), &record) {
                                CommitStatus::Published => break,
                                CommitStatus::Full => thread::yield_now(),
                                other => panic!("{other:?}"),
                            }
                        }
                    }
                })
            })
            .collect();
        let mut take = || {
            for record in drain(&view, RingId::Spans) {
                if record == b"first" {
                    continue;
                }
                let unit = &record[..16];
                assert!(record.chunks(16).all(|part| part == unit), "torn: {record:?}");
                let thread = u64::from_le_bytes(unit[..8].try_into().unwrap());
                seen[thread as usize].push(u64::from_le_bytes(unit[8..].try_into().unwrap()));
            }
        };
        while threads.iter().any(|thread| !thread.is_finished()) {
            take();
            thread::yield_now();
        }
        take();
    });
    for numbers in seen {
        assert!(
            numbers.iter().copied().eq(0..RECORDS),
            "every record once, in its thread's order"
        );
    }
}

#[test]
fn a_full_ring_drops_the_newest_at_once_and_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    let mut published = 0u32;
    let statuses: Vec<_> = (0..70u8)
        .map(|number| handle.commit(RingId::Events, writer.epoch(), &[number; 10]))
        .collect();
    for status in &statuses {
        match status {
            CommitStatus::Published => published += 1,
            CommitStatus::Full => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(published, 63, "one slot stays free");
    assert!(statuses[63..].iter().all(|status| *status == CommitStatus::Full));
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    assert_eq!(view.extension().unwrap().drops(RingId::Events, constant::DROP_FULL), 7);
    assert_eq!(writer.status().drops, [(RingId::Events, constant::DROP_FULL, 7)]);
    assert_eq!(drain(&view, RingId::Events).len(), 63);
    assert_eq!(
        handle.commit(RingId::Events, writer.epoch(), b"again"),
        CommitStatus::Published
    );
}

#[test]
fn a_record_larger_than_a_slot_is_refused_before_a_slot_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    // 128 bytes a slot: a length of one byte below 128.
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), &[7; 128]),
        CommitStatus::TooLarge
    );
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), &[7; 127]),
        CommitStatus::Published
    );
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    assert_eq!(view.ring(RingId::Spans).writer_index(), 0);
    assert_eq!(drain(&view, RingId::Spans), [[7; 127]]);
    assert_eq!(
        view.extension().unwrap().drops(RingId::Spans, constant::DROP_TOO_LARGE),
        1
    );
}

#[test]
fn a_closed_writer_refuses_and_counts_and_its_file_stays_for_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    handle.commit(RingId::Spans, writer.epoch(), b"kept");
    let path = writer.status().file.unwrap();
    writer.close();
    assert_eq!(
        handle.commit(RingId::Spans, writer.epoch(), b"late"),
        CommitStatus::Disabled
    );
    assert_eq!(writer.intern_string(writer.epoch(), "key"), Err(CommitStatus::Disabled));
    assert_eq!(writer.status().drops, [(RingId::Spans, constant::DROP_DISABLED, 1)]);
    let view = FileView::open(&path, Access::ReadWrite).unwrap();
    assert!(view.extension().unwrap().closed());
    assert_eq!(drain(&view, RingId::Spans), [b"kept"]);
}

#[test]
fn strings_and_scopes_are_written_once_and_a_scope_leads_to_the_resource() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let epoch = writer.epoch();
    let key = writer.intern_string(epoch, "http.method").unwrap();
    assert_eq!(writer.intern_string(epoch, "http.method"), Ok(key));
    assert_eq!(writer.intern_string(epoch, ""), Ok(0), "0 stands for the empty string");
    // attributes { key: "list", value { kvlist { key: "inner" value { int 5 } } } }
    let mut inner = Vec::new();
    wire::put_bytes(&mut inner, 1, b"inner");
    wire::put_bytes(&mut inner, 2, &[0x18, 5]);
    let (mut list, mut value, mut pair, mut attributes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    wire::put_bytes(&mut list, 1, &inner);
    wire::put_bytes(&mut value, 6, &list);
    wire::put_bytes(&mut pair, 1, b"list");
    wire::put_bytes(&mut pair, 2, &value);
    wire::put_bytes(&mut attributes, 3, &pair);
    let scope = writer.intern_scope(epoch, "http", "1.2", &attributes).unwrap();
    assert_eq!(writer.intern_scope(epoch, "http", "1.2", &attributes), Ok(scope));
    assert_ne!(writer.intern_scope(epoch, "http", "1.3", &attributes), Ok(scope));

    let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    let entry = |reference: i64| {
        let mut out = Vec::new();
        view.dictionary().copy_entry(reference, 1 << 16, &mut out).unwrap();
        out
    };
    assert_eq!(entry(key), b"http.method");
    let scope = entry(scope);
    let fields: Vec<_> = Fields::new(&scope).map(Result::unwrap).collect();
    let reference = |number: u32| {
        fields
            .iter()
            .find(|(found, _)| *found == number)
            .map(|(_, value)| value.varint().unwrap() as i64)
            .unwrap()
    };
    assert_eq!(entry(reference(field::SCOPE_NAME_REF)), b"http");
    assert_eq!(entry(reference(field::SCOPE_VERSION_REF)), b"1.2");
    let resource = reference(field::SCOPE_RESOURCE_REF);
    assert_eq!(resource, view.extension().unwrap().resource_ref());
    assert!(
        entry(resource).windows(8).any(|part| part == b"checkout"),
        "the service's name stands in"
    );
    let Some((_, Value::Bytes(pair))) = fields.iter().find(|(number, _)| *number == field::SCOPE_ATTRIBUTES) else {
        panic!("no attributes");
    };
    // KeyValueRef { key_ref -> "list", value { kvlist { KeyValueRef { key_ref -> "inner", value { int 5 } } } } }
    let mut path = Vec::new();
    let mut message = pair.to_vec();
    loop {
        let fields: Vec<_> = Fields::new(&message).map(Result::unwrap).collect();
        path.push(entry(fields[0].1.varint().unwrap() as i64));
        let value = fields[1].1.bytes().unwrap().to_vec();
        let (number, inner) = Fields::new(&value).next().unwrap().unwrap();
        if number == field::ANY_INT {
            assert_eq!(inner, Value::Varint(5));
            break;
        }
        assert_eq!(number, field::ANY_KVLIST);
        let list = inner.bytes().unwrap();
        message = Fields::new(list).next().unwrap().unwrap().1.bytes().unwrap().to_vec();
    }
    assert_eq!(path, [b"list".to_vec(), b"inner".to_vec()]);
}

#[test]
fn a_settled_resource_begins_an_epoch_and_scopes_of_it_carry_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    writer.set_resource(&[], "", false);
    let early = writer.epoch();
    let scope = writer.intern_scope(early, "http", "", &[]).unwrap();
    let mut resource = Vec::new();
    let mut pair = Vec::new();
    wire::put_bytes(&mut pair, 1, b"host.name");
    wire::put_bytes(&mut pair, 2, b"\x0a\x04here");
    wire::put_bytes(&mut resource, 1, &pair);
    let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    let extension = view.extension().unwrap();
    let before = extension.resource_ref();
    assert!(!extension.resource_settled());
    writer.set_resource(&resource, "https://example.test/1", true);
    assert!(extension.resource_settled());
    assert_ne!(extension.resource_ref(), before);
    assert_ne!(extension.resource_schema_url_ref(), 0);
    let epoch = writer.epoch();
    assert_ne!(epoch, early);
    assert_eq!(handle.commit(RingId::Spans, early, b"old"), CommitStatus::Stale);
    assert_eq!(writer.intern_scope(early, "http", "", &[]), Err(CommitStatus::Stale));
    let again = writer.intern_scope(epoch, "http", "", &[]).unwrap();
    assert_ne!(again, scope, "the scope is written anew, with the final resource");
    assert_eq!(handle.commit(RingId::Spans, epoch, b"new"), CommitStatus::Published);
    assert_eq!(writer.epoch(), epoch);
}

#[test]
fn losses_counted_before_there_is_a_file_are_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let mut handle = writer.handle();
    handle.count_drop(RingId::Spans, constant::DROP_LIMIT);
    writer.count_drop(RingId::Spans, constant::DROP_LIMIT);
    writer.count_drop(RingId::Events, 99);
    handle.commit(RingId::Spans, writer.epoch(), b"first");
    handle.count_drop(RingId::Spans, constant::DROP_TRUNCATED);
    let view = FileView::open(&writer.status().file.unwrap(), Access::Read).unwrap();
    let extension = view.extension().unwrap();
    assert_eq!(extension.drops(RingId::Spans, constant::DROP_LIMIT), 2);
    assert_eq!(extension.drops(RingId::Spans, constant::DROP_TRUNCATED), 1);
}

#[test]
fn a_flush_is_acknowledged_by_the_readers_slot() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    writer.handle().commit(RingId::Spans, writer.epoch(), b"first");
    let first = writer.request_flush();
    let second = writer.request_flush();
    assert!(first > 0 && second > first);
    assert!(writer.acknowledged_epoch() < first);
    assert_eq!(writer.reader_heartbeat(), 0);
    let view = FileView::open(&writer.status().file.unwrap(), Access::ReadWrite).unwrap();
    assert_eq!(view.extension().unwrap().flush_epoch(), second);
    let slot = view.extension().unwrap().reader_slot(0).unwrap();
    slot.occupy(77, 1);
    slot.set_heartbeat(123);
    slot.set_acknowledged_epoch(second);
    assert_eq!(writer.acknowledged_epoch(), second);
    assert_eq!(writer.reader_heartbeat(), 123);
    assert!(writer.roll());
    assert_eq!(writer.acknowledged_epoch(), second, "a new file forgets nothing");
    assert!(writer.request_flush() > second);
}

#[test]
fn options_that_cannot_be_right_are_refused_with_a_sentence() {
    let mut geometry = small();
    geometry.spans.buffers = 3;
    let error = |options: WriterOptions| Writer::open(options).unwrap_err().to_string();
    let with = |geometry| WriterOptions {
        geometry: Some(geometry),
        ..options(Location::Default)
    };
    assert!(error(with(geometry)).contains("spans: 3 buffers; the count must be a power of two"));
    geometry.spans = RingSize {
        buffers: 4,
        buffer_size: 12,
    };
    assert!(error(with(geometry)).contains("multiple of 8"));
    geometry = small();
    geometry.dictionary_bytes = 512;
    assert!(error(with(geometry)).contains("dictionary of 512 bytes"));
    geometry = small();
    geometry.events.buffers = 1 << 40;
    assert!(error(with(geometry)).contains("more than"));
    let unknown = WriterOptions {
        group: Some("no-such-group-here".to_owned()),
        ..options(Location::Default)
    };
    assert!(error(unknown).contains("no-such-group-here"));
    assert!(error(options(Location::File("".into()))).contains("empty"));
}

#[test]
fn the_default_file_takes_at_most_8_mib_and_shrinks_to_a_limit() {
    let length = |geometry: Geometry| {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::open(WriterOptions {
            geometry: Some(geometry),
            ..options(Location::Directory(folder.path().to_owned()))
        })
        .unwrap();
        writer.handle().commit(RingId::Spans, writer.epoch(), b"first");
        std::fs::metadata(writer.status().file.unwrap()).unwrap().len()
    };
    let default = length(Geometry::default());
    assert!(default <= 8 << 20 && default > 4 << 20, "{default}");
    let half = length(Geometry::default().scaled_to(2 << 20));
    assert!(half <= 2 << 20, "{half}");
    let least = Geometry::default().scaled_to(0);
    assert!(length(least) < 128 << 10);
    assert_eq!(least.spans.buffer_size, Geometry::default().spans.buffer_size);
}
