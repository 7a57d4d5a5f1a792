//! Paths with wildcards: `*`, `?` and `[…]` within one component of a path.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Paths that one pattern may stand for: more are an accident.
const MOST_MATCHES: usize = 10_000;

/// The paths that exist and fit. `visit` is told of every folder in which a new entry may change that, with the component (a
/// pattern or a name) that it would have to fit.
pub(super) fn expand(pattern: &Path, mut visit: impl FnMut(&Path, &OsStr)) -> Vec<PathBuf> {
    // a name with a wildcard's character in it stands for itself
    if pattern.symlink_metadata().is_ok() {
        return vec![pattern.to_owned()];
    }
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let Component::Normal(name) = component else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        found = found
            .iter()
            .flat_map(|folder| step(folder, name, &mut visit))
            .take(MOST_MATCHES)
            .collect();
    }
    found
}

/// Entries of `folder` that fit `name`.
fn step(folder: &Path, name: &OsStr, visit: &mut impl FnMut(&Path, &OsStr)) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    if !has_wildcard(name) {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return vec![path];
        }
        visit(listed, name);
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir(listed) else {
        return Vec::new();
    };
    visit(listed, name);
    let mut paths: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .filter(|entry| fits(name, entry))
        .map(|entry| folder.join(entry))
        .collect();
    paths.sort();
    paths
}

fn has_wildcard(name: &OsStr) -> bool {
    name.as_encoded_bytes()
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// A name fits a pattern of one component. As in a shell, a wildcard at the beginning does not stand for a dot.
pub(super) fn fits(pattern: &OsStr, name: &OsStr) -> bool {
    let (pattern, name) = (pattern.as_encoded_bytes(), name.as_encoded_bytes());
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    fits_bytes(pattern, name)
}

/// Goes back to the last `*` on a mismatch, so the time is bounded by the product of the lengths.
fn fits_bytes(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(&pattern[at..], name[in_name]),
            Some(byte) if *byte == name[in_name] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(length), _) => {
                at += length;
                in_name += 1;
            }
            (None, Some((star_at, taken))) => {
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                in_name = taken + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Length of the class (`[a-z]`, `[!x]`) at the beginning of `pattern`, if `byte` is in it. A `[` without an end is itself.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let first = if negated { 2 } else { 1 };
    // a bracket right at the beginning is one of the class
    let end = pattern
        .iter()
        .skip(first + 1)
        .position(|byte| *byte == b']')
        .map(|at| first + 1 + at);
    let Some(end) = end else {
        return (byte == b'[').then_some(1);
    };
    let mut inside = false;
    let mut members = &pattern[first..end];
    while let [low, rest @ ..] = members {
        if let [b'-', high, rest @ ..] = rest {
            inside |= (*low..=*high).contains(&byte);
            members = rest;
        } else {
            inside |= *low == byte;
            members = rest;
        }
    }
    (inside != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fit(pattern: &str, name: &str) -> bool {
        fits(OsStr::new(pattern), OsStr::new(name))
    }

    #[test]
    fn wildcards_stand_for_what_they_do_in_a_shell() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.mmap", "shop.1.mmap"),
            ("otlp-mmap-*", "otlp-mmap-1000"),
            ("a?c", "abc"),
            ("[a-c]1", "b1"),
            ("[!a-c]1", "d1"),
            ("[]x]", "]"),
            ("a*b*c", "a-b-b-c"),
            ("a[", "a["),
            (".*", ".hidden"),
        ] {
            assert!(fit(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*", ".hidden"),
            ("?a", ".a"),
            ("*.mmap", "shop.mmap.tmp"),
            ("a?c", "ac"),
            ("[a-c]1", "d1"),
            ("[!a-c]1", "b1"),
            ("a*b", "a-c"),
        ] {
            assert!(!fit(pattern, name), "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_fits_itself_and_every_pattern_that_stars_make_of_it(name in "[a-z0-9.]{1,12}", cuts in prop::collection::vec((0usize..12, 0usize..12), 0..4)) {
            prop_assume!(!name.starts_with('.'));
            prop_assert!(fit(&name, &name));
            let mut pattern = name.clone();
            for (from, to) in cuts {
                let from = from.min(pattern.len());
                let to = to.clamp(from, pattern.len());
                pattern.replace_range(from..to, "*");
            }
            prop_assert!(fit(&pattern, &name), "{} {}", pattern, name);
        }

        #[test]
        fn no_pattern_harms(pattern in r"[-\[\]!^*?a-c]{0,16}", name in "[-a-c\\[\\]]{0,16}") {
            let _ = fit(&pattern, &name);
        }
    }

    #[test]
    fn a_pattern_finds_what_is_there_and_tells_where_more_may_come() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["one/x", "two/y", "two/x", ".three/x"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let mut visited = Vec::new();
        let found = expand(&root.path().join("*/x"), |folder, name| {
            visited.push((folder.to_owned(), name.to_owned()));
        });
        assert_eq!(found, [root.path().join("one/x"), root.path().join("two/x")]);
        assert_eq!(visited, [(root.path().to_owned(), "*".into())]);

        visited.clear();
        let found = expand(&root.path().join("*/z/*"), |folder, name| {
            visited.push((folder.to_owned(), name.to_owned()));
        });
        assert!(found.is_empty());
        let awaited: Vec<_> = visited.iter().map(|(_, name)| name.to_str().unwrap()).collect();
        assert_eq!(awaited, ["*", "z", "z"]);
    }
}
