//! The constant part of an extension block: who wrote the file, and when.

use crate::layout::{block, constant};

/// The constant part of a block: who wrote the file. See docs/format.md for the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Must-understand features.
    pub features_must: u64,
    /// May-ignore features.
    pub features_may: u64,
    /// Shared by all files of one producer.
    pub stream_id: [u8; 16],
    /// 0, 1, 2 ... within the stream.
    pub generation: u64,
    /// Random.
    pub file_id: [u8; 16],
    /// The writer, in its own pid namespace.
    pub pid: u32,
    /// `MODE_DIRECTORY` or `MODE_SINGLE_FILE`.
    pub mode: u32,
    /// Inode number of the writer's pid namespace, 0 if unknown.
    pub pid_namespace: u64,
    /// Clock ticks since boot, 0 if unknown.
    pub pid_start_time: u64,
    /// Zero if unknown.
    pub boot_id: [u8; 16],
    /// Nanoseconds since the Unix epoch when the file was made.
    pub anchor_realtime: u64,
    /// `CLOCK_BOOTTIME` in nanoseconds at the same moment.
    pub anchor_boottime: u64,
    /// Of the writer's machine.
    pub page_size: u32,
    /// File offset of the spill ring, 0 = none.
    pub spill_offset: u64,
    /// Bytes of the spill ring.
    pub spill_length: u64,
    /// `service.name`, at most 64 bytes.
    pub service_name: String,
}

impl Identity {
    /// The constant part as it stands in the file, with its checksum.
    pub(super) fn encode(&self) -> [u8; block::CONSTANT_END] {
        let mut bytes = [0u8; block::CONSTANT_END];
        let mut put = |offset: usize, value: &[u8]| bytes[offset..offset + value.len()].copy_from_slice(value);
        put(block::MAGIC, &constant::BLOCK_MAGIC.to_le_bytes());
        put(block::VERSION, &constant::BLOCK_VERSION.to_le_bytes());
        put(block::LENGTH, &(block::TOTAL_LENGTH as u32).to_le_bytes());
        put(block::CONSTANT_LENGTH, &(block::CONSTANT_END as u32).to_le_bytes());
        put(block::FEATURES_MUST, &self.features_must.to_le_bytes());
        put(block::FEATURES_MAY, &self.features_may.to_le_bytes());
        put(block::STREAM_ID, &self.stream_id);
        put(block::GENERATION, &self.generation.to_le_bytes());
        put(block::FILE_ID, &self.file_id);
        put(block::PID, &self.pid.to_le_bytes());
        put(block::MODE, &self.mode.to_le_bytes());
        put(block::PID_NAMESPACE, &self.pid_namespace.to_le_bytes());
        put(block::PID_START_TIME, &self.pid_start_time.to_le_bytes());
        put(block::BOOT_ID, &self.boot_id);
        put(block::ANCHOR_REALTIME, &self.anchor_realtime.to_le_bytes());
        put(block::ANCHOR_BOOTTIME, &self.anchor_boottime.to_le_bytes());
        put(block::PAGE_SIZE, &self.page_size.to_le_bytes());
        put(block::SPILL_OFFSET, &self.spill_offset.to_le_bytes());
        put(block::SPILL_LENGTH, &self.spill_length.to_le_bytes());
        let name = &self.service_name[..prefix_length(&self.service_name, 64)];
        put(block::SERVICE_NAME, name.as_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes[block::CHECKSUM..block::CHECKSUM + 4].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; block::CONSTANT_END]) -> Self {
        let name = &bytes[block::SERVICE_NAME..block::SERVICE_NAME + 64];
        let name = &name[..name.iter().position(|byte| *byte == 0).unwrap_or(64)];
        Self {
            features_must: u64_at(bytes, block::FEATURES_MUST),
            features_may: u64_at(bytes, block::FEATURES_MAY),
            stream_id: array_at(bytes, block::STREAM_ID),
            generation: u64_at(bytes, block::GENERATION),
            file_id: array_at(bytes, block::FILE_ID),
            pid: u32_at(bytes, block::PID),
            mode: u32_at(bytes, block::MODE),
            pid_namespace: u64_at(bytes, block::PID_NAMESPACE),
            pid_start_time: u64_at(bytes, block::PID_START_TIME),
            boot_id: array_at(bytes, block::BOOT_ID),
            anchor_realtime: u64_at(bytes, block::ANCHOR_REALTIME),
            anchor_boottime: u64_at(bytes, block::ANCHOR_BOOTTIME),
            page_size: u32_at(bytes, block::PAGE_SIZE),
            spill_offset: u64_at(bytes, block::SPILL_OFFSET),
            spill_length: u64_at(bytes, block::SPILL_LENGTH),
            service_name: String::from_utf8_lossy(name).into_owned(),
        }
    }
}

pub(super) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[offset..offset + N]);
    out
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}

/// Length of the longest prefix of at most `limit` bytes that ends with a whole character.
fn prefix_length(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0)
}
