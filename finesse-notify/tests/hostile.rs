//! Whatever a server sends after the login, the link ends with exactly one `Ended` or lives on; it never panics and never just stops.

#![cfg(feature = "tcp")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod common;

use std::time::Duration;

use common::{FEATURES, FEATURES_2, JID, config, event, pipes};
use finesse_notify::{Event, Link, Stanza, TcpConnect, open};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

const HEADER: &str =
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' version='1.0'>";

/// Plays the login without looking closely.
async fn linked() -> (Link, DuplexStream) {
    let (dialer, give) = pipes();
    let (mut server, theirs) = tokio::io::duplex(256 << 10);
    give.send(theirs).unwrap();
    let connect = TcpConnect::new(dialer, "fin-a.lab.example", 5223).stanza_cap(64 << 10);
    let script = async {
        let mut heard = String::new();
        let mut answered = 0;
        let mut buf = [0; 4096];
        loop {
            let reply = match answered {
                0 if heard.contains("stream:stream") => format!("{HEADER}{FEATURES}"),
                1 if heard.contains("</auth>") => {
                    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned()
                }
                2 if heard.matches("stream:stream").count() > 1 => format!("{HEADER}{FEATURES_2}"),
                3 | 4 if heard.matches("</iq>").count() > answered - 3 => {
                    let id = heard.split("id=\"").nth(answered - 2).unwrap().split('"').next().unwrap();
                    format!(
                        "<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{JID}</jid></bind></iq>"
                    )
                }
                5 if heard.contains("</presence>") => break,
                _ => {
                    let n = server.read(&mut buf).await.unwrap();
                    assert!(n > 0, "the client gave up: {heard}");
                    heard.push_str(std::str::from_utf8(&buf[..n]).unwrap());
                    continue;
                }
            };
            answered += 1;
            server.write_all(reply.as_bytes()).await.unwrap();
        }
    };
    let (link, ()) = tokio::join!(open(&connect, config().build().unwrap()), script);
    (link.unwrap(), server)
}

/// Reads until the end; panics if the stream of events stops without one, or goes on after it.
async fn must_end(mut link: Link) {
    loop {
        match tokio::time::timeout(Duration::from_secs(600), link.events.recv())
            .await
            .expect("the link hangs")
        {
            Some(Event::Ended(_)) => break,
            Some(_) => {}
            None => panic!("the events stopped without an end"),
        }
    }
    assert!(link.events.recv().await.is_none());
}

fn corpus() -> Vec<String> {
    vec![
        event("3d0c6f1e-52ab-4c1b-9a77-0f8d3b6c91aa1042", "/finesse/api/User/40217/Dialogs"),
        "<presence type='unavailable' from='finesse@fin-a.lab.example/x1'/>".to_owned(),
        "<iq type='get' id='482-17' from='fin-a.lab.example'><ping xmlns='urn:xmpp:ping'/></iq>".to_owned(),
        "<iq type='set' id='x'><query xmlns='jabber:iq:roster'><item jid='é@b'/></query></iq>".to_owned(),
        "<message><event><delete node='/n'/><items node='/m'><item/><item id=''><notification/></item></items></event></message>".to_owned(),
        "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>b</see-other-host></stream:error>".to_owned(),
    ]
}

/// Damages a text in a few places: bytes changed, doubled, cut out, or pieces of syntax put in.
fn damage(text: &str, rng: &mut fastrand::Rng) -> Vec<u8> {
    const PIECES: [&[u8]; 12] = [
        b"<",
        b">",
        b"/>",
        b"</",
        b"&",
        b"&#0;",
        b"&#xFFFFFFFF;",
        b"]]>",
        b"<!--",
        b"<![CDATA[",
        b"\xc3",
        b" xmlns:a=''",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..bytes.len().max(1)).min(bytes.len());
        match rng.u8(0..4) {
            0 if at < bytes.len() => bytes[at] = rng.u8(..),
            1 => drop(bytes.splice(at..at, PIECES[rng.usize(..PIECES.len())].iter().copied())),
            2 => drop(bytes.drain(at..(at + rng.usize(0..20)).min(bytes.len()))),
            _ => {
                let again = bytes[at..].to_vec();
                bytes.extend(again);
            }
        }
    }
    bytes
}

#[tokio::test(start_paused = true)]
async fn damaged_streams_end_with_one_end() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (link, mut server) = linked().await;
        let texts = corpus();
        for _ in 0..rng.usize(1..6) {
            let bytes = damage(&texts[rng.usize(..texts.len())], &mut rng);
            if server.write_all(&bytes).await.is_err() {
                break;
            }
        }
        drop(server);
        must_end(link).await;
    }
}

#[test]
fn damaged_documents_are_errors_and_no_panics() {
    let texts = corpus();
    let (mut fine, mut refused) = (0, 0);
    for seed in 0..20_000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let bytes = damage(&texts[rng.usize(..texts.len())], &mut rng);
        match Stanza::parse(&String::from_utf8_lossy(&bytes)) {
            Ok(stanza) => {
                fine += 1;
                // What was taken can be written and taken again.
                assert!(Stanza::parse(&stanza.to_xml()).is_ok(), "seed {seed}: {}", stanza.to_xml());
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        fine > 100 && refused > 1000,
        "the damage is too small or too great: {fine} fine, {refused} refused"
    );
}
