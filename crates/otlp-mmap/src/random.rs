//! Random ids: they have to differ, not to be secret.

use crate::clock;
use std::fs::File;
use std::io::Read;

/// Sixteen random bytes. A forked child draws others than its parent.
#[must_use]
pub fn bytes() -> [u8; 16] {
    let mut id = [0u8; 16];
    if File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut id))
        .is_err()
    {
        // Where there is no such device, clocks and pid tell processes of one machine apart.
        let mix = u128::from(clock::wall_nanos()) << 64 | u128::from(clock::monotonic_nanos());
        id = (mix ^ u128::from(std::process::id()) << 48).to_le_bytes();
    }
    id
}

/// A random (version 4) UUID in its usual text form.
#[must_use]
pub fn uuid() -> String {
    let mut id = bytes();
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(id));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_its_usual_form_and_is_new_each_time() {
        let uuid = super::uuid();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert_ne!(uuid, super::uuid());
    }
}
