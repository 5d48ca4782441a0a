//! Every documented operation, one module for each group of `operations.toml`, one method for each operation, named as the list names it.
//!
//! The documentation of a method says what it does, who may call it, which statuses are documented ("202; 400, 401" is: 202 when it goes well,
//! 400 and 401 as refusals), since which release it exists where that is not 10.x or before, and on which platform where it is not both. "Self" is
//! the user in the path; "supervisor" one who leads the user's team; "administrator" the application account. What a refusal means is told by
//! [`ErrorKind`](crate::ErrorKind) and by [`Error::api_errors`](crate::Error::api_errors).
//!
//! Writes to users, dialogs and media are only queued by a good answer; a notification tells the outcome. Writes to the configuration are done
//! with the answer, and nobody is notified.

mod client_log;
mod configuration;
mod desktop;
mod devices;
mod dialog;
mod media;
mod media_domain;
mod phone_books;
mod queue;
mod script_selectors;
mod serviceability;
pub(crate) mod sso;
mod team;
mod team_message;
mod team_resource;
mod user;
mod users;

pub use self::client_log::ClientLogResource;
pub use self::configuration::{
    CloudConnect, Collection, CollectionOf, Configuration, Setting, SettingOf, SystemVariables,
    TeamAssignments, Teams,
};
pub use self::desktop::{Desktop, DesktopConfig};
pub use self::devices::Devices;
pub use self::dialog::{DialogResource, PreviewAnswer};
pub use self::media::{MediaListResource, MediaResource};
pub use self::media_domain::MediaDomains;
pub use self::phone_books::{ObjectRange, Page, Pages, PhoneBooks};
pub use self::queue::QueueResource;
pub use self::script_selectors::{MrdType, ScriptSelectors};
pub use self::serviceability::Serviceability;
pub use self::sso::{SignOnTest, SingleSignOn, Tokens};
pub use self::team::TeamResource;
pub use self::team_message::{TeamMessageResource, TeamMessages};
pub use self::team_resource::TeamResources;
pub use self::user::UserResource;
pub use self::users::{UserStream, Users};
