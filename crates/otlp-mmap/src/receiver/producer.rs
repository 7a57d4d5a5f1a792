//! One process' files in the order of their generations, and the spans that are open across them.

use super::attached::Attached;
use super::checkpoint::Settled;
use super::endpoint::Named;
use super::lane::{Broken, Lane};
use super::outlet::Outlet;
use super::producer_key::ProducerKey;
use super::rest::{Rest, Signs};
use super::retiring::Retiring;
use super::traces::Traces;
use super::visit::{Pass, Progress};
use super::{Level, MetricStream, ReceiverOptions, ReceiverStats};
use crate::journal::Position;
use crate::otlp::{Assembler, AssemblerOptions, LogEncoder, MeasurementEncoder, Signal};
use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long open spans out of a journal wait for a file of their producer.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(2);

/// Touched so often without being heard, files lie where the system does not tell of them: under another name in a folder that is not
/// watched, perhaps. Once is the moment in which a sleep ends by itself.
const MOST_UNHEARD: u32 = 3;

/// The files of one process, and what is read from them.
pub(super) struct Producer {
    /// Oldest generation first; only the first is read.
    files: VecDeque<Attached>,
    retiring: Retiring,
    traces: Lane<Traces>,
    logs: Lane<LogEncoder>,
    measured: Lane<MeasurementEncoder>,
    record: Vec<u8>,
    /// As the journal knows it.
    stream: Vec<u8>,
    orphan: Option<Orphan>,
    /// Another process' open spans, last seen then, have to be handed over before anything is read.
    predecessor: Option<u64>,
    /// Where its app wants its telemetry.
    named: Named,
    rest: Rest,
    /// How often in a row its writer touched a file and the system did not tell.
    unheard: u32,
}

/// A producer out of a journal, of which no file was found so far.
struct Orphan {
    position: Position,
    /// Without a file until then, its process is gone for good.
    until: Instant,
}

impl Producer {
    pub(super) fn new(options: &ReceiverOptions, key: &ProducerKey) -> Self {
        let mut assembler = Assembler::new(AssemblerOptions {
            max_open_spans: options.max_open_spans,
            max_open_bytes: options.max_open_span_bytes,
        });
        if options.storage.is_some() {
            assembler.note_changes();
        }
        Self {
            stream: key.to_bytes(),
            orphan: None,
            predecessor: None,
            named: Named::default(),
            rest: Rest::new(Instant::now()),
            unheard: 0,
            files: VecDeque::new(),
            retiring: Retiring::default(),
            traces: Lane::new(Traces::new(assembler)),
            logs: Lane::default(),
            measured: Lane::default(),
            record: Vec::new(),
        }
    }

    /// Its spans were restored, and its files are still to be found.
    pub(super) fn await_files(&mut self, position: Position, now: Instant) {
        let until = now + ORPHAN_PATIENCE;
        self.orphan = Some(Orphan { position, until });
    }

    /// A producer whose position is not known is waited for all the same.
    pub(super) fn begin_restored(&mut self, now: Instant) {
        if self.orphan.is_none() {
            self.await_files(Position::default(), now);
        }
    }

    /// The spans that are open.
    pub(super) fn assembler(&mut self) -> &mut Assembler {
        &mut self.traces.encode.assembler
    }

    /// As the journal knows it.
    pub(super) fn stream(&self) -> &[u8] {
        &self.stream
    }

    pub(super) fn add(&mut self, attached: Attached) {
        if let Some(orphan) = self.orphan.take()
            && attached.reader.identity().is_none()
            && attached.file_id() != orphan.position.file
        {
            self.predecessor = Some(orphan.position.last_seen);
        }
        let generation = |file: &Attached| file.reader.identity().map_or(0, |identity| identity.generation);
        let at = self
            .files
            .partition_point(|file| generation(file) <= generation(&attached));
        self.files.insert(at, attached);
    }

    /// The last visit found nothing, and so would one now. If not, or if it `must_wake`, its rest is over.
    #[inline]
    pub(super) fn rests(&mut self, must_wake: bool, now: Instant) -> bool {
        if must_wake {
            self.rest.end();
        }
        self.rest.is_on() && self.rest.goes_on(self.signs(), now)
    }

    /// The next visit may be saved unless something changes.
    #[inline]
    pub(super) fn is_at_rest(&self) -> bool {
        self.rest.is_on()
    }

    /// When a visit is needed although nothing changes.
    pub(super) fn due(&self) -> Option<Instant> {
        self.rest.due()
    }

    /// Has its writer wake this thread. True if that knew before; else it is visited once more: what it did when it was told may
    /// be news.
    pub(super) fn announce_sleep(&mut self) -> bool {
        if self.unheard >= MOST_UNHEARD {
            return false;
        }
        let told = self.files.iter().map(|file| file.reader.announce_sleep());
        let knew = told.fold(true, |all, knew| all & knew);
        if !knew {
            self.rest.end();
        }
        knew
    }

    /// A sleep ended. If this writer tried to end it, that was heard, or time alone did.
    pub(super) fn hear(&mut self, is_heard: bool) {
        if self.files.iter().any(|file| file.reader.has_wakened()) {
            self.unheard = if is_heard { 0 } else { self.unheard + 1 };
        }
    }

    /// It is asked soon whether it rests.
    #[inline]
    pub(super) fn expect_glance(&self) {
        if let Some(block) = self.files.front().and_then(|file| file.reader.file().extension()) {
            block.expect_signs();
        }
    }

    /// What tells of news in the file that is read, if it has our block.
    #[inline]
    fn signs(&self) -> Option<Signs> {
        self.files.front()?.reader.file().extension().map(Signs::of)
    }

    /// Something waits for time to pass, or for an acknowledgement.
    fn waits(&self) -> bool {
        let is_busy = |file: &Attached| !file.is_idle();
        self.is_gathering()
            || self.predecessor.is_some()
            || !self.retiring.is_empty()
            || self.files.iter().any(is_busy)
            || !self.is_collected()
            // it is about to be let go
            || self.awaits_look()
    }

    /// Reads what is new.
    pub(super) fn pass(&mut self, outlet: &mut Outlet<'_>, pass: &Pass<'_>) -> Progress {
        // seen first: what comes during the visit shows at the next glance
        let signs = self.signs();
        let progress = self.visit(outlet, pass);
        let waits = progress == Progress::Nothing && self.waits();
        self.rest.visited(signs, progress > Progress::Nothing, pass.now, waits);
        if self.rest.is_on() {
            self.rest
                .ends_at(self.files.iter().filter_map(|file| file.cells.due()).min());
        }
        progress
    }

    fn visit(&mut self, outlet: &mut Outlet<'_>, pass: &Pass<'_>) -> Progress {
        self.address(outlet);
        if let Some(last_seen) = self.predecessor.take() {
            self.emit_all(outlet, last_seen);
        }
        if self.is_held() && !self.keep_all(outlet) {
            return Progress::Nothing;
        }
        let Some(file) = self.files.front_mut() else {
            return Progress::Nothing;
        };
        let (flush, asked) = file.wants_flush();
        let urgent = flush | file.fills_spill_ring() | pass.flush;
        if asked {
            self.request_collection();
        }
        let Some(file) = self.files.front_mut() else {
            return Progress::Nothing;
        };
        if file.reader.file().mapping().poisoned() {
            return self.set_front_aside(outlet, "it was truncated while it was read");
        }
        if !pass.flush && file.waits_for_resource(pass.now) {
            return Progress::Nothing;
        }
        if file.reader.was_restarted() {
            return self.follow_restart(outlet);
        }
        file.apply_resource(self.traces.encode.assembler.faults_mut());
        let (record, stream) = (&mut self.record, &self.stream);
        let read = self
            .traces
            .read(file, outlet, pass, urgent, record, stream)
            .and_then(|traces| Ok(traces.max(self.logs.read(file, outlet, pass, urgent, record, stream)?)))
            .and_then(|others| Ok(others.max(self.measured.read(file, outlet, pass, urgent, record, stream)?)));
        match read {
            Ok(progress) => progress,
            Err(Broken(ring)) => self.set_front_aside(
                outlet,
                &format!("the indices of its {} ring cannot be right", ring.name()),
            ),
        }
    }

    /// Has the metrics of all files collected before they are due.
    pub(super) fn request_collection(&mut self) {
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            file.cells.request();
        }
    }

    /// Other metric streams are wanted from the next collection on.
    pub(super) fn set_metric_streams(&mut self, streams: &[MetricStream]) {
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            file.cells.set_streams(streams);
        }
    }

    /// The state directory was removed: what it alone held is written again. True if the journal took it.
    pub(super) fn write_again(&mut self, outlet: &mut Outlet<'_>) -> bool {
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            file.cells.put_baselines_back(outlet);
        }
        self.assembler().will_lose(u64::MAX);
        self.keep_all(outlet)
    }

    /// Collects metrics that are due.
    pub(super) fn collect(&mut self, outlet: &mut Outlet<'_>, pass: &Pass<'_>) -> Progress {
        self.address(outlet);
        if pass.flush {
            self.request_collection();
        }
        let faults = self.traces.encode.assembler.faults_mut();
        let mut more = false;
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            more |= file.collect(outlet, pass, faults);
        }
        if more { Progress::Plenty } else { Progress::Nothing }
    }

    /// No collection is under way or asked for.
    pub(super) fn is_collected(&self) -> bool {
        self.files
            .iter()
            .chain(self.retiring.files())
            .all(|file| file.cells.is_settled())
    }

    /// Emits what the old process left open, and goes on with the new one's records.
    fn follow_restart(&mut self, outlet: &mut Outlet<'_>) -> Progress {
        let Some(file) = self.files.front_mut() else {
            return Progress::Nothing;
        };
        let last_seen = last_seen(file, &self.traces.encode.assembler);
        if file.restart().is_err() {
            // caught in the middle of it: look again
            return Progress::Nothing;
        }
        outlet.log(
            Level::Info,
            format!("{}: a new process writes it", file.reader.file().path().display()),
        );
        self.emit_all(outlet, last_seen);
        Progress::Some
    }

    /// Hands over everything, open spans as incomplete ones.
    fn emit_all(&mut self, outlet: &mut Outlet<'_>, last_seen: u64) {
        self.traces.encode.end_open(last_seen);
        self.hand_all(outlet, true);
    }

    /// What is handed over from now on is this app's.
    fn address(&mut self, outlet: &mut Outlet<'_>) {
        if !outlet.trusts {
            return;
        }
        if let Some(file) = self.files.front_mut() {
            for name in self.named.follow(&mut file.reader) {
                let path = file.reader.file().path().display();
                let message = format!(
                    "{path}: its {name} is no plain http:// or https:// address, without user, password and query: it is not followed; mend it in the app's environment"
                );
                outlet.log(Level::Warn, message);
            }
        }
        outlet.endpoints.clone_from(&self.named.endpoints);
    }

    fn hand_all(&mut self, outlet: &mut Outlet<'_>, urgent: bool) {
        self.address(outlet);
        self.traces.hand(self.files.front_mut(), outlet, urgent, &self.stream);
        self.logs.hand(self.files.front_mut(), outlet, urgent, &self.stream);
        self.measured.hand(self.files.front_mut(), outlet, urgent, &self.stream);
    }

    /// Puts everything into the journal that is not there: false if it does not take it.
    pub(super) fn keep_all(&mut self, outlet: &mut Outlet<'_>) -> bool {
        self.hand_all(outlet, false);
        !self.is_held()
    }

    fn is_held(&self) -> bool {
        self.traces.is_held() || self.logs.is_held() || self.measured.is_held()
    }

    fn set_front_aside(&mut self, outlet: &mut Outlet<'_>, why: &str) -> Progress {
        if let Some(file) = self.files.pop_front() {
            let path = file.reader.file().path().display();
            outlet.log(Level::Warn, format!("set aside: {path}: {why}; remove the file"));
            outlet.stats.files_set_aside += 1;
            let last_seen = last_seen(&file, &self.traces.encode.assembler);
            self.retiring.leave(&file);
            self.emit_all(outlet, last_seen);
        }
        Progress::Nothing
    }

    /// Slow chores: the writers' lives, files that are done with.
    pub(super) fn tend(&mut self, outlet: &mut Outlet<'_>, now: Instant, unix_nanos: u64) {
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            file.tend(now, unix_nanos);
        }
        if let Some(orphan) = self.orphan.take_if(|orphan| now >= orphan.until) {
            self.emit_all(outlet, orphan.position.last_seen);
        } else if self.files.is_empty() && self.is_gathering() {
            self.keep_all(outlet);
        }
        if let Some(file) = self.files.front() {
            self.traces.tell_long_wait(file, outlet, now);
            self.logs.tell_long_wait(file, outlet, now);
            self.measured.tell_long_wait(file, outlet, now);
        }
        while self.files.front().is_some_and(Attached::is_surely_exhausted) && !self.is_gathering() {
            self.retire_front(outlet);
        }
        self.retiring.finish(outlet);
    }

    /// The oldest file is read to its end. Spans that are open in the last one will never end.
    fn retire_front(&mut self, outlet: &mut Outlet<'_>) {
        let Some(file) = self.files.front() else { return };
        let assembler = &self.traces.encode.assembler;
        if self.files.len() == 1 && assembler.open_len() > 0 {
            let last_seen = last_seen(file, assembler);
            self.emit_all(outlet, last_seen);
        }
        if let Some(file) = self.files.pop_front() {
            self.retiring.push(file);
        }
    }

    /// Something is encoded and not handed over.
    fn is_gathering(&self) -> bool {
        self.traces.is_gathering() || self.logs.is_gathering() || self.measured.is_gathering()
    }

    /// Gives back what pieces up to `watermark` hold.
    pub(super) fn release(&mut self, settled: Settled) {
        if self.rest.is_on() {
            return;
        }
        for file in self.files.iter_mut().chain(self.retiring.files_mut()) {
            file.cells.release(&file.reader, settled.metrics);
        }
        let collected = self.is_collected();
        if let Some(file) = self.files.front_mut() {
            file.release(settled, collected);
        }
        for file in self.retiring.files_mut() {
            file.release(settled, collected);
        }
    }

    /// The receiver stops: open spans would be lost with its memory, so they are exported as they are. With a journal they are kept,
    /// except those of files that do not tell whether their process lives: nobody may ever come back to them.
    pub(super) fn close(&mut self, outlet: &mut Outlet<'_>) {
        let is_known = |file: &Attached| file.reader.identity().is_some();
        if outlet.keeps() && self.files.front().is_none_or(is_known) {
            self.keep_all(outlet);
            return;
        }
        let assembler = &self.traces.encode.assembler;
        if assembler.open_len() > 0 {
            let last_seen = self.files.front().map_or(0, |file| last_seen(file, assembler));
            self.emit_all(outlet, last_seen);
        }
    }

    /// Its oldest file is read to its end: whether there is another one has to be known.
    pub(super) fn awaits_look(&self) -> bool {
        self.files.front().is_some_and(Attached::is_exhausted)
    }

    /// Where the files are that it reads.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = self.files.iter().chain(self.retiring.files());
        files.map(|file| file.reader.file().path())
    }

    /// It has no files any more.
    pub(super) fn is_finished(&self) -> bool {
        self.files.is_empty() && self.retiring.is_empty() && self.orphan.is_none() && !self.is_gathering()
    }

    /// Adds this producer's counts.
    pub(super) fn add_to(&self, stats: &mut ReceiverStats) {
        stats.files_attached += self.files.iter().chain(self.retiring.files()).count() as u64;
        self.traces.add_to(stats);
        self.traces.encode.add_to(stats);
        self.logs.add_to(stats);
        self.measured.add_to(stats);
        stats.quarantine(Signal::Metrics, self.measured.encode.quarantined());
        stats.faults += self.measured.encode.faults();
        let logs = self.logs.encode.counters();
        stats.quarantine(Signal::Logs, logs.quarantined);
        stats.faults += logs.faults;
        for file in self.files.iter().chain(self.retiring.files()) {
            stats.series_skipped += file.cells.skipped();
        }
        for file in &self.files {
            file.add_occupancy(stats);
        }
        self.retiring.add_drops(self.files.iter(), stats);
    }
}

/// When the process was last seen, nanoseconds since the Unix epoch: its newest commit or, where the file does not tell, the
/// newest time in a record; later if its lock was seen held after that.
fn last_seen(file: &Attached, assembler: &Assembler) -> u64 {
    let written = match file.reader.last_commit() {
        0 => assembler.last_seen_unix_nano(),
        commit => commit,
    };
    written.max(file.last_alive())
}
