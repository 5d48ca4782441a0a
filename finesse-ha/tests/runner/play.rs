//! Plays one variation under one seed: the whole client against the simulated pair in memory, under tokio's paused clock.
//!
//! Invariant: the same variation and seed give the same feed, byte for byte; nothing here reads the system's clock or randomness.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use finesse_ha::clock::Clock;
use finesse_ha::event::Event;
use finesse_ha::failover::{Hybrid, Immediate, WaitAndRetry};
use finesse_ha::outcome::Outcome;
use finesse_ha::params::Params;
use finesse_ha::session::{Commands, Session, SetupError, Transport};
use finesse_model::{DialogId, Extension, ReasonCodeId, UserId};
use finesse_rest::Credentials;
use finesse_sim::{LogEntry, Sim, WorldAction};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::case::{Case, Click, Client, PolicyName, Start, Step, What};
use super::network::{Network, NetworkDialer, http};
use super::pattern::replace;
use super::story::Story;
use crate::common::always::Listener;
use crate::common::{Wire, pair};

/// From going live to time zero: the early audits (5 s and 30 s) are over, everything is calm.
const CALM: Duration = Duration::from_secs(60);
/// Time zero falls anywhere within a period of pings, drawn from the seed.
const PHASE_MILLIS: u64 = 20_000;

/// What came of one run.
pub(crate) struct Run {
    pub(crate) story: Story,
    pub(crate) broken: Vec<String>,
    /// The feed with the times from zero on, for the expectations.
    pub(crate) told: Vec<(Duration, Value)>,
    pub(crate) log: Vec<LogEntry>,
    pub(crate) sim: Sim,
    pub(crate) listener: Listener,
    pub(crate) wire: Wire,
    /// The client's numbers.
    pub(crate) params: Params,
    /// The names of the outcomes that clicks were given.
    pub(crate) clicks: Vec<&'static str>,
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) shown: Option<finesse_ha::session::Shown>,
    pub(crate) closed: bool,
}

type Opening = Pin<Box<dyn Future<Output = Result<Session, SetupError>>>>;

struct Stage<'a> {
    case: &'a Case,
    sim: Sim,
    network: Network,
    clock: Clock,
    random: fastrand::Rng,
    opening: Option<Opening>,
    session: Option<Session>,
    /// Of the last session; they outlive it.
    commands: Option<Commands>,
    clicks: JoinSet<(usize, Outcome)>,
    /// Of each click: what it was, and what may become of it.
    clicked: Vec<(String, Vec<String>)>,
    answered: usize,
    counting: bool,
    /// What carries the notifications; it decides nothing that a case may expect.
    transport: Transport,
    run: Run,
}

/// Plays it, over direct XMPP with an even seed and over WebSocket with an odd one. Seed 0 is the file's own order; with any other seed, steps at the same time are shuffled.
pub(crate) fn play(case: &Case, seed: u64) -> Result<Run, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| format!("starting a runtime: {error}"))?;
    runtime.block_on(async {
        let mut random = fastrand::Rng::with_seed(seed);
        let clock = Clock::start();
        let sim = Sim::in_memory(case.profile.profile(), random.u64(..));
        sim.add_agent(case.agent.clone());
        let run = Run {
            story: Story::default(),
            broken: Vec::new(),
            told: Vec::new(),
            log: Vec::new(),
            sim: sim.clone(),
            listener: Listener::default(),
            wire: Wire::default(),
            params: case.params()?,
            clicks: Vec::new(),
            names: BTreeMap::new(),
            shown: None,
            closed: false,
        };
        let mut stage = Stage {
            case,
            sim,
            network: Network::default(),
            clock,
            random,
            opening: None,
            session: None,
            commands: None,
            clicks: JoinSet::new(),
            clicked: Vec::new(),
            answered: 0,
            counting: case.start == Start::Cold,
            transport: [Transport::Tcp, Transport::WebSocket][usize::from(seed % 2 == 1)],
            run,
        };
        stage.perform(seed).await?;
        Ok(stage.finish())
    })
}

impl Stage<'_> {
    async fn perform(&mut self, seed: u64) -> Result<(), String> {
        let mut steps = self.case.steps.clone();
        if seed > 0 {
            self.random.shuffle(&mut steps);
        }
        steps.sort_by_key(Step::at);
        let phase = Duration::from_millis(if seed > 0 { self.random.u64(0..PHASE_MILLIS) } else { 0 });
        let mut zero = self.clock.now();
        if self.case.start == Start::Live {
            self.open()?;
            let patience = zero + CALM;
            while !self.run.listener.is_live() {
                self.until(self.clock.now() + Duration::from_millis(100)).await?;
                if self.clock.now() > patience {
                    return Err(String::from("the session did not become live"));
                }
            }
            let live = self.clock.now();
            for (step, after) in self.case.given.clone().iter().zip(1..) {
                self.until(live + Duration::from_secs(after)).await?;
                self.step(step)?;
            }
            zero = live + CALM + phase;
            self.until(zero).await?;
        }
        self.run.story.zero = zero;
        self.counting = true;
        let mut unopened = self.case.start == Start::Cold;
        for step in &steps {
            if unopened && !step.at().is_zero() {
                unopened = false;
                self.open()?;
            }
            self.until(zero + step.at()).await?;
            self.step(step)?;
        }
        if unopened {
            self.open()?;
        }
        self.until(zero + self.case.until).await
    }

    fn open(&mut self) -> Result<(), String> {
        let case = self.case;
        let params = self.run.params.clone();
        let user = UserId::new(case.agent.id.as_str()).map_err(|error| error.to_string())?;
        let builder = Session::builder(pair())
            .credentials(Credentials::basic(user, SecretString::from(case.agent.password.as_str())))
            .transport(self.transport)
            .params(params.clone())
            .http(http(&self.network, &self.sim, &self.run.wire))
            .dialer(Arc::new(NetworkDialer(self.network.clone(), self.sim.clone())))
            .clock(self.clock)
            .seed(self.random.u64(..));
        let builder = match case.policy {
            PolicyName::Hybrid => builder.policy(Hybrid::new(&params)),
            PolicyName::Immediate => builder.policy(Immediate),
            PolicyName::Wait => builder.policy(WaitAndRetry::default()),
        };
        let builder = if case.observer {
            builder
        } else {
            let extension =
                Extension::new(case.agent.extension.as_str()).map_err(|error| error.to_string())?;
            builder.sign_in(extension)
        };
        self.opening = Some(Box::pin(builder.open()));
        Ok(())
    }

    /// Reads the feed until a moment of the simulated clock.
    async fn until(&mut self, at: Duration) -> Result<(), String> {
        enum Next {
            Opened(Result<Session, SetupError>),
            Event(Option<Event>),
            Time,
        }
        loop {
            let next = tokio::select! {
                biased;
                opened = async { match &mut self.opening {
                    Some(opening) => opening.await,
                    None => std::future::pending().await,
                }} => Next::Opened(opened),
                event = async { match &mut self.session {
                    Some(session) => session.next().await,
                    None => std::future::pending().await,
                }} => Next::Event(event),
                () = self.clock.sleep_until(Some(at)) => Next::Time,
            };
            match next {
                Next::Opened(opened) => {
                    self.opening = None;
                    match opened {
                        Ok(session) => {
                            self.commands = Some(session.commands());
                            self.session = Some(session);
                        }
                        Err(error) => {
                            // It ended before there was a feed to say so.
                            let why = error.to_string();
                            self.note(serde_json::json!({ "event": "closed", "why": why }));
                            self.run.closed = true;
                        }
                    }
                }
                Next::Event(Some(event)) => self.see(&event)?,
                Next::Event(None) => {
                    self.session = None;
                    if !self.run.closed {
                        self.run.broken.push(String::from("the feed ended without closed"));
                    }
                    self.run.closed = true;
                }
                Next::Time => break,
            }
        }
        while let Some(answered) = self.clicks.try_join_next() {
            self.answered(answered.map_err(|error| error.to_string())?);
        }
        // The feed is empty now, so what was told must be what is shown.
        if let Some(session) = &self.session {
            self.run.listener.compare(&session.picture());
        }
        Ok(())
    }

    fn see(&mut self, event: &Event) -> Result<(), String> {
        self.run.closed |= matches!(event, Event::Closed { .. });
        self.run.listener.hear(event);
        self.note(serde_json::to_value(event).map_err(|error| error.to_string())?);
        Ok(())
    }

    fn note(&mut self, event: Value) {
        let now = self.clock.now();
        self.run.story.told(now, &event);
        if self.counting {
            self.run.told.push((now, event));
        }
    }

    fn answered(&mut self, (click, outcome): (usize, Outcome)) {
        self.answered += 1;
        // Who only observes, or has no session any more, is told so at once and without a command.
        if !self.case.observer && !self.run.closed && self.session.is_some() {
            self.run.clicks.push(outcome.name());
        }
        let Some((what, allowed)) = self.clicked.get(click) else { return };
        if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == outcome.name()) {
            self.run
                .broken
                .push(format!("the click {what} ended as {outcome:?}, expected {}", allowed.join(" or ")));
        }
    }

    fn id_of(&self, name: &str) -> Option<String> {
        self.run.names.get(name).cloned()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let now = self.clock.now();
        match &step.what {
            What::Fault(fault) => {
                self.run.story.done(now, serde_json::to_value(fault).unwrap_or_default());
                self.sim.fault(fault.clone());
            }
            What::World(action) => {
                let mut action = action.clone();
                replace(&mut action, &|name| self.id_of(name));
                self.run.story.done(now, &action);
                let action = WorldAction::deserialize(action).map_err(|error| error.to_string())?;
                let reply = self.sim.world(action);
                if let Some(why) = reply.refused {
                    return Err(format!("the world refuses a step of the case: {why}"));
                }
                if let Some(name) = step.name.clone() {
                    let call = reply.call.ok_or_else(|| format!("no call begins that could be {name}"))?;
                    self.run.names.insert(name, call);
                }
            }
            What::Click(click) => {
                let mut click = click.clone();
                replace(&mut click, &|name| self.id_of(name));
                self.run.story.done(now, &click);
                self.click(click, step)?;
            }
            What::Path(path) => {
                self.run.story.done(now, format!("{path:?}"));
                self.network.set(*path);
            }
            What::Client(client) => {
                self.run.story.done(now, format!("the client {client:?}"));
                match client {
                    Client::Dies {} => {
                        (self.session, self.opening) = (None, None);
                    }
                    Client::Starts {} => {
                        // Another session, another feed: nothing of the first is known to it.
                        self.run.listener.begin_anew();
                        self.run.closed = false;
                        self.open()?;
                    }
                    Client::Closes {} => {
                        if let Some(session) = &self.session {
                            session.start_closing();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn click(&mut self, click: Value, step: &Step) -> Result<(), String> {
        let number = self.clicked.len();
        self.clicked.push((click.to_string(), step.outcome.clone()));
        let click = Click::deserialize(click).map_err(|error| error.to_string())?;
        let Some(commands) = self.commands.clone() else {
            return Err(String::from("a click, and there never was a session to click on"));
        };
        let call = |id: String| DialogId::new(id).map_err(|error| error.to_string());
        let dialog = match &click {
            Click::Answer { call: id }
            | Click::Hold { call: id }
            | Click::Retrieve { call: id }
            | Click::Drop { call: id }
            | Click::Consult { call: id, .. }
            | Click::Transfer { call: id }
            | Click::BlindTransfer { call: id, .. }
            | Click::SendDtmf { call: id, .. }
            | Click::UpdateData { call: id, .. } => Some(commands.call(&call(id.clone())?)),
            _ => None,
        };
        self.clicks.spawn(async move {
            let outcome = match (click, dialog) {
                (Click::Ready {}, _) => commands.ready().await,
                (Click::NotReady { reason }, _) => {
                    let reason = reason.and_then(|id| ReasonCodeId::new(id.to_string()).ok());
                    commands.not_ready(reason).await
                }
                (Click::SignOut {}, _) => commands.sign_out(None).await,
                (Click::MakeCall { to }, _) => commands.make_call(to).await,
                (Click::Answer { .. }, Some(call)) => call.answer().await,
                (Click::Hold { .. }, Some(call)) => call.hold().await,
                (Click::Retrieve { .. }, Some(call)) => call.retrieve().await,
                (Click::Drop { .. }, Some(call)) => call.drop_call().await,
                (Click::Consult { to, .. }, Some(call)) => call.consult(to).await,
                (Click::Transfer { .. }, Some(call)) => call.transfer().await,
                (Click::BlindTransfer { to, .. }, Some(call)) => call.blind_transfer(to).await,
                (Click::SendDtmf { digits, .. }, Some(call)) => call.send_dtmf(digits).await,
                (Click::UpdateData { variables, .. }, Some(call)) => {
                    call.update_call_data(variables.into_iter().collect(), None).await
                }
                (_, None) => Outcome::NotSent { why: String::from("no call") },
            };
            (number, outcome)
        });
        Ok(())
    }

    fn finish(mut self) -> Run {
        while let Some(Ok(answered)) = self.clicks.try_join_next() {
            self.answered(answered);
        }
        if self.answered != self.clicked.len() {
            let (answered, clicked) = (self.answered, self.clicked.len());
            self.run.broken.push(format!("{answered} of {clicked} clicks have an outcome"));
        }
        self.run.shown = self.session.as_ref().map(Session::picture);
        self.run.log = self.sim.log();
        self.run
    }
}
