//! What naive BOSH clients fall into, and what Openfire is known to do wrong: a test for each, under the name by which it is known, with the
//! server's answers as they are on the wire.

#![cfg(feature = "bosh")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::time::Duration;

use common::bosh::{Asked, linked, server};
use common::{SECRET, config, end, event, notification};
use finesse_notify::{EndCause, open};
use tokio::time::Instant;

const TERMINATE: &str = "http://jabber.org/protocol/httpbind";

fn terminate(condition: &str) -> String {
    format!("<body type=\"terminate\" condition=\"{condition}\" xmlns=\"{TERMINATE}\"/>")
}

/// Answers with nothing, as a request that has waited for its whole time is answered.
fn empty(asked: Asked) {
    let ack = asked.rid();
    asked.raw(200, &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{ack}'></body>"));
}

#[tokio::test(start_paused = true)]
async fn notification_trap_04_ack_is_expected_to_be_rid_plus_1() {
    // The scripted login acknowledges the creation by its own rid and the restart not at all; later answers may acknowledge their own
    // request or the next one.
    let (mut link, mut server, held) = linked().await;
    let rid = held.rid();
    held.raw(
        200,
        &format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' ack='{}'>{}</body>",
            rid,
            event("1", "/a")
        ),
    );
    notification(link.events.recv().await);
    let held = server.asked().await;
    let control = std::sync::Arc::clone(&link.control);
    let asking = tokio::spawn(async move { control.barrier().await });
    let ping = server.asked().await;
    held.raw(200, &format!("<body xmlns='http://jabber.org/protocol/httpbind' ack='{}'/>", ping.rid()));
    ping.result("");
    asking.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn notification_trap_05_404_is_treated_as_a_fatal_http_error() {
    let (mut link, _server, held) = linked().await;
    held.raw(404, "Invalid SID value.");
    let cause = end(link.events.recv().await);
    assert_eq!((cause.kind(), cause.is_final()), (EndCause::Network, false), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_06_polling_slack_above_inactivity() {
    let (mut link, mut server, mut held) = linked().await;
    // All before the first ping, which is a request of its own.
    for round in 0..4 {
        tokio::time::advance(Duration::from_secs(4)).await;
        let began = Instant::now();
        match round % 2 {
            0 => empty(held),
            _ => held.answer(&event(&round.to_string(), "/a")),
        }
        held = server.asked().await;
        assert_eq!(began.elapsed(), Duration::ZERO, "a request waits at the server again at once");
    }
    // Although nobody has read the events.
    notification(link.events.recv().await);
}

#[tokio::test(start_paused = true)]
async fn notification_trap_23_http_200_with_html_from_a_proxy() {
    let (mut link, _server, held) = linked().await;
    held.raw(200, "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form/></body></html>");
    let cause = end(link.events.recv().await);
    assert_eq!(cause.kind(), EndCause::Protocol);
    assert!(cause.to_string().contains("HTML"), "{cause}");
    assert!(!cause.to_string().contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn notification_trap_30_skipping_the_restart_works_on_some_versions_only() {
    // Bind and session are offered before the log-in already; they must not be taken for the answer to the restart.
    let (connect, mut server) = server();
    let script = async {
        server.create().await;
        let auth = server.asked().await;
        assert_eq!(auth.stanza().name(), "auth", "bind was on offer, and is not asked for yet");
        auth.answer("<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>");
        let restart = server.asked().await;
        assert!(restart.text.contains(" xmpp:restart='true'"), "{}", restart.text);
        restart.raw(404, "Invalid SID value.");
    };
    let (opened, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    assert_eq!(opened.unwrap_err().kind(), EndCause::Network);
}

#[tokio::test(start_paused = true)]
async fn every_condition_of_terminate_ends_the_link_and_overactivity_is_not_final() {
    for (condition, kind) in [
        ("bad-request", EndCause::Protocol),
        ("item-not-found", EndCause::Network),
        ("policy-violation", EndCause::Protocol),
        ("internal-server-error", EndCause::Network),
    ] {
        let (mut link, _server, held) = linked().await;
        held.raw(200, &terminate(condition));
        let cause = end(link.events.recv().await);
        assert_eq!((cause.kind(), cause.condition()), (kind, Some(condition)), "{cause}");
        assert!(!cause.is_final(), "{cause}");
    }
}

/// OF-626: before the rework of 2015 answers could overtake each other.
#[tokio::test(start_paused = true)]
async fn of_626_answers_that_overtake_each_other_are_put_in_order() {
    let (mut link, mut server, held) = linked().await;
    let control = std::sync::Arc::clone(&link.control);
    let asking = tokio::spawn(async move { control.barrier().await });
    let ping = server.asked().await;
    assert_eq!(ping.rid(), held.rid() + 1);
    let id = ping.stanza().attribute("id").unwrap().to_owned();
    ping.answer(&format!("{}<iq xmlns='jabber:client' type='result' id='{id}'/>", event("second", "/a")));
    held.answer(&event("first", "/a"));
    for expected in ["first", "second"] {
        assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some(expected));
    }
    asking.await.unwrap().unwrap();
}

/// OF-909: around 3.10.0 `ack` was missing altogether.
#[tokio::test(start_paused = true)]
async fn of_909_a_server_without_ack_is_served_all_the_same() {
    let (mut link, mut server, held) = linked().await;
    let bare = |inside: &str| format!("<body xmlns='http://jabber.org/protocol/httpbind'>{inside}</body>");
    held.raw(200, &bare(&event("1", "/a")));
    notification(link.events.recv().await);
    let held = server.asked().await;
    held.raw(200, &bare(&event("2", "/a")));
    notification(link.events.recv().await);
}

/// OF-1586: some versions span and answered at once with nothing. The client must not spin with them.
#[tokio::test(start_paused = true)]
async fn of_1586_a_server_that_answers_at_once_is_not_asked_without_pause() {
    let (_link, mut server, mut held) = linked().await;
    let began = Instant::now();
    for _ in 0..40 {
        empty(held);
        held = server.asked().await;
        if held.body.children().count() > 0 {
            held.result("");
            held = server.asked().await;
        }
    }
    assert!(began.elapsed() > Duration::from_secs(20), "{:?}", began.elapsed());
}

/// OF-1731: overactivity was found where there was none. A new session is all it takes.
#[tokio::test(start_paused = true)]
async fn of_1731_false_overactivity_may_be_followed_by_a_new_session() {
    let (mut link, _server, held) = linked().await;
    held.raw(200, &terminate("policy-violation"));
    assert!(!end(link.events.recv().await).is_final());
    let (_link, _server, _held) = linked().await;
}

/// Two requests are the limit; a third would be overactivity by right.
#[tokio::test(start_paused = true)]
async fn never_more_than_two_requests_are_open() {
    let (link, mut server, _held) = linked().await;
    for node in 0..20 {
        let control = std::sync::Arc::clone(&link.control);
        tokio::spawn(async move { control.subscribe(&format!("/finesse/api/Queue/{node}")).await });
    }
    let _second = server.asked().await;
    let third = tokio::time::timeout(Duration::from_secs(4), server.asked.recv()).await;
    assert!(third.is_err(), "a third request while two are open");
}

/// OF-2444: 4.7.0 and 4.7.1 could lock up, with connections open.
#[tokio::test(start_paused = true)]
async fn of_2444_a_server_that_is_locked_up_is_found_by_pings() {
    let (mut link, mut server, held) = linked().await;
    let began = Instant::now();
    let mut kept = vec![held];
    let ended = loop {
        tokio::select! {
            ended = link.events.recv() => break ended,
            Some(asked) = server.asked.recv() => kept.push(asked),
        }
    };
    assert_eq!(end(ended).kind(), EndCause::Silent);
    assert!(began.elapsed() <= Duration::from_secs(30));
}

/// OF-2445: what was queued on a session that was closed already is lost. Whoever waits for an answer must be told.
#[tokio::test(start_paused = true)]
async fn of_2445_a_question_to_a_session_that_is_closed_is_answered_by_its_end() {
    let (mut link, mut server, held) = linked().await;
    let control = std::sync::Arc::clone(&link.control);
    let asking = tokio::spawn(async move { control.subscribe("/finesse/api/Team/512/Users").await });
    let question = server.asked().await;
    held.raw(200, &format!("<body type=\"terminate\" xmlns=\"{TERMINATE}\"/>"));
    drop(question);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Network);
    assert_eq!(asking.await.unwrap().unwrap_err().kind(), EndCause::Network);
}

/// OF-2449: a pause beyond `maxpause` ended sessions. A client that polls at once never asks for one.
#[tokio::test(start_paused = true)]
async fn of_2449_no_pause_is_ever_asked_for() {
    let (link, mut server, mut held) = linked().await;
    for _ in 0..20 {
        empty(held);
        held = server.asked().await;
        assert_eq!(held.body.attribute("pause"), None);
    }
    drop(link);
}

/// A defect of 4.4: data that was queued answers `terminate`, and the session stays until it is inactive. Leaving must not wait for it.
#[tokio::test(start_paused = true)]
async fn a_terminate_that_is_answered_with_data_is_the_end_all_the_same() {
    let (mut link, mut server, held) = linked().await;
    let control = std::sync::Arc::clone(&link.control);
    let script = async {
        let mut held = held;
        loop {
            let next = server.asked().await;
            let last = next.body.attribute("type") == Some("terminate");
            held.answer("");
            if last {
                return next.answer(&event("late", "/a"));
            }
            held = next;
        }
    };
    let began = Instant::now();
    tokio::join!(control.close(), script);
    assert!(began.elapsed() < Duration::from_secs(1));
    let cause = loop {
        match link.events.recv().await {
            Some(finesse_notify::Event::Ended(cause)) => break cause,
            Some(_) => {}
            None => panic!("no end"),
        }
    };
    assert_eq!(cause.kind(), EndCause::ClosedByUs);
}

/// The farewell of 4.4 when the server ends a session: an ordinary empty answer, and no session for the next request.
#[tokio::test(start_paused = true)]
async fn a_session_that_ends_without_a_word_is_noticed_by_the_next_request() {
    let (mut link, mut server, held) = linked().await;
    empty(held);
    server.asked().await.raw(404, "Invalid SID value.");
    assert_eq!(end(link.events.recv().await).condition(), Some("item-not-found"));
}
