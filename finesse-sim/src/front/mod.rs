//! The front ends: they carry bytes to the core and back, and know nothing of agents or calls.

pub(crate) mod bosh;
pub(crate) mod control;
pub(crate) mod framer;
pub(crate) mod sockets;
pub(crate) mod stream;

use std::time::Duration;

/// How long to wait after a port could not be bound again, or a connection not be accepted (out of file descriptors): tried at once, it would fail
/// again.
const RETRY: Duration = Duration::from_millis(20);
