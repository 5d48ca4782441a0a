//! WebSocket frames as a server reads and writes them (RFC 6455), without any I/O.
//!
//! Written here and not taken from a library, so that the client's library cannot hide its own mistakes, and so that the pair can send what
//! no decent library would. Invariant: no more is kept than the largest message allowed and one header.

/// The longest header: two bytes, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;
/// Control frames carry no more.
const LONGEST_CONTROL: usize = 125;

/// A frame's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong]
            .into_iter()
            .find(|one| *one as u8 == bits)
    }
}

/// One whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary,
    Close,
    Ping(Vec<u8>),
    Pong,
}

/// Why the socket is closed: the code for the close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) u16);

const PROTOCOL: Fault = Fault(1002);
const NOT_UTF8: Fault = Fault(1007);
const TOO_LARGE: Fault = Fault(1009);

/// Collects bytes until a message is whole.
#[derive(Debug)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
    largest: usize,
    /// The fragments so far, and what they will be.
    begun: Option<(Opcode, Vec<u8>)>,
}

impl Reader {
    /// A reader of messages of at most so many bytes.
    pub(crate) fn new(largest: usize) -> Self {
        Self { buffer: Vec::new(), largest, begun: None }
    }

    /// Takes bytes in.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Loses what was taken in and is not handled yet.
    pub(crate) fn forget(&mut self) {
        self.buffer.clear();
    }

    /// The next whole message, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, Fault> {
        while let Some((last, opcode, payload)) = self.frame()? {
            match opcode {
                Opcode::Close => return Ok(Some(Message::Close)),
                Opcode::Ping => return Ok(Some(Message::Ping(payload))),
                Opcode::Pong => return Ok(Some(Message::Pong)),
                Opcode::Continuation => match &mut self.begun {
                    None => return Err(PROTOCOL),
                    Some((_, fragments)) => {
                        if fragments.len() + payload.len() > self.largest {
                            return Err(TOO_LARGE);
                        }
                        fragments.extend_from_slice(&payload);
                    }
                },
                Opcode::Text | Opcode::Binary if self.begun.is_some() => return Err(PROTOCOL),
                Opcode::Text | Opcode::Binary => self.begun = Some((opcode, payload)),
            }
            if last && let Some((opcode, payload)) = self.begun.take() {
                return match opcode {
                    Opcode::Text => {
                        String::from_utf8(payload).map(|text| Some(Message::Text(text))).map_err(|_| NOT_UTF8)
                    }
                    _ => Ok(Some(Message::Binary)),
                };
            }
        }
        Ok(None)
    }

    fn frame(&mut self) -> Result<Option<(bool, Opcode, Vec<u8>)>, Fault> {
        let [first, second, rest @ ..] = self.buffer.as_slice() else { return Ok(None) };
        let opcode = Opcode::of(first & 0x0F).ok_or(PROTOCOL)?;
        let (last, reserved, masked) = (first & 0x80 != 0, first & 0x70 != 0, second & 0x80 != 0);
        // Every frame of a client is masked, and no extension was agreed on.
        if reserved || !masked {
            return Err(PROTOCOL);
        }
        let (length, wide) = match second & 0x7F {
            126 => match rest.first_chunk::<2>() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk::<8>() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 8),
                None => return Ok(None),
            },
            short => (u64::from(short), 0),
        };
        let control = opcode as u8 >= Opcode::Close as u8;
        if control && (!last || length > LONGEST_CONTROL as u64) {
            return Err(PROTOCOL);
        }
        let Ok(length) = usize::try_from(length) else { return Err(TOO_LARGE) };
        if length > self.largest {
            return Err(TOO_LARGE);
        }
        let Some((mask, after)) = rest[wide..].split_first_chunk::<4>() else { return Ok(None) };
        let Some(payload) = after.get(..length) else { return Ok(None) };
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.buffer.drain(..2 + wide + 4 + length);
        Ok(Some((last, opcode, payload)))
    }
}

/// One frame of a server: not masked.
pub(crate) fn frame(last: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + LONGEST_HEADER);
    out.push(u8::from(last) << 7 | opcode as u8);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    out
}

/// A text message, in fragments of so many bytes if asked for. Fragments may end inside of a character.
pub(crate) fn text(text: &str, fragment: Option<usize>) -> Vec<u8> {
    let bytes = text.as_bytes();
    let Some(size) = fragment.filter(|size| *size > 0 && *size < bytes.len()) else {
        return frame(true, Opcode::Text, bytes);
    };
    let count = bytes.len().div_ceil(size);
    bytes
        .chunks(size)
        .enumerate()
        .flat_map(|(n, chunk)| {
            let opcode = if n == 0 { Opcode::Text } else { Opcode::Continuation };
            frame(n + 1 == count, opcode, chunk)
        })
        .collect()
}

/// A close frame with this code.
pub(crate) fn close(code: u16) -> Vec<u8> {
    frame(true, Opcode::Close, &code.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a client would send: the same frame, masked.
    fn masked(last: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mut out = frame(last, opcode, payload);
        out[1] |= 0x80;
        let at = out.len() - payload.len();
        let mask = [7, 1, 250, 33];
        out.splice(at..at, mask);
        for (byte, mask) in out[at + 4..].iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        out
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<Message>, Fault> {
        let mut reader = Reader::new(100_000);
        let mut all = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.push(piece);
            while let Some(message) = reader.next()? {
                all.push(message);
            }
        }
        Ok(all)
    }

    #[test]
    fn messages_are_the_same_wherever_the_bytes_are_split() {
        let long = "å".repeat(40_000);
        let bytes = [
            masked(false, Opcode::Text, b"<a"),
            masked(true, Opcode::Ping, b"p"),
            masked(true, Opcode::Continuation, b"/>"),
            masked(true, Opcode::Text, long.as_bytes()),
            masked(true, Opcode::Text, &[b'x'; 200]),
            masked(true, Opcode::Close, &[3, 232]),
        ]
        .concat();
        let whole = [
            Message::Ping(b"p".to_vec()),
            Message::Text("<a/>".into()),
            Message::Text(long),
            Message::Text("x".repeat(200)),
            Message::Close,
        ];
        for piece in [1, 2, 3, 7, 1000, bytes.len()] {
            assert_eq!(read(&bytes, piece).unwrap(), whole, "pieces of {piece}");
        }
    }

    #[test]
    fn what_a_client_must_not_send_has_its_close_code() {
        assert_eq!(read(&frame(true, Opcode::Text, b"<a/>"), 100), Err(Fault(1002)), "not masked");
        assert_eq!(read(&masked(true, Opcode::Continuation, b""), 100), Err(Fault(1002)));
        assert_eq!(read(&masked(false, Opcode::Ping, b""), 100), Err(Fault(1002)));
        assert_eq!(read(&masked(true, Opcode::Text, b"\xff"), 100), Err(Fault(1007)));
        assert_eq!(read(&masked(true, Opcode::Text, &vec![b'x'; 100_001]), 1 << 20), Err(Fault(1009)));
        let halves = [
            masked(false, Opcode::Text, &[b'x'; 60_000]),
            masked(true, Opcode::Continuation, &[b'x'; 60_000]),
        ];
        assert_eq!(read(&halves.concat(), 1 << 20), Err(Fault(1009)));
        assert_eq!(read(&[0xC1, 0x80], 100), Err(Fault(1002)), "reserved bits");
        assert_eq!(read(&[0x83, 0x80], 100), Err(Fault(1002)), "no such opcode");
    }

    #[test]
    fn a_text_in_fragments_is_begun_once_and_ended_once() {
        assert_eq!(
            text("abcde", Some(2)),
            [&[0x01, 2, b'a', b'b'][..], &[0x00, 2, b'c', b'd'], &[0x80, 1, b'e']].concat()
        );
        assert_eq!(text("ab", Some(2)), [0x81, 2, b'a', b'b']);
    }
}
