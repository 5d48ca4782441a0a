//! One whole read of an agent, and how what was heard meanwhile is ordered against it.
//!
//! The server promises no atomic read of several objects and no version numbers. So each object of a read remembers when its request was sent
//! and when its answer came, as places in the session's sequence of inputs, and every notification that came in between is ordered by these places
//! first, by the server's own times second, and by another read if neither tells:
//!
//! | The notification came | and the object | so it is |
//! |---|---|---|
//! | before the request | | contained in the answer: dropped |
//! | between request and answer | can be ordered by the server's times | taken or dropped |
//! | between request and answer | cannot | undecided: read again |
//! | after the answer | can be ordered | taken or dropped |
//! | after the answer | cannot | taken, and confirmed by an early audit |
//!
//! A removal between request and answer of a dialog that the answer still shows is undecided as well.
//!
//! Invariant: after [`Snapshot::order`] has returned no undecided object, the snapshot is what the side would have answered at some moment not
//! before its last request was sent.

use std::collections::{BTreeMap, BTreeSet};

use finesse_model::{Dialog, DialogId, User};

use super::news::News;
use super::order::{self, Order};

/// One object as read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read<T> {
    pub(crate) value: T,
    /// The place at which the request was sent.
    pub(crate) sent: u64,
    /// The place at which the answer came.
    pub(crate) received: u64,
}

/// A notification that came during a re-sync.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) index: u64,
    pub(crate) news: News,
}

/// The agent and his dialogs as read in one round.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The user before the dialogs were read.
    pub(crate) before: User,
    /// The user after.
    pub(crate) user: Read<User>,
    /// The place at which the list of dialogs was asked for.
    pub(crate) list_sent: u64,
    /// The place at which it came.
    pub(crate) list_received: u64,
    /// Dialogs of the list that could not be read at all.
    pub(crate) unreadable: usize,
    pub(crate) dialogs: BTreeMap<DialogId, Read<Dialog>>,
}

/// What ordering the notifications gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Objects of which a further read must decide.
    pub(crate) undecided: BTreeSet<String>,
    /// Something was decided without being certain: an early audit shall confirm it.
    pub(crate) doubtful: bool,
}

impl Snapshot {
    /// True if the agent was the same before and after the dialogs were read, in everything that dialogs have to do with.
    pub(crate) fn is_stable(&self) -> bool {
        let (one, two) = (&self.before, &self.user.value);
        one.state == two.state
            && one.state_change_time == two.state_change_time
            && one.reason_code_id == two.reason_code_id
            && one.pending_state == two.pending_state
            && one.extension == two.extension
    }

    /// Orders what was heard against what was read, and takes in what is newer. `was_known` tells which dialogs were known before the gap: what
    /// comes late about one that is over must not revive it.
    pub(crate) fn order(&mut self, heard: &[Heard], was_known: impl Fn(&DialogId) -> bool) -> Verdict {
        let mut verdict = Verdict::default();
        let mut gone = BTreeSet::new();
        for Heard { index, news } in heard {
            match news {
                News::User(event) => self.order_user(*index, event, &mut verdict),
                News::Present(dialogs) => {
                    for dialog in dialogs {
                        if gone.contains(&dialog.id) {
                            verdict.doubtful = true;
                        } else {
                            self.order_dialog(*index, dialog, was_known(&dialog.id), &mut verdict);
                        }
                    }
                }
                News::Gone(dialogs) => {
                    for dialog in dialogs {
                        self.order_removal(*index, &dialog.id, &mut gone, &mut verdict);
                    }
                }
                // It may have concerned anything, so everything that was asked before it may lack it.
                News::Unreadable { own: true, .. } if *index > self.list_sent => verdict.doubtful = true,
                News::Unreadable { .. } | News::Errors { .. } | News::Other(_) => {}
            }
        }
        verdict
    }

    fn order_user(&mut self, index: u64, event: &User, verdict: &mut Verdict) {
        if index <= self.user.sent {
            return;
        }
        match order::users(event, &self.user.value) {
            Order::Newer => self.user.value = order::merged(&self.user.value, event),
            Order::Older | Order::Same => {}
            Order::Undecidable if index > self.user.received => {
                self.user.value = order::merged(&self.user.value, event);
                verdict.doubtful = true;
            }
            Order::Undecidable => {
                verdict.undecided.insert(String::from("the agent"));
            }
        }
    }

    fn order_dialog(&mut self, index: u64, event: &Dialog, was_known: bool, verdict: &mut Verdict) {
        let Some(read) = self.dialogs.get_mut(&event.id) else {
            if index <= self.list_sent {
                return;
            }
            if index <= self.list_received {
                verdict.undecided.insert(format!("dialog {}", event.id));
            } else if was_known {
                verdict.doubtful = true;
            } else {
                verdict.doubtful |= event.participants().is_empty();
                let read = Read { value: event.clone(), sent: index, received: index };
                self.dialogs.insert(event.id.clone(), read);
            }
            return;
        };
        if index <= read.sent {
            return;
        }
        let (event, is_thin) = order::filled(&read.value, event);
        verdict.doubtful |= is_thin;
        match order::dialogs(&event, &read.value) {
            Order::Newer => read.value = event,
            Order::Older | Order::Same => {}
            Order::Undecidable if index > read.received => {
                read.value = event;
                verdict.doubtful = true;
            }
            Order::Undecidable => {
                verdict.undecided.insert(format!("dialog {}", event.id));
            }
        }
    }

    fn order_removal(
        &mut self,
        index: u64,
        id: &DialogId,
        gone: &mut BTreeSet<DialogId>,
        verdict: &mut Verdict,
    ) {
        let Some(read) = self.dialogs.get(id) else {
            // What is said of it later is late, whenever the removal came.
            gone.insert(id.clone());
            return;
        };
        if index <= read.sent {
            return;
        }
        if index <= read.received {
            verdict.undecided.insert(format!("dialog {id}"));
        } else {
            self.dialogs.remove(id);
            gone.insert(id.clone());
        }
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
