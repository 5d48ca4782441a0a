//! XMPP over BOSH: long polling over HTTPS, the usual URL being `https://HOST:7443/http-bind/`.
//!
//! `core` decides, `http` carries one request, `transport` is the thin shell between them. There is no connection pool: exactly as many
//! connections as the server's `requests` allows, each holding one request at most, and no re-sending that the core does not order.

mod body;
mod core;
mod http;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use finesse_net::Dialer;

use self::http::Endpoint;
use self::transport::BoshTransport;
use crate::error::LinkError;
use crate::transport::{Connect, Flights, Transport};
use crate::url::{Schemes, WebAddress};

const SCHEMES: Schemes = Schemes { transport: "BOSH", tls: "https", plain: "http" };

/// How long the server may hold a request: 30 s, what Cisco's own client asks for. Silence is found by pings, not by this.
const WAIT: Duration = Duration::from_secs(30);

/// Largest response body accepted: 4 MiB. One body may carry a whole flood of stored events after an outage: 500 of 6 kB are 3 MB.
const BODY_CAP: usize = 4 << 20;

/// Opens BOSH sessions at one URL.
#[derive(Clone)]
pub struct BoshConnect {
    endpoint: Arc<Endpoint>,
    wait: Duration,
    seed: Option<u64>,
    flights: Flights,
}

impl BoshConnect {
    /// BOSH over HTTPS.
    ///
    /// # Errors
    /// The URL is none, or not `https`.
    pub fn new(dialer: Arc<dyn Dialer>, url: &str) -> Result<Self, LinkError> {
        Self::parse(dialer, url, false)
    }

    /// BOSH over HTTPS or plain HTTP: the password travels readably over the latter. Only for tests, and for old servers on a network of
    /// one's own.
    ///
    /// # Errors
    /// The URL is none.
    pub fn insecure(dialer: Arc<dyn Dialer>, url: &str) -> Result<Self, LinkError> {
        Self::parse(dialer, url, true)
    }

    fn parse(dialer: Arc<dyn Dialer>, url: &str, plain_allowed: bool) -> Result<Self, LinkError> {
        let address = WebAddress::parse(url, &SCHEMES, plain_allowed)?;
        let endpoint = Endpoint { dialer, address, body_cap: BODY_CAP };
        Ok(Self { endpoint: Arc::new(endpoint), wait: WAIT, seed: None, flights: Flights::new() })
    }

    /// What is known of this side's patience with bind, session and presence in one request, for values that are made anew for each link. BOSH
    /// writes nothing else of a login ahead. Default: nothing, kept by this value and its clones.
    #[must_use]
    pub fn flights(mut self, flights: Flights) -> Self {
        self.flights = flights;
        self
    }

    /// How long the server may hold a request, in whole seconds from 1 on. Default 30 s.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = Duration::from_secs(wait.as_secs().clamp(1, 600));
        self
    }

    /// The largest response body accepted, in bytes. Default 4 MiB.
    #[must_use]
    pub fn body_cap(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.endpoint).body_cap = bytes;
        self
    }

    /// Fixes the first request id, for reproducible runs. Default: from the operating system.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl std::fmt::Debug for BoshConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoshConnect").field("url", &self.endpoint.address.described).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connect for BoshConnect {
    async fn connect(&self, domain: &str) -> Result<Box<dyn Transport>, LinkError> {
        let mut rng = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        // Far below 2^53, the largest a server need understand, and never near zero.
        let first_rid = rng.u64(32_768..1 << 32);
        let endpoint = Arc::clone(&self.endpoint);
        let transport = BoshTransport::open(endpoint, domain, self.wait, first_rid).await?;
        Ok(Box::new(transport.with_flights(self.flights.clone().second_only())))
    }

    fn describe(&self) -> String {
        self.endpoint.address.described.clone()
    }
}

/// The stanzas of an answer, if it is one.
#[cfg(all(any(test, feature = "fuzzing"), feature = "tcp", feature = "websocket"))]
pub(crate) fn frames_of(text: &str) -> Option<Vec<crate::stanza::Frame>> {
    body::parse(text).ok().map(body::Body::into_frames)
}
