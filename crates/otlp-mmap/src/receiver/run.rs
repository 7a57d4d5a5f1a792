//! The reader thread's loop.

use super::attached::{Attach, Attached};
use super::checkpoint::InFlight;
use super::discovery::{Discovery, Found, Inode};
use super::producer::{Pass, Producer, ProducerKey, Progress};
use super::{Command, Event, HandedPiece, Level, Pulse, ReceiverOptions, ReceiverStats};
use crate::clock;
use crate::otlp::{Piece, Signal};
use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver as Inbox, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often heartbeats are stored and the life of writers is checked.
const TEND_INTERVAL: Duration = Duration::from_millis(200);
/// While records come in: long enough to find many at once, short beside the time in which a ring fills.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
/// A pass over quiet files is cheap, so this bounds the latency, not the cost.
const LONGEST_SLEEP: Duration = Duration::from_millis(10);

/// A full ring of any size that this project writes is read in far fewer passes.
const PASSES_AT_STOP: u32 = 64;

/// Hands pieces over and keeps count of those in flight.
pub(super) struct Outlet<'a> {
    on_event: &'a mut dyn FnMut(Event),
    pub(super) in_flight: InFlight,
    pub(super) stats: ReceiverStats,
}

impl Outlet<'_> {
    /// Hands over a piece: its sequence number.
    pub(super) fn hand(&mut self, signal: Signal, piece: Piece, urgent: bool) -> u64 {
        self.hand_stream(signal, piece, urgent, String::new())
    }

    /// Hands over data points of a stream.
    pub(super) fn hand_metrics(&mut self, piece: Piece, urgent: bool, stream: &str) -> u64 {
        self.hand_stream(Signal::Metrics, piece, urgent, stream.to_owned())
    }

    fn hand_stream(&mut self, signal: Signal, piece: Piece, urgent: bool, stream: String) -> u64 {
        let sequence = self.in_flight.push(piece.bytes.len());
        self.stats.items[signal as usize] += u64::from(piece.items);
        (self.on_event)(Event::Piece(HandedPiece {
            sequence,
            signal,
            piece,
            urgent,
            stream,
        }));
        sequence
    }

    pub(super) fn log(&mut self, level: Level, message: String) {
        (self.on_event)(Event::Log(level, message));
    }
}

pub(super) struct Run<'a> {
    options: ReceiverOptions,
    inbox: Inbox<Command>,
    shared: Arc<Mutex<ReceiverStats>>,
    outlet: Outlet<'a>,
    discovery: Discovery,
    producers: HashMap<ProducerKey, Producer>,
    /// Files that another collector reads: told once.
    busy: HashSet<Inode>,
    flush: bool,
    paused: bool,
    stopping: bool,
    next_tend: Instant,
    /// Whose turn it is to be the first of a round.
    turn: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        options: ReceiverOptions,
        inbox: Inbox<Command>,
        shared: Arc<Mutex<ReceiverStats>>,
        on_event: &'a mut dyn FnMut(Event),
    ) -> Self {
        Self {
            discovery: Discovery::new(options.directories.clone(), options.files.clone()),
            options,
            inbox,
            shared,
            outlet: Outlet {
                on_event,
                in_flight: InFlight::default(),
                stats: ReceiverStats::default(),
            },
            producers: HashMap::new(),
            busy: HashSet::new(),
            flush: false,
            paused: false,
            stopping: false,
            next_tend: Instant::now(),
            turn: 0,
        }
    }

    pub(super) fn run(&mut self, pulse: &Pulse) {
        let mut sleep = SHORTEST_SLEEP;
        let mut heard = true;
        while !(self.stopping && self.outlet.in_flight.bytes() == 0 && self.collected()) {
            let tends = Instant::now() >= self.next_tend;
            let progress = self.round();
            // nothing changes while nothing comes in
            if tends || heard || progress > Progress::Nothing {
                self.publish_stats();
            }
            pulse.beat();
            sleep = match progress {
                Progress::Plenty => Duration::ZERO,
                Progress::Some => SHORTEST_SLEEP,
                Progress::Nothing => (sleep * 2).clamp(SHORTEST_SLEEP, LONGEST_SLEEP),
            };
            match self.inbox.recv_timeout(sleep) {
                Ok(command) => {
                    heard = true;
                    self.command(&command);
                    self.drain_inbox();
                }
                Err(RecvTimeoutError::Timeout) => heard = false,
                // nobody is left to hand pieces to
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        self.release();
        self.publish_stats();
    }

    /// The last collection of a receiver that stops is complete.
    fn collected(&self) -> bool {
        self.producers.values().all(Producer::is_collected)
    }

    fn drain_inbox(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            self.command(&command);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Acknowledge(sequence) => self.outlet.in_flight.acknowledge(*sequence),
            Command::Flush => self.flush = true,
            Command::Pause => self.paused = true,
            Command::Resume => self.paused = false,
            Command::MetricStreams(streams) => {
                self.options.metric_streams.clone_from(streams);
                for producer in self.producers.values_mut() {
                    producer.set_metric_streams(streams);
                }
            }
            Command::Watch(directories, files) => self.discovery.set_sources(directories.clone(), files.clone()),
            Command::Stop if !self.stopping => self.drain_for_stop(),
            Command::Stop => {}
        }
    }

    /// One visit to every file: the most that one of them brought.
    fn round(&mut self) -> Progress {
        let now = Instant::now();
        let tend = now >= self.next_tend;
        if tend {
            self.next_tend = now + TEND_INTERVAL;
        }
        // before a file that is read to its end is let go, a look has to find no next generation
        if self.discovery.is_due(now) || (tend && self.producers.values().any(Producer::awaits_look)) {
            self.look(now);
        }
        self.release();
        let unix_nanos = clock::wall_nanos();
        let mut most = Progress::Nothing;
        let takes =
            !self.stopping && !self.paused && self.outlet.in_flight.bytes() < self.options.max_unacknowledged_bytes;
        // asked for while nothing is taken, it is done when something is again
        let flush = takes && std::mem::take(&mut self.flush);
        let mut order: Vec<_> = self.producers.values_mut().collect();
        let turn = self.turn % order.len().max(1);
        order.rotate_left(turn);
        let mut unserved = None;
        for (at, producer) in order.into_iter().enumerate() {
            // metrics are the one thing that goes on when the receiver stops: they may be too many to hand over at once
            if (self.stopping || !self.paused) && self.outlet.in_flight.bytes() < self.options.max_unacknowledged_bytes
            {
                let pass = Pass {
                    options: &self.options,
                    now,
                    flush,
                };
                most = most.max(producer.collect(&mut self.outlet, &pass));
            }
            if tend {
                producer.tend(&mut self.outlet, now, unix_nanos);
            }
            if takes && self.outlet.in_flight.bytes() < self.options.max_unacknowledged_bytes {
                let pass = Pass {
                    options: &self.options,
                    now,
                    flush,
                };
                most = most.max(producer.pass(&mut self.outlet, &pass));
            } else {
                unserved.get_or_insert(at);
            }
        }
        // whoever found no room is the first to have what becomes free
        self.turn = turn + unserved.unwrap_or(0);
        if tend {
            let stats = &mut self.outlet.stats;
            self.producers.retain(|_, producer| {
                if producer.is_finished() {
                    producer.add_to(stats);
                }
                !producer.is_finished()
            });
        }
        most
    }

    /// Lets go of what is acknowledged.
    fn release(&mut self) {
        let watermark = self.outlet.in_flight.watermark();
        for producer in self.producers.values_mut() {
            producer.release(watermark);
        }
    }

    fn look(&mut self, now: Instant) {
        let look = self.discovery.look(now);
        for (directory, error) in look.failures {
            let message = format!(
                "cannot read the folder {}: {error}; its files are not read until this is mended",
                directory.display()
            );
            self.outlet.log(Level::Error, message);
        }
        for found in look.found {
            self.attach(&found);
        }
    }

    fn attach(&mut self, found: &Found) {
        match Attached::open(found, &self.options) {
            Attach::Ready(attached) => {
                let key = ProducerKey::of(&attached, found);
                self.outlet
                    .log(Level::Info, format!("reading {}", found.path.display()));
                let options = &self.options;
                self.producers
                    .entry(key)
                    .or_insert_with(|| Producer::new(options))
                    .add(*attached);
            }
            Attach::NotYet => self.discovery.forget(&found.path),
            Attach::Busy => {
                // looked at again and again, in case that collector ends
                self.discovery.forget(&found.path);
                if !self.busy.insert(found.inode) {
                    return;
                }
                let message = format!(
                    "another collector reads {}; it is left to that one",
                    found.path.display()
                );
                self.outlet.log(Level::Warn, message);
            }
            Attach::SetAside(error) => {
                self.outlet.stats.files_set_aside += 1;
                self.outlet.log(Level::Warn, format!("set aside: {error}"));
            }
        }
    }

    /// Takes everything there is, open spans too, so that a stop leaves nothing in this process' memory.
    fn drain_for_stop(&mut self) {
        self.look(Instant::now());
        let pass = Pass {
            options: &self.options,
            now: Instant::now(),
            flush: true,
        };
        for producer in self.producers.values_mut() {
            // bounded, since a living process may write as fast as this reads
            (0..PASSES_AT_STOP)
                .take_while(|_| producer.pass(&mut self.outlet, &pass) > Progress::Nothing)
                .for_each(drop);
            producer.close(&mut self.outlet);
            producer.request_collection();
        }
        self.stopping = true;
    }

    fn publish_stats(&mut self) {
        let outlet = &mut self.outlet;
        let mut stats = outlet.stats.clone();
        stats.bytes_unacknowledged = outlet.in_flight.bytes() as u64;
        for producer in self.producers.values() {
            producer.add_to(&mut stats);
        }
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}
