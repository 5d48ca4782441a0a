//! What a server of Finesse sends, byte for byte, replayed against the client: login, subscriptions, notifications, the rest of a session.
//! Only the ids of our own requests are put in.

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;

use common::peer::Peer;
use common::{config, end, notification, pipes};
use finesse_model::{UpdateData, Verb};
use finesse_notify::{EndCause, Event, Link, Presence, TcpConnect, open};

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
    let (dialer, give) = pipes();
    let (io, theirs) = tokio::io::duplex(64 << 10);
    give.send(theirs).unwrap();
    let mut peer = Peer { io, heard: String::new(), piece };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
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
        assert!(matches!(update.data, Some(UpdateData::User(_))));
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
async fn a_conflict_as_openfire_writes_it() {
    let Replay { mut link, mut peer } = replayed(0).await;
    peer.say(r#"<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>"#).await;
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Conflict);
}
