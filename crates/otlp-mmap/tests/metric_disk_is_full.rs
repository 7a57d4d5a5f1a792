//! No room for another series: measurements go on, without their attributes if need be, and nothing ends the process. The limit is the
//! process' own, so this test has a process of its own.

#[path = "support/disk.rs"]
mod disk;
#[path = "support/metrics.rs"]
mod metrics;
#[path = "support/spans.rs"]
mod spans;
mod support;

use disk::limit_file_size;
use metrics::{Meter, Read, attributes, counter, exponential, read};
use otlp_mmap::file::RingId;
use otlp_mmap::layout::constant;
use otlp_mmap::writer::CommitStatus;
use spans::until;
use support::{files, in_directory};

#[test]
fn when_the_file_cannot_grow_new_series_overflow_and_known_ones_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let writer = in_directory(folder.path());
    let requests = writer.define_instrument(counter("requests"), 1_000_000).unwrap();
    let mut meter = Meter::new(&writer);
    meter.record(requests, "first", 1.0);
    let sizes = meter.define(exponential("sizes", 160));
    meter.record(sizes, "a", 1.0);
    let overflow = {
        // the overflow series is made while there is room, by an instrument with a limit of one
        let small = writer.define_instrument(counter("small"), 1).unwrap();
        meter.handle.cell(small, &attributes("a")).unwrap()
    };
    assert!(overflow.overflow);
    let file = files(folder.path())[0].clone();
    limit_file_size(std::fs::metadata(&file).unwrap().len());
    let (mut made, mut overflowed, mut refused) = (0u32, 0u32, 0u32);
    for key in 0..20_000 {
        match meter.handle.cell(requests, &attributes(&key.to_string())) {
            Ok(found) => {
                made += u32::from(!found.overflow);
                overflowed += u32::from(found.overflow);
                assert_eq!(meter.handle.record(requests, found.cell, 1.0), CommitStatus::Published);
            }
            Err(status) => {
                assert_eq!(status, CommitStatus::Disk);
                refused += 1;
            }
        }
    }
    assert!(made > 100, "{made}");
    assert!(overflowed + refused > 10_000, "{overflowed} {refused}");
    meter.record(requests, "first", 1.0);
    // a first negative value needs room for its buckets
    let cell = meter.cell(sizes, "a");
    assert_eq!(meter.handle.record(sizes, cell, -1.0), CommitStatus::Disk);
    assert_eq!(meter.handle.record(sizes, cell, 2.0), CommitStatus::Published);
    let drops = writer.status().drops;
    assert!(
        drops.contains(&(RingId::Measurements, constant::DROP_DISK, 1)),
        "{drops:?}"
    );
    limit_file_size(libc::RLIM_INFINITY);
    // what was refused is not asked for at each measurement, but is again
    until("there is room", || {
        meter.handle.record(sizes, cell, -4.0) == CommitStatus::Published
    });
    meter.record(requests, "room again", 5.0);
    let out = read(&file);
    let histogram = out.iter().find_map(|out| match &out.point {
        Read::Exponential(histogram) => Some(histogram),
        _ => None,
    });
    let histogram = histogram.unwrap();
    assert_eq!((histogram.count(), histogram.sum.abs()), (3, 1.0));
    let sum: f64 = out
        .iter()
        .map(|out| match out.point {
            Read::Number(value) => value,
            _ => 0.0,
        })
        .sum();
    assert!((sum - f64::from(made + overflowed) - 7.0).abs() < 1e-9, "{sum}");
}
