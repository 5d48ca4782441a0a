//! The configuration of the system: settings there is one of each, collections of objects, and what is assigned to teams.
//!
//! Only the primary node takes these requests. A client knows one side and never speaks to the other by itself: at the secondary a request ends in
//! the kind [`SecondaryNode`](crate::ErrorKind::SecondaryNode), which names the primary, and the caller makes a client for that one.
//!
//! Writes are done with their answer; nobody is notified. What is written is the object that was read or made, checked against the limits of the
//! guide first: see [`Draft`](finesse_model::request::Draft).

mod cloud_connect;
mod collection;
mod contact;
mod phone_book;
mod setting;
mod system_variable;
mod team_config;

pub use self::cloud_connect::CloudConnect;
pub use self::collection::{Collection, CollectionOf};
pub use self::setting::{Setting, SettingOf};
pub use self::system_variable::SystemVariables;
pub use self::team_config::{TeamAssignments, Teams};
use crate::client::{Client, Place};
use crate::error::Error;

/// The configuration of the system. See [`Client::configuration`].
#[derive(Debug, Clone)]
pub struct Configuration<'a> {
    client: &'a Client,
}

impl Client {
    /// The configuration of the system, for the administrator at the primary node.
    #[must_use]
    pub fn configuration(&self) -> Configuration<'_> {
        Configuration { client: self }
    }
}

impl Configuration<'_> {
    /// Looks up first whether this side is the primary node, so that nothing is sent to the secondary one. Where SystemInfo does not tell, the
    /// server's own answer decides later.
    ///
    /// # Errors
    ///
    /// It is the secondary: [`SecondaryNode`](crate::ErrorKind::SecondaryNode), with the primary named. Or SystemInfo cannot be read.
    pub async fn on_primary(self) -> Result<Self, Error> {
        match self.client.place().await? {
            Place::Primary | Place::Unknown => Ok(self),
            Place::Secondary(primary) => {
                Err(self.client.secondary("looking up the primary node", primary, None))
            }
        }
    }
}
