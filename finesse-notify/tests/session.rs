//! The session over an in-memory scripted transport, under paused time.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Did, JID, SECRET, all_wait, config, end, event, linked, notification, scripted};
use finesse_notify::{EndCause, Event, PingConfig, Presence, open};
use tokio::time::Instant;

const NODE: &str = "/finesse/api/Team/512/Users";

#[tokio::test(start_paused = true)]
async fn after_the_login_events_come_in_their_order() {
    let (mut link, server) = linked(config()).await;
    assert_eq!(link.jid, JID);
    server.say("<presence from='finesse@fin-a.lab.example/x1'/>");
    server.say(&event("1", "/finesse/api/User/40217"));
    server.say(&event("2", "/finesse/api/Dialog/9"));
    server.say("<presence type='unavailable' from='finesse@fin-a.lab.example/x1'/>");
    server.break_with(EndCause::Network);
    assert!(matches!(link.events.recv().await, Some(Event::FinessePresence(Presence::Available))));
    assert_eq!(notification(link.events.recv().await).update.unwrap().source, "/finesse/api/User/40217");
    assert_eq!(notification(link.events.recv().await).update.unwrap().source, "/finesse/api/Dialog/9");
    assert!(matches!(link.events.recv().await, Some(Event::FinessePresence(Presence::Unavailable))));
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Network);
    assert!(link.events.recv().await.is_none(), "nothing follows the end");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_exactly_once() {
    let (connect, mut server) = scripted();
    let script = async {
        server.say(common::FEATURES);
        server.hear("auth").await;
        server.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
        assert!(matches!(server.did().await, Did::Closed));
        server.nothing_more();
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let error = link.unwrap_err();
    assert_eq!((error.kind(), error.condition()), (EndCause::Auth, Some("not-authorized")));
    assert!(error.is_final());
    let words = format!("{error} {error:?}");
    assert!(words.contains("40217") && words.contains("script") && !words.contains(SECRET), "{words}");
}

#[tokio::test(start_paused = true)]
async fn without_plain_the_password_stays_here() {
    let (connect, mut server) = scripted();
    let script = async {
        server.say("<features><mechanisms><mechanism>SCRAM-SHA-1</mechanism><mechanism>DIGEST-MD5</mechanism></mechanisms></features>");
        assert!(matches!(server.did().await, Did::Closed));
        server.nothing_more();
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Policy);
    assert!(error.to_string().contains("SCRAM-SHA-1, DIGEST-MD5"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_password_reaches_no_server() {
    let (connect, mut server) = scripted();
    let empty = finesse_notify::SessionConfig::builder(
        finesse_model::UserId::new("40217").unwrap(),
        String::new().into(),
        "fin-a.lab.example",
    );
    let error = open(&connect, empty.build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), EndCause::Auth);
    server.nothing_more();
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_taken_is_a_conflict() {
    let (connect, mut server) = scripted();
    let script = async {
        server.authenticate().await;
        let bind = server.hear("iq").await;
        server.error(&bind, "conflict");
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Conflict);
    assert!(error.is_final());
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_the_whole_login_and_names_the_step() {
    let (connect, mut server) = scripted();
    let began = Instant::now();
    let script = async {
        tokio::time::advance(Duration::from_secs(9)).await;
        server.say(common::FEATURES);
        server.hear("auth").await;
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Timeout);
    assert!(error.to_string().contains("authenticating"), "{error}");
    assert_eq!(began.elapsed(), Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_during_the_login_is_not_lost() {
    let (connect, mut server) = scripted();
    let script = async {
        server.authenticate().await;
        let bind = server.hear("iq").await;
        server.say(&event("early", "/finesse/api/User/40217"));
        server.result(&bind, &format!("<bind><jid>{JID}</jid></bind>"));
        let session = server.hear("iq").await;
        server.error(&session, "service-unavailable");
        server.hear("presence").await;
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    let mut link = link.unwrap();
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("early"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_link_is_noticed_in_twenty_five_seconds_and_in_three_when_tight() {
    for (ping, seconds) in
        [(PingConfig::default(), Duration::from_secs(25)), (PingConfig::tight(), Duration::from_millis(2900))]
    {
        let (mut link, _server) = linked(config().ping(ping)).await;
        let began = Instant::now();
        assert_eq!(end(link.events.recv().await).kind(), EndCause::Silent);
        assert_eq!(began.elapsed(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn answered_pings_keep_the_link_for_ever() {
    let (mut link, mut server) = linked(config()).await;
    for _ in 0..100 {
        let began = Instant::now();
        let ping = server.hear("iq").await;
        assert_eq!(
            (ping.attribute("to"), ping.children().next().unwrap().name()),
            (Some("fin-a.lab.example"), "ping")
        );
        assert_eq!(began.elapsed(), Duration::from_secs(15));
        assert_eq!(link.control.idle(), Duration::from_secs(15));
        server.error(&ping, "service-unavailable");
    }
    all_wait().await;
    assert!(link.events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn doubles_are_dropped_and_stored_items_are_marked() {
    let (mut link, server) = linked(config()).await;
    server.say(&event("1", "/a"));
    server.say(&event("1", "/a"));
    server.say(
        &event("2", "/a")
            .replace("</event>", "</event><delay xmlns='urn:xmpp:delay' stamp='2026-03-01T17:02:11.415Z'/>"),
    );
    server.say(&event("3", "/a"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let n = notification(link.events.recv().await);
        seen.push((n.item_id.unwrap(), n.delayed));
    }
    assert_eq!(seen, [("1".to_owned(), false), ("2".to_owned(), true), ("3".to_owned(), false)]);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_cannot_be_read_does_not_end_the_link() {
    let (mut link, server) = linked(config()).await;
    server.say(&event("1", "/a").replace("&lt;/Update&gt;", ""));
    server.say(&event("2", "/b"));
    assert!(notification(link.events.recv().await).update.is_err());
    assert!(notification(link.events.recv().await).update.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refused_subscription_is_told_and_the_link_lives_on() {
    let (mut link, mut server) = linked(config()).await;
    let control = Arc::clone(&link.control);
    let script = async {
        let iq = server.hear("iq").await;
        assert_eq!(iq.child("pubsub").unwrap().child("subscribe").unwrap().attribute("jid"), Some(JID));
        server.error(&iq, "item-not-found");
    };
    let (result, ()) = tokio::join!(control.subscribe(NODE), script);
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.condition(), error.is_final()),
        (EndCause::Rejected, Some("item-not-found"), false)
    );
    server.say(&event("1", "/a"));
    notification(link.events.recv().await);
}

#[tokio::test(start_paused = true)]
async fn the_barrier_returns_only_after_everything_before_it_is_in_the_queue() {
    // Room for one event only: the answer lies behind three events and must not overtake them.
    let (mut link, mut server) = linked(config().event_capacity(1)).await;
    let control = Arc::clone(&link.control);
    let barrier = tokio::spawn(async move { control.barrier().await });
    let ping = server.hear("iq").await;
    for id in ["1", "2", "3"] {
        server.say(&event(id, "/a"));
    }
    server.result(&ping, "");
    server.say(&event("4", "/a"));
    for id in ["1", "2"] {
        all_wait().await;
        assert!(!barrier.is_finished(), "the barrier overtook event {id}");
        assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some(id));
    }
    barrier.await.unwrap().unwrap();
    assert_eq!(notification(link.events.try_recv().ok()).item_id.as_deref(), Some("3"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_owner_loses_neither_the_link_nor_an_event() {
    let (mut link, mut server) = linked(config().event_capacity(2)).await;
    for n in 0..50 {
        server.say(&event(&n.to_string(), "/a"));
    }
    // Ten minutes without reading: pings go on, and their unread answers count for nothing.
    for _ in 0..30 {
        let ping = server.hear("iq").await;
        server.result(&ping, "");
    }
    for n in 0..50 {
        assert_eq!(notification(link.events.recv().await).item_id, Some(n.to_string()));
    }
    let ping = server.hear("iq").await;
    server.result(&ping, "");
    server.say(&event("after", "/a"));
    notification(link.events.recv().await);
}

#[tokio::test(start_paused = true)]
async fn closing_undoes_the_subscriptions_and_says_goodbye() {
    let (mut link, mut server) = linked(config()).await;
    let control = Arc::clone(&link.control);
    let script = async {
        let iq = server.hear("iq").await;
        server.result(&iq, "");
        let iq = server.hear("iq").await;
        let unsubscribe = iq.child("pubsub").unwrap().child("unsubscribe").unwrap();
        assert_eq!((unsubscribe.attribute("node"), unsubscribe.attribute("jid")), (Some(NODE), Some(JID)));
        server.result(&iq, "");
        assert_eq!(server.hear("presence").await.attribute("type"), Some("unavailable"));
        assert!(matches!(server.did().await, Did::Closed));
    };
    let owner = async {
        control.subscribe(NODE).await.unwrap();
        control.close().await;
    };
    tokio::join!(owner, script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
    assert_eq!(control.barrier().await.unwrap_err().kind(), EndCause::ClosedByUs);
    control.close().await;
}

#[tokio::test(start_paused = true)]
async fn closing_takes_less_than_a_second_whatever_the_server_does() {
    let (link, mut server) = linked(config()).await;
    let control = Arc::clone(&link.control);
    let script = async {
        let iq = server.hear("iq").await;
        server.result(&iq, "");
    };
    let (subscribed, ()) = tokio::join!(control.subscribe(NODE), script);
    subscribed.unwrap();
    let began = Instant::now();
    control.close().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn closing_is_quick_even_while_a_write_hangs() {
    let (mut link, server) = linked(config()).await;
    server.stuck.store(true, std::sync::atomic::Ordering::SeqCst);
    let control = Arc::clone(&link.control);
    let asking = tokio::spawn({
        let control = Arc::clone(&control);
        async move { control.barrier().await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    control.close().await;
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(asking.await.unwrap().unwrap_err().kind(), EndCause::ClosedByUs);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_silent() {
    let (mut link, server) = linked(config()).await;
    server.stuck.store(true, std::sync::atomic::Ordering::SeqCst);
    let began = Instant::now();
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Silent);
    assert_eq!(began.elapsed(), Duration::from_secs(25), "the ping after 15 s, and 10 s of patience with it");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_events_ends_the_link_politely() {
    let (link, mut server) = linked(config()).await;
    drop(link.events);
    assert_eq!(server.hear("presence").await.attribute("type"), Some("unavailable"));
    assert!(matches!(server.did().await, Did::Closed));
}

#[tokio::test(start_paused = true)]
async fn after_a_conflict_everybody_learns_the_cause_and_nothing_reconnects() {
    let (mut link, mut server) = linked(config()).await;
    let control = Arc::clone(&link.control);
    let waiting = tokio::spawn({
        let control = Arc::clone(&control);
        async move { control.barrier().await }
    });
    server.hear("iq").await;
    server.say("<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    server.say(&event("junk", "/a"));
    let cause = end(link.events.recv().await);
    assert_eq!(cause.kind(), EndCause::Conflict);
    assert!(cause.to_string().starts_with("script: "), "{cause}");
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), EndCause::Conflict);
    assert_eq!(control.subscribe(NODE).await.unwrap_err().kind(), EndCause::Conflict);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_says_the_same_thing() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (link, mut server) = linked(config()).await;
        let control = Arc::clone(&link.control);
        tokio::spawn(async move { control.subscribe(NODE).await });
        let first = server.hear("iq").await.to_xml();
        let ping = server.hear("iq").await.to_xml();
        runs.push((first, ping));
    }
    assert_eq!(runs[0], runs[1]);
}
