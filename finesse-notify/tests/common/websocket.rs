//! A scripted WebSocket server over in-memory pipes.

use finesse_notify::{Link, Stanza, WebSocketConnect, open};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{JID, all_wait, config, pipes};

pub const URL: &str = "wss://fin-a.lab.example:8445/ws";
// As servers write them.
pub const OPEN: &str = "<open from='fin-a.lab.example' id='4hq0t7c2mn' xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='en' version='1.0'/>";
pub const FEATURES: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
pub const FEATURES_2: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session></stream:features>";
pub const SUCCESS: &str = "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>";
pub const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

/// One frame of a server: not masked.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        short @ 0..=125 => out.push(short as u8),
        medium @ 126..=65_535 => {
            out.push(126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    out
}

/// The server's end of one connection.
pub struct Server {
    pub io: DuplexStream,
    pub heard: Vec<u8>,
}

impl Server {
    pub fn new(io: DuplexStream) -> Self {
        Self { io, heard: Vec::new() }
    }

    pub async fn read(&mut self) -> bool {
        self.io.read_buf(&mut self.heard).await.is_ok_and(|length| length > 0)
    }

    /// The head of the request.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                return String::from_utf8(self.heard.drain(..at + 4).collect()).unwrap();
            }
            assert!(self.read().await, "the client went away");
        }
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        // A client that has seen enough may be gone.
        let _ = self.io.write_all(bytes).await;
    }

    pub async fn say(&mut self, text: &str) {
        self.raw(&frame(0x81, text.as_bytes())).await;
    }

    pub async fn upgrade(&mut self) {
        self.upgrade_to("Sec-WebSocket-Protocol: xmpp\r\n").await;
    }

    pub async fn upgrade_to(&mut self, protocol: &str) -> String {
        let head = self.head().await;
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
        let accept = derive_accept_key(key.as_bytes());
        self.raw(
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
            )
            .as_bytes(),
        )
        .await;
        head
    }

    /// The next frame of the client, unmasked: first byte and payload.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, second, rest @ ..] = self.heard.as_slice() {
                assert_eq!(second & 0x80, 0x80, "a client masks");
                let (length, wide) = match second & 0x7F {
                    126 if rest.len() >= 2 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), 2),
                    short @ 0..=125 => (usize::from(short), 0),
                    _ => (1 << 30, 0),
                };
                if rest.len() >= wide + 4 + length {
                    let mask = &rest[wide..wide + 4];
                    let payload = rest[wide + 4..wide + 4 + length].iter().zip(mask.iter().cycle());
                    let found = (*first, payload.map(|(byte, mask)| byte ^ mask).collect());
                    self.heard.drain(..2 + wide + 4 + length);
                    return Some(found);
                }
            }
            if !self.read().await {
                return None;
            }
        }
    }

    pub async fn hear(&mut self, name: &str) -> Stanza {
        let (first, payload) = self.frame().await.expect("the client went away");
        assert_eq!(first, 0x81, "one whole text frame");
        let stanza = Stanza::parse(std::str::from_utf8(&payload).unwrap()).unwrap();
        assert_eq!(stanza.name(), name);
        stanza
    }

    /// The client says nothing before it is answered.
    pub async fn hear_nothing(&mut self) {
        tokio::select! {
            biased;
            _ = self.read() => panic!("the client went on unasked"),
            () = all_wait() => assert!(self.heard.is_empty(), "the client went on unasked"),
        }
    }

    pub async fn opened(&mut self) {
        let open = self.hear("open").await;
        assert_eq!(open.namespace(), "urn:ietf:params:xml:ns:xmpp-framing");
        assert_eq!(
            (open.attribute("to"), open.attribute("version")),
            (Some("fin-a.lab.example"), Some("1.0"))
        );
        self.say(OPEN).await;
    }

    pub async fn result(&mut self, iq: &Stanza, inside: &str) {
        let id = iq.attribute("id").unwrap();
        self.say(&format!("<iq xmlns='jabber:client' type='result' id='{id}'>{inside}</iq>")).await;
    }

    pub async fn login(&mut self) {
        self.upgrade().await;
        self.opened().await;
        self.say(FEATURES).await;
        self.hear("auth").await;
        self.say(SUCCESS).await;
        self.opened().await;
        self.say(FEATURES_2).await;
        let bind = self.hear("iq").await;
        assert_eq!(bind.namespace(), "jabber:client", "every stanza declares it");
        self.result(
            &bind,
            &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>"),
        )
        .await;
        let session = self.hear("iq").await;
        self.result(&session, "").await;
        self.hear("presence").await;
    }
}

pub fn connect() -> (WebSocketConnect, UnboundedSender<DuplexStream>) {
    let (dialer, give) = pipes();
    (WebSocketConnect::new(dialer, URL).unwrap(), give)
}

pub fn pipe(give: &UnboundedSender<DuplexStream>) -> Server {
    let (ours, theirs) = tokio::io::duplex(4 << 20);
    give.send(theirs).unwrap();
    Server::new(ours)
}

pub async fn linked_with(cap: usize) -> (Link, Server) {
    let (connect, give) = connect();
    let connect = connect.message_cap(cap);
    let mut server = pipe(&give);
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), server.login());
    (link.unwrap(), server)
}

pub async fn linked() -> (Link, Server) {
    linked_with(1 << 20).await
}
