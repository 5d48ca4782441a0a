//! The innermost service: opens a link to one side by `finesse-rest` and `finesse-notify`.
//!
//! SystemInfo is read first, because it names the XMPP domain; it is remembered, so that a later opening costs no extra round trip, and
//! forgotten when an opening fails.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use finesse_model::SystemInfo;
use finesse_notify::{Connect, EndCause, LinkError, PingConfig, SessionConfig};
use finesse_rest::{Credentials, ErrorKind, SideApi};
use tower::Service;

use super::{Link, LinkHandle, OpenError, OpenLink};
use crate::params::Params;
use crate::side::Side;

/// Where the notifications of a side are, given what it says of itself.
pub trait Notifications: Send + Sync {
    /// The way to connect to them.
    ///
    /// # Errors
    ///
    /// The address cannot be used; in words.
    fn connect_for(&self, info: &SystemInfo) -> Result<Box<dyn Connect>, String>;
}

/// Who logs in.
#[derive(Debug, Clone)]
pub struct LinkConfig {
    /// The agent, with the password or the token; of a token that is refreshed meanwhile each link takes the present one.
    pub credentials: Credentials,
    /// The XMPP resource.
    pub resource: String,
    /// The side's host: the XMPP domain, where SystemInfo names none.
    pub host: String,
}

/// Opens links to one side.
#[derive(Clone)]
pub struct SideConnector {
    side: Side,
    rest: Arc<dyn SideApi>,
    notifications: Arc<dyn Notifications>,
    config: LinkConfig,
    params: Params,
    random: Arc<Mutex<fastrand::Rng>>,
    known: Arc<Mutex<Option<SystemInfo>>>,
}

impl std::fmt::Debug for SideConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SideConnector").field("side", &self.side).finish_non_exhaustive()
    }
}

impl SideConnector {
    /// A connector for one agent and side.
    #[must_use]
    pub fn new(
        side: Side,
        rest: Arc<dyn SideApi>,
        notifications: Arc<dyn Notifications>,
        config: LinkConfig,
        params: Params,
        random: fastrand::Rng,
    ) -> Self {
        let (random, known) = (Arc::new(Mutex::new(random)), Arc::default());
        Self { side, rest, notifications, config, params, random, known }
    }

    async fn open(self) -> Result<Link, OpenError> {
        let failed = |cause, why: String| OpenError { side: self.side, cause, why };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let info = match known {
            Some(info) => info,
            None => {
                self.rest.system_info().await.map_err(|error| failed(cause_of(&error), error.to_string()))?
            }
        };
        let connect = self.notifications.connect_for(&info).map_err(|why| failed(EndCause::Protocol, why))?;
        let domain = info.xmpp_domain.clone().filter(|domain| !domain.is_empty());
        let domain = domain.unwrap_or_else(|| self.config.host.clone());
        let credentials = &self.config.credentials;
        let seed = self.random.lock().unwrap_or_else(PoisonError::into_inner).u64(..);
        let mut config = SessionConfig::builder(credentials.user().clone(), credentials.secret(), domain)
            .resource(self.config.resource.clone())
            // An earlier run with this resource may have ended without removing its subscriptions.
            .remove_stale_subscriptions(self.config.resource.clone())
            .ping(PingConfig {
                idle: self.params.ping_idle,
                timeout: self.params.ping_timeout,
                misses: self.params.ping_misses,
            })
            .request_timeout(self.params.request_timeout)
            .seed(seed);
        if let Some(domain) = &info.xmpp_pub_sub_domain {
            config = config.pubsub_domain(domain.clone());
        }
        let config = config.build().map_err(|error| failed(EndCause::Protocol, error.to_string()))?;
        let opened: Result<finesse_notify::Link, LinkError> =
            finesse_notify::open(connect.as_ref(), config).await;
        match opened {
            Ok(link) => {
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(info);
                let handle = LinkHandle { rest: Arc::clone(&self.rest), control: link.control };
                Ok(Link::new(self.side, link.events, handle))
            }
            Err(error) => {
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err(failed(error.kind(), error.to_string()))
            }
        }
    }
}

impl Service<OpenLink> for SideConnector {
    type Response = Link;
    type Error = OpenError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, OpenError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: OpenLink) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let side = connector.side;
            match tokio::time::timeout(request.deadline, connector.open()).await {
                Ok(result) => result,
                Err(_) => Err(OpenError {
                    side,
                    cause: EndCause::Timeout,
                    why: format!("not connected and logged in within {:?}", request.deadline),
                }),
            }
        })
    }
}

/// A failed read of SystemInfo, in the words of a link that did not open.
fn cause_of(error: &finesse_rest::Error) -> EndCause {
    match error.kind() {
        ErrorKind::Dns => EndCause::Dns,
        ErrorKind::Connect => EndCause::Refused,
        ErrorKind::Tls => EndCause::Tls,
        ErrorKind::Timeout => EndCause::Timeout,
        ErrorKind::Unauthorized => EndCause::Auth,
        _ => EndCause::Network,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use finesse_model::UserId;
    use finesse_notify::MockConnect;
    use finesse_rest::MockSideApi;
    use tower::ServiceExt;

    use super::*;

    /// Refuses every connection, and notes for which domain it was asked for.
    struct Refusing(Arc<Mutex<Vec<String>>>);

    impl Notifications for Refusing {
        fn connect_for(&self, _: &SystemInfo) -> Result<Box<dyn Connect>, String> {
            let asked = Arc::clone(&self.0);
            let mut connect = MockConnect::new();
            connect.expect_describe().returning(|| String::from("nowhere"));
            connect.expect_connect().returning(move |domain| {
                asked.lock().unwrap().push(domain.to_owned());
                Err(LinkError::new(EndCause::Refused, "refused"))
            });
            Ok(Box::new(connect))
        }
    }

    #[tokio::test]
    async fn a_side_that_names_no_xmpp_domain_is_taken_for_its_own() {
        for (info, domain) in [
            ("<SystemInfo><xmppDomain>xmpp.lab.example</xmppDomain></SystemInfo>", "xmpp.lab.example"),
            ("<SystemInfo><xmppDomain></xmppDomain></SystemInfo>", "fin-a.lab.example"),
            ("<SystemInfo/>", "fin-a.lab.example"),
        ] {
            let info = SystemInfo::from_xml(info).unwrap();
            let mut rest = MockSideApi::new();
            rest.expect_system_info().returning(move || Ok(info.clone()));
            let asked = Arc::default();
            let config = LinkConfig {
                credentials: Credentials::basic(UserId::new("1001").unwrap(), "secret"),
                resource: String::from("test"),
                host: String::from("fin-a.lab.example"),
            };
            let notifications = Arc::new(Refusing(Arc::clone(&asked)));
            let random = fastrand::Rng::with_seed(1);
            let connector =
                SideConnector::new(Side::A, Arc::new(rest), notifications, config, Params::default(), random);
            let error = connector.oneshot(OpenLink { deadline: Duration::from_secs(5) }).await.err().unwrap();
            assert_eq!(
                (error.cause, asked.lock().unwrap().as_slice()),
                (EndCause::Refused, &[domain.to_owned()][..])
            );
        }
    }
}
