//! The pure core: `(now, input) -> outputs`.
//!
//! A front end owns sockets, TLS, stream framing and the BOSH protocol. It turns what arrives into [`Input`]s, calls
//! [`SimCore::step`], carries out the [`Output`]s in their order, and calls again with [`Input::Tick`] when
//! [`SimCore::next_deadline`] has come. `now` is the time since the start of the simulation and never goes back.
//!
//! Invariants:
//!
//! * The core has no clock, no I/O and no randomness of its own: profile, seed and inputs decide the outputs.
//! * A request without an [`Output::HttpReply`] or [`Output::HttpReset`] hangs until the client goes away.
//! * After an [`Output::XmppEnd`] nothing is ever sent to that connection again.

mod action;
mod auth;
mod call;
mod campaign;
mod command;
mod copy_tasks;
mod cti;
mod dispatch;
mod execute;
mod fault;
mod node;
mod picture;
mod presence;
mod publish;
mod pubsub;
mod queues;
mod reason;
mod render;
mod render_task;
mod rest;
mod seam;
mod session;
mod site;
mod status;
mod supervision;
mod tasks;
mod telephony;
mod time;
mod world;
mod xml;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use self::command::{Command, CtiError};
use self::node::{CopiedAgent, Node};
pub use self::rest::operations;
pub use self::seam::{Input, ListenerState, NodeAddress, Output, Port, Publication, StreamEnd, Transport};
use self::session::Session;
use self::site::Site;
use self::world::{Fact, Later, World};
pub(crate) use self::xml::Elem;
use crate::profile::{PlainPort, Span};
use crate::{AgentSpec, LogEntry, LogKind, Profile, Side, Truth, WorldAction, WorldReply};

/// The simulated pair.
#[derive(Debug)]
pub struct SimCore {
    profile: Profile,
    rng: fastrand::Rng,
    now: Duration,
    world: World,
    site: Site,
    nodes: [Node; 2],
    /// Streams of both sides by number.
    sessions: BTreeMap<u64, Session>,
    /// Requests without an answer yet.
    requests: BTreeMap<u64, Side>,
    /// What is to happen, by time and then by order of planning.
    tasks: BTreeMap<(Duration, u64), Task>,
    /// Counts tasks, activities and timers; a number is never used twice.
    counter: u64,
    out: Vec<Output>,
    log: VecDeque<LogEntry>,
    /// Entries that the log has let go.
    log_gone: u64,
}

/// What is to happen at a later time. Everything that can become void meanwhile carries the number of the life it belongs to.
#[derive(Debug)]
enum Task {
    /// A request has come through to the web app.
    Handle { id: u64, side: Side, request: Box<http::Request<Bytes>> },
    /// An answer has come through to the client.
    Answer { id: u64, response: Box<http::Response<Bytes>> },
    /// A command arrives at CTI and is carried out.
    Execute { side: Side, cti_life: u64, command: Command },
    /// CTI's word on a command arrives at the side.
    Confirm { side: Side, cti_life: u64, command: Command, result: Result<Option<u64>, CtiError> },
    /// A forced logout arrives at CTI.
    Force { side: Side, user: String },
    /// A fact arrives at a side, with the side and requestId of the command behind it.
    Arrive { side: Side, cti_life: u64, fact: Fact, cause: Option<(Side, String)> },
    /// The queues that somebody watches are looked at.
    Queues { side: Side, webapp_life: u64 },
    /// Something in the world happens by itself.
    World(Later),
    /// An event is published, and sent as often as `copies` says.
    Publish {
        side: Side,
        notification_life: u64,
        webapp_life: u64,
        node: String,
        update: Box<Elem>,
        copies: u8,
    },
    /// The side notices that its CTI link is lost.
    CtiNoticed { side: Side, cti_life: u64 },
    /// The side has read everything from CTI again.
    CtiRecovered { side: Side, cti_life: u64 },
    /// The web app notices that the notification service is gone.
    NotificationNoticed { side: Side, life: u64 },
    /// The notification service listens again.
    NotificationStarted { side: Side, life: u64 },
    /// The web app is logged in to the notification service again.
    NotificationJoined { side: Side, life: u64 },
    /// The notification service notices that the web app is gone.
    FinesseGone { side: Side, life: u64 },
    /// The web app answers again.
    WebappStarted { side: Side, life: u64 },
    /// A forced-logout timer runs out.
    ForcedLogout { side: Side, user: String, timer: u64 },
    /// The notification service notices that a client is dead.
    DeadClient { conn: u64 },
    /// A stream may have been idle for too long.
    Idle { conn: u64, pinged: bool },
}

impl SimCore {
    /// A pair in service on both sides, without agents.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut nodes = Side::BOTH
            .map(|side| Node::new(profile.addresses[side.index()].clone(), publish::uuid(&mut rng)));
        if profile.plain_port == PlainPort::Off {
            for node in &mut nodes {
                node.ports.insert(Port::PlainXmpp, ListenerState::Refusing);
            }
        }
        let world = World::new(90_233_187 + u64::from(rng.u16(..)), !profile.is_cce());
        Self {
            profile,
            rng,
            now: Duration::ZERO,
            world,
            site: Site::new(),
            nodes,
            sessions: BTreeMap::new(),
            requests: BTreeMap::new(),
            tasks: BTreeMap::new(),
            counter: 0,
            out: Vec::new(),
            log: VecDeque::new(),
            log_gone: 0,
        }
    }

    /// Takes one input at time `now` and says what to do, in order. What was due before `now` happens first.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Output> {
        self.advance(now);
        match input {
            Input::Http { id, side, request } => self.http(id, side, request),
            Input::HttpGone { id } => drop(self.requests.remove(&id)),
            Input::XmppOpened { conn, side, transport } => self.opened(conn, side, transport),
            Input::XmppRestarted { conn } => self.restarted(conn),
            Input::XmppStanza { conn, xml } => self.stanza(conn, &xml),
            Input::XmppClosed { conn, clean } => self.closed(conn, clean),
            Input::Publish { side, node, item_id, update } => {
                self.publish_text(side, &node, &item_id, &update);
            }
            Input::Fault(fault) => self.fault(fault),
            Input::World(action) => drop(self.act(action)),
            Input::Tick => {}
        }
        self.advance(now);
        std::mem::take(&mut self.out)
    }

    /// The time at which [`Input::Tick`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.tasks.keys().next().map(|(at, _)| *at)
    }

    /// Like a step with [`Input::World`], and also says what came of it.
    pub fn world(&mut self, now: Duration, action: WorldAction) -> (WorldReply, Vec<Output>) {
        self.advance(now);
        let reply = self.act(action);
        self.advance(now);
        (reply, std::mem::take(&mut self.out))
    }

    /// Sets where a side can be reached. Call it before the first step.
    pub fn set_addresses(&mut self, side: Side, address: NodeAddress) {
        self.node_mut(side).address = address;
    }

    /// Where a side can be reached.
    #[must_use]
    pub fn addresses(&self, side: Side) -> NodeAddress {
        self.node(side).address.clone()
    }

    /// Adds an agent, signed out, known to both sides.
    pub fn add_agent(&mut self, agent: AgentSpec) {
        for node in &mut self.nodes {
            node.agents.insert(agent.id.clone(), CopiedAgent::signed_out());
        }
        self.site.add_team(&agent.team);
        self.world.add(agent);
    }

    /// How a port treats new connections now.
    #[must_use]
    pub fn listener(&self, side: Side, port: Port) -> ListenerState {
        self.node(side).ports.get(&port).copied().unwrap_or(ListenerState::Refusing)
    }

    /// The agent as he really is.
    #[must_use]
    pub fn truth(&self, user: &str) -> Option<Truth> {
        let agent = self.world.resolve(user)?;
        Some(picture::picture(&self.site, &agent.spec.id, &agent.now, self.world.calls.values()))
    }

    /// The agent as a side's REST API would show him.
    #[must_use]
    pub fn view(&self, side: Side, user: &str) -> Option<Truth> {
        self.node(side).view(&self.site, &self.world.resolve(user)?.spec.id)
    }

    /// What the pair saw and did, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.log.iter().cloned().collect()
    }

    /// Entries of the log from this index on, at most `limit` of them, with the index of the first.
    #[must_use]
    pub fn log_since(&self, index: u64, limit: usize) -> (u64, Vec<LogEntry>) {
        let first = index.max(self.log_gone);
        let skip = usize::try_from(first - self.log_gone).unwrap_or(usize::MAX);
        (first, self.log.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Whether a side's notification service runs.
    #[must_use]
    pub fn notification_up(&self, side: Side) -> bool {
        self.node(side).notification_up
    }

    /// Whether the presence of the user `finesse` is available at a side's notification service.
    #[must_use]
    pub fn finesse_presence(&self, side: Side) -> bool {
        self.profile.finesse_presence && self.node(side).finesse_available
    }

    fn node(&self, side: Side) -> &Node {
        &self.nodes[side.index()]
    }

    fn node_mut(&mut self, side: Side) -> &mut Node {
        &mut self.nodes[side.index()]
    }

    /// Does everything that is due.
    fn advance(&mut self, now: Duration) {
        while let Some(entry) = self.tasks.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), task) = entry.remove_entry();
            self.now = self.now.max(at);
            self.run(task);
        }
        self.now = self.now.max(now);
    }

    /// Plans a task.
    fn after(&mut self, delay: Duration, task: Task) {
        self.at(self.now.saturating_add(delay), task);
    }

    fn at(&mut self, at: Duration, task: Task) {
        let number = self.number();
        self.tasks.insert((at, number), task);
    }

    /// A number that was not used before.
    fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A duration between two bounds.
    fn draw(&mut self, span: Span) -> Duration {
        let (min, max) = (span.min.min(span.max), span.max.max(span.min));
        min + (max - min).mul_f64(self.rng.f64())
    }

    /// True with this probability.
    fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.rng.f64() < probability
    }

    /// A side's clock in Unix milliseconds.
    fn clock(&self, side: Side) -> i64 {
        let elapsed = i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX);
        let start = i64::try_from(self.profile.start_unix_millis).unwrap_or(i64::MAX);
        let drift = elapsed / 1000 * self.profile.clock_drift_ppm[side.index()] / 1000;
        start
            .saturating_add(elapsed)
            .saturating_add(drift)
            .saturating_add(self.profile.clock_offset_millis[side.index()])
            .saturating_add(self.node(side).clock_step)
    }

    fn note(&mut self, side: impl Into<Option<Side>>, kind: LogKind) {
        self.log.push_back(LogEntry { at: self.now, side: side.into(), kind });
        while self.log.len() > self.profile.log_cap {
            self.log.pop_front();
            self.log_gone += 1;
        }
    }
}
