//! The seam between a channel and the network: where to dial, what comes back, what can go wrong.
//!
//! Production dials by [`TcpDialer`](crate::TcpDialer). Tests and tunnels bring their own [`Dialer`]; nobody above sees a difference.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::trust::TrustFailure;

/// A connection: a byte stream in both directions, encrypted or not.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Opens connections.
#[async_trait]
pub trait Dialer: Send + Sync {
    /// Connects to the target, with the TLS handshake done if the target wants TLS. Has no deadline of its own: the caller holds one
    /// around everything up to the login, and dropping the future ends the attempt.
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError>;

    /// Begins TLS on an open connection, as STARTTLS does; the certificate must carry the target's server name. A dialer that cannot
    /// says so.
    async fn secure(&self, target: &Target, io: Box<dyn Io>) -> Result<Box<dyn Io>, DialError> {
        drop(io);
        let detail = "this dialer cannot begin tls on an open connection";
        Err(DialError::new(DialErrorKind::TlsOther, target, detail))
    }
}

/// Where to connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    host: String,
    port: u16,
    tls: bool,
    server_name: Option<String>,
}

impl Target {
    /// TLS from the first byte.
    #[must_use]
    pub fn tls(host: impl Into<String>, port: u16) -> Self {
        Self { host: bare(host.into()), port, tls: true, server_name: None }
    }

    /// No encryption.
    #[must_use]
    pub fn plain(host: impl Into<String>, port: u16) -> Self {
        Self { host: bare(host.into()), port, tls: false, server_name: None }
    }

    /// Checks the certificate for another name than the one dialled, and announces that name (SNI). For tunnels and aliases.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(bare(name.into()));
        self
    }

    /// Host name or address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The name the certificate must carry: the one set, else the host.
    #[must_use]
    pub fn server_name(&self) -> &str {
        self.server_name.as_deref().unwrap_or(&self.host)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "tls" } else { "tcp" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// URLs write IPv6 addresses in brackets, sockets and certificates do not.
fn bare(host: String) -> String {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => inside.to_owned(),
        None => host,
    }
}

/// The class of a failed dial. Whatever the class, nothing of the application's was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DialErrorKind {
    /// The host name could not be resolved, or is none.
    Dns,
    /// The connection broke in another way, for example a reset in the middle of the handshake.
    Io,
    /// An HTTP proxy cannot be reached, or does not open the way.
    Proxy,
    /// Nothing listens on the port.
    Refused,
    /// The system gave up waiting.
    Timeout,
    /// The server's identity was not accepted.
    Tls(TrustFailure),
    /// The handshake failed for another reason: the peer does not speak TLS, or broke off.
    TlsOther,
    /// No route to the host.
    Unreachable,
}

/// A connection that did not come about.
#[derive(Clone)]
pub struct DialError {
    kind: DialErrorKind,
    target: String,
    detail: String,
    source: Option<Arc<io::Error>>,
}

impl DialError {
    /// A failure of this class; `detail` says what came back, as a lower-case fragment. For dialers of one's own.
    #[must_use]
    pub fn new(kind: DialErrorKind, target: &Target, detail: impl Into<String>) -> Self {
        Self { kind, target: target.to_string(), detail: detail.into(), source: None }
    }

    /// Keeps the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: io::Error) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The class.
    #[must_use]
    pub fn kind(&self) -> &DialErrorKind {
        &self.kind
    }

    /// What was wrong with the server's identity, if that was the cause.
    #[must_use]
    pub fn trust_failure(&self) -> Option<&TrustFailure> {
        match &self.kind {
            DialErrorKind::Tls(failure) => Some(failure),
            _ => None,
        }
    }

    fn advice(&self) -> &'static str {
        match self.kind {
            DialErrorKind::Dns => "; check the host name and the resolver",
            DialErrorKind::Refused => "; check the port and that the service runs",
            DialErrorKind::Unreachable => "; check network and routing",
            DialErrorKind::Timeout => "; check firewalls between here and there",
            DialErrorKind::TlsOther => "; check that this port speaks TLS",
            DialErrorKind::Proxy => "; check the proxy's variables (HTTPS_PROXY, NO_PROXY)",
            DialErrorKind::Io | DialErrorKind::Tls(_) => "",
        }
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connecting to {}: {}{}", self.target, self.detail, self.advice())
    }
}

impl fmt::Debug for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DialError")
            .field("kind", &self.kind)
            .field("target", &self.target)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for DialError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            DialErrorKind::Tls(failure) => Some(failure),
            _ => self.source.as_deref().map(|source| source as _),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_ipv6_are_only_for_display() {
        let target = Target::tls("[::1]", 5223);
        assert_eq!((target.host(), target.server_name()), ("::1", "::1"));
        assert_eq!(target.to_string(), "tls://[::1]:5223");
        assert_eq!(Target::plain("fin-a", 5222).to_string(), "tcp://fin-a:5222");
    }

    #[test]
    fn the_server_name_is_the_host_unless_set_apart() {
        let target = Target::tls("10.0.0.7", 5223).with_server_name("fin-a.lab.example");
        assert_eq!((target.host(), target.server_name()), ("10.0.0.7", "fin-a.lab.example"));
    }

    #[test]
    fn the_message_says_where_what_and_what_to_do() {
        let error = DialError::new(DialErrorKind::Refused, &Target::tls("fin-a", 5223), "connection refused");
        assert_eq!(
            error.to_string(),
            "connecting to tls://fin-a:5223: connection refused; check the port and that the service runs"
        );
    }
}
