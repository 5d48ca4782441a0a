//! What a server of Finesse sends, byte for byte, replayed against the client: login, subscriptions, notifications, the rest of a session.
//! Only the ids of our own requests are put in.
//!
//! Every example of the wire that is known, and the test that replays it; `tcp` is this file, `bosh` is `wire_bosh.rs`, `websocket` is
//! `wire_websocket.rs`:
//!
//! | Example | Test |
//! |---|---|
//! | direct XMPP: both headers, features with what is ignored, auth, success, bind, session, presence | tcp `the_login_in_any_cutting`, `what_the_client_says_is_this_to_the_byte` |
//! | direct XMPP: features with STARTTLS, optional and required | `login.rs`: `starttls_is_used_before_anything_of_the_login_is_written` |
//! | SASL failure; the resource is taken (code 409) | tcp `refusals_during_the_login` |
//! | BOSH: creation and its answer, auth, restart and its answer without `ack`, bind, session, presence, the poll that is held | bosh `the_login` |
//! | BOSH: the creation as other releases answer it | bosh `creations_of_other_releases` |
//! | BOSH: the empty answer after `wait`, several stanzas in one answer | bosh `an_empty_answer_after_the_wait_and_the_next_poll` |
//! | BOSH: the second request releases the first, `ack` one higher | bosh `a_second_request_releases_the_older_one_empty` |
//! | BOSH: 404, 400 and 403 with a page, `terminate` with each condition and with none, a stream error without `terminate`, HTML with 200 | bosh `errors_and_ends` |
//! | WebSocket: upgrade, `open`, features, auth, success, `open` again, bind | websocket `the_login` |
//! | WebSocket: features without prefix, `<open …></open>` | websocket `features_without_the_prefix_and_an_open_in_two_tags` |
//! | WebSocket: upgrade without the sub-protocol | websocket `a_handshake_without_the_sub_protocol_is_refused` |
//! | WebSocket: each stream error, then `close`; `close` alone | websocket `stream_errors_and_the_close_behind_them` |
//! | WebSocket: ping of the socket | websocket `events_presence_and_pings_of_both_kinds` |
//! | subscribe, its result and its errors | tcp `a_subscription_and_its_errors`; over BOSH `a_second_request_releases_the_older_one_empty` |
//! | unsubscribe, its result and its errors, the list of subscriptions | tcp `an_unsubscription_and_its_errors`, `an_unsubscription_whose_subid_is_required`, `the_list_of_subscriptions_is_swept` |
//! | the last item that comes with a subscription | tcp `the_last_item_after_a_subscription_is_no_news` |
//! | signing out | tcp, bosh and websocket `signing_out` |
//! | what the server asks: ping, disco, version, roster push, presence subscription | tcp `what_is_no_event_is_answered_or_understood`, `questions_of_the_server` |
//! | the envelope of an event, and with `delay` | tcp `a_user_notification`, `what_is_no_event_is_answered_or_understood` |
//! | `conflict` and `system-shutdown` as stream errors | tcp `a_conflict_as_openfire_writes_it`, `what_is_no_event_is_answered_or_understood` |

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;

use common::peer::{self, Peer};
use common::{config, end, notification};
use finesse_model::{Resource, Verb};
use finesse_notify::{EndCause, Event, Link, Presence, open};

const HEADER: &str = r#"<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream="http://etherx.jabber.org/streams"
     xmlns="jabber:client" from="fin-a.lab.example" id="7qk2n1x0vd" xml:lang="en" version="1.0">"#;
const FEATURES: &str = r#"<stream:features>
     <mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms>
     <compression xmlns="http://jabber.org/features/compress"><method>zlib</method></compression>
     <ver xmlns="urn:xmpp:features:rosterver"/>
     <auth xmlns="http://jabber.org/features/iq-auth"/>
     <register xmlns="http://jabber.org/features/iq-register"/>
   </stream:features>"#;
const SUCCESS: &str = r#"<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>"#;
const BOUND_FEATURES: &str = r#"<stream:features>
     <bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>
     <session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session>
     <ver xmlns="urn:xmpp:features:rosterver"/>
   </stream:features>"#;
const BOUND: &str = r#"<iq type="result" id="b1" to="fin-a.lab.example/7qk2n1x0vd"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">
     <jid>40217@fin-a.lab.example/rust-3f9a</jid></bind></iq>"#;
const SESSION: &str = r#"<iq type="result" id="s1" to="40217@fin-a.lab.example/rust-3f9a"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>"#;
const SUBSCRIBED: &str = r#"<iq type="result" id="sub-1" from="pubsub.fin-a.lab.example" to="40217@fin-a.lab.example/rust-3f9a">
     <pubsub xmlns="http://jabber.org/protocol/pubsub">
       <subscription node="/finesse/api/Team/512/Users" jid="40217@fin-a.lab.example/rust-3f9a"
         subscription="subscribed"><subscribe-options/></subscription></pubsub></iq>"#;
const USER: &str = r#"<message from="pubsub.fin-a.lab.example" to="40217@fin-a.lab.example" id="tX91bQz7">
  <event xmlns="http://jabber.org/protocol/pubsub#event">
    <items node="/finesse/api/User/40217">
      <item id="3d0c6f1e-52ab-4c1b-9a77-0f8d3b6c91aa1042">
        <notification xmlns="urn:xmpp:push:0">&lt;Update&gt;
  &lt;data&gt;&lt;user&gt;&lt;loginId&gt;40217&lt;/loginId&gt;&lt;state&gt;NOT_READY&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;
  &lt;event&gt;PUT&lt;/event&gt;&lt;requestId&gt;&lt;/requestId&gt;&lt;source&gt;/finesse/api/User/40217&lt;/source&gt;
&lt;/Update&gt;</notification>
      </item>
    </items>
  </event>
</message>"#;

struct Replay {
    link: Link,
    peer: Peer,
}

/// Plays the login as it was written down; in pieces of this many bytes.
async fn replayed(piece: usize) -> Replay {
    let (connect, mut peer) = peer::at("fin-a.lab.example");
    peer.piece = piece;
    let config = config().resource("rust-3f9a").build().unwrap();
    let script = async {
        peer.hear("</auth>").await;
        peer.say(HEADER).await;
        peer.say(FEATURES).await;
        peer.say(SUCCESS).await;
        let bind = peer.hear("</iq>").await;
        assert!(bind.contains("<resource>rust-3f9a</resource>"), "{bind}");
        let session = peer.hear("</iq>").await;
        peer.hear("<priority>0</priority></presence>").await;
        peer.say(HEADER).await;
        peer.say(BOUND_FEATURES).await;
        peer.say(&BOUND.replace("b1", Peer::id(&bind))).await;
        peer.say(&SESSION.replace("s1", Peer::id(&session))).await;
    };
    let (link, ()) = tokio::join!(open(&connect, config), script);
    Replay { link: link.unwrap(), peer }
}

#[tokio::test(start_paused = true)]
async fn the_login_in_any_cutting() {
    for piece in [0, 1, 5, 64] {
        assert_eq!(replayed(piece).await.link.jid, "40217@fin-a.lab.example/rust-3f9a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_notification() {
    for piece in [0, 1, 3] {
        let Replay { mut link, mut peer } = replayed(piece).await;
        peer.say(USER).await;
        let n = notification(link.events.recv().await);
        assert_eq!(n.node, "/finesse/api/User/40217");
        assert_eq!(n.item_id.as_deref(), Some("3d0c6f1e-52ab-4c1b-9a77-0f8d3b6c91aa1042"));
        assert!(!n.delayed);
        let update = n.update.unwrap();
        assert_eq!(update.event, Verb::Put);
        assert!(matches!(update.data, Some(Resource::User(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_and_its_errors() {
    let Replay { link, mut peer } = replayed(0).await;
    let control = Arc::clone(&link.control);
    let node = "/finesse/api/Team/512/Users";
    let (result, ()) = tokio::join!(control.subscribe(node), async {
        let asked = peer.hear("</iq>").await;
        let wanted =
            "<subscribe node=\"/finesse/api/Team/512/Users\" jid=\"40217@fin-a.lab.example/rust-3f9a\"/>";
        assert!(asked.contains(wanted), "{asked}");
        peer.say(&SUBSCRIBED.replace("sub-1", Peer::id(asked.split(" to=").next().unwrap()))).await;
    });
    result.unwrap();
    for (error, condition) in [
        (
            r#"<error code="404" type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>"#,
            "item-not-found",
        ),
        (
            r#"<error code="400" type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><invalid-jid xmlns="http://jabber.org/protocol/pubsub#errors"/></error>"#,
            "bad-request",
        ),
        (
            r#"<error code="403" type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>"#,
            "forbidden",
        ),
        (
            r#"<error code="405" type="cancel"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>"#,
            "not-allowed",
        ),
    ] {
        let (result, ()) = tokio::join!(control.subscribe("/finesse/api/Queue/88"), async {
            let asked = peer.hear("</iq>").await;
            let id = Peer::id(asked.split(" to=").next().unwrap());
            let reply = format!(r#"<iq type="error" id="{id}" from="pubsub.fin-a.lab.example">{error}</iq>"#);
            peer.say(&reply).await;
        });
        assert_eq!(result.unwrap_err().condition(), Some(condition));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_event_is_answered_or_understood() {
    let Replay { mut link, mut peer } = replayed(0).await;
    peer.say(r#"<presence from="finesse@fin-a.lab.example/x1" to="40217@fin-a.lab.example/rust-3f9a"/>"#)
        .await;
    peer.say(r#"<presence type="unavailable" from="finesse@fin-a.lab.example/x1" to="40217@fin-a.lab.example/rust-3f9a"/>"#).await;
    peer.say(
        r#"<iq type="get" id="482-17" from="fin-a.lab.example" to="40217@fin-a.lab.example/rust-3f9a"><ping xmlns="urn:xmpp:ping"/></iq>"#,
    )
    .await;
    peer.say(&USER.replace(
        "</message>",
        r#"  <delay xmlns="urn:xmpp:delay" from="fin-a.lab.example" stamp="2026-03-01T17:02:11.415Z"/></message>"#,
    ))
    .await;
    peer.say(
        r#"<stream:error><system-shutdown xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>"#,
    )
    .await;
    for expected in [Presence::Available, Presence::Unavailable] {
        assert!(
            matches!(link.events.recv().await, Some(Event::FinessePresence(presence)) if presence == expected)
        );
    }
    let pong = peer.hear("/>").await;
    assert_eq!(pong, r#"<iq type="result" id="482-17" to="fin-a.lab.example"/>"#);
    assert!(notification(link.events.recv().await).delayed);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn what_the_client_says_is_this_to_the_byte() {
    let (connect, mut peer) = peer::at("fin-a.lab.example");
    let header = "<stream:stream to='fin-a.lab.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    let script = async {
        assert_eq!(
            peer.hear("</auth>").await,
            format!(
                "<?xml version='1.0'?>{header}<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" \
                 mechanism=\"PLAIN\">ADQwMjE3AGh1bnRlcjItczNjcmV0</auth>"
            )
        );
        peer.say(&format!("{HEADER}{FEATURES}{SUCCESS}")).await;
        let flight = peer.hear("</presence>").await;
        let ids: Vec<&str> =
            flight.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(
            flight,
            format!(
                "{header}<iq type=\"set\" id=\"{}\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><resource>rust-3f9a</resource></bind>\
                 </iq><iq type=\"set\" id=\"{}\"><session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/></iq>\
                 <presence><priority>0</priority></presence>",
                ids[0], ids[1]
            )
        );
    };
    let config = config().resource("rust-3f9a").build().unwrap();
    tokio::select! {
        opened = open(&connect, config) => panic!("{opened:?}"),
        () = script => {}
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_during_the_login() {
    let failure = r#"<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>"#;
    let taken = r#"<iq type="error" id="b1"><error code="409" type="cancel"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>"#;
    let modify = taken.replace("cancel", "modify");
    for (text, kind, condition) in [
        (failure, EndCause::Auth, "not-authorized"),
        (taken, EndCause::Conflict, "conflict"),
        (modify.as_str(), EndCause::Conflict, "conflict"),
    ] {
        let (connect, mut peer) = peer::at("fin-a.lab.example");
        let script = async {
            peer.hear("</auth>").await;
            peer.say(&format!("{HEADER}{FEATURES}")).await;
            if text == failure {
                return peer.say(text).await;
            }
            peer.say(SUCCESS).await;
            let bind = peer.hear("</iq>").await;
            peer.say(&format!("{HEADER}{BOUND_FEATURES}{}", text.replace("b1", Peer::id(&bind)))).await;
        };
        let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
        let error = link.unwrap_err();
        assert_eq!((error.kind(), error.condition()), (kind, Some(condition)), "{error}");
        assert!(error.is_final(), "{error}");
    }
}

/// Subscribes to a node, as the example has it.
async fn subscribed(link: &Link, peer: &mut Peer, node: &str) {
    let control = Arc::clone(&link.control);
    let (result, ()) = tokio::join!(control.subscribe(node), async {
        let asked = peer.hear("</iq>").await;
        let answer = SUBSCRIBED.replace("/finesse/api/Team/512/Users", node);
        peer.say(&answer.replace("sub-1", Peer::id(asked.split(" to=").next().unwrap()))).await;
    });
    result.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unsubscription_and_its_errors() {
    let node = "/finesse/api/Team/512/Users";
    let error = |kind: &str, general: &str, special: &str| {
        format!(
            "<error code=\"400\" type=\"{kind}\"><{general} xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/><{special} \
             xmlns=\"http://jabber.org/protocol/pubsub#errors\"/></error>"
        )
    };
    for (kind, inside, condition) in [
        ("result", String::new(), None),
        // That there was none is what was wanted.
        ("error", error("cancel", "unexpected-request", "not-subscribed"), None),
        ("error", error("modify", "bad-request", "jid-required"), Some("bad-request")),
        ("error", error("modify", "bad-request", "invalid-jid"), Some("bad-request")),
    ] {
        let Replay { link, mut peer } = replayed(0).await;
        subscribed(&link, &mut peer, node).await;
        let control = Arc::clone(&link.control);
        let (result, ()) = tokio::join!(control.unsubscribe(node), async {
            let asked = peer.hear("</iq>").await;
            let id = Peer::id(asked.split(" to=").next().unwrap());
            let ours = format!(
                "<iq type=\"set\" id=\"{id}\" to=\"pubsub.fin-a.lab.example\"><pubsub \
                 xmlns=\"http://jabber.org/protocol/pubsub\"><unsubscribe node=\"{node}\" \
                 jid=\"40217@fin-a.lab.example/rust-3f9a\"/></pubsub></iq>"
            );
            assert_eq!(asked, ours);
            peer.say(&format!(
                r#"<iq type="{kind}" id="{id}" from="pubsub.fin-a.lab.example">{inside}</iq>"#
            ))
            .await;
        });
        assert_eq!(
            result.err().and_then(|e| e.condition().map(str::to_owned)).as_deref(),
            condition,
            "{inside}"
        );
    }
}

/// The server keeps several subscriptions and wants to hear which; the list tells.
#[tokio::test(start_paused = true)]
async fn an_unsubscription_whose_subid_is_required() {
    let node = "/finesse/api/Team/512/Users";
    let Replay { link, mut peer } = replayed(0).await;
    subscribed(&link, &mut peer, node).await;
    let control = Arc::clone(&link.control);
    let (result, ()) = tokio::join!(control.unsubscribe(node), async {
        let asked = peer.hear("</iq>").await;
        let id = Peer::id(asked.split(" to=").next().unwrap());
        peer.say(&format!(
            r#"<iq type="error" id="{id}"><error code="400" type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><subid-required xmlns="http://jabber.org/protocol/pubsub#errors"/></error></iq>"#
        ))
        .await;
        let listing = peer.hear("</iq>").await;
        let id = Peer::id(listing.split(" to=").next().unwrap());
        peer.say(&format!(
            r#"<iq type="result" id="{id}"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscriptions><subscription node="{node}" jid="40217@fin-a.lab.example/rust-3f9a" subscription="subscribed" subid="b7"/></subscriptions></pubsub></iq>"#
        ))
        .await;
        let named = peer.hear("</iq>").await;
        assert!(named.contains("subid=\"b7\""), "{named}");
        let id = Peer::id(named.split(" to=").next().unwrap());
        peer.say(&format!(r#"<iq type="result" id="{id}"/>"#)).await;
    });
    result.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_list_of_subscriptions_is_swept() {
    let (connect, mut peer) = peer::at("fin-a.lab.example");
    let config = config().resource("rust-3f9a").remove_stale_subscriptions("old-").build().unwrap();
    let script = async {
        peer.hear("</auth>").await;
        peer.say(&format!("{HEADER}{FEATURES}{SUCCESS}")).await;
        let bind = peer.hear("</iq>").await;
        peer.hear("</presence>").await;
        peer.say(&format!("{HEADER}{BOUND_FEATURES}{}", BOUND.replace("b1", Peer::id(&bind)))).await;
        let asked = peer.hear("</iq>").await;
        let id = Peer::id(asked.split(" to=").next().unwrap()).to_owned();
        assert_eq!(
            asked,
            format!(
                "<iq type=\"get\" id=\"{id}\" to=\"pubsub.fin-a.lab.example\"><pubsub \
                 xmlns=\"http://jabber.org/protocol/pubsub\"><subscriptions/></pubsub></iq>"
            )
        );
        peer.say(&format!(
            r#"<iq type="result" id="{id}"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscriptions><subscription node="/finesse/api/Queue/88" jid="40217@fin-a.lab.example/old-1" subscription="subscribed"/><subscription node="/finesse/api/Queue/89" jid="40217@fin-a.lab.example/desktop" subscription="subscribed"/></subscriptions></pubsub></iq>"#
        ))
        .await;
        let swept = peer.hear("</iq>").await;
        let of_old = r#"<unsubscribe node="/finesse/api/Queue/88" jid="40217@fin-a.lab.example/old-1"/>"#;
        assert!(swept.contains(of_old), "{swept}");
    };
    let (link, ()) = tokio::join!(open(&connect, config), script);
    link.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_last_item_after_a_subscription_is_no_news() {
    let Replay { mut link, mut peer } = replayed(0).await;
    let node = "/finesse/api/Team/512/Users";
    subscribed(&link, &mut peer, node).await;
    let item = USER.replace("/finesse/api/User/40217\">", &format!("{node}\">"));
    assert_ne!(item, USER);
    peer.say(&item).await;
    assert!(notification(link.events.recv().await).delayed);
    peer.say(&item.replace("91aa1042", "91aa1043")).await;
    assert!(!notification(link.events.recv().await).delayed);
}

#[tokio::test(start_paused = true)]
async fn questions_of_the_server() {
    let Replay { link: _link, mut peer } = replayed(0).await;
    let from = r#"from="fin-a.lab.example" to="40217@fin-a.lab.example/rust-3f9a""#;
    let unavailable = |id: &str| {
        format!(
            "<iq type=\"error\" id=\"{id}\" to=\"fin-a.lab.example\"><error type=\"cancel\"><service-unavailable \
             xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>"
        )
    };
    for (id, namespace) in [
        ("d1", "http://jabber.org/protocol/disco#info"),
        ("v1", "jabber:iq:version"),
        ("t1", "urn:xmpp:time"),
    ] {
        peer.say(&format!(r#"<iq type="get" id="{id}" {from}><query xmlns="{namespace}"/></iq>"#)).await;
        assert_eq!(peer.hear("</iq>").await, unavailable(id));
    }
    // Never approved, so never answered: the next thing that is heard answers the roster push behind it.
    peer.say(r#"<presence type="subscribe" from="x@fin-a.lab.example" to="40217@fin-a.lab.example"/>"#).await;
    peer.say(&format!(r#"<iq type="set" id="r1" {from}><query xmlns="jabber:iq:roster"><item jid="x@fin-a.lab.example"/></query></iq>"#)).await;
    assert_eq!(peer.hear("/>").await, r#"<iq type="result" id="r1" to="fin-a.lab.example"/>"#);
}

#[tokio::test(start_paused = true)]
async fn signing_out() {
    let Replay { mut link, mut peer } = replayed(0).await;
    let node = "/finesse/api/Team/512/Users";
    subscribed(&link, &mut peer, node).await;
    let control = Arc::clone(&link.control);
    let script = async {
        let asked = peer.hear("</iq>").await;
        assert!(asked.contains("<unsubscribe node=\"/finesse/api/Team/512/Users\""), "{asked}");
        peer.say(&format!(r#"<iq type="result" id="{}"/>"#, Peer::id(asked.split(" to=").next().unwrap())))
            .await;
        assert_eq!(peer.hear("</stream:stream>").await, "<presence type=\"unavailable\"/></stream:stream>");
        peer.say("</stream:stream>").await;
        // The client waits for the end of our bytes too.
        tokio::io::AsyncWriteExt::shutdown(&mut peer.io).await.unwrap();
    };
    tokio::join!(control.close(), script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_as_openfire_writes_it() {
    let Replay { mut link, mut peer } = replayed(0).await;
    peer.say(r#"<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>"#).await;
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Conflict);
}
