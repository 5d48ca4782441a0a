//! BOSH against a scripted HTTP server over in-memory pipes, under paused time.

#![cfg(feature = "bosh")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::bosh::{URL, linked, server};
use common::{JID, config, end, event, notification};
use finesse_net::Dialer;
use finesse_notify::{BoshConnect, EndCause, LinkError, open};
use tokio::time::Instant;

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
