//! What holds in every run, whatever happens: an application that knows only the feed looks for contradictions in it.
//!
//! Folding the feed gives the picture, stale exactly in a gap · every gap closes once, and gaps do not nest · nothing live inside a gap, nothing
//! found in a gap outside of one, nothing live of another epoch · a dialog begins before it changes or ends, ends once, begins once, was there in the
//! world · a command has one outcome, and one that was not sent was seen by nobody · what must not be repeated happens once · `closed` is last.

use std::collections::{BTreeMap, BTreeSet};

use finesse_ha::event::{Cause, Event, Picture};
use finesse_ha::session::Shown;
use finesse_ha::side::{Epoch, Side};
use finesse_model::{Dialog, User};
use finesse_sim::{LogEntry, LogKind};

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
                self.outcomes.entry(id.clone()).or_default().push(outcome.name())
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
        let ever: BTreeSet<&str> = log
            .iter()
            .filter_map(|entry| match &entry.kind {
                LogKind::World { reply, .. } => reply.call.as_deref(),
                LogKind::Executed { dialog, .. } => dialog.as_deref(),
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

    /// What became of the commands, beside the pair's log.
    pub(crate) fn commands(&mut self, log: &[LogEntry]) {
        let requests = |id: &str| {
            log.iter().any(
                |entry| matches!(&entry.kind, LogKind::Request { request_id: Some(seen), .. } if seen == id),
            )
        };
        for (id, outcomes) in self.outcomes.clone() {
            self.expect(outcomes.len() == 1, || format!("command {id} has the outcomes {outcomes:?}"));
            self.expect(outcomes != ["not-sent"] || !requests(&id), || {
                format!("command {id}, not sent, was seen")
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
