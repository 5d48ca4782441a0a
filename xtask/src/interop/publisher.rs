//! The `finesse` user of one side: a hand-made XMPP client that publishes what Finesse would publish.
//!
//! It shares no code with `finesse-notify` on purpose: a mistake in reading or writing stanzas must not cancel itself out.
//! It is as small as a publisher can be: log in, send presence, create nodes, publish, read whole stanzas.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use quick_xml::escape::escape;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pki::Authority;
use super::prosody::{FINESSE, Prosody, password};
use super::splitter::Splitter;
use crate::report::Failure;

/// How long the server may take over any one answer.
const ANSWER: Duration = Duration::from_secs(15);

/// A logged-in `finesse` user.
pub(crate) struct Publisher {
    stream: TlsStream<TcpStream>,
    splitter: Splitter,
    domain: String,
    pubsub: String,
    count: u64,
}

impl Publisher {
    /// Logs in and announces itself as available.
    pub(crate) async fn login(server: &Prosody, authority: &Authority) -> Result<Self, Failure> {
        let stream = connect(server.xmpp(), server.domain(), authority).await?;
        let mut publisher = Self {
            stream,
            splitter: Splitter::default(),
            domain: server.domain().to_owned(),
            pubsub: server.pubsub_domain(),
            count: 0,
        };
        publisher.open_stream().await?;
        let secret =
            base64::engine::general_purpose::STANDARD.encode(format!("\0{FINESSE}\0{}", password(FINESSE)));
        publisher
            .send(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
            ))
            .await?;
        publisher.wait_for(|stanza| stanza.starts_with("<success")).await?;
        publisher.splitter = Splitter::default();
        publisher.open_stream().await?;
        publisher
            .ask(None, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>webapp</resource></bind>")
            .await?;
        publisher.presence(true).await?;
        Ok(publisher)
    }

    /// Creates a node the way Finesse keeps its own: nothing stored, nothing sent on subscribing. One that outlived a restart
    /// of the server is as good.
    pub(crate) async fn create(&mut self, node: &str) -> Result<(), Failure> {
        let node = escape(node);
        let field = |name: &str, value: &str| format!("<field var='{name}'><value>{value}</value></field>");
        let form = [
            field("FORM_TYPE", "http://jabber.org/protocol/pubsub#node_config"),
            field("pubsub#persist_items", "0"),
            field("pubsub#send_last_published_item", "never"),
        ]
        .concat();
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='{node}'/>\
             <configure><x xmlns='jabber:x:data' type='submit'>{form}</x></configure></pubsub>"
        );
        match self.ask_pubsub(&body).await {
            Err(refused) if refused.to_string().contains("<conflict") => Ok(()),
            outcome => outcome,
        }
    }

    /// Subscribes a user's bare JID, as Finesse does for every agent without being asked.
    pub(crate) async fn subscribe_user(&mut self, node: &str, user: &str) -> Result<(), Failure> {
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='{}'>\
             <subscription jid='{user}@{}' subscription='subscribed'/></subscriptions></pubsub>",
            escape(node),
            self.domain
        );
        self.ask_pubsub(&body).await
    }

    /// Publishes an `Update`, escaped once into the text of `notification`.
    pub(crate) async fn publish(&mut self, node: &str, item: &str, update: &str) -> Result<(), Failure> {
        let body = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{}'><item id='{}'>\
             <notification xmlns='http://jabber.org/protocol/pubsub'>{}</notification></item></publish></pubsub>",
            escape(node),
            escape(item),
            escape(update)
        );
        self.ask_pubsub(&body).await
    }

    /// Says whether the web application is up.
    pub(crate) async fn presence(&mut self, available: bool) -> Result<(), Failure> {
        self.send(if available {
            "<presence><priority>0</priority></presence>"
        } else {
            "<presence type='unavailable'/>"
        })
        .await
    }

    async fn ask_pubsub(&mut self, body: &str) -> Result<(), Failure> {
        let to = self.pubsub.clone();
        self.ask(Some(&to), body).await
    }

    /// Sends an iq and waits for its result.
    async fn ask(&mut self, to: Option<&str>, body: &str) -> Result<(), Failure> {
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
                    return Err(Failure::new(format!("the server refused the publisher: {stanza}")));
                }
            }
        };
        timeout(ANSWER, reading)
            .await
            .unwrap_or_else(|_| Err(Failure::new("the server did not answer the publisher in time")))
    }

    /// The next whole stanza.
    async fn next(&mut self) -> Result<String, Failure> {
        let mut chunk = [0_u8; 8192];
        loop {
            if let Some(stanza) = self.splitter.next() {
                return Ok(stanza);
            }
            let count = self.stream.read(&mut chunk).await?;
            if count == 0 {
                return Err(Failure::new("the server closed the publisher's connection"));
            }
            self.splitter.push(chunk.get(..count).unwrap_or_default());
        }
    }
}

async fn connect(
    address: SocketAddr,
    domain: &str,
    authority: &Authority,
) -> Result<TlsStream<TcpStream>, Failure> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    // The server answers only to names it is configured for.
    let name = ServerName::try_from(domain.to_owned())?;
    Ok(TlsConnector::from(authority.client_config()?).connect(name, socket).await?)
}

/// The opening tag of a stanza.
fn head(stanza: &str) -> &str {
    stanza.split_inclusive('>').next().unwrap_or(stanza)
}
