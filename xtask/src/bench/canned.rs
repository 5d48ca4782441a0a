//! A server that plays a login and then one of a few things, without looking closely: for figures in which no server's work may show.
//!
//! What follows the login is chosen by the resource that the client binds: `events-N` publishes N dialog updates, `silent` never says
//! anything again, anything else answers pings.
//!
//! As a process of its own it speaks TLS, so that its memory is not the client's; it says in one line of JSON where it listens and which
//! certificate vouches for it, and ends when its input does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;

use finesse_net::Trust;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_rustls::TlsAcceptor;

use crate::Outcome;
use crate::payload::{VARIABLES_OF_3_9_KB, dialog_update};
use crate::report::{Failure, say};

/// The domain it calls itself.
pub(super) const DOMAIN: &str = "fin-a.lab.example";
/// Whose events it publishes.
pub(super) const AGENT: &str = "40217";
/// Events written at once.
const BATCH: usize = 64;

const HEADER: &str = "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" \
    xmlns=\"jabber:client\" from=\"fin-a.lab.example\" id=\"s1\" xml:lang=\"en\" version=\"1.0\">";

/// The dialog update as it stands inside of a stanza.
pub(super) fn escaped_update() -> String {
    dialog_update(AGENT, "16804377", VARIABLES_OF_3_9_KB)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One stanza with it.
pub(super) fn event(item: usize, update: &str) -> String {
    format!(
        "<message from=\"pubsub.{DOMAIN}\" to=\"{AGENT}@{DOMAIN}\" id=\"tX91bQz7\"><event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
         <items node=\"/finesse/api/User/{AGENT}/Dialogs\"><item id=\"3d0c6f1e-52ab-4c1b-9a77-0f8d3b6c91aa{item}\">\
         <notification xmlns=\"urn:xmpp:push:0\">{update}</notification></item></items></event></message>"
    )
}

struct Session<S> {
    io: S,
    heard: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Reads up to the end of this text.
    async fn hear(&mut self, text: &str) -> io::Result<String> {
        loop {
            if let Some(at) = self.heard.find(text) {
                let rest = self.heard.split_off(at + text.len());
                return Ok(std::mem::replace(&mut self.heard, rest));
            }
            let mut buffer = [0; 1024];
            let read = self.io.read(&mut buffer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.heard.push_str(&String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()));
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.io.write_all(text.as_bytes()).await?;
        self.io.flush().await
    }

    async fn login(&mut self) -> io::Result<String> {
        self.hear("<stream:stream").await?;
        let plain = "<mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism></mechanisms>";
        self.say(&format!("{HEADER}<stream:features>{plain}</stream:features>")).await?;
        self.hear("</auth>").await?;
        self.say("<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>").await?;
        self.hear("<stream:stream").await?;
        let bind = "<bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>";
        self.say(&format!("{HEADER}<stream:features>{bind}</stream:features>")).await?;
        let asked = self.hear("</iq>").await?;
        let resource = between(&asked, "<resource>", "</resource>").to_owned();
        let bound = format!(
            "<iq type=\"result\" id=\"{}\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><jid>{AGENT}@{DOMAIN}/{resource}</jid></bind></iq>",
            between(&asked, "id=\"", "\"")
        );
        self.say(&bound).await?;
        self.hear("</presence>").await?;
        Ok(resource)
    }
}

/// What stands between the last `begin` that is followed by `end` and that end.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let inside = text.rsplit_once(begin).map_or("", |(_, rest)| rest);
    inside.split_once(end).map_or(inside, |(inside, _)| inside)
}

/// Serves one stream to its end.
pub(super) async fn serve(io: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut session = Session { io, heard: String::new() };
    let resource = session.login().await?;
    if let Some(number) = resource.strip_prefix("events-").and_then(|number| number.parse::<usize>().ok()) {
        let update = escaped_update();
        let mut batch = String::new();
        for item in 0..number {
            batch.push_str(&event(item, &update));
            if (item + 1) % BATCH == 0 || item + 1 == number {
                session.io.write_all(batch.as_bytes()).await?;
                batch.clear();
            }
        }
        session.io.flush().await?;
    }
    session.heard = String::new();
    loop {
        let asked = session.hear("</iq>").await?;
        if resource != "silent" {
            let pong = format!("<iq type=\"result\" id=\"{}\"/>", between(&asked, "id=\"", "\""));
            session.say(&pong).await?;
        }
        session.heard.shrink_to_fit();
    }
}

/// The task of the server process.
pub(crate) fn run(_: &[String]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), DOMAIN.to_owned()])?;
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes())?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        say(&json!({ "address": listener.local_addr()?.to_string(), "ca": made.cert.pem() }).to_string());
        let mut input = BufReader::new(tokio::io::stdin()).lines();
        tokio::select! {
            // The parent holds the other end and says nothing.
            _ = input.next_line() => Ok(()),
            error = accept(&listener, &acceptor) => Err(error.into()),
        }
    })
}

async fn accept(listener: &TcpListener, acceptor: &TlsAcceptor) -> io::Error {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => return error,
        };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // A client that goes away ends its own session only.
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = serve(stream).await;
            }
        });
    }
}

/// The server process; it ends with the value.
pub(super) struct Canned {
    pub(super) address: SocketAddr,
    pub(super) trust: Trust,
    _process: Child,
}

impl Canned {
    pub(super) async fn start() -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("bench-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or_else(|| Failure::new("the bench server has no output"))?;
        let line = BufReader::new(output).lines().next_line().await?;
        let said: serde_json::Value = serde_json::from_str(&line.unwrap_or_default())?;
        let field =
            |name: &str| said.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        Ok(Self {
            address: field("address").parse()?,
            trust: Trust::ExtraCa(field("ca").into_bytes()),
            _process: process,
        })
    }
}
