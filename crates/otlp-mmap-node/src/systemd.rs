//! The service manager's notification socket (`sd_notify`): one datagram a message.

use napi::{Error, Result};
use napi_derive::napi;

/// Sends `state` (as in `READY=1`) to the socket that `NOTIFY_SOCKET` names: a path, or a name in the abstract namespace after `@`.
///
/// # Errors
/// The socket does not take it.
#[napi]
pub fn notify_service_manager(socket: String, state: String) -> Result<()> {
    send(&socket, state.as_bytes()).map_err(|error| Error::from_reason(error.to_string()))
}

#[cfg(unix)]
fn send(socket: &str, state: &[u8]) -> std::io::Result<()> {
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state, &address)?;
    Ok(())
}

#[cfg(not(unix))]
fn send(_socket: &str, _state: &[u8]) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
