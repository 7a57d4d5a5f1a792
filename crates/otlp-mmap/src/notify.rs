//! The service manager's notification socket (`sd_notify`): one datagram a message.

use std::io;

/// Sends `state` (as in `READY=1`) to the socket that `NOTIFY_SOCKET` names: a path, or a name in Linux' abstract namespace after `@`.
///
/// # Errors
/// The socket does not take it.
#[cfg(unix)]
pub fn notify(socket: &str, state: &str) -> io::Result<()> {
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}

/// There is no such socket on this system.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn notify(_socket: &str, _state: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    fn received(socket: &UnixDatagram) -> String {
        let mut space = [0; 64];
        let length = socket.recv(&mut space).unwrap();
        String::from_utf8(space[..length].to_vec()).unwrap()
    }

    #[test]
    fn messages_reach_a_socket_by_its_path_and_by_its_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        notify(path.to_str().unwrap(), "READY=1").unwrap();
        assert_eq!(received(&socket), "READY=1");

        let name = format!("otlp-mmap-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        notify(&format!("@{name}"), "STOPPING=1").unwrap();
        assert_eq!(received(&socket), "STOPPING=1");
    }

    #[test]
    fn nobody_who_listens_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(notify(folder.path().join("none").to_str().unwrap(), "READY=1").is_err());
    }
}
