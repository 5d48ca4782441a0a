//! What a link tells its owner.

use finesse_model::{DecodeError, Update};

use crate::error::LinkError;

/// One thing that happened on the link, in the order in which the server said it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Something changed, says the server.
    Notification(Notification),
    /// The web application on the server comes or goes.
    FinessePresence(Presence),
    /// The link is over. Always the last event, and there is always exactly one.
    Ended(LinkError),
}

/// Whether the user `finesse` of the server is present, that is whether its web application runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It runs.
    Available,
    /// It stopped. The notification service itself is still there.
    Unavailable,
}

/// One published item. A hint about state, not a log: items may be lost, late, or sent twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The pubsub node it was published to, such as `/finesse/api/User/40217/Dialogs`.
    pub node: String,
    /// The id of the item, if it has one.
    pub item_id: Option<String>,
    /// True if it may be old and must not be taken for news: the server marked it as kept for later, or it was the first item of a node
    /// between our subscribe and the next answered ping, as which a server pushes the last one it ever published. Who subscribes reads the
    /// resource afterwards anyway.
    pub delayed: bool,
    /// The content, or why it could not be read. A bad payload does not end the link.
    pub update: Result<Update, DecodeError>,
}
