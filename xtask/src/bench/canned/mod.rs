//! A server that plays a login and then one of a few things, without looking closely: for figures in which no server's work may show.
//!
//! It speaks TCP, WebSocket and BOSH on one port: the first byte of a client tells which. What follows the login is chosen by the resource
//! that the client binds: `events-N` publishes N dialog updates (`events-N-singly` one in each answer of BOSH), `silent` never says anything
//! again, anything else answers pings.
//!
//! As a process of its own ([`Canned`]) it speaks TLS, so that its memory and its work are not the client's; it says in one line of JSON where
//! it listens and which certificate vouches for it, and ends when its input does. On a thread of its own ([`Plain`]) it speaks without TLS.

mod bosh;
mod socket;
mod texts;
mod web;
mod websocket;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;

use finesse_net::Trust;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use self::bosh::Sessions;
use self::socket::Socket;
use self::texts::{SUCCESS, Wanted, features_after, features_before, pong};
use super::stage::on_runtime;
use crate::Outcome;
use crate::report::{Failure, say};

pub(super) use self::bosh::EVENTS_OF_AN_ANSWER;
pub(super) use self::texts::{AGENT, DOMAIN, escaped_update, event};

/// How texts travel in a stream that is not broken up into requests.
trait Framing {
    /// What a stanza must say of its namespace.
    const NAMESPACE: &'static str;

    /// Reads up to the end of this text.
    async fn hear(&mut self, text: &str) -> io::Result<String>;

    /// Says one element, perhaps not at once.
    async fn put(&mut self, text: String) -> io::Result<()>;

    /// Says at once what was put.
    async fn flush(&mut self) -> io::Result<()>;

    /// Waits until the client opens a stream, and puts our opening.
    async fn open(&mut self) -> io::Result<()>;

    /// Says one element at once.
    async fn say(&mut self, text: String) -> io::Result<()> {
        self.put(text).await?;
        self.flush().await
    }
}

/// Serves one connection to its end.
async fn serve(io: impl AsyncRead + AsyncWrite + Unpin, sessions: &Sessions) -> io::Result<()> {
    let mut socket = Socket::new(io);
    match socket.first().await? {
        b'G' => play(websocket::upgrade(socket).await?).await,
        b'P' => bosh::serve(socket, sessions).await,
        _ => play(socket).await,
    }
}

/// The login, and what follows.
async fn play<F: Framing>(mut client: F) -> io::Result<()> {
    client.open().await?;
    client.say(features_before()).await?;
    client.hear("</auth>").await?;
    client.say(SUCCESS.to_owned()).await?;
    client.open().await?;
    client.say(features_after()).await?;
    let asked = client.hear("</iq>").await?;
    let wanted = Wanted::of(&asked);
    client.say(wanted.bound(&asked)).await?;
    client.hear("<presence").await?;
    if wanted.events > 0 {
        let update = escaped_update();
        for item in 0..wanted.events {
            client.put(event(item, &update, F::NAMESPACE)).await?;
        }
        client.flush().await?;
    }
    loop {
        let asked = client.hear("</iq>").await?;
        if !wanted.silent {
            client.say(pong(&asked)).await?;
        }
    }
}

async fn accept(listener: &TcpListener, acceptor: Option<&TlsAcceptor>) -> io::Error {
    let sessions = Arc::new(Sessions::default());
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => return error,
        };
        let (acceptor, sessions) = (acceptor.cloned(), sessions.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // A client that goes away ends its own session only.
            match acceptor {
                None => drop(serve(stream, &sessions).await),
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = serve(stream, &sessions).await;
                    }
                }
            }
        });
    }
}

/// The server on a thread of this process, without TLS; it ends with the value.
pub(super) struct Plain {
    pub(super) address: SocketAddr,
    _over: oneshot::Sender<()>,
}

impl Plain {
    pub(super) fn start() -> Result<Self, Failure> {
        let (tell, told) = std::sync::mpsc::channel();
        let (over, ended) = oneshot::channel();
        std::thread::spawn(move || {
            on_runtime(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                tell.send(listener.local_addr()?)?;
                tokio::select! {
                    // The value is gone.
                    _ = ended => Ok(()),
                    error = accept(&listener, None) => Err(error.into()),
                }
            })
        });
        Ok(Self { address: told.recv()?, _over: over })
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
            error = accept(&listener, Some(&acceptor)) => Err(error.into()),
        }
    })
}

/// The server process; it ends with the value.
pub(super) struct Canned {
    pub(super) address: SocketAddr,
    pub(super) ca: String,
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
        Ok(Self { address: field("address").parse()?, ca: field("ca"), _process: process })
    }

    /// What a client must trust.
    pub(super) fn trust(&self) -> Trust {
        Trust::ExtraCa(self.ca.clone().into_bytes())
    }
}
