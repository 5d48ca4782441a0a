//! The client of one side: what all operations share.
//!
//! The operations themselves are in [`crate::operations`], one module for each resource.
//!
//! Invariants: every request goes to the one base URL given at the start; no request is sent twice; writes to one object are sent one after
//! the other; clones share connections and that order.

mod builder;
mod exchange;
mod primary;
mod raw;
mod turns;
mod write;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use finesse_model::request::RequestError;
use finesse_model::{Dialog, DialogId, Dialogs, RequestId, SystemInfo, User, UserId};
use http::Method;
use tokio::sync::OnceCell;

pub use self::builder::ClientBuilder;
pub use self::exchange::{Reach, Receipt};
pub(crate) use self::primary::Place;
pub use self::raw::{RawAnswer, RawRequest};
use self::turns::Turns;
pub use self::write::{CallData, Callback, MediaSignIn, NewCall, Plain, SignIn, SignOut, Write};
use crate::api::{Accepted, SideApi};
use crate::base::BaseUrl;
use crate::command::Command;
#[cfg(feature = "reqwest")]
use crate::credentials::Credentials;
use crate::error::Error;
use crate::plan::Plan;
use crate::stack::Stack;

/// The future of a builder that is awaited.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The REST API of one side.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) base: BaseUrl,
    user: Option<UserId>,
    stack: Stack,
    turns: Turns,
    /// Which node it is, once somebody needed to know.
    place: OnceCell<Place>,
    /// How long a piece of a stream may be awaited.
    pub(crate) patience: Duration,
    /// The largest piece of a stream.
    pub(crate) body_cap: usize,
}

impl Client {
    /// A client for `https://host:port` that trusts what the system trusts. For everything else there is [`Client::builder`].
    ///
    /// # Errors
    ///
    /// The address is not of that form, or the system has no root certificates.
    #[cfg(feature = "reqwest")]
    pub fn new(base_url: impl AsRef<str>, credentials: Credentials) -> Result<Self, Error> {
        Self::builder(base_url).credentials(credentials).build()
    }

    /// Begins a client for `https://host:port`.
    pub fn builder(base_url: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder::new(base_url.as_ref())
    }

    /// `https://host:port` of the side.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.base.as_str()
    }

    /// A request by hand, for paths that this crate has no operation for. `address` is a path below `/finesse/api`, a path from the root that begins
    /// with `/desktop/`, `/finesse/` or `/finesse-dp/`, or a whole address of this side, such as a `Location`. It may have a query and is taken as it
    /// is, so what stands in it must be percent-encoded. Other hosts are refused.
    pub fn request(&self, method: Method, address: impl AsRef<str>) -> RawRequest<'_> {
        RawRequest::new(self, method, address.as_ref())
    }

    /// Reads what the side says about itself. The same as `serviceability().system_info()`.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.serviceability().system_info().await
    }

    /// Sends a command under a new random id.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn send(&self, command: &Command) -> Result<Receipt, Error> {
        self.send_as(command, None).await
    }

    /// The one way of every command.
    pub(crate) async fn send_as(
        &self,
        command: &Command,
        request_id: Option<RequestId>,
    ) -> Result<Receipt, Error> {
        self.write(self.plan_of(command), &command.describe(), request_id).await
    }

    fn plan_of(&self, command: &Command) -> Result<Plan, RequestError> {
        if let Some(own) = &self.inner.user {
            command.check_sender(own)?;
        }
        command.plan()
    }
}

#[async_trait]
impl SideApi for Client {
    async fn system_info(&self) -> Result<SystemInfo, Error> {
        self.serviceability().system_info().await
    }

    async fn user(&self, id: &UserId) -> Result<User, Error> {
        Self::user(self, id).get().await
    }

    async fn dialogs(&self, id: &UserId) -> Result<Dialogs, Error> {
        Self::user(self, id).dialogs().await
    }

    async fn dialog(&self, id: &DialogId) -> Result<Dialog, Error> {
        Self::dialog(self, id).get().await
    }

    async fn submit(&self, command: &Command, request_id: &RequestId) -> Result<Accepted, Error> {
        self.send_as(command, Some(request_id.clone())).await.map(Accepted::from)
    }

    fn withhold_waiting(&self) {
        self.inner.turns.withhold();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("user", &self.inner.user.as_ref().map(UserId::as_str))
            .finish_non_exhaustive()
    }
}
