//! One side: its copy of the world, its services, and everything it alone remembers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::call::Call;
use super::command::Command;
use super::site::Site;
use super::tasks::{MediaState, Task};
use super::world::{AgentState, state};
use super::xml::Elem;
use super::{ListenerState, NodeAddress, Port};
use crate::{Lie, Truth};

/// The CTI link of a side, as the side stands towards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cti {
    /// Connected since then.
    Up { since: Duration },
    /// Lost, and the side does not know. A link that was only silent may speak again.
    Unnoticed { silent: bool },
    /// Lost, and the side knows; it looks for a server.
    Down,
    /// A server has been found; agents and calls are being read.
    Recovering,
}

/// An agent in a side's copy.
#[derive(Clone, Debug)]
pub(crate) struct CopiedAgent {
    /// What CTI said last.
    pub(crate) now: AgentState,
    /// The side's time of the last change of state, in Unix milliseconds; none until there was one.
    pub(crate) changed: Option<i64>,
    /// Mobile agent data, if he signed in here.
    pub(crate) mobile: Option<(String, String)>,
}

impl CopiedAgent {
    /// Signed out, nothing known.
    pub(crate) fn signed_out() -> Self {
        let now = AgentState { state: state::LOGOUT, extension: String::new(), pending: None, reason: None };
        Self { now, changed: None, mobile: None }
    }
}

/// A call in a side's copy.
#[derive(Clone, Debug)]
pub(crate) struct CopiedCall {
    /// What CTI said last.
    pub(crate) call: Call,
    /// Start and last change of each leg by number, in the side's Unix milliseconds; the change may be unknown.
    pub(crate) times: BTreeMap<String, (i64, Option<i64>)>,
}

/// An agent in a media routing domain, in a side's copy.
#[derive(Clone, Debug)]
pub(crate) struct CopiedMedia {
    /// What CTI said last.
    pub(crate) now: MediaState,
    /// The side's time of the last change of state, in Unix milliseconds.
    pub(crate) changed: i64,
}

/// A task in a side's copy.
#[derive(Clone, Debug)]
pub(crate) struct CopiedTask {
    /// What CTI said last.
    pub(crate) task: Task,
    /// When the side heard of it first, in its Unix milliseconds.
    pub(crate) start: i64,
    /// When its state changed last.
    pub(crate) changed: i64,
}

/// The forced-logout machine of one user at one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// The timer with this number runs.
    Armed(u64),
    /// It has run out while the side was out of service and waits for service.
    Deferred,
}

/// Passwords and their failures at one side.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// A password that differs from the configured one.
    pub(crate) password: Option<String>,
    /// Wrong ones in a row.
    pub(crate) failures: u32,
    /// Locked until then.
    pub(crate) locked_until: Option<Duration>,
}

/// A fault on events whose node contains a text.
#[derive(Clone, Debug)]
pub(crate) struct EventFault<T> {
    /// The text; none means all.
    pub(crate) node: Option<String>,
    /// What is done to them.
    pub(crate) what: T,
}

/// Faults that last.
#[derive(Debug)]
pub(crate) struct NodeFaults {
    /// Paths whose requests hang; an empty text matches all.
    pub(crate) hang: BTreeSet<String>,
    /// Probability of 500 on users and dialogs.
    pub(crate) user_500: f64,
    /// Events that get lost.
    pub(crate) drop: Vec<EventFault<f64>>,
    /// Events whose item is sent twice.
    pub(crate) dup: Vec<EventFault<f64>>,
    /// Events that are published twice.
    pub(crate) repeat: Vec<EventFault<f64>>,
    /// Events that come late.
    pub(crate) delay: Vec<EventFault<(Duration, Duration)>>,
    /// Untrue SystemInfo.
    pub(crate) lie: Option<(Lie, Duration)>,
    /// Users this side does not know.
    pub(crate) unknown: BTreeSet<String>,
    /// Probability that a command is accepted and lost.
    pub(crate) lose_202: f64,
    /// Factor on the REST latency.
    pub(crate) slow: f64,
}

/// One side.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where clients find it.
    pub(crate) address: NodeAddress,
    /// Agents by loginId.
    pub(crate) agents: BTreeMap<String, CopiedAgent>,
    /// Calls by dialog id.
    pub(crate) calls: BTreeMap<u64, CopiedCall>,
    /// Agents in media routing domains, by loginId and domain; who was never signed in is not there.
    pub(crate) media: BTreeMap<(String, u32), CopiedMedia>,
    /// Tasks by dialog id.
    pub(crate) tasks: BTreeMap<String, CopiedTask>,

    /// How the ports behave.
    pub(crate) ports: BTreeMap<Port, ListenerState>,
    /// The notification service runs.
    pub(crate) notification_up: bool,
    /// The web app is logged in to the notification service, as far as it knows.
    pub(crate) notification_seen: bool,
    /// Tomcat runs.
    pub(crate) tomcat_up: bool,
    /// The web app runs.
    pub(crate) webapp_up: bool,
    /// The presence of `finesse` is available.
    pub(crate) finesse_available: bool,
    /// In service.
    pub(crate) in_service: bool,
    /// Number of the present life of the notification service; changes with every stop.
    pub(crate) notification_life: u64,
    /// Number of the present life of the web app; changes with every stop.
    pub(crate) webapp_life: u64,

    /// The CTI link.
    pub(crate) cti: Cti,
    /// A CTI server can be reached.
    pub(crate) cti_reachable: bool,
    /// Number of the present link; changes with every loss, and what was under way is lost with it.
    pub(crate) cti_life: u64,
    /// The last heartbeat that succeeded before the link was lost.
    pub(crate) last_heartbeat: Duration,
    /// When the last fact arrives that is under way; a link delivers in order.
    pub(crate) cti_order: Duration,

    /// Commands by object; the first of each is with CTI.
    pub(crate) queues: BTreeMap<String, VecDeque<Command>>,
    /// When the last event of an object is published; events of one object stay in order.
    pub(crate) publish_order: BTreeMap<String, Duration>,
    /// The watched queues are to be looked at soon.
    pub(crate) queues_due: bool,
    /// Queues as they were published last.
    pub(crate) queues_said: BTreeMap<u32, Elem>,
    /// Users whose last stream is gone.
    pub(crate) absent: BTreeMap<String, Absence>,
    /// Passwords by user.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// Explicit subscriptions: node to JIDs. They outlive restarts.
    pub(crate) subscriptions: BTreeMap<String, BTreeSet<String>>,
    /// Last item of each node with explicit subscriptions.
    pub(crate) last_items: BTreeMap<String, String>,
    /// Events for users without a stream: event element and time stamp.
    pub(crate) offline: BTreeMap<String, VecDeque<(String, String)>>,
    /// Fixed part of item ids in this life of the notification service.
    pub(crate) item_seed: String,
    /// Counter part.
    pub(crate) item_counter: u64,
    /// How far the clock was stepped, in milliseconds.
    pub(crate) clock_step: i64,
    /// Faults that last.
    pub(crate) faults: NodeFaults,
}

impl Node {
    /// A side in service.
    pub(crate) fn new(address: NodeAddress, item_seed: String) -> Self {
        Self {
            address,
            agents: BTreeMap::new(),
            calls: BTreeMap::new(),
            media: BTreeMap::new(),
            tasks: BTreeMap::new(),
            ports: Port::ALL.map(|port| (port, ListenerState::Open)).into(),
            notification_up: true,
            notification_seen: true,
            tomcat_up: true,
            webapp_up: true,
            finesse_available: true,
            in_service: true,
            notification_life: 0,
            webapp_life: 0,
            cti: Cti::Up { since: Duration::ZERO },
            cti_reachable: true,
            cti_life: 0,
            last_heartbeat: Duration::ZERO,
            cti_order: Duration::ZERO,
            queues: BTreeMap::new(),
            publish_order: BTreeMap::new(),
            queues_due: false,
            queues_said: BTreeMap::new(),
            absent: BTreeMap::new(),
            accounts: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            last_items: BTreeMap::new(),
            offline: BTreeMap::new(),
            item_seed,
            item_counter: 1000,
            clock_step: 0,
            faults: NodeFaults {
                hang: BTreeSet::new(),
                user_500: 0.0,
                drop: Vec::new(),
                dup: Vec::new(),
                repeat: Vec::new(),
                delay: Vec::new(),
                lie: None,
                unknown: BTreeSet::new(),
                lose_202: 0.0,
                slow: 1.0,
            },
        }
    }

    /// The XMPP domain.
    pub(crate) fn domain(&self) -> &str {
        &self.address.host
    }

    /// The time of the last successful heartbeat.
    pub(crate) fn heartbeat(&self, now: Duration, interval: Duration) -> Duration {
        match self.cti {
            Cti::Up { since } => {
                let age = now.saturating_sub(since).as_nanos();
                let rest = age.checked_rem(interval.as_nanos()).unwrap_or(0);
                now.saturating_sub(Duration::from_nanos(u64::try_from(rest).unwrap_or(0)))
            }
            _ => self.last_heartbeat,
        }
    }

    /// Forgets what lives in the web app's memory.
    pub(crate) fn forget(&mut self) {
        self.webapp_life += 1;
        self.agents.values_mut().for_each(|agent| *agent = CopiedAgent::signed_out());
        self.calls.clear();
        self.media.clear();
        self.tasks.clear();
        self.queues.clear();
        self.publish_order.clear();
        self.queues_due = false;
        self.queues_said.clear();
        self.absent.clear();
    }

    /// Whether a user is in the copy and not signed out.
    pub(crate) fn is_signed_in(&self, user: &str) -> bool {
        self.agents.get(user).is_some_and(|agent| agent.now.state != state::LOGOUT)
    }

    /// The user as this side's REST API shows him.
    pub(crate) fn view(&self, site: &Site, user: &str) -> Option<Truth> {
        let agent = self.agents.get(user)?;
        let calls = self.calls.values().map(|copied| &copied.call);
        Some(super::picture::picture(site, user, &agent.now, calls))
    }
}
