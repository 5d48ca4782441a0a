//! What a session needs to know, with every default beside its reason.

use std::fmt;
use std::time::Duration;

use finesse_model::UserId;
use secrecy::{ExposeSecret as _, SecretString};

use crate::jid::NodeForm;

/// When to ask whether the server is still there, and when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PingConfig {
    /// The longest time from one ping to the next. 20 s: Finesse expects a ping from its clients every 20 s, whatever the transport and
    /// traffic. A link on which nothing arrives is pinged earlier by `timeout`, but not before half of this.
    pub idle: Duration,
    /// How long a ping may stay unanswered before it counts as missed. 5 s: far above a healthy round trip, and with two misses the
    /// silence is found at most 25 s after it began, well within the 60 s after which the server logs an absent agent out.
    pub timeout: Duration,
    /// How many missed pings in a row, with nothing else inbound, end the link. 2: one lost packet is not an outage.
    pub misses: u32,
}

impl Default for PingConfig {
    fn default() -> Self {
        Self { idle: Duration::from_secs(20), timeout: Duration::from_secs(5), misses: 2 }
    }
}

impl PingConfig {
    /// Finds a silent link within 3 s, for a good network between servers.
    #[must_use]
    pub fn tight() -> Self {
        Self { idle: Duration::from_secs(2), timeout: Duration::from_millis(900), misses: 2 }
    }

    /// The longest time a silent link can go unnoticed.
    #[must_use]
    pub fn worst_case(&self) -> Duration {
        self.quiet().saturating_add(self.timeout.saturating_mul(self.misses))
    }

    /// How long nothing may arrive before a ping is sent ahead of its time.
    pub(crate) fn quiet(&self) -> Duration {
        self.idle.saturating_sub(self.timeout).max(self.idle / 2)
    }
}

/// Everything above the framing: who logs in, to which domain, and how the link is kept.
#[derive(Clone)]
pub struct SessionConfig {
    pub(crate) login_id: UserId,
    pub(crate) secret: SecretString,
    pub(crate) domain: String,
    pub(crate) pubsub_domain: String,
    pub(crate) resource: String,
    pub(crate) node_form: NodeForm,
    pub(crate) priority: i8,
    pub(crate) stale_prefix: Option<String>,
    pub(crate) ping: PingConfig,
    pub(crate) login_deadline: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) event_capacity: usize,
    pub(crate) seed: Option<u64>,
}

impl SessionConfig {
    /// A session of this agent. `login_id` is the agent's id, never the login name; `secret` is the REST password or access token; `domain` is
    /// `xmppDomain` of the SystemInfo of the node that will be dialled.
    pub fn builder(
        login_id: UserId,
        secret: SecretString,
        domain: impl Into<String>,
    ) -> SessionConfigBuilder {
        let domain = domain.into();
        SessionConfigBuilder {
            config: Self {
                login_id,
                secret,
                pubsub_domain: format!("pubsub.{domain}"),
                domain,
                resource: String::new(),
                node_form: NodeForm::default(),
                // What Cisco's documents advise. A higher one takes the events of the agent's desktop away, a negative one receives only
                // what was subscribed explicitly.
                priority: 0,
                // Whose resources begin how is not known here.
                stale_prefix: None,
                ping: PingConfig::default(),
                // The server checks the password against a back end of its own, which may take ten seconds on a bad day.
                login_deadline: Duration::from_secs(15),
                // An iq is answered by the notification service itself, at once; 10 s leaves room for one re-sent BOSH request.
                request_timeout: Duration::from_secs(10),
                // A busy agent gets a few events a second, a flood after an outage some hundred. Above this the stream is not read.
                event_capacity: 1024,
                seed: None,
            },
        }
    }

    /// The agent's id.
    pub fn login_id(&self) -> &UserId {
        &self.login_id
    }

    /// The XMPP domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The resource asked for.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// When to ask whether the server is still there.
    pub fn ping(&self) -> PingConfig {
        self.ping
    }
}

impl fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionConfig")
            .field("login_id", &self.login_id)
            .field("domain", &self.domain)
            .field("pubsub_domain", &self.pubsub_domain)
            .field("resource", &self.resource)
            .field("ping", &self.ping)
            .field("login_deadline", &self.login_deadline)
            .finish_non_exhaustive()
    }
}

/// Builds a [`SessionConfig`].
#[derive(Debug, Clone)]
#[must_use]
pub struct SessionConfigBuilder {
    config: SessionConfig,
}

impl SessionConfigBuilder {
    /// The pubsub service, `xmppPubSubDomain` of SystemInfo. Default: `pubsub.` and the domain, as every known Finesse has it.
    pub fn pubsub_domain(mut self, domain: impl Into<String>) -> Self {
        self.config.pubsub_domain = domain.into();
        self
    }

    /// The resource of the session: stable for one installation, so that a restart replaces its own dead session, and unique among
    /// running processes, so that two do not fight. Never `desktop`, which is the agent's browser. Default: random, because nothing
    /// better can be known here.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.config.resource = resource.into();
        self
    }

    /// How a login id that is no valid JID node is written.
    pub fn node_form(mut self, form: NodeForm) -> Self {
        self.config.node_form = form;
        self
    }

    /// The priority of the presence, -128 to 127. Default 0, as Cisco's documents advise: of an agent's sessions the one with the highest
    /// gets the automatic events. A negative one gets none of them, only those of explicit subscriptions.
    pub fn priority(mut self, priority: i8) -> Self {
        self.config.priority = priority;
        self
    }

    /// Once logged in, removes the subscriptions that earlier runs left behind: of this agent, under this same resource or any other that
    /// begins with `prefix`. Choose one that only this installation uses, and no other session of it that may be running. Subscriptions
    /// outlive sessions, and a server publishes to dead ones for ever. Default: nothing is removed.
    pub fn remove_stale_subscriptions(mut self, prefix: impl Into<String>) -> Self {
        self.config.stale_prefix = Some(prefix.into());
        self
    }

    /// When to ask whether the server is still there.
    pub fn ping(mut self, ping: PingConfig) -> Self {
        self.config.ping = ping;
        self
    }

    /// One deadline around name resolution, TCP, TLS and the whole login. Default 15 s.
    pub fn login_deadline(mut self, deadline: Duration) -> Self {
        self.config.login_deadline = deadline;
        self
    }

    /// How long a subscribe, unsubscribe or barrier may stay unanswered. Default 10 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.config.request_timeout = timeout;
        self
    }

    /// How many events may wait for the application before the stream is no longer read. Default 1024.
    pub fn event_capacity(mut self, capacity: usize) -> Self {
        self.config.event_capacity = capacity;
        self
    }

    /// Fixes all randomness of the session (ids of requests), for reproducible runs. Default: from the operating system.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Checks and finishes.
    ///
    /// # Errors
    /// Names the field that cannot be.
    pub fn build(mut self) -> Result<SessionConfig, ConfigError> {
        let c = &mut self.config;
        if c.resource.is_empty() {
            let mut rng = c.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
            c.resource = format!("finesse-{:08x}", rng.u32(..));
        }
        let refuse = |field, why| Err(ConfigError { field, why });
        for (field, text) in
            [("domain", &c.domain), ("pubsub_domain", &c.pubsub_domain), ("resource", &c.resource)]
        {
            if text.is_empty() || text.len() > 1023 || text.chars().any(|ch| ch.is_control()) {
                return refuse(field, "must be 1 to 1023 bytes without control characters");
            }
        }
        if c.domain.contains(['@', '/', ' ']) || c.pubsub_domain.contains(['@', '/', ' ']) {
            return refuse("domain", "must be a host name: no user, resource or path");
        }
        if c.stale_prefix.as_ref().is_some_and(String::is_empty) {
            return refuse("stale prefix", "must not be empty: that would be every session of the agent");
        }
        if c.secret.expose_secret().contains('\0') {
            return refuse("secret", "must not contain a NUL character");
        }
        if c.ping.idle.is_zero() || c.ping.timeout.is_zero() || c.ping.misses == 0 {
            return refuse("ping", "idle, timeout and misses must be above zero");
        }
        if c.login_deadline.is_zero() || c.request_timeout.is_zero() {
            return refuse("deadlines", "must be above zero");
        }
        if c.event_capacity == 0 || c.event_capacity > 1 << 20 {
            return refuse("event_capacity", "must be 1 to 1048576");
        }
        Ok(self.config)
    }
}

/// A value of a [`SessionConfig`] that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("session configuration: {field} {why}")]
pub struct ConfigError {
    field: &'static str,
    why: &'static str,
}

impl ConfigError {
    /// The name of the field.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> SessionConfigBuilder {
        SessionConfig::builder(
            UserId::new("40217").unwrap(),
            "hunter2".to_owned().into(),
            "fin-a.lab.example",
        )
    }

    #[test]
    fn the_secret_is_not_in_debug() {
        assert!(!format!("{:?}", builder()).contains("hunter2"));
        assert!(!format!("{:?}", builder().build().unwrap()).contains("hunter2"));
    }

    #[test]
    fn impossible_values_are_named() {
        let zero = PingConfig { misses: 0, ..PingConfig::default() };
        assert_eq!(builder().ping(zero).build().unwrap_err().field(), "ping");
        assert_eq!(builder().resource("a\nb").build().unwrap_err().field(), "resource");
        assert_eq!(builder().pubsub_domain("").build().unwrap_err().field(), "pubsub_domain");
        assert_eq!(builder().login_deadline(Duration::ZERO).build().unwrap_err().field(), "deadlines");
    }

    #[test]
    fn silence_is_noticed_within_twenty_five_seconds_and_within_three_when_tight() {
        assert_eq!(PingConfig::default().worst_case(), Duration::from_secs(25));
        assert_eq!(PingConfig::tight().worst_case(), Duration::from_millis(2900));
        assert_eq!(builder().build().unwrap().pubsub_domain, "pubsub.fin-a.lab.example");
    }
}
