//! What is known of an agent, and what a notification or a read changes in it.
//!
//! Every object is kept twice: as it is shown, and as the side in use said it (`raw`). Only raw versions of one side are compared, while a
//! shown time survives a move to the other side, so that no timer jumps.
//!
//! Invariants: a change is returned if and only if what is shown has changed, so folding the changes gives what is shown; a dialog that has
//! ended does not come back, unless a read that was *sent* after its end shows it; memory is bounded by the server's own lists and by
//! [`MAX_TOMBSTONES`].

use std::collections::BTreeMap;
use std::time::Duration;

use finesse_model::{Dialog, DialogId, Participant, Timestamp, User};

use super::news::News;
use super::order::{self, Order};
use super::snapshot::Snapshot;
use crate::event::Picture;

/// How long an ended dialog is remembered. Events are published up to a quarter of a minute late in known fault cases.
const TOMBSTONE: Duration = Duration::from_secs(600);
/// An agent ends some ten calls in ten minutes; what goes beyond this is not remembered.
const MAX_TOMBSTONES: usize = 1024;
/// Two sides stamp the same fact a few milliseconds apart. Times that are closer than this, for the same state, mean the same moment.
const SAME_MOMENT_MILLIS: i64 = 2000;

/// One thing that became different.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    User(Box<User>),
    Started(Box<Dialog>),
    Changed(Box<Dialog>),
    /// With the last that is known of it.
    Ended(Box<Dialog>),
    Replaced {
        dialog: Box<Dialog>,
        replaces: DialogId,
    },
}

/// What came of a notification or a read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Applied {
    /// What is shown differently now, in order.
    pub(crate) changes: Vec<Change>,
    /// True when something was taken or dropped without being certain: a read should confirm it soon.
    pub(crate) doubtful: bool,
}

#[derive(Debug, Clone)]
struct Known<T> {
    shown: T,
    /// As the side in use said it.
    raw: T,
    /// The index of the input that last said something about it.
    touched: u64,
    /// It was read, and no notification has said anything since. Notifications come in their order, so only against a read can a notification be
    /// late without showing it.
    from_read: bool,
}

impl<T: Clone> Known<T> {
    fn read(value: &T, sent: u64) -> Self {
        Self { shown: value.clone(), raw: value.clone(), touched: sent, from_read: true }
    }
}

#[derive(Debug, Clone, Copy)]
struct Tombstone {
    /// The index of the input that ended it.
    index: u64,
    at: Duration,
}

/// What is known of an agent.
#[derive(Debug, Default)]
pub(crate) struct Model {
    user: Option<Known<User>>,
    dialogs: BTreeMap<DialogId, Known<Dialog>>,
    tombstones: BTreeMap<DialogId, Tombstone>,
}

impl Model {
    /// The agent, as shown.
    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref().map(|known| &known.shown)
    }

    /// A dialog, as shown.
    pub(crate) fn dialog(&self, id: &DialogId) -> Option<&Dialog> {
        self.dialogs.get(id).map(|known| &known.shown)
    }

    /// True if this dialog is shown, or is remembered to be over.
    pub(crate) fn has_known(&self, id: &DialogId) -> bool {
        self.dialogs.contains_key(id) || self.tombstones.contains_key(id)
    }

    /// All dialogs, as shown, by id.
    pub(crate) fn dialogs(&self) -> impl Iterator<Item = &Dialog> {
        self.dialogs.values().map(|known| &known.shown)
    }

    /// True if there is no dialog.
    pub(crate) fn is_idle(&self) -> bool {
        self.dialogs.is_empty()
    }

    /// Everything that is shown.
    pub(crate) fn picture(&self) -> Picture {
        Picture { user: self.user().cloned(), dialogs: self.dialogs().cloned().collect() }
    }

    /// Takes in a notification of the current epoch, which is live. `index` is the place of the input in the session.
    pub(crate) fn apply(&mut self, index: u64, now: Duration, news: &News) -> Applied {
        self.forget(now);
        let mut applied = Applied::default();
        match news {
            News::User(event) => self.apply_user(index, event, &mut applied),
            News::Present(dialogs) => {
                for dialog in dialogs {
                    self.apply_dialog(index, now, dialog, &mut applied);
                }
            }
            News::Gone(dialogs) => {
                for dialog in dialogs {
                    if let Some(ended) = self.end(index, now, &dialog.id) {
                        let last = if dialog.participants().is_empty() { ended } else { dialog.clone() };
                        applied.changes.push(Change::Ended(Box::new(last)));
                    }
                }
            }
            News::Unreadable { own, .. } => applied.doubtful = *own,
            News::Errors { .. } | News::Other(_) => {}
        }
        applied
    }

    fn apply_user(&mut self, index: u64, event: &User, applied: &mut Applied) {
        let Some(known) = &mut self.user else {
            applied.doubtful = true;
            return;
        };
        let order = order::users(event, &known.raw);
        applied.doubtful |= is_doubtful(order, known.from_read);
        if matches!(order, Order::Newer | Order::Undecidable) {
            let raw = order::merged(&known.raw, event);
            let shown = carry_user(&known.shown, raw.clone());
            if shown != known.shown {
                applied.changes.push(Change::User(Box::new(shown.clone())));
            }
            *known = Known { shown, raw, touched: index, from_read: false };
        }
    }

    fn apply_dialog(&mut self, index: u64, now: Duration, event: &Dialog, applied: &mut Applied) {
        if self.tombstones.contains_key(&event.id) {
            // Late, or back again: only a read can tell.
            applied.doubtful = true;
            return;
        }
        let Some(known) = self.dialogs.get_mut(&event.id) else {
            applied.doubtful |= event.participants().is_empty();
            let replaces = replaced(event).filter(|old| self.dialogs.contains_key(old));
            let known = Known { shown: event.clone(), raw: event.clone(), touched: index, from_read: false };
            let dialog = Box::new(event.clone());
            match replaces {
                Some(replaces) => {
                    self.end(index, now, &replaces);
                    applied.changes.push(Change::Replaced { dialog, replaces });
                }
                None => applied.changes.push(Change::Started(dialog)),
            }
            self.dialogs.insert(event.id.clone(), known);
            return;
        };
        let (event, is_thin) = order::filled(&known.raw, event);
        let order = order::dialogs(&event, &known.raw);
        applied.doubtful |= is_thin || is_doubtful(order, known.from_read);
        if matches!(order, Order::Newer | Order::Undecidable) {
            let shown = carry_dialog(&known.shown, event.clone());
            if !order::same_dialog(&shown, &known.shown) {
                applied.changes.push(Change::Changed(Box::new(shown.clone())));
                known.shown = shown;
            }
            known.raw = event;
            known.touched = index;
            known.from_read = false;
        }
    }

    /// Takes in a whole read, and whatever was ordered after it: the end of a gap, or an audit.
    ///
    /// Changes come in the order ended, replaced, started, changed, agent. An object about which something was said after its read was sent is
    /// left as it is; `doubtful` then says that it differs from the read. While a dialog of the list cannot be read, none that is missing there is
    /// over for that.
    pub(crate) fn settle(&mut self, now: Duration, snapshot: &Snapshot) -> Applied {
        self.forget(now);
        let mut applied = Applied::default();
        let (mut replaced_ones, mut started, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let gone: Vec<DialogId> =
            self.dialogs.keys().filter(|id| !snapshot.dialogs.contains_key(*id)).cloned().collect();
        let mut ended: BTreeMap<DialogId, Dialog> = BTreeMap::new();
        for id in gone {
            if self.dialogs.get(&id).is_some_and(|known| known.touched > snapshot.list_sent) {
                applied.doubtful = true;
            } else if snapshot.unreadable > 0 {
                // It may be the one that cannot be read. Another read soon would be no wiser.
            } else if let Some(dialog) = self.end(snapshot.list_sent, now, &id) {
                ended.insert(id, dialog);
            }
        }
        for (id, read) in &snapshot.dialogs {
            if self.tombstones.get(id).is_some_and(|tombstone| tombstone.index > read.sent) {
                applied.doubtful = true;
                continue;
            }
            self.tombstones.remove(id);
            let Some(known) = self.dialogs.get_mut(id) else {
                let dialog = Box::new(read.value.clone());
                // A dialog that shows itself as the continuation of one that is gone is no new one.
                let replaces = [replaced(&read.value), associated(&read.value)].into_iter().flatten();
                match replaces.into_iter().find(|old| ended.remove(old).is_some()) {
                    Some(replaces) => replaced_ones.push(Change::Replaced { dialog, replaces }),
                    None => started.push(Change::Started(dialog)),
                }
                self.dialogs.insert(id.clone(), Known::read(&read.value, read.sent));
                continue;
            };
            if known.touched > read.sent {
                applied.doubtful |= !order::same_dialog(&read.value, &known.raw);
                continue;
            }
            if is_another(&known.raw, &read.value) {
                let known = std::mem::replace(known, Known::read(&read.value, read.sent));
                ended.insert(id.clone(), known.shown);
                started.push(Change::Started(Box::new(read.value.clone())));
                continue;
            }
            let shown = carry_dialog(&known.shown, read.value.clone());
            known.raw = read.value.clone();
            known.touched = read.sent;
            known.from_read = true;
            if !order::same_dialog(&shown, &known.shown) {
                changed.push(Change::Changed(Box::new(shown.clone())));
                known.shown = shown;
            }
        }
        applied.changes.extend(ended.into_values().map(|dialog| Change::Ended(Box::new(dialog))));
        applied.changes.append(&mut replaced_ones);
        applied.changes.append(&mut started);
        applied.changes.append(&mut changed);
        self.settle_user(snapshot, &mut applied);
        applied
    }

    fn settle_user(&mut self, snapshot: &Snapshot, applied: &mut Applied) {
        let read = &snapshot.user;
        if let Some(known) = &mut self.user {
            if known.touched > read.sent {
                applied.doubtful |= read.value != known.raw;
                return;
            }
            let shown = carry_user(&known.shown, read.value.clone());
            if shown != known.shown {
                applied.changes.push(Change::User(Box::new(shown.clone())));
            }
            *known = Known { shown, ..Known::read(&read.value, read.sent) };
        } else {
            applied.changes.push(Change::User(Box::new(read.value.clone())));
            self.user = Some(Known::read(&read.value, read.sent));
        }
    }

    /// The dialog is over; gives what was shown of it. An end is also remembered for a dialog that is not known, so that its
    /// beginning, if that comes later, is not taken for news.
    fn end(&mut self, index: u64, now: Duration, id: &DialogId) -> Option<Dialog> {
        if self.tombstones.len() >= MAX_TOMBSTONES {
            let oldest =
                self.tombstones.iter().min_by_key(|(_, tombstone)| tombstone.index).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                self.tombstones.remove(&oldest);
            }
        }
        self.tombstones.insert(id.clone(), Tombstone { index, at: now });
        self.dialogs.remove(id).map(|known| known.shown)
    }

    fn forget(&mut self, now: Duration) {
        self.tombstones.retain(|_, tombstone| now.saturating_sub(tombstone.at) < TOMBSTONE);
    }
}

/// The dialog whose continuation this one is, if it says so.
fn replaced(dialog: &Dialog) -> Option<DialogId> {
    let id = dialog.secondary_id.as_deref().filter(|id| !id.is_empty() && *id != dialog.id.as_str())?;
    DialogId::new(id).ok()
}

/// The call to which this consult call belongs. While that goes on the two are two; if it is gone after a gap, this one is what became of it.
fn associated(dialog: &Dialog) -> Option<DialogId> {
    let id = dialog.associated_dialog_uri.as_deref()?.trim_end_matches('/').rsplit('/').next()?;
    DialogId::new(id).ok().filter(|id| *id != dialog.id)
}

/// True if this is another call under an id that was used before, as after a restart of the peripheral gateway: it comes from somebody else, and
/// whoever is on both began at another time.
fn is_another(known: &Dialog, new: &Dialog) -> bool {
    let from = |dialog: &Dialog| dialog.from_address.clone().filter(|from| !from.is_empty());
    if from(known).zip(from(new)).is_none_or(|(known, new)| known == new) {
        return false;
    }
    let begun = |party: &Participant| party.start_time.as_ref().and_then(Timestamp::unix_millis);
    let mut distances = known.participants().iter().filter_map(|party| {
        let other = new.participants().iter().find(|other| other.media_address == party.media_address)?;
        Some((begun(party)? - begun(other)?).abs())
    });
    let Some(first) = distances.next() else { return false };
    first >= SAME_MOMENT_MILLIS && distances.all(|distance| distance >= SAME_MOMENT_MILLIS)
}

/// An older one is late, or the side's clock was set back. One that cannot be ordered is taken, which is right unless the read was newer.
fn is_doubtful(order: Order, from_read: bool) -> bool {
    match order {
        Order::Older => true,
        Order::Undecidable => from_read,
        Order::Newer | Order::Same => false,
    }
}

/// The new version, with the shown time of a state that has not changed.
fn carry_user(shown: &User, mut new: User) -> User {
    if new.state == shown.state
        && same_moment(shown.state_change_time.as_ref(), new.state_change_time.as_ref())
    {
        new.state_change_time.clone_from(&shown.state_change_time);
    }
    new
}

fn carry_dialog(shown: &Dialog, mut new: Dialog) -> Dialog {
    for party in new.participants.iter_mut().flatten() {
        let before = shown.participants().iter().find(|other| other.media_address == party.media_address);
        if let Some(before) = before
            && before.state == party.state
            && same_moment(before.state_change_time.as_ref(), party.state_change_time.as_ref())
        {
            party.state_change_time.clone_from(&before.state_change_time);
        }
    }
    new
}

/// A time that is missing now, as after a failover, or close to the one before.
fn same_moment(before: Option<&Timestamp>, now: Option<&Timestamp>) -> bool {
    let millis = |time: Option<&Timestamp>| time.and_then(Timestamp::unix_millis);
    match (millis(before), millis(now)) {
        (Some(before), Some(now)) => (before - now).abs() < SAME_MOMENT_MILLIS,
        (Some(_), None) => true,
        _ => false,
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
