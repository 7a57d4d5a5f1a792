//! A journal with a model beside it: what a test expects to find again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use otlp_mmap::journal::{
    DestinationOptions, Journal, JournalOptions, OnFull, OpenSpanStore, Position, Recovered, Refusal, SPAN_IDS,
    Transaction,
};
use otlp_mmap::otlp::Signal;

/// Open spans as these tests make them: a "request" is one span's ids and some bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Spans(pub BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>);

impl OpenSpanStore for Spans {
    fn open(&mut self, stream: &[u8], otlp: &[u8], segment: u64) {
        assert!(segment > 0);
        let (ids, body) = otlp.split_at(SPAN_IDS);
        self.0
            .entry(stream.to_vec())
            .or_default()
            .insert(ids.to_vec(), body.to_vec());
    }

    fn gone(&mut self, stream: &[u8], ids: &[u8]) {
        for ids in ids.chunks(SPAN_IDS) {
            if let Some(spans) = self.0.get_mut(stream) {
                spans.remove(ids);
            }
        }
        self.0.retain(|_, spans| !spans.is_empty());
    }

    fn forget(&mut self, stream: &[u8]) {
        self.0.remove(stream);
    }
}

pub fn options(directory: &Path) -> JournalOptions {
    JournalOptions {
        segment_bytes: 64 << 10,
        max_bytes: 1 << 20,
        max_age: None,
        on_full: OnFull::DropOldest,
        destinations: vec![destination("first"), destination("second")],
        ..JournalOptions::new(directory.to_owned())
    }
}

pub fn destination(name: &str) -> DestinationOptions {
    DestinationOptions {
        name: name.into(),
        signals: vec![Signal::Traces, Signal::Logs],
    }
}

pub fn open(options: &JournalOptions) -> (Journal, Recovered, Spans) {
    let mut spans = Spans::default();
    let (journal, recovered) = Journal::open(options.clone(), &mut spans).unwrap();
    (journal, recovered, spans)
}

/// What has to be found again.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Model {
    pub pieces: BTreeMap<u64, Vec<u8>>,
    /// By destination, what it has acknowledged.
    pub acknowledged: [BTreeSet<u64>; 2],
    pub positions: HashMap<Vec<u8>, Position>,
    pub spans: Spans,
}

impl Model {
    /// What a destination gets after a start.
    pub fn waiting(&self, destination: usize) -> BTreeMap<u64, Vec<u8>> {
        let acknowledged = &self.acknowledged[destination];
        let waiting = self.pieces.iter().filter(|(number, _)| !acknowledged.contains(number));
        waiting.map(|(&number, otlp)| (number, otlp.clone())).collect()
    }
}

/// Everything that waits for a destination.
pub fn backlog(journal: &mut Journal, destination: usize) -> BTreeMap<u64, Vec<u8>> {
    let mut all = BTreeMap::new();
    loop {
        let pieces = journal.backlog(destination, 10_000);
        if pieces.is_empty() {
            assert!(!journal.is_behind(destination));
            return all;
        }
        for piece in pieces {
            let before = all.insert(piece.number, piece.otlp);
            assert!(before.is_none(), "piece {} was handed twice", piece.number);
        }
    }
}

pub fn ids(span: u64) -> Vec<u8> {
    let mut ids = vec![0; SPAN_IDS - 8];
    ids.extend(span.to_be_bytes());
    ids
}

/// One transaction of the producer `stream`: a piece of `bytes` bytes, a span that opens and one that ends, and a position.
pub fn commit(journal: &mut Journal, model: &mut Model, stream: u8, step: u64, bytes: usize) -> Result<u64, Refusal> {
    let stream = [stream; 16];
    let otlp = vec![step as u8; bytes];
    let mut open = ids(step);
    open.extend(step.to_be_bytes());
    let position = Position {
        file: vec![1; 16],
        generation: 0,
        indices: [-1, step as i64, -1],
        last_seen: step,
        path: "/a/file".into(),
    };
    let ended = ids(step.saturating_sub(3));
    let mut transaction = Transaction::new();
    transaction.piece(Signal::Traces, 1, "", &otlp);
    transaction.open_spans(&stream, &open);
    transaction.gone(&stream, &ended);
    transaction.position(&stream, position.clone());
    let committed = journal.commit(&transaction)?;
    model.pieces.insert(committed.first_piece, otlp.clone());
    model.positions.insert(stream.to_vec(), position);
    model.spans.open(&stream, &open, 1);
    model.spans.gone(&stream, &ended);
    Ok(committed.first_piece)
}

/// Each test program uses a part of these.
const _: () = {
    let _ = open;
    let _ = backlog;
    let _ = commit;
    let _ = Model::waiting;
};
