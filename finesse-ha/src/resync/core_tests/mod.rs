//! The session's machine beside a side that is played: the bench owns the time, answers what is asked for, and reads the feed as an application
//! does. After each step it checks what must always be true: the feed folds to the picture, gaps do not nest, and nothing live is told inside.

mod audit;
mod claim;
mod commands;
mod guard;
mod kept;
mod properties;
mod resync;

use std::collections::VecDeque;

use finesse_model::{DialogId, Dialogs, User};
use finesse_notify::{EndCause, LinkError};
use finesse_rest::{Accepted, Command, Progress as Sent};

use super::reading::{MAX_HEARD, MAX_HEARD_BYTES};
use super::*;
use crate::event::Resynced;
use crate::resync::kit::{OWN, agent, own};
use crate::resync::ledger::Token;
use crate::resync::{SessionEnd, SignIn};
use crate::side::Side;

pub(super) const S: Duration = Duration::from_secs(1);
pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) struct Bench {
    pub(super) core: ResyncCore,
    pub(super) now: Duration,
    pub(super) epoch: Epoch,
    /// The agent and his calls, as the side shows them.
    pub(super) user: User,
    pub(super) calls: BTreeMap<DialogId, Dialog>,
    /// Whether commands change what the side shows.
    pub(super) obeys: bool,
    /// What was asked for and is not answered yet, oldest first.
    pub(super) asked: VecDeque<(u64, Epoch, Op)>,
    /// Every write that the side got.
    pub(super) submitted: Vec<(Command, RequestId)>,
    pub(super) feed: Vec<Event>,
    pub(super) reports: Vec<LineReport>,
    pub(super) outcomes: Vec<(Token, Outcome)>,
    pub(super) ended: Option<SessionEnd>,
    pub(super) settled: bool,
    /// What the feed folds to.
    folded: Picture,
    /// By the feed: before the first `Resynced`, live, in a gap.
    stands: Stands,
    tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Cold,
    Live,
    Gap,
}

pub(super) fn sign_in() -> SignIn {
    SignIn { extension: finesse_model::Extension::new(OWN).unwrap(), device: None, mobile: None }
}

impl Bench {
    pub(super) fn new(sign_in: Option<SignIn>) -> Self {
        Self::with(sign_in, Params::default())
    }

    pub(super) fn with(sign_in: Option<SignIn>, params: Params) -> Self {
        let open =
            OpenSession { user: own(), sign_in, nodes: vec![String::from("/finesse/api/Team/5/Users")] };
        Self {
            core: ResyncCore::new(S, open, params, fastrand::Rng::with_seed(7)),
            now: S,
            epoch: Epoch(0),
            user: agent("NOT_READY", 0, 12),
            calls: BTreeMap::new(),
            obeys: true,
            asked: VecDeque::new(),
            submitted: Vec::new(),
            feed: Vec::new(),
            reports: Vec::new(),
            outcomes: Vec::new(),
            ended: None,
            settled: false,
            folded: Picture::default(),
            stands: Stands::Cold,
            tokens: 0,
        }
    }

    /// A session that signs in and is live, showing this.
    pub(super) fn live(user: User, calls: &[Dialog]) -> Self {
        let mut bench = Self::new(Some(sign_in()));
        bench.shows(user, calls);
        bench.attach(Side::A);
        bench.run();
        bench.forget();
        bench
    }

    /// The same for a session that only observes.
    pub(super) fn watching(user: User, calls: &[Dialog]) -> Self {
        let mut bench = Self::new(None);
        bench.shows(user, calls);
        bench.attach(Side::A);
        bench.run();
        bench.forget();
        bench
    }

    /// What the side shows from now on.
    pub(super) fn shows(&mut self, user: User, calls: &[Dialog]) {
        self.user = user;
        self.calls = calls.iter().map(|call| (call.id.clone(), call.clone())).collect();
    }

    /// Forgets what was told so far.
    pub(super) fn forget(&mut self) {
        self.feed.clear();
        self.reports.clear();
        self.submitted.clear();
    }

    pub(super) fn step(&mut self, input: Input) {
        for output in self.core.step(self.now, input) {
            assert!(
                self.ended.is_none() || matches!(output, Output::Outcome(..)),
                "{output:?} follows the end"
            );
            match output {
                Output::Do { id, epoch, op } => self.asked.push_back((id, epoch, op)),
                Output::Feed(event) => self.told(event),
                Output::Report(report) => self.reports.push(report),
                Output::Outcome(token, outcome) => self.outcomes.push((token, outcome)),
                Output::Settled => {
                    assert!(!std::mem::replace(&mut self.settled, true), "settled is said once");
                }
                Output::End(end) => self.ended = Some(end),
            }
        }
        assert_eq!(self.folded, **self.core.picture(), "the feed folds to the picture");
        if self.ended.is_none() {
            assert_eq!(
                self.core.is_stale(),
                self.stands != Stands::Live,
                "stale is said exactly while not live"
            );
        }
    }

    fn told(&mut self, event: Event) {
        assert!(!matches!(self.feed.last(), Some(Event::Closed { .. })), "{event:?} after the end");
        let cause = match &event {
            Event::User { cause, epoch, .. }
            | Event::DialogStarted { cause, epoch, .. }
            | Event::DialogChanged { cause, epoch, .. }
            | Event::DialogEnded { cause, epoch, .. }
            | Event::DialogReplaced { cause, epoch, .. } => {
                assert_eq!(*epoch, self.epoch, "{event:?} is of another epoch");
                Some(*cause)
            }
            Event::Update { .. } | Event::ApiError { .. } => Some(Cause::Live),
            _ => None,
        };
        if let Some(cause) = cause {
            let fits = match self.stands {
                Stands::Cold => cause == Cause::Cold,
                Stands::Live => matches!(cause, Cause::Live | Cause::Audit),
                Stands::Gap => cause == Cause::Gap,
            };
            assert!(fits, "{event:?} while {:?}", self.stands);
        }
        match &event {
            Event::GapOpened { .. } => {
                assert_eq!(self.stands, Stands::Live, "gaps do not nest");
                self.stands = Stands::Gap;
            }
            Event::Resynced(resynced) => {
                assert_eq!(resynced.cold, self.stands == Stands::Cold);
                assert_ne!(self.stands, Stands::Live, "a gap closes once");
                assert_eq!(resynced.picture, self.folded);
                self.stands = Stands::Live;
            }
            _ => {}
        }
        fold(&mut self.folded, &event);
        self.feed.push(event);
    }

    /// A link to that side is ready, in a new epoch.
    pub(super) fn attach(&mut self, side: Side) {
        self.attach_as(side, false, None);
    }

    pub(super) fn attach_as(&mut self, side: Side, resumed: bool, left: Option<Side>) {
        self.epoch = self.epoch.next();
        let (epoch, at) = (self.epoch, self.now);
        self.step(Input::Attached(Attachment { epoch, side, resumed, left, at }));
    }

    pub(super) fn hear(&mut self, notification: Notification) {
        let epoch = self.epoch;
        self.step(Input::Notification { epoch, notification: Box::new(notification) });
    }

    pub(super) fn lose(&mut self) {
        self.lose_since(self.now.saturating_sub(S));
    }

    pub(super) fn lose_since(&mut self, last_seen: Duration) {
        let (epoch, noticed) = (self.epoch, self.now);
        self.step(Input::GapOpened { epoch, last_seen, noticed, why: String::from("the stream ended") });
    }

    /// The application gives a command.
    pub(super) fn command(&mut self, command: Command) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.step(Input::Command { token, command });
        token
    }

    pub(super) fn outcome(&self, token: Token) -> Option<&Outcome> {
        let mut of_it = self.outcomes.iter().filter(|(other, _)| *other == token);
        let outcome = of_it.next().map(|(_, outcome)| outcome);
        assert!(of_it.next().is_none(), "a command has one outcome");
        outcome
    }

    pub(super) fn outcome_name(&self, token: Token) -> &'static str {
        self.outcome(token).map_or("none", Outcome::name)
    }

    /// What the side answers to an operation, now.
    pub(super) fn truth(&mut self, op: &Op) -> Answer {
        match op {
            Op::Prepare(_) => Answer::Prepared { refused: Vec::new(), barrier: Ok(()) },
            Op::Read(Ask::User) => Answer::Read(Ok(Told::User(Box::new(self.user.clone())))),
            Op::Read(Ask::Dialogs) => {
                let dialogs: Vec<_> = self.calls.values().cloned().collect();
                Answer::Read(Ok(Told::Dialogs(Dialogs::from(dialogs))))
            }
            Op::Read(Ask::Dialog(id)) => Answer::Read(match self.calls.get(id) {
                Some(call) => Ok(Told::Dialog(Box::new(call.clone()))),
                None => Err(Error::new(ErrorKind::NotFound, Sent::Refused, "404")),
            }),
            Op::Submit(command, id) => {
                self.submitted.push((command.clone(), id.clone()));
                if self.obeys {
                    self.obey(command);
                }
                Answer::Submitted(Ok(Accepted::new(202, None)))
            }
        }
    }

    fn obey(&mut self, command: &Command) {
        let millis = u64::try_from(self.now.as_millis()).unwrap();
        match command {
            Command::SignIn { .. } if self.user.state == Some(UserState::Logout) => {
                self.user = agent("NOT_READY", millis, 0);
            }
            Command::SetState { state, .. } => self.user = agent(state.as_str(), millis, 0),
            Command::SignOut { .. } => self.user = agent("LOGOUT", millis, 0),
            _ => {}
        }
    }

    /// The next operation to be answered.
    pub(super) fn next(&self) -> &Op {
        &self.asked.front().expect("nothing is asked for").2
    }

    /// Answers it truthfully.
    pub(super) fn answer(&mut self) {
        let op = self.next().clone();
        let answer = self.truth(&op);
        self.answer_with(answer);
    }

    pub(super) fn answer_with(&mut self, answer: Answer) {
        let (id, epoch, _) = self.asked.pop_front().expect("nothing is asked for");
        self.step(Input::Answer { id, epoch, answer: Box::new(answer) });
    }

    /// Answers it with an error.
    pub(super) fn refuse(&mut self, kind: ErrorKind, sent: Sent) {
        let error = Error::new(kind, sent, "no");
        let answer = match self.next() {
            Op::Prepare(_) => {
                let barrier = Err(LinkError::new(EndCause::Silent, "no pong"));
                Answer::Prepared { refused: Vec::new(), barrier }
            }
            Op::Read(_) => Answer::Read(Err(error)),
            Op::Submit(..) => Answer::Submitted(Err(error)),
        };
        self.answer_with(answer);
    }

    /// Answers everything and lets time pass until the session is live.
    pub(super) fn run(&mut self) {
        for _ in 0..200 {
            if !self.asked.is_empty() {
                self.answer();
            } else if self.core.is_stale() {
                self.now = self.core.wake_at().expect("neither live nor waiting for anything").max(self.now);
                self.step(Input::Tick);
            } else {
                return;
            }
        }
        panic!("never live: {:?}", self.core.phase);
    }

    /// Answers whatever is asked for meanwhile.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..10_000 {
            if !self.asked.is_empty() {
                self.answer();
                continue;
            }
            match self.core.wake_at().filter(|at| *at <= end) {
                Some(at) => {
                    self.now = at.max(self.now);
                    self.step(Input::Tick);
                }
                None => {
                    self.now = end;
                    self.step(Input::Tick);
                    if self.asked.is_empty() {
                        return;
                    }
                }
            }
        }
        panic!("never quiet");
    }

    /// What was told of the picture, in short.
    pub(super) fn story(&self) -> Vec<String> {
        self.feed.iter().filter_map(in_short).collect()
    }

    pub(super) fn told_kinds(&self) -> Vec<String> {
        let value =
            |event: &Event| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
        self.feed.iter().map(value).collect()
    }

    pub(super) fn resynced(&self) -> Vec<&Resynced> {
        let mut found = Vec::new();
        for event in &self.feed {
            if let Event::Resynced(resynced) = event {
                found.push(&**resynced);
            }
        }
        found
    }

    /// The verbs of everything that was written.
    pub(super) fn verbs(&self) -> Vec<&'static str> {
        self.submitted.iter().map(|(command, _)| command.verb()).collect()
    }

    /// Kinds of what a person is told, with the event's name.
    pub(super) fn warnings(&self) -> Vec<String> {
        let warning = |event: &Event| match event {
            Event::AttentionRequired { kind, .. } => Some(format!("attention {kind}")),
            Event::Degraded { kind, .. } => Some(format!("degraded {kind}")),
            Event::SessionTakenOver { kind, .. } => Some(format!("taken over {kind}")),
            Event::LoggedOutDuringGap { .. } => Some(String::from("logged out")),
            Event::GhostLogout { recovered, .. } => Some(format!("ghost recovered={recovered}")),
            _ => None,
        };
        self.feed.iter().filter_map(warning).collect()
    }

    pub(super) fn failures(&self) -> Vec<Fault> {
        let fault = |report: &LineReport| {
            if let LineReport::Failed { fault, .. } = report { Some(*fault) } else { None }
        };
        self.reports.iter().filter_map(fault).collect()
    }
}

fn in_short(event: &Event) -> Option<String> {
    let word = |cause: &Cause| format!("{cause:?}").to_lowercase();
    Some(match event {
        Event::User { user, cause, .. } => format!("{}: agent {}", word(cause), user.state.as_ref()?),
        Event::DialogStarted { dialog, cause, .. } => format!("{}: {} started", word(cause), dialog.id),
        Event::DialogChanged { dialog, cause, .. } => format!("{}: {} changed", word(cause), dialog.id),
        Event::DialogEnded { id, cause, .. } => format!("{}: {id} ended", word(cause)),
        Event::DialogReplaced { dialog, replaces, cause, .. } => {
            format!("{}: {} replaces {replaces}", word(cause), dialog.id)
        }
        Event::GapOpened { .. } => String::from("gap"),
        Event::Resynced(resynced) => format!("resynced with {} changes", resynced.changes),
        Event::Closed { .. } => String::from("closed"),
        _ => return None,
    })
}

/// What an application makes of the feed; each change must be about something that it knows, or does not know yet.
fn fold(picture: &mut Picture, event: &Event) {
    let place = |picture: &Picture, id: &DialogId| picture.dialogs.iter().position(|dialog| dialog.id == *id);
    let begin = |picture: &mut Picture, dialog: &Dialog| {
        assert_eq!(place(picture, &dialog.id), None, "{} begins a second time", dialog.id);
        picture.dialogs.push(dialog.clone());
        picture.dialogs.sort_by(|one, other| one.id.cmp(&other.id));
    };
    let end = |picture: &mut Picture, id: &DialogId| {
        let place = place(picture, id).expect("only what began can end");
        picture.dialogs.remove(place);
    };
    match event {
        Event::User { user, .. } => picture.user = Some((**user).clone()),
        Event::DialogStarted { dialog, .. } => begin(picture, dialog),
        Event::DialogChanged { dialog, .. } => {
            let place = place(picture, &dialog.id).expect("only what began can change");
            picture.dialogs[place] = (**dialog).clone();
        }
        Event::DialogEnded { id, .. } => end(picture, id),
        Event::DialogReplaced { dialog, replaces, .. } => {
            end(picture, replaces);
            begin(picture, dialog);
        }
        _ => {}
    }
}
