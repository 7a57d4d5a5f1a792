//! Files that are read to their end, until they are let go.

use super::attached::{Attached, Drops};
use super::outlet::Outlet;
use super::{Level, ReceiverStats};

/// One process' files of which not everything is acknowledged, and what is known of those that are gone.
#[derive(Default)]
pub(super) struct Retiring {
    files: Vec<Attached>,
    /// What writers lost while files were current that are not here any more.
    drops: Drops,
}

impl Retiring {
    pub(super) fn push(&mut self, file: Attached) {
        self.files.push(file);
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &Attached> {
        self.files.iter()
    }

    pub(super) fn files_mut(&mut self) -> impl Iterator<Item = &mut Attached> {
        self.files.iter_mut()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Lets go of files of which everything is acknowledged.
    pub(super) fn finish(&mut self, outlet: &mut Outlet<'_>) {
        for file in self.files.extract_if(.., |file| file.is_released()) {
            self.drops.add(&file);
            finish(file, outlet);
        }
    }

    /// A file is not read any more.
    pub(super) fn leave(&mut self, file: &Attached) {
        self.drops.add(file);
    }

    /// Adds what the writers of these files lost, of those that are gone, and of those that are read.
    pub(super) fn add_drops<'a>(&'a self, read: impl Iterator<Item = &'a Attached>, stats: &mut ReceiverStats) {
        let mut drops = self.drops;
        for file in read.chain(&self.files) {
            drops.add(file);
        }
        drops.add_to(stats);
    }
}

/// Removes the file where that is ours to do, and what was exported of its metrics with it.
fn finish(file: Attached, outlet: &mut Outlet<'_>) {
    if !file.is_removable() {
        if !file.reader.is_in_place() {
            let Attached { cells, reader, .. } = file;
            cells.remove_baselines(&reader, outlet);
        }
        return;
    }
    let path = file.reader.file().path();
    match std::fs::remove_file(path) {
        Ok(()) => {
            outlet.stats.files_removed += 1;
            outlet.log(
                Level::Debug,
                format!("removed {}: drained, its writer is done with it", path.display()),
            );
            let Attached { cells, reader, .. } = file;
            cells.remove_baselines(&reader, outlet);
        }
        Err(error) => outlet.log(
            Level::Warn,
            format!("cannot remove {}: {error}; remove it by hand", path.display()),
        ),
    }
}
