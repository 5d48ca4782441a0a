//! Which notification transport a session uses, and where it finds it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use finesse_model::{Node, Scalar, SystemInfo};
use finesse_net::Dialer;
use finesse_notify::{BoshConnect, Connect, EndCause, Flights, LinkError, TcpConnect, Transport as Framing};

use super::address::{SideAddress, node_of, split_host_port};
use crate::link::connector::Notifications;

/// Direct XMPP over TLS, where SystemInfo names no port.
const XMPP_SECURE_PORT: u16 = 5223;
/// BOSH over HTTPS.
const BOSH_PORT: u16 = 7443;

/// The notification transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transport {
    /// Direct XMPP first, BOSH where that is refused; what worked is remembered for each side.
    #[default]
    Auto,
    /// Direct XMPP over TLS.
    Tcp,
    /// XMPP over BOSH.
    Bosh,
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "tcp" => Ok(Self::Tcp),
            "bosh" => Ok(Self::Bosh),
            "websocket" => {
                Err(String::from("the websocket transport is not built yet; use tcp, bosh or auto"))
            }
            _ => Err(format!("\"{text}\" is not one of tcp, bosh, auto")),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Tcp => "tcp",
            Self::Bosh => "bosh",
        })
    }
}

/// The notifications of one side, over the transport asked for.
pub struct TransportNotifications {
    transport: Transport,
    side: SideAddress,
    dialer: Arc<dyn Dialer>,
    connect_timeout: Duration,
    remembered: Arc<AtomicUsize>,
    flights: Flights,
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
    /// Notifications of this side. An address of its own for them (`host:port` or a BOSH URL) wins over what SystemInfo says.
    pub fn new(
        transport: Transport,
        side: SideAddress,
        dialer: Arc<dyn Dialer>,
        connect_timeout: Duration,
    ) -> Self {
        let (remembered, flights) = (Arc::new(AtomicUsize::new(0)), Flights::new());
        Self { transport, side, dialer, connect_timeout, remembered, flights }
    }

    fn tcp(&self, info: &SystemInfo) -> Result<Box<dyn Connect>, String> {
        let (host, port) = match &self.side.notifications {
            Some(address) => split_host_port(address)
                .map(|(host, port)| (host.to_owned(), port))
                .ok_or_else(|| format!("the notification address \"{address}\" is not host:port"))?,
            None => {
                let port = node_of(&self.side, info).and_then(secure_port).unwrap_or(XMPP_SECURE_PORT);
                (self.side.host().to_owned(), port)
            }
        };
        Ok(Box::new(TcpConnect::new(self.dialer.clone(), host, port).flights(self.flights.clone())))
    }

    fn bosh(&self) -> Result<Box<dyn Connect>, String> {
        let host = self.side.host();
        let url = match &self.side.notifications {
            Some(address) => address.clone(),
            None if host.contains(':') => format!("https://[{host}]:{BOSH_PORT}/http-bind/"),
            None => format!("https://{host}:{BOSH_PORT}/http-bind/"),
        };
        let connect = BoshConnect::new(self.dialer.clone(), &url).map_err(|error| error.to_string())?;
        Ok(Box::new(connect))
    }
}

fn secure_port(node: &Node) -> Option<u16> {
    match node.xmpp_secure_port.as_ref()? {
        Scalar::Value(port) => u16::try_from(*port).ok(),
        Scalar::Text(_) => None,
    }
}

impl Notifications for TransportNotifications {
    fn connect_for(&self, info: &SystemInfo) -> Result<Box<dyn Connect>, String> {
        match self.transport {
            Transport::Tcp => self.tcp(info),
            Transport::Bosh => self.bosh(),
            Transport::Auto => match self.side.notifications.as_deref() {
                Some(address) if address.contains("://") => self.bosh(),
                Some(_) => self.tcp(info),
                None => Ok(Box::new(FirstThatAnswers {
                    candidates: vec![self.tcp(info)?, self.bosh()?],
                    connect_timeout: self.connect_timeout,
                    remembered: self.remembered.clone(),
                })),
            },
        }
    }
}

/// Tries transports in order, starting with the one that worked last.
struct FirstThatAnswers {
    candidates: Vec<Box<dyn Connect>>,
    connect_timeout: Duration,
    remembered: Arc<AtomicUsize>,
}

#[async_trait]
impl Connect for FirstThatAnswers {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Framing>, LinkError> {
        let first = self.remembered.load(Ordering::Relaxed);
        let mut last = None;
        for step in 0..self.candidates.len() {
            let index = (first + step) % self.candidates.len();
            let candidate = &self.candidates[index];
            match tokio::time::timeout(self.connect_timeout, candidate.connect(domain)).await {
                Ok(Ok(framing)) => {
                    if index != first {
                        tracing::info!(
                            transport = candidate.describe(),
                            "the transport tried before did not answer; using this one"
                        );
                    }
                    self.remembered.store(index, Ordering::Relaxed);
                    return Ok(framing);
                }
                Ok(Err(error)) if error.is_final() || error.kind() == EndCause::Tls => return Err(error),
                Ok(Err(error)) => last = Some(error),
                Err(_) => {
                    let text =
                        format!("{} did not answer within {:?}", candidate.describe(), self.connect_timeout);
                    last = Some(LinkError::new(EndCause::Timeout, text));
                }
            }
        }
        Err(last.unwrap_or_else(|| LinkError::new(EndCause::Protocol, "no transport to try")))
    }

    fn describe(&self) -> String {
        let names: Vec<String> = self.candidates.iter().map(|candidate| candidate.describe()).collect();
        format!("the first that answers of {}", names.join(", "))
    }
}
