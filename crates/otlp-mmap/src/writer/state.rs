//! The slow half of a writer, behind its lock: which file is current, and everything that changes that.

use std::sync::Arc;

use super::Writer;
use super::epoch::Current;
use super::failure::Failure;
use super::generation::Generation;
use super::interner::{InternError, Interner};
use super::location::Location;
use super::place::{self, Placed, Refused, Wanted};
use super::resource::Resource;
use super::settings::Settings;
use super::status::{CommitStatus, WriterStatus};
use crate::clock;
use crate::directory::Removed;
use crate::file::{FileView, Inode, PADDED_PREFIX, RingId};
use crate::layout::constant;
use crate::random;

/// Earlier files that are watched until the reader has drained them.
const WATCHED: usize = 16;

const NO_ROOM_FOR_RESOURCE: &str = "the resource has no room in the file's dictionary; its service name stands in";
const NO_ROOM_FOR_SETTINGS: &str =
    "the app's settings have no room in the file's dictionary; collectors do not see them";

/// What found room in a new file.
#[derive(Debug, Clone, Copy, Default)]
struct Fits {
    resource: bool,
    settings: bool,
}

#[derive(Debug)]
pub(super) struct State {
    current: Option<Arc<Generation>>,
    /// Earlier files of this writer that the reader has not drained.
    previous: Vec<Arc<Generation>>,
    interner: Interner,
    /// An earlier file whose metric cells are in use: it has to hear of the resource and the settings, too.
    home: Option<(Arc<Generation>, Interner)>,
    resource: Resource,
    /// The app has given it; until then it is a stand-in.
    has_resource: bool,
    settings: Settings,
    stream_id: [u8; 16],
    next_generation: u64,
    last_serial: u32,
    closed: bool,
    path_in_use: bool,
    error: Option<String>,
    warnings: Vec<String>,
    /// The last attempt to make a file, if it failed.
    failure: Option<Failure>,
    flush_epoch: u64,
    acknowledged_epoch: u64,
}

impl State {
    pub(super) fn new(resource: Resource) -> Self {
        Self {
            current: None,
            previous: Vec::new(),
            interner: Interner::default(),
            home: None,
            resource,
            has_resource: false,
            settings: Settings::default(),
            stream_id: random::bytes(),
            next_generation: 0,
            last_serial: 0,
            closed: false,
            path_in_use: false,
            error: None,
            warnings: Vec::new(),
            failure: None,
            flush_epoch: 0,
            acknowledged_epoch: 0,
        }
    }

    /// In a forked child: the files are the parent's, the resource and the settings are ours as well.
    pub(super) fn start_anew(&mut self, writer: &Writer) {
        let resource = self.resource.clone();
        let fresh = Self {
            closed: self.closed,
            last_serial: self.last_serial,
            settings: std::mem::take(&mut self.settings),
            ..Self::new(resource)
        };
        *self = fresh;
        writer.drops.reset();
        Self::switch(writer, 0);
    }

    pub(super) fn current(&self) -> Option<&Arc<Generation>> {
        self.current.as_ref()
    }

    /// The file that records of `epoch` go to, made now if there is none.
    pub(super) fn file_for(&mut self, writer: &Writer, epoch: u32) -> Result<Arc<Generation>, CommitStatus> {
        if self.closed {
            return Err(CommitStatus::Disabled);
        }
        if epoch != writer.word.epoch() {
            return Err(CommitStatus::Stale);
        }
        match &self.current {
            Some(file) => Ok(Arc::clone(file)),
            None => self.make_file(writer, epoch).ok_or(CommitStatus::Disk),
        }
    }

    /// Has the current file take metric cells; it is made now if there is none. `claim` takes the first room behind the dictionary
    /// and tells where the rest of the dictionary was claimed, too.
    pub(super) fn begin_cells<R>(
        &mut self,
        writer: &Writer,
        claim: impl FnOnce(&Arc<Generation>) -> Option<(R, u64, u64)>,
    ) -> Result<R, CommitStatus> {
        // cells that begin anew do so mostly because somebody removed or truncated the file that they were in
        if let Some(file) = self.current.clone()
            && !self.replace_if_removed(writer, file.serial)
            && file.is_cut()
        {
            self.abandon(writer, file.serial);
        }
        let file = self.file_for(writer, writer.word.epoch())?;
        let end = file.view.mapping().length();
        let (begun, extents, claimed) = claim(&file).ok_or(CommitStatus::Disk)?;
        self.interner.go_on_within(claimed + PADDED_PREFIX, end);
        file.begin_cells(extents);
        Ok(begun)
    }

    pub(super) fn intern(
        &mut self,
        writer: &Writer,
        epoch: u32,
        intern: impl FnOnce(&mut Interner, &Generation) -> Result<i64, InternError>,
    ) -> Result<i64, CommitStatus> {
        let file = self.file_for(writer, epoch)?;
        let result = intern(&mut self.interner, &file);
        if file.view.mapping().poisoned() {
            self.abandon(writer, file.serial);
            return Err(CommitStatus::Stale);
        }
        match result {
            Ok(reference) => Ok(reference),
            Err(InternError::Impossible) => Err(CommitStatus::Limit),
            Err(InternError::Full) if file.single => Err(CommitStatus::Limit),
            Err(InternError::Full) if self.roll(writer) => Err(CommitStatus::Stale),
            Err(InternError::Full) => Err(CommitStatus::Disk),
        }
    }

    pub(super) fn set_resource(&mut self, writer: &Writer, resource: Resource) {
        // Settled stays settled: a thread that joins the writer later begins with what it knows, and may end before it knows all.
        let was_settled = self.has_resource && self.resource.settled;
        if resource == self.resource || (was_settled && !resource.settled) {
            return;
        }
        let settles = resource.settled && !was_settled;
        self.has_resource = true;
        self.resource = resource;
        if let Some((file, interner)) = self.home.as_mut().filter(|(file, _)| file.has_cells()) {
            // without room there, what the file has stands
            let _ = interner.set_resource(&file.view, &self.resource);
        }
        let Some(file) = self.current.clone().filter(|_| !self.closed) else {
            if settles {
                Self::switch(writer, writer.word.load().serial);
            }
            return;
        };
        match self.interner.set_resource(&file.view, &self.resource) {
            Ok(had_scopes) if had_scopes || settles => Self::switch(writer, file.serial),
            Ok(_) => {}
            Err(InternError::Full) if self.roll(writer) => {}
            Err(_) => {
                self.warn(NO_ROOM_FOR_RESOURCE);
                if let Some(extension) = file.view.extension() {
                    extension.set_resource_settled(self.resource.settled);
                }
            }
        }
    }

    pub(super) fn set_setting(&mut self, writer: &Writer, name: &str, value: &str) {
        if !self.settings.set(name, value) {
            return;
        }
        if let Some((file, interner)) = self.home.as_mut().filter(|(file, _)| file.has_cells()) {
            let _ = interner.set_settings(&file.view, &self.settings);
        }
        let Some(file) = self.current.clone().filter(|_| !self.closed) else {
            return;
        };
        match self.interner.set_settings(&file.view, &self.settings) {
            Ok(()) => {}
            Err(InternError::Full) if self.roll(writer) => {}
            Err(_) => self.warn(NO_ROOM_FOR_SETTINGS),
        }
    }

    pub(super) fn request_flush(&mut self, writer: &Writer) -> u64 {
        let Some(file) = self.current.clone() else {
            return 0;
        };
        self.replace_if_removed(writer, file.serial);
        self.flush_epoch = self
            .current
            .as_ref()
            .and_then(|file| file.view.extension().map(|extension| extension.request_flush()))
            .unwrap_or(0);
        self.flush_epoch
    }

    pub(super) fn acknowledged_epoch(&mut self) -> u64 {
        let slot = self.reader_slot();
        self.acknowledged_epoch = self.acknowledged_epoch.max(slot.map_or(0, |(_, epoch)| epoch));
        self.acknowledged_epoch
    }

    pub(super) fn reader_heartbeat(&self) -> u64 {
        self.reader_slot().map_or(0, |(heartbeat, _)| heartbeat)
    }

    /// Heartbeat and acknowledged epoch of the reader that moves the indices.
    fn reader_slot(&self) -> Option<(u64, u64)> {
        let slot = self.current.as_ref()?.view.extension()?.reader_slot(0)?;
        Some((slot.heartbeat(), slot.acknowledged_epoch()))
    }

    pub(super) fn drained(&mut self) -> bool {
        self.forget_finished();
        self.previous.iter().all(|file| file.drained()) && self.current.as_ref().is_none_or(|file| file.drained())
    }

    pub(super) fn status(&mut self, writer: &Writer) -> WriterStatus {
        let folders = || place::folders(&writer.options.location, self.path_in_use);
        let file = self.current.as_ref().map(|file| file.view.path().to_owned());
        WriterStatus {
            directory: file
                .as_ref()
                .and_then(|path| path.parent().map(std::path::Path::to_owned))
                .or_else(|| folders().into_iter().next())
                .unwrap_or_default(),
            file,
            generation: self.current.as_ref().map_or(self.next_generation, |file| file.number),
            drops: Vec::new(),
            rings: self.current.as_ref().map_or_else(Vec::new, |file| file.fill()),
            reader_heartbeat: self.reader_heartbeat(),
            flush_epoch: self.flush_epoch,
            acknowledged_epoch: self.acknowledged_epoch(),
            drained: self.drained(),
            error: self.error.clone(),
            warnings: self.warnings.clone(),
        }
    }

    /// Puts the next file in the current one's place. False if there is none, or if it cannot be made.
    pub(super) fn roll(&mut self, writer: &Writer) -> bool {
        match &self.current {
            Some(file) if !file.single && !self.closed => {}
            _ => return false,
        }
        let _ = self.acknowledged_epoch();
        let epoch = writer.word.epoch().wrapping_add(1);
        self.make_file(writer, epoch).is_some()
    }

    pub(super) fn close(&mut self, writer: &Writer) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.home = None;
        Self::switch(writer, 0);
        if let Some(file) = self.current.take() {
            writer.drops.carry_into(&file.view);
            self.retire(file);
        }
    }

    /// The file `serial` was truncated or removed by somebody: the next record makes a new one.
    pub(super) fn abandon(&mut self, writer: &Writer, serial: u32) {
        let Some(file) = self.current.take_if(|file| file.serial == serial) else {
            return;
        };
        file.release();
        self.interner = Interner::default();
        Self::switch(writer, 0);
    }

    /// Looks whether the current file still has its name. True if it had lost it and was given up.
    pub(super) fn replace_if_removed(&mut self, writer: &Writer, serial: u32) -> bool {
        let removed = self
            .current
            .as_ref()
            .filter(|file| file.serial == serial && Inode::at(file.view.path()) != Some(file.view.inode()));
        let Some(file) = removed else { return false };
        // the folder, since it stays the same when files are removed again and again: a sentence is told once
        let folder = file.view.path().parent().unwrap_or(file.view.path()).display();
        let sentence =
            format!("a file in {folder} was removed while it was in use: what no collector had read of it is lost");
        self.warn(&sentence);
        self.abandon(writer, serial);
        true
    }

    /// Makes the next file and swaps it in with `epoch`; closes the one before. None, with the reason kept, if that fails; then it
    /// is not tried again for a while, or until there may be room.
    fn make_file(&mut self, writer: &Writer, epoch: u32) -> Option<Arc<Generation>> {
        if let Some(failure) = &mut self.failure
            && !failure.is_over(writer.options.retry_after)
        {
            return None;
        }
        let began = clock::monotonic_nanos();
        let mut interner = Interner::default();
        let mut fits = Fits::default();
        let wanted = Wanted {
            options: &writer.options,
            owner: writer.owner,
            stream_id: self.stream_id,
            generation: self.next_generation,
            path_in_use: self.path_in_use,
        };
        let mut removed = Removed::default();
        let made = place::make(&wanted, &mut removed, |view| {
            fits = self.fill(view, &mut interner, &writer.options.service_name);
        });
        for (ring, unread) in RingId::ALL.into_iter().zip(removed.unread) {
            writer.drops.add(None, ring, constant::DROP_LIMIT, unread);
        }
        let placed = match made {
            Ok(placed) => placed,
            Err(Refused::PathInUse) => {
                self.path_in_use = true;
                self.warn_path_in_use(writer);
                return self.make_file(writer, epoch);
            }
            Err(Refused::Failed(reason)) => {
                self.error = Some(reason.sentences.join("; "));
                self.failure = Some(Failure::new(began, reason.crowded));
                return None;
            }
        };
        if !fits.resource {
            self.warn(NO_ROOM_FOR_RESOURCE);
        }
        if !fits.settings {
            self.warn(NO_ROOM_FOR_SETTINGS);
        }
        Some(self.swap_in(writer, placed, interner, epoch))
    }

    /// Writes what a reader must find in a new file from the start.
    fn fill(&self, view: &FileView, interner: &mut Interner, service_name: &str) -> Fits {
        if let Some(extension) = view.extension() {
            extension.set_flush_epoch(self.flush_epoch);
        }
        let resource = interner.set_resource(view, &self.resource).is_ok();
        if !resource {
            let stand_in = Resource {
                settled: self.resource.settled,
                ..Resource::of_service(service_name)
            };
            let _ = interner.set_resource(view, &stand_in);
        }
        let settings = self.settings.is_empty() || interner.set_settings(view, &self.settings).is_ok();
        Fits { resource, settings }
    }

    fn swap_in(&mut self, writer: &Writer, placed: Placed, interner: Interner, epoch: u32) -> Arc<Generation> {
        self.error = None;
        self.failure = None;
        self.last_serial = self.last_serial.wrapping_add(1).max(1);
        let file = Arc::new(Generation::new(
            placed.view,
            placed.lock,
            self.last_serial,
            self.next_generation,
            placed.single,
            writer.options.roll_at,
        ));
        if let Some(warning) = placed.warning {
            self.warn(&warning);
        }
        writer.drops.carry_into(&file.view);
        self.next_generation += 1;
        let interner_before = std::mem::replace(&mut self.interner, interner);
        let before = self.current.replace(Arc::clone(&file));
        // SYNC POINT: the new file is complete before a thread can see its serial number; the old one is closed after.
        writer.word.store(Current {
            serial: file.serial,
            epoch,
        });
        if let Some(before) = before {
            if before.has_cells() {
                self.home = Some((Arc::clone(&before), interner_before));
            }
            self.retire(before);
        }
        file.touch_ahead();
        file
    }

    fn retire(&mut self, file: Arc<Generation>) {
        file.close();
        self.previous.push(file);
        self.forget_finished();
    }

    /// Lets go of earlier files that are closed and drained, or that somebody removed.
    fn forget_finished(&mut self) {
        self.previous.retain(|file| {
            if !file.released() {
                file.close();
            }
            let gone = Inode::at(file.view.path()) != Some(file.view.inode());
            !(file.released() && (file.drained() || gone))
        });
        let excess = self.previous.len().saturating_sub(WATCHED);
        self.previous.drain(..excess);
    }

    /// Begins a new epoch with the file `serial`.
    fn switch(writer: &Writer, serial: u32) {
        let epoch = writer.word.epoch().wrapping_add(1);
        writer.word.store(Current { serial, epoch });
    }

    fn warn(&mut self, sentence: &str) {
        if !self.warnings.iter().any(|warning| warning == sentence) {
            self.warnings.push(sentence.to_owned());
        }
    }

    fn warn_path_in_use(&mut self, writer: &Writer) {
        if let Location::File(path) = &writer.options.location {
            self.warn(&format!(
                "{} is written by another living process; the default directory is used instead: give each process a path of its own",
                path.display()
            ));
        }
    }
}
