//! BOSH against a scripted HTTP server over in-memory pipes, under paused time.

#![cfg(feature = "bosh")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use common::{JID, config, end, event, notification};
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target};
use finesse_notify::{BoshConnect, EndCause, Link, LinkError, Stanza, open};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

const URL: &str = "https://fin-a.lab.example:7443/http-bind/";

/// Every dial is a new connection to a server that asks the test what to answer.
struct ServerDialer {
    requests: UnboundedSender<Asked>,
    dials: AtomicUsize,
    down: AtomicBool,
}

/// One request that waits for its answer. Dropping it closes the connection without one.
struct Asked {
    text: String,
    body: Stanza,
    reply: oneshot::Sender<(u16, String)>,
}

impl Asked {
    fn rid(&self) -> u64 {
        self.body.attribute("rid").unwrap().parse().unwrap()
    }

    fn stanza(&self) -> &Stanza {
        self.body.children().next().unwrap_or_else(|| panic!("empty body {}", self.text))
    }

    fn answer(self, inside: &str) {
        let ack = self.rid();
        self.raw(
            200,
            &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'>{inside}</body>"),
        );
    }

    fn raw(self, status: u16, text: &str) {
        let _ = self.reply.send((status, text.to_owned()));
    }

    fn result(self, inside: &str) {
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

struct Server {
    asked: UnboundedReceiver<Asked>,
    dialer: Arc<ServerDialer>,
}

impl Server {
    async fn asked(&mut self) -> Asked {
        tokio::time::timeout(Duration::from_secs(3600), self.asked.recv())
            .await
            .expect("the client asks nothing")
            .unwrap()
    }

    async fn create(&mut self) {
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
    async fn login(&mut self) -> Asked {
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
        let bind = self.data("iq").await;
        bind.result(&format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>"));
        let session = self.data("iq").await;
        session.result("");
        self.data("presence").await
    }

    /// The next request with a stanza of this name. A waiting empty one before it is released, as servers do.
    async fn data(&mut self, name: &str) -> Asked {
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

fn server() -> (BoshConnect, Server) {
    let (requests, asked) = unbounded_channel();
    let dialer =
        Arc::new(ServerDialer { requests, dials: AtomicUsize::new(0), down: AtomicBool::new(false) });
    let connect = BoshConnect::new(Arc::clone(&dialer) as Arc<dyn Dialer>, URL).unwrap().seed(5);
    (connect, Server { asked, dialer })
}

/// A link that is logged in, the server, and the request waiting there.
async fn linked() -> (Link, Server, Asked) {
    let (connect, mut server) = server();
    let (link, held) = tokio::join!(open(&connect, config().build().unwrap()), server.login());
    (link.unwrap(), server, held)
}

async fn refused(status: u16, text: &str) -> LinkError {
    let (connect, mut server) = server();
    let script = async {
        server.asked().await.raw(status, text);
    };
    tokio::join!(open(&connect, config().build().unwrap()), script).0.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn login_then_events_then_an_immediate_poll() {
    let (mut link, mut server, held) = linked().await;
    assert_eq!(link.jid, JID);
    let rid = held.rid();
    held.answer(&format!("{}{}", event("1", "/a"), event("2", "/b")));
    assert_eq!(notification(link.events.recv().await).update.unwrap().source, "/a");
    assert_eq!(notification(link.events.recv().await).update.unwrap().source, "/b");
    let began = Instant::now();
    let poll = server.asked().await;
    assert_eq!((poll.rid(), poll.body.children().count()), (rid + 1, 0));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(server.dialer.dials.load(Ordering::SeqCst) <= 2, "never more than two connections");
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_asked_for_again_on_a_fresh_connection() {
    let (mut link, mut server, held) = linked().await;
    let (rid, text) = (held.rid(), held.text.clone());
    let dials = server.dialer.dials.load(Ordering::SeqCst);
    drop(held);
    let again = server.asked().await;
    assert_eq!((again.rid(), &again.text), (rid, &text));
    assert_eq!(server.dialer.dials.load(Ordering::SeqCst), dials + 1);
    again.answer(&event("replayed", "/a"));
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("replayed"));
}

#[tokio::test(start_paused = true)]
async fn responses_lost_without_end_end_the_link() {
    let (mut link, mut server, held) = linked().await;
    drop(held);
    let loser = async {
        let mut lost = 1;
        while let Some(asked) = server.asked.recv().await {
            drop(asked);
            lost += 1;
            if lost == 4 {
                break;
            }
        }
    };
    let (ended, ()) = tokio::join!(link.events.recv(), loser);
    assert_eq!(end(ended).kind(), EndCause::Network);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_ends_the_link_at_once() {
    let (mut link, server, held) = linked().await;
    server.dialer.down.store(true, Ordering::SeqCst);
    let began = Instant::now();
    drop(held);
    let cause = end(link.events.recv().await);
    assert_eq!(cause.kind(), EndCause::Refused, "{cause}");
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_session_ends_the_link_and_may_be_opened_anew() {
    let (mut link, _server, held) = linked().await;
    held.raw(404, "Invalid SID value.");
    let cause = end(link.events.recv().await);
    assert_eq!(
        (cause.kind(), cause.condition(), cause.is_final()),
        (EndCause::Network, Some("item-not-found"), false)
    );
}

#[tokio::test(start_paused = true)]
async fn a_conflict_without_terminate_ends_the_link_too() {
    let (mut link, _server, held) = linked().await;
    held.answer(
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    );
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_stream_error_inside_of_terminate_decides_the_cause() {
    let (mut link, _server, held) = linked().await;
    held.raw(
        200,
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='remote-stream-error'><stream:error \
         xmlns:stream='http://etherx.jabber.org/streams'><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></body>",
    );
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_server_is_found_by_pings_long_before_the_request_times_out() {
    let (mut link, mut server, held) = linked().await;
    let began = Instant::now();
    let hang = async {
        let mut kept = vec![held];
        while let Some(asked) = server.asked.recv().await {
            kept.push(asked);
        }
    };
    let ended = tokio::select! {
        ended = link.events.recv() => ended,
        () = hang => panic!("the client gave up its dialer"),
    };
    assert_eq!(end(ended).kind(), EndCause::Silent);
    assert_eq!(began.elapsed(), Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_ping_may_come_with_a_later_response() {
    let (mut link, mut server, held) = linked().await;
    let ping = server.data_after(held).await;
    let id = ping.stanza().attribute("id").unwrap().to_owned();
    ping.answer("<presence xmlns='jabber:client' from='40217@fin-a.lab.example/r'/>");
    let poll = server.asked().await;
    poll.answer(&format!("<iq xmlns='jabber:client' type='result' id='{id}'/>"));
    let poll = server.asked().await;
    poll.answer(&event("1", "/a"));
    notification(link.events.recv().await);
}

impl Server {
    /// Releases the held request when the next one comes, and returns that.
    async fn data_after(&mut self, held: Asked) -> Asked {
        let next = self.asked().await;
        let ack = next.rid();
        held.raw(200, &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'/>"));
        next
    }
}

#[tokio::test(start_paused = true)]
async fn closing_terminates_the_session_with_unavailable_presence() {
    let (mut link, mut server, held) = linked().await;
    let control = Arc::clone(&link.control);
    let script = async {
        let last = server.data_after(held).await;
        assert_eq!(
            (last.stanza().name(), last.stanza().attribute("type")),
            ("presence", Some("unavailable"))
        );
        let terminate = if last.body.attribute("type") == Some("terminate") {
            last
        } else {
            server.data_after(last).await
        };
        assert_eq!(terminate.body.attribute("type"), Some("terminate"));
        terminate.raw(200, "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>");
    };
    let began = Instant::now();
    tokio::join!(control.close(), script);
    assert!(began.elapsed() < Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}

#[tokio::test(start_paused = true)]
async fn html_with_status_200_is_a_typed_error() {
    let error = refused(200, "<!DOCTYPE html><html><body>Please log in<br></body></html>").await;
    assert_eq!(error.kind(), EndCause::Protocol);
    assert!(error.to_string().contains("HTML") && error.to_string().contains(URL), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_fails_is_told_by_its_kind() {
    assert_eq!(refused(404, "not here").await.kind(), EndCause::Protocol);
    assert_eq!(refused(503, "<html/>").await.kind(), EndCause::Network);
    assert_eq!(refused(400, "").await.kind(), EndCause::Network);
    assert_eq!(refused(302, "").await.kind(), EndCause::Protocol);
    assert_eq!(refused(200, "").await.kind(), EndCause::Protocol);
    let terminate =
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='host-unknown'/>";
    assert_eq!(refused(200, terminate).await.kind(), EndCause::Protocol);
}

#[tokio::test(start_paused = true)]
async fn a_body_above_the_cap_ends_the_link() {
    let (connect, mut server) = server();
    let connect = connect.body_cap(64 << 10);
    let (link, held) = tokio::join!(open(&connect, config().build().unwrap()), server.login());
    held.answer(&format!("<message><body>{}</body></message>", "x".repeat(100_000)));
    let cause = end(link.unwrap().events.recv().await);
    assert_eq!(cause.kind(), EndCause::TooLarge);
}

#[tokio::test(start_paused = true)]
async fn urls_that_cannot_be_are_refused_before_anything_is_sent() {
    let dialer = || server().1.dialer as Arc<dyn Dialer>;
    for url in [
        "",
        "fin-a",
        "http://fin-a:7071/http-bind/",
        "ftp://fin-a/",
        "https://user:pw@fin-a/http-bind/",
        "https:///x",
    ] {
        let error = BoshConnect::new(dialer(), url).unwrap_err();
        assert_eq!(error.kind(), EndCause::Policy, "{url}");
    }
    assert!(BoshConnect::insecure(dialer(), "http://fin-a:7071/http-bind/").is_ok());
}
