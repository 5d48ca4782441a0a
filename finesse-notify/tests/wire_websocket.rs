//! WebSocket byte for byte: what Openfire sends, replayed, and what is said to it. The table of all examples stands in `wire.rs`.

#![cfg(feature = "websocket")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;

use common::websocket::{Server, connect, frame, pipe};
use common::{config, end, event, notification};
use finesse_notify::{EndCause, Link, Presence, open};

const OPEN: &str = "<open from='fin-a.lab.example' id='4hq0t7c2mn' xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='en' version='1.0'/>";
const FEATURES: &str = r#"<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms><compression xmlns="http://jabber.org/features/compress"><method>zlib</method></compression><ver xmlns="urn:xmpp:features:rosterver"/></stream:features>"#;
const SUCCESS: &str = r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#;
const BOUND_FEATURES: &str = r#"<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/><session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session></stream:features>"#;
const BOUND: &str = r#"<iq xmlns="jabber:client" type="result" id="b1" to="fin-a.lab.example/4hq0t7c2mn"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>40217@fin-a.lab.example/rust-3f9a</jid></bind></iq>"#;
const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

/// The text of the client's next frame.
async fn said(server: &mut Server) -> String {
    let (first, payload) = server.frame().await.expect("the client went away");
    assert_eq!(first, 0x81, "one whole text frame");
    String::from_utf8(payload).unwrap()
}

async fn login(server: &mut Server, open: &str, features: &[&str; 2]) {
    let ours =
        "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"fin-a.lab.example\" version=\"1.0\"/>";
    let head = server.upgrade_to("Sec-WebSocket-Protocol: xmpp\r\n").await;
    assert!(head.starts_with("GET /ws HTTP/1.1\r\n"), "{head}");
    for line in ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: xmpp"] {
        assert!(head.to_ascii_lowercase().contains(&format!("{}\r\n", line.to_ascii_lowercase())), "{head}");
    }
    assert_eq!(said(server).await, ours);
    assert_eq!(
        said(server).await,
        "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">ADQwMjE3AGh1bnRlcjItczNjcmV0</auth>"
    );
    for text in [open, features[0], SUCCESS] {
        server.say(text).await;
    }
    assert_eq!(said(server).await, ours, "without a close in between");
    let bind = said(server).await;
    let id = bind.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(
        bind,
        format!(
            "<iq xmlns=\"jabber:client\" type=\"set\" id=\"{id}\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
             <resource>rust-3f9a</resource></bind></iq>"
        )
    );
    let session = said(server).await;
    assert!(session.ends_with("><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/></iq>"), "{session}");
    assert_eq!(said(server).await, "<presence xmlns=\"jabber:client\"><priority>0</priority></presence>");
    for text in [open, features[1], &BOUND.replace("b1", id)] {
        server.say(text).await;
    }
}

async fn opened_with(open_text: &str, features: &[&str; 2]) -> (Link, Server) {
    let (connect, give) = connect();
    let mut server = pipe(&give);
    let config = config().resource("rust-3f9a").build().unwrap();
    let (link, ()) = tokio::join!(open(&connect, config), login(&mut server, open_text, features));
    (link.unwrap(), server)
}

async fn opened() -> (Link, Server) {
    opened_with(OPEN, &[FEATURES, BOUND_FEATURES]).await
}

#[tokio::test(start_paused = true)]
async fn the_login() {
    assert_eq!(opened().await.0.jid, "40217@fin-a.lab.example/rust-3f9a");
}

#[tokio::test(start_paused = true)]
async fn features_without_the_prefix_and_an_open_in_two_tags() {
    let bare = |text: &str| {
        text.replace("stream:features xmlns:stream", "features xmlns")
            .replace("/stream:features", "/features")
    };
    let (first, second) = (bare(FEATURES), bare(BOUND_FEATURES));
    assert!(first.starts_with("<features xmlns='http://etherx.jabber.org/streams'>"), "{first}");
    let two_tags = OPEN.replace("/>", "></open>");
    let (link, _server) = opened_with(&two_tags, &[&first, &second]).await;
    assert_eq!(link.jid, "40217@fin-a.lab.example/rust-3f9a");
}

#[tokio::test(start_paused = true)]
async fn events_presence_and_pings_of_both_kinds() {
    let (mut link, mut server) = opened().await;
    server
        .say(r#"<presence xmlns="jabber:client" from="finesse@fin-a.lab.example/x1" to="40217@fin-a.lab.example/rust-3f9a"/>"#)
        .await;
    server.say(&event("1", "/a").replace("<message ", "<message xmlns=\"jabber:client\" ")).await;
    server
        .say(r#"<iq xmlns="jabber:client" type="get" id="482-17" from="fin-a.lab.example" to="40217@fin-a.lab.example/rust-3f9a"><ping xmlns="urn:xmpp:ping"/></iq>"#)
        .await;
    assert!(matches!(
        link.events.recv().await,
        Some(finesse_notify::Event::FinessePresence(Presence::Available))
    ));
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("1"));
    assert_eq!(
        said(&mut server).await,
        "<iq xmlns=\"jabber:client\" type=\"result\" id=\"482-17\" to=\"fin-a.lab.example\"/>"
    );
    server.raw(&frame(0x89, b"Openfire")).await;
    assert_eq!(server.frame().await, Some((0x8A, b"Openfire".to_vec())));
}

#[tokio::test(start_paused = true)]
async fn stream_errors_and_the_close_behind_them() {
    for (condition, kind) in [
        ("system-shutdown", EndCause::Shutdown),
        ("conflict", EndCause::Conflict),
        ("unsupported-stanza-type", EndCause::Protocol),
        ("invalid-namespace", EndCause::Protocol),
        ("host-unknown", EndCause::Protocol),
        ("not-authorized", EndCause::Auth),
    ] {
        let (mut link, mut server) = opened().await;
        server
            .say(&format!(
                "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><{condition} \
                 xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
            ))
            .await;
        server.say(CLOSE).await;
        let cause = end(link.events.recv().await);
        assert_eq!((cause.kind(), cause.condition()), (kind, Some(condition)), "{cause}");
    }
    let (mut link, mut server) = opened().await;
    server.say(CLOSE).await;
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Network);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_without_the_sub_protocol_is_refused() {
    let (connect, give) = connect();
    let mut server = pipe(&give);
    let (opened, _) = tokio::join!(open(&connect, config().build().unwrap()), server.upgrade_to(""));
    assert!(opened.unwrap_err().to_string().contains("not to XMPP"));
}

#[tokio::test(start_paused = true)]
async fn signing_out() {
    let (mut link, mut server) = opened().await;
    let control = Arc::clone(&link.control);
    let script = async {
        assert_eq!(said(&mut server).await, "<presence xmlns=\"jabber:client\" type=\"unavailable\"/>");
        assert_eq!(said(&mut server).await, "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>");
        server.say(CLOSE).await;
        server.raw(&frame(0x88, &1000_u16.to_be_bytes())).await;
    };
    tokio::join!(control.close(), script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}
