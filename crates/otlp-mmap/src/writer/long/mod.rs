//! Records that are longer than a slot: cut for the slot, and whole by way of the spill ring. Rare, and slow beside the path of
//! other records: it copies, and holds the file's ledger while it commits.

mod cut;
mod parts;

use std::sync::PoisonError;

use self::cut::Cut;
use super::Writer;
use super::generation::Generation;
use super::handle::{WriterHandle, commit_with};
use super::status::CommitStatus;
use crate::file::{RingId, SpillReference};
use crate::layout::constant;

/// A buffer is kept for the next record up to this size: one that is given back costs the system a page fault for every page.
const KEPT_CAPACITY: usize = 512 << 10;

impl WriterHandle {
    /// As [`WriterHandle::commit_at`], for a record of any length: its longest parts (texts, bytes, lists; of a log record the last
    /// attributes too) are cut until it fits, and stand whole in the spill ring. Where that has no room they stay
    /// cut, which is counted ([`CommitStatus::Cut`]).
    pub fn commit_long(&mut self, ring: RingId, epoch: u32, record: &[u8], time: u64) -> CommitStatus {
        let capacity = self.writer().record_capacity(ring) as usize;
        if record.len() <= capacity {
            return self.commit_at(ring, epoch, record, time);
        }
        let file = match self.file_for(ring, epoch) {
            Ok(file) => file,
            Err(status) => return status,
        };
        let mut spilled = std::mem::take(&mut self.spilled);
        let status = commit_cut(self.writer(), &file, ring, record, capacity, time, &mut spilled);
        if spilled.capacity() <= KEPT_CAPACITY {
            self.spilled = spilled;
        }
        status
    }
}

fn commit_cut(
    writer: &Writer,
    file: &Generation,
    ring: RingId,
    record: &[u8],
    capacity: usize,
    time: u64,
    spilled: &mut Vec<u8>,
) -> CommitStatus {
    let view = &file.view;
    let Some(cut) = Cut::new(ring, record, capacity, spilled) else {
        writer.drops.add(Some(view), ring, constant::DROP_TOO_LARGE, 1);
        return CommitStatus::TooLarge;
    };
    if let Some(spill) = view.spill() {
        let mut ledger = file.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let length = spilled.len();
        if let Some(position) = ledger.find_room(view, spill, length)
            && let Some(short) = cut.with_reference(SpillReference {
                position,
                length: length as u32,
                crc: crc32fast::hash(spilled),
            })
        {
            spill.write_message(position, spilled);
            let mut index = 0;
            let status = commit_with(writer, file, ring, &short, time, |claimed| {
                spill.write_header(position, ring, claimed, length as u32);
                index = claimed;
            });
            if status == CommitStatus::Published {
                ledger.take(view, position, length, ring, index);
            }
            return status;
        }
    }
    match commit_with(writer, file, ring, cut.alone(), time, |_| ()) {
        CommitStatus::Published => {
            writer.drops.add(Some(view), ring, constant::DROP_TRUNCATED, 1);
            CommitStatus::Cut
        }
        status => status,
    }
}
