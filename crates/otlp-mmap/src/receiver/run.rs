//! The reader thread's loop.

use super::alarm::Alarm;
use super::attached::{Attach, Attached};
use super::checkpoint::Settled;
use super::discovery::{Discovery, Found, Inode};
use super::outlet::Outlet;
use super::pause::Pause;
use super::producer::Producer;
use super::producer_key::ProducerKey;
use super::slumber::{Slumber, Wakers};
use super::sweep::sweep;
use super::visit::{Pass, Progress};
use super::{Command, Event, Level, Pulse, ReceiverOptions, ReceiverStats};
use crate::clock;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver as Inbox, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often heartbeats are stored and the life of writers is checked.
const TEND_INTERVAL: Duration = Duration::from_millis(200);
/// The same at files at rest is done every so many times: it costs a visit and some system calls, and the format wants a heartbeat
/// each second.
const TENDS_PER_TEND_AT_REST: u32 = 4;
/// Bytes in flight beyond which no more metrics are collected: unlike records, they wait where they are for nothing.
const COLLECTED_BYTES: usize = 4 << 20;
/// Between two looks for what deleted files left behind.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// How often figures are brought up to date while records come in.
const STATS_INTERVAL: Duration = Duration::from_millis(20);

/// A full ring of any size that this project writes is read in far fewer passes.
const PASSES_AT_STOP: u32 = 64;

pub(super) struct Run<'a> {
    pub(super) options: ReceiverOptions,
    pub(super) inbox: Inbox<Command>,
    shared: Arc<Mutex<ReceiverStats>>,
    pub(super) alarm: Arc<Alarm>,
    pub(super) outlet: Outlet<'a>,
    pub(super) discovery: Discovery,
    pub(super) producers: HashMap<ProducerKey, Producer>,
    /// Files that another collector reads: told once.
    busy: HashSet<Inode>,
    flush: bool,
    paused: bool,
    pub(super) stopping: bool,
    pub(super) slumber: Slumber,
    /// Why the thread cannot go on.
    ended: Option<String>,
    pub(super) next_tend: Instant,
    tends: u32,
    next_sweep: Instant,
    /// Whose turn it is to be the first of a round.
    turn: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        options: ReceiverOptions,
        inbox: Inbox<Command>,
        shared: Arc<Mutex<ReceiverStats>>,
        alarm: Arc<Alarm>,
        on_event: &'a mut dyn FnMut(Event),
    ) -> Self {
        Self {
            discovery: Discovery::new(options.directories.clone(), options.files.clone()),
            inbox,
            shared,
            alarm,
            slumber: Slumber::new(Instant::now()),
            outlet: Outlet::new(on_event, options.trust_producer, options.lender.clone()),
            options,
            ended: None,
            producers: HashMap::new(),
            busy: HashSet::new(),
            flush: false,
            paused: false,
            stopping: false,
            next_tend: Instant::now(),
            tends: 0,
            next_sweep: Instant::now(),
            turn: 0,
        }
    }

    /// Until it is told to stop and everything is settled.
    ///
    /// # Errors
    /// A sentence: it could not begin, or cannot go on.
    pub(super) fn run(&mut self, pulse: &Pulse) -> Result<(), String> {
        if !self.open_journal(pulse)? {
            return Ok(());
        }
        let mut pause = Pause::new();
        let mut told = Instant::now();
        let mut news = true;
        while !(self.stopping && self.is_settled() && self.collected()) {
            let now = Instant::now();
            let (progress, tended) = self.round(now);
            if let Some(why) = self.ended.take() {
                return Err(why);
            }
            news |= tended || progress > Progress::Nothing;
            if news && (progress == Progress::Nothing || now.duration_since(told) >= STATS_INTERVAL) {
                self.publish_stats();
                (told, news) = (now, false);
            }
            pulse.beat();
            let wakers = Wakers {
                inbox: &self.inbox,
                alarm: &self.alarm,
                news: self.discovery.descriptor(),
                next_tend: self.next_tend,
                may_sleep: !self.stopping,
            };
            let command = self
                .slumber
                .wait(&mut self.producers, &wakers, progress, pause.after(progress));
            match command {
                Ok(command) => {
                    news = true;
                    self.slumber.end(Instant::now());
                    self.command(&command);
                    self.drain_inbox();
                }
                Err(RecvTimeoutError::Timeout) => {}
                // nobody is left to hand pieces to
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
        self.release();
        if let Some(keeper) = &mut self.outlet.keeper {
            keeper.save();
        }
        self.publish_stats();
        Ok(())
    }

    /// Nothing that was handed over waits for an acknowledgement.
    fn is_settled(&self) -> bool {
        match &self.outlet.keeper {
            Some(keeper) => keeper.is_idle(),
            None => self.outlet.in_flight.bytes() == 0,
        }
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
            Command::Acknowledge(sequence) => match &mut self.outlet.keeper {
                Some(keeper) => keeper.acknowledge_everywhere(*sequence),
                None => self.outlet.in_flight.acknowledge(*sequence),
            },
            Command::AcknowledgeBy(..)
            | Command::GiveBack(..)
            | Command::Backlog(..)
            | Command::SetDestinations(..) => self.command_keeper(command),
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

    /// One visit to every file: the most that one of them brought, and whether any was tended, which may change figures.
    fn round(&mut self, now: Instant) -> (Progress, bool) {
        let tend = now >= self.next_tend;
        if tend {
            self.next_tend = now + TEND_INTERVAL;
            self.tends = self.tends.wrapping_add(1);
        }
        let tend_all = tend && self.tends.is_multiple_of(TENDS_PER_TEND_AT_REST);
        let mut tended = tend_all;
        // before a file that is read to its end is let go, a look has to find no next generation
        if self.discovery.is_due(now) || (tend && self.producers.values().any(Producer::awaits_look)) {
            self.look(now);
        }
        if tend && now >= self.next_sweep {
            self.next_sweep = now + SWEEP_INTERVAL;
            self.sweep();
        }
        self.release();
        self.tend_journal(tend, now);
        let unix_nanos = clock::wall_nanos();
        let mut most = Progress::Nothing;
        let takes =
            !self.stopping && !self.paused && self.outlet.in_flight.bytes() < self.options.max_unacknowledged_bytes;
        // asked for while nothing is taken, it is done when something is again
        let flush = takes && std::mem::take(&mut self.flush);
        let mut order: Vec<_> = self.producers.values_mut().collect();
        let turn = self.turn % order.len().max(1);
        order.rotate_left(turn);
        // nobody looked at these lines since the last round: they are asked for all at once
        for producer in &order {
            producer.expect_glance();
        }
        let mut unserved = None;
        for (at, producer) in order.into_iter().enumerate() {
            if producer.rests(tend_all || flush || self.stopping, now) {
                continue;
            }
            let mut found = Progress::Nothing;
            // metrics are the one thing that goes on when the receiver stops: they may be too many to hand over at once
            if (self.stopping || !self.paused)
                && self
                    .outlet
                    .has_room_for_points(self.options.max_unacknowledged_bytes.min(COLLECTED_BYTES), now)
                && self.outlet.keep_points()
            {
                let pass = Pass {
                    options: &self.options,
                    now,
                    flush,
                };
                found = producer.collect(&mut self.outlet, &pass);
            }
            if tend {
                producer.tend(&mut self.outlet, now, unix_nanos);
                tended = true;
            }
            if takes && self.outlet.in_flight.bytes() < self.options.max_unacknowledged_bytes {
                let pass = Pass {
                    options: &self.options,
                    now,
                    flush,
                };
                found = found.max(producer.pass(&mut self.outlet, &pass));
            } else {
                unserved.get_or_insert(at);
            }
            most = most.max(found);
        }
        // whoever found no room is the first to have what becomes free
        self.turn = turn + unserved.unwrap_or(0);
        if tend {
            let Outlet { stats, keeper, .. } = &mut self.outlet;
            self.producers.retain(|_, producer| {
                if producer.is_finished() {
                    producer.add_to(stats);
                    if let Some(keeper) = keeper {
                        keeper.forget(producer.stream());
                    }
                }
                !producer.is_finished()
            });
        }
        (most, tended)
    }

    /// Lets go of what is acknowledged.
    fn release(&mut self) {
        let settled = match &self.outlet.keeper {
            Some(keeper) => keeper.settled(),
            None => Settled::up_to(self.outlet.in_flight.watermark()),
        };
        for producer in self.producers.values_mut() {
            producer.release(settled);
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

    /// Removes what delta streams had exported of files that are gone.
    fn sweep(&mut self) {
        let paths = self.producers.values().flat_map(Producer::paths);
        let in_use: HashSet<PathBuf> = paths.filter_map(|path| std::path::absolute(path).ok()).collect();
        let swept: Vec<PathBuf> = match &self.options.state_directory {
            Some(directory) => sweep(directory, &in_use),
            None => self
                .discovery
                .folders()
                .flat_map(|folder| sweep(folder, &in_use))
                .collect(),
        };
        for data in swept {
            self.outlet.stats.baselines_swept += 1;
            let message = format!(
                "removed what a metric stream had exported of {}: that file is gone",
                data.display()
            );
            self.outlet.log(Level::Debug, message);
        }
    }

    fn attach(&mut self, found: &Found) {
        match Attached::open(found, &self.options) {
            Attach::Ready(mut attached) => {
                let key = ProducerKey::of(&attached, found);
                let keeper = self.outlet.keeper.as_ref();
                if let Some(position) = keeper.and_then(|keeper| keeper.position(&key.to_bytes())) {
                    attached.catch_up(position);
                }
                self.outlet
                    .log(Level::Info, format!("reading {}", found.path.display()));
                let options = &self.options;
                self.producers
                    .entry(key)
                    .or_insert_with_key(|key| Producer::new(options, key))
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
                if self.options.end_if_busy {
                    self.ended = Some(message);
                    return;
                }
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
        self.outlet.tell(Event::Drained);
    }

    fn publish_stats(&mut self) {
        let outlet = &mut self.outlet;
        let mut stats = outlet.stats.clone();
        stats.bytes_unacknowledged = outlet.in_flight.bytes() as u64;
        if let Some(keeper) = &outlet.keeper {
            stats.bytes_unacknowledged = keeper.live_bytes() as u64;
            stats.journal = Some(keeper.stats());
            stats.journal_refusal = keeper.refusal();
        }
        for producer in self.producers.values() {
            producer.add_to(&mut stats);
        }
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}
