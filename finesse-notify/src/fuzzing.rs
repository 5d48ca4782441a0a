//! What the fuzz targets ask, and the same questions over a corpus as an ordinary test. Not part of the interface.
//!
//! Invariant: whatever the text is, nothing panics, and what is taken in can be written and taken in again. Of a peer's bytes no more comes out
//! than went in, and after the first error nothing more.

use crate::stanza::Frame;
use crate::websocket::frames_of as websocket_frames_of;

/// Reads a text as one stanza, by the quick reader and by the tree.
pub fn stanza(text: &str) {
    crate::session::check_readers(text);
    if let Ok(stanza) = Frame::new(text).parse() {
        let again = Frame::new(stanza.to_xml()).parse();
        assert!(again.is_ok(), "written, it cannot be read: {}", stanza.to_xml());
    }
}

/// Reads a text as the answer to a BOSH request, and every stanza in it.
pub fn bosh_body(text: &str) {
    for frame in crate::bosh::frames_of(text).into_iter().flatten() {
        stanza(frame.as_str());
    }
}

/// The largest WebSocket message that the target takes: small, so that a fuzzer finds the way beyond it.
const MESSAGE_CAP: usize = 4096;

/// The frame with which a server opens its stream.
const OPEN: &[u8] = b"\x81\x33<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

/// Reads bytes as the server's side of a WebSocket after the handshake, behind the server's `open` if it has `opened`, given whole and in
/// chunks of this size: frames come out, and then one typed error.
pub fn websocket_frames(opened: bool, bytes: &[u8], chunk: usize) {
    let bytes = &[if opened { OPEN } else { b"" }, bytes].concat();
    let (frames, error) = websocket_frames_of(bytes, bytes.len().max(1), MESSAGE_CAP);
    assert!(!error.to_string().is_empty());
    let taken: usize = frames.iter().map(|frame| frame.as_str().len()).sum();
    assert!(taken <= bytes.len(), "{taken} bytes came out of {}", bytes.len());
    for frame in &frames {
        assert!(frame.as_str().len() <= MESSAGE_CAP);
        stanza(frame.as_str());
    }
    let (again, same) = websocket_frames_of(bytes, chunk.max(1), MESSAGE_CAP);
    assert_eq!(again.len(), frames.len(), "cut differently, other frames come out");
    assert!(again.iter().zip(&frames).all(|(one, other)| one.as_str() == other.as_str()));
    assert_eq!(same.kind(), error.kind(), "{same} instead of {error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORPUS: [&str; 8] = [
        "<message from='pubsub.d' to='a@d/r'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/n'><item id='1'>\
         <notification xmlns='urn:xmpp:push:0'>&lt;Update&gt;&lt;event&gt;put&lt;/event&gt;&lt;source&gt;/s/R&amp;amp;D&lt;/source&gt;\
         &lt;/Update&gt;</notification></item></items></event><delay xmlns='urn:xmpp:delay'/></message>",
        "<message><event><items node='/n'><item id='2'><notification><Update><event>PUT</event><source>/s</source></Update></notification>\
         </item><retract id='1'/></items><delete node='/n'/></event></message>",
        "<iq type='set' id='x'><query xmlns='jabber:iq:roster'><item jid='\u{e9}@b'/></query></iq>",
        "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:stream='http://etherx.jabber.org/streams' sid='a' wait='30' ack='1'>\
         <stream:features><bind/></stream:features></body>",
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='item-not-found'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind'><message><event><items node='n'><item><notification>{}</notification></item>\
         </items></event></message><presence/></body>",
        "<!DOCTYPE html><html><body><br></body></html>",
    ];
    const PIECES: [&str; 16] = [
        "<",
        ">",
        "/>",
        "</",
        "&",
        "&#0;",
        "&#xFFFFFFFF;",
        "&lt;",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "'",
        " xmlns:a=''",
        "\u{e9}",
        "<?x?>",
    ];

    /// A frame as a server writes it: not masked. Longer ones than 64 kB stand in no corpus.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = match payload.len() {
            short @ 0..=125 => vec![short as u8],
            medium => [&[126], &(medium as u16).to_be_bytes()[..]].concat(),
        };
        [&[first], &length[..], payload].concat()
    }

    /// What servers send over a WebSocket, and what they must not.
    fn websocket_corpus() -> Vec<Vec<u8>> {
        let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='d' id='1' version='1.0'/>";
        let close = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
        let event = CORPUS[0].as_bytes();
        let opened = frame(0x81, open.as_bytes());
        let after = |rest: &[Vec<u8>]| [opened.clone(), rest.concat()].concat();
        vec![
            after(&[frame(0x81, event), frame(0x81, close.as_bytes()), frame(0x88, &[0x03, 0xE8])]),
            after(&[
                frame(0x01, &event[..40]),
                frame(0x89, b"p"),
                frame(0x00, b""),
                frame(0x80, &event[40..]),
            ]),
            after(&[frame(0x81, "<a>\u{e9}</a>".as_bytes()), frame(0x88, b"\x03\xF0policy")]),
            after(&[frame(0x82, b"binary")]),
            after(&[frame(0x81, &[b' '; MESSAGE_CAP + 1])]),
            after(&[frame(0x01, &[b' '; MESSAGE_CAP]), frame(0x80, b" ")]),
            after(&[vec![0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]]),
            after(&[vec![0x81, 0x84, 1, 2, 3, 4, 0, 0, 0, 0]]),
            after(&[frame(0xC1, b"<a/>"), frame(0x83, b""), frame(0x80, b"x")]),
            frame(0x81, b"<presence/>"),
        ]
    }

    #[test]
    fn a_damaged_websocket_is_read_without_harm() {
        let corpus = websocket_corpus();
        for bytes in &corpus {
            websocket_frames(false, bytes, 1);
            websocket_frames(true, bytes, 1);
        }
        let (frames, _) = websocket_frames_of(&corpus[1], 3, MESSAGE_CAP);
        assert_eq!(frames.len(), 1, "fragments make one message");
        let presence = [OPEN, &frame(0x81, b"<presence/>")].concat();
        assert_eq!(websocket_frames_of(&presence, 1, MESSAGE_CAP).0.len(), 1, "behind the open");
        for seed in 0..10_000 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut bytes = corpus[rng.usize(..corpus.len())].clone();
            for _ in 0..rng.usize(0..5) {
                let at = rng.usize(..bytes.len());
                match rng.u8(0..4) {
                    0 => bytes[at] = rng.u8(..),
                    1 => bytes.truncate(at.max(1)),
                    2 => bytes.insert(at, rng.u8(..)),
                    _ => drop(bytes.splice(at..at, corpus[rng.usize(..corpus.len())].iter().copied())),
                }
            }
            websocket_frames(rng.bool(), &bytes, rng.usize(1..20));
        }
    }

    #[test]
    fn a_damaged_corpus_is_read_without_harm() {
        for seed in 0..30_000 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut text = CORPUS[rng.usize(..CORPUS.len())].to_owned();
            for _ in 0..rng.usize(0..4) {
                let mut at = rng.usize(..=text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                match rng.u8(0..3) {
                    0 => text.insert_str(at, PIECES[rng.usize(..PIECES.len())]),
                    1 => text.truncate(at),
                    _ => text.insert_str(
                        at,
                        &CORPUS[rng.usize(..CORPUS.len())].chars().take(rng.usize(0..40)).collect::<String>(),
                    ),
                }
            }
            stanza(&text);
            bosh_body(&text);
        }
    }
}
