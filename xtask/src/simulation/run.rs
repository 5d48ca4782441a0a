//! Plays one seed.

use std::collections::BTreeSet;
use std::time::Duration;

use finesse_ha::clock::Clock;
use finesse_ha::event::Event;
use finesse_ha::health::Status;
use finesse_ha::outcome::Outcome;
use finesse_ha::params::Params;
use finesse_ha::session::{Commands, Session};
use finesse_model::{Extension, UserId};
use finesse_rest::Credentials;
use finesse_sim::{AgentSpec, Profile, Sim, WorldAction};
use secrecy::SecretString;
use tokio::task::JoinSet;

use super::invariants::Watcher;
use super::memory::always::untrue;
use super::memory::{Wire, dialer, http, pair};
use super::schedule::{Click, DISTURBED, QUIET, Step, mend_everything, schedule, world};
use super::setup::Setup;

const AGENT: &str = "40217";
const EXTENSION: &str = "7301";
/// Known to the simulated pair only.
const PASSWORD: &str = "simulated";

/// What came of one run.
#[derive(Debug)]
pub(crate) struct Report {
    /// The feed, one line an event, with its simulated time.
    pub(crate) feed: Vec<String>,
    /// What was broken.
    pub(crate) broken: Vec<String>,
    /// How many gaps there were.
    pub(crate) gaps: usize,
    /// How many switches there were.
    pub(crate) switches: usize,
    /// How many commands were given.
    pub(crate) commands: usize,
}

/// Plays the seed from start to end.
pub(crate) fn run(seed: u64) -> Result<Report, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| format!("starting a runtime: {error}"))?;
    runtime.block_on(play(seed))
}

async fn play(seed: u64) -> Result<Report, String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let clock = Clock::start();
    let setup = Setup::of(seed);
    let sim = Sim::in_memory(setup.profile.clone(), random.u64(..));
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, EXTENSION));
    let wire = Wire::default();
    let session = open(&sim, &wire, &setup, random.u64(..), clock).await?;
    let steps = schedule(&mut random);
    let lossy = steps.iter().any(|(_, step)| step.hides_events(setup.profile.finesse_presence));
    let mut stage = Stage {
        sim,
        clock,
        session,
        watcher: Watcher::new(lossy, on_the_way(&steps)),
        wire,
        report: Report { feed: Vec::new(), broken: Vec::new(), gaps: 0, switches: 0, commands: 0 },
        clicks: JoinSet::new(),
        clicked: 0,
        answered: Vec::new(),
        random: random.fork(),
        soon: Vec::new(),
        disturbed: true,
    };
    stage.until_live().await?;
    let begin = clock.now();
    for (at, step) in steps {
        stage.until(begin + at).await?;
        stage.step(step, &mut random);
    }
    stage.until(begin + DISTURBED).await?;
    stage.disturbed = false;
    stage.soon.clear();
    for fault in mend_everything() {
        stage.sim.fault(fault);
    }
    stage.until(begin + DISTURBED + QUIET).await?;
    stage.finish()
}

/// How long a request may be on its way to a side: half of the longest latency that the pair draws.
fn on_the_way(steps: &[(Duration, Step)]) -> Duration {
    let profile = Profile::ucce();
    // Latencies are log-normal, drawn from a normal number that is never beyond six.
    let longest = profile.http_latency.mul_f64((6.0 * profile.http_latency_sigma).exp());
    let slowest = steps.iter().map(|(_, step)| step.slows()).fold(1.0, f64::max);
    longest.min(profile.http_latency_max).mul_f64(slowest) / 2
}

async fn open(sim: &Sim, wire: &Wire, setup: &Setup, seed: u64, clock: Clock) -> Result<Session, String> {
    let params = Params::default();
    let user = UserId::new(AGENT).map_err(|error| error.to_string())?;
    let extension = Extension::new(EXTENSION).map_err(|error| error.to_string())?;
    let builder = Session::builder(pair())
        .credentials(Credentials::basic(user, SecretString::from(PASSWORD)))
        .sign_in(extension)
        .params(params.clone())
        .http(http(sim, wire))
        .dialer(dialer(sim))
        .clock(clock)
        .seed(seed);
    setup.apply(builder, &params).open().await.map_err(|error| error.to_string())
}

/// One run under way.
struct Stage {
    sim: Sim,
    clock: Clock,
    session: Session,
    watcher: Watcher,
    wire: Wire,
    report: Report,
    clicks: JoinSet<Outcome>,
    /// Clicks that gave a command.
    clicked: usize,
    /// The names of the outcomes of those.
    answered: Vec<&'static str>,
    /// Decides what happens during a re-sync.
    random: fastrand::Rng,
    /// What happens soon, besides the schedule.
    soon: Vec<(Duration, Step)>,
    /// True in the disturbed part.
    disturbed: bool,
}

impl Stage {
    async fn until_live(&mut self) -> Result<(), String> {
        while !self.watcher.listener.is_live() {
            let event = self.session.next().await.ok_or("the feed ended before the session was live")?;
            self.see(&event)?;
        }
        Ok(())
    }

    /// Reads the feed until a moment of the simulated clock.
    async fn until(&mut self, at: Duration) -> Result<(), String> {
        loop {
            let next = self.soon.iter().map(|(at, _)| *at).min().filter(|soon| *soon < at);
            let event = tokio::select! {
                biased;
                event = self.session.next() => Some(event.ok_or("the feed ended")?),
                () = self.clock.sleep_until(Some(next.unwrap_or(at))) => None,
            };
            match event {
                Some(event) => self.see(&event)?,
                None if next.is_some() => self.step_soon(),
                None => break,
            }
        }
        self.take_answers()?;
        // The feed is empty now, so what was told must be what is shown.
        self.watcher.compare(&self.session.picture());
        Ok(())
    }

    /// Lets happen what is due besides the schedule.
    fn step_soon(&mut self) {
        let now = self.clock.now();
        let mut random = self.random.fork();
        let (due, later) = std::mem::take(&mut self.soon).into_iter().partition(|(at, _)| *at <= now);
        self.soon = later;
        let due: Vec<(Duration, Step)> = due;
        for (_, step) in due {
            self.step(step, &mut random);
        }
    }

    /// A side has just become good enough for a re-sync: something happens while it is read.
    fn disturb(&mut self) {
        let now = self.clock.now();
        for _ in 0..self.random.usize(0..4) {
            let after = Duration::from_millis(self.random.u64(0..250));
            self.soon.push((now + after, world(&mut self.random)));
        }
    }

    fn see(&mut self, event: &Event) -> Result<(), String> {
        let now = self.clock.now();
        let text = serde_json::to_string(event).map_err(|error| error.to_string())?;
        self.report.feed.push(format!("{:>11.3} {text}", now.as_secs_f64()));
        match event {
            Event::GapOpened { .. } => self.report.gaps += 1,
            Event::Switching { .. } => self.report.switches += 1,
            Event::Health { status: Status::Ready, .. }
                if self.disturbed && !self.watcher.listener.is_live() =>
            {
                self.disturb()
            }
            _ => {}
        }
        self.watcher.see(now, event);
        Ok(())
    }

    fn step(&mut self, step: Step, random: &mut fastrand::Rng) {
        let action = match step {
            Step::Fault(fault) => {
                self.note(&fault);
                self.sim.fault(fault);
                return;
            }
            Step::Click(click) => {
                self.click(click, random);
                return;
            }
            Step::CallBegins => WorldAction::CallBegin {
                agent: AGENT.to_owned(),
                from: format!("03115550{}", random.u8(10..99)),
                to: None,
                variables: [(String::from("callVariable1"), format!("R&D {}", random.u8(..)))].into(),
            },
            Step::StateAtPhone(state) => {
                WorldAction::AgentState { agent: AGENT.to_owned(), state: state.to_owned(), reason: None }
            }
            Step::CallAnswered
            | Step::CallEnds
            | Step::CallHeld
            | Step::CallReplaced
            | Step::VariableChanges => {
                let Some(call) = self.some_call(random) else { return };
                match step {
                    Step::CallAnswered => WorldAction::CallAnswer { call },
                    Step::CallEnds => WorldAction::CallEnd { call },
                    Step::CallHeld => WorldAction::CallHold { call, agent: None },
                    Step::CallReplaced => WorldAction::CallReplace { call },
                    _ => WorldAction::CallVariables {
                        call,
                        variables: [(String::from("callVariable2"), random.u16(..).to_string())].into(),
                    },
                }
            }
        };
        self.note(&action);
        // An action that does not fit the moment (a call that has just ended) is refused by the world; that is part of the game.
        self.sim.world(action);
    }

    fn note(&mut self, what: &impl std::fmt::Debug) {
        self.report.feed.push(format!("{:>11.3} -- {what:?}", self.clock.now().as_secs_f64()));
    }

    fn some_call(&self, random: &mut fastrand::Rng) -> Option<String> {
        let truth = self.sim.truth(AGENT)?;
        let calls: Vec<String> = truth.dialogs.into_keys().collect();
        if calls.is_empty() { None } else { Some(calls[random.usize(0..calls.len())].clone()) }
    }

    fn click(&mut self, click: Click, random: &mut fastrand::Rng) {
        let commands = self.session.commands();
        let dialogs = self.session.picture().picture.dialogs.clone();
        let number = format!("66015{}", random.u8(10..99));
        self.report.feed.push(format!("{:>11.3} -- click {click:?}", self.clock.now().as_secs_f64()));
        let dialog =
            if dialogs.is_empty() { None } else { Some(dialogs[random.usize(0..dialogs.len())].id.clone()) };
        if dialog.is_none() && click.needs_a_call() {
            return;
        }
        self.clicked += 1;
        self.clicks.spawn(async move {
            match (click, dialog) {
                (Click::NotReady, _) => commands.not_ready(None).await,
                (Click::MakeCall, _) => commands.make_call(number).await,
                (click, Some(dialog)) if click.needs_a_call() => {
                    on_call(&commands, click, &dialog, number).await
                }
                _ => commands.ready().await,
            }
        });
    }

    fn take_answers(&mut self) -> Result<(), String> {
        while let Some(outcome) = self.clicks.try_join_next() {
            self.answered.push(outcome.map_err(|error| error.to_string())?.name());
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Report, String> {
        let truth = self.sim.truth(AGENT).ok_or("the agent is gone from the world")?;
        for what in untrue(&self.sim, AGENT, self.watcher.listener.side(), &self.session.picture()) {
            self.watcher.fail(2, what);
        }
        self.take_answers()?;
        if self.clicked != self.answered.len() {
            let (answered, clicked) = (self.answered.len(), self.clicked);
            self.watcher.fail(14, format!("{answered} of {clicked} commands have an outcome"));
        }
        let still_there: BTreeSet<String> = truth.dialogs.into_keys().collect();
        self.report.commands = self.clicked;
        self.report.broken =
            self.watcher.finish(&self.sim.log(), &self.wire, &still_there, &self.answered, AGENT);
        Ok(self.report)
    }
}

async fn on_call(
    commands: &Commands,
    click: Click,
    dialog: &finesse_model::DialogId,
    value: String,
) -> Outcome {
    let call = commands.call(dialog);
    match click {
        Click::Answer => call.answer().await,
        Click::Hold => call.hold().await,
        Click::Retrieve => call.retrieve().await,
        Click::Drop => call.drop_call().await,
        Click::BlindTransfer => call.blind_transfer(value).await,
        Click::Consult => call.consult(value).await,
        Click::Tones => call.send_dtmf("1#").await,
        _ => call.update_call_data(vec![(String::from("callVariable3"), value)], None).await,
    }
}
