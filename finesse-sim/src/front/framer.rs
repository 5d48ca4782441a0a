//! Cuts an XMPP byte stream into its header, its top-level elements and its footer.
//!
//! It looks at tags and quotes only; what stands inside of an element is the core's business. Comments, CDATA and processing instructions
//! other than the declaration are not allowed in XMPP and end the stream.

/// The largest element that is taken. Clients of Finesse send a few kilobytes.
const CAP: usize = 1024 * 1024;

/// One piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `<stream:stream …>`
    Header,
    /// A whole top-level element.
    Element(String),
    /// `</stream:stream>`
    Footer,
}

/// What came is not XMPP.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotXmpp(pub(crate) &'static str);

/// Collects bytes until a piece is whole.
#[derive(Debug, Default)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
}

impl Framer {
    /// Takes bytes in.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Loses what was taken in and is not handled yet.
    pub(crate) fn forget(&mut self) {
        self.buffer.clear();
    }

    /// The next whole piece, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, NotXmpp> {
        let blank = self.buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.buffer.drain(..blank);
        if self.buffer.len() > CAP {
            return Err(NotXmpp("policy-violation"));
        }
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(open) = find(&self.buffer[at..], b'<').map(|offset| at + offset) {
            let Some(close) = tag_end(&self.buffer[open..]).map(|offset| open + offset) else {
                return Ok(None);
            };
            let tag = &self.buffer[open..=close];
            at = close + 1;
            if tag.starts_with(b"<?xml") && depth == 0 {
                self.buffer.drain(..at);
                return self.next();
            }
            if tag.starts_with(b"<!") || tag.starts_with(b"<?") {
                return Err(NotXmpp("restricted-xml"));
            }
            if depth == 0 && tag.starts_with(b"<stream:stream") {
                self.buffer.drain(..at);
                return Ok(Some(Piece::Header));
            }
            if tag.starts_with(b"</") {
                if depth == 0 {
                    self.buffer.drain(..at);
                    return Ok(Some(Piece::Footer));
                }
                depth -= 1;
            } else if !tag.ends_with(b"/>") {
                depth += 1;
            }
            if depth == 0 {
                let element: Vec<u8> = self.buffer.drain(..at).collect();
                return String::from_utf8(element)
                    .map(|xml| Some(Piece::Element(xml)))
                    .map_err(|_| NotXmpp("not-well-formed"));
            }
        }
        Ok(None)
    }
}

fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// The offset of the `>` that ends a tag, outside of quotes.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (offset, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'>') => return Some(offset),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "<?xml version='1.0'?><stream:stream to='a>b' xmlns='jabber:client'><auth x='1'>AD</auth> <presence/><iq><a/><b>x</b></iq></stream:stream>";

    fn pieces(chunk: usize) -> Vec<Piece> {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for bytes in STREAM.as_bytes().chunks(chunk) {
            framer.push(bytes);
            while let Some(piece) = framer.next().unwrap() {
                found.push(piece);
            }
        }
        found
    }

    #[test]
    fn the_same_pieces_come_out_wherever_the_bytes_are_split() {
        let whole = pieces(STREAM.len());
        assert_eq!(whole.len(), 5);
        assert_eq!(whole[1], Piece::Element("<auth x='1'>AD</auth>".into()));
        for chunk in 1..STREAM.len() {
            assert_eq!(pieces(chunk), whole);
        }
    }

    #[test]
    fn a_comment_or_an_endless_element_ends_the_stream() {
        let mut framer = Framer::default();
        framer.push(b"<!-- x -->");
        assert!(framer.next().is_err());
        let mut framer = Framer::default();
        framer.push(&vec![b'x'; CAP + 1]);
        assert!(framer.next().is_err());
    }
}
