//! Sugar: one user or one call as a thing with methods. Ids are checked when a request is made.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use finesse_model::{Dialog, DialogId, Dialogs, Extension, ReasonCodeId, RequestId, User, UserId, UserState};

use super::Client;
use crate::api::{Accepted, SideApi};
use crate::command::{CallAction, Command};
use crate::error::Error;

type Sent = Result<(RequestId, Accepted), Error>;
type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// One user on one side. See [`Client::user`].
#[derive(Debug, Clone)]
pub struct UserResource<'a> {
    client: &'a Client,
    id: String,
}

impl<'a> UserResource<'a> {
    pub(super) fn new(client: &'a Client, id: String) -> Self {
        Self { client, id }
    }

    fn id(&self) -> Result<UserId, Error> {
        UserId::new(&self.id).map_err(|error| self.client.refused("naming a user", error.to_string()))
    }

    /// Reads the user.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self) -> Result<User, Error> {
        SideApi::user(self.client, &self.id()?).await
    }

    /// Reads the user's calls.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn dialogs(&self) -> Result<Dialogs, Error> {
        self.client.dialogs(&self.id()?).await
    }

    /// Signs the user in on this extension.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn sign_in(&self, extension: Extension) -> Sent {
        self.client.send(&Command::SignIn { user: self.id()?, extension, device: None, mobile: None }).await
    }

    /// Signs the user out.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn sign_out(&self, reason: Option<ReasonCodeId>) -> Sent {
        self.client.send(&Command::SignOut { user: self.id()?, reason }).await
    }

    /// Changes the user's state.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn set_state(&self, state: UserState, reason: Option<ReasonCodeId>) -> Sent {
        self.client.send(&Command::SetState { user: self.id()?, state, reason }).await
    }

    /// Calls somebody from the user's extension.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn make_call(&self, from: Extension, to: impl Into<String>) -> Sent {
        self.client.send(&Command::MakeCall { user: self.id()?, from, to: to.into() }).await
    }
}

impl<'a> IntoFuture for UserResource<'a> {
    type Output = Result<User, Error>;
    type IntoFuture = Boxed<'a, User>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.get().await })
    }
}

/// One call on one side. See [`Client::dialog`].
#[derive(Debug, Clone)]
pub struct DialogResource<'a> {
    client: &'a Client,
    id: String,
}

impl<'a> DialogResource<'a> {
    pub(super) fn new(client: &'a Client, id: String) -> Self {
        Self { client, id }
    }

    fn id(&self) -> Result<DialogId, Error> {
        DialogId::new(&self.id).map_err(|error| self.client.refused("naming a dialog", error.to_string()))
    }

    /// Reads the call.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self) -> Result<Dialog, Error> {
        SideApi::dialog(self.client, &self.id()?).await
    }

    /// Acts on the call for the agent with this extension.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn act(&self, action: CallAction, target: Extension) -> Sent {
        self.client.send(&Command::Call { dialog: self.id()?, action, target }).await
    }
}

impl<'a> IntoFuture for DialogResource<'a> {
    type Output = Result<Dialog, Error>;
    type IntoFuture = Boxed<'a, Dialog>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.get().await })
    }
}
