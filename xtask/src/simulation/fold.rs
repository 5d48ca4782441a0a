//! Rebuilds the picture from the feed alone, as an application would that keeps only what it was told.

use std::collections::BTreeMap;

use finesse_ha::event::{Event, Picture};
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
                    return Err(format!("resynced says {:?}, the feed before it gave {:?}", done.picture, self.picture()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The picture so far.
    pub(crate) fn picture(&self) -> Picture {
        Picture { user: self.user.clone(), dialogs: self.dialogs.values().cloned().collect() }
    }
}
