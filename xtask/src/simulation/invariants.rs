//! What must hold in every run, whatever the schedule: most of invariants 1 to 15 of the project's list.
//!
//! 1 folding the feed gives the picture · 2 after quiet, picture = what the side in use would answer = the world · 3 no phantom dialog ·
//! 4 no resurrection · 5 each known dialog that ended yields exactly one end · 6 each dialog still present yields exactly one start ·
//! 7 a replaced dialog is linked, not ended and begun · 8, 9 duplicates and arrival orders change nothing · 10 stale exactly while not live ·
//! 11 every gap closes once · 12 nothing live inside a gap, no event of another epoch · 13 requests go only to the side of the epoch · 14 every
//! command has one outcome, and one that was not sent left no byte · 15 nothing that must not be repeated happens twice.
//!
//! The cases of `finesse-ha` look for the same contradictions in a feed, so the [`Listener`] is theirs; here stands what needs a schedule. Three are
//! checked less than they say: 7 for changes found in a gap, where the new dialog names the old one; 8 and 9 by their effect (events are doubled,
//! delayed and lost, and 2 must still hold; no audit may find anything while the servers publish everything in time), for every order there are
//! property tests of the re-sync core.

use std::collections::BTreeSet;
use std::time::Duration;

use finesse_ha::event::{Cause, Event};
use finesse_ha::session::Shown;
use finesse_ha::side::Side;
use finesse_model::Dialog;
use finesse_sim::{LogEntry, LogKind};

use super::memory::always::Listener;
use super::memory::{Wire, sim_side};

/// Watches one feed as it comes.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) listener: Listener,
    broken: Vec<String>,
    /// When the session may speak to which side: from a `switching` (both) or a `resynced` (one) on.
    allowed: Vec<(Duration, Vec<Side>)>,
    /// How long a request may be on its way to a side.
    on_the_way: Duration,
    /// Whether the servers may keep events from the client, or send them late: then an audit has something to find.
    lossy: bool,
    /// What began in the gap that is open, with the dialog it says it replaces; and what ended in it.
    began_in_gap: Vec<(String, Option<String>)>,
    ended_in_gap: BTreeSet<String>,
}

impl Watcher {
    /// Nothing seen yet.
    pub(crate) fn new(lossy: bool, on_the_way: Duration) -> Self {
        Self {
            listener: Listener::default(),
            broken: Vec::new(),
            allowed: Vec::new(),
            on_the_way,
            lossy,
            began_in_gap: Vec::new(),
            ended_in_gap: BTreeSet::new(),
        }
    }

    pub(crate) fn fail(&mut self, invariant: u8, what: impl Into<String>) {
        self.broken.push(format!("invariant {invariant}: {}", what.into()));
    }

    /// Takes one event of the feed, at its time.
    pub(crate) fn see(&mut self, now: Duration, event: &Event) {
        if !self.lossy && self.was_missed(event) {
            self.fail(
                9,
                "an audit found what no event told, although the servers published everything in time",
            );
        }
        self.listener.hear(event);
        match event {
            Event::Resynced(done) => {
                let ended = std::mem::take(&mut self.ended_in_gap);
                for (id, replaces) in std::mem::take(&mut self.began_in_gap) {
                    if let Some(old) = replaces.filter(|old| ended.contains(old)) {
                        self.fail(
                            7,
                            format!("dialog {id} goes on for {old}, and was told as a beginning and an end"),
                        );
                    }
                }
                self.allowed.push((now, vec![done.side]));
            }
            Event::Switching { from, to, .. } => self.allowed.push((now, vec![*from, *to])),
            Event::DialogStarted { dialog, cause: Cause::Gap, .. } => {
                self.began_in_gap.push((dialog.id.to_string(), dialog.secondary_id.clone()));
            }
            Event::DialogEnded { id, cause: Cause::Gap, .. } => {
                self.ended_in_gap.insert(id.to_string());
            }
            _ => {}
        }
    }

    /// True for a change found by an audit that a notification should have told. Which actions a leg offers depends on the agent's other calls too,
    /// and a call is not published again for that alone.
    fn was_missed(&self, event: &Event) -> bool {
        match event {
            Event::User { cause: Cause::Audit, .. }
            | Event::DialogStarted { cause: Cause::Audit, .. }
            | Event::DialogEnded { cause: Cause::Audit, .. }
            | Event::DialogReplaced { cause: Cause::Audit, .. } => true,
            Event::DialogChanged { dialog, cause: Cause::Audit, .. } => {
                self.listener.dialog(dialog.id.as_str()).map(without_actions) != Some(without_actions(dialog))
            }
            _ => false,
        }
    }

    /// The shown picture beside the told one, at a moment when the feed is empty.
    pub(crate) fn compare(&mut self, shown: &Shown) {
        self.listener.compare(shown);
    }

    /// What can be said only at the end: beside the simulator's log, what was written, the dialogs that are there, and the names of the outcomes that
    /// the clicks were given. Returns everything that is broken.
    pub(crate) fn finish(
        mut self,
        log: &[LogEntry],
        wire: &Wire,
        still_there: &BTreeSet<String>,
        clicks: &[&'static str],
        agent: &str,
    ) -> Vec<String> {
        self.listener.end(log, still_there);
        self.listener.commands(log, wire, clicks);
        self.requests(log, agent);
        self.broken.append(&mut self.listener.broken);
        self.broken
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
            // It is logged when it has come through. What was allowed when it was sent counts; nothing is allowed ahead of time.
            let earliest = entry.at.saturating_sub(self.on_the_way);
            let last_before = self.allowed.iter().rposition(|(at, _)| *at <= earliest).unwrap_or(0);
            let sides = self.allowed[last_before..].iter().take_while(|(at, _)| *at <= entry.at);
            let allowed: BTreeSet<Side> = sides.flat_map(|(_, sides)| sides.iter().copied()).collect();
            if !allowed.is_empty() && !allowed.iter().any(|allowed| sim_side(*allowed) == side) {
                wrong.push(format!(
                    "{method} {path} came to side {side} at {:?}, allowed was {allowed:?}",
                    entry.at
                ));
            }
        }
        for what in wrong {
            self.fail(13, what);
        }
    }
}

fn without_actions(dialog: &Dialog) -> Dialog {
    let mut dialog = dialog.clone();
    dialog.participants.iter_mut().flatten().for_each(|party| party.actions = None);
    dialog
}
