//! Reading an agent once: the user, the list of dialogs, each dialog that the list shows incompletely, the user again.
//!
//! Invariant: one request is under way at a time, and every answer is placed between the inputs that came before and after it.

use std::collections::BTreeMap;

use finesse_model::{Dialog, DialogId, Dialogs, User};
use finesse_rest::{Error, ErrorKind};

use super::snapshot::{Read, Snapshot};

/// What is to be read next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    User,
    Dialogs,
    Dialog(DialogId),
}

/// An answer to one of them.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    User(Box<User>),
    Dialogs(Dialogs),
    Dialog(Box<Dialog>),
}

/// How far the reading is.
#[derive(Debug)]
pub(crate) enum Progress {
    Ask(Ask),
    Done(Box<Snapshot>),
    Failed(Error),
}

/// A reading under way.
#[derive(Debug)]
pub(crate) struct Collect {
    asked: Ask,
    sent: u64,
    first: Option<User>,
    list: Option<(u64, u64)>,
    dialogs: BTreeMap<DialogId, Read<Dialog>>,
    incomplete: Vec<DialogId>,
    unreadable: usize,
}

impl Collect {
    /// Starts to read. `first` is the user where that was read just before.
    pub(crate) fn start(index: u64, first: Option<User>) -> (Self, Ask) {
        let asked = if first.is_some() { Ask::Dialogs } else { Ask::User };
        let collect = Self {
            asked: asked.clone(),
            sent: index,
            first,
            list: None,
            dialogs: BTreeMap::new(),
            incomplete: Vec::new(),
            unreadable: 0,
        };
        (collect, asked)
    }

    /// Takes in the answer to what was asked last.
    pub(crate) fn answer(&mut self, index: u64, answer: Result<Told, Error>) -> Progress {
        let told = match answer {
            Ok(told) => told,
            // The list showed it, and it is over since.
            Err(error)
                if matches!(self.asked, Ask::Dialog(_))
                    && error.kind() == ErrorKind::NotFound
                    && !error.is_webapp_missing() =>
            {
                if let Ask::Dialog(id) = &self.asked {
                    self.dialogs.remove(id);
                }
                return self.next(index);
            }
            Err(error) => return Progress::Failed(error),
        };
        match told {
            Told::User(user) => match (self.first.take(), self.list) {
                (Some(before), Some((list_sent, list_received))) => {
                    return Progress::Done(Box::new(Snapshot {
                        before,
                        user: Read { value: *user, sent: self.sent, received: index },
                        list_sent,
                        list_received,
                        unreadable: self.unreadable,
                        dialogs: std::mem::take(&mut self.dialogs),
                    }));
                }
                _ => self.first = Some(*user),
            },
            Told::Dialogs(list) => {
                self.list = Some((self.sent, index));
                self.unreadable = list.rejected.len();
                for dialog in list.items {
                    if dialog.participants().is_empty() {
                        self.incomplete.push(dialog.id.clone());
                    }
                    let read = Read { value: dialog, sent: self.sent, received: index };
                    self.dialogs.insert(read.value.id.clone(), read);
                }
            }
            // Whatever it shows is taken for the truth: some conferences come back without participants.
            Told::Dialog(dialog) => {
                let read = Read { value: *dialog, sent: self.sent, received: index };
                self.dialogs.insert(read.value.id.clone(), read);
            }
        }
        self.next(index)
    }

    fn next(&mut self, index: u64) -> Progress {
        self.asked = match (self.list, self.incomplete.pop()) {
            (None, _) => Ask::Dialogs,
            (Some(_), Some(id)) => Ask::Dialog(id),
            (Some(_), None) => Ask::User,
        };
        self.sent = index;
        Progress::Ask(self.asked.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Result<Told, Error> {
        Ok(Told::User(Box::new(
            User::from_xml("<User><loginId>1001</loginId><state>READY</state></User>").unwrap(),
        )))
    }

    fn dialogs(xml: &str) -> Result<Told, Error> {
        Ok(Told::Dialogs(Dialogs::from_xml(xml).unwrap()))
    }

    #[test]
    fn the_user_is_read_before_and_after_the_dialogs() {
        let (mut collect, ask) = Collect::start(1, None);
        assert_eq!(ask, Ask::User);
        assert!(matches!(collect.answer(2, user()), Progress::Ask(Ask::Dialogs)));
        assert!(matches!(collect.answer(3, dialogs("<Dialogs/>")), Progress::Ask(Ask::User)));
        let Progress::Done(snapshot) = collect.answer(4, user()) else { panic!("not done") };
        assert_eq!((snapshot.list_sent, snapshot.list_received), (2, 3));
        assert_eq!((snapshot.user.sent, snapshot.user.received), (3, 4));
        assert!(snapshot.is_stable());
    }

    #[test]
    fn g10_an_incomplete_dialog_is_read_alone_and_may_be_gone_by_then() {
        let list = "<Dialogs><Dialog><id>7</id></Dialog><Dialog><id>8</id></Dialog></Dialogs>";
        let (mut collect, _) = Collect::start(1, None);
        collect.answer(2, user());
        assert!(matches!(collect.answer(3, dialogs(list)), Progress::Ask(Ask::Dialog(_))));
        let gone = Error::new(ErrorKind::NotFound, finesse_rest::Progress::Refused, "404");
        assert!(matches!(collect.answer(4, Err(gone)), Progress::Ask(Ask::Dialog(_))));
        let whole = Dialog::new(DialogId::new("7").unwrap());
        assert!(matches!(collect.answer(5, Ok(Told::Dialog(Box::new(whole)))), Progress::Ask(Ask::User)));
        let Progress::Done(snapshot) = collect.answer(6, user()) else { panic!("not done") };
        assert_eq!(snapshot.dialogs.keys().map(DialogId::as_str).collect::<Vec<_>>(), ["7"]);
        assert_eq!(snapshot.dialogs.values().next().map(|read| read.sent), Some(4));
    }
}
