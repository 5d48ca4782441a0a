//! Cuts the bytes of an XMPP stream into its top-level elements, for the publisher only.
//!
//! Trusts its peer (a server this run started itself): there is no cap, and comments, CDATA and processing
//! instructions other than the XML declaration do not occur.

/// Bytes received, and how far they have been looked at.
#[derive(Default)]
pub(crate) struct Splitter {
    buffer: Vec<u8>,
}

impl Splitter {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete child of the stream. The stream's own opening and closing tags and the XML declaration are skipped.
    pub(crate) fn next(&mut self) -> Option<String> {
        let (mut depth, mut start, mut at) = (0_usize, 0_usize, 0_usize);
        while let Some((open, close)) = tag(&self.buffer, at) {
            let text = self.buffer.get(open..=close)?;
            at = close + 1;
            if depth == 0 {
                start = open;
                if text.starts_with(b"<?")
                    || text.starts_with(b"<stream:stream")
                    || text.starts_with(b"</stream:stream")
                {
                    continue;
                }
            }
            if text.starts_with(b"</") {
                depth = depth.saturating_sub(1);
            } else if !text.ends_with(b"/>") {
                depth += 1;
            }
            if depth == 0 {
                let stanza = String::from_utf8_lossy(self.buffer.get(start..at)?).into_owned();
                self.buffer.drain(..at);
                return Some(stanza);
            }
        }
        None
    }
}

/// Where the next tag begins and ends. A `>` inside an attribute's quotes does not end it.
fn tag(buffer: &[u8], from: usize) -> Option<(usize, usize)> {
    let open = from + buffer.get(from..)?.iter().position(|byte| *byte == b'<')?;
    let mut quote = None;
    for (index, byte) in buffer.iter().enumerate().skip(open) {
        match (quote, byte) {
            (None, b'>') => return Some((open, index)),
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(mark), byte) if *byte == mark => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Splitter;

    #[test]
    fn stanzas_come_out_whole_however_they_arrive() {
        let stream =
            b"<?xml version='1.0'?><stream:stream a='>'><a x='/>'><b/>t</a><iq id='1'/></stream:stream>";
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for byte in stream {
            splitter.push(&[*byte]);
            found.extend(splitter.next());
        }
        assert_eq!(found, ["<a x='/>'><b/>t</a>", "<iq id='1'/>"]);
    }
}
