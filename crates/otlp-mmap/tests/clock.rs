//! Durations do not jump with the wall clock; times follow it.

use otlp_mmap::clock::Clock;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

#[test]
fn the_clock_of_the_process_is_near_the_wall_clock_and_monotonic_by_anchor() {
    let clock = Clock::process();
    let (first, anchor) = clock.now(-1);
    let wall = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    assert!(first.abs_diff(wall) < SECOND);
    let mut before = first;
    for _ in 0..1000 {
        let (now, used) = clock.now(anchor);
        assert_eq!(used, anchor);
        assert!(now >= before);
        before = now;
    }
}

#[test]
fn a_clock_that_is_set_begins_an_anchor_and_old_spans_keep_theirs() {
    let clock = Clock::new(100 * SECOND, 5000 * SECOND);
    assert_eq!(
        clock.at(-1, 100 * SECOND + 5, || unreachable!()),
        (5000 * SECOND + 5, 0)
    );
    // Half an hour back, noticed a second later.
    let set = || 3200 * SECOND;
    assert_eq!(
        clock.at(0, 101 * SECOND, set),
        (5001 * SECOND, 0),
        "the open span goes on"
    );
    assert_eq!(clock.at(-1, 101 * SECOND, || unreachable!()), (3200 * SECOND, 1));
    assert_eq!(clock.at(1, 101 * SECOND + 7, || unreachable!()), (3200 * SECOND + 7, 1));
    assert_eq!(
        clock.at(99, 101 * SECOND, || unreachable!()).1,
        1,
        "an unknown number means the newest"
    );
}

#[test]
fn less_than_a_millisecond_is_no_reason_for_an_anchor() {
    let clock = Clock::new(0, SECOND);
    for second in 1..100 {
        let now = second * SECOND;
        assert_eq!(clock.at(-1, now, || now + SECOND + 999_000), (now + SECOND, 0));
    }
}

#[test]
fn an_anchor_is_kept_for_64_changes() {
    let clock = Clock::new(0, 0);
    for change in 1..=63u64 {
        clock.at(-1, change * SECOND, || change * 100 * SECOND);
    }
    assert_eq!(clock.at(0, 63 * SECOND, || unreachable!()), (63 * SECOND, 0));
    clock.at(-1, 64 * SECOND, || 6400 * SECOND);
    assert_eq!(clock.at(0, 64 * SECOND, || unreachable!()), (6400 * SECOND, 64));
}

proptest! {
    #[test]
    fn a_span_never_ends_before_it_starts(steps in proptest::collection::vec((0..3 * SECOND, any::<u32>()), 1..60)) {
        let clock = Clock::new(0, 1000 * SECOND);
        let (mut now, mut wall) = (0, 1000 * SECOND);
        let (start, anchor) = clock.at(-1, 0, || wall);
        let mut before = start;
        for (step, jump) in steps {
            now += step;
            wall = u64::from(jump) * 1000;
            let (end, used) = clock.at(anchor, now, || wall);
            prop_assert_eq!(used, anchor);
            prop_assert!(end >= before);
            prop_assert_eq!(end - start, now);
            before = end;
        }
    }
}
