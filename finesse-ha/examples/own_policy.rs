//! The stack of layers built by hand, with a policy of one's own, surviving a failing side.
//!
//! Two simulated sides are served on loopback with TLS. The agent signs in on side A, whose web application then stops; the policy below decides
//! what to do, and the session ends on side B with everything that happened meanwhile.
//!
//! Run: cargo run -p finesse-ha --example own_policy
//! Needs: nothing

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use finesse_ha::clock::Clock;
use finesse_ha::event::Event;
use finesse_ha::failover::{Context, Decision, FailoverLayer, Health, Immediate, Pair, Policy, Trigger};
use finesse_ha::health::{HealthLayer, HealthMonitor, HealthService};
use finesse_ha::link::connector::{LinkConfig, SideConnector};
use finesse_ha::params::Params;
use finesse_ha::resync::ResyncLayer;
use finesse_ha::session::{OpenSession, Session, SideAddress, SignIn, Transport, TransportNotifications};
use finesse_ha::side::Side;
use finesse_model::{Extension, UserId};
use finesse_net::{TcpDialer, Trust};
use finesse_rest::{Client, Credentials, SideApi};
use finesse_sim::{AgentSpec, Fault, Profile, Sim, WorldAction};
use tower::{Service, ServiceBuilder, ServiceExt};

const AGENT: &str = "40217";
const EXTENSION: &str = "7301";
const PASSWORD: &str = "example";

/// Patient while the agent talks, since the voice goes on without Finesse; quick otherwise.
fn policy(trigger: &Trigger, sides: &Health, context: &Context) -> Decision {
    match trigger {
        Trigger::PresenceLost if context.on_call && context.elapsed() < Duration::from_secs(1) => {
            Decision::wait(Duration::from_secs(1))
        }
        _ => Immediate.decide(trigger, sides, context),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The pair runs ten times faster than in real life, and so do the client's own timers.
    let sim = Sim::serve(Profile::ucce().scaled(0.1), 1).await?;
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, EXTENSION));
    let clock = Clock::start();

    // From the outside in: re-sync over failover over one health-watched connector for each side.
    let pair = Pair::of(side(&sim, Side::A, clock)?, side(&sim, Side::B, clock)?);
    let mut stack = ServiceBuilder::new()
        .layer(ResyncLayer::new(params(), clock, fastrand::Rng::new()))
        .layer(FailoverLayer::new(policy, params(), clock, fastrand::Rng::new()))
        .service(pair);

    let sign_in = SignIn { extension: Extension::new(EXTENSION)?, device: None, mobile: None };
    let request = OpenSession { user: UserId::new(AGENT)?, sign_in: Some(sign_in), nodes: Vec::new() };
    let opened = stack
        .ready()
        .await
        .map_err(|end| end.to_string())?
        .call(request)
        .await
        .map_err(|end| end.to_string())?;
    let mut session = Session::from_opened(opened);

    until(&mut session, |event| matches!(event, Event::Resynced(_))).await?;
    sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: String::from("0311555019"),
        to: None,
        variables: Default::default(),
    });
    until(&mut session, |event| matches!(event, Event::DialogStarted { .. })).await?;

    sim.fault(Fault::StopTomcat { side: finesse_sim::Side::A });
    until(&mut session, |event| matches!(event, Event::Switching { .. })).await?;
    let resynced = until(&mut session, |event| matches!(event, Event::Resynced(_))).await?;
    let Event::Resynced(done) = resynced else { return Err("no re-sync".into()) };
    println!("on side {} with {} dialog(s), blind for {:?}", done.side, done.picture.dialogs.len(), done.gap);
    session.close().await;
    if done.side == Side::B && done.picture.dialogs.len() == 1 {
        Ok(())
    } else {
        Err("not where it should be".into())
    }
}

/// One side: REST and notifications over TLS, and health around them.
fn side(sim: &Sim, side: Side, clock: Clock) -> Result<HealthService<SideConnector>, Box<dyn Error>> {
    let simulated = if side == Side::A { finesse_sim::Side::A } else { finesse_sim::Side::B };
    let addresses = sim.addresses(simulated).ok_or("the pair is not served")?;
    let trust = Trust::ExtraCa(sim.ca_pem().ok_or("the pair has no authority")?.as_bytes().to_vec());
    let credentials = Credentials::basic(UserId::new(AGENT)?, PASSWORD);

    // A probe carries no credentials, so that it can never count against the agent's password.
    let probe: Arc<dyn SideApi> =
        Arc::new(Client::builder(&addresses.rest_url).trust(trust.clone()).build()?);
    let rest: Arc<dyn SideApi> = Arc::new(
        Client::builder(&addresses.rest_url).trust(trust.clone()).credentials(credentials.clone()).build()?,
    );
    let address = SideAddress::new(addresses.rest_url.clone());
    let host = address.host().to_owned();
    let dialer = Arc::new(TcpDialer::new(&trust)?);
    // The port of the notifications comes from the side's own SystemInfo.
    let notifications =
        TransportNotifications::new(Transport::Tcp, address, dialer, params().connect_timeout);
    let config = LinkConfig { credentials: credentials.clone(), resource: String::from("own-policy"), host };
    let connector =
        SideConnector::new(side, rest, Arc::new(notifications), config, params(), fastrand::Rng::new());
    let monitor = HealthMonitor::spawn(side, probe, params(), clock, fastrand::Rng::new());
    Ok(ServiceBuilder::new().layer(HealthLayer::new(monitor)).service(connector))
}

fn params() -> Params {
    Params {
        hold_down_forced: Duration::from_secs(3),
        backoff_cap: Duration::from_secs(2),
        ..Params::default()
    }
}

/// Prints the feed up to an event.
async fn until(session: &mut Session, wanted: impl Fn(&Event) -> bool) -> Result<Event, Box<dyn Error>> {
    loop {
        let event = session.next().await.ok_or("the feed ended")?;
        println!("{}", serde_json::to_string(&event)?);
        if wanted(&event) {
            return Ok(event);
        }
    }
}
