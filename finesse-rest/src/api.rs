//! The operations on one side as a trait, so that what stands above can be tested without a server.

use async_trait::async_trait;
use finesse_model::{Dialog, DialogId, Dialogs, RequestId, SystemInfo, User, UserId};

use crate::command::Command;
use crate::error::Error;

/// What the server said to a write: queued. The outcome comes as a notification, at best with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The HTTP status, some 2xx.
    pub status: u16,
    /// The id as the server echoed it, if it did.
    pub request_id: Option<RequestId>,
}

impl Accepted {
    /// For mocks and for services of one's own.
    #[must_use]
    pub fn new(status: u16, request_id: Option<RequestId>) -> Self {
        Self { status, request_id }
    }
}

/// One side's REST API. [`Client`](crate::Client) is the real one; with the feature `mock` there is a `MockSideApi`.
///
/// Nothing here retries, and nothing knows of another side.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SideApi: Send + Sync {
    /// Reads what the side says about itself. Also answered while it is out of service.
    async fn system_info(&self) -> Result<SystemInfo, Error>;

    /// Reads a user.
    async fn user(&self, id: &UserId) -> Result<User, Error>;

    /// Reads a user's calls.
    async fn dialogs(&self, id: &UserId) -> Result<Dialogs, Error>;

    /// Reads one call.
    async fn dialog(&self, id: &DialogId) -> Result<Dialog, Error>;

    /// Sends a command under an id of the caller's choice. Never sends it twice.
    async fn submit(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error>;

    /// Ends the writes that wait for an earlier one to the same object as not sent. What is being sent goes on.
    fn withhold_waiting(&self);
}
