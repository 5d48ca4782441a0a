//! BOSH byte for byte: what Openfire answers, replayed, and what is asked of it. The table of all examples stands in `wire.rs`.

#![cfg(feature = "bosh")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::sync::Arc;

use common::bosh::{Asked, Server, server};
use common::{config, end, event, notification};
use finesse_notify::{BoshConnect, EndCause, Link, LinkError, Presence, open};

const CREATED: &str = r#"<body xmlns="http://jabber.org/protocol/httpbind" xmlns:stream="http://etherx.jabber.org/streams"
     from="fin-a.lab.example" authid="jon5k2w1vq" sid="jon5k2w1vq" secure="true" requests="2" inactivity="30"
     polling="5" wait="30" hold="1" ack="RID" maxpause="300" ver="1.6"><stream:features>
     <mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms>
     <bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>
     <session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session>
     </stream:features></body>"#;
const SUCCESS: &str = r#"<body xmlns='http://jabber.org/protocol/httpbind' ack='RID'><success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/></body>"#;
/// Without `ack`, as servers send it.
const RESTARTED: &str = r#"<body xmlns="http://jabber.org/protocol/httpbind" xmlns:stream="http://etherx.jabber.org/streams">
     <stream:features><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>
     <session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session>
     <ver xmlns="urn:xmpp:features:rosterver"/></stream:features></body>"#;
const EMPTY: &str = "<body xmlns='http://jabber.org/protocol/httpbind' ack='RID'></body>";
const FLIGHT: &str = "<iq xmlns=\"jabber:client\" type=\"set\" id=\"BIND\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
    <resource>rust-3f9a</resource></bind></iq><iq xmlns=\"jabber:client\" type=\"set\" id=\"SESSION\"><session \
    xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/></iq><presence xmlns=\"jabber:client\"><priority>0</priority></presence>";
const BOUND: &str = r#"<iq xmlns="jabber:client" type="result" id="BIND" to="fin-a.lab.example/7qk2n1x0vd"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>40217@fin-a.lab.example/rust-3f9a</jid></bind></iq>"#;
const SESSION: &str =
    r#"<iq xmlns="jabber:client" type="result" id="SESSION" to="40217@fin-a.lab.example/rust-3f9a"/>"#;

/// Answers with these bytes, in which `RID` is the request's own.
fn replay(asked: Asked, text: &str) {
    let rid = asked.rid().to_string();
    asked.raw(200, &text.replace("RID", &rid));
}

fn sid(rid: u64) -> String {
    format!("rid='{rid}' sid='jon5k2w1vq'")
}

/// Plays the creation, checking what is asked to the byte, and answers it so.
async fn create(server: &mut Server, answer: &str) -> u64 {
    let creation = server.asked().await;
    let rid = creation.rid();
    assert_eq!(
        creation.text,
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' rid='{rid}' \
             to='fin-a.lab.example' xml:lang='en' wait='30' hold='1' ver='1.6' content='text/xml; charset=utf-8'/>"
        )
    );
    replay(creation, answer);
    rid
}

/// Plays the whole login; returns the request that waits at the server afterwards.
async fn login(server: &mut Server, created: &str) -> Asked {
    let rid = create(server, created).await;
    let auth = server.asked().await;
    assert_eq!(
        auth.text,
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' {}><auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" \
             mechanism=\"PLAIN\">ADQwMjE3AGh1bnRlcjItczNjcmV0</auth></body>",
            sid(rid + 1)
        )
    );
    replay(auth, SUCCESS);
    let restart = server.asked().await;
    assert_eq!(
        restart.text,
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true' to='fin-a.lab.example' \
             xml:lang='en' {}/>",
            sid(rid + 2)
        )
    );
    restart.raw(200, RESTARTED);
    let flight = server.asked().await;
    let ids: Vec<String> =
        flight.body.children().filter_map(|one| one.attribute("id").map(str::to_owned)).collect();
    let own = |text: &str| text.replace("BIND", &ids[0]).replace("SESSION", &ids[1]);
    assert_eq!(
        flight.text,
        format!("<body xmlns='http://jabber.org/protocol/httpbind' {}>{}</body>", sid(rid + 3), own(FLIGHT))
    );
    replay(flight, &EMPTY.replace("></body>", &format!(">{}{}</body>", own(BOUND), own(SESSION))));
    let held = server.asked().await;
    assert_eq!(held.text, format!("<body xmlns='http://jabber.org/protocol/httpbind' {}/>", sid(rid + 4)));
    held
}

async fn opened(created: &str) -> (Link, Server, Asked) {
    let (connect, mut server): (BoshConnect, Server) = server();
    let config = config().resource("rust-3f9a").build().unwrap();
    let (link, held) = tokio::join!(open(&connect, config), login(&mut server, created));
    (link.unwrap(), server, held)
}

async fn ended_by(status: u16, text: &str) -> LinkError {
    let (mut link, _server, held) = opened(CREATED).await;
    let text = text.replace("RID", &held.rid().to_string());
    held.raw(status, &text);
    end(link.events.recv().await)
}

#[tokio::test(start_paused = true)]
async fn the_login() {
    let (link, _server, _held) = opened(CREATED).await;
    assert_eq!(link.jid, "40217@fin-a.lab.example/rust-3f9a");
}

#[tokio::test(start_paused = true)]
async fn creations_of_other_releases() {
    for (what, created) in [
        ("3.x before 3.9: no from, a sid of eight hexadecimal digits", {
            CREATED.replace("from=\"fin-a.lab.example\" ", "").replace("jon5k2w1vq", "6c2f09ab")
        }),
        ("a client of 1.5: no hold, ack, maxpause and ver", {
            CREATED.replace(" hold=\"1\" ack=\"RID\" maxpause=\"300\" ver=\"1.6\"", "")
        }),
        ("a shorter wait", CREATED.replace("wait=\"30\"", "wait=\"20\"")),
    ] {
        let (connect, mut server) = server();
        let script = async {
            create(&mut server, &created).await;
            let auth = server.asked().await;
            assert_eq!(auth.stanza().name(), "auth", "{what}");
            let sid = if created.contains("6c2f09ab") { "6c2f09ab" } else { "jon5k2w1vq" };
            assert_eq!(auth.body.attribute("sid"), Some(sid), "{what}");
        };
        tokio::select! {
            opened = open(&connect, config().build().unwrap()) => panic!("{what}: {opened:?}"),
            () = script => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_after_the_wait_and_the_next_poll() {
    let (mut link, mut server, held) = opened(CREATED).await;
    let rid = held.rid();
    replay(held, EMPTY);
    let poll = server.asked().await;
    assert_eq!(poll.text, format!("<body xmlns='http://jabber.org/protocol/httpbind' {}/>", sid(rid + 1)));
    // Several stanzas in one answer, the second without a namespace of its own but with the one that is added for it.
    let two = format!(
        "{}{}",
        event("1", "/a"),
        event("2", "/b").replace("<message ", "<message xmlns=\"jabber:client\" ")
    );
    replay(poll, &EMPTY.replace("></body>", &format!(">{two}</body>")));
    for id in ["1", "2"] {
        assert_eq!(notification(link.events.recv().await).item_id.as_deref(), Some(id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_releases_the_older_one_empty() {
    let (link, mut server, held) = opened(CREATED).await;
    let control = Arc::clone(&link.control);
    let asking = tokio::spawn(async move { control.subscribe("/finesse/api/Team/512/Users").await });
    let asked = server.asked().await;
    let id = asked.stanza().attribute("id").unwrap().to_owned();
    assert_eq!(
        asked.text,
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' {}><iq xmlns=\"jabber:client\" type=\"set\" id=\"{id}\" \
             to=\"pubsub.fin-a.lab.example\"><pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscribe \
             node=\"/finesse/api/Team/512/Users\" jid=\"40217@fin-a.lab.example/rust-3f9a\"/></pubsub></iq></body>",
            sid(held.rid() + 1)
        )
    );
    // `ack` is the newer one: both have arrived.
    held.raw(200, &EMPTY.replace("RID", &asked.rid().to_string()));
    asked.result(
        r#"<pubsub xmlns="http://jabber.org/protocol/pubsub"><subscription node="/finesse/api/Team/512/Users" jid="40217@fin-a.lab.example/rust-3f9a" subscription="subscribed"><subscribe-options/></subscription></pubsub>"#,
    );
    asking.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn errors_and_ends() {
    let terminate = |condition: &str| {
        format!(
            "<body type=\"terminate\" condition=\"{condition}\" xmlns=\"http://jabber.org/protocol/httpbind\"/>"
        )
    };
    let conflict = "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\"><conflict \
        xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error>";
    let jetty =
        "<html><head><title>Error 400 Bad Request</title></head><body><h2>HTTP ERROR 400</h2></body></html>";
    for (status, text, kind) in [
        (404, "Invalid SID value.".to_owned(), EndCause::Network),
        (400, jetty.to_owned(), EndCause::Protocol),
        (403, jetty.to_owned(), EndCause::Protocol),
        (200, terminate("bad-request"), EndCause::Protocol),
        (200, terminate("item-not-found"), EndCause::Network),
        (200, terminate("policy-violation"), EndCause::Protocol),
        (200, terminate("internal-server-error"), EndCause::Network),
        (200, terminate("remote-stream-error"), EndCause::Network),
        (
            200,
            "<body type=\"terminate\" ack=\"RID\" xmlns=\"http://jabber.org/protocol/httpbind\"/>".to_owned(),
            EndCause::Network,
        ),
        (200, EMPTY.replace("></body>", &format!(">{conflict}</body>")), EndCause::Conflict),
        (200, "<html><head></head><body>Sign in</body></html>".to_owned(), EndCause::Protocol),
    ] {
        let cause = ended_by(status, &text).await;
        assert_eq!(cause.kind(), kind, "{status} {text}: {cause}");
    }
    // Before there is a session, the page with 400 means that the service is starting.
    let (connect, mut server) = server();
    let script = async { server.asked().await.raw(400, jetty) };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    assert_eq!(link.unwrap_err().kind(), EndCause::Network);
}

#[tokio::test(start_paused = true)]
async fn presence_and_a_ping_of_the_server() {
    let (mut link, mut server, held) = opened(CREATED).await;
    let inside = r#"<presence xmlns="jabber:client" from="finesse@fin-a.lab.example/x1" to="40217@fin-a.lab.example/rust-3f9a"/><iq xmlns="jabber:client" type="get" id="482-17" from="fin-a.lab.example" to="40217@fin-a.lab.example/rust-3f9a"><ping xmlns="urn:xmpp:ping"/></iq>"#;
    let rid = held.rid();
    replay(held, &EMPTY.replace("></body>", &format!(">{inside}</body>")));
    assert!(matches!(
        link.events.recv().await,
        Some(finesse_notify::Event::FinessePresence(Presence::Available))
    ));
    let poll = server.asked().await;
    let pong = server.data_after(poll).await;
    assert_eq!(
        pong.text,
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' {}><iq xmlns=\"jabber:client\" type=\"result\" id=\"482-17\" \
             to=\"fin-a.lab.example\"/></body>",
            sid(rid + 2)
        )
    );
}

#[tokio::test(start_paused = true)]
async fn signing_out() {
    let (mut link, mut server, held) = opened(CREATED).await;
    let control = Arc::clone(&link.control);
    let rid = held.rid();
    let script = async {
        let presence = server.asked().await;
        assert_eq!(
            presence.text,
            format!(
                "<body xmlns='http://jabber.org/protocol/httpbind' {}><presence xmlns=\"jabber:client\" type=\"unavailable\"/></body>",
                sid(rid + 1)
            )
        );
        held.raw(200, &EMPTY.replace("RID", &presence.rid().to_string()));
        let last = server.asked().await;
        assert_eq!(
            last.text,
            format!("<body xmlns='http://jabber.org/protocol/httpbind' {} type='terminate'/>", sid(rid + 2))
        );
        replay(last, "<body type=\"terminate\" ack=\"RID\" xmlns=\"http://jabber.org/protocol/httpbind\"/>");
        presence
    };
    tokio::join!(control.close(), script);
    assert_eq!(end(link.events.recv().await).kind(), EndCause::ClosedByUs);
}
