//! What a notification means for the picture: decided by verb and source, never by the state of what it carries.
//!
//! The node tells only which collection something was published to. A removal may carry a dialog that still rings, an addition one that is
//! active already.

use std::io;

use finesse_model::{ApiErrors, Dialog, RequestId, Resource, Subject, Update, User, UserId, Verb};
use finesse_notify::Notification;
use serde::Serialize;

/// What one notification says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    /// The agent, perhaps with some elements only.
    User(Box<User>),
    /// Dialogs that are there, new or changed.
    Present(Vec<Dialog>),
    /// Dialogs that are no longer the agent's, each with the last that is known of it; sometimes only the id.
    Gone(Vec<Dialog>),
    /// The server refused what it had accepted.
    Errors {
        /// What it refused.
        source: String,
        /// Of which request, if it says so.
        request_id: Option<RequestId>,
        /// What it said.
        errors: ApiErrors,
    },
    /// Something that is not part of the picture: teams, queues, media, the system.
    Other(Box<Update>),
    /// It cannot be made use of. If it concerns the agent himself (`own`), something in the picture may have changed.
    Unreadable {
        /// What it was and what is wrong with it.
        why: String,
        /// It came from a node of the agent's.
        own: bool,
    },
}

/// Reads a notification for this agent; `None` for one that was kept for later and is stale by definition.
pub(crate) fn read(own: &UserId, notification: Notification) -> Option<News> {
    if notification.delayed {
        return None;
    }
    let node = Subject::parse(&notification.node);
    let is_own = matches!(&node, Subject::User(user) | Subject::UserDialogs(user) if user == own);
    let mut update = match notification.update {
        Ok(update) => update,
        Err(error) => {
            let why = format!("a notification of {}: {error}", notification.node);
            return Some(News::Unreadable { why, own: is_own });
        }
    };
    if !is_own {
        return Some(News::Other(Box::new(update)));
    }
    let subject = update.subject();
    update.source = normal(&update.source);
    let data = update.data.take();
    let Update { event, source, request_id, .. } = &update;
    Some(match data {
        Some(Resource::ApiErrors(errors)) => {
            News::Errors { source: source.clone(), request_id: request_id.clone(), errors }
        }
        Some(Resource::User(user)) if subject == Subject::User(own.clone()) => News::User(user),
        Some(Resource::Dialog(dialog)) => dialogs(event, vec![*dialog]),
        Some(Resource::Dialogs(list)) if list.rejected.is_empty() => dialogs(event, list.items),
        Some(Resource::Dialogs(_)) => unreadable(format!("a dialog of {source} that cannot be read")),
        Some(data) => News::Other(Box::new(Update { data: Some(data), ..update })),
        None => match subject {
            Subject::Dialog(id) if *event == Verb::Delete => News::Gone(vec![Dialog::new(id)]),
            _ => unreadable(format!("{} of {source} without data", event.as_str())),
        },
    })
}

fn unreadable(why: String) -> News {
    News::Unreadable { why, own: true }
}

fn dialogs(verb: &Verb, dialogs: Vec<Dialog>) -> News {
    if *verb == Verb::Delete { News::Gone(dialogs) } else { News::Present(dialogs) }
}

/// The URI as it is told: samples carry some without the leading slash or with a trailing one.
fn normal(uri: &str) -> String {
    format!("/{}", uri.trim().trim_matches('/'))
}

impl News {
    /// Whether a read of the agent contains whatever it says.
    pub(crate) fn is_of_the_picture(&self) -> bool {
        match self {
            Self::User(_) | Self::Present(_) | Self::Gone(_) | Self::Unreadable { own: true, .. } => true,
            Self::Errors { .. } | Self::Other(_) | Self::Unreadable { own: false, .. } => false,
        }
    }

    /// A generous guess of the memory it takes, in bytes: what an object takes when it is empty, and twice its texts.
    pub(crate) fn weight(&self) -> usize {
        const OBJECT: usize = 2 * 1024;
        match self {
            Self::User(user) => OBJECT + 2 * written(user),
            Self::Present(dialogs) | Self::Gone(dialogs) => {
                OBJECT * (1 + dialogs.len()) + 2 * written(dialogs)
            }
            Self::Errors { errors, .. } => OBJECT + 2 * written(errors),
            Self::Other(update) => OBJECT + update.data.as_ref().map_or(0, |data| 2 * written(data)),
            Self::Unreadable { why, .. } => OBJECT + why.len(),
        }
    }
}

/// How long an object is when it is written down.
fn written(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written down whole counts with what could be.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(node: &str, update: &str) -> Notification {
        Notification {
            node: node.to_owned(),
            item_id: None,
            delayed: false,
            update: Update::from_xml(update),
        }
    }

    fn news(node: &str, update: &str) -> Option<News> {
        read(&UserId::new("1001").unwrap(), notification(node, update))
    }

    const DIALOGS: &str = "/finesse/api/User/1001/Dialogs";

    #[test]
    fn a_removal_is_told_by_the_verb_although_the_dialog_still_rings() {
        let update = "<Update><event>DELETE</event><source>/finesse/api/User/1001/Dialogs</source><data><dialogs><Dialog><id>7</id>\
                      <state>ALERTING</state></Dialog></dialogs></data></Update>";
        assert!(matches!(news(DIALOGS, update), Some(News::Gone(list)) if list[0].id.as_str() == "7"));
    }

    #[test]
    fn a_put_of_a_dialog_is_present_whatever_its_state() {
        let update = "<Update><event>put</event><source>finesse/api/Dialog/7/</source><data><dialog><id>7</id><state>DROPPED</state>\
                      </dialog></data></Update>";
        assert!(matches!(news(DIALOGS, update), Some(News::Present(list)) if list[0].id.as_str() == "7"));
    }

    #[test]
    fn the_agent_in_a_team_feed_is_no_part_of_the_picture() {
        let update = "<Update><event>PUT</event><source>/finesse/api/User/1001</source><data><user><state>READY</state></user></data></Update>";
        assert!(matches!(news("/finesse/api/Team/5/Users", update), Some(News::Other(_))));
        assert!(matches!(news("/finesse/api/User/1001", update), Some(News::User(_))));
    }

    #[test]
    fn what_was_kept_for_later_is_never_news() {
        let mut late = notification(DIALOGS, "<Update><event>PUT</event><source>x</source></Update>");
        late.delayed = true;
        assert_eq!(read(&UserId::new("1001").unwrap(), late), None);
    }

    #[test]
    fn whatever_is_long_weighs_much_wherever_it_is_long() {
        let long = "x".repeat(100_000);
        for update in [
            format!(
                "<Update><event>PUT</event><source>/finesse/api/User/1001</source><data><user><odd>{long}</odd></user></data></Update>"
            ),
            format!(
                "<Update><event>PUT</event><source>/finesse/api/Dialog/7</source><data><dialog><id>7</id><odd>{long}</odd></dialog></data></Update>"
            ),
            format!(
                "<Update><event>PUT</event><source>/finesse/api/User/1001/Queues</source><data><Queues><Queue><name>{long}</name></Queue></Queues></data></Update>"
            ),
            format!(
                "<Update><event>PUT</event><source>/finesse/api/User/1001</source><data><apiErrors><apiError><errorData>{long}</errorData></apiError>\
                 </apiErrors></data></Update>"
            ),
        ] {
            let weight = news("/finesse/api/User/1001", &update).unwrap().weight();
            assert!((100_000..300_000).contains(&weight), "{weight} for {}", &update[..80]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_so() {
        assert!(matches!(
            news(DIALOGS, "<Update><event>PUT</event>"),
            Some(News::Unreadable { own: true, .. })
        ));
        assert!(matches!(
            news("/finesse/api/Team/5/Users", "<Update>"),
            Some(News::Unreadable { own: false, .. })
        ));
        let bare = "<Update><event>DELETE</event><source>/finesse/api/User/1001/Dialogs</source></Update>";
        assert!(matches!(news(DIALOGS, bare), Some(News::Unreadable { own: true, .. })));
    }
}
