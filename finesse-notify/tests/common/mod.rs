//! What the tests of this crate share: an in-memory transport with a scripted server end.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test programs, each of which uses a part"
)]

#[cfg(feature = "bosh")]
pub mod bosh;
pub mod peer;
#[cfg(feature = "websocket")]
pub mod websocket;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use finesse_model::UserId;
use finesse_notify::{
    Connect, EndCause, Event, Frame, Link, LinkError, Notification, SessionConfig, SessionConfigBuilder,
    Stanza, Transport, open,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub const SECRET: &str = "hunter2-s3cret";
pub const JID: &str = "40217@fin-a.lab.example/r";
pub const FEATURES: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms \
    xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
pub const FEATURES_2: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
    <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>";

pub fn config() -> SessionConfigBuilder {
    SessionConfig::builder(UserId::new("40217").unwrap(), SECRET.to_owned().into(), "fin-a.lab.example")
        .resource("r")
        .seed(1)
}

/// What the client did.
#[derive(Debug)]
pub enum Did {
    Sent(Stanza),
    Restarted,
    Closed,
}

pub struct Scripted {
    inbound: UnboundedReceiver<Result<Frame, LinkError>>,
    did: UnboundedSender<Did>,
    stuck: Arc<AtomicBool>,
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&mut self, stanza: Stanza) -> Result<(), LinkError> {
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.did.send(Did::Sent(stanza)).map_err(|_| LinkError::new(EndCause::Network, "server end dropped"))
    }
    async fn next(&mut self) -> Result<Frame, LinkError> {
        self.inbound
            .recv()
            .await
            .unwrap_or_else(|| Err(LinkError::new(EndCause::Network, "server end dropped")))
    }
    async fn restart(&mut self) -> Result<(), LinkError> {
        self.did.send(Did::Restarted).map_err(|_| LinkError::new(EndCause::Network, "server end dropped"))
    }
    async fn close(&mut self) {
        let _ = self.did.send(Did::Closed);
    }
}

/// The server's end of a scripted transport.
pub struct Server {
    /// While set, the client's writing gets nowhere.
    pub stuck: Arc<AtomicBool>,
    say: UnboundedSender<Result<Frame, LinkError>>,
    did: UnboundedReceiver<Did>,
}

/// Hands out one scripted transport per connect.
pub struct ScriptedConnect {
    next: Mutex<Vec<Scripted>>,
}

pub fn scripted() -> (ScriptedConnect, Server) {
    let (say, inbound) = unbounded_channel();
    let (did, log) = unbounded_channel();
    let stuck = Arc::new(AtomicBool::new(false));
    let scripted = Scripted { inbound, did, stuck: Arc::clone(&stuck) };
    (ScriptedConnect { next: Mutex::new(vec![scripted]) }, Server { stuck, say, did: log })
}

#[async_trait]
impl Connect for ScriptedConnect {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        assert_eq!(domain, "fin-a.lab.example");
        Ok(Box::new(self.next.lock().unwrap().pop().expect("a second attempt was made")))
    }
    fn describe(&self) -> String {
        "script".to_owned()
    }
}

impl Server {
    pub fn say(&self, xml: &str) {
        self.say.send(Ok(Frame::new(xml))).unwrap();
    }

    pub fn break_with(&self, kind: EndCause) {
        self.say.send(Err(LinkError::new(kind, "scripted"))).unwrap();
    }

    pub async fn did(&mut self) -> Did {
        tokio::time::timeout(Duration::from_secs(3600), self.did.recv())
            .await
            .expect("the client did nothing")
            .expect("the client is gone")
    }

    /// The next stanza from the client, which must have this name.
    pub async fn hear(&mut self, name: &str) -> Stanza {
        match self.did().await {
            Did::Sent(stanza) => {
                assert_eq!(stanza.name(), name, "{}", stanza.to_xml());
                stanza
            }
            other => panic!("expected <{name}>, but the client did {other:?}"),
        }
    }

    pub fn nothing_more(&mut self) {
        if let Ok(did) = self.did.try_recv() {
            panic!("unexpected: {did:?}");
        }
    }

    pub fn result(&self, iq: &Stanza, inside: &str) {
        self.say(&format!("<iq type='result' id='{}'>{inside}</iq>", iq.attribute("id").unwrap()));
    }

    pub fn error(&self, iq: &Stanza, condition: &str) {
        self.say(&format!(
            "<iq type='error' id='{}'><error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
            iq.attribute("id").unwrap()
        ));
    }

    pub async fn authenticate(&mut self) {
        self.say(FEATURES);
        self.hear("auth").await;
        self.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        assert!(matches!(self.did().await, Did::Restarted));
        self.say(FEATURES_2);
    }

    /// Plays a whole successful login.
    pub async fn login(&mut self) {
        self.authenticate().await;
        let bind = self.hear("iq").await;
        self.result(
            &bind,
            &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>"),
        );
        let session = self.hear("iq").await;
        self.result(&session, "");
        let presence = self.hear("presence").await;
        assert_eq!(presence.child("priority").unwrap().text(), "0");
    }
}

/// A link that is logged in, and the server's end of it.
pub async fn linked(config: SessionConfigBuilder) -> (Link, Server) {
    let (connect, mut server) = scripted();
    let config = config.build().unwrap();
    let (link, ()) = tokio::join!(open(&connect, config), server.login());
    (link.unwrap(), server)
}

pub fn update(source: &str) -> String {
    format!(
        "&lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;source&gt;{source}&lt;/source&gt;&lt;data&gt;&lt;/data&gt;&lt;/Update&gt;"
    )
}

pub fn event(id: &str, source: &str) -> String {
    format!(
        "<message from='pubsub.fin-a.lab.example' to='40217@fin-a.lab.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>\
         <items node='{source}'><item id='{id}'><notification xmlns='urn:xmpp:push:0'>{}</notification></item></items></event></message>",
        update(source)
    )
}

pub fn notification(event: Option<Event>) -> Notification {
    match event {
        Some(Event::Notification(n)) => n,
        other => panic!("expected a notification, got {other:?}"),
    }
}

pub fn end(event: Option<Event>) -> LinkError {
    match event {
        Some(Event::Ended(cause)) => cause,
        other => panic!("expected the end, got {other:?}"),
    }
}

/// Waits until everybody else does. Sound under `start_paused` only: with the clock stopped the runtime lets time pass only when every task
/// waits, so that even the shortest time is over after all that could happen.
pub async fn all_wait() {
    time_passes(Duration::from_millis(1)).await;
}

/// Lets so much time pass, with every timer on the way at its moment, where `advance` would jump over them. Sound for the same reason, and as
/// quick: nothing real is waited for.
pub async fn time_passes(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A dialer that hands out prepared byte streams, in order.
pub struct PipeDialer {
    pipes: tokio::sync::Mutex<UnboundedReceiver<tokio::io::DuplexStream>>,
}

pub fn pipes() -> (Arc<PipeDialer>, UnboundedSender<tokio::io::DuplexStream>) {
    let (give, take) = unbounded_channel();
    (Arc::new(PipeDialer { pipes: tokio::sync::Mutex::new(take) }), give)
}

#[async_trait]
impl finesse_net::Dialer for PipeDialer {
    async fn dial(
        &self,
        target: &finesse_net::Target,
    ) -> Result<Box<dyn finesse_net::Io>, finesse_net::DialError> {
        match self.pipes.lock().await.recv().await {
            Some(pipe) => Ok(Box::new(pipe)),
            None => {
                Err(finesse_net::DialError::new(finesse_net::DialErrorKind::Refused, target, "no more pipes"))
            }
        }
    }

    /// The encrypted connection is another pipe, so that what was written before can be told from what was written after.
    async fn secure(
        &self,
        target: &finesse_net::Target,
        _plain: Box<dyn finesse_net::Io>,
    ) -> Result<Box<dyn finesse_net::Io>, finesse_net::DialError> {
        self.dial(target).await
    }
}
