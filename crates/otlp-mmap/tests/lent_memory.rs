//! Pieces in memory that somebody lends: the same bytes, and every region goes back once.

use otlp_mmap::otlp::{Lender, PieceBuffer, Region};
use otlp_mmap::wire::Output;
use proptest::prelude::*;
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

/// What stands behind a region and has to stay as it is.
const FENCE: u8 = 0xa5;
const FENCES: usize = 64;

/// Two regions, of which each may be lent once at a time.
#[derive(Debug)]
struct Two {
    capacity: usize,
    regions: [UnsafeCell<Vec<u8>>; 2],
    free: Mutex<Vec<u32>>,
}

// SAFETY: a region is touched by who borrowed it, and by the test when nobody does.
unsafe impl Sync for Two {}

impl Two {
    fn new(capacity: usize) -> Arc<Self> {
        let region = || UnsafeCell::new(vec![FENCE; capacity + FENCES]);
        Arc::new(Self {
            capacity,
            regions: [region(), region()],
            free: Mutex::new(vec![1, 0]),
        })
    }

    fn free(&self) -> Vec<u32> {
        let mut free = self.free.lock().expect("nobody panicked").clone();
        free.sort_unstable();
        free
    }

    fn start(&self, number: u32) -> NonNull<u8> {
        // SAFETY: nobody else holds a reference to the Vec, whose memory stays where it is.
        let region = unsafe { &mut *self.regions[number as usize].get() };
        NonNull::new(region.as_mut_ptr()).expect("it has memory")
    }

    fn bytes(&self, number: u32, length: usize) -> Vec<u8> {
        // SAFETY: so many bytes are there, and nobody writes to them now.
        unsafe { std::slice::from_raw_parts(self.start(number).as_ptr(), length) }.to_vec()
    }

    fn fences_stand(&self) -> bool {
        let stands = |number| self.bytes(number, self.capacity + FENCES)[self.capacity..] == [FENCE; FENCES];
        stands(0) && stands(1)
    }
}

// SAFETY: a number is lent only while it is not free.
unsafe impl Lender for Two {
    fn lend(&self, bytes: usize) -> Option<Region> {
        let fits = |_: &mut u32| bytes <= self.capacity;
        let number = self.free.lock().expect("nobody panicked").pop_if(fits)?;
        Some(Region {
            number,
            start: self.start(number),
            capacity: self.capacity,
        })
    }

    fn take_back(&self, number: u32) {
        let mut free = self.free.lock().expect("nobody panicked");
        assert!(!free.contains(&number), "{number} came back twice");
        free.push(number);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push(u8),
    Extend(Vec<u8>),
    Reserve(usize),
    Change(usize, u8),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<u8>().prop_map(Step::Push),
        8 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Extend),
        1 => (0usize..300).prop_map(Step::Reserve),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Step::Change(at, byte)),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn a_buffer_holds_what_a_vec_would_whosever_its_memory_is(capacity in 0usize..400, steps in steps()) {
        let two = Two::new(capacity);
        let lender: Arc<dyn Lender> = Arc::<Two>::clone(&two);
        let mut expected = Vec::new();
        let mut lent = PieceBuffer::lent(&lender, capacity);
        let mut own = PieceBuffer::default();
        let mut largest = 0;
        for step in steps {
            for buffer in [&mut lent, &mut own] {
                match &step {
                    Step::Push(byte) => buffer.push(*byte),
                    Step::Extend(bytes) => buffer.extend_from_slice(bytes),
                    Step::Reserve(bytes) => buffer.reserve(*bytes),
                    Step::Change(at, byte) if !buffer.is_empty() => {
                        let at = at % buffer.len();
                        buffer[at] = *byte;
                    }
                    Step::Change(..) => {}
                    Step::Clear => buffer.clear(),
                }
            }
            match step {
                Step::Push(byte) => expected.push(byte),
                Step::Extend(bytes) => expected.extend_from_slice(&bytes),
                Step::Reserve(bytes) => largest = largest.max(expected.len() + bytes),
                Step::Change(at, byte) if !expected.is_empty() => {
                    let at = at % expected.len();
                    expected[at] = byte;
                }
                Step::Change(..) => {}
                Step::Clear => expected.clear(),
            }
            largest = largest.max(expected.len());
            prop_assert_eq!(&*lent, &*expected);
            prop_assert_eq!(&*own, &*expected);
        }
        prop_assert!(two.fences_stand());
        // it stays in the lent memory for as long as that suffices
        prop_assert_eq!(two.free().len(), if largest <= capacity { 1 } else { 2 });
        prop_assert_eq!(&*lent.clone(), &*expected);
        prop_assert_eq!(own.into_vec(), expected.clone());
        match lent.leave() {
            Ok(number) => {
                prop_assert_eq!(two.bytes(number, expected.len()), expected);
                two.take_back(number);
            }
            Err(moved) => prop_assert_eq!(moved.into_vec(), expected),
        }
        prop_assert_eq!(two.free(), vec![0, 1]);
    }
}

#[test]
fn memory_comes_back_when_its_buffer_is_dropped_copied_or_outgrown() {
    let two = Two::new(100);
    let lender: Arc<dyn Lender> = Arc::<Two>::clone(&two);
    let mut dropped = PieceBuffer::lent(&lender, 10);
    let mut outgrown = PieceBuffer::lent(&lender, 10);
    assert!(two.free().is_empty());
    let own = PieceBuffer::lent(&lender, 10);
    assert!(own.leave().is_err(), "there was no third region");

    outgrown.extend_from_slice(&[7; 101]);
    assert_eq!(two.free().len(), 1);
    assert_eq!(outgrown.into_vec(), [7; 101]);
    dropped.push(1);
    drop(dropped);
    assert_eq!(two.free(), [0, 1]);

    let mut copied = PieceBuffer::lent(&lender, 100);
    copied.extend_from_slice(&[9; 100]);
    assert_eq!(copied.into_vec(), [9; 100]);
    assert_eq!(two.free(), [0, 1]);
    assert!(
        PieceBuffer::lent(&lender, 101).leave().is_err(),
        "it is larger than a region"
    );
}

#[test]
fn buffers_may_be_dropped_on_another_thread() {
    let two = Two::new(100);
    let lender: Arc<dyn Lender> = Arc::<Two>::clone(&two);
    let mut lent = PieceBuffer::lent(&lender, 100);
    lent.extend_from_slice(b"a piece");
    std::thread::spawn(move || assert_eq!(&*lent, b"a piece"))
        .join()
        .expect("the thread ends well");
    assert_eq!(two.free(), [0, 1]);
}
