//! Which notification transport a session uses, and where it finds it.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use finesse_model::SystemInfo;
use finesse_net::Dialer;
use finesse_notify::{
    BoshConnect, Connect, EndCause, Flights, LinkError, TcpConnect, Transport as Framing, WebSocketConnect,
};

use super::address::SideAddress;
use super::choice::{Candidate, Place, Search, Then, candidates};
use crate::link::connector::Notifications;

/// The notification transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transport {
    /// What SystemInfo and the release allow, best first; the next where it is refused. What worked is remembered for each side.
    #[default]
    Auto,
    /// Direct XMPP over TLS.
    Tcp,
    /// XMPP over WebSocket.
    WebSocket,
    /// XMPP over BOSH.
    Bosh,
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "tcp" => Ok(Self::Tcp),
            "websocket" => Ok(Self::WebSocket),
            "bosh" => Ok(Self::Bosh),
            _ => Err(format!("\"{text}\" is not one of tcp, websocket, bosh, auto")),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Tcp => "tcp",
            Self::WebSocket => "websocket",
            Self::Bosh => "bosh",
        })
    }
}

/// The transport that serves a side, and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub transport: Transport,
    /// Where: `tls://fin-a.lab.example:5223`, or a URL.
    pub address: String,
    /// Why, as a lower-case fragment.
    pub reason: String,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} ({})", self.address, self.transport, self.reason)
    }
}

/// The last choice, with its place in a form that can be compared.
type Memory = Arc<Mutex<Option<(Place, Chosen)>>>;

fn locked<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding one.
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The notifications of one side, over the transport asked for.
pub struct TransportNotifications {
    transport: Transport,
    side: SideAddress,
    dialer: Arc<dyn Dialer>,
    web_dialer: Arc<dyn Dialer>,
    connect_timeout: Duration,
    memory: Memory,
    /// What a login takes is learnt for each framing: other programs may serve them.
    flights: [Flights; 3],
}

impl fmt::Debug for TransportNotifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportNotifications")
            .field("transport", &self.transport)
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl TransportNotifications {
    /// Notifications of this side. An address of its own for them (`host:port`, or a URL of BOSH or WebSocket) wins over what SystemInfo
    /// says. One place may take `connect_timeout` to answer before the next is tried.
    pub fn new(
        transport: Transport,
        side: SideAddress,
        dialer: Arc<dyn Dialer>,
        connect_timeout: Duration,
    ) -> Self {
        let web_dialer = Arc::clone(&dialer);
        let (memory, flights) = (Memory::default(), std::array::from_fn(|_| Flights::new()));
        Self { transport, side, dialer, web_dialer, connect_timeout, memory, flights }
    }

    /// Dials BOSH and WebSocket in another way than direct XMPP, for example through an HTTP proxy.
    #[must_use]
    pub fn web_dialer(mut self, dialer: Arc<dyn Dialer>) -> Self {
        self.web_dialer = dialer;
        self
    }

    /// The transport that served the last time, and why it was chosen; `None` before the first connection.
    #[must_use]
    pub fn chosen(&self) -> Option<Chosen> {
        locked(&self.memory).as_ref().map(|(_, chosen)| chosen.clone())
    }

    fn connect(&self, candidate: &Candidate) -> Result<Box<dyn Connect>, String> {
        let web = || Arc::clone(&self.web_dialer);
        let [tcp, websocket, bosh] = &self.flights;
        Ok(match &candidate.place {
            Place::Tcp { host, port } => {
                let connect = TcpConnect::new(Arc::clone(&self.dialer), host.clone(), *port);
                Box::new(connect.flights(tcp.clone()))
            }
            Place::WebSocket(url) => {
                let connect = WebSocketConnect::new(web(), url).map_err(|error| error.to_string())?;
                Box::new(connect.flights(websocket.clone()))
            }
            Place::Bosh(url) => {
                let connect = BoshConnect::new(web(), url).map_err(|error| error.to_string())?;
                Box::new(connect.flights(bosh.clone()))
            }
        })
    }
}

impl Notifications for TransportNotifications {
    fn connect_for(&self, info: &SystemInfo) -> Result<Box<dyn Connect>, String> {
        let candidates = candidates(self.transport, &self.side, info)?;
        let connects = candidates
            .iter()
            .map(|candidate| Ok((candidate.place.clone(), self.connect(candidate)?)))
            .collect::<Result<_, String>>()?;
        Ok(Box::new(FirstThatServes::new(
            candidates,
            connects,
            self.connect_timeout,
            Arc::clone(&self.memory),
        )))
    }
}

/// Tries places in the order that [`Search`] says, for one opening of a link.
struct FirstThatServes {
    candidates: Vec<Candidate>,
    connects: Vec<(Place, Box<dyn Connect>)>,
    connect_timeout: Duration,
    memory: Memory,
    /// What served before this opening.
    before: Option<(Place, Chosen)>,
    trying: Mutex<Trying>,
}

/// How far the search has come.
struct Trying {
    search: Search,
    errors: Vec<LinkError>,
}

impl Trying {
    /// The current place did not serve. `Err` with what to tell when no other is worth a try.
    fn failed(&mut self, error: LinkError) -> Result<(), LinkError> {
        let then = self.search.failed(error.kind(), error.to_string());
        self.errors.push(error);
        match then {
            Then::Next => Ok(()),
            Then::Stop => Err(self.told()),
        }
    }

    /// The error of all of them: the one that tells most, and in its words what else was tried.
    fn told(&self) -> LinkError {
        let telling = self.search.telling();
        let Some((index, error)) = telling.and_then(|index| Some((index, self.errors.get(index)?))) else {
            return LinkError::new(EndCause::Protocol, "no transport to try");
        };
        let others = self.search.others(index).join("; ");
        if others.is_empty() { error.clone() } else { error.clone().and(format!("also tried: {others}")) }
    }
}

impl FirstThatServes {
    fn new(
        candidates: Vec<Candidate>,
        connects: Vec<(Place, Box<dyn Connect>)>,
        connect_timeout: Duration,
        memory: Memory,
    ) -> Self {
        let before = locked(&memory).clone();
        let search = Search::new(candidates.clone(), before.as_ref().map(|(place, _)| place));
        let trying = Mutex::new(Trying { search, errors: Vec::new() });
        Self { candidates, connects, connect_timeout, memory, before, trying }
    }

    /// One place. Where there is another, this one has a part of the time only.
    async fn attempt(&self, place: &Place, domain: &str) -> Result<Box<dyn Framing>, LinkError> {
        let Some((_, connect)) = self.connects.iter().find(|(one, _)| one == place) else {
            return Err(LinkError::new(EndCause::Protocol, "no transport to try"));
        };
        if self.connects.len() == 1 {
            return connect.connect(domain).await;
        }
        match tokio::time::timeout(self.connect_timeout, connect.connect(domain)).await {
            Ok(result) => result,
            Err(_) => {
                Err(LinkError::new(EndCause::Timeout, format!("no answer within {:?}", self.connect_timeout)))
            }
        }
        .map_err(|error| error.at(place.to_string()))
    }
}

#[async_trait]
impl Connect for FirstThatServes {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Framing>, LinkError> {
        loop {
            let (candidate, reason) = {
                let trying = locked(&self.trying);
                let candidate = trying.search.current().cloned().ok_or_else(|| trying.told())?;
                (candidate, trying.search.reason())
            };
            match self.attempt(&candidate.place, domain).await {
                Ok(framing) => {
                    let address = candidate.place.to_string();
                    let chosen = Chosen { transport: candidate.place.transport(), address, reason };
                    if self.before.as_ref().is_none_or(|(place, _)| *place != candidate.place) {
                        tracing::info!(%chosen, "notification transport");
                    }
                    *locked(&self.memory) = Some((candidate.place, chosen));
                    return Ok(framing);
                }
                Err(error) => locked(&self.trying).failed(error)?,
            }
        }
    }

    fn never_opened(&self, failure: LinkError) -> Result<(), LinkError> {
        // It took the connection and does not serve all the same.
        locked(&self.memory).clone_from(&self.before);
        let mut trying = locked(&self.trying);
        let failure = match trying.search.current() {
            Some(candidate) if self.connects.len() > 1 => failure.at(candidate.place.to_string()),
            _ => failure,
        };
        trying.failed(failure)
    }

    fn describe(&self) -> String {
        if let Some((_, chosen)) = locked(&self.memory).as_ref() {
            return chosen.address.clone();
        }
        match self.candidates.as_slice() {
            [only] => only.place.to_string(),
            several => {
                let places: Vec<String> = several.iter().map(|one| one.place.to_string()).collect();
                format!("the first that serves of {}", places.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use finesse_notify::{MockConnect, MockTransport};

    use super::*;

    /// Every place takes the connection.
    fn opening(memory: &Memory) -> FirstThatServes {
        let side = SideAddress::new("https://fin-a.lab.example:8445");
        let candidates = candidates(Transport::Auto, &side, &SystemInfo::default()).unwrap();
        let connects = candidates.iter().map(|candidate| {
            let mut connect = MockConnect::new();
            connect.expect_connect().returning(|_| Ok(Box::new(MockTransport::new())));
            (candidate.place.clone(), Box::new(connect) as Box<dyn Connect>)
        });
        let connects = connects.collect();
        FirstThatServes::new(candidates, connects, Duration::from_secs(1), Arc::clone(memory))
    }

    fn closed() -> LinkError {
        LinkError::new(EndCause::Network, "the server closed the connection").before_stream()
    }

    async fn connected(opening: &FirstThatServes) -> Chosen {
        assert!(opening.connect("fin-a.lab.example").await.is_ok());
        locked(&opening.memory).clone().unwrap().1
    }

    #[tokio::test]
    async fn a_place_that_never_opens_a_stream_is_left_and_the_next_one_remembered() {
        let memory = Memory::default();
        let first = opening(&memory);
        assert_eq!(connected(&first).await.transport, Transport::Tcp);
        // Step by step, perhaps: the same place, as long as nothing is said against it.
        assert_eq!(connected(&first).await.transport, Transport::Tcp);
        first.never_opened(closed()).unwrap();
        assert_eq!(*locked(&memory), None, "it does not serve");
        let chosen = connected(&first).await;
        assert_eq!(chosen.transport, Transport::WebSocket);
        assert_eq!(chosen.reason, "tried before it: tcp at tls://fin-a.lab.example:5223: network");
        let again = connected(&opening(&memory)).await;
        assert_eq!(again.address, chosen.address);
        assert!(again.reason.starts_with("it worked before"), "{}", again.reason);
    }

    #[tokio::test]
    async fn where_none_opens_a_stream_all_are_told_and_what_served_before_stays_remembered() {
        let memory = Memory::default();
        let served = connected(&opening(&memory)).await;
        let next = opening(&memory);
        for _ in 0..3 {
            connected(&next).await;
            next.never_opened(closed()).unwrap();
        }
        connected(&next).await;
        let error = next.never_opened(closed()).unwrap_err().to_string();
        for place in ["tls://", "8445/ws", "7443/ws/", "7443/http-bind/"] {
            assert!(error.contains(place), "{place}: {error}");
        }
        assert_eq!(locked(&memory).as_ref().map(|(_, chosen)| chosen.clone()), Some(served));
    }

    #[tokio::test]
    async fn where_no_other_port_can_help_the_failure_is_told_at_once() {
        let memory = Memory::default();
        let first = opening(&memory);
        connected(&first).await;
        let policy = LinkError::new(EndCause::Policy, "rules").before_stream();
        assert_eq!(first.never_opened(policy).unwrap_err().kind(), EndCause::Policy);
        assert_eq!(*locked(&memory), None);
    }
}
