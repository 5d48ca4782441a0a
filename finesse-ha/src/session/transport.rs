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

fn locked(memory: &Memory) -> MutexGuard<'_, Option<(Place, Chosen)>> {
    // Nothing panics while holding it.
    memory.lock().unwrap_or_else(PoisonError::into_inner)
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
        Ok(Box::new(FirstThatServes {
            candidates,
            connects,
            connect_timeout: self.connect_timeout,
            memory: Arc::clone(&self.memory),
        }))
    }
}

/// Tries places in the order that [`Search`] says.
struct FirstThatServes {
    candidates: Vec<Candidate>,
    connects: Vec<(Place, Box<dyn Connect>)>,
    connect_timeout: Duration,
    memory: Memory,
}

impl FirstThatServes {
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
        let remembered = locked(&self.memory).as_ref().map(|(place, _)| place.clone());
        let mut search = Search::new(self.candidates.clone(), remembered.as_ref());
        let mut errors = Vec::new();
        while let Some(candidate) = search.current().cloned() {
            match self.attempt(&candidate.place, domain).await {
                Ok(framing) => {
                    let (address, reason) = (candidate.place.to_string(), search.reason());
                    let chosen = Chosen { transport: candidate.place.transport(), address, reason };
                    if remembered.as_ref() != Some(&candidate.place) {
                        tracing::info!(%chosen, "notification transport");
                    }
                    *locked(&self.memory) = Some((candidate.place, chosen));
                    return Ok(framing);
                }
                Err(error) => {
                    let then = search.failed(error.kind(), error.to_string());
                    errors.push(error);
                    if then == Then::Stop {
                        break;
                    }
                }
            }
        }
        Err(told(&search, errors))
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

/// The error of all of them: the one that tells most, and in its words what else was tried.
fn told(search: &Search, mut errors: Vec<LinkError>) -> LinkError {
    let Some(telling) = search.telling().filter(|index| *index < errors.len()) else {
        return LinkError::new(EndCause::Protocol, "no transport to try");
    };
    let others = search.others(telling).join("; ");
    let error = errors.swap_remove(telling);
    if others.is_empty() { error } else { error.and(format!("also tried: {others}")) }
}
