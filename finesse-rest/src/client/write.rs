//! A write under construction: what is optional is added by name, and awaiting it sends it.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use finesse_model::request::RequestError;
use finesse_model::{DialogLogoutAction, MobileAgent, MobileMode, ReasonCodeId, RequestId};

use super::{Boxed, Client, Receipt};
use crate::command::Command;
use crate::error::Error;
use crate::plan::Plan;

/// A write. Nothing is sent before it is awaited; then it is sent once. `Kind` says which options it has.
#[must_use = "a write is sent when it is awaited"]
pub struct Write<'a, Kind = Plain> {
    client: &'a Client,
    what: What,
    request_id: Option<RequestId>,
    kind: PhantomData<fn() -> Kind>,
}

/// A write without options of its own.
#[derive(Debug, Clone, Copy)]
pub enum Plain {}
/// A sign-in.
#[derive(Debug, Clone, Copy)]
pub enum SignIn {}
/// A sign-out.
#[derive(Debug, Clone, Copy)]
pub enum SignOut {}
/// A new call: made, or to consult.
#[derive(Debug, Clone, Copy)]
pub enum NewCall {}
/// Data of a call.
#[derive(Debug, Clone, Copy)]
pub enum CallData {}
/// A callback.
#[derive(Debug, Clone, Copy)]
pub enum Callback {}
/// A sign-in to a media routing domain.
#[derive(Debug, Clone, Copy)]
pub enum MediaSignIn {}

enum What {
    Command(Command),
    Plan {
        plan: Box<Result<Plan, RequestError>>,
        operation: String,
    },
    /// It cannot be sent.
    Nothing(Box<Error>),
}

impl<Kind> fmt::Debug for Write<'_, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Write");
        match &self.what {
            What::Command(command) => shown.field("command", &command.describe()),
            What::Plan { plan, operation } => shown.field("operation", operation).field("plan", plan),
            What::Nothing(error) => shown.field("error", error),
        };
        shown.finish_non_exhaustive()
    }
}

impl<'a, Kind> Write<'a, Kind> {
    pub(crate) fn command(client: &'a Client, command: Result<Command, Error>) -> Self {
        let what = command.map_or_else(|error| What::Nothing(Box::new(error)), What::Command);
        Self { client, what, request_id: None, kind: PhantomData }
    }

    pub(crate) fn plan(
        client: &'a Client,
        operation: impl Into<String>,
        plan: Result<Plan, RequestError>,
    ) -> Self {
        let what = What::Plan { plan: Box::new(plan), operation: operation.into() };
        Self { client, what, request_id: None, kind: PhantomData }
    }

    /// Sends it under this id instead of a new random one.
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.request_id = Some(id);
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Command)) -> Self {
        if let What::Command(command) = &mut self.what {
            change(command);
        }
        self
    }
}

impl<'a, Kind: 'a> IntoFuture for Write<'a, Kind> {
    type Output = Result<Receipt, Error>;
    type IntoFuture = Boxed<'a, Receipt>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, what, request_id, .. } = self;
        Box::pin(async move {
            match what {
                What::Command(command) => client.send_as(&command, request_id).await,
                What::Plan { plan, operation } => client.write(*plan, &operation, request_id).await,
                What::Nothing(error) => Err(*error),
            }
        })
    }
}

impl Write<'_, SignIn> {
    /// Which of several devices with that extension. CCE, from 12.6(1).
    pub fn device(self, id: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::SignIn { device, .. } = command {
                *device = Some(id.into());
            }
        })
    }

    /// As a mobile agent, who is called at this number. CCE.
    pub fn mobile(self, how: MobileMode, dial_number: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::SignIn { mobile, .. } = command {
                let dial_number = Some(dial_number.into());
                *mobile = Some(MobileAgent { mode: Some(how), dial_number, ..MobileAgent::default() });
            }
        })
    }
}

impl Write<'_, SignOut> {
    /// Says why, by the database id of a reason code. An agent's own sign-out only.
    pub fn reason(self, id: ReasonCodeId) -> Self {
        self.change(|command| {
            if let Command::SignOut { reason, .. } | Command::MediaSignOut { reason, .. } = command {
                *reason = Some(id);
            }
        })
    }

    /// The agent also leaves all media routing domains. CCE; without meaning for one domain.
    pub fn all_media(self) -> Self {
        self.change(|command| {
            if let Command::SignOut { all_media, .. } = command {
                *all_media = true;
            }
        })
    }
}

impl Write<'_, NewCall> {
    /// Gives the call a call variable from the beginning. CCE.
    pub fn variable(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::MakeCall { variables, .. } | Command::ConsultCall { variables, .. } = command {
                variables.push((name.into(), value.into()));
            }
        })
    }
}

impl Write<'_, CallData> {
    /// Sets a call variable, an ECC variable or one place of an ECC array.
    pub fn variable(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::UpdateCallData { variables, .. } = command {
                variables.push((name.into(), value.into()));
            }
        })
    }

    /// Sets the wrap-up reason, by its label.
    pub fn wrap_up_reason(self, label: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::UpdateCallData { wrap_up_reason, .. } = command {
                *wrap_up_reason = Some(label.into());
            }
        })
    }

    /// Adds one of several wrap-up reasons. CCX.
    pub fn wrap_up_item(self, label: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::UpdateCallData { wrap_up_items, .. } = command {
                wrap_up_items.push(label.into());
            }
        })
    }
}

impl Write<'_, Callback> {
    /// When to call: `YYYY-MM-DDThh:mm` in the customer's time zone.
    pub fn at(self, when: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::ScheduleCallback { time, .. } = command {
                *time = Some(when.into());
            }
        })
    }

    /// Which number to call.
    pub fn number(self, address: impl Into<String>) -> Self {
        self.change(|command| {
            if let Command::ScheduleCallback { number, .. } = command {
                *number = Some(address.into());
            }
        })
    }
}

impl Write<'_, MediaSignIn> {
    /// What happens to tasks when the agent's session ends; default of the server: they are closed.
    pub fn at_logout(self, action: DialogLogoutAction) -> Self {
        self.change(|command| {
            if let Command::MediaSignIn { at_logout, .. } = command {
                *at_logout = Some(action);
            }
        })
    }
}
