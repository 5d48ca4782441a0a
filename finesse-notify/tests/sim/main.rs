//! Every transport against the simulator: over real sockets with TLS, and in memory under paused time.
//!
//! Here is what the tests share: the ways to a side, and how its events are waited for.

#![cfg(all(feature = "tcp", feature = "bosh", feature = "websocket"))]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod day;
mod ends;
mod events;
mod login;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use bytes::Bytes;
use finesse_model::{Resource, UserId, Verb};
use finesse_net::{DialError, DialErrorKind, Dialer, Io, Target, TcpDialer, Trust};
use finesse_notify::{
    BoshConnect, Connect, EndCause, Event, Link, LinkError, Notification, PingConfig, Presence,
    SessionConfig, TcpConnect, WebSocketConnect, open,
};
use finesse_sim::profile::{Pipelining, PlainPort, Span};
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, Side, Sim, WorldAction};

const AGENT: &str = "40217";
const PASSWORD: &str = "pw-40217";
/// Far above what a loaded machine needs; nothing waits that long when things work.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Way {
    Tcp,
    WebSocket,
    /// Where releases before 12.6 have it.
    WebSocketOn7443,
    Bosh,
}

const WAYS: [Way; 4] = [Way::Tcp, Way::WebSocket, Way::WebSocketOn7443, Way::Bosh];

async fn served() -> Sim {
    let sim = Sim::serve(Profile::ucce().scaled(0.05), 1).await.unwrap();
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
    sim
}

fn connect(sim: &Sim, way: Way, side: Side) -> Box<dyn Connect> {
    let dialer: Arc<dyn Dialer> =
        Arc::new(TcpDialer::new(&Trust::ExtraCa(sim.ca_pem().unwrap().as_bytes().to_vec())).unwrap());
    let addresses = sim.addresses(side).unwrap();
    match way {
        Way::Tcp => Box::new(TcpConnect::new(dialer, addresses.host, addresses.xmpp.port())),
        Way::WebSocket => Box::new(WebSocketConnect::new(dialer, &addresses.websocket_url).unwrap()),
        Way::WebSocketOn7443 => {
            Box::new(WebSocketConnect::new(dialer, &addresses.websocket_7443_url).unwrap())
        }
        Way::Bosh => Box::new(BoshConnect::new(dialer, &addresses.bosh_url).unwrap()),
    }
}

fn config(sim: &Sim, side: Side, password: &str) -> SessionConfig {
    SessionConfig::builder(
        UserId::new(AGENT).unwrap(),
        password.to_owned().into(),
        sim.node_address(side).host,
    )
    .resource("test")
    .seed(3)
    .ping(PingConfig::tight())
    .build()
    .unwrap()
}

async fn linked(sim: &Sim, way: Way, side: Side) -> Link {
    open(connect(sim, way, side).as_ref(), config(sim, side, PASSWORD))
        .await
        .unwrap_or_else(|e| panic!("{way:?}: {e}"))
}

/// Signs the agent in by REST.
async fn sign_in(sim: &Sim, side: Side) {
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{AGENT}:{PASSWORD}"));
    let request = http::Request::put(format!("/finesse/api/User/{AGENT}"))
        .header("authorization", format!("Basic {credentials}"))
        .header("content-type", "application/xml")
        .body(Bytes::from_static(b"<User><state>LOGIN</state><extension>7301</extension></User>"))
        .unwrap();
    assert_eq!(sim.http(side, request).await.unwrap().status(), 202);
}

async fn next(link: &mut Link) -> Event {
    tokio::time::timeout(PATIENCE, link.events.recv())
        .await
        .expect("nothing came")
        .expect("the events stopped without an end")
}

/// The next notification of this node; others and presence are passed over.
async fn about(link: &mut Link, node: &str) -> Notification {
    loop {
        match next(link).await {
            Event::Notification(n) if n.node == node => return n,
            Event::Ended(cause) => panic!("the link ended: {cause}"),
            _ => {}
        }
    }
}

async fn presence(link: &mut Link) -> Presence {
    loop {
        match next(link).await {
            Event::FinessePresence(presence) => return presence,
            Event::Ended(cause) => panic!("the link ended: {cause}"),
            _ => {}
        }
    }
}

async fn ended(link: &mut Link) -> LinkError {
    loop {
        if let Event::Ended(cause) = next(link).await {
            assert!(link.events.recv().await.is_none());
            return cause;
        }
    }
}

fn logins(sim: &Sim) -> usize {
    sim.log()
        .iter()
        .filter(|entry| matches!(&entry.kind, LogKind::Credentials { by, .. } if by == "xmpp"))
        .count()
}

/// The simulator's byte streams in memory.
struct InMemory {
    sim: Sim,
    side: Side,
}
