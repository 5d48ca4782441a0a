//! How a client is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use finesse_model::UserId;
#[cfg(feature = "reqwest")]
use finesse_net::Trust;

use tokio::sync::OnceCell;

use super::turns::Turns;
use super::{Client, Inner};
use crate::base::BaseUrl;
use crate::body::Body;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Progress};
use crate::stack::{self, BODY_CAP, Stack};
use crate::transport::HttpTransport;
#[cfg(feature = "reqwest")]
use crate::transport::{ReqwestTransport, Timeouts};

/// Ten seconds, as in `Timeouts`: slow answers of a loaded server take a few seconds, and one slow call is not an outage.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Puts the stack over a transport whose type is forgotten.
type Assemble = Box<dyn FnOnce(Option<&Credentials>, Duration, usize) -> Stack + Send>;

/// Collects what a [`Client`] needs. See [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    credentials: Option<Credentials>,
    assemble: Option<Assemble>,
    allow_plain_http: bool,
    request_timeout: Duration,
    body_cap: usize,
    #[cfg(feature = "reqwest")]
    trust: Trust,
    #[cfg(feature = "reqwest")]
    connect_timeout: Duration,
}

impl ClientBuilder {
    pub(super) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            credentials: None,
            assemble: None,
            allow_plain_http: false,
            request_timeout: REQUEST_TIMEOUT,
            body_cap: BODY_CAP,
            #[cfg(feature = "reqwest")]
            trust: Trust::default(),
            #[cfg(feature = "reqwest")]
            connect_timeout: Timeouts::default().connect,
        }
    }

    /// Who asks. Without credentials only SystemInfo is likely to answer.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Which certificates are accepted; default the system's roots. Without effect on a transport of one's own.
    #[cfg(feature = "reqwest")]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// How long name, TCP and TLS may take together; default 3 s. Without effect on a transport of one's own.
    #[cfg(feature = "reqwest")]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long one exchange may take as a whole; default 10 s. Of an answer that is read as a stream, this is the time to its head and to each
    /// further piece.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// The largest answer accepted, in bytes; default 8 MiB. A stream has no end, but no piece of it may be larger.
    pub fn body_cap(mut self, bytes: usize) -> Self {
        self.body_cap = bytes;
        self
    }

    /// Sends requests by this transport instead of reqwest. It sees absolute URIs.
    pub fn transport<B: Into<Body> + Send + 'static>(mut self, transport: impl HttpTransport<B>) -> Self {
        self.assemble = Some(Box::new(move |credentials, timeout, cap| {
            stack::build(transport, credentials, timeout, cap)
        }));
        self
    }

    /// Allows `http://`, by which the password travels readably. Only for laboratories and for servers on one's own machine.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Checks everything and makes the client. Opens no connection.
    ///
    /// # Errors
    ///
    /// The address is not `https://host:port`, the credentials cannot be written into a header, or the trust cannot be used. The kind
    /// is [`ErrorKind::InvalidRequest`].
    pub fn build(mut self) -> Result<Client, Error> {
        let wrong = |why: String| {
            Error::new(ErrorKind::InvalidRequest, Progress::NotSent, why)
                .during("setting up the REST client", "")
        };
        let base = BaseUrl::parse(&self.base_url, self.allow_plain_http).map_err(wrong)?;
        if self.credentials.as_ref().is_some_and(|credentials| credentials.header().is_none()) {
            return Err(wrong(String::from("the access token has characters that no header may carry")));
        }
        let assemble = match self.assemble.take() {
            Some(assemble) => assemble,
            None => self.default_transport().map_err(wrong)?,
        };
        let stack = assemble(self.credentials.as_ref(), self.request_timeout, self.body_cap);
        let user: Option<UserId> = self.credentials.as_ref().map(|credentials| credentials.user().clone());
        Ok(Client {
            inner: Arc::new(Inner {
                base,
                user,
                stack,
                turns: Turns::default(),
                place: OnceCell::new(),
                patience: self.request_timeout,
                body_cap: self.body_cap,
            }),
        })
    }

    #[cfg(feature = "reqwest")]
    fn default_transport(&self) -> Result<Assemble, String> {
        let timeouts = Timeouts::new(self.connect_timeout, self.request_timeout);
        let transport = ReqwestTransport::new(&self.trust, timeouts).map_err(|error| error.to_string())?;
        Ok(Box::new(move |credentials, timeout, cap| stack::build(transport, credentials, timeout, cap)))
    }

    #[cfg(not(feature = "reqwest"))]
    fn default_transport(&self) -> Result<Assemble, String> {
        Err(String::from("no transport given: give one, or enable the feature \"reqwest\""))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address is left out: before it is checked it may hold a password.
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("request_timeout", &self.request_timeout)
            .finish_non_exhaustive()
    }
}
