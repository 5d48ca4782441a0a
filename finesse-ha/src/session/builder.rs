//! Opening a session in one call, with good defaults.

use std::sync::Arc;

use finesse_model::{Extension, InvalidId, MobileAgent};
use finesse_net::{Dialer, Proxies, TcpDialer, Trust, TrustError};
use finesse_rest::{Client, ClientBuilder, Credentials, HttpTransport, SideApi};
use tower::{Service, ServiceBuilder, ServiceExt};

use super::transport::{Transport, TransportNotifications};
use super::{OpenSession, Session, SessionEnd, SideAddress, SignIn, alternate};
use crate::clock::Clock;
use crate::failover::{FailoverLayer, Hybrid, Pair, Policy};
use crate::health::{HealthLayer, HealthMonitor, HealthService};
use crate::link::connector::{LinkConfig, SideConnector};
use crate::params::{ParamError, Params};
use crate::resync::ResyncLayer;
use crate::side::Side;

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Something in the description is missing or wrong.
    #[error("opening a session: {0}")]
    Invalid(String),
    /// A parameter breaks an inequality.
    #[error("opening a session: {0}")]
    Params(#[from] ParamError),
    /// The trust material cannot be read.
    #[error("opening a session: {0}")]
    Trust(#[from] TrustError),
    /// A client for a side cannot be built.
    #[error("opening a session: {0}")]
    Rest(#[from] finesse_rest::Error),
    /// The session ended before it was live: wrong credentials, no side to be trusted, taken over.
    #[error("opening a session: {0}")]
    Ended(SessionEnd),
}

impl From<InvalidId> for SetupError {
    fn from(error: InvalidId) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Begins a client for a REST base, over the transport that the caller gave.
type BeginClient = Box<dyn Fn(&str) -> ClientBuilder + Send + Sync>;

/// Describes a session. Required: the pair and the credentials. Everything else has a default that is said at its method.
pub struct SessionBuilder {
    pair: Pair<SideAddress>,
    credentials: Option<Credentials>,
    sign_in: Option<SignIn>,
    transport: Transport,
    policy: Option<Arc<dyn Policy>>,
    params: Params,
    unchecked: bool,
    trust: Trust,
    nodes: Vec<String>,
    resource: Option<String>,
    seed: Option<u64>,
    dialer: Option<Arc<dyn Dialer>>,
    proxies: Proxies,
    begin_client: Option<BeginClient>,
    clock: Option<Clock>,
    health: Option<Pair<HealthMonitor>>,
    alternate_notifications: Option<String>,
}

impl std::fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("pair", &self.pair)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl SessionBuilder {
    pub(super) fn new(pair: Pair<SideAddress>) -> Self {
        Self {
            pair,
            credentials: None,
            sign_in: None,
            transport: Transport::default(),
            policy: None,
            params: Params::default(),
            unchecked: false,
            trust: Trust::System,
            nodes: Vec::new(),
            resource: None,
            seed: None,
            dialer: None,
            proxies: Proxies::none(),
            begin_client: None,
            clock: None,
            health: None,
            alternate_notifications: None,
        }
    }

    /// Who the agent is. Required. The same credentials serve REST and notifications.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Signs the agent in on this extension, and again on the other side after a switch. Without it the session observes: it
    /// never signs in, out or changes a state.
    #[must_use]
    pub fn sign_in(mut self, extension: Extension) -> Self {
        self.sign_in = Some(SignIn { extension, device: None, mobile: None });
        self
    }

    /// Signs a mobile agent in. His data is sent again on every claim, because only the side of the sign-in knows it.
    #[must_use]
    pub fn sign_in_mobile(mut self, extension: Extension, mobile: MobileAgent) -> Self {
        self.sign_in = Some(SignIn { extension, device: None, mobile: Some(mobile) });
        self
    }

    /// The notification transport; default [`Transport::Auto`].
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// The failover policy; default [`Hybrid`] with the numbers of [`SessionBuilder::params`], which decides by cause.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// The numbers; default [`Params::default`]. They are checked when the session is opened.
    #[must_use]
    pub fn params(mut self, params: Params) -> Self {
        self.params = params;
        self
    }

    /// Takes numbers that break an inequality. For tests with scaled-down time.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// Which certificates are accepted; default the system's roots.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Subscribes explicitly to a node, for example `/finesse/api/Team/512/Users`; done again on each side.
    #[must_use]
    pub fn subscribe(mut self, node: impl Into<String>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// The XMPP resource. It should be stable for an installation, so that a restart replaces its own dead session, and unique
    /// among running processes. Default: `finesse-rs-` and the extension; for an observer `finesse-rs-observer-` and a random number, so that two
    /// do not put each other off.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Fixes the seed of all randomness (jitter, ids). Default: from the operating system.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Dials notification connections in another way than TCP with TLS, for tests and tunnels.
    #[must_use]
    pub fn dialer(mut self, dialer: Arc<dyn Dialer>) -> Self {
        self.dialer = Some(dialer);
        self
    }

    /// Reaches BOSH and WebSocket through HTTP proxies. Direct XMPP does not traverse them, and REST has its own settings. Not together with
    /// [`SessionBuilder::dialer`]. Default: none.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Sends REST requests by another transport than reqwest; it sees absolute URIs.
    #[must_use]
    pub fn http(mut self, transport: impl HttpTransport) -> Self {
        self.begin_client = Some(Box::new(move |base| Client::builder(base).transport(transport.clone())));
        self
    }

    /// The clock to be used; default one that starts now.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where the notifications of side B are, if side B itself is found by SystemInfo; `host:port` for direct XMPP, a URL for BOSH or
    /// WebSocket.
    #[must_use]
    pub fn alternate_notifications(mut self, address: impl Into<String>) -> Self {
        self.alternate_notifications = Some(address.into());
        self
    }

    /// Shares these monitors with other sessions of the process, so that each side is probed once however many agents there are. They must have
    /// been started with the same clock. Default: monitors of the session's own.
    #[must_use]
    pub fn health(mut self, monitors: Pair<HealthMonitor>) -> Self {
        self.health = Some(monitors);
        self
    }

    /// Opens the session: returns when it is live, or when it has to wait and has said so in the feed.
    ///
    /// # Errors
    ///
    /// A wrong description; refused credentials (tried once); certificates that cannot be trusted on any side.
    pub async fn open(self) -> Result<Session, SetupError> {
        let mut session = self.start().await?;
        session.settled().await.map_err(SetupError::Ended)?;
        Ok(session)
    }

    /// Starts the session and returns at once, so that the feed can be read from its first item on; also a session that ends before it is
    /// live says so there.
    ///
    /// # Errors
    ///
    /// A wrong description.
    pub async fn start(mut self) -> Result<Session, SetupError> {
        if !self.unchecked {
            self.params.validate()?;
        }
        let Some(credentials) = self.credentials.clone() else {
            return Err(SetupError::Invalid(String::from("no credentials given")));
        };
        let clock = self.clock.unwrap_or_else(Clock::start);
        let mut random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        if self.resource.is_none() {
            self.resource = Some(match &self.sign_in {
                Some(sign_in) => format!("finesse-rs-{}", sign_in.extension),
                None => format!("finesse-rs-observer-{:08x}", random.u32(..)),
            });
        }
        let pair = self.whole_pair().await?;
        let b = match pair.b.as_ref() {
            Some(address) => Some(self.side(Side::B, address, &credentials, clock, &mut random)?),
            None => None,
        };
        let a = self.side(Side::A, &pair.a, &credentials, clock, &mut random)?;
        let (side_b, transport_b) = b.unzip();
        let sides = Pair { a: a.0, b: side_b };
        let transports = Pair { a: a.1, b: transport_b };
        let mut service = ServiceBuilder::new()
            .layer(ResyncLayer::new(self.params.clone(), clock, random.fork()))
            .layer(FailoverLayer::new(self.policy_in_use(), self.params.clone(), clock, random.fork()))
            .service(sides);
        let request = OpenSession {
            user: credentials.user().clone(),
            sign_in: self.sign_in.clone(),
            nodes: self.nodes.clone(),
        };
        let opened = service
            .ready()
            .await
            .map_err(SetupError::Ended)?
            .call(request)
            .await
            .map_err(SetupError::Ended)?;
        let mut session = Session::from_opened(opened);
        session.transports = Some(transports);
        Ok(session)
    }

    fn policy_in_use(&self) -> Arc<dyn Policy> {
        self.policy.clone().unwrap_or_else(|| Arc::new(Hybrid::new(&self.params)))
    }

    /// The pair with side B filled in from SystemInfo if the caller did not name it and side A answers.
    async fn whole_pair(&self) -> Result<Pair<SideAddress>, SetupError> {
        let mut pair = self.pair.clone();
        if pair.b.is_none() {
            match self.client(&pair.a, None)?.system_info().await {
                Ok(info) => {
                    pair.b = alternate(&pair.a, &info).map(|b| match &self.alternate_notifications {
                        Some(address) => b.with_notifications(address.clone()),
                        None => b,
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "side B is not known: side A was asked for it and did not tell")
                }
            }
        }
        Ok(pair)
    }

    fn client(
        &self,
        address: &SideAddress,
        credentials: Option<&Credentials>,
    ) -> Result<Client, finesse_rest::Error> {
        let mut builder = match &self.begin_client {
            Some(begin) => begin(&address.rest),
            None => Client::builder(&address.rest)
                .trust(self.trust.clone())
                .connect_timeout(self.params.connect_timeout),
        };
        if let Some(credentials) = credentials {
            builder = builder.credentials(credentials.clone());
        }
        builder.request_timeout(self.params.request_timeout).build()
    }

    fn side(
        &self,
        side: Side,
        address: &SideAddress,
        credentials: &Credentials,
        clock: Clock,
        random: &mut fastrand::Rng,
    ) -> Result<(HealthService<SideConnector>, Arc<TransportNotifications>), SetupError> {
        let rest: Arc<dyn SideApi> = Arc::new(self.client(address, Some(credentials))?);
        let (dialer, web): (Arc<dyn Dialer>, Arc<dyn Dialer>) = match &self.dialer {
            Some(dialer) => (dialer.clone(), dialer.clone()),
            None => {
                let dialer = TcpDialer::new(&self.trust)?;
                let web = dialer.clone().with_proxies(self.proxies.clone());
                (Arc::new(dialer), Arc::new(web))
            }
        };
        let notifications =
            TransportNotifications::new(self.transport, address.clone(), dialer, self.params.connect_timeout)
                .web_dialer(web);
        let notifications = Arc::new(notifications);
        let config = LinkConfig {
            credentials: credentials.clone(),
            resource: self.resource.clone().unwrap_or_default(),
            host: address.host().to_owned(),
        };
        let shared = self.health.as_ref().and_then(|monitors| match side {
            Side::A => Some(monitors.a.clone()),
            Side::B => monitors.b.clone(),
        });
        let monitor = match shared {
            Some(monitor) => monitor,
            None => {
                // Without credentials: a probe must never count against a password.
                let probe: Arc<dyn SideApi> = Arc::new(self.client(address, None)?);
                HealthMonitor::spawn(side, probe, self.params.clone(), clock, random.fork())
            }
        };
        let connector = SideConnector::new(
            side,
            rest,
            Arc::clone(&notifications) as _,
            config,
            self.params.clone(),
            random.fork(),
        );
        let service = ServiceBuilder::new().layer(HealthLayer::new(monitor)).service(connector);
        Ok((service, notifications))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use finesse_rest::TransportError;
    use tower::service_fn;

    use super::*;
    use crate::failover::{Context, Decision, Trigger};
    use crate::health::SideHealth;
    use crate::side::PerSide;

    const S: Duration = Duration::from_secs(1);

    fn builder() -> SessionBuilder {
        SessionBuilder::new(Pair { a: SideAddress::new("https://fin-a.lab.example:8445"), b: None })
    }

    fn numbers() -> Params {
        Params { request_timeout: 3 * S, rest_grace: 99 * S, ..Params::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_over_another_transport_take_as_long_as_the_numbers_say_whichever_was_given_first() {
        let silent = service_fn(|_: http::Request<Bytes>| {
            std::future::pending::<Result<http::Response<Bytes>, TransportError>>()
        });
        for builder in [builder().params(numbers()).http(silent), builder().http(silent).params(numbers())] {
            let client = builder.client(&builder.pair.a, None).unwrap();
            let begun = tokio::time::Instant::now();
            client.system_info().await.unwrap_err();
            assert_eq!(begun.elapsed(), 3 * S);
        }
    }

    #[test]
    fn the_policy_goes_by_the_numbers_unless_another_one_is_given() {
        let sides = PerSide::new(SideHealth::unknown(Side::A), SideHealth::unknown(Side::B));
        let context = Context {
            current: Side::A,
            now: S,
            triggered: S,
            reconnects: 0,
            on_call: false,
            ready: false,
            chance: 0.0,
        };
        let decides =
            |builder: SessionBuilder| builder.policy_in_use().decide(&Trigger::RestDead, &sides, &context);
        assert_eq!(decides(builder().params(numbers())), Decision::wait(99 * S));
        let own = || Hybrid::new(&Params { rest_grace: 7 * S, ..Params::default() });
        assert_eq!(decides(builder().policy(own()).params(numbers())), Decision::wait(7 * S));
        assert_eq!(decides(builder().params(numbers()).policy(own())), Decision::wait(7 * S));
    }
}
