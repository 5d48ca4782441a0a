//! Rebuilds the picture from the feed alone, as an application would that keeps only what it was told.

use std::collections::BTreeMap;

use finesse_ha::event::{Cause, Event, Picture};
use finesse_model::{Dialog, DialogId, User};

/// What an application knows that heard the feed from its beginning.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fold {
    user: Option<User>,
    dialogs: BTreeMap<DialogId, Dialog>,
    /// True from a gap's opening to its end, and before the first read.
    pub(crate) stale: bool,
}

impl Fold {
    /// Nothing heard yet.
    pub(crate) fn new() -> Self {
        Self { stale: true, ..Self::default() }
    }

    /// Takes one event in. A `Resynced` must say what was folded already; the difference is returned as an error.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::User { user, .. } => self.user = Some((**user).clone()),
            Event::DialogStarted { dialog, .. } | Event::DialogChanged { dialog, .. } => {
                self.dialogs.insert(dialog.id.clone(), (**dialog).clone());
            }
            Event::DialogReplaced { dialog, replaces, .. } => {
                self.dialogs.remove(replaces);
                self.dialogs.insert(dialog.id.clone(), (**dialog).clone());
            }
            Event::DialogEnded { id, .. } => {
                self.dialogs.remove(id);
            }
            Event::GapOpened { .. } => self.stale = true,
            Event::Resynced(done) => {
                self.stale = false;
                if self.picture() != done.picture {
                    return Err(format!(
                        "resynced says {:?}, the feed before it gave {:?}",
                        done.picture,
                        self.picture()
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// True for a change found by an audit that a notification should have told. Which actions a leg offers depends on the agent's other calls too,
    /// and a call is not published again for that alone.
    pub(crate) fn was_missed(&self, event: &Event) -> bool {
        match event {
            Event::User { cause: Cause::Audit, .. }
            | Event::DialogStarted { cause: Cause::Audit, .. }
            | Event::DialogEnded { cause: Cause::Audit, .. }
            | Event::DialogReplaced { cause: Cause::Audit, .. } => true,
            Event::DialogChanged { dialog, cause: Cause::Audit, .. } => {
                self.dialogs.get(&dialog.id).map(without_actions) != Some(without_actions(dialog))
            }
            _ => false,
        }
    }

    /// The picture so far.
    pub(crate) fn picture(&self) -> Picture {
        Picture { user: self.user.clone(), dialogs: self.dialogs.values().cloned().collect() }
    }
}

fn without_actions(dialog: &Dialog) -> Dialog {
    let mut dialog = dialog.clone();
    dialog.participants.iter_mut().flatten().for_each(|party| party.actions = None);
    dialog
}
