//! Direct XMPP over TCP: TLS from the first byte on port 5223, or by STARTTLS on port 5222.
//!
//! `stream` is the framing; here is the way to an encrypted connection. Nothing reconnects, resumes or answers by itself. Invariant: on a
//! connection that is not encrypted, and was not named insecure by the caller, nothing of a login is written.

mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use finesse_net::{Dialer, Target};

use self::stream::TcpStream;
use crate::dial;
use crate::error::{EndCause, LinkError, quoted};
use crate::session::is_stream_error;
use crate::stanza::{Frame, Stanza};
use crate::transport::{Connect, Flights, Transport};

/// Largest stanza accepted: 1 MiB, what Openfire itself allows a client on its WebSocket. Events of 15 kB are ordinary, the largest dialogs
/// known have some 64 kB.
const STANZA_CAP: usize = 1 << 20;

const NS_TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";

/// When the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From the first byte.
    Direct,
    /// Once the server has offered it.
    StartTls,
    /// Only where the server demands it.
    Insecure,
}

/// Opens direct XMPP streams to one host and port.
#[derive(Clone)]
pub struct TcpConnect {
    dialer: Arc<dyn Dialer>,
    target: Target,
    encryption: Encryption,
    stanza_cap: usize,
    flights: Flights,
}

impl TcpConnect {
    /// XMPP over TLS from the first byte. The usual port is 5223, or what SystemInfo names as `xmppSecurePort`.
    pub fn new(dialer: Arc<dyn Dialer>, host: impl Into<String>, port: u16) -> Self {
        Self::to(dialer, Target::tls(host, port))
    }

    /// XMPP on the plain port, usually 5222, encrypted by STARTTLS before anything of the login is written. A server that does not offer it
    /// is refused.
    pub fn starttls(dialer: Arc<dyn Dialer>, host: impl Into<String>, port: u16) -> Self {
        Self::starttls_to(dialer, Target::plain(host, port))
    }

    /// The same to a target with a server name of its own, for which the certificate is checked.
    pub fn starttls_to(dialer: Arc<dyn Dialer>, target: Target) -> Self {
        Self::with(dialer, target, Encryption::StartTls)
    }

    /// XMPP without encryption: the password travels readably. Only for tests, and for old servers on a network of one's own. Where the
    /// server demands STARTTLS it is used.
    pub fn insecure(dialer: Arc<dyn Dialer>, host: impl Into<String>, port: u16) -> Self {
        Self::to(dialer, Target::plain(host, port))
    }

    /// XMPP to a target with a server name of its own. Whether it is encrypted is the target's choice: a plain one is as insecure as
    /// [`insecure`](Self::insecure).
    pub fn to(dialer: Arc<dyn Dialer>, target: Target) -> Self {
        let encryption = if target.is_tls() { Encryption::Direct } else { Encryption::Insecure };
        Self::with(dialer, target, encryption)
    }

    fn with(dialer: Arc<dyn Dialer>, target: Target, encryption: Encryption) -> Self {
        Self { dialer, target, encryption, stanza_cap: STANZA_CAP, flights: Flights::new() }
    }

    /// The largest stanza accepted, in bytes; a larger one ends the link. Default 1 MiB.
    #[must_use]
    pub fn stanza_cap(mut self, bytes: usize) -> Self {
        self.stanza_cap = bytes;
        self
    }

    /// What is known of this side's patience with a login in two flights, for values that are made anew for each link. Default: nothing, kept
    /// by this value and its clones.
    #[must_use]
    pub fn flights(mut self, flights: Flights) -> Self {
        self.flights = flights;
        self
    }

    async fn dial(&self) -> Result<Box<dyn finesse_net::Io>, LinkError> {
        self.dialer.dial(&self.target).await.map_err(|e| {
            let error = dial::failure(&e);
            if error.kind() == EndCause::Refused && !self.target.is_tls() {
                // The ordinary state of every server since 12.5, and easily taken for an outage.
                let advice = "the plain XMPP port is switched off by default since release 12.5; use TLS on port 5223, or have an \
                    administrator set enableInsecureOpenfirePort";
                return LinkError::new(EndCause::Refused, format!("{e}; {advice}"));
            }
            error
        })
    }

    /// Looks at the features of a plain connection and goes on encrypted, where that is offered and wanted.
    async fn upgraded(&self, mut plain: TcpStream, domain: &str) -> Result<TcpStream, LinkError> {
        let frame = plain.next().await?;
        let first = parse(&frame)?;
        if is_stream_error(&first) {
            plain.put_back(frame);
            return Ok(plain);
        }
        let offer = (first.name() == "features").then(|| first.child("starttls")).flatten();
        match (self.encryption, offer) {
            (Encryption::StartTls, None) => Err(LinkError::new(
                EndCause::Policy,
                "the server offers no encryption on this port, and the password is not sent without; use TLS on port 5223, or name the \
                     connection insecure",
            )),
            (Encryption::StartTls, Some(_)) => self.begin_tls(plain, domain).await,
            (_, Some(offer)) if offer.child("required").is_some() => self.begin_tls(plain, domain).await,
            _ => {
                plain.put_back(frame);
                Ok(plain)
            }
        }
    }

    async fn begin_tls(&self, mut plain: TcpStream, domain: &str) -> Result<TcpStream, LinkError> {
        plain.send(Stanza::new("starttls", NS_TLS)).await?;
        let answer = parse(&plain.next().await?)?;
        if answer.name() != "proceed" {
            let detail =
                format!("the server offered STARTTLS and answered it with <{}>", quoted(answer.name()));
            return Err(LinkError::new(EndCause::Protocol, detail));
        }
        let (io, unread) = plain.into_io();
        if unread {
            // Somebody in between could have put them there, to be taken for the server's.
            let detail = "the server went on in plain after it had agreed to encrypt";
            return Err(LinkError::new(EndCause::Protocol, detail));
        }
        let io = self.dialer.secure(&self.target, io).await.map_err(|e| dial::failure(&e))?;
        Ok(TcpStream::new(io, domain, self.stanza_cap).with_flights(self.flights.clone()))
    }
}

fn parse(frame: &Frame) -> Result<Stanza, LinkError> {
    frame.parse().map_err(|error| LinkError::new(EndCause::Protocol, format!("refused a stanza: {error}")))
}

impl std::fmt::Debug for TcpConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpConnect").field("address", &self.describe()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for TcpConnect {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        let stream = TcpStream::new(self.dial().await?, domain, self.stanza_cap);
        Ok(Box::new(match self.encryption {
            Encryption::Direct => stream.with_flights(self.flights.clone()),
            Encryption::StartTls | Encryption::Insecure => self.upgraded(stream, domain).await?,
        }))
    }

    fn describe(&self) -> String {
        match self.encryption {
            Encryption::StartTls => format!("{} (STARTTLS)", self.target),
            Encryption::Direct | Encryption::Insecure => self.target.to_string(),
        }
    }
}
