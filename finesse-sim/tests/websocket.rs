//! XMPP over WebSocket, and STARTTLS on the plain port, byte by byte, by a client that shares no code with the pair.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::time::Duration;

use finesse_sim::profile::PlainPort;
use finesse_sim::{AgentSpec, Fault, Port, Profile, Side, Sim};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;

const FEATURES: &str = "</stream:features>";
/// The payload for agent 40217 with the password `s3cret`.
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADQwMjE3AHMzY3JldA==</auth>";
const OPEN: &str = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='fin-a.lab.example' version='1.0'/>";

fn pair(change: impl FnOnce(&mut Profile)) -> Sim {
    let mut profile = Profile::ucce();
    change(&mut profile);
    let sim = Sim::in_memory(profile, 1);
    sim.add_agent(AgentSpec::new("40217", "s3cret", "7301"));
    sim
}

fn request(path: &str, protocol: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: fin-a.lab.example:8445\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
    )
}

const XMPP: &str = "Sec-WebSocket-Protocol: xmpp\r\n";

struct Client {
    io: DuplexStream,
    heard: Vec<u8>,
}

/// One frame of the pair's.
#[derive(Debug, PartialEq)]
struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl Frame {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).unwrap()
    }
}

impl Client {
    /// Asks for an upgrade; the head of the answer.
    async fn ask(sim: &Sim, port: Port, request: &str) -> (Self, String) {
        let mut this = Self { io: sim.web(Side::A, port).unwrap(), heard: Vec::new() };
        this.io.write_all(request.as_bytes()).await.unwrap();
        loop {
            if let Some(at) = this.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8(this.heard.drain(..at + 4).collect()).unwrap();
                return (this, head);
            }
            assert!(this.read().await, "ended before the head");
        }
    }

    async fn open(sim: &Sim) -> Self {
        let (mut this, head) = Self::ask(sim, Port::Rest, &request("/ws", XMPP)).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        this.say(OPEN).await;
        let open = this.frame().await.unwrap();
        assert!(open.text().starts_with("<open from='fin-a.lab.example'"), "{}", open.text());
        this
    }

    async fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let length = self.io.read(&mut buffer).await.unwrap();
        self.heard.extend_from_slice(&buffer[..length]);
        length > 0
    }

    async fn say(&mut self, text: &str) {
        self.send(0x81, text.as_bytes()).await;
    }

    async fn send(&mut self, first: u8, payload: &[u8]) {
        let mut bytes = vec![first];
        match payload.len() {
            short @ 0..=125 => bytes.push(0x80 | short as u8),
            medium @ 126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend_from_slice(&(medium as u16).to_be_bytes());
            }
            long => {
                bytes.push(0x80 | 127);
                bytes.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        // A mask of zeros is a mask.
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(payload);
        // A socket that closes before it has read everything is the pair's right.
        let _ = self.io.write_all(&bytes).await;
    }

    /// The next frame; none at the end.
    async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let [first, second, rest @ ..] = self.heard.as_slice() {
                assert_eq!(second & 0x80, 0, "a server does not mask");
                let (length, wide) = match second {
                    126 if rest.len() >= 2 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), 2),
                    short @ 0..=125 => (usize::from(*short), 0),
                    _ => (usize::MAX / 2, 0),
                };
                if rest.len() >= wide + length {
                    let frame = Frame { first: *first, payload: rest[wide..wide + length].to_vec() };
                    self.heard.drain(..2 + wide + length);
                    return Some(frame);
                }
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn text(&mut self) -> String {
        self.frame().await.unwrap().text().to_owned()
    }

    async fn ends_with_close(&mut self, code: u16) {
        let close = self.frame().await.unwrap();
        assert_eq!((close.first, close.payload), (0x88, code.to_be_bytes().to_vec()));
        assert_eq!(self.frame().await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_in_goes_over_both_ports_and_both_spellings() {
    let sim = pair(|_| {});
    for (port, path) in [(Port::Rest, "/ws"), (Port::Rest, "/ws/"), (Port::Bosh, "/ws/"), (Port::Bosh, "/ws")]
    {
        let (mut client, head) = Client::ask(&sim, port, &request(path, XMPP)).await;
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
            "the example of the RFC: {head}"
        );
        assert!(head.contains("sec-websocket-protocol: xmpp"));
        client.say(OPEN).await;
        assert!(client.text().await.starts_with("<open "));
        let features = client.text().await;
        assert!(
            features.starts_with("<stream:features xmlns:stream=") && features.contains("<mechanism>PLAIN"),
            "{features}"
        );
        client.say(AUTH).await;
        assert!(client.text().await.starts_with("<success"));
        client.say(OPEN).await;
        assert!(client.text().await.starts_with("<open "));
        assert!(client.text().await.contains("<bind"));
        client.say("<iq xmlns='jabber:client' type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>").await;
        let bound = client.text().await;
        assert!(
            bound.contains("xmlns=\"jabber:client\"") && bound.contains("<jid>40217@fin-a.lab.example/"),
            "{bound}"
        );
        client.say("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
        assert!(client.text().await.starts_with("<close "));
        client.ends_with_close(1000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_sub_protocol_or_at_another_path_there_is_no_upgrade() {
    let sim = pair(|profile| profile.websocket.on_7443 = false);
    let status = async |port, path: &str, protocol: &str| {
        Client::ask(&sim, port, &request(path, protocol)).await.1.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status(Port::Rest, "/ws", "").await, "400");
    assert_eq!(status(Port::Rest, "/ws", "Sec-WebSocket-Protocol: chat\r\n").await, "400");
    assert_eq!(status(Port::Rest, "/ws", "Sec-WebSocket-Protocol: chat, xmpp\r\n").await, "101");
    assert_eq!(status(Port::Rest, "/wsx", XMPP).await, "404");
    assert_eq!(status(Port::Bosh, "/ws", XMPP).await, "404", "switched off here");
    sim.fault(Fault::StopNotification { side: Side::A });
    assert_eq!(status(Port::Rest, "/ws", XMPP).await, "503", "the web server lives");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_begins_wrongly_ends_with_its_condition_and_close() {
    for (first, condition) in [
        ("<presence xmlns='jabber:client'/>", "unsupported-stanza-type"),
        ("<open xmlns='urn:other' to='fin-a.lab.example'/>", "invalid-namespace"),
        ("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='other.example'/>", "host-unknown"),
    ] {
        let sim = pair(|profile| profile.websocket.checks_to = true);
        let (mut client, _) = Client::ask(&sim, Port::Rest, &request("/ws", XMPP)).await;
        client.say(first).await;
        let error = client.text().await;
        assert!(error.starts_with("<stream:error") && error.contains(condition), "{error}");
        assert!(client.text().await.starts_with("<close "));
        client.ends_with_close(1000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn frames_that_must_not_be_end_with_their_code_and_junk_is_ignored() {
    let sim = pair(|_| {});
    let mut client = Client::open(&sim).await;
    client.text().await;
    client.say("this is <no XML").await;
    client.say("<presence xmlns='jabber:client'/>").await;
    assert!(client.text().await.contains("not-authorized"), "before the log-in");

    let mut client = Client::open(&sim).await;
    client.text().await;
    client.send(0x82, b"binary").await;
    client.ends_with_close(1003).await;

    let mut client = Client::open(&sim).await;
    client.text().await;
    client.send(0x81, &vec![b' '; (1 << 20) + 1]).await;
    client.ends_with_close(1009).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_socket_is_pinged_twice_and_then_given_up() {
    // The pings of XMPP, which come besides, are not looked at here.
    let sim = pair(|profile| profile.xmpp_idle_limit = Duration::from_secs(3600));
    let mut client = Client::open(&sim).await;
    client.text().await;
    let began = tokio::time::Instant::now();
    client.frame().await.filter(|frame| frame.first == 0x89).expect("a ping");
    assert_eq!(began.elapsed(), Duration::from_secs(60));
    client.send(0x8A, b"").await;
    for _ in 0..2 {
        client.frame().await.filter(|frame| frame.first == 0x89).expect("a ping");
    }
    assert_eq!(client.frame().await, None);
    assert_eq!(began.elapsed(), Duration::from_secs(240));
}

#[tokio::test(start_paused = true)]
async fn messages_may_come_in_fragments_and_bytes_in_pieces() {
    let sim = pair(|profile| {
        profile.websocket.fragment = Some(40);
        profile.websocket.prefixed_features = false;
        profile.write_pieces = Some(3);
    });
    let (mut client, _) = Client::ask(&sim, Port::Rest, &request("/ws", XMPP)).await;
    client.say(OPEN).await;
    let mut texts = Vec::new();
    while texts.len() < 2 {
        let begin = client.frame().await.unwrap();
        assert_eq!((begin.first, begin.payload.len()), (0x01, 40));
        let mut text = begin.payload;
        loop {
            let more = client.frame().await.unwrap();
            text.extend_from_slice(&more.payload);
            if more.first == 0x80 {
                break;
            }
        }
        texts.push(String::from_utf8(text).unwrap());
    }
    assert!(texts[1].starts_with("<features xmlns=\"http://etherx.jabber.org/streams\">"), "{texts:?}");
}

/// Reads until this text has come.
async fn until(io: &mut TcpStream, text: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(text) {
        let mut buffer = [0; 1024];
        let length = io.read(&mut buffer).await.unwrap();
        assert!(length > 0, "ended after {heard}");
        heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    heard
}

const HEADER: &str = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='x' version='1.0'>";

#[tokio::test]
async fn the_plain_port_is_off_unless_switched_on() {
    let sim = Sim::serve(Profile::ucce(), 1).await.unwrap();
    let refused = TcpStream::connect(sim.addresses(Side::A).unwrap().xmpp_plain).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let sim = Sim::serve(Profile { plain_port: PlainPort::Plain, ..Profile::ucce() }, 1).await.unwrap();
    let mut io = TcpStream::connect(sim.addresses(Side::A).unwrap().xmpp_plain).await.unwrap();
    io.write_all(HEADER.as_bytes()).await.unwrap();
    let features = until(&mut io, FEATURES).await;
    assert!(features.contains("PLAIN") && !features.contains("starttls"), "{features}");
}

#[tokio::test]
async fn starttls_is_offered_and_nothing_goes_before_it_where_it_is_required() {
    let profile = Profile { plain_port: PlainPort::StartTlsRequired, ..Profile::ucce() };
    let sim = Sim::serve(profile, 1).await.unwrap();
    sim.add_agent(AgentSpec::new("40217", "s3cret", "7301"));
    let mut io = TcpStream::connect(sim.addresses(Side::A).unwrap().xmpp_plain).await.unwrap();
    io.write_all(HEADER.as_bytes()).await.unwrap();
    let features = until(&mut io, FEATURES).await;
    assert!(features.contains("<required") && !features.contains("PLAIN"), "{features}");
    io.write_all(AUTH.as_bytes()).await.unwrap();
    assert!(until(&mut io, "</failure>").await.contains("encryption-required"));
    io.write_all(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await.unwrap();
    until(&mut io, "<proceed").await;
    let mut io = encrypted(&sim, io).await;
    io.write_all(HEADER.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(FEATURES) {
        assert!(io.read_buf(&mut heard).await.unwrap() > 0);
    }
    let features = String::from_utf8(heard).unwrap();
    assert!(features.contains("PLAIN") && !features.contains("starttls"), "{features}");
    io.write_all(AUTH.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("<success") {
        assert!(io.read_buf(&mut heard).await.unwrap() > 0);
    }
}

async fn encrypted(sim: &Sim, io: TcpStream) -> tokio_rustls::client::TlsStream<TcpStream> {
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(sim.ca_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(std::sync::Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("fin-a.sim.example").unwrap();
    tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name, io).await.unwrap()
}
