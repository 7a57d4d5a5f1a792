//! The slow half of a writer, behind its lock: which file is current, and what is written into that beside records.

mod succession;

use std::sync::Arc;

use super::Writer;
use super::epoch::Current;
use super::failure::Failure;
use super::generation::Generation;
use super::interner::{InternError, Interner};
use super::place;
use super::resource::Resource;
use super::settings::Settings;
use super::status::{CommitStatus, WriterStatus};
use crate::file::PADDED_PREFIX;
use crate::random;

const NO_ROOM_FOR_RESOURCE: &str = "the resource has no room in the file's dictionary; its service name stands in";
const NO_ROOM_FOR_SETTINGS: &str =
    "the app's settings have no room in the file's dictionary; collectors do not see them";

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
            .and_then(|file| file.view.extension())
            .map_or(0, |extension| {
                let epoch = extension.request_flush();
                extension.wake_reader();
                epoch
            });
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
}
