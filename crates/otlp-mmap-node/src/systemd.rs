//! Messages to the service manager.

use napi::{Error, Result};
use napi_derive::napi;

/// Sends a message such as `READY=1` to the socket that `NOTIFY_SOCKET` names.
///
/// # Errors
/// The socket does not take it.
#[napi]
pub fn notify_service_manager(socket: String, state: String) -> Result<()> {
    otlp_mmap::notify::notify(&socket, &state).map_err(|error| Error::from_reason(error.to_string()))
}
