//! The seam below the stack: something that carries one HTTP request to one answer.
//!
//! Production uses `ReqwestTransport` (feature `reqwest`), simulation and tests anything else. A transport neither retries nor follows redirects, and says
//! "not sent" only if it is proven: a wrong claim would let a command be carried out twice.

#[cfg(feature = "reqwest")]
mod reqwest;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use finesse_net::TrustFailure;
use http::{Request, Response};
use tower::Service;

#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, Timeouts};

/// A tower service from request to answer. Any service of this shape is a transport. The answer's body is `Bytes` where the transport has it whole,
/// or [`Body`](crate::Body) where it comes in pieces.
pub trait HttpTransport<B = Bytes>:
    Service<Request<Bytes>, Response = Response<B>, Error = TransportError, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T, B> HttpTransport<B> for T where
    T: Service<Request<Bytes>, Response = Response<B>, Error = TransportError, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Stands in the extensions of a request whose answer may be long and is read piece by piece. A transport that limits the time of a whole exchange
/// must not do so for such a one: each piece has its own limit above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streamed;

/// The class of a failed exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The connection did not come about: refused, unreachable.
    Connect,
    /// The host name did not resolve.
    Dns,
    /// Anything else.
    Other,
    /// The connection broke while the exchange was under way.
    Reset,
    /// Too long without an answer.
    Timeout,
    /// The server's identity was not accepted.
    Tls(TrustFailure),
    /// The answer is larger than the cap.
    TooLarge,
}

/// An exchange without an answer.
#[derive(Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    sent: bool,
    detail: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failure of this class. `sent` may be false only if it is proven that not a byte of the request was written. `detail` says
    /// what came back, as a lower-case fragment without secrets.
    #[must_use]
    pub fn new(kind: TransportErrorKind, sent: bool, detail: impl Into<String>) -> Self {
        Self { kind, sent, detail: detail.into(), source: None }
    }

    /// Keeps the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The class.
    #[must_use]
    pub fn kind(&self) -> &TransportErrorKind {
        &self.kind
    }

    /// False only if it is proven that not a byte of the request was written.
    #[must_use]
    pub fn sent(&self) -> bool {
        self.sent
    }

    /// What came back.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("sent", &self.sent)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match (&self.kind, &self.source) {
            (TransportErrorKind::Tls(failure), _) => Some(failure),
            (_, Some(source)) => Some(source.as_ref()),
            _ => None,
        }
    }
}
