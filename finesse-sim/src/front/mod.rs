//! The front ends: they carry bytes to the core and back, and know nothing of agents or calls.

pub(crate) mod bosh;
pub(crate) mod control;
pub(crate) mod framer;
pub(crate) mod sockets;
pub(crate) mod stream;
