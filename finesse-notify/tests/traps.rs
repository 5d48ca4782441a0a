//! The traps that clients of Finesse are known to have fallen into, one test each, numbered as in docs/notification-traps.md.
//!
//! Those that concern BOSH alone stand in `bosh_traps.rs`, the one of certificates in `sim.rs`, the one of commands in finesse-ha.

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::peer::{HEADER, Peer};
use common::{
    Did, FEATURES, JID, SECRET, config, end, event, linked, notification, pipes, scripted, time_passes,
    update,
};
use finesse_model::{Change, UserId, Verb};
use finesse_notify::{
    EndCause, Event, Link, LinkError, NodeForm, PingConfig, SessionConfig, TcpConnect, open,
};

/// A link over bytes, logged in, and its other end.
async fn over_bytes() -> (Link, Peer) {
    let (dialer, give) = pipes();
    let (io, theirs) = tokio::io::duplex(256 << 10);
    give.send(theirs).unwrap();
    let mut peer = Peer { io, heard: String::new(), piece: 0 };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), peer.login());
    (link.unwrap(), peer)
}

async fn refused_login(failure: &str) -> LinkError {
    let (connect, mut server) = scripted();
    let script = async {
        server.say(FEATURES);
        server.hear("auth").await;
        server.say(failure);
        assert!(matches!(server.did().await, Did::Closed));
        server.nothing_more();
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    link.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn notification_trap_01_sasl_strongest_first_plain_is_pinned() {
    let (connect, mut server) = scripted();
    let script = async {
        let mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "EXTERNAL", "plain"];
        let all: String = mechanisms.iter().map(|m| format!("<mechanism>{m}</mechanism>")).collect();
        server.say(&format!("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{all}</mechanisms></stream:features>"));
        assert_eq!(server.hear("auth").await.attribute("mechanism"), Some("PLAIN"));
    };
    tokio::select! {
        _ = open(&connect, config().build().unwrap()) => panic!("nothing was answered"),
        () = script => {}
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_02_login_name_as_jid_the_login_id_is_the_node_of_the_jid() {
    for (id, form, node) in [
        ("40217", NodeForm::Escaped, "40217"),
        ("maj@corp.example", NodeForm::Escaped, "maj\\40corp.example"),
        ("maj@corp.example", NodeForm::StripAt, "maj"),
        ("maj@corp.example", NodeForm::Verbatim, "maj@corp.example"),
    ] {
        let (connect, mut server) = scripted();
        let secret = SECRET.to_owned().into();
        let config =
            SessionConfig::builder(UserId::new(id).unwrap(), secret, "fin-a.lab.example").node_form(form);
        let script = async {
            server.say(FEATURES);
            let auth = server.hear("auth").await;
            let expected = finesse_test_base64(&format!("\0{node}\0{SECRET}"));
            assert_eq!(auth.text(), expected, "{id} as {form:?}");
        };
        tokio::select! {
            _ = open(&connect, config.build().unwrap()) => panic!("nothing was answered"),
            () = script => {}
        }
    }
}

fn finesse_test_base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(start_paused = true)]
async fn notification_trap_03_node_from_lower_cased_jid_a_node_is_subscribed_as_it_was_named() {
    let (link, mut server) = linked(config()).await;
    let control = Arc::clone(&link.control);
    let node = "/finesse/api/User/Ag-Lindqvist";
    tokio::spawn(async move { control.subscribe(node).await });
    let iq = server.hear("iq").await;
    assert_eq!(iq.child("pubsub").unwrap().child("subscribe").unwrap().attribute("node"), Some(node));
}

#[tokio::test(start_paused = true)]
async fn notification_trap_07_library_needs_a_body_or_a_namespace_events_come_without_either() {
    let (mut link, mut peer) = over_bytes().await;
    for (at, (event_ns, payload_ns)) in [
        ("http://jabber.org/protocol/pubsub#event", "http://jabber.org/protocol/pubsub"),
        ("http://jabber.org/protocol/pubsub#event", "urn:xmpp:push:0"),
        ("", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let text = event(&at.to_string(), "/finesse/api/User/40217")
            .replace("http://jabber.org/protocol/pubsub#event", event_ns)
            .replace("urn:xmpp:push:0", payload_ns);
        peer.say(&text).await;
        assert!(notification(link.events.recv().await).update.is_ok(), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_08_unescaping_before_framing_a_value_is_unescaped_once_for_each_wrapping() {
    let (mut link, mut peer) = over_bytes().await;
    // A value that holds `<item/>` and an ampersand, wrapped twice.
    peer.say(&event("1", "/a/&amp;lt;item/&amp;gt; R&amp;amp;D")).await;
    let n = notification(link.events.recv().await);
    assert_eq!(n.update.unwrap().source, "/a/<item/> R&D");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_21_values_escaped_twice_by_finesse_stay_as_they_are() {
    let (mut link, mut peer) = over_bytes().await;
    peer.say(&event("1", "/a/&amp;amp;lt;b&amp;amp;gt;")).await;
    assert_eq!(notification(link.events.recv().await).update.unwrap().source, "/a/&lt;b&gt;");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_09_verb_case_and_child_order_vary() {
    let (mut link, mut peer) = over_bytes().await;
    for (id, payload) in [
        "<Update><data></data><event>put</event><requestId> </requestId><source>/s</source></Update>",
        "\n<update><requestId/><source>/s</source><event> PUT\n</event></update>\n",
    ]
    .into_iter()
    .enumerate()
    {
        let escaped = payload.replace('<', "&lt;").replace('>', "&gt;");
        peer.say(&event(&id.to_string(), "/s").replace(&update("/s"), &escaped)).await;
        let update = notification(link.events.recv().await).update.unwrap();
        assert_eq!((update.event, update.source.as_str()), (Verb::Put, "/s"), "{payload}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[tokio::test(start_paused = true)]
async fn notification_trap_10_verb_and_source_decide_what_a_call_becomes_and_not_its_state() {
    let (mut link, mut peer) = over_bytes().await;
    let node = "/finesse/api/User/40217/Dialogs";
    let told = |verb: &str, state: &str, own: &str| {
        let dialog = format!(
            "<Dialog><id>7</id><state>{state}</state><participants><Participant><mediaAddress>7301</mediaAddress><state>{own}</state>\
             </Participant></participants></Dialog>"
        );
        let update = format!(
            "<Update><data><dialogs>{dialog}</dialogs></data><event>{verb}</event><source>{node}</source></Update>"
        );
        event(&format!("{verb}-{state}"), node).replace(&common::update(node), &escaped(&update))
    };
    // A removal of a call that rings, the addition of one that is active and of one that seems over.
    for (verb, state, own) in [
        ("DELETE", "ALERTING", "DROPPED"),
        ("DELETE", "INITIATING", "DROPPED"),
        ("POST", "ACTIVE", "ALERTING"),
        ("POST", "DROPPED", "DROPPED"),
    ] {
        peer.say(&told(verb, state, own)).await;
        let update = notification(link.events.recv().await).update.unwrap();
        let (removed, dialogs) = match update.change() {
            Change::DialogsRemoved(_, dialogs) => (true, dialogs),
            Change::DialogsAdded(_, dialogs) => (false, dialogs),
            other => panic!("{verb} {state}: {other:?}"),
        };
        assert_eq!(removed, verb == "DELETE", "{verb} {state}");
        assert_eq!(dialogs.items[0].state.as_ref().map(ToString::to_string).as_deref(), Some(state));
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_11_a_slow_event_handler_neither_reorders_nor_loses_nor_kills_the_link() {
    let (mut link, mut server) = linked(config().event_capacity(1)).await;
    for n in 0..20 {
        server.say(&event(&n.to_string(), "/a"));
    }
    let ping = server.hear("iq").await;
    server.result(&ping, "");
    for n in 0..20 {
        time_passes(Duration::from_secs(40)).await;
        assert_eq!(notification(link.events.recv().await).item_id, Some(n.to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_14_5222_refused_the_error_names_the_switch_and_the_other_port() {
    let (dialer, give) = pipes();
    drop(give);
    for connect in [
        TcpConnect::insecure(dialer.clone(), "fin-a.lab.example", 5222),
        TcpConnect::starttls(dialer, "fin-a.lab.example", 5222),
    ] {
        let error = open(&connect, config().build().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), EndCause::Refused);
        let words = error.to_string();
        assert!(words.contains("enableInsecureOpenfirePort") && words.contains("5223"), "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_15_auto_reconnect_on_conflict_the_link_stops_and_says_so() {
    let (mut link, mut peer) = over_bytes().await;
    peer.say("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>").await;
    let cause = end(link.events.recv().await);
    assert!(cause.kind() == EndCause::Conflict && cause.is_final(), "{cause}");
    assert!(link.events.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn notification_trap_16_password_loop_a_refused_password_is_tried_once() {
    for condition in ["not-authorized", "account-disabled", "credentials-expired", "something-new"] {
        let failure = format!("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><{condition}/></failure>");
        let error = refused_login(&failure).await;
        assert!(error.kind() == EndCause::Auth && error.is_final(), "{condition}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn notification_trap_17_stream_management_is_never_enabled() {
    // `login` offers it both times and fails the test if it is taken; nothing comes after the login either.
    let (link, mut peer) = over_bytes().await;
    link.control.close().await;
    let rest = peer.hear("</stream:stream>").await;
    assert!(!rest.contains("enable") && !rest.contains("urn:xmpp:sm"), "{rest}");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_18_laptop_sleep_after_a_jump_of_the_clock_a_ping_goes_out_and_silence_is_found() {
    let (mut link, mut server) = linked(config().ping(PingConfig::default())).await;
    let before = tokio::time::Instant::now();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let ping = server.hear("iq").await;
    assert_eq!(ping.children().next().unwrap().name(), "ping");
    assert_eq!(before.elapsed().as_secs(), 3600, "at once");
    assert_eq!(end(link.events.recv().await).kind(), EndCause::Silent);
    assert!(before.elapsed().as_secs() <= 3610);
}

#[tokio::test(start_paused = true)]
async fn notification_trap_19_big_roster_is_not_asked_for_and_presence_of_others_is_dropped() {
    let (mut link, mut peer) = over_bytes().await;
    for n in 0..500 {
        peer.say(&format!("<presence from='{n}@fin-a.lab.example/x' to='{JID}'/>")).await;
    }
    peer.say("<iq type='set' id='push'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>").await;
    let heard = peer.hear("id=\"push\"").await;
    assert!(heard.contains("type=\"result\"") && !heard.contains("roster"), "{heard}");
    peer.say(&event("1", "/a")).await;
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("1"), "nothing else was told");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_20_json_in_place_of_xml_is_handed_up_as_unreadable_and_the_link_lives() {
    let (mut link, mut peer) = over_bytes().await;
    peer.say(&event("1", "/a").replace(&update("/a"), "{\"event\":\"PUT\"}")).await;
    peer.say(&event("2", "/a")).await;
    assert!(notification(link.events.recv().await).update.is_err());
    assert!(notification(link.events.recv().await).update.is_ok());
}

#[tokio::test(start_paused = true)]
async fn notification_trap_22_documentation_samples_are_errors_or_unknown_and_the_link_lives() {
    let (mut link, mut peer) = over_bytes().await;
    for (at, (sample, verb)) in [
        ("<Update><event>{put}</event><source>/finesse/api/User/{id}</source><data/></Update>", Some("{PUT}")),
        ("<Update><event>PUT</event><source>/s</source><data><user><id>1</user></data></Update>", None),
        ("<Update><event>PUT</event><source>/s</source><data><user><state>READY</staate></user></data></Update>", None),
        ("<Update><event>PUT</event><source>/s</source><data><Dialog>...</data></Update>", None),
        ("<Update><event>PUT<event><source>/s</source></Update>", None),
    ]
    .into_iter()
    .enumerate()
    {
        peer.say(&event(&at.to_string(), "/s").replace(&update("/s"), &escaped(sample))).await;
        let read = notification(link.events.recv().await).update;
        assert_eq!(read.ok().map(|update| update.event.as_str().to_owned()).as_deref(), verb, "{sample}");
    }
    peer.say(&event("last", "/s")).await;
    assert!(notification(link.events.recv().await).update.is_ok());
}

#[tokio::test(start_paused = true)]
async fn notification_trap_24_message_id_as_key_items_are_told_apart_by_item_id() {
    let (mut link, mut peer) = over_bytes().await;
    let with_id = |item: &str| event(item, "/a").replace("<message ", "<message id='same' ");
    for item in ["1", "2", "1"] {
        peer.say(&with_id(item)).await;
    }
    peer.say(&event("3", "/a")).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(notification(link.events.recv().await).item_id.unwrap());
    }
    assert_eq!(seen, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn notification_trap_12_connecting_by_address_the_domain_is_the_servers_and_not_what_was_dialled() {
    let (dialer, give) = pipes();
    let (io, theirs) = tokio::io::duplex(64 << 10);
    give.send(theirs).unwrap();
    let mut peer = Peer { io, heard: String::new(), piece: 0 };
    let connect = TcpConnect::new(dialer, "192.0.2.7", 5223);
    // The peer insists on `to='fin-a.lab.example'`.
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), peer.login());
    assert_eq!(link.unwrap().jid, JID);
}

#[tokio::test(start_paused = true)]
async fn notification_trap_26_a_second_copy_by_bare_and_full_jid_is_dropped() {
    let (mut link, mut peer) = over_bytes().await;
    let bare = event("1", "/a");
    let full = bare.replace("to='40217@fin-a.lab.example'", &format!("to='{JID}'"));
    peer.say(&(bare + &full + &event("2", "/a"))).await;
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("1"));
    assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn notification_trap_27_stored_events_after_a_night_are_marked_and_are_no_news() {
    let (mut link, mut peer) = over_bytes().await;
    let delay =
        "<delay xmlns=\"urn:xmpp:delay\" from=\"fin-a.lab.example\" stamp=\"2026-03-01T17:02:11.415Z\"/>";
    for n in 0..500 {
        peer.say(&event(&n.to_string(), "/a").replace("</message>", &format!("{delay}</message>"))).await;
        assert!(notification(link.events.recv().await).delayed);
    }
    peer.say(&event("new", "/a")).await;
    assert!(!notification(link.events.recv().await).delayed);
}

#[tokio::test(start_paused = true)]
async fn notification_trap_28_html_of_a_proxy_on_the_xmpp_port_is_named() {
    let (dialer, give) = pipes();
    let (io, theirs) = tokio::io::duplex(64 << 10);
    give.send(theirs).unwrap();
    let mut peer = Peer { io, heard: String::new(), piece: 0 };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), async {
        peer.hear("stream:stream").await;
        peer.say("<html><head></head><body>Sign in</body></html>").await;
    });
    let error = link.unwrap_err();
    assert_eq!(error.kind(), EndCause::Protocol);
    assert!(error.to_string().contains("<html>"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn notification_trap_29_old_server_sends_session_without_optional_and_features_without_namespace() {
    let (dialer, give) = pipes();
    let (io, theirs) = tokio::io::duplex(64 << 10);
    give.send(theirs).unwrap();
    let mut peer = Peer { io, heard: String::new(), piece: 0 };
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223);
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), async {
        peer.hear("</auth>").await;
        peer.say(&format!(
            "{HEADER}<features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></features><success/>"
        ))
        .await;
        let bind = peer.hear("</iq>").await;
        let session = peer.hear("</iq>").await;
        peer.say(&format!("{HEADER}<features><bind/><session/></features>")).await;
        let (bind, session) = (Peer::id(&bind).to_owned(), Peer::id(&session).to_owned());
        peer.say(&format!("<iq type='result' id='{bind}'><bind><jid>{JID}</jid></bind></iq>")).await;
        peer.say(&format!("<iq type='result' id='{session}'/>")).await;
    });
    let mut link = link.unwrap();
    peer.say(&event("1", "/a")).await;
    assert!(matches!(link.events.recv().await, Some(Event::Notification(_))));
}
