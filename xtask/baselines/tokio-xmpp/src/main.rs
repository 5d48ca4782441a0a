//! `baseline-tokio-xmpp ADDRESS DOMAIN AGENT EVENTS`: logs in with TLS, takes in so many events, and prints in one line of JSON how
//! long that took (`seconds`), what it cost this thread (`cpu`, seconds, where the system says so), and the `version` of the library.
//!
//! The library trusts what the system trusts; the environment variable `SSL_CERT_FILE` names the certificate to trust instead. Of each
//! event the payload's text is looked up in the tree that the library builds; it is not decoded any further.

use std::error::Error;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio_xmpp::connect::{DirectTlsServerConnector, DnsConfig};
use tokio_xmpp::jid::Jid;
use tokio_xmpp::parsers::message::Message;
use tokio_xmpp::parsers::presence::Presence;
use tokio_xmpp::xmlstream::Timeouts;
use tokio_xmpp::{Client, Event, Stanza};

const NS_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
const NS_PUSH: &str = "urn:xmpp:push:0";
/// What the lock file beside this program says.
const LOCK: &str = include_str!("../Cargo.lock");

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, domain, agent, events] = arguments.as_slice() else {
        return Err("usage: baseline-tokio-xmpp ADDRESS DOMAIN AGENT EVENTS".into());
    };
    // The canned server publishes as many events as the resource says.
    let jid: Jid = format!("{agent}@{domain}/events-{events}").parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(take_in(address, jid, events.parse()?))
}

async fn take_in(address: &str, jid: Jid, events: usize) -> Result<(), Box<dyn Error>> {
    let connector = DirectTlsServerConnector(DnsConfig::addr(address));
    let mut client = Client::new_with_connector(jid, "bench", connector, Timeouts::default());
    let (mut started, mut cpu, mut seen) = (Instant::now(), None, 0);
    while seen < events {
        match client.next().await {
            Some(Event::Online { .. }) => {
                (started, cpu) = (Instant::now(), thread_cpu());
                client.send_stanza(Presence::available().into()).await?;
            }
            Some(Event::Stanza(Stanza::Message(message))) => {
                if text(&message).is_none_or(|text| text.is_empty()) {
                    return Err(format!("event {seen} has no payload").into());
                }
                seen += 1;
            }
            Some(Event::Stanza(_)) => {}
            Some(Event::Disconnected(error)) => return Err(error.into()),
            None => return Err("the stream is over".into()),
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let spent = thread_cpu().zip(cpu).map(|(after, before)| (after - before).as_secs_f64());
    let spent = spent.map_or_else(|| "null".to_owned(), |spent| spent.to_string());
    println!(r#"{{"version":"{}","seconds":{seconds},"cpu":{spent}}}"#, version());
    Ok(())
}

/// The text of the payload, as the library has unescaped it.
fn text(message: &Message) -> Option<String> {
    let event = message.payloads.iter().find(|payload| payload.is("event", NS_EVENT))?;
    let item = event.get_child("items", NS_EVENT)?.get_child("item", NS_EVENT)?;
    Some(item.get_child("notification", NS_PUSH)?.text())
}

/// Time this thread has spent on a processor, where the system says so.
fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The version of the library that was built.
fn version() -> &'static str {
    let after = LOCK.split_once("name = \"tokio-xmpp\"\nversion = \"").map_or("", |(_, rest)| rest);
    after.split_once('"').map_or("", |(version, _)| version)
}
