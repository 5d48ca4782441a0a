//! The client under test, opened against one server over one transport.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::UserId;
use finesse_net::{TcpDialer, Trust};
use finesse_notify::{
    BoshConnect, Connect, Event, Flights, Link, LinkError, PingConfig, SessionConfig, TcpConnect,
    WebSocketConnect, open,
};
use tokio::time::timeout;

use super::prosody::{AGENT, password};
use crate::report::Failure;

/// How long an event may take. Far above what a busy machine needs, far below what a person would wait.
const EVENT: Duration = Duration::from_secs(20);

/// A transport of `finesse-notify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Tcp,
    WebSocket,
    Bosh,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Tcp, Self::WebSocket, Self::Bosh];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::WebSocket => "websocket",
            Self::Bosh => "bosh",
        }
    }
}

/// What differs from an ordinary login of the agent.
pub(crate) struct Login<'a> {
    pub(crate) password: String,
    pub(crate) resource: &'a str,
    pub(crate) trust: Trust,
    /// Learns whether the server takes what is written ahead.
    pub(crate) flights: Flights,
}

impl<'a> Login<'a> {
    pub(crate) fn ordinary(resource: &'a str, authority: &str) -> Self {
        let trust = Trust::ExtraCa(authority.as_bytes().to_vec());
        Self { password: password(AGENT), resource, trust, flights: Flights::new() }
    }
}

/// Where a server is, for every way, and how it calls itself.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) xmpp: SocketAddr,
    pub(crate) websocket: String,
    pub(crate) bosh: String,
    pub(crate) domain: String,
}

/// How to reach a server over `way`.
fn connect(way: Way, places: &Places, login: &Login<'_>) -> Result<Arc<dyn Connect>, Failure> {
    let dialer = Arc::new(TcpDialer::new(&login.trust)?);
    let flights = login.flights.clone();
    Ok(match way {
        Way::Tcp => Arc::new(TcpConnect::new(dialer, "127.0.0.1", places.xmpp.port()).flights(flights)),
        Way::WebSocket => Arc::new(WebSocketConnect::new(dialer, &places.websocket)?.flights(flights)),
        Way::Bosh => Arc::new(BoshConnect::new(dialer, &places.bosh)?.flights(flights)),
    })
}

/// Opens a link as the agent.
pub(crate) async fn log_in(
    way: Way,
    places: &Places,
    login: Login<'_>,
) -> Result<Result<Link, LinkError>, Failure> {
    let connect = connect(way, places, &login)?;
    let config = SessionConfig::builder(UserId::new(AGENT)?, login.password.into(), places.domain.as_str())
        .pubsub_domain(format!("pubsub.{}", places.domain))
        .resource(login.resource)
        // A frozen server is to be noticed within the suite's patience.
        .ping(PingConfig::tight())
        .build()?;
    Ok(open(connect.as_ref(), config).await)
}

/// Waits for the event that `wanted` picks. The end of the link ends the wait, unless it is what was wanted.
pub(crate) async fn until<T>(
    link: &mut Link,
    what: &str,
    mut wanted: impl FnMut(&Event) -> Option<T>,
) -> Result<T, Failure> {
    let waiting = async {
        while let Some(event) = link.events.recv().await {
            if let Some(found) = wanted(&event) {
                return Ok(found);
            }
            if let Event::Ended(error) = event {
                return Err(Failure::new(format!(
                    "waiting for {what}, but the link ended ({}): {error}",
                    error.kind()
                )));
            }
        }
        Err(Failure::new(format!("waiting for {what}, but the events ended without `Ended`")))
    };
    timeout(EVENT, waiting).await.unwrap_or_else(|_| Err(Failure::new(format!("{what} did not come"))))
}

/// What is waiting in the link's events now, without waiting for more.
pub(crate) fn waiting(link: &mut Link) -> Vec<Event> {
    std::iter::from_fn(|| link.events.try_recv().ok()).collect()
}
