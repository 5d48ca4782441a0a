//! Direct XMPP over an in-memory pipe with a scripted server that writes bytes.

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::time::Duration;

use common::peer::{HEADER, Peer};
use common::{JID, config, end, event, notification, pipes};
use finesse_notify::{EndCause, Event, Link, LinkError, SessionConfigBuilder, TcpConnect, open};
use tokio::io::AsyncWriteExt as _;

async fn server_and(
    piece: usize,
    cap: usize,
    config: SessionConfigBuilder,
    script: impl AsyncFnOnce(&mut Peer),
) -> (Result<Link, LinkError>, Peer) {
    let (dialer, give) = pipes();
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    give.send(theirs).unwrap();
    let mut server = Peer { io: ours, heard: String::new(), piece };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223).stanza_cap(cap);
    let (link, ()) = tokio::join!(open(&connect, config.build().unwrap()), script(&mut server));
    (link, server)
}

async fn linked(piece: usize, cap: usize) -> (Link, Peer) {
    let (link, server) = server_and(piece, cap, config(), async |server| server.login().await).await;
    (link.unwrap(), server)
}

const CAP: usize = 1 << 20;

#[tokio::test(start_paused = true)]
async fn stanzas_may_be_split_anywhere() {
    for piece in [1, 2, 3, 7, 0] {
        let (mut link, mut server) = linked(piece, CAP).await;
        assert_eq!(link.jid, JID);
        server.say(&event("1", "/finesse/api/User/Åström").replace("</message>", "</message>   \n")).await;
        server.say(&event("2", "/b&amp;lt;c")).await;
        assert_eq!(
            notification(link.events.recv().await).update.unwrap().source,
            "/finesse/api/User/Åström",
            "pieces of {piece}"
        );
        assert_eq!(notification(link.events.recv().await).node, "/b&lt;c");
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_longer_than_the_parsers_token_is_whole() {
    let (mut link, mut server) = linked(0, CAP).await;
    let long = format!("/{}", "é&amp;amp;".repeat(20_000));
    let message = event("1", "/x").replace("&lt;source&gt;/x", &format!("&lt;source&gt;{long}"));
    let (received, ()) = tokio::join!(link.events.recv(), server.say(&message));
    assert!(notification(received).update.unwrap().source == format!("/{}", "é&".repeat(20_000)));
}

#[tokio::test(start_paused = true)]
async fn a_truncated_stanza_ends_the_link_as_a_network_failure() {
    let whole = event("1", "/a");
    for cut in [1, 10, whole.len() / 2, whole.len() - 1] {
        let (mut link, mut server) = linked(0, CAP).await;
        server.say(&whole[..cut]).await;
        drop(server);
        let cause = end(link.events.recv().await);
        assert_eq!(cause.kind(), EndCause::Network, "{cause}");
        assert!(link.events.recv().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_is_a_network_failure() {
    let (mut link, server) = linked(0, CAP).await;
    drop(server);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Network);
}

#[tokio::test(start_paused = true)]
async fn an_oversized_stanza_ends_the_link_and_what_fits_does_not() {
    let (mut link, mut server) = linked(0, 32 << 10).await;
    for n in 0..20 {
        // Together far above the cap, each below.
        let padded = event(&n.to_string(), "/a")
            .replace("&lt;data&gt;", &format!("&lt;data&gt;{}", "x".repeat(10_000)));
        server.say(&padded).await;
        notification(link.events.recv().await);
    }
    let endless = async {
        let mut wrote = 0;
        server.io.write_all(b"<message><body>").await.unwrap();
        while server.io.write_all(&[b'x'; 1024]).await.is_ok() && wrote < 4096 {
            wrote += 1;
        }
        wrote
    };
    let (received, wrote) = tokio::join!(
        async {
            let received = link.events.recv().await;
            drop(link);
            received
        },
        endless
    );
    let cause = end(received);
    assert_eq!(cause.kind(), EndCause::TooLarge);
    assert!(cause.to_string().contains("32768"), "{cause}");
    assert!(wrote < 200, "{wrote} kB were taken in");
}

#[tokio::test(start_paused = true)]
async fn deep_stanzas_end_the_link_before_they_are_whole_and_wide_ones_then() {
    for hostile in ["<a>".repeat(100), format!("<a>{}</a>", "<b/>".repeat(40_000))] {
        let (mut link, mut server) = linked(0, CAP).await;
        let (received, ()) = tokio::join!(link.events.recv(), async {
            let _ = server.io.write_all(hostile.as_bytes()).await;
        });
        assert_eq!(end(received).kind(), EndCause::TooLarge);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_stream_error_junk_is_not_looked_at() {
    let (mut link, mut server) = linked(0, CAP).await;
    let text = format!(
        "<stream:error><conflict xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error></stream:stream>{}<<<&&& \u{1}",
        event("1", "/a")
    );
    server.say(&text).await;
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Conflict);
    assert!(link.events.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_and_shutdown_are_told_apart() {
    for (text, kind) in [
        ("</stream:stream>", EndCause::Network),
        (
            "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
            EndCause::Shutdown,
        ),
        (
            "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
            EndCause::Policy,
        ),
        ("<message></presence>", EndCause::Protocol),
        ("<!-- comment --><message/>", EndCause::Protocol),
        ("some text", EndCause::Protocol),
        ("<message>&unknown;</message>", EndCause::Protocol),
    ] {
        let (mut link, mut server) = linked(0, CAP).await;
        server.say(text).await;
        let cause = end(link.events.recv().await);
        assert_eq!(cause.kind(), kind, "{text}: {cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn something_that_is_not_xmpp_is_named_so() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "<html><body/></html>"] {
        let (link, _server) = server_and(0, CAP, config(), async |server| {
            server.hear("stream:stream").await;
            server.say(answer).await;
        })
        .await;
        let error = link.unwrap_err();
        assert_eq!(error.kind(), EndCause::Protocol, "{error}");
        assert!(error.to_string().contains("tls://fin-a.lab.example:5223"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_error_instead_of_features_is_told() {
    let (link, _server) = server_and(0, CAP, config(), async |server| {
        server.hear("stream:stream").await;
        server.say(HEADER).await;
        server.say("<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>").await;
    })
    .await;
    let error = link.unwrap_err();
    assert_eq!((error.kind(), error.condition()), (EndCause::Protocol, Some("host-unknown")));
}

#[tokio::test(start_paused = true)]
async fn a_refused_password_is_told_at_once_even_if_the_server_keeps_the_stream_open() {
    let began = tokio::time::Instant::now();
    let (link, mut server) = server_and(0, CAP, config(), async |server| {
        server.hear("stream:stream").await;
        server.say(HEADER).await;
        server.say(common::FEATURES).await;
        server.hear("</auth>").await;
        server.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>").await;
    })
    .await;
    assert_eq!(link.unwrap_err().kind(), EndCause::Auth);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let rest = server.hear("</stream:stream>").await;
    assert!(!rest.contains("<auth"), "a second attempt was made: {rest}");
}

#[tokio::test(start_paused = true)]
async fn closing_writes_unavailable_presence_and_the_end_of_the_stream() {
    let (mut link, mut server) = linked(0, CAP).await;
    let control = link.control.clone();
    let script = async {
        server.hear("<presence type=\"unavailable\"/>").await;
        server.hear("</stream:stream>").await;
        server.say("<message/></stream:stream>").await;
    };
    tokio::join!(control.close(), script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}

#[tokio::test(start_paused = true)]
async fn bytes_of_an_unfinished_stanza_keep_the_link_alive() {
    let (mut link, mut server) = linked(0, CAP).await;
    let text = event("slow", "/a");
    // One byte every two seconds: over eight minutes for one stanza, and no ping can be answered meanwhile.
    for byte in text.bytes() {
        server.io.write_all(&[byte]).await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    match link.events.recv().await {
        Some(Event::Notification(n)) => assert_eq!(n.item_id.as_deref(), Some("slow")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_greets_costs_one_deadline() {
    let (link, _server) =
        server_and(0, CAP, config().login_deadline(Duration::from_secs(4)), async |_| {}).await;
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Timeout);
    assert!(error.to_string().contains("waiting for the stream features"), "{error}");
}
