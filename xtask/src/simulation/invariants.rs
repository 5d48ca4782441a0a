//! What must hold in every run, whatever the schedule: invariants 1 to 15 of the project's list.
//!
//! 1 folding the feed gives the picture · 2 after quiet, picture = what the side in use would answer = the world · 3 no phantom dialog ·
//! 4 no resurrection · 5 each known dialog that ended yields exactly one end · 6 each dialog still present yields exactly one start ·
//! 7 a replaced dialog is linked, not ended and begun · 8, 9 duplicates and arrival orders change nothing (property tests of the re-sync
//! core; here events are doubled and delayed, and 2 must still hold) · 10 stale exactly while not live · 11 every gap closes once ·
//! 12 nothing live inside a gap, no event of another epoch · 13 requests go only to the side of the epoch · 14 every command has one
//! outcome, and one that was not sent left no byte · 15 nothing that must not be repeated happens twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use finesse_ha::event::{Cause, Event};
use finesse_ha::outcome::Outcome;
use finesse_ha::side::{Epoch, Side};
use finesse_sim::{LogEntry, LogKind};

use super::fold::Fold;

/// The longest that a request takes before it is given up, by the default parameters.
const REQUEST: Duration = Duration::from_secs(10);

/// Watches one feed as it comes.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) fold: Fold,
    pub(crate) broken: Vec<String>,
    in_gap: bool,
    live: Option<(Epoch, Side)>,
    started: BTreeMap<String, u32>,
    ended: BTreeMap<String, u32>,
    outcomes: BTreeMap<String, Vec<String>>,
    /// When the session may speak to which side: from a `switching` (both) or a `resynced` (one) on.
    allowed: Vec<(Duration, Vec<Side>)>,
    /// Whether the servers may keep events from the client, or send them late: then an audit has something to find.
    lossy: bool,
    /// What began in the gap that is open, with the dialog it says it replaces; and what ended in it.
    began_in_gap: Vec<(String, Option<String>)>,
    ended_in_gap: BTreeSet<String>,
    closed: bool,
}

impl Watcher {
    /// Nothing seen yet.
    pub(crate) fn new(lossy: bool) -> Self {
        Self {
            lossy,
            fold: Fold::new(),
            broken: Vec::new(),
            in_gap: false,
            live: None,
            started: BTreeMap::new(),
            ended: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            allowed: Vec::new(),
            began_in_gap: Vec::new(),
            ended_in_gap: BTreeSet::new(),
            closed: false,
        }
    }

    /// True while the session says that it is live.
    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some() && !self.in_gap
    }

    /// The side in use, once live.
    pub(crate) fn side(&self) -> Option<Side> {
        self.live.map(|(_, side)| side)
    }

    fn fail(&mut self, invariant: u8, what: impl Into<String>) {
        self.broken.push(format!("invariant {invariant}: {}", what.into()));
    }

    /// Takes one event of the feed, at its time.
    pub(crate) fn see(&mut self, now: Duration, event: &Event) {
        if self.closed {
            self.fail(11, "an event after closed");
        }
        if !self.lossy && self.fold.was_missed(event) {
            self.fail(
                9,
                "an audit found what no event told, although the servers published everything in time",
            );
        }
        if let Err(why) = self.fold.apply(event) {
            self.fail(1, why);
        }
        match event {
            Event::GapOpened { epoch, .. } => {
                if self.in_gap {
                    self.fail(11, "a gap opened inside a gap");
                }
                if self.live.is_some_and(|(live, _)| live != *epoch) {
                    self.fail(12, format!("the gap ends epoch {epoch}, live was {:?}", self.live));
                }
                self.in_gap = true;
            }
            Event::Resynced(done) => {
                if done.cold == self.in_gap {
                    self.fail(11, "a cold resynced ends a gap, or another one ends none");
                }
                if !done.cold && !done.unseen_possible {
                    self.fail(2, "a gap says that nothing can have been missed in it");
                }
                self.in_gap = false;
                let ended = std::mem::take(&mut self.ended_in_gap);
                for (id, replaces) in std::mem::take(&mut self.began_in_gap) {
                    if let Some(old) = replaces.filter(|old| ended.contains(old)) {
                        self.fail(
                            7,
                            format!("dialog {id} goes on for {old}, and was told as a beginning and an end"),
                        );
                    }
                }
                self.live = Some((done.epoch, done.side));
                self.allowed.push((now, vec![done.side]));
            }
            Event::Switching { from, to, .. } => {
                if !self.in_gap && self.live.is_some() {
                    self.fail(12, "switching outside of a gap");
                }
                self.allowed.push((now, vec![*from, *to]));
            }
            Event::User { cause, epoch, .. } => self.placed(*cause, *epoch),
            Event::DialogStarted { dialog, cause, epoch, .. } => {
                self.placed(*cause, *epoch);
                if *cause == Cause::Gap {
                    self.began_in_gap.push((dialog.id.to_string(), dialog.secondary_id.clone()));
                }
                *self.started.entry(dialog.id.to_string()).or_default() += 1;
            }
            Event::DialogChanged { dialog, cause, epoch, .. } => {
                self.placed(*cause, *epoch);
                let id = dialog.id.to_string();
                if self.started.get(&id).copied().unwrap_or(0) <= self.ended.get(&id).copied().unwrap_or(0) {
                    self.fail(4, format!("dialog {id} changed and is not there"));
                }
            }
            Event::DialogReplaced { dialog, replaces, cause, epoch, .. } => {
                self.placed(*cause, *epoch);
                *self.started.entry(dialog.id.to_string()).or_default() += 1;
                *self.ended.entry(replaces.to_string()).or_default() += 1;
            }
            Event::DialogEnded { id, cause, epoch, .. } => {
                self.placed(*cause, *epoch);
                let id = id.to_string();
                if *cause == Cause::Gap {
                    self.ended_in_gap.insert(id.clone());
                }
                let ended = self.ended.entry(id.clone()).or_default();
                *ended += 1;
                if *ended > self.started.get(&id).copied().unwrap_or(0) {
                    self.fail(5, format!("dialog {id} ended more often than it began"));
                }
            }
            Event::Command { id, outcome, .. } => {
                self.outcomes.entry(id.clone()).or_default().push(outcome.name().to_owned());
                if matches!(outcome, Outcome::Applied) && self.in_gap && self.live.is_none() {
                    self.fail(14, format!("command {id} applied before anything was read"));
                }
            }
            Event::Closed { .. } => self.closed = true,
            _ => {}
        }
    }

    fn placed(&mut self, cause: Cause, epoch: Epoch) {
        match cause {
            Cause::Live | Cause::Audit if self.in_gap => {
                self.fail(12, format!("a {cause:?} change inside a gap"))
            }
            Cause::Gap if !self.in_gap => self.fail(12, "a change found in a gap, outside of any gap"),
            Cause::Live | Cause::Audit if self.live.is_none_or(|(live, _)| live != epoch) => {
                self.fail(12, format!("a {cause:?} change of epoch {epoch}, live is {:?}", self.live));
            }
            _ => {}
        }
    }

    /// The shown picture beside the folded one, at a moment when the feed is empty.
    pub(crate) fn compare(&mut self, shown: &finesse_ha::session::Shown) {
        if *shown.picture != self.fold.picture() {
            let text =
                format!("the picture is {:?}, the feed gives {:?}", shown.picture, self.fold.picture());
            self.fail(1, text);
        }
        if shown.stale != self.fold.stale {
            self.fail(10, format!("stale is {}, the feed says {}", shown.stale, self.fold.stale));
        }
    }

    /// What can be said only at the end: beside the simulator's log, and the calls that ever were.
    pub(crate) fn finish(
        &mut self,
        log: &[LogEntry],
        calls: &BTreeSet<String>,
        still_there: &BTreeSet<String>,
        agent: &str,
    ) {
        if self.in_gap {
            self.fail(11, "the last gap never closed");
        }
        for (id, times) in self.started.clone() {
            let ended = self.ended.get(&id).copied().unwrap_or(0);
            if !calls.contains(&id) {
                self.fail(3, format!("dialog {id} never was"));
            }
            if times > 1 {
                self.fail(4, format!("dialog {id} began {times} times"));
            }
            if still_there.contains(&id) && ended > 0 {
                self.fail(5, format!("dialog {id} ended and is still there"));
            }
            if !still_there.contains(&id) && ended != 1 {
                self.fail(5, format!("dialog {id} is over, and its end was told {ended} times"));
            }
        }
        for id in still_there {
            if !self.started.contains_key(id) {
                self.fail(6, format!("dialog {id} is there and its start was never told"));
            }
        }
        self.requests(log, agent);
        self.commands(log);
    }

    fn requests(&mut self, log: &[LogEntry], agent: &str) {
        let mut wrong = Vec::new();
        for entry in log {
            let LogKind::Request { method, path, user, .. } = &entry.kind else { continue };
            let (Some(side), true) =
                (entry.side, user.as_deref() == Some(agent) && !path.ends_with("/SystemInfo"))
            else {
                continue;
            };
            // The answer is logged when it is given; what was allowed within the time a request may take counts. Nothing is allowed ahead of time.
            let earliest = entry.at.saturating_sub(REQUEST);
            let last_before = self.allowed.iter().rposition(|(at, _)| *at <= earliest).unwrap_or(0);
            let sides = self.allowed[last_before..].iter().take_while(|(at, _)| *at <= entry.at);
            let allowed: BTreeSet<Side> = sides.flat_map(|(_, sides)| sides.iter().copied()).collect();
            let side = if side == finesse_sim::Side::A { Side::A } else { Side::B };
            if !allowed.is_empty() && !allowed.contains(&side) {
                wrong.push(format!(
                    "{method} {path} went to side {side} at {:?}, allowed was {allowed:?}",
                    entry.at
                ));
            }
        }
        for what in wrong {
            self.fail(13, what);
        }
    }

    fn commands(&mut self, log: &[LogEntry]) {
        let mut executed: BTreeMap<&str, u32> = BTreeMap::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for entry in log {
            match &entry.kind {
                LogKind::Executed { request_id: Some(id), error: None, verb, .. } if once_only(verb) => {
                    *executed.entry(id).or_default() += 1;
                }
                LogKind::Request { request_id: Some(id), .. } => {
                    seen.insert(id);
                }
                _ => {}
            }
        }
        for (id, times) in executed {
            if times > 1 {
                self.fail(15, format!("command {id} was carried out {times} times"));
            }
        }
        for (id, outcomes) in self.outcomes.clone() {
            if outcomes.len() != 1 {
                self.fail(14, format!("command {id} has the outcomes {outcomes:?}"));
            }
            if outcomes.first().is_some_and(|outcome| outcome == "not-sent") && seen.contains(id.as_str()) {
                self.fail(14, format!("command {id} was not sent, and the simulator saw it"));
            }
        }
    }
}

fn once_only(verb: &str) -> bool {
    matches!(verb, "MAKE_CALL" | "TRANSFER" | "TRANSFER_SST" | "CONFERENCE" | "CONSULT_CALL" | "SEND_DTMF")
}
