//! What the fuzz targets ask, and the same questions over a corpus as an ordinary test. Not part of the interface.
//!
//! Invariant: whatever the text is, nothing panics, and what is taken in can be written and taken in again.

use crate::stanza::Frame;

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
