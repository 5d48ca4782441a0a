//! What a notification is about: its source, and what verb and content say happened to it.
//!
//! The source routes, the verb decides; the node over which it came and the state inside do not. The one thing that only the node
//! tells: news of a team's member (`/Team/{id}/Users`) and of the agent's own user have the same source.

use crate::document::Resource;
use crate::document::lists::ApiErrors;
use crate::ids::{DialogId, MediaId, QueueId, TeamId, TeamMessageId, UserId};
use crate::list::List;
use crate::resources::client_log::ClientLog;
use crate::resources::devices::Device;
use crate::resources::dialog::Dialog;
use crate::resources::media::Media;
use crate::resources::queue::Queue;
use crate::resources::system_info::SystemInfo;
use crate::resources::team::Team;
use crate::resources::team_message::TeamMessage;
use crate::resources::user::User;
use crate::update::{Update, Verb};

/// The source of a notification, by its URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// `/User/{id}`
    User(UserId),
    /// `/User/{id}/Dialogs`
    UserDialogs(UserId),
    /// `/User/{id}/Dialogs/Media`, or `/User/{id}/Media/{mrd}/Dialogs`, which also tells the media routing domain.
    UserTasks(UserId, Option<MediaId>),
    /// `/User/{id}/Media`
    UserMedia(UserId),
    /// `/User/{id}/Media/{mrd}`
    Media(UserId, MediaId),
    /// `/User/{id}/Queues`
    UserQueues(UserId),
    /// `/User/{id}/ClientLog`
    ClientLog(UserId),
    /// `/Dialog/{id}`
    Dialog(DialogId),
    /// `/Team/{id}` or `/Team/{id}/Users`
    Team(TeamId),
    /// `/Queue/{id}`
    Queue(QueueId),
    /// `/TeamMessage/{id}`; not documented.
    TeamMessage(TeamMessageId),
    /// `/SystemInfo`
    SystemInfo,
    /// Anything else.
    Other,
}

impl Subject {
    /// Reads a URI of a source or the name of a node, with or without slashes at its ends.
    #[must_use]
    pub fn parse(uri: &str) -> Self {
        let path = uri.trim().trim_matches('/');
        let path = path.strip_prefix("finesse/api/").unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        let found = match parts.as_slice() {
            ["SystemInfo"] => Some(Self::SystemInfo),
            ["User", id] => user(id).map(Self::User),
            ["User", id, "Dialogs"] => user(id).map(Self::UserDialogs),
            ["User", id, "Dialogs", "Media"] => user(id).map(|id| Self::UserTasks(id, None)),
            ["User", id, "Media"] => user(id).map(Self::UserMedia),
            ["User", id, "Media", mrd] => user(id).zip(media(mrd)).map(|(id, mrd)| Self::Media(id, mrd)),
            ["User", id, "Media", mrd, "Dialogs"] => user(id).map(|id| Self::UserTasks(id, media(mrd))),
            ["User", id, "Queues"] => user(id).map(Self::UserQueues),
            ["User", id, "ClientLog"] => user(id).map(Self::ClientLog),
            ["Dialog", id] => DialogId::new(*id).ok().map(Self::Dialog),
            ["Team", id] | ["Team", id, "Users"] => TeamId::new(*id).ok().map(Self::Team),
            ["Queue", id] => QueueId::new(*id).ok().map(Self::Queue),
            ["TeamMessage", id] => TeamMessageId::new(*id).ok().map(Self::TeamMessage),
            _ => None,
        };
        found.unwrap_or(Self::Other)
    }
}

fn user(id: &str) -> Option<UserId> {
    UserId::new(id).ok()
}

fn media(id: &str) -> Option<MediaId> {
    MediaId::new(id).ok()
}

/// What happened, as a typed value: one variant for each kind of notification that Finesse documents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<'a> {
    /// A user changed: the agent, or a member of a team, whose user is a summary.
    User(&'a User),
    /// A user was deleted.
    UserDeleted(UserId),
    /// Dialogs of a user were added: calls, or tasks where the source says so.
    DialogsAdded(UserId, &'a List<Dialog>),
    /// Dialogs of a user were removed, as they last were.
    DialogsRemoved(UserId, &'a List<Dialog>),
    /// A dialog changed.
    Dialog(&'a Dialog),
    /// Something that had been accepted was refused.
    Refused(&'a ApiErrors),
    /// An agent's state in a media routing domain changed.
    Media(&'a Media),
    /// An agent left a media routing domain for good.
    MediaRemoved(UserId, MediaId),
    /// A team changed.
    Team(&'a Team),
    /// A queue changed.
    Queue(&'a Queue),
    /// A queue was deleted.
    QueueDeleted(QueueId),
    /// Queues were added to a user's.
    QueuesAdded(UserId, &'a List<Queue>),
    /// Queues were removed from a user's; only their URIs are there.
    QueuesRemoved(UserId, &'a List<Queue>),
    /// The side itself.
    System(&'a SystemInfo),
    /// The desktop's log is wanted.
    LogWanted(UserId, Option<&'a ClientLog>),
    /// Several devices share the extension of a sign-in; one must be chosen.
    DevicesOffered(&'a List<Device>),
    /// A message to a team. Its notification is not documented.
    TeamMessage(&'a TeamMessage),
    /// Anything else; see the update itself.
    Other,
}

impl Update {
    /// What the source is.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::parse(&self.source)
    }

    /// What happened.
    #[must_use]
    pub fn change(&self) -> Change<'_> {
        use Change as C;
        use Resource as R;
        match (self.subject(), &self.event, &self.data) {
            (_, _, Some(R::ApiErrors(errors))) => C::Refused(errors),
            (Subject::User(id), Verb::Delete, _) => C::UserDeleted(id),
            (Subject::Queue(id), Verb::Delete, _) => C::QueueDeleted(id),
            (Subject::Media(user, media), Verb::Delete, _) => C::MediaRemoved(user, media),
            (Subject::UserDialogs(id) | Subject::UserTasks(id, _), verb, Some(R::Dialogs(list))) => {
                match verb {
                    Verb::Delete => C::DialogsRemoved(id, list),
                    Verb::Post => C::DialogsAdded(id, list),
                    _ => C::Other,
                }
            }
            (Subject::UserQueues(id), verb, Some(R::Queues(list))) => match verb {
                Verb::Delete => C::QueuesRemoved(id, list),
                _ => C::QueuesAdded(id, list),
            },
            (Subject::ClientLog(id), _, Some(R::ClientLog(log))) => C::LogWanted(id, Some(log)),
            (Subject::ClientLog(id), _, _) => C::LogWanted(id, None),
            (_, Verb::Delete, _) => C::Other,
            (_, _, Some(R::User(user))) => C::User(user),
            (_, _, Some(R::Dialog(dialog))) => C::Dialog(dialog),
            (_, _, Some(R::Media(media))) => C::Media(media),
            (_, _, Some(R::Team(team))) => C::Team(team),
            (_, _, Some(R::Queue(queue))) => C::Queue(queue),
            (_, _, Some(R::SystemInfo(info))) => C::System(info),
            (_, _, Some(R::Devices(devices))) => C::DevicesOffered(devices),
            (_, _, Some(R::TeamMessage(message))) => C::TeamMessage(message),
            _ => C::Other,
        }
    }
}
