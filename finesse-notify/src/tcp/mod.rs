//! Direct XMPP over TCP: TLS from the first byte on port 5223.
//!
//! `wire` is the byte side (counting, capping, our own writes), `xmlstream` the XML side and the only place that knows tokio-xmpp. Nothing
//! here reconnects, resumes or answers by itself.

mod wire;
mod xmlstream;

use std::sync::Arc;

use async_trait::async_trait;
use finesse_net::{Dialer, Target};

use self::wire::Wire;
use self::xmlstream::TcpTransport;
use crate::dial;
use crate::error::{EndCause, LinkError};
use crate::transport::{Connect, Transport};

/// Largest stanza accepted: 1 MiB, what Openfire itself allows a client on its WebSocket. Events of 15 kB are ordinary, the largest dialogs
/// known have some 64 kB.
const STANZA_CAP: usize = 1 << 20;

/// Opens direct XMPP streams to one host and port.
#[derive(Clone)]
pub struct TcpConnect {
    dialer: Arc<dyn Dialer>,
    target: Target,
    stanza_cap: usize,
}

impl TcpConnect {
    /// XMPP over TLS from the first byte. The usual port is 5223, or what SystemInfo names as `xmppSecurePort`.
    pub fn new(dialer: Arc<dyn Dialer>, host: impl Into<String>, port: u16) -> Self {
        Self::to(dialer, Target::tls(host, port))
    }

    /// XMPP without encryption: the password travels readably. Only for tests, and for old servers on a network of one's own.
    pub fn insecure(dialer: Arc<dyn Dialer>, host: impl Into<String>, port: u16) -> Self {
        Self::to(dialer, Target::plain(host, port))
    }

    /// XMPP to a target with a server name of its own. Whether it is encrypted is the target's choice.
    pub fn to(dialer: Arc<dyn Dialer>, target: Target) -> Self {
        Self { dialer, target, stanza_cap: STANZA_CAP }
    }

    /// The largest stanza accepted, in bytes; a larger one ends the link. Default 1 MiB.
    #[must_use]
    pub fn stanza_cap(mut self, bytes: usize) -> Self {
        self.stanza_cap = bytes;
        self
    }
}

impl std::fmt::Debug for TcpConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpConnect").field("address", &self.describe()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for TcpConnect {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        let io = self.dialer.dial(&self.target).await.map_err(|e| {
            let error = dial::failure(&e);
            if error.kind() == EndCause::Refused && !self.target.is_tls() {
                // The ordinary state of every server since 12.5, and easily taken for an outage.
                let advice = "plain XMPP is switched off by default since release 12.5; use TLS on port 5223";
                return LinkError::new(EndCause::Refused, format!("{e}; {advice}"));
            }
            error
        })?;
        let (wire, handle) = Wire::new(io, self.stanza_cap);
        Ok(Box::new(TcpTransport::open(wire, handle, domain).await?))
    }

    fn describe(&self) -> String {
        self.target.to_string()
    }
}
