//! Strings from a file: valid UTF-8 as it is, anything else repaired and counted.

use std::borrow::Cow;

use super::faults::Faults;

/// `bytes` if they are UTF-8; otherwise a copy with each bad sequence replaced by U+FFFD, and one fault counted.
#[inline]
pub(super) fn checked<'a>(bytes: &'a [u8], faults: &mut Faults) -> Cow<'a, [u8]> {
    if std::str::from_utf8(bytes).is_ok() {
        Cow::Borrowed(bytes)
    } else {
        Cow::Owned(repaired(bytes, faults))
    }
}

/// Makes `out` the text of `bytes`, without a new allocation where `out` is large enough.
#[inline]
pub(super) fn store(out: &mut Vec<u8>, bytes: &[u8], faults: &mut Faults) {
    out.clear();
    out.extend_from_slice(&checked(bytes, faults));
}

#[cold]
fn repaired(bytes: &[u8], faults: &mut Faults) -> Vec<u8> {
    faults.invalid_utf8 += 1;
    String::from_utf8_lossy(bytes).into_owned().into_bytes()
}
