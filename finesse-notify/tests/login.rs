//! The ways into a session over bytes: in two flights, step by step after a server did not take that, and by STARTTLS.

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;

use common::peer::{HEADER, Peer};
use common::{FEATURES, FEATURES_2, JID, PipeDialer, config, pipes};
use finesse_notify::{EndCause, Link, LinkError, TcpConnect, open};
use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;

const SUCCESS: &str = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const STARTTLS: &str = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms \
    xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const REQUIRED: &str = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
const PROCEED: &str = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/// A dialer for this many connections, and the other ends of them.
fn connections(number: usize) -> (Arc<PipeDialer>, Vec<Peer>) {
    let (dialer, give) = pipes();
    let peers = (0..number).map(|_| {
        let (io, theirs) = tokio::io::duplex(64 << 10);
        give.send(theirs).unwrap();
        Peer { io, heard: String::new(), piece: 0 }
    });
    (dialer, peers.collect())
}

async fn logged_in(connect: &TcpConnect) -> Result<Link, LinkError> {
    open(connect, config().build().unwrap()).await
}

fn bind_result(bind: &str) -> String {
    let id = Peer::id(bind);
    format!(
        "<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind></iq>"
    )
}

/// Waits until the client has gone, and returns the rest of what it said.
async fn rest(peer: &mut Peer) -> String {
    let mut rest = std::mem::take(&mut peer.heard).into_bytes();
    peer.io.read_to_end(&mut rest).await.unwrap();
    String::from_utf8(rest).unwrap()
}

#[tokio::test(start_paused = true)]
async fn over_tls_a_login_takes_two_flights() {
    let (dialer, mut peers) = connections(1);
    let peer = &mut peers[0];
    let script = async {
        // The server says nothing before it has heard the whole flight.
        let first = peer.hear("</auth>").await;
        assert!(first.starts_with("<?xml version='1.0'?><stream:stream to='fin-a.lab.example'"), "{first}");
        peer.say(&format!("{HEADER}{FEATURES}{SUCCESS}")).await;
        let second = peer.hear("</presence>").await;
        let bind = &second[..second.find("</iq>").unwrap()];
        assert!(second.contains("<session") && second.contains("<priority>0</priority>"), "{second}");
        peer.say(&format!("{HEADER}{FEATURES_2}{}", bind_result(bind))).await;
    };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (link, ()) = tokio::join!(logged_in(&connect), script);
    assert_eq!(link.unwrap().jid, JID);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_offended_by_flights_is_asked_step_by_step_and_remembered() {
    let (dialer, mut peers) = connections(3);
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (first, others) = peers.split_at_mut(1);
    let script = async {
        first[0].hear("</auth>").await;
        first[0]
            .say(&format!(
                "{HEADER}<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
            ))
            .await;
        others[0].login().await;
    };
    let (link, ()) = tokio::join!(logged_in(&connect), script);
    assert_eq!(link.unwrap().jid, JID);
    // The next link does not try again, also through a clone.
    let connect = connect.clone();
    let (link, ()) = tokio::join!(logged_in(&connect), async {
        let header = others[1].hear("xmlns:stream='http://etherx.jabber.org/streams'>").await;
        assert!(!header.contains("<auth"), "{header}");
        others[1].hear_nothing().await;
        others[1].answer_login().await;
    });
    link.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drops_what_follows_a_header_is_asked_step_by_step() {
    for second_flight in [false, true] {
        let (dialer, mut peers) = connections(2);
        let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
        let (first, again) = peers.split_at_mut(1);
        let began = Instant::now();
        let script = async {
            first[0].hear("</auth>").await;
            first[0].say(&format!("{HEADER}{FEATURES}")).await;
            if second_flight {
                first[0].say(SUCCESS).await;
                first[0].hear("</presence>").await;
                first[0].say(&format!("{HEADER}{FEATURES_2}")).await;
            }
            again[0].login().await;
        };
        let (link, ()) = tokio::join!(logged_in(&connect), script);
        assert_eq!(link.unwrap().jid, JID);
        assert!((5..6).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert!(rest(&mut first[0]).await.contains("</stream:stream>"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_refused_in_a_flight_is_never_written_again() {
    for end in ["", "</stream:stream>", "<stream:error><not-authorized/></stream:error>"] {
        let (dialer, mut peers) = connections(2);
        let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
        let script = async {
            peers[0].hear("</auth>").await;
            let failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
            peers[0].say(&format!("{HEADER}{FEATURES}{failure}{end}")).await;
        };
        let (link, ()) = tokio::join!(logged_in(&connect), script);
        let error = link.unwrap_err();
        assert!(error.kind() == EndCause::Auth && error.is_final(), "{error}");
        drop(connect);
        assert_eq!(rest(&mut peers[1]).await, "", "a second connection was used");
    }
}

#[tokio::test(start_paused = true)]
async fn features_without_plain_end_a_flight_too() {
    let (dialer, mut peers) = connections(1);
    let script = async {
        peers[0].hear("</auth>").await;
        peers[0].say(&format!("{HEADER}{}", FEATURES.replace("PLAIN", "SCRAM-SHA-1"))).await;
    };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (link, ()) = tokio::join!(logged_in(&connect), script);
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Policy);
    assert!(!error.to_string().contains("was not sent"), "it was: {error}");
}

#[tokio::test(start_paused = true)]
async fn starttls_is_used_before_anything_of_the_login_is_written() {
    let (dialer, mut peers) = connections(2);
    let connect = TcpConnect::starttls(dialer, "fin-a.lab.example", 5222);
    let (plain, encrypted) = peers.split_at_mut(1);
    let script = async {
        plain[0].hear("xmlns:stream='http://etherx.jabber.org/streams'>").await;
        plain[0].say(&format!("{HEADER}{STARTTLS}")).await;
        let asked = plain[0].hear("<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>").await;
        assert!(!asked.contains("auth"), "{asked}");
        plain[0].say(PROCEED).await;
        encrypted[0].login().await;
    };
    let (link, ()) = tokio::join!(logged_in(&connect), script);
    assert_eq!(link.unwrap().jid, JID);
    assert_eq!(rest(&mut plain[0]).await, "");
}

#[tokio::test(start_paused = true)]
async fn without_an_offer_to_encrypt_the_password_stays_here() {
    for features in [FEATURES, "<message/>"] {
        let (dialer, mut peers) = connections(1);
        let connect = TcpConnect::starttls(dialer, "fin-a.lab.example", 5222);
        let script = async {
            peers[0].hear("xmlns:stream='http://etherx.jabber.org/streams'>").await;
            peers[0].say(&format!("{HEADER}{features}{FEATURES}")).await;
            let _ = peers[0].io.read(&mut [0; 1]).await;
        };
        let (link, ()) = tokio::join!(logged_in(&connect), script);
        let error = link.unwrap_err();
        assert_eq!(error.kind(), EndCause::Policy);
        assert!(error.to_string().contains("5223") && error.to_string().contains("(STARTTLS)"), "{error}");
        assert!(!rest(&mut peers[0]).await.contains("auth"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_slipped_in_behind_the_go_ahead_is_refused() {
    for (answer, kind) in [
        (format!("{PROCEED}<stream:features/>"), EndCause::Protocol),
        ("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>".to_owned(), EndCause::Protocol),
        ("<stream:error><host-unknown/></stream:error>".to_owned(), EndCause::Protocol),
    ] {
        let (dialer, mut peers) = connections(2);
        let connect = TcpConnect::starttls(dialer, "fin-a.lab.example", 5222);
        let script = async {
            peers[0].hear("xmlns:stream='http://etherx.jabber.org/streams'>").await;
            peers[0].say(&format!("{HEADER}{STARTTLS}")).await;
            peers[0].hear("<starttls").await;
            peers[0].say(&answer).await;
        };
        let (link, ()) = tokio::join!(logged_in(&connect), script);
        assert_eq!(link.unwrap_err().kind(), kind, "{answer}");
        drop(connect);
        assert_eq!(rest(&mut peers[1]).await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_named_insecure_encrypts_only_where_it_must_and_never_writes_ahead() {
    for (features, encrypted) in [(STARTTLS, false), (FEATURES, false), (REQUIRED, true)] {
        let (dialer, mut peers) = connections(2);
        let connect = TcpConnect::insecure(dialer, "fin-a.lab.example", 5222);
        let (plain, other) = peers.split_at_mut(1);
        let script = async {
            plain[0].hear("xmlns:stream='http://etherx.jabber.org/streams'>").await;
            assert!(plain[0].heard.is_empty());
            plain[0].say(&format!("{HEADER}{features}")).await;
            if encrypted {
                plain[0].hear("<starttls").await;
                plain[0].say(PROCEED).await;
                other[0].login().await;
            } else {
                plain[0].answer_auth().await;
            }
        };
        let (link, ()) = tokio::join!(logged_in(&connect), script);
        assert_eq!(link.unwrap().jid, JID, "{features}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_error_before_starttls_is_told() {
    let (dialer, mut peers) = connections(1);
    let connect = TcpConnect::starttls(dialer, "fin-a.lab.example", 5222);
    let script = async {
        peers[0].hear("stream:stream").await;
        peers[0].say(&format!("{HEADER}<stream:error><system-shutdown/></stream:error>")).await;
    };
    let (link, ()) = tokio::join!(logged_in(&connect), script);
    assert_eq!(link.unwrap_err().kind(), EndCause::Shutdown);
}
