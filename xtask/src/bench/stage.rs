//! What the failover benches play on: a simulated pair on loopback sockets with TLS, and an agent's session with it.
//!
//! The pair answers at once: whatever a real one takes to think (REST latency, CTI, publication) is set to zero, so that what is
//! measured is the client, the wire, and the simulator's own work. Pair, session and what is measured beside it share one thread: the
//! protocols leave next to nothing to be done at once, and so no figure has the waking of threads in it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use finesse_ha::event::Event;
use finesse_ha::failover::{Immediate, Pair};
use finesse_ha::params::Params;
use finesse_ha::session::{Session, SideAddress, Transport};
use finesse_model::{Extension, UserId};
use finesse_net::{TcpDialer, Trust};
use finesse_notify::{BoshConnect, Connect, Link, SessionConfig, TcpConnect};
use finesse_rest::{Client, Credentials};
use finesse_sim::profile::Span;
use finesse_sim::{AgentSpec, Profile, Side, Sim, WorldAction};
use secrecy::SecretString;
use tokio::time::timeout;

use super::Figure;
use crate::pair::{self, no_sockets};
use crate::report::Failure;

/// Whose session it is.
pub(super) const AGENT: &str = "40217";
const EXTENSION: &str = "7301";
/// Somebody else, for what is measured beside the session.
const NEIGHBOUR: &str = "40218";
/// Known to the simulated pair only.
const PASSWORD: &str = "bench";
/// Above everything that a single event may rightly take; only a deadlock reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same for a whole bench; the longest takes half a minute.
const LONGEST: Duration = Duration::from_secs(180);

/// Runs a bench to its end on this thread.
pub(super) fn on_runtime<T>(bench: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        timeout(LONGEST, bench)
            .await
            .unwrap_or_else(|_| Err(Failure::new(format!("not over within {LONGEST:?}"))))
    })
}

/// Runs a bench over one transport after the other.
pub(super) fn over_transports(
    measure: impl AsyncFn(Transport) -> Result<Vec<Figure>, Failure>,
) -> Result<Vec<Figure>, Failure> {
    on_runtime(async {
        let mut figures = Vec::new();
        for transport in [Transport::Tcp, Transport::Bosh] {
            figures.extend(measure(transport).await?);
        }
        Ok(figures)
    })
}

/// A pair that answers at once.
pub(super) async fn pair(seed: u64) -> Result<Sim, Failure> {
    let at_once = Span::fixed(Duration::ZERO);
    let profile = Profile {
        http_latency: Duration::ZERO,
        publication_delay: at_once,
        cti_latency: at_once,
        cti_confirm: at_once,
        // Side A says at once that it is out of service, so that nothing but the decision is waited for.
        notification_notice: at_once,
        ..Profile::ucce()
    };
    let sim = Sim::serve(profile, seed).await?;
    for (agent, extension) in [(AGENT, EXTENSION), (NEIGHBOUR, "7302")] {
        sim.add_agent(AgentSpec::new(agent, PASSWORD, extension));
    }
    Ok(sim)
}

/// Where a side is, for a session over this transport.
pub(super) fn address(sim: &Sim, side: Side, transport: Transport) -> Result<SideAddress, Failure> {
    let addresses = sim.addresses(side).ok_or_else(no_sockets)?;
    let notifications = match transport {
        Transport::Bosh => addresses.bosh_url,
        _ => addresses.xmpp.to_string(),
    };
    Ok(SideAddress::new(addresses.rest_url).with_notifications(notifications))
}

/// A session of the agent, signed in on side A, with the client's own numbers.
pub(super) async fn session(
    sim: &Sim,
    a: SideAddress,
    b: SideAddress,
    transport: Transport,
    seed: u64,
) -> Result<Session, Failure> {
    // One client alone need not spread out.
    let params = Params { switch_jitter: Duration::ZERO, ..Params::default() };
    let mut session = Session::builder(Pair::of(a, b))
        .credentials(Credentials::basic(UserId::new(AGENT)?, SecretString::from(PASSWORD)))
        .sign_in(Extension::new(EXTENSION)?)
        .transport(transport)
        .trust(trust(sim)?)
        .params(params)
        .policy(Immediate)
        .seed(seed)
        .open()
        .await?;
    until(&mut session, "live on side A", |event| matches!(event, Event::Resynced(_)).then_some(())).await?;
    Ok(session)
}

/// Two calls for the agent, as one has who consults: the first held, the second active.
pub(super) async fn two_calls(sim: &Sim, session: &mut Session) -> Result<(), Failure> {
    for number in 1..=2 {
        let begun = sim.world(WorldAction::CallBegin {
            agent: AGENT.to_owned(),
            from: format!("031155501{number}"),
            to: None,
            variables: BTreeMap::from([(String::from("callVariable1"), format!("caller {number}"))]),
        });
        let call = begun.call.ok_or_else(|| Failure::new("the simulator refused a call"))?;
        sim.world(WorldAction::CallAnswer { call: call.clone() });
        if number == 1 {
            sim.world(WorldAction::CallHold { call, agent: None });
        }
    }
    let wanted = sim.truth(AGENT).map_or(0, |truth| truth.dialogs.len());
    while session.picture().picture.dialogs.len() < wanted {
        until(session, "two dialogs", |_| Some(())).await?;
    }
    Ok(())
}

/// Waits for the event that `wanted` picks.
pub(super) async fn until<T>(
    session: &mut Session,
    what: &str,
    wanted: impl FnMut(&Event) -> Option<T>,
) -> Result<T, Failure> {
    pair::until(session, what, PATIENCE, wanted).await
}

/// The neighbour's REST client, for one side.
pub(super) fn client(sim: &Sim, side: Side) -> Result<Client, Failure> {
    let addresses = sim.addresses(side).ok_or_else(no_sockets)?;
    let credentials = Credentials::basic(neighbour()?, SecretString::from(PASSWORD));
    Ok(Client::builder(&addresses.rest_url).trust(trust(sim)?).credentials(credentials).build()?)
}

/// A bare login of the neighbour to one side's notifications: nothing but `finesse-notify`.
pub(super) struct BareLogin {
    connect: Arc<dyn Connect>,
    domain: String,
}

impl BareLogin {
    pub(super) fn new(sim: &Sim, side: Side, transport: Transport) -> Result<Self, Failure> {
        let addresses = sim.addresses(side).ok_or_else(no_sockets)?;
        let dialer = Arc::new(TcpDialer::new(&trust(sim)?)?);
        let connect: Arc<dyn Connect> = match transport {
            Transport::Bosh => Arc::new(BoshConnect::new(dialer, &addresses.bosh_url)?),
            _ => Arc::new(TcpConnect::new(dialer, addresses.xmpp.ip().to_string(), addresses.xmpp.port())),
        };
        Ok(Self { connect, domain: addresses.host })
    }

    pub(super) async fn open(&self) -> Result<Link, Failure> {
        let config = SessionConfig::builder(neighbour()?, SecretString::from(PASSWORD), self.domain.clone());
        Ok(finesse_notify::open(self.connect.as_ref(), config.resource("bench").build()?).await?)
    }
}

/// The neighbour's id.
pub(super) fn neighbour() -> Result<UserId, Failure> {
    Ok(UserId::new(NEIGHBOUR)?)
}

fn trust(sim: &Sim) -> Result<Trust, Failure> {
    let ca = sim.ca_pem().ok_or_else(no_sockets)?;
    Ok(Trust::ExtraCa(ca.as_bytes().to_vec()))
}
