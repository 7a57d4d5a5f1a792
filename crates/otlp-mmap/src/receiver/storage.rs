//! The reader thread's loop, as far as it deals with the journal.

use super::keeper::{Keeper, Storage};
use super::producer::Producer;
use super::producer_key::ProducerKey;
use super::run::Run;
use super::{Command, Event, Level, Pulse, ReceiverOptions};
use crate::journal::fail_point::fail_point;
use crate::journal::{Journal, OpenSpanStore};
use std::collections::HashMap;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// Between two attempts to get a state directory that another collector has.
const LOCK_INTERVAL: Duration = Duration::from_millis(200);

/// Producers with the spans that a journal kept.
struct Restored<'a> {
    options: &'a ReceiverOptions,
    producers: HashMap<ProducerKey, Producer>,
    /// Requests that could not be read to their end.
    malformed: u64,
}

impl Restored<'_> {
    fn producer(&mut self, stream: &[u8]) -> Option<&mut Producer> {
        let key = ProducerKey::from_bytes(stream)?;
        let options = self.options;
        let producer = self.producers.entry(key);
        Some(producer.or_insert_with_key(|key| Producer::new(options, key)))
    }
}

impl OpenSpanStore for Restored<'_> {
    fn open(&mut self, stream: &[u8], otlp: &[u8], segment: u64) {
        let restored = self
            .producer(stream)
            .map(|producer| producer.assembler().restore(otlp, segment));
        self.malformed += u64::from(!matches!(restored, Some(Ok(()))));
    }

    fn gone(&mut self, stream: &[u8], ids: &[u8]) {
        if let Some(producer) = self.producer(stream) {
            producer.assembler().forget(ids);
        }
    }

    fn forget(&mut self, stream: &[u8]) {
        if let Some(key) = ProducerKey::from_bytes(stream) {
            self.producers.remove(&key);
        }
    }
}

impl Run<'_> {
    /// Opens the journal, if one is wanted, and restores what it holds. False: told to stop while another collector had it.
    pub(super) fn open_journal(&mut self, pulse: &Pulse) -> Result<bool, String> {
        let Some(storage) = self.options.storage.clone() else {
            return Ok(true);
        };
        let mut is_told = false;
        loop {
            match self.try_journal(&storage) {
                Ok(()) => return Ok(true),
                Err(error) if error.is_locked() && storage.wait => {
                    if !std::mem::replace(&mut is_told, true) {
                        let message = format!("{error}; waiting until it is free");
                        self.outlet.log(Level::Warn, message);
                    }
                    pulse.beat();
                    match self.inbox.recv_timeout(LOCK_INTERVAL) {
                        Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(false),
                        _ => {}
                    }
                }
                Err(error) if storage.optional && !error.is_locked() => {
                    self.options.storage = None;
                    let message = format!(
                        "{error}; reading without a journal: what is open when this process is killed is lost, and an outage is bridged by the rings alone"
                    );
                    self.outlet.log(Level::Warn, message);
                    self.outlet.tell(Event::WithoutJournal);
                    return Ok(true);
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn try_journal(&mut self, storage: &Storage) -> Result<(), crate::journal::JournalError> {
        let mut restored = Restored {
            options: &self.options,
            producers: HashMap::new(),
            malformed: 0,
        };
        let (journal, recovered) = Journal::open(storage.journal.clone(), &mut restored)?;
        let Restored {
            mut producers,
            malformed,
            ..
        } = restored;
        let now = Instant::now();
        for (stream, position) in recovered.positions {
            if let Some(key) = ProducerKey::from_bytes(&stream) {
                let options = &self.options;
                let producer = producers.entry(key);
                producer
                    .or_insert_with_key(|key| Producer::new(options, key))
                    .await_files(position, now);
            }
        }
        for producer in producers.values_mut() {
            producer.begin_restored(now);
        }
        for message in recovered.messages {
            self.outlet.log(Level::Warn, message);
        }
        if malformed > 0 {
            let message = format!("{malformed} groups of open spans in the journal could not be read");
            self.outlet.log(Level::Warn, message);
        }
        let open: usize = producers
            .values_mut()
            .map(|producer| producer.assembler().open_len())
            .sum();
        let pending: u64 = (0..journal.destinations())
            .map(|place| journal.pending(place).pieces)
            .sum();
        if open > 0 || pending > 0 {
            let directory = journal.directory().display();
            let message =
                format!("journal {directory}: {open} open spans, and {pending} pieces that are not delivered");
            self.outlet.log(Level::Info, message);
        }
        self.producers = producers;
        // what metric streams exported belongs to the same state
        let directory = journal.directory().to_owned();
        self.options.state_directory.get_or_insert(directory);
        self.outlet.keeper = Some(Keeper::new(journal, self.options.max_unacknowledged_bytes));
        Ok(())
    }

    pub(super) fn command_keeper(&mut self, command: &Command) {
        let Some(keeper) = &mut self.outlet.keeper else {
            return;
        };
        match command {
            Command::AcknowledgeBy(destination, sequences) => {
                for &sequence in sequences {
                    keeper.acknowledge(*destination, sequence);
                }
            }
            Command::GiveBack(destination, sequences) => {
                for &sequence in sequences {
                    keeper.give_back(*destination, sequence);
                }
            }
            Command::Backlog(destination, max_bytes) => {
                let pieces = keeper.backlog(*destination, *max_bytes);
                self.outlet.tell(Event::Backlog(*destination, pieces));
            }
            Command::SetDestinations(destinations) => keeper.set_destinations(destinations),
            _ => {}
        }
    }

    /// What the journal needs in every round, and at every look.
    pub(super) fn tend_journal(&mut self, look: bool, now: Instant) {
        let Some(keeper) = &mut self.outlet.keeper else {
            return;
        };
        keeper.save();
        if keeper.crowding().is_some() {
            self.make_room();
        }
        if look {
            self.let_segments_go(now);
            self.tell_behind();
        }
        let Some(keeper) = &mut self.outlet.keeper else {
            return;
        };
        for (level, message) in keeper.take_log() {
            self.outlet.log(level, message);
        }
    }

    fn tell_behind(&mut self) {
        let behind = self.outlet.keeper.as_mut().map(Keeper::newly_behind);
        for destination in behind.unwrap_or_default() {
            self.outlet.tell(Event::Behind(destination));
        }
    }

    /// Lets the oldest segments go while nobody needs them.
    fn let_segments_go(&mut self, now: Instant) {
        let Some(keeper) = &mut self.outlet.keeper else {
            return;
        };
        if keeper.tend(now) {
            for producer in self.producers.values_mut() {
                producer.write_again(&mut self.outlet);
            }
        }
        while let Some(keeper) = &mut self.outlet.keeper
            && let Some(segment) = keeper.leaving(now)
        {
            let needed = |producer: &mut Producer| producer.assembler().depends_on(segment);
            if self.producers.values_mut().any(needed) {
                let open_bytes = self
                    .producers
                    .values_mut()
                    .map(|producer| producer.assembler().open_bytes())
                    .sum();
                if !keeper.is_worth_carrying(open_bytes) || !self.carry(segment) {
                    return;
                }
            }
            if let Some(keeper) = &mut self.outlet.keeper {
                keeper.drop_oldest();
            }
        }
        self.let_go_behind_oldest();
    }

    /// Lets segments go that nobody needs, while an older one is held. True if some went.
    fn let_go_behind_oldest(&mut self) -> bool {
        let Some(through) = self.outlet.keeper.as_mut().and_then(Keeper::begin_hollow) else {
            return false;
        };
        let mut all_kept = true;
        for producer in self.producers.values_mut() {
            producer.assembler().will_lose(u64::MAX);
            all_kept &= producer.keep_all(&mut self.outlet);
        }
        let keeper = self.outlet.keeper.as_mut();
        keeper.is_some_and(|keeper| keeper.end_hollow(through, all_kept))
    }

    /// The journal is full, or the disk is: its oldest segment goes.
    fn make_room(&mut self) {
        let Some(segment) = self.outlet.keeper.as_ref().and_then(Keeper::crowding) else {
            return;
        };
        if self.let_go_behind_oldest() {
            return;
        }
        if let Some(keeper) = &mut self.outlet.keeper {
            keeper.is_making_room = true;
        }
        // on a full disk this fails, and for a moment the journal lacks these spans
        let _ = self.carry(segment);
        if let Some(keeper) = &mut self.outlet.keeper {
            keeper.drop_oldest();
        }
        // what was held is taken now, and what could not be carried
        for producer in self.producers.values_mut() {
            producer.keep_all(&mut self.outlet);
        }
        if let Some(keeper) = &mut self.outlet.keeper {
            keeper.is_making_room = false;
        }
    }

    /// Writes the open spans that stand in a segment into a later one. False if that did not work.
    fn carry(&mut self, segment: u64) -> bool {
        fail_point("carrying open spans");
        let mut all_kept = true;
        for producer in self.producers.values_mut() {
            if producer.assembler().depends_on(segment) {
                producer.assembler().will_lose(segment);
                all_kept &= producer.keep_all(&mut self.outlet) && !producer.assembler().depends_on(segment);
            }
        }
        all_kept
    }
}
