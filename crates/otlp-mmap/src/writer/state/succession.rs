//! One file after the other: the next is made, filled and swapped in; the one before is closed, and watched until it is drained.

use std::sync::Arc;

use super::{NO_ROOM_FOR_RESOURCE, NO_ROOM_FOR_SETTINGS, State};
use crate::clock;
use crate::directory::Removed;
use crate::file::{FileView, Inode, RingId};
use crate::layout::constant;
use crate::writer::Writer;
use crate::writer::epoch::Current;
use crate::writer::failure::Failure;
use crate::writer::generation::Generation;
use crate::writer::interner::Interner;
use crate::writer::location::Location;
use crate::writer::place::{self, Placed, Refused, Wanted};
use crate::writer::resource::Resource;

/// Earlier files that are watched until the reader has drained them.
const WATCHED: usize = 16;

/// What found room in a new file.
#[derive(Debug, Clone, Copy, Default)]
struct Fits {
    resource: bool,
    settings: bool,
}

impl State {
    /// Puts the next file in the current one's place. False if there is none, or if it cannot be made.
    pub(in crate::writer) fn roll(&mut self, writer: &Writer) -> bool {
        match &self.current {
            Some(file) if !file.single && !self.closed => {}
            _ => return false,
        }
        let _ = self.acknowledged_epoch();
        let epoch = writer.word.epoch().wrapping_add(1);
        self.make_file(writer, epoch).is_some()
    }

    pub(in crate::writer) fn close(&mut self, writer: &Writer) {
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
    pub(in crate::writer) fn abandon(&mut self, writer: &Writer, serial: u32) {
        let Some(file) = self.current.take_if(|file| file.serial == serial) else {
            return;
        };
        file.release();
        self.interner = Interner::default();
        Self::switch(writer, 0);
    }

    /// Looks whether the current file still has its name. True if it had lost it and was given up.
    pub(in crate::writer) fn replace_if_removed(&mut self, writer: &Writer, serial: u32) -> bool {
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
    pub(super) fn make_file(&mut self, writer: &Writer, epoch: u32) -> Option<Arc<Generation>> {
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
    pub(super) fn forget_finished(&mut self) {
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

    fn warn_path_in_use(&mut self, writer: &Writer) {
        if let Location::File(path) = &writer.options.location {
            self.warn(&format!(
                "{} is written by another living process; the default directory is used instead: give each process a path of its own",
                path.display()
            ));
        }
    }
}
