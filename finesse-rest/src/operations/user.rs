//! `/User/{id}`: the agent.

use std::fmt;
use std::future::IntoFuture;

use finesse_model::request::RequestError;
use finesse_model::{
    Dialogs, Extension, List, MediaPropertiesLayout, MobileMode, Queue, ReasonCategory, ReasonCode,
    ReasonCodeId, TeamMessage, User, UserId, UserState, Workflow, WrapUpReason,
};

use super::phone_books::PhoneBooks;
use crate::client::{Boxed, Client, Plain, SignIn, SignOut, Write};
use crate::command::Command;
use crate::error::Error;
use crate::plan::{Plan, path, with_query};

/// One user. See [`Client::user`].
#[derive(Debug, Clone)]
pub struct UserResource<'a> {
    pub(super) client: &'a Client,
    id: String,
}

impl Client {
    /// One user, by loginId: `client.user("40217").get().await`, or shorter `client.user("40217").await`. The id is checked when a request is made.
    pub fn user(&self, id: impl fmt::Display) -> UserResource<'_> {
        UserResource { client: self, id: id.to_string() }
    }
}

impl<'a> UserResource<'a> {
    pub(super) fn id(&self) -> Result<UserId, Error> {
        UserId::new(&self.id).map_err(|error| self.client.refused("naming a user", "id", error.to_string()))
    }

    /// A path below the user.
    pub(super) fn path(&self, below: &[&str]) -> Result<String, RequestError> {
        let id = UserId::new(&self.id).map_err(|error| RequestError::new("id", error.to_string()))?;
        path(&[&["User", id.as_str()], below].concat())
    }

    /// What is said of an operation.
    pub(super) fn saying(&self, what: &str) -> String {
        format!("{what} of user {}", crate::outcome::quote(&self.id))
    }

    async fn list<T>(
        &self,
        below: &[&str],
        query: &[(&str, &str)],
        what: &str,
        decode: impl FnOnce(&str) -> Result<T, finesse_model::DecodeError>,
    ) -> Result<T, Error> {
        let operation = self.saying(what);
        let plan = self.path(below).map(|path| Plan::get(with_query(path, query)));
        self.client.read(plan, &operation, decode).await
    }

    /// Signs the user in on this extension, with options for the device and for mobile agents. Signing in while signed in keeps the state, and no
    /// notification may come. Self. 202; 400, 401, 404, 500, 503.
    pub fn sign_in(&self, extension: Extension) -> Write<'a, SignIn> {
        let command = self.id().map(|user| Command::SignIn { user, extension, device: None, mobile: None });
        Write::command(self.client, command)
    }

    /// Signs the user in as a mobile agent, who is called at this number. Self. 202; 400, 401, 404, 500, 501 (CCX), 503. CCE.
    pub fn sign_in_as_mobile_agent(
        &self,
        extension: Extension,
        mode: MobileMode,
        dial_number: impl Into<String>,
    ) -> Write<'a, SignIn> {
        self.sign_in(extension).mobile(mode, dial_number)
    }

    /// Signs the user out, with options for the reason and for media routing domains. Self (from `NOT_READY`; on CCX also from `READY`), or a
    /// supervisor without a reason. 202; 400, 401, 404, 500, 503.
    pub fn sign_out(&self) -> Write<'a, SignOut> {
        let command = self.id().map(|user| Command::SignOut { user, reason: None, all_media: false });
        Write::command(self.client, command)
    }

    /// Changes the user's state. Self: `READY`, `NOT_READY`, `WORK`, `WORK_READY` (CCE), `LOGOUT`; a supervisor: `READY`, `NOT_READY`, `LOGOUT`.
    /// Asked for on a call, it is pending until the call is over. 202; 400, 401, 404, 500, 503.
    pub fn change_state(&self, state: UserState) -> Write<'a, Plain> {
        Write::command(self.client, self.id().map(|user| Command::SetState { user, state, reason: None }))
    }

    /// Changes the user's state to `NOT_READY` or `LOGOUT` and says why, by the database id of a reason code (not its number). Self only. 202; 400,
    /// 401, 404, 500, 503.
    pub fn change_state_with_reason(&self, state: UserState, reason: ReasonCodeId) -> Write<'a, Plain> {
        let reason = Some(reason);
        Write::command(self.client, self.id().map(|user| Command::SetState { user, state, reason }))
    }

    /// Reads the user. Self or administrator. 200; 401, 404, 500, 503.
    pub async fn get(&self) -> Result<User, Error> {
        let operation = format!("reading user {}", crate::outcome::quote(&self.id));
        let plan = self.path(&[]).map(Plan::get);
        self.client.read(plan, &operation, User::from_xml).await
    }

    /// Reads the user's calls. Self, supervisor or administrator. 200; 401, 404, 500, 503.
    pub async fn dialogs(&self) -> Result<Dialogs, Error> {
        self.list(&["Dialogs"], &[], "reading dialogs", Dialogs::from_xml).await
    }

    /// Reads the user's tasks in a media routing domain. Self, supervisor or administrator. 200; 401, 404, 500, 501 (CCX), 503. CCE, from 11.5(1).
    pub async fn nonvoice_dialogs(&self, media: impl fmt::Display) -> Result<Dialogs, Error> {
        let media = media.to_string();
        self.list(&["Media", &media, "Dialogs"], &[], "reading tasks", Dialogs::from_xml).await
    }

    /// Reads the user's tasks in all media routing domains. Self, supervisor or administrator. 200; 401, 404, 500, 501 (CCX), 503. CCE, from 11.5(1). The
    /// path is inferred: it is that of the notifications.
    pub async fn all_nonvoice_dialogs(&self) -> Result<Dialogs, Error> {
        self.list(&["Dialogs", "Media"], &[], "reading all tasks", Dialogs::from_xml).await
    }

    /// Reads the user's calls and tasks together. Self, supervisor or administrator. 200; 401, 404, 500, 503. Tasks: CCE, from 11.5(1). The query is
    /// inferred.
    pub async fn all_dialogs(&self) -> Result<Dialogs, Error> {
        let query = [("includeNonVoice", "true")];
        self.list(&["Dialogs"], &query, "reading dialogs and tasks", Dialogs::from_xml).await
    }

    /// Reads the user's outbound reservations. Self. 200; 401, 404, 500, 503. The path is inferred from its neighbours.
    pub async fn reservation_dialogs(&self) -> Result<Dialogs, Error> {
        self.list(&["Dialogs", "Reservation"], &[], "reading reservations", Dialogs::from_xml).await
    }

    /// Reads one reason code. Self or administrator. 200; 401, 404, 500, 503.
    pub async fn reason_code(&self, id: impl fmt::Display) -> Result<ReasonCode, Error> {
        let id = id.to_string();
        self.list(&["ReasonCode", &id], &[], "reading a reason code", ReasonCode::from_xml).await
    }

    /// Reads the reason codes that the user may give. Self or administrator. 200; 401, 404, 500, 503. Deprecated from 12.5(1) in favour of the
    /// team's resources.
    pub async fn reason_codes(&self, category: ReasonCategory) -> Result<List<ReasonCode>, Error> {
        let query = [("category", category.as_str())];
        self.list(&["ReasonCodes"], &query, "reading reason codes", List::<ReasonCode>::from_xml).await
    }

    /// Reads one wrap-up reason. Self or administrator. 200; 401, 404, 500, 503.
    pub async fn wrap_up_reason(&self, id: impl fmt::Display) -> Result<WrapUpReason, Error> {
        let id = id.to_string();
        self.list(&["WrapUpReason", &id], &[], "reading a wrap-up reason", WrapUpReason::from_xml).await
    }

    /// Reads the wrap-up reasons that the user may give. Self or administrator. 200; 401, 404, 500, 503. Deprecated from 12.5(1) in favour of the
    /// team's resources.
    pub async fn wrap_up_reasons(&self) -> Result<List<WrapUpReason>, Error> {
        self.list(&["WrapUpReasons"], &[], "reading wrap-up reasons", List::<WrapUpReason>::from_xml).await
    }

    /// Reads the default layout of call data. Self. 200; 401, 404, 500, 503.
    pub async fn media_properties_layout(&self) -> Result<MediaPropertiesLayout, Error> {
        let below = ["MediaPropertiesLayout"];
        self.list(&below, &[], "reading the layout", MediaPropertiesLayout::from_xml).await
    }

    /// Reads the layouts of call data. Self. 200; 401, 404, 500, 503. From 11.0(1); deprecated from 12.5(1) in favour of the team's resources.
    pub async fn media_properties_layouts(&self) -> Result<List<MediaPropertiesLayout>, Error> {
        let below = ["MediaPropertiesLayouts"];
        self.list(&below, &[], "reading layouts", List::<MediaPropertiesLayout>::from_xml).await
    }

    /// Reads the user's phone books, all that the server gives or a range of contacts. Self. 200, 206; 401, 404, 416, 500, 503. Deprecated from
    /// 12.5(1) in favour of the team's resources.
    pub fn phone_books(&self) -> PhoneBooks<'a> {
        PhoneBooks::new(self.client, self.saying("reading phone books"), self.path(&["PhoneBooks"]))
    }

    /// Reads the user's workflows. Self. 200; 401, 404, 500, 503. Deprecated from 12.5(1) in favour of the team's resources.
    pub async fn workflows(&self) -> Result<List<Workflow>, Error> {
        self.list(&["Workflows"], &[], "reading workflows", List::<Workflow>::from_xml).await
    }

    /// Reads the user's queues with their statistics; of a supervisor also those of the team. Any user. 200; 401, 404, 500, 503. On CCX without
    /// statistics.
    pub async fn queues(&self) -> Result<List<Queue>, Error> {
        self.list(&["Queues"], &[], "reading queues", List::<Queue>::from_xml).await
    }

    /// Reads the messages that the user wrote to teams. Self. 200; 401, 404, 500, 503. From 12.0(1). The path is inferred from its neighbours.
    pub async fn team_messages(&self) -> Result<List<TeamMessage>, Error> {
        self.list(&["TeamMessages"], &[], "reading team messages", List::<TeamMessage>::from_xml).await
    }
}

impl<'a> IntoFuture for UserResource<'a> {
    type Output = Result<User, Error>;
    type IntoFuture = Boxed<'a, User>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.get().await })
    }
}
