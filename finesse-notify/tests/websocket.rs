//! WebSocket against a scripted server over in-memory pipes: the wire as it was seen, and peers that do what they must not.

#![cfg(feature = "websocket")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::time::Duration;

use common::websocket::{
    CLOSE, FEATURES, FEATURES_2, OPEN, SUCCESS, Server, URL, connect, frame, linked, linked_with, pipe,
};
use common::{JID, SECRET, config, end, event, notification, pipes};
use finesse_notify::{EndCause, LinkError, WebSocketConnect, open};

/// What comes of answering the request with this.
async fn refused(answer: &str) -> LinkError {
    let (connect, give) = connect();
    let (mut first, mut second) = (pipe(&give), pipe(&give));
    drop(give);
    let script = async {
        for (server, path) in [(&mut first, "GET /ws HTTP/1.1"), (&mut second, "GET /ws/ HTTP/1.1")] {
            // The second spelling is asked for only where the first may be at fault.
            if server.read().await {
                let head = server.head().await;
                assert!(head.starts_with(path), "{head}");
                server.raw(answer.as_bytes()).await;
            }
        }
    };
    let opened = async {
        let opened = open(&connect, config().build().unwrap()).await;
        // Gives a connection that nobody dialled its end.
        drop(connect);
        opened
    };
    let (opened, ()) = tokio::join!(opened, script);
    opened.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn the_log_in_as_it_is_on_the_wire() {
    let (connect, give) = connect();
    let mut server = pipe(&give);
    let script = async {
        let head = server.upgrade_to("Sec-WebSocket-Protocol: xmpp\r\n").await;
        assert!(head.starts_with("GET /ws HTTP/1.1\r\n"), "{head}");
        for line in ["Host: fin-a.lab.example:8445", "Upgrade: websocket", "Sec-WebSocket-Protocol: xmpp"] {
            assert!(head.contains(&format!("{line}\r\n")), "{line} is missing in {head}");
        }
        server.opened().await;
        server.say(FEATURES).await;
        let auth = server.hear("auth").await;
        assert_eq!(
            (auth.namespace(), auth.attribute("mechanism")),
            ("urn:ietf:params:xml:ns:xmpp-sasl", Some("PLAIN"))
        );
        server.say(SUCCESS).await;
        // The stream is opened again without a close in between.
        server.opened().await;
        server.say(FEATURES_2).await;
        let bind = server.hear("iq").await;
        assert_eq!(bind.child("bind").unwrap().child("resource").unwrap().text(), "r");
        server
            .result(&bind, &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>"))
            .await;
        let session = server.hear("iq").await;
        server.result(&session, "").await;
        assert_eq!(server.hear("presence").await.child("priority").unwrap().text(), "0");
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    assert_eq!(link.unwrap().jid, JID);
}

const FLIGHT: &[&str] = &["iq", "iq", "presence"];

/// The answer to the bind of a second flight.
async fn bind_answered(server: &mut Server) {
    let mut bind = None;
    for name in FLIGHT {
        let stanza = server.hear(name).await;
        bind.get_or_insert(stanza);
    }
    let jid = format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>");
    server.result(&bind.unwrap(), &jid).await;
}

#[tokio::test(start_paused = true)]
async fn over_tls_a_login_takes_two_flights() {
    let (connect, give) = connect();
    let mut server = pipe(&give);
    let script = async {
        server.upgrade().await;
        // The server says nothing before it has heard the whole flight, which leaves in one piece.
        assert!(server.read().await);
        server.hear("open").await;
        assert!(!server.heard.is_empty(), "the login came in a write of its own");
        server.hear("auth").await;
        for frame in [OPEN, FEATURES, SUCCESS] {
            server.say(frame).await;
        }
        server.hear("open").await;
        for frame in [OPEN, FEATURES_2] {
            server.say(frame).await;
        }
        bind_answered(&mut server).await;
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    assert_eq!(link.unwrap().jid, JID);
}

/// Plays a login step by step; fails if anything was written ahead.
async fn by_steps(server: &mut Server) {
    server.upgrade().await;
    server.hear("open").await;
    server.hear_nothing().await;
    server.say(OPEN).await;
    server.say(FEATURES).await;
    server.hear("auth").await;
    server.say(SUCCESS).await;
    server.opened().await;
    server.say(FEATURES_2).await;
    let bind = server.hear("iq").await;
    server
        .result(&bind, &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind>"))
        .await;
    let session = server.hear("iq").await;
    server.result(&session, "").await;
    server.hear("presence").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_take_flights_is_asked_step_by_step_and_remembered() {
    let error = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    let protocol_fault = frame(0x88, &[&1002_u16.to_be_bytes()[..], b"no"].concat());
    for (name, first, second) in [
        ("offended", [frame(0x81, error.as_bytes()), frame(0x81, CLOSE.as_bytes())].concat(), None),
        ("closes", frame(0x81, CLOSE.as_bytes()), None),
        ("closes the socket", protocol_fault, None),
        ("drops the credentials", Vec::new(), None),
        ("drops the bind", frame(0x81, SUCCESS.as_bytes()), Some(())),
    ] {
        let (connect, give) = connect();
        let (mut ahead, mut steps, mut next) = (pipe(&give), pipe(&give), pipe(&give));
        let script = async {
            ahead.upgrade().await;
            ahead.hear("open").await;
            ahead.hear("auth").await;
            ahead.say(OPEN).await;
            ahead.say(FEATURES).await;
            ahead.raw(&first).await;
            if second.is_some() {
                ahead.opened().await;
                ahead.say(FEATURES_2).await;
            }
            by_steps(&mut steps).await;
        };
        let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
        assert_eq!(link.unwrap_or_else(|error| panic!("{name}: {error}")).jid, JID);
        // The next link does not try again, also through a clone.
        let connect = connect.clone();
        let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), by_steps(&mut next));
        link.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_refused_in_a_flight_is_never_written_again() {
    let (connect, give) = connect();
    let (mut server, mut second) = (pipe(&give), pipe(&give));
    let script = async {
        server.upgrade().await;
        server.hear("open").await;
        server.hear("auth").await;
        server.say(OPEN).await;
        server.say(FEATURES).await;
        server.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>").await;
        server.say(CLOSE).await;
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let error = link.unwrap_err();
    assert!(error.kind() == EndCause::Auth && error.is_final(), "{error}");
    drop((connect, give));
    assert!(!second.read().await, "a second connection was used");
}

#[tokio::test(start_paused = true)]
async fn without_tls_nothing_is_written_ahead() {
    let (dialer, give) = pipes();
    let connect = WebSocketConnect::insecure(dialer, "ws://fin-a.lab.example:7071/ws/").unwrap();
    let mut server = pipe(&give);
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), by_steps(&mut server));
    link.unwrap();
}

#[tokio::test(start_paused = true)]
async fn events_come_in_order_whole_in_fragments_and_between_pings() {
    let (mut link, mut server) = linked().await;
    server.say(&event("1", "/a")).await;
    let text = event("2", "/ä");
    let cut = text.find('ä').unwrap() + 1;
    assert!(!text.is_char_boundary(cut));
    server.raw(&frame(0x01, &text.as_bytes()[..cut])).await;
    server.raw(&frame(0x89, b"still there?")).await;
    server.raw(&frame(0x00, b"")).await;
    server.raw(&frame(0x80, &text.as_bytes()[cut..])).await;
    server.say(" \n").await;
    server.say(&event("3", "/c")).await;
    for id in ["1", "2", "3"] {
        assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some(id));
    }
    assert_eq!(server.frame().await, Some((0x8A, b"still there?".to_vec())), "a ping is answered at once");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_only_answers_pings_of_the_socket_is_silent() {
    let (mut link, mut server) = linked().await;
    let began = tokio::time::Instant::now();
    let quiet = async { while server.frame().await.is_some() {} };
    let ended = tokio::select! {
        ended = link.events.recv() => ended,
        () = quiet => panic!("the client closed without an end"),
    };
    assert_eq!(end(ended).kind(), EndCause::Silent);
    assert_eq!(began.elapsed(), Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn bytes_of_an_unfinished_message_keep_the_link_alive() {
    let (mut link, mut server) = linked().await;
    let text = event("1", "/a");
    server.raw(&frame(0x01, b"")).await;
    for byte in text.bytes().take(120) {
        server.raw(&frame(0x00, &[byte])).await;
        tokio::time::advance(Duration::from_secs(4)).await;
    }
    server.raw(&frame(0x80, &text.as_bytes()[120..])).await;
    notification(link.events.recv().await);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_must_not_send_ends_the_link_with_its_kind() {
    for (name, bytes, kind) in [
        ("binary frame", frame(0x82, b"<presence/>"), EndCause::Protocol),
        ("two elements", frame(0x81, b"<presence/><presence/>"), EndCause::Protocol),
        ("half an element", frame(0x81, b"<presence>"), EndCause::Protocol),
        ("no XML", frame(0x81, b"hello"), EndCause::Protocol),
        ("HTML", frame(0x81, b"<!DOCTYPE html><html></html>"), EndCause::Protocol),
        ("no UTF-8", frame(0x81, b"<a>\xff</a>"), EndCause::Protocol),
        ("a continuation of nothing", frame(0x80, b"<a/>"), EndCause::Protocol),
        ("reserved bits", frame(0xC1, b"<a/>"), EndCause::Protocol),
        ("a masked frame", vec![0x81, 0x84, 0, 0, 0, 0, b'<', b'a', b'/', b'>'], EndCause::Protocol),
        ("a long control frame", frame(0x89, &[0; 126]), EndCause::Protocol),
        ("an unknown opcode", frame(0x83, b""), EndCause::Protocol),
        ("open out of turn", frame(0x81, OPEN.as_bytes()), EndCause::Protocol),
        ("an oversize frame", frame(0x81, &vec![b' '; 70_000]), EndCause::TooLarge),
        ("a length of 2^63", vec![0x81, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], EndCause::TooLarge),
        (
            "an oversize message in fragments",
            [frame(0x01, &[b' '; 40_000]), frame(0x80, &[b' '; 40_000])].concat(),
            EndCause::TooLarge,
        ),
        ("deep elements", frame(0x81, "<a>".repeat(5_000).as_bytes()), EndCause::TooLarge),
    ] {
        let (mut link, mut server) = linked_with(64 << 10).await;
        server.raw(&bytes).await;
        let cause = end(link.events.recv().await);
        assert_eq!(cause.kind(), kind, "{name}: {cause}");
        assert!(link.events.recv().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn every_way_to_end_has_its_cause() {
    let close = |code: u16, reason: &str| frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat());
    let shutdown = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    let conflict = shutdown
        .replace("system-shutdown", "conflict")
        .replace("stream:error xmlns:stream", "error xmlns")
        .replace("/stream:error", "/error");
    for (name, bytes, kind) in [
        ("close of the framing", frame(0x81, CLOSE.as_bytes()), EndCause::Network),
        ("close frame without a code", frame(0x88, b""), EndCause::Network),
        ("normal close", close(1000, ""), EndCause::Network),
        ("going away", close(1001, "Shutdown"), EndCause::Shutdown),
        ("policy", close(1008, "no"), EndCause::Policy),
        ("internal error", close(1011, ""), EndCause::Network),
        (
            "shutdown, then close",
            [frame(0x81, shutdown.as_bytes()), frame(0x81, CLOSE.as_bytes())].concat(),
            EndCause::Shutdown,
        ),
        ("conflict without a prefix", frame(0x81, conflict.as_bytes()), EndCause::Conflict),
        (
            "the connection cut inside of a message",
            frame(0x81, event("1", "/a").as_bytes())[..90].to_vec(),
            EndCause::Network,
        ),
        ("the connection cut between messages", Vec::new(), EndCause::Network),
    ] {
        let (mut link, mut server) = linked().await;
        server.raw(&bytes).await;
        drop(server);
        let cause = end(link.events.recv().await);
        assert_eq!(cause.kind(), kind, "{name}: {cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_refused_is_told_by_its_kind() {
    let page = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n{more}\r\nhtml");
    for (answer, kind, words) in [
        (page("200 OK", ""), EndCause::Protocol, "page instead of a WebSocket"),
        (
            page("301 Moved", "Location: https://other.example/ws\r\n"),
            EndCause::Protocol,
            "https://other.example/ws",
        ),
        (page("404 Not Found", ""), EndCause::Protocol, "/ws on port 8445"),
        (page("400 Bad Request", ""), EndCause::Network, "still starting"),
        (page("403 Forbidden", ""), EndCause::Protocol, "refused"),
        (page("502 Bad Gateway", ""), EndCause::Network, "not available"),
        (page("503 Service Unavailable", ""), EndCause::Network, "not available"),
        ("junk\r\n\r\n".to_owned(), EndCause::Protocol, "does not speak WebSocket"),
        ("HTTP/1.0 200 OK\r\n\r\n".to_owned(), EndCause::Protocol, "does not speak WebSocket"),
        (format!("HTTP/1.1 101 X\r\n{}\r\n", "a: b\r\n".repeat(200)), EndCause::TooLarge, "head"),
        (format!("HTTP/1.1 101 X\r\na: {}", "b".repeat(200_000)), EndCause::TooLarge, "head"),
    ] {
        let error = refused(&answer).await;
        assert_eq!(error.kind(), kind, "{answer:.40}: {error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains(URL), "{error}");
        assert!(!error.to_string().contains(SECRET));
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_the_other_spelling_is_followed_in_effect_and_remembered() {
    let (connect, give) = connect();
    let (mut first, mut second, mut third) = (pipe(&give), pipe(&give), pipe(&give));
    let script = async {
        first.head().await;
        first.raw(b"HTTP/1.1 302 Found\r\nLocation: /ws/\r\nContent-Length: 0\r\n\r\n").await;
        second.login().await;
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    link.unwrap();
    let again = connect.clone();
    let script = async {
        assert!(third.upgrade_to("Sec-WebSocket-Protocol: xmpp\r\n").await.starts_with("GET /ws/ "))
    };
    tokio::select! {
        _ = open(&again, config().build().unwrap()) => panic!("nobody answers"),
        () = script => {}
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_to_something_else_than_xmpp_is_refused() {
    for protocol in ["", "Sec-WebSocket-Protocol: chat\r\n"] {
        let (connect, give) = connect();
        let mut server = pipe(&give);
        let (opened, _) =
            tokio::join!(open(&connect, config().build().unwrap()), server.upgrade_to(protocol));
        let error = opened.unwrap_err();
        assert_eq!(error.kind(), EndCause::Protocol, "{error}");
        assert!(error.to_string().contains("not to XMPP"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_before_it_opens_is_heard() {
    let (connect, give) = connect();
    let mut server = pipe(&give);
    let script = async {
        server.upgrade().await;
        server.hear("open").await;
        server.say("<stream:error xmlns:stream='http://etherx.jabber.org/streams'><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>").await;
        server.say(CLOSE).await;
    };
    let (opened, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    assert_eq!(opened.unwrap_err().condition(), Some("host-unknown"));
}

#[tokio::test(start_paused = true)]
async fn closing_says_close_and_then_closes_the_socket() {
    let (mut link, mut server) = linked().await;
    let control = std::sync::Arc::clone(&link.control);
    let script = async {
        assert_eq!(server.hear("presence").await.attribute("type"), Some("unavailable"));
        let close = server.hear("close").await;
        assert_eq!(close.namespace(), "urn:ietf:params:xml:ns:xmpp-framing");
        server.say(CLOSE).await;
        assert_eq!(server.frame().await.map(|(first, _)| first), Some(0x88));
        server.raw(&frame(0x88, b"")).await;
    };
    tokio::join!(control.close(), script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}

#[tokio::test(start_paused = true)]
async fn damaged_bytes_end_with_one_end() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..300 {
        let (mut link, mut server) = linked_with(64 << 10).await;
        let mut bytes = [
            frame(0x81, event("1", "/a").as_bytes()),
            frame(0x89, b"p"),
            frame(0x81, b"<iq type='get' id='x'/>"),
        ]
        .concat();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..3) {
                0 => bytes[at] = rng.u8(..),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, rng.u8(..)),
            }
        }
        server.raw(&bytes).await;
        drop(server);
        loop {
            match tokio::time::timeout(Duration::from_secs(600), link.events.recv())
                .await
                .expect("the link hangs")
            {
                Some(finesse_notify::Event::Ended(_)) => break,
                Some(_) => {}
                None => panic!("the events stopped without an end"),
            }
        }
        assert!(link.events.recv().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn urls_that_cannot_be_are_refused_before_anything_is_sent() {
    for url in
        ["", "fin-a", "ws://fin-a:7071/ws/", "https://fin-a:8445/ws", "wss://user:pw@fin-a/ws", "wss:///x"]
    {
        let error = WebSocketConnect::new(pipes().0, url).unwrap_err();
        assert_eq!(error.kind(), EndCause::Policy, "{url}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    assert!(WebSocketConnect::insecure(pipes().0, "ws://fin-a:7071/ws/").is_ok());
}
