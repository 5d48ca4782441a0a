//! Any bytes as the server's side of a WebSocket after the handshake, cut anywhere: stanzas, then a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| finesse_notify::fuzzing::websocket_frames(input.1, usize::from(input.0)));
