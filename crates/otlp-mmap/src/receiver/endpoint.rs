//! Where an app wants its telemetry sent, as its own environment variables say. Followed only where the collector was told to trust its
//! apps: whoever can write a file could have telemetry sent anywhere.

use crate::reader::FileReader;
use std::sync::Arc;

/// Base address of all signals; the signal's path is appended.
const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Address of one signal, used as it is, and the path of that signal; in the order of the signals.
const OWN: [(&str, &str); 3] = [
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces"),
    ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "/v1/logs"),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics"),
];
/// Bytes of the longest address.
const LONGEST: usize = 1024;

/// Addresses by signal; empty where the app names none.
pub(super) type Endpoints = [Arc<str>; 3];

/// What one producer's files say.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Reference of the settings that were read.
    settings: i64,
    pub(super) endpoints: Endpoints,
}

impl Named {
    /// Reads them again if they changed: names of variables whose values cannot be used.
    pub(super) fn follow(&mut self, file: &mut FileReader) -> Vec<&'static str> {
        let reference = file.settings_ref();
        if reference == self.settings {
            return Vec::new();
        }
        self.settings = reference;
        let settings = file.settings();
        let mut bad = Vec::new();
        let mut value = |wanted: &'static str| {
            let (_, value) = settings
                .iter()
                .find(|(name, value)| name == wanted && !value.is_empty())?;
            let is_good = is_plain(value);
            if !is_good && !bad.contains(&wanted) {
                bad.push(wanted);
            }
            is_good.then_some(value)
        };
        self.endpoints = OWN.map(|(own, path)| {
            if let Some(own) = value(own) {
                return Arc::from(own.as_str());
            }
            value(GENERAL).map_or_else(Arc::default, |base| {
                Arc::from(format!("{}{path}", base.trim_end_matches('/')))
            })
        });
        bad
    }
}

/// An http or https address with a host and without user, password, query and fragment, all of which may be secrets or hide where it leads.
fn is_plain(address: &str) -> bool {
    let Some(rest) = address
        .strip_prefix("http://")
        .or_else(|| address.strip_prefix("https://"))
    else {
        return false;
    };
    let is_fine =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'?' | b'#' | b'\\' | b'"' | b'<' | b'>');
    address.len() <= LONGEST && !rest.is_empty() && !rest.starts_with(['/', ':']) && rest.bytes().all(is_fine)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn an_address_with_a_secret_or_without_a_host_is_none() {
        for good in ["http://localhost:4318", "https://[::1]:4318/base/", "http://a.example"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "localhost:4318",
            "file:///etc/passwd",
            "http://",
            "http:///v1",
            "http://user:word@host",
            "http://host?key=1",
            "http://host#x",
            "http://ho st",
            "http://h\u{e9}",
            "http://host\r\nx: y",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
