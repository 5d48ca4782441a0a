//! Which notification transport a session uses, and where it finds it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use finesse_model::{Node, Scalar, SystemInfo};
use finesse_net::Dialer;
use finesse_notify::{BoshConnect, Connect, EndCause, LinkError, TcpConnect, Transport as Framing};

use super::address::split_host_port;
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
    address: Option<String>,
    host: String,
    dialer: Arc<dyn Dialer>,
    connect_timeout: Duration,
    remembered: Arc<AtomicUsize>,
}

impl fmt::Debug for TransportNotifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportNotifications")
            .field("transport", &self.transport)
            .field("address", &self.address)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl TransportNotifications {
    /// Notifications of the side at `host`; `address` (`host:port` or a BOSH URL) wins over what SystemInfo says.
    pub fn new(
        transport: Transport,
        host: impl Into<String>,
        address: Option<String>,
        dialer: Arc<dyn Dialer>,
        connect_timeout: Duration,
    ) -> Self {
        let host = host.into();
        Self { transport, address, host, dialer, connect_timeout, remembered: Arc::new(AtomicUsize::new(0)) }
    }

    fn tcp(&self, info: &SystemInfo) -> Result<Box<dyn Connect>, String> {
        let (host, port) = match &self.address {
            Some(address) => split_host_port(address)
                .map(|(host, port)| (host.to_owned(), port))
                .ok_or_else(|| format!("the notification address \"{address}\" is not host:port"))?,
            None => (self.host.clone(), self.node(info).and_then(secure_port).unwrap_or(XMPP_SECURE_PORT)),
        };
        Ok(Box::new(TcpConnect::new(self.dialer.clone(), host, port)))
    }

    fn bosh(&self) -> Result<Box<dyn Connect>, String> {
        let url = match &self.address {
            Some(address) => address.clone(),
            None if self.host.contains(':') => format!("https://[{}]:{BOSH_PORT}/http-bind/", self.host),
            None => format!("https://{}:{BOSH_PORT}/http-bind/", self.host),
        };
        let connect = BoshConnect::new(self.dialer.clone(), &url).map_err(|error| error.to_string())?;
        Ok(Box::new(connect))
    }

    /// The node of SystemInfo that is this side, by its host name.
    fn node<'a>(&self, info: &'a SystemInfo) -> Option<&'a Node> {
        let own =
            |node: &&Node| node.host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(&self.host));
        let nodes = [info.primary_node.as_ref(), info.secondary_node.as_ref()];
        nodes.into_iter().flatten().find(own)
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
            Transport::Auto => match self.address.as_deref() {
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
