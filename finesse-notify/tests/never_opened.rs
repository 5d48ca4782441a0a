//! A place that takes a connection and never opens a stream is left for another one; whatever happens after that is not its fault.

#![cfg(all(feature = "tcp", feature = "websocket"))]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use common::peer::{self, HEADER, Peer};
use common::websocket::{self, CLOSE, OPEN, Server, frame};
use common::{FEATURES, JID, config};
use finesse_notify::{Connect, EndCause, Link, LinkError, Transport, open};

/// Places in their order, and what was said of those that were left.
struct Places {
    places: Vec<Box<dyn Connect>>,
    at: AtomicUsize,
    left: Mutex<Vec<LinkError>>,
}

#[async_trait]
impl Connect for Places {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        self.places[self.at.load(Ordering::SeqCst)].connect(domain).await
    }

    fn never_opened(&self, failure: LinkError) -> Result<(), LinkError> {
        if self.at.fetch_add(1, Ordering::SeqCst) + 1 == self.places.len() {
            return Err(failure);
        }
        self.left.lock().unwrap().push(failure);
        Ok(())
    }

    fn describe(&self) -> String {
        "places".to_owned()
    }
}

impl Places {
    fn new(places: Vec<Box<dyn Connect>>) -> Self {
        Self { places, at: AtomicUsize::new(0), left: Mutex::default() }
    }

    async fn open(&self) -> Result<Link, LinkError> {
        open(self, config().build().unwrap()).await
    }

    fn left(&self) -> Vec<EndCause> {
        self.left.lock().unwrap().iter().map(LinkError::kind).collect()
    }
}

fn by_websocket() -> (Box<dyn Connect>, Server) {
    let (connect, give) = websocket::connect();
    let server = websocket::pipe(&give);
    (Box::new(connect), server)
}

fn by_tcp() -> (Box<dyn Connect>, Peer) {
    let (connect, peer) = peer::at("fin-a.lab.example");
    (Box::new(connect), peer)
}

#[tokio::test(start_paused = true)]
async fn a_websocket_that_says_anything_but_open_is_left_for_the_next_place() {
    let http = format!("HTTP/1.1 502 Bad Gateway\r\nServer: {}\r\n\r\n", "x".repeat(100)).into_bytes();
    for (name, said, cause) in [
        ("nothing", Vec::new(), EndCause::Network),
        ("a close frame", frame(0x88, &1011_u16.to_be_bytes()), EndCause::Network),
        ("close of the framing", frame(0x81, CLOSE.as_bytes()), EndCause::Network),
        ("no XML", frame(0x81, b"hello"), EndCause::Protocol),
        ("another protocol", frame(0x81, b"<message>hello</message>"), EndCause::Protocol),
        ("binary", frame(0x82, b"\x00\x01"), EndCause::Protocol),
        ("no frame", http, EndCause::Protocol),
    ] {
        let ((first, mut server), (second, mut peer)) = (by_websocket(), by_tcp());
        let places = Places::new(vec![first, second]);
        let script = async {
            server.upgrade().await;
            server.hear("open").await;
            server.raw(&said).await;
            drop(server);
            peer.login().await;
        };
        let (link, ()) = tokio::join!(places.open(), script);
        assert_eq!(link.unwrap_or_else(|error| panic!("{name}: {error}")).jid, JID);
        assert_eq!(places.left(), [cause], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_port_that_says_anything_but_a_stream_header_is_left_for_the_next_place() {
    for (name, said) in [("nothing", ""), ("HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"), ("HTML", "<html>")] {
        let ((first, mut peer), (second, mut server)) = (by_tcp(), by_websocket());
        let places = Places::new(vec![first, second]);
        let script = async {
            peer.hear("</auth>").await;
            peer.say(said).await;
            drop(peer);
            server.login().await;
        };
        let (link, ()) = tokio::join!(places.open(), script);
        assert_eq!(link.unwrap_or_else(|error| panic!("{name}: {error}")).jid, JID);
        assert_eq!(places.left().len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_opened_is_not_left_when_it_dies_or_refuses_the_password() {
    let refused = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
    for (said, cause) in [
        (vec![OPEN], EndCause::Network),
        (vec![OPEN, CLOSE], EndCause::Network),
        (vec![OPEN, "hello"], EndCause::Protocol),
        (vec![OPEN, FEATURES, refused], EndCause::Auth),
        // The password was written ahead; to try a refused one elsewhere could lock the account.
        (vec![refused], EndCause::Auth),
    ] {
        let ((first, mut server), (second, _peer)) = (by_websocket(), by_tcp());
        let places = Places::new(vec![first, second]);
        let script = async {
            server.upgrade().await;
            server.hear("open").await;
            server.hear("auth").await;
            for one in &said {
                server.say(one).await;
            }
            drop(server);
        };
        let (link, ()) = tokio::join!(places.open(), script);
        assert_eq!(link.unwrap_err().kind(), cause, "{said:?}");
        assert_eq!(places.left(), [], "{said:?}");
    }
    let ((first, mut peer), (second, _server)) = (by_tcp(), by_websocket());
    let places = Places::new(vec![first, second]);
    let script = async {
        peer.hear("</auth>").await;
        peer.say(HEADER).await;
        drop(peer);
    };
    let (link, ()) = tokio::join!(places.open(), script);
    assert_eq!((link.unwrap_err().kind(), places.left()), (EndCause::Network, vec![]));
}

#[tokio::test(start_paused = true)]
async fn where_no_place_is_left_the_last_failure_is_told() {
    let ((first, mut server), (second, mut peer)) = (by_websocket(), by_tcp());
    let places = Places::new(vec![first, second]);
    let script = async {
        server.upgrade().await;
        drop(server);
        peer.say("SSH-2.0-nothing\r\n").await;
    };
    let (link, ()) = tokio::join!(places.open(), script);
    let error = link.unwrap_err();
    assert!(error.kind() == EndCause::Protocol && error.is_before_stream(), "{error:?}");
    assert_eq!(places.left(), [EndCause::Network]);
}
