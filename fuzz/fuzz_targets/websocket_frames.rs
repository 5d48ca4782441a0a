//! Any bytes as the server's side of a WebSocket after the handshake, cut anywhere: stanzas, then a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (opened, chunk, bytes) = input;
    finesse_notify::fuzzing::websocket_frames(opened, bytes, usize::from(chunk));
});
