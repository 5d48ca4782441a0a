//! Any bytes, cut anywhere: the same pieces come out as of the whole.
#![no_main]

use finesse_model::framer::{Framer, Piece, Rules};
use libfuzzer_sys::fuzz_target;

const CAP: usize = 4096;

/// The pieces of these bytes, given in chunks of this size, and whether an error came.
fn pieces(rules: Rules, bytes: &[u8], chunk: usize) -> (Vec<(Piece, Vec<u8>)>, bool) {
    let mut framer = Framer::new(rules, CAP);
    let (mut buffer, mut found) = (Vec::new(), Vec::new());
    for part in bytes.chunks(chunk) {
        buffer.extend_from_slice(part);
        loop {
            match framer.find(&buffer) {
                Ok(Some(one)) => {
                    if one.piece != Piece::Blank {
                        found.push((one.piece, buffer[one.range.clone()].to_vec()));
                    }
                    buffer.drain(..one.range.end);
                }
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
    }
    (found, false)
}

fuzz_target!(|input: (bool, u8, &[u8])| {
    let (stream, chunk, bytes) = input;
    let rules = if stream { Rules::Stream } else { Rules::Document };
    let whole = pieces(rules, bytes, bytes.len().max(1));
    assert_eq!(pieces(rules, bytes, usize::from(chunk).max(1)), whole);
});
