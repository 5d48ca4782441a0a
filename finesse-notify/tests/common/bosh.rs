//! A scripted BOSH server over in-memory pipes.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target};
use finesse_notify::{BoshConnect, Link, Stanza, open};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{JID, config};

pub const URL: &str = "https://fin-a.lab.example:7443/http-bind/";

/// Every dial is a new connection to a server that asks the test what to answer.
pub struct ServerDialer {
    requests: UnboundedSender<Asked>,
    pub dials: AtomicUsize,
    pub down: AtomicBool,
}

/// One request that waits for its answer. Dropping it closes the connection without one.
pub struct Asked {
    pub text: String,
    pub body: Stanza,
    reply: oneshot::Sender<(u16, String)>,
}

impl Asked {
    pub fn rid(&self) -> u64 {
        self.body.attribute("rid").unwrap().parse().unwrap()
    }

    pub fn stanza(&self) -> &Stanza {
        self.body.children().next().unwrap_or_else(|| panic!("empty body {}", self.text))
    }

    pub fn answer(self, inside: &str) {
        let ack = self.rid();
        self.raw(
            200,
            &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'>{inside}</body>"),
        );
    }

    pub fn raw(self, status: u16, text: &str) {
        let _ = self.reply.send((status, text.to_owned()));
    }

    pub fn result(self, inside: &str) {
        let id = self.stanza().attribute("id").unwrap().to_owned();
        self.answer(&format!("<iq xmlns='jabber:client' type='result' id='{id}'>{inside}</iq>"));
    }
}

#[async_trait]
impl Dialer for ServerDialer {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        assert_eq!((target.host(), target.port(), target.is_tls()), ("fin-a.lab.example", 7443, true));
        if self.down.load(Ordering::SeqCst) {
            return Err(DialError::new(DialErrorKind::Refused, target, "connection refused"));
        }
        self.dials.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let requests = self.requests.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let requests = requests.clone();
            async move {
                assert_eq!(request.uri().path(), "/http-bind/");
                assert_eq!(request.headers()["host"], "fin-a.lab.example:7443");
                assert_eq!(request.headers()["content-type"], "text/xml; charset=utf-8");
                let text = String::from_utf8(request.into_body().collect().await.unwrap().to_bytes().into())
                    .unwrap();
                let body = Stanza::parse(&text).unwrap();
                let (reply, answer) = oneshot::channel();
                let _ = requests.send(Asked { text, body, reply });
                match answer.await {
                    Ok((status, text)) => Ok::<_, std::io::Error>(
                        Response::builder().status(status).body(Full::new(Bytes::from(text))).unwrap(),
                    ),
                    Err(_) => Err(std::io::Error::other("cut")),
                }
            }
        });
        tokio::spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(theirs), service)
                .await;
        });
        Ok(Box::new(ours))
    }
}

pub struct Server {
    pub asked: UnboundedReceiver<Asked>,
    pub dialer: Arc<ServerDialer>,
}

impl Server {
    pub async fn asked(&mut self) -> Asked {
        tokio::time::timeout(Duration::from_secs(3600), self.asked.recv())
            .await
            .expect("the client asks nothing")
            .unwrap()
    }

    pub async fn create(&mut self) {
        let asked = self.asked().await;
        let rid = asked.rid();
        assert!(rid < 1 << 33);
        assert_eq!(
            (asked.body.attribute("to"), asked.body.attribute("wait"), asked.body.attribute("hold")),
            (Some("fin-a.lab.example"), Some("30"), Some("1"))
        );
        asked.raw(
            200,
            &format!(
                "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:stream=\"http://etherx.jabber.org/streams\" from=\"fin-a.lab.example\" \
                 authid=\"jon5k2w1vq\" sid=\"jon5k2w1vq\" secure=\"true\" requests=\"2\" inactivity=\"30\" polling=\"5\" wait=\"30\" hold=\"1\" \
                 ack=\"{rid}\" maxpause=\"300\" ver=\"1.6\"><stream:features><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN\
                 </mechanism></mechanisms><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\">\
                 <optional/></session></stream:features></body>"
            ),
        );
    }

    /// Plays the login and returns the request that waits for news afterwards.
    pub async fn login(&mut self) -> Asked {
        self.create().await;
        let auth = self.asked().await;
        assert_eq!(auth.stanza().name(), "auth");
        auth.answer("<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>");
        let restart = self.asked().await;
        assert!(
            restart.text.contains("xmpp:restart='true'") && restart.body.children().count() == 0,
            "{}",
            restart.text
        );
        // The restart's answer carries no ack.
        restart.raw(
            200,
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:stream=\"http://etherx.jabber.org/streams\"><stream:features><bind \
             xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/></stream:features></body>",
        );
        let flight = self.asked().await;
        let names: Vec<&str> = flight.body.children().map(Stanza::name).collect();
        assert_eq!(names, ["iq", "iq", "presence"], "the second flight in one body");
        let ids: Vec<&str> = flight.body.children().filter_map(|one| one.attribute("id")).collect();
        let bind = format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>");
        let answer = format!(
            "<iq xmlns='jabber:client' type='result' id='{}'>{bind}</iq><iq xmlns='jabber:client' type='result' id='{}'/>",
            ids[0], ids[1]
        );
        flight.answer(&answer);
        self.asked().await
    }

    /// The next request with a stanza of this name. A waiting empty one before it is released, as servers do.
    pub async fn data(&mut self, name: &str) -> Asked {
        let mut asked = self.asked().await;
        while asked.body.children().count() == 0 {
            let next = self.asked().await;
            let ack = next.rid();
            asked.raw(200, &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'/>"));
            asked = next;
        }
        assert_eq!(asked.stanza().name(), name, "{}", asked.text);
        asked
    }
}

pub fn server() -> (BoshConnect, Server) {
    let (requests, asked) = unbounded_channel();
    let dialer =
        Arc::new(ServerDialer { requests, dials: AtomicUsize::new(0), down: AtomicBool::new(false) });
    let connect = BoshConnect::new(Arc::clone(&dialer) as Arc<dyn Dialer>, URL).unwrap().seed(5);
    (connect, Server { asked, dialer })
}

/// A link that is logged in, the server, and the request waiting there.
pub async fn linked() -> (Link, Server, Asked) {
    let (connect, mut server) = server();
    let (link, held) = tokio::join!(open(&connect, config().build().unwrap()), server.login());
    (link.unwrap(), server, held)
}

impl Server {
    /// Releases the held request when the next one comes, and returns that.
    pub async fn data_after(&mut self, held: Asked) -> Asked {
        let next = self.asked().await;
        let ack = next.rid();
        held.raw(200, &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'/>"));
        next
    }
}
