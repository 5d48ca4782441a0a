//! Dialing by TCP and rustls.
//!
//! Invariants: nothing of the application's is written before the server has proven its identity; a name with several addresses is
//! tried on all of them; no deadline of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::cause::cause_words;
use crate::certificate::CertificateInfo;
use crate::dial::{DialError, DialErrorKind, Dialer, Io, Target};
use crate::proxy::{Proxies, Proxy};
use crate::trust::{Trust, TrustError, trust_failure};

/// How long one address may take before the next is tried beside it: RFC 8305 recommends 250 ms.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// When probing of a silent connection by the system begins. The same 20 s after which a silent notification stream is pinged.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(20);
/// Between two such probes: like the 5 s that a ping may take.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How long written bytes may stay unacknowledged before the system ends the connection, where it can be told. Twenty seconds survive a
/// short loss of the network and are well below the system's own quarter of an hour.
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Dials by TCP, and by rustls where the target wants TLS.
#[derive(Debug, Clone)]
pub struct TcpDialer {
    config: Arc<ClientConfig>,
    proxies: Proxies,
}

impl TcpDialer {
    /// A dialer that accepts servers as told.
    ///
    /// # Errors
    ///
    /// The trust cannot be used, see [`Trust::client_config`].
    pub fn new(trust: &Trust) -> Result<Self, TrustError> {
        trust.client_config().map(Self::with_config)
    }

    /// A dialer with a TLS configuration of one's own.
    #[must_use]
    pub fn with_config(config: Arc<ClientConfig>) -> Self {
        Self { config, proxies: Proxies::none() }
    }

    /// Goes through HTTP proxies where the target wants TLS. For what runs inside of HTTPS; direct XMPP does not traverse them.
    #[must_use]
    pub fn with_proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    async fn handshake<S>(&self, target: &Target, io: S) -> Result<TlsStream<S>, DialError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(target.server_name().to_owned()).map_err(|_| {
            DialError::new(DialErrorKind::Dns, target, format!("{:?} is no host name", target.server_name()))
        })?;
        TlsConnector::from(self.config.clone())
            .connect(name, io)
            .await
            .map_err(|error| handshake_error(target, error))
    }
}

#[async_trait]
impl Dialer for TcpDialer {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        let tcp = match self.proxies.for_host(target.host()).filter(|_| target.is_tls()) {
            Some(proxy) => through(proxy, target).await?,
            None => connect(target).await?,
        };
        if target.is_tls() { Ok(Box::new(self.handshake(target, tcp).await?)) } else { Ok(Box::new(tcp)) }
    }

    async fn secure(&self, target: &Target, io: Box<dyn Io>) -> Result<Box<dyn Io>, DialError> {
        Ok(Box::new(self.handshake(target, io).await?))
    }
}

/// Reads the certificate that a server presents, whoever vouches for it, so that its end can be announced before it comes. Sends
/// nothing but the handshake. The result says nothing about trust. Has no deadline of its own.
///
/// # Errors
///
/// The connection or the handshake failed, or the certificate cannot be read.
pub async fn probe_certificate(target: &Target) -> Result<CertificateInfo, DialError> {
    let config = Trust::InsecureAcceptAnything
        .client_config()
        .map_err(|error| DialError::new(DialErrorKind::TlsOther, target, error.to_string()))?;
    let stream = TcpDialer::with_config(config).handshake(target, connect(target).await?).await?;
    let (_, session) = stream.get_ref();
    session
        .peer_certificates()
        .and_then(|chain| chain.first())
        .and_then(|leaf| CertificateInfo::from_der(leaf))
        .ok_or_else(|| {
            DialError::new(
                DialErrorKind::TlsOther,
                target,
                "the certificate that was presented cannot be read",
            )
        })
}

/// A connection to the target by way of a proxy.
async fn through(proxy: &Proxy, target: &Target) -> Result<TcpStream, DialError> {
    let mut tcp = connect(proxy.target()).await.map_err(|error| {
        DialError::new(DialErrorKind::Proxy, target, format!("{proxy} is not there: {error}"))
    })?;
    proxy.connect(&mut tcp, target).await?;
    Ok(tcp)
}

async fn connect(target: &Target) -> Result<TcpStream, DialError> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((target.host(), target.port()))
        .await
        .map_err(|error| {
            DialError::new(DialErrorKind::Dns, target, format!("the name does not resolve ({error})"))
                .with_source(error)
        })?
        .collect();
    if addresses.is_empty() {
        return Err(DialError::new(DialErrorKind::Dns, target, "the name has no address"));
    }
    let stream = first_of(addresses).await.map_err(|error| connect_error(target, error))?;
    prepare(&stream);
    Ok(stream)
}

/// The first address that answers wins. The next one is started when one fails, or when it takes long.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter().peekable();
    // Attempts still running when this returns, or is dropped, end with the set.
    let mut attempts = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        tokio::select! {
            finished = attempts.join_next() => match finished {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => last = error,
                Some(Err(error)) => last = io::Error::other(error),
                None => return Err(last),
            },
            () = tokio::time::sleep(NEXT_ADDRESS), if waiting.peek().is_some() => {}
        }
    }
}

/// Small requests must leave at once, and a dead peer must be noticed. A system that refuses an option can do without.
fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY not set");
    }
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
    if let Err(error) = socket.set_tcp_keepalive(&keepalive) {
        tracing::debug!(%error, "TCP keepalive not set");
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(Some(USER_TIMEOUT)) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT not set");
    }
}

fn connect_error(target: &Target, error: io::Error) -> DialError {
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => DialErrorKind::Refused,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => DialErrorKind::Unreachable,
        io::ErrorKind::TimedOut => DialErrorKind::Timeout,
        _ => DialErrorKind::Io,
    };
    DialError::new(kind, target, cause_words(&error)).with_source(error)
}

fn handshake_error(target: &Target, error: io::Error) -> DialError {
    if let Some(failure) = trust_failure(&error) {
        let detail = failure.to_string();
        return DialError::new(DialErrorKind::Tls(failure), target, detail).with_source(error);
    }
    let kind = match error.kind() {
        io::ErrorKind::TimedOut => DialErrorKind::Timeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            DialErrorKind::Io
        }
        _ => DialErrorKind::TlsOther,
    };
    DialError::new(kind, target, format!("the tls handshake failed ({})", cause_words(&error)))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn refusing() -> SocketAddr {
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn a_name_is_reached_by_any_of_its_addresses() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stream = first_of(vec![refusing().await, refusing().await, address]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn without_a_reachable_address_the_last_error_is_told() {
        let error = first_of(vec![refusing().await, refusing().await]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(first_of(Vec::new()).await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }

    #[tokio::test]
    async fn a_connection_gets_its_options() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let stream =
            connect(&Target::plain("127.0.0.1", listener.local_addr().unwrap().port())).await.unwrap();
        assert!(stream.nodelay().unwrap());
        assert!(SockRef::from(&stream).keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
    }
}
