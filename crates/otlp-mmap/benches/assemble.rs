//! Ring records of spans (start with six attributes, end) to encoded OTLP, on one core: nanoseconds a span.
//!
//! `cargo bench --bench assemble [-- SECONDS]`

#[path = "../tests/support/records.rs"]
mod records;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use otlp_mmap::otlp::{Assembler, Piece, Resolver, TraceEncoder};
use records::{Dictionary, Message, key_value, span_event};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes everything on to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SPANS: usize = 8192;

/// Start and end records of [`SPANS`] spans, a child within each parent, as two threads of requests would leave them.
fn records(dictionary: &mut Dictionary) -> Vec<Vec<u8>> {
    let resource = Message::new().message(
        1,
        &key_value(dictionary.string("service.name"), &Message::new().bytes(1, "shop")),
    );
    let resource = dictionary.intern(&resource.0);
    let scope = Message::new()
        .varint(1, dictionary.string("http") as u64)
        .varint(2, dictionary.string("1.0.0") as u64)
        .varint(5, resource as u64);
    let scope = dictionary.intern(&scope.0);
    let text = |text: &str| Message::new().bytes(1, text);
    let values = [
        ("http.request.method", text("GET")),
        ("url.path", text("/api/carts/items")),
        ("http.response.status_code", Message::new().varint(3, 200)),
        ("server.address", text("shop.internal.example")),
        ("http.route", text("/api/carts/:id")),
        ("cache.hit", Message::new().varint(2, 1)),
    ];
    let mut records = Vec::new();
    let mut id = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..SPANS / 2 {
        let mut ends = Vec::new();
        let trace_id = [id.to_be_bytes(), (!id).to_be_bytes()].concat();
        let mut parent: Vec<u8> = Vec::new();
        for kind in [2, 3] {
            id = id.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let span_id = id.to_be_bytes();
            let mut start = Message::new()
                .bytes(4, &parent)
                .bytes(5, "GET /api/carts/:id")
                .varint(6, kind)
                .fixed64(7, 1_760_000_000_000_000_000)
                .fixed32(16, 0x101);
            for (key, value) in &values {
                start = start.message(9, &key_value(dictionary.string(key), value));
            }
            let end = Message::new().fixed64(8, 1_760_000_000_010_000_000);
            records.push(span_event(&trace_id, &span_id, scope, 11, &start).0);
            ends.push(span_event(&trace_id, &span_id, scope, 12, &end).0);
            parent = span_id.to_vec();
        }
        records.extend(ends.into_iter().rev());
    }
    records
}

fn main() {
    let seconds = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(3.0);
    let mut dictionary = Dictionary::new();
    let records = records(&mut dictionary);
    let (mut assembler, mut resolver) = (Assembler::default(), Resolver::new());
    let (mut encoder, mut piece) = (TraceEncoder::new(), Piece::default());
    let mut pass = || {
        for record in &records {
            let taken = assembler.record(&mut resolver, &mut dictionary, black_box(record), &mut encoder);
            black_box(taken.is_ok());
        }
        assert!(encoder.cut(&mut piece), "spans were gathered");
        assert_eq!(piece.items as usize, SPANS);
        black_box(piece.bytes.len())
    };
    pass();
    pass();
    let begin = Instant::now();
    let allocations = ALLOCATIONS.load(Relaxed);
    let (mut passes, mut bytes, mut best) = (0, 0, Duration::MAX);
    while begin.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        bytes += pass();
        best = best.min(start.elapsed());
        passes += 1;
    }
    let spans = (passes * SPANS) as f64;
    println!("spans a second      {:>10.0}", spans / begin.elapsed().as_secs_f64());
    println!(
        "ns a span, mean     {:>10.1}",
        begin.elapsed().as_nanos() as f64 / spans
    );
    println!("ns a span, best     {:>10.1}", best.as_nanos() as f64 / SPANS as f64);
    println!("bytes a span        {:>10.1}", bytes as f64 / spans);
    let allocations = ALLOCATIONS.load(Relaxed) - allocations;
    println!("allocations a span  {:>10.4}", allocations as f64 / spans);
}
