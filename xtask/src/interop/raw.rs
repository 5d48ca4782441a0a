//! A hand-made XMPP client: log in, send, read whole stanzas.
//!
//! It shares no code with `finesse-notify` on purpose: a mistake in reading or writing stanzas must not cancel itself out.
//! It trusts its peer, a server that this run started itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::splitter::Splitter;
use crate::report::Failure;

/// How long the server may take over any one answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Whom to log in, and where.
pub(crate) struct Account<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) domain: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) tls: Arc<ClientConfig>,
}

/// A logged-in user that has said it is there.
pub(crate) struct Raw {
    stream: TlsStream<TcpStream>,
    splitter: Splitter,
    domain: String,
    count: u64,
}

impl Raw {
    /// Logs in and announces itself as available.
    pub(crate) async fn login(account: &Account<'_>) -> Result<Self, Failure> {
        let socket = TcpStream::connect(account.address).await?;
        socket.set_nodelay(true)?;
        // The server answers only to names it is configured for.
        let name = ServerName::try_from(account.domain.to_owned())?;
        let stream = TlsConnector::from(Arc::clone(&account.tls)).connect(name, socket).await?;
        let mut raw =
            Self { stream, splitter: Splitter::default(), domain: account.domain.to_owned(), count: 0 };
        raw.open_stream().await?;
        let secret = base64::engine::general_purpose::STANDARD
            .encode(format!("\0{}\0{}", account.user, account.password));
        raw.send(&format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
        ))
        .await?;
        raw.wait_for(|stanza| stanza.starts_with("<success")).await?;
        raw.splitter = Splitter::default();
        raw.open_stream().await?;
        let resource = account.resource;
        raw.ask(
            None,
            &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind>"),
        )
        .await?;
        raw.presence(true).await?;
        Ok(raw)
    }

    /// The domain of the user.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// Says whether the user is there.
    pub(crate) async fn presence(&mut self, available: bool) -> Result<(), Failure> {
        let stanza = if available {
            "<presence><priority>0</priority></presence>"
        } else {
            "<presence type='unavailable'/>"
        };
        self.send(stanza).await
    }

    /// Sends an iq and waits for its result.
    pub(crate) async fn ask(&mut self, to: Option<&str>, body: &str) -> Result<(), Failure> {
        self.count += 1;
        let id = format!("pub-{}", self.count);
        let to = to.map(|to| format!(" to='{to}'")).unwrap_or_default();
        self.send(&format!("<iq type='set' id='{id}'{to}>{body}</iq>")).await?;
        let answer = self
            .wait_for(|stanza| {
                stanza.starts_with("<iq") && head(stanza).replace('"', "'").contains(&format!("id='{id}'"))
            })
            .await?;
        if head(&answer).replace('"', "'").contains("type='result'") {
            return Ok(());
        }
        Err(Failure::new(format!("the server refused {body}: {answer}")))
    }

    async fn open_stream(&mut self) -> Result<(), Failure> {
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
            self.domain
        );
        self.send(&header).await?;
        self.wait_for(|stanza| stanza.starts_with("<stream:features")).await.map(drop)
    }

    async fn send(&mut self, text: &str) -> Result<(), Failure> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Reads stanzas until one is wanted. A failure or a stream error ends the wait at once.
    async fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String, Failure> {
        let reading = async {
            loop {
                let stanza = self.next().await?;
                if wanted(&stanza) {
                    return Ok(stanza);
                }
                if stanza.starts_with("<failure") || stanza.starts_with("<stream:error") {
                    return Err(Failure::new(format!("the server refused the hand-made client: {stanza}")));
                }
            }
        };
        timeout(ANSWER, reading)
            .await
            .unwrap_or_else(|_| Err(Failure::new("the server did not answer the hand-made client in time")))
    }

    /// The next whole stanza. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        let mut chunk = [0_u8; 8192];
        loop {
            if let Some(stanza) = self.splitter.next() {
                return Ok(stanza);
            }
            let count = self.stream.read(&mut chunk).await?;
            if count == 0 {
                return Err(Failure::new("the server closed the hand-made client's connection"));
            }
            self.splitter.push(chunk.get(..count).unwrap_or_default());
        }
    }
}

/// The opening tag of a stanza.
fn head(stanza: &str) -> &str {
    stanza.split_inclusive('>').next().unwrap_or(stanza)
}
