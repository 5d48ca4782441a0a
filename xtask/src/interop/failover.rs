//! One whole failover with real notification services: an agent's session, two simulated sides that serve REST, and two Prosody servers
//! at which everything is published that the sides publish.
//!
//! Nothing is scaled down: client and sides run with their real numbers, the policy is the default one. The first server is killed while the
//! agent is on a call; the simulated side loses its own notification service with it and says so in SystemInfo, as a real side does. While
//! nobody can be listening, that call ends and another begins.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use finesse_ha::event::{Cause, Event, Resynced};
use finesse_ha::failover::{Hybrid, Pair};
use finesse_ha::outcome::Outcome;
use finesse_ha::params::Params;
use finesse_ha::session::{Session, SessionEnd, SideAddress, Transport};
use finesse_ha::side::Side;
use finesse_model::{Extension, UserId};
use finesse_net::Trust;
use finesse_rest::Credentials;
use finesse_sim::profile::ExternalNotifications;
use finesse_sim::{AgentSpec, Fault, LogKind, Profile, Side as SimSide, Sim, WorldAction};

use super::client::Way;
use super::mirror::Mirror;
use super::prosody::{AGENT, Prosody, password};
use super::rig::Rig;
use crate::pair::{self, no_sockets};
use crate::report::Failure;

const EXTENSION: &str = "7301";
/// Where a side says whether it is in service.
const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";
/// A variable that changes at the end.
const VARIABLE: &str = "callVariable3";
/// Fixed, so that a run can be looked at again.
const SEED: u64 = 1;

/// How long anything may take. The longest is the move: three attempts at side A, which take six seconds at most, come first.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is shown, each building on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    OnACall,
    Switch,
    Missed,
    Truth,
    Live,
    Close,
}

impl Step {
    pub(crate) const ALL: [Self; 6] =
        [Self::OnACall, Self::Switch, Self::Missed, Self::Truth, Self::Live, Self::Close];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OnACall => "failover: ready and on a call on side A",
            Self::Switch => "failover: A's server killed, one move to B",
            Self::Missed => "failover: what was missed is found",
            Self::Truth => "failover: the picture is the truth",
            Self::Live => "failover: live news from B's server",
            Self::Close => "failover: orderly close",
        }
    }
}

/// A failover under way.
pub(crate) struct Failover {
    sim: Sim,
    session: Session,
    servers: [Prosody; 2],
    /// Of side A until its server is killed, and of side B.
    mirrors: [Option<Mirror>; 2],
    /// The call before the gap, the call after it.
    calls: Vec<String>,
    /// What was told from the loss of the stream until everything was whole again.
    gap: Vec<Event>,
}

impl Failover {
    /// Starts servers, sides and session.
    pub(crate) async fn start(way: Way, home: &Path) -> Result<Self, Failure> {
        let mut rigs = Vec::new();
        for side in ["a", "b"] {
            let domain = format!("fin-{side}.{}.interop.example", way.name());
            let mut rig = Rig::start(&domain, &home.join(format!("{}-failover-{side}", way.name()))).await?;
            rig.publisher.create(SYSTEM_INFO).await?;
            rig.publisher.subscribe_user(SYSTEM_INFO, AGENT).await?;
            rigs.push(rig);
        }
        let Ok([a, b]) = <[Rig; 2]>::try_from(rigs) else { unreachable!("two were started") };
        let profile = Profile {
            external_notifications: [Some(external(&a.server)), Some(external(&b.server))],
            ..Profile::ucce()
        };
        let sim = Sim::serve(profile, SEED).await?;
        sim.add_agent(AgentSpec::new(AGENT, password(AGENT), EXTENSION));
        let mirrors = [
            Some(Mirror::start(sim.publications(SimSide::A), a.publisher)),
            Some(Mirror::start(sim.publications(SimSide::B), b.publisher)),
        ];
        let authorities = [a.authority.pem(), b.authority.pem()].concat();
        let session = open(way, &sim, [&a.server, &b.server], &authorities).await?;
        let servers = [a.server, b.server];
        Ok(Self { sim, session, servers, mirrors, calls: Vec::new(), gap: Vec::new() })
    }

    /// Goes one step further, or says what differs.
    pub(crate) async fn show(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::OnACall => self.on_a_call().await,
            Step::Switch => self.switch().await,
            Step::Missed => self.missed(),
            Step::Truth => self.until_true().await,
            Step::Live => self.live().await,
            Step::Close => self.close().await,
        }
    }

    async fn on_a_call(&mut self) -> Result<(), Failure> {
        let live = self.until("the first picture", resynced).await?;
        if live.side != Side::A {
            return Err(Failure::new(format!("the session began on side {}", live.side)));
        }
        let outcome = self.session.commands().ready().await;
        if outcome != Outcome::Applied {
            return Err(Failure::new(format!("READY ended as {outcome:?}")));
        }
        let call = self.begin_call("0311555019")?;
        self.world(WorldAction::CallAnswer { call })?;
        self.until_true().await
    }

    async fn switch(&mut self) -> Result<(), Failure> {
        let [server_a, _] = &mut self.servers;
        // First the server: a publisher that leaves would be seen to leave.
        server_a.kill()?;
        self.mirrors[0] = None;
        self.sim.fault(Fault::StopNotification { side: SimSide::A });
        let call = self.calls.first().cloned().unwrap_or_default();
        self.world(WorldAction::CallEnd { call })?;
        self.begin_call("0311555020")?;

        let mut told = Vec::new();
        let live = self
            .until("live again", |event| {
                told.push(event.clone());
                resynced(event)
            })
            .await?;
        self.gap = told;
        let gaps = self.gap.iter().filter(|event| matches!(event, Event::GapOpened { .. })).count();
        let moves: Vec<(Side, Side)> = self
            .gap
            .iter()
            .filter_map(|event| match event {
                Event::Switching { from, to, .. } => Some((*from, *to)),
                _ => None,
            })
            .collect();
        if (live.side, gaps, moves.as_slice()) == (Side::B, 1, &[(Side::A, Side::B)]) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "one gap and one move from A to B were expected; there were {gaps} gaps and the moves {moves:?}, and the session is on side {}",
            live.side
        )))
    }

    fn missed(&self) -> Result<(), Failure> {
        let [first, second] = self.calls.as_slice() else {
            return Err(Failure::new("there are not two calls"));
        };
        let ended = |event: &Event| matches!(event, Event::DialogEnded { id, cause: Cause::Gap, .. } if id.as_str() == first);
        let began = |event: &Event| matches!(event, Event::DialogStarted { dialog, cause: Cause::Gap, .. } if dialog.id.as_str() == second);
        let count = |wanted: &dyn Fn(&Event) -> bool| self.gap.iter().filter(|event| wanted(event)).count();
        match (count(&ended), count(&began)) {
            (1, 1) => Ok(()),
            (ends, starts) => Err(Failure::new(format!(
                "call {first} ended and call {second} began in the gap; the end was told {ends} times and the beginning {starts} times"
            ))),
        }
    }

    async fn live(&mut self) -> Result<(), Failure> {
        let Some(call) = self.calls.last().cloned() else { return Err(Failure::new("there is no call")) };
        let variables = BTreeMap::from([(VARIABLE.to_owned(), String::from("R&D <north>"))]);
        self.world(WorldAction::CallVariables { call: call.clone(), variables })?;
        let side = self
            .until("the changed call variable", |event| match event {
                Event::DialogChanged { dialog, cause: Cause::Live, side, .. }
                    if dialog.id.as_str() == call =>
                {
                    Some(*side)
                }
                _ => None,
            })
            .await?;
        if side != Side::B {
            return Err(Failure::new(format!("it came from side {side}")));
        }
        self.until_true().await?;
        // The simulator's own notification services serve nobody, so it can only have come from a real one.
        let seen = self.sim.log().into_iter().find(|entry| matches!(entry.kind, LogKind::Bound { .. }));
        seen.map_or(Ok(()), |entry| {
            Err(Failure::new(format!("the simulator was asked for notifications: {entry:?}")))
        })
    }

    async fn close(&mut self) -> Result<(), Failure> {
        self.session.start_closing();
        let mut last = None;
        while let Some(event) = self.session.next().await {
            last = Some(event);
        }
        match (last, self.session.ended()) {
            (Some(Event::Closed { .. }), Some(SessionEnd::Closed)) => {}
            (last, end) => {
                return Err(Failure::new(format!("the last event is {last:?} and the end {end:?}")));
            }
        }
        let [_, server_b] = &self.servers;
        if server_b.farewells()? == 0 {
            return Err(Failure::new("the server was not told that the agent is unavailable"));
        }
        Ok(())
    }

    fn begin_call(&mut self, from: &str) -> Result<String, Failure> {
        let action = WorldAction::CallBegin {
            agent: AGENT.to_owned(),
            from: from.to_owned(),
            to: None,
            variables: BTreeMap::from([(String::from("callVariable1"), format!("caller {from}"))]),
        };
        let call = self.world(action)?.ok_or_else(|| Failure::new("the simulator named no call"))?;
        self.calls.push(call.clone());
        Ok(call)
    }

    fn world(&self, action: WorldAction) -> Result<Option<String>, Failure> {
        let reply = self.sim.world(action);
        match reply.refused {
            Some(why) => Err(Failure::new(format!("the simulator refused: {why}"))),
            None => Ok(reply.call),
        }
    }

    /// Reads the feed until the picture is whole and equals the truth.
    async fn until_true(&mut self) -> Result<(), Failure> {
        loop {
            let shown = self.session.picture();
            let Some(truth) = self.sim.truth(AGENT) else { return Err(Failure::new("the agent is unknown")) };
            let found = truth.differences(shown.picture.user.as_ref(), &shown.picture.dialogs);
            if found.is_empty() && !shown.stale {
                return Ok(());
            }
            self.until("an event that makes the picture true", |_| Some(()))
                .await
                .map_err(|failure| Failure::new(format!("{failure}; {}", found.join("; "))))?;
        }
    }

    /// Waits for the event that `wanted` picks; the end of the feed, or of a mirror, ends the wait.
    async fn until<T>(&mut self, what: &str, wanted: impl FnMut(&Event) -> Option<T>) -> Result<T, Failure> {
        let [a, b] = &mut self.mirrors;
        tokio::select! {
            found = pair::until(&mut self.session, what, PATIENCE, wanted) => found,
            failure = failed(a) => Err(Failure::new(format!("waiting for {what}: mirroring side A: {failure}"))),
            failure = failed(b) => Err(Failure::new(format!("waiting for {what}: mirroring side B: {failure}"))),
        }
    }
}

async fn open(way: Way, sim: &Sim, servers: [&Prosody; 2], authorities: &str) -> Result<Session, Failure> {
    let [a, b] = [(SimSide::A, servers[0]), (SimSide::B, servers[1])].map(|(side, server)| {
        let addresses = sim.addresses(side).ok_or_else(no_sockets)?;
        let notifications = match way {
            Way::Tcp => server.xmpp().to_string(),
            Way::WebSocket => server.websocket_url(),
            Way::Bosh => server.bosh_url(),
        };
        Ok::<_, Failure>(SideAddress::new(addresses.rest_url).with_notifications(notifications))
    });
    let trusted = [sim.ca_pem().ok_or_else(no_sockets)?, authorities].concat();
    let transport = match way {
        Way::Tcp => Transport::Tcp,
        Way::WebSocket => Transport::WebSocket,
        Way::Bosh => Transport::Bosh,
    };
    // One client alone need not spread out.
    let params = Params { switch_jitter: Duration::ZERO, ..Params::default() };
    let session = Session::builder(Pair::of(a?, b?))
        .credentials(Credentials::basic(UserId::new(AGENT)?, password(AGENT)))
        .sign_in(Extension::new(EXTENSION)?)
        .transport(transport)
        .trust(Trust::ExtraCa(trusted.into_bytes()))
        .policy(Hybrid::new(&params))
        .params(params)
        .seed(SEED)
        .open()
        .await?;
    Ok(session)
}

/// What a side says of the server that plays its notification service.
fn external(server: &Prosody) -> ExternalNotifications {
    ExternalNotifications {
        domain: server.domain().to_owned(),
        pubsub_domain: server.pubsub_domain(),
        xmpp_port: 5222,
        xmpp_secure_port: server.xmpp().port(),
    }
}

fn resynced(event: &Event) -> Option<Box<Resynced>> {
    if let Event::Resynced(done) = event { Some(done.clone()) } else { None }
}

/// Waits for a mirror to fail; one that is not there any more cannot.
async fn failed(mirror: &mut Option<Mirror>) -> Failure {
    match mirror {
        Some(mirror) => mirror.failed().await,
        None => std::future::pending().await,
    }
}
