//! What holds in every run, whatever happens: an application that knows only the feed looks for contradictions in it.
//!
//! Folding the feed gives the picture, stale exactly in a gap · every gap closes once, and gaps do not nest · nothing live inside a gap, nothing
//! found in a gap outside of one, nothing live of another epoch · a dialog begins before it changes or ends, ends once, begins once, was there in the
//! world · a command has one outcome, every click's outcome is in the feed, and of a command that was not sent nothing was written · what must not be
//! repeated happens once · `closed` is last · in the end the picture is what the side in use would answer, and the world.

use std::collections::{BTreeMap, BTreeSet};

use finesse_ha::event::{Cause, Event, Picture};
use finesse_ha::outcome::Outcome;
use finesse_ha::session::Shown;
use finesse_ha::side::{Epoch, Side};
use finesse_model::{Dialog, User};
use finesse_sim::{LogEntry, LogKind, Sim, Truth};

use super::{Wire, sim_side};

/// Verbs of which a second execution would be a second call, or a second tone.
const ONCE_ONLY: [&str; 6] =
    ["MAKE_CALL", "TRANSFER", "TRANSFER_SST", "CONFERENCE", "CONSULT_CALL", "SEND_DTMF"];

/// Listens to one session's feed.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    pub(crate) broken: Vec<String>,
    user: Option<User>,
    dialogs: BTreeMap<String, Dialog>,
    live: Option<(Epoch, Side)>,
    in_gap: bool,
    begun: BTreeMap<String, usize>,
    ended: BTreeMap<String, usize>,
    outcomes: BTreeMap<String, Vec<&'static str>>,
    pub(crate) closed: bool,
}

impl Listener {
    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some() && !self.in_gap
    }

    /// The side in use, once live.
    pub(crate) fn side(&self) -> Option<Side> {
        self.live.map(|(_, side)| side)
    }

    /// A dialog as told.
    pub(crate) fn dialog(&self, id: &str) -> Option<&Dialog> {
        self.dialogs.get(id)
    }

    /// Another session begins, with another feed: it knows nothing of the first. What was found in the first one stays, and so do the outcomes of its
    /// commands.
    pub(crate) fn begin_anew(&mut self) {
        *self = Self {
            broken: std::mem::take(&mut self.broken),
            outcomes: std::mem::take(&mut self.outcomes),
            ..Self::default()
        };
    }

    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    fn picture(&self) -> Picture {
        let mut dialogs: Vec<Dialog> = self.dialogs.values().cloned().collect();
        dialogs.sort_by(|one, other| one.id.cmp(&other.id));
        Picture { user: self.user.clone(), dialogs }
    }

    /// Takes one event in.
    pub(crate) fn hear(&mut self, event: &Event) {
        let (in_gap, was_live, closed) = (self.in_gap, self.live, self.closed);
        self.expect(!closed, || format!("after closed: {event:?}"));
        match event {
            Event::GapOpened { epoch, .. } => {
                self.expect(!in_gap, || String::from("a gap opens inside a gap"));
                self.expect(was_live.is_some_and(|(live, _)| live == *epoch), || {
                    format!("a gap ends epoch {epoch}, live was {was_live:?}")
                });
                self.in_gap = true;
            }
            Event::Resynced(done) => {
                self.expect(done.cold != in_gap, || {
                    String::from("a cold resynced in a gap, or another one outside")
                });
                self.expect(done.unseen_possible != done.cold, || {
                    String::from("unseen_possible is not what it must be")
                });
                let told = self.picture();
                self.expect(told == done.picture, || {
                    format!("resynced says {:?}, told was {told:?}", done.picture)
                });
                self.in_gap = false;
                self.live = Some((done.epoch, done.side));
            }
            Event::Switching { .. } => {
                self.expect(in_gap || was_live.is_none(), || String::from("switching outside of a gap"));
            }
            Event::User { user, cause, epoch, .. } => {
                self.change(*cause, *epoch);
                self.user = Some((**user).clone());
            }
            Event::DialogStarted { dialog, cause, epoch, .. } => {
                self.change(*cause, *epoch);
                self.begins(dialog);
            }
            Event::DialogChanged { dialog, cause, epoch, .. } => {
                self.change(*cause, *epoch);
                let known = self.dialogs.insert(dialog.id.to_string(), (**dialog).clone()).is_some();
                self.expect(known, || format!("dialog {} changes and is not there", dialog.id));
            }
            Event::DialogEnded { id, cause, epoch, .. } => {
                self.change(*cause, *epoch);
                self.ends(id.as_str());
            }
            Event::DialogReplaced { dialog, replaces, cause, epoch, .. } => {
                self.change(*cause, *epoch);
                self.ends(replaces.as_str());
                self.begins(dialog);
            }
            Event::Command { id, outcome, .. } => {
                let early = *outcome == Outcome::Applied && was_live.is_none();
                self.expect(!early, || format!("command {id} applied before anything was read"));
                self.outcomes.entry(id.clone()).or_default().push(outcome.name());
            }
            Event::Closed { .. } => self.closed = true,
            _ => {}
        }
    }

    fn begins(&mut self, dialog: &Dialog) {
        let id = dialog.id.to_string();
        let known = self.dialogs.insert(id.clone(), dialog.clone()).is_some();
        self.expect(!known, || format!("dialog {id} begins and is there already"));
        *self.begun.entry(id).or_default() += 1;
    }

    fn ends(&mut self, id: &str) {
        let known = self.dialogs.remove(id).is_some();
        self.expect(known, || format!("dialog {id} ends and is not there"));
        *self.ended.entry(id.to_owned()).or_default() += 1;
    }

    fn change(&mut self, cause: Cause, epoch: Epoch) {
        let (in_gap, live) = (self.in_gap, self.live);
        match cause {
            Cause::Live | Cause::Audit => self
                .expect(!in_gap && live.is_some_and(|(live, _)| live == epoch), || {
                    format!("a {cause:?} change of epoch {epoch}; live is {live:?}, in a gap: {in_gap}")
                }),
            Cause::Gap => self.expect(in_gap, || String::from("a change found in a gap, outside of any")),
            Cause::Cold => self.expect(live.is_none(), || String::from("a change of the first read, later")),
        }
    }

    /// The shown picture beside the told one, at a moment when the feed is empty.
    pub(crate) fn compare(&mut self, shown: &Shown) {
        let told = self.picture();
        self.expect(*shown.picture == told, || format!("shown is {:?}, told was {told:?}", shown.picture));
        let live = self.is_live();
        self.expect(shown.stale != live, || {
            format!("stale is {}, told was that live is {live}", shown.stale)
        });
    }

    /// What can be said only in the end, when the session is live, beside the pair's log and the calls that there are.
    pub(crate) fn end(&mut self, log: &[LogEntry], still_there: &BTreeSet<String>) {
        self.expect(!self.in_gap, || String::from("the last gap never closed"));
        // A command that was refused began no call.
        let ever: BTreeSet<&str> = log
            .iter()
            .filter_map(|entry| match &entry.kind {
                LogKind::World { reply, .. } => reply.call.as_deref(),
                LogKind::Executed { dialog, error: None, .. } => dialog.as_deref(),
                _ => None,
            })
            .collect();
        for (id, times) in self.begun.clone() {
            let ended = self.ended.get(&id).copied().unwrap_or(0);
            let over = usize::from(!still_there.contains(&id));
            self.expect(ever.contains(id.as_str()), || format!("dialog {id} never was"));
            self.expect(times == 1 && ended == over, || {
                format!("dialog {id} began {times} times and ended {ended} times; over: {}", over == 1)
            });
        }
        for id in still_there {
            let begun = self.begun.contains_key(id);
            self.expect(begun, || format!("dialog {id} is there and was never told"));
        }
    }

    /// What became of the commands, beside the pair's log, what was written, and the names of the outcomes that the clicks were given.
    pub(crate) fn commands(&mut self, log: &[LogEntry], wire: &Wire, clicks: &[&'static str]) {
        let written = wire.ids();
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, outcomes) in self.outcomes.clone() {
            self.expect(outcomes.len() == 1, || format!("command {id} has the outcomes {outcomes:?}"));
            self.expect(outcomes != ["not-sent"] || !written.contains(&id), || {
                format!("command {id}, not sent, was written")
            });
            for outcome in outcomes {
                *told.entry(outcome).or_default() += 1;
            }
        }
        // The session gives commands of its own too.
        for outcome in BTreeSet::from_iter(clicks.iter().copied()) {
            let given = clicks.iter().filter(|other| **other == outcome).count();
            let found = told.get(outcome).copied().unwrap_or(0);
            self.expect(found >= given, || {
                format!("{given} clicks ended as {outcome}, the feed told {found} commands that did")
            });
        }
        let mut executed: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in log {
            if let LogKind::Executed { request_id: Some(id), error: None, verb, .. } = &entry.kind
                && ONCE_ONLY.contains(&verb.as_str())
            {
                *executed.entry(id).or_default() += 1;
            }
        }
        self.expect(executed.values().all(|times| *times == 1), || {
            format!("carried out more than once: {executed:?}")
        });
    }
}

/// What is not true of a picture that is said to be current, beside the world and beside what the side in use would answer.
pub(crate) fn untrue(sim: &Sim, user: &str, side: Option<Side>, shown: &Shown) -> Vec<String> {
    if shown.stale {
        return vec![String::from("the session is not live in the end")];
    }
    let Some(truth) = sim.truth(user) else {
        return vec![String::from("the agent is gone from the world")];
    };
    let Some(view) = side.and_then(|side| sim.view(sim_side(side), user)) else {
        return vec![String::from("the side in use does not know the agent")];
    };
    // A pending state is volatile by documentation: a failover loses it on the servers themselves.
    let world = Truth { pending_state: view.pending_state.clone(), ..truth };
    let mut untrue = Vec::new();
    for (whose, real) in [("the world", &world), ("the side in use", &view)] {
        let found = real.differences(shown.picture.user.as_ref(), &shown.picture.dialogs);
        untrue.extend(found.into_iter().map(|difference| format!("beside {whose}: {difference}")));
    }
    untrue
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use finesse_model::DialogId;

    use super::*;

    fn command(id: &str, outcome: Outcome) -> Event {
        Event::Command { id: id.to_owned(), verb: String::from("READY"), outcome }
    }

    fn not_sent() -> Outcome {
        Outcome::NotSent { why: String::from("not live") }
    }

    fn wrote(id: &str) -> Wire {
        let wire = Wire::default();
        wire.note(Some(id), true);
        wire
    }

    #[test]
    fn another_session_forgets_nothing_that_was_found_in_the_first() {
        let mut listener = Listener::default();
        listener.hear(&command("1", not_sent()));
        listener.hear(&Event::Closed { why: String::new() });
        listener.hear(&Event::Closed { why: String::new() });
        listener.begin_anew();
        assert_eq!(listener.broken.len(), 1, "{:?}", listener.broken);
        listener.hear(&Event::Offline { why: String::new() });
        listener.commands(&[], &wrote("1"), &[]);
        assert_eq!(listener.broken.len(), 2, "{:?}", listener.broken);
    }

    #[test]
    fn what_was_not_sent_was_not_written_either_although_the_pair_never_saw_it() {
        let mut listener = Listener::default();
        listener.hear(&command("1", not_sent()));
        listener.commands(&[], &wrote("2"), &[]);
        assert_eq!(listener.broken, Vec::<String>::new());
        listener.commands(&[], &wrote("1"), &[]);
        assert_eq!(listener.broken.len(), 1);
    }

    #[test]
    fn a_clicks_outcome_is_in_the_feed() {
        let mut listener = Listener::default();
        listener.hear(&command("1", not_sent()));
        listener.commands(&[], &Wire::default(), &["not-sent"]);
        assert_eq!(listener.broken, Vec::<String>::new());
        listener.commands(&[], &Wire::default(), &["not-sent", "unknown"]);
        assert_eq!(listener.broken.len(), 1);
    }

    #[test]
    fn nothing_is_applied_before_anything_was_read() {
        let mut listener = Listener::default();
        listener.hear(&command("1", Outcome::Applied));
        assert_eq!(listener.broken.len(), 1);
    }

    #[test]
    fn a_command_that_the_world_refused_began_no_call() {
        let mut listener = Listener::default();
        listener.begins(&Dialog::new(DialogId::new("7").unwrap()));
        let executed = |error: Option<&str>| LogEntry {
            at: Duration::ZERO,
            side: Some(finesse_sim::Side::A),
            kind: LogKind::Executed {
                user: String::from("1001"),
                verb: String::from("MAKE_CALL"),
                dialog: Some(String::from("7")),
                request_id: None,
                error: error.map(str::to_owned),
            },
        };
        let there = BTreeSet::from([String::from("7")]);
        listener.end(&[executed(None)], &there);
        assert_eq!(listener.broken, Vec::<String>::new());
        listener.end(&[executed(Some("busy"))], &there);
        assert_eq!(listener.broken, ["dialog 7 never was"]);
    }
}
