//! Records that are longer than a slot: cut for the slot, and whole by way of the spill ring. Rare, and slow beside the path of
//! other records: it copies, and holds the file's ledger while it commits.

mod cut;
mod ledger;
mod parts;

use std::sync::PoisonError;

use self::cut::Cut;
pub(super) use self::ledger::Ledger;
use super::handle::{WriterHandle, commit_with};
use super::status::CommitStatus;
use crate::file::{RingId, SpillReference};
use crate::layout::constant;

impl WriterHandle {
    /// As [`WriterHandle::commit_at`], for a record of any length: its longest parts (texts, bytes, lists; of a log record the last
    /// attributes too) are cut until it fits, and stand whole in the spill ring. Where that has no room they stay
    /// cut, which is counted as `DROP_TRUNCATED`.
    pub fn commit_long(&mut self, ring: RingId, epoch: u32, record: &[u8], time: u64) -> CommitStatus {
        let capacity = self.writer().record_capacity(ring) as usize;
        if record.len() <= capacity {
            return self.commit_at(ring, epoch, record, time);
        }
        let file = match self.file_for(ring, epoch) {
            Ok(file) => file,
            Err(status) => return status,
        };
        let (writer, view) = (self.writer(), &file.view);
        let Some(cut) = Cut::new(ring, record, capacity) else {
            writer.drops.add(Some(view), ring, constant::DROP_TOO_LARGE, 1);
            return CommitStatus::TooLarge;
        };
        if let Some(spill) = view.spill() {
            let mut ledger = file.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            let length = cut.spilled.len();
            if let Some(position) = ledger.find_room(view, spill, length)
                && let Some(short) = cut.with_reference(SpillReference {
                    position,
                    length: length as u32,
                    crc: crc32fast::hash(&cut.spilled),
                })
            {
                spill.write_message(position, &cut.spilled);
                let mut index = 0;
                let status = commit_with(writer, &file, ring, &short, time, |claimed| {
                    spill.write_header(position, ring, claimed, length as u32);
                    index = claimed;
                });
                if status == CommitStatus::Published {
                    ledger.take(view, position, length, ring, index);
                }
                return status;
            }
        }
        let status = commit_with(writer, &file, ring, cut.alone(), time, |_| ());
        if status == CommitStatus::Published {
            writer.drops.add(Some(view), ring, constant::DROP_TRUNCATED, 1);
        }
        status
    }
}
