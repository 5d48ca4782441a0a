//! Anything in any order: a pair whose objects change, whose publications come late, whose answers take their time, and whose streams end.
//!
//! A change is published on both sides, for each object in its order, between objects in any order, at any time later. A read shows what the side
//! knows at some moment between request and answer. What is published on a side to which no stream leads, or before it is subscribed, is lost.

use std::collections::BTreeSet;

use finesse_model::{Timestamp, UserId};
use finesse_rest::CallAction;
use proptest::prelude::*;

use super::super::super::kit::{OWN, agent, call, says_agent, says_call, says_over, with_variable};
use super::*;

const CUSTOMER: &str = "5550142";

#[derive(Debug, Clone)]
enum Action {
    /// The world.
    CallBegins,
    CallChanges(usize),
    DataChanges(usize),
    CallEnds(usize),
    CallMoves(usize),
    AgentBecomes(usize),
    PendingChanges,
    /// The side.
    Publish {
        queue: usize,
        twice: bool,
    },
    Process(usize),
    Answer(usize),
    Fail(usize),
    /// The line.
    Lose,
    Attach {
        other: bool,
        survived: bool,
    },
    /// The application, and time.
    Asks(usize),
    Wait(u64),
    /// Everything is published and answered, while no time passes.
    Settles,
}

fn action() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        2 => Just(CallBegins),
        2 => (0usize..3).prop_map(CallChanges),
        1 => (0usize..3).prop_map(DataChanges),
        2 => (0usize..3).prop_map(CallEnds),
        1 => (0usize..3).prop_map(CallMoves),
        2 => (0usize..AGENTS.len()).prop_map(AgentBecomes),
        1 => Just(PendingChanges),
        8 => (0usize..6, prop::bool::weighted(0.2)).prop_map(|(queue, twice)| Publish { queue, twice }),
        3 => (0usize..2).prop_map(Process),
        12 => (0usize..2).prop_map(Answer),
        1 => (0usize..2).prop_map(Fail),
        1 => Just(Lose),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(other, survived)| Attach { other, survived }),
        1 => (0usize..5).prop_map(Asks),
        1 => Just(Settles),
        4 => prop_oneof![Just(0), Just(1), Just(250), Just(2100), Just(6000)].prop_map(Wait),
    ]
}

const AGENTS: [(&str, i64); 7] = [
    ("READY", 0),
    ("NOT_READY", 12),
    ("NOT_READY", 50002),
    ("TALKING", 0),
    ("WORK", 0),
    ("LOGOUT", 999),
    ("LOGOUT", 255),
];

#[derive(Debug, Clone)]
struct Call {
    id: usize,
    held: bool,
    since: u64,
    data: u32,
    replaces: Option<usize>,
    made: bool,
}

/// What a side has to publish about one object.
#[derive(Debug, Default)]
struct Queue(BTreeMap<usize, VecDeque<Notification>>);

struct Pair {
    bench: Bench,
    calls: Vec<Call>,
    /// Index into `AGENTS`, since when, whether another state is pending.
    agent: (usize, u64, bool),
    calls_ever: usize,
    /// Of A and of B; queue 0 is the agent's.
    queues: [Queue; 2],
    /// How far B's clock is ahead of A's.
    offset: i64,
    side: Side,
    attached: bool,
    subscribed: bool,
    /// Answers that the side has made up its mind about.
    processed: BTreeMap<u64, Answer>,
    given: usize,
}

impl Pair {
    fn new(signs_in: bool, offset: i64) -> Self {
        Self {
            bench: Bench::new(signs_in.then(sign_in)),
            calls: Vec::new(),
            agent: (1, 0, false),
            calls_ever: 0,
            queues: [Queue::default(), Queue::default()],
            offset,
            side: Side::A,
            attached: false,
            subscribed: false,
            processed: BTreeMap::new(),
            given: 0,
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.bench.now.as_millis()).unwrap()
    }

    fn clock(&self, side: Side, millis: u64) -> u64 {
        let offset = if side == Side::B { self.offset } else { 0 };
        (10_000 + millis).checked_add_signed(offset).unwrap()
    }

    fn user(&self, side: Side) -> User {
        let (kind, since, pending) = self.agent;
        let pending_state = Some(UserState::parse(if pending { "NOT_READY" } else { "" }));
        User { pending_state, ..agent(AGENTS[kind].0, self.clock(side, since), AGENTS[kind].1) }
    }

    fn dialog(&self, of: &Call, side: Side) -> Dialog {
        let state = if of.held { "HELD" } else { "ACTIVE" };
        let parties = [(OWN, state, self.clock(side, of.since)), (CUSTOMER, "ACTIVE", self.clock(side, 0))];
        let dialog = with_variable(call(&of.id.to_string(), &parties), &of.data.to_string());
        Dialog {
            secondary_id: of.replaces.map(|old| old.to_string()),
            from_address: of.made.then(|| OWN.to_owned()),
            ..dialog
        }
    }

    fn publish_call(&mut self, call: &Call, over: bool) {
        for side in Side::BOTH {
            let dialog = self.dialog(call, side);
            let notification = if over { says_over(&dialog) } else { says_call(&dialog) };
            self.queues[side as usize].0.entry(call.id).or_default().push_back(notification);
        }
    }

    fn publish_agent(&mut self) {
        for side in Side::BOTH {
            let notification = says_agent(&self.user(side));
            self.queues[side as usize].0.entry(0).or_default().push_back(notification);
        }
    }

    fn begin(&mut self, replaces: Option<usize>, made: bool) {
        self.calls_ever += 1;
        let call = Call { id: self.calls_ever, held: false, since: self.millis(), data: 0, replaces, made };
        self.publish_call(&call, false);
        self.calls.push(call);
    }

    fn become_agent(&mut self, kind: usize) {
        self.agent = (kind, self.millis(), false);
        self.publish_agent();
    }

    fn change(&mut self, place: usize, change: impl Fn(&mut Call, u64)) {
        let now = self.millis();
        if let Some(call) = self.calls.get_mut(place) {
            change(call, now);
            let call = call.clone();
            self.publish_call(&call, false);
        }
    }

    fn end(&mut self, place: usize) -> Option<usize> {
        if place >= self.calls.len() {
            return None;
        }
        let call = self.calls.remove(place);
        self.publish_call(&call, true);
        Some(call.id)
    }

    /// The side of the epoch in which something was asked for shows what it knows now.
    fn process(&mut self, place: usize) -> Option<u64> {
        let (id, epoch, op) = self.bench.asked.get(place)?.clone();
        if self.processed.contains_key(&id) {
            return Some(id);
        }
        match &op {
            Op::Submit(command, _) => self.obey(&command.clone()),
            Op::Prepare(_) if epoch == self.bench.epoch && self.attached => self.subscribed = true,
            _ => {}
        }
        // The other side's answers would be taken for nothing anyway.
        self.bench.user = self.user(self.side);
        self.bench.calls = self
            .calls
            .iter()
            .map(|call| self.dialog(call, self.side))
            .map(|call| (call.id.clone(), call))
            .collect();
        let answer = self.bench.truth(&op);
        self.processed.insert(id, answer);
        Some(id)
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::SignIn { .. } if AGENTS[self.agent.0].0 == "LOGOUT" => self.become_agent(1),
            Command::SetState { state: UserState::Ready, .. } => self.become_agent(0),
            Command::SetState { .. } => self.become_agent(1),
            Command::MakeCall { .. } => self.begin(None, true),
            Command::Call { .. } => self.change(0, |call, now| (call.held, call.since) = (true, now)),
            _ => {}
        }
    }

    fn answer(&mut self, place: usize) {
        let Some(id) = self.process(place) else { return };
        let (_, epoch, _) = self.bench.asked.remove(place).unwrap();
        let answer = self.processed.remove(&id).unwrap();
        self.bench.step(Input::Answer { id, epoch, answer: Box::new(answer) });
    }

    fn fail(&mut self, place: usize) {
        // Half of the failures come after the side has carried out what it was asked for.
        if place > 0 {
            self.process(place - 1);
        }
        let place = place.saturating_sub(1);
        let Some((id, ..)) = self.bench.asked.get(place).cloned() else { return };
        self.processed.remove(&id);
        self.bench.asked.swap(0, place);
        self.bench.refuse(ErrorKind::Timeout, Sent::Unanswered);
    }

    fn publish(&mut self, queue: usize, twice: bool) {
        for side in Side::BOTH {
            let Queue(queues) = &mut self.queues[side as usize];
            queues.retain(|_, queue| !queue.is_empty());
            let Some(queue) = queues.keys().nth(queue % queues.len().max(1)).copied() else { continue };
            let Some(notification) = queues.get_mut(&queue).and_then(VecDeque::pop_front) else { continue };
            if side == self.side && self.attached && self.subscribed {
                if twice {
                    self.bench.hear(notification.clone());
                }
                self.bench.hear(notification);
            }
        }
    }

    fn lose(&mut self, survives: bool) {
        if self.attached {
            self.attached = false;
            self.subscribed &= survives;
            self.bench.lose();
        }
    }

    fn attach(&mut self, other: bool, survived: bool) {
        if self.attached {
            return;
        }
        let survived = survived && !other && self.bench.epoch > Epoch(0);
        if other {
            self.side = self.side.other();
        }
        self.subscribed &= survived;
        self.attached = true;
        self.bench.attach_as(self.side, survived, None);
    }

    fn asks(&mut self, what: usize) {
        let extension = sign_in().extension;
        let user = || UserId::new("1001").unwrap();
        let command = match what {
            0 => Command::SetState { user: user(), state: UserState::Ready, reason: None },
            1 => Command::SetState { user: user(), state: UserState::NotReady, reason: None },
            2 => Command::MakeCall {
                user: user(),
                from: extension,
                to: CUSTOMER.to_owned(),
                variables: Vec::new(),
            },
            _ => {
                let Some(dialog) = self.bench.core.picture().dialogs.first().map(|dialog| dialog.id.clone())
                else {
                    return;
                };
                Command::Call { dialog, action: CallAction::Hold, target: extension.into() }
            }
        };
        self.given += 1;
        self.bench.command(command);
    }

    fn wait(&mut self, millis: u64) {
        self.bench.now += MS * u32::try_from(millis).unwrap();
        while self.bench.core.wake_at().is_some_and(|at| at <= self.bench.now) {
            let asked = self.bench.asked.len();
            self.bench.step(Input::Tick);
            if self.bench.asked.len() == asked {
                break;
            }
        }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::CallBegins => self.begin(None, false),
            Action::CallChanges(place) => {
                self.change(*place, |call, now| (call.held, call.since) = (!call.held, now))
            }
            Action::DataChanges(place) => self.change(*place, |call, _| call.data += 1),
            Action::CallEnds(place) => drop(self.end(*place)),
            Action::CallMoves(place) => {
                if let Some(old) = self.end(*place) {
                    self.begin(Some(old), false);
                }
            }
            Action::AgentBecomes(kind) => self.become_agent(*kind),
            Action::PendingChanges => {
                self.agent.2 = !self.agent.2;
                self.publish_agent();
            }
            Action::Publish { queue, twice } => self.publish(*queue, *twice),
            Action::Process(place) => drop(self.process(*place)),
            Action::Answer(place) => self.answer(*place),
            Action::Fail(place) => self.fail(*place),
            Action::Lose => self.lose(true),
            Action::Attach { other, survived } => self.attach(*other, *survived),
            Action::Asks(what) => self.asks(*what),
            Action::Wait(millis) => self.wait(*millis),
            Action::Settles => self.settle(),
        }
        let core = &self.bench.core;
        assert!(core.heard.len() <= MAX_HEARD && core.heard_bytes <= MAX_HEARD_BYTES);
        assert!(core.audits.pending() < 400 && core.refusals.len() < 16 && core.pending.len() < 300);
    }

    /// Everything is published.
    fn publish_all(&mut self) {
        while self.queues.iter().any(|queue| queue.0.values().any(|queue| !queue.is_empty())) {
            self.publish(0, false);
        }
    }

    /// Everything is published and answered, while no time passes. If the session is live then and has no doubt, it is right.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            self.publish_all();
            if !self.bench.asked.is_empty() {
                self.answer(0);
                continue;
            }
            let core = &self.bench.core;
            if !core.is_stale() && core.audits.is_certain() {
                assert_eq!(timeless(core.picture()), self.view(), "certain without any audit");
            }
            return;
        }
        panic!("never settled: {:?}", self.bench.core.phase);
    }

    /// Everything is published, everything is answered, and time passes.
    fn calm(&mut self) {
        self.attach(false, false);
        for _ in 0..2_000 {
            self.publish_all();
            if !self.bench.asked.is_empty() {
                self.answer(0);
            } else if self.bench.core.is_stale() && self.bench.core.wake_at().is_none() {
                self.lose(true);
                self.attach(false, false);
            } else if self.bench.now < 2_000 * S {
                let next = self.bench.core.wake_at().unwrap_or(2_000 * S).max(self.bench.now + MS);
                self.bench.now = next;
                self.bench.step(Input::Tick);
            } else {
                return;
            }
        }
        panic!("never calm: {:?}", self.bench.core.phase);
    }

    /// What a read of the side in use would show, without times: across a move they are kept as they were.
    fn view(&self) -> Picture {
        let mut dialogs: Vec<Dialog> = self.calls.iter().map(|call| self.dialog(call, self.side)).collect();
        dialogs.sort_by(|one, other| one.id.cmp(&other.id));
        timeless(&Picture { user: Some(self.user(self.side)), dialogs })
    }
}

fn timeless(picture: &Picture) -> Picture {
    let mut picture = picture.clone();
    let no = || Some(Timestamp(String::new()));
    if let Some(user) = &mut picture.user {
        user.state_change_time = no();
    }
    for party in picture.dialogs.iter_mut().flat_map(|dialog| dialog.participants.iter_mut().flatten()) {
        party.state_change_time = no();
    }
    picture
}

/// Each call begins at most once and ends at most once; ids are not used again here.
fn each_once(feed: &[Event]) {
    let (mut begun, mut over) = (BTreeSet::new(), BTreeSet::new());
    for event in feed {
        let (new, old) = match event {
            Event::DialogStarted { dialog, .. } => (Some(&dialog.id), None),
            Event::DialogReplaced { dialog, replaces, .. } => (Some(&dialog.id), Some(replaces)),
            Event::DialogEnded { id, .. } => (None, Some(id)),
            _ => continue,
        };
        assert!(new.is_none_or(|id| begun.insert(id.clone())), "{new:?} begins again");
        assert!(old.is_none_or(|id| over.insert(id.clone())), "{old:?} ends again");
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn after_anything_and_then_calm_the_picture_is_what_the_side_shows(
        signs_in in any::<bool>(),
        offset in prop_oneof![Just(0), Just(30), Just(-30), Just(5000)],
        actions in prop::collection::vec(action(), 1..80),
    ) {
        let mut pair = Pair::new(signs_in, offset);
        pair.attach(false, false);
        for action in &actions {
            pair.act(action);
        }
        pair.settle();
        pair.calm();
        let bench = &pair.bench;
        prop_assert!(!bench.core.is_stale());
        prop_assert_eq!(timeless(bench.core.picture()), pair.view());
        each_once(&bench.feed);
        prop_assert_eq!(bench.outcomes.len(), pair.given, "every command has an outcome");
        let tokens: BTreeSet<Token> = bench.outcomes.iter().map(|(token, _)| *token).collect();
        prop_assert_eq!(tokens.len(), pair.given, "every command has one outcome");
        let ids: BTreeSet<&RequestId> = bench.submitted.iter().map(|(_, id)| id).collect();
        prop_assert_eq!(ids.len(), bench.submitted.len(), "nothing is written twice");
    }
}

/// One thing that happens, and whether the server's times tell which of two versions is the newer one.
const HAPPENS: [(&str, Action, bool); 6] = [
    ("a call begins", Action::CallBegins, true),
    ("a call changes", Action::CallChanges(0), true),
    ("data of a call change", Action::DataChanges(0), false),
    ("a call ends", Action::CallEnds(0), true),
    ("the agent changes", Action::AgentBecomes(3), true),
    ("a pending state changes", Action::PendingChanges, false),
];

/// Invariant 9: whenever one thing happens during a re-sync, and whenever it is published then, the result is the same.
#[test]
fn every_order_of_one_change_its_event_and_the_reads_leads_to_the_same_picture() {
    for (what, action, has_time) in &HAPPENS {
        for happens in 0..10 {
            for published in happens..11 {
                let name = format!("{what} at {happens}, published at {published}");
                let mut pair = Pair::new(false, 0);
                pair.begin(None, false);
                pair.attach(false, false);
                for step in 0..11 {
                    pair.bench.now += 10 * MS;
                    if step == happens {
                        pair.act(action);
                    }
                    if step == published {
                        pair.publish_all();
                    }
                    if step % 2 == 0 {
                        pair.process(0);
                    } else if !pair.bench.asked.is_empty() {
                        pair.answer(0);
                    }
                }
                while pair.bench.core.is_stale() {
                    if pair.bench.asked.is_empty() {
                        pair.wait(1000);
                    } else {
                        pair.answer(0);
                    }
                }
                let changes = pair.bench.feed.len();
                if *has_time {
                    assert_eq!(timeless(pair.bench.core.picture()), pair.view(), "{name}, before any audit");
                }
                pair.calm();
                assert_eq!(timeless(pair.bench.core.picture()), pair.view(), "{name}");
                if *has_time {
                    assert_eq!(pair.bench.feed.len(), changes, "{name}: nothing is left for audits to find");
                }
            }
        }
    }
}
