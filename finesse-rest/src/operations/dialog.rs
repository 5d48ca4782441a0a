//! `/Dialog/{id}`: calls and tasks, and making them.

use std::fmt;
use std::future::IntoFuture;

use finesse_model::{Dialog, DialogId, Extension, MediaAddress, OutboundClassification, UserId};

use super::user::UserResource;
use crate::client::{Boxed, CallData, Callback, Client, NewCall, Plain, Write};
use crate::command::{CallAction, Command};
use crate::error::Error;
use crate::outcome::quote;
use crate::plan::{Plan, path};

/// One call or task. See [`Client::dialog`].
#[derive(Debug, Clone)]
pub struct DialogResource<'a> {
    client: &'a Client,
    id: String,
}

/// What becomes of a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PreviewAnswer {
    /// The customer is called.
    Accept,
    /// The customer is not called, and not offered again.
    Close,
    /// The customer is not called now; another agent may be offered the call.
    Reject,
}

impl Client {
    /// One call or task: `client.dialog("16804377").get().await`, or shorter `client.dialog("16804377").await`. The id is checked when a request is
    /// made.
    pub fn dialog(&self, id: impl fmt::Display) -> DialogResource<'_> {
        DialogResource { client: self, id: id.to_string() }
    }
}

impl<'a> UserResource<'a> {
    /// Calls somebody from the user's extension, with options for call variables. Self: an agent or a supervisor, in `NOT_READY`; on CCE from 12.5(1)
    /// also in `READY`. 202; 400, 401, 404, 500, 503.
    pub fn make_call(&self, from: Extension, to: impl Into<String>) -> Write<'a, NewCall> {
        let (to, variables) = (to.into(), Vec::new());
        Write::command(self.client, self.id().map(|user| Command::MakeCall { user, from, to, variables }))
    }

    /// Listens to the call of an agent. The user is a supervisor in `NOT_READY`; the agent is talking. 202; 400, 401, 404, 500, 503.
    pub fn silent_monitor(&self, from: Extension, agent: Extension) -> Write<'a, Plain> {
        Write::command(self.client, self.id().map(|user| Command::SilentMonitor { user, from, agent }))
    }

    /// Joins a call that the user, a supervisor, listens to. `monitoring` is the dialog of the silent monitoring. 202; 400, 401, 404, 500, 503.
    pub fn barge_call(&self, from: Extension, agent: Extension, monitoring: DialogId) -> Write<'a, Plain> {
        let command = self.id().map(|user| Command::BargeCall { user, from, agent, monitoring });
        Write::command(self.client, command)
    }
}

impl<'a> DialogResource<'a> {
    fn id(&self) -> Result<DialogId, Error> {
        DialogId::new(&self.id)
            .map_err(|error| self.client.refused("naming a dialog", "id", error.to_string()))
    }

    fn command<Kind>(&self, command: impl FnOnce(DialogId) -> Command) -> Write<'a, Kind> {
        Write::command(self.client, self.id().map(command))
    }

    /// Reads the call or task. Who takes part, a supervisor, or the administrator. 200; 401, 404, 500, 503.
    pub async fn get(&self) -> Result<Dialog, Error> {
        let operation = format!("reading dialog {}", quote(&self.id));
        let plan = self.id().map(|id| path(&["Dialog", id.as_str()]))?;
        let plan = plan.map(Plan::get);
        self.client.read(plan, &operation, Dialog::from_xml).await
    }

    /// Acts on the call for the agent with this extension; on a task, for the agent with this id. Transfer and conference are asked of the held call,
    /// while the consult call is active. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn take_action(&self, action: CallAction, target: impl Into<MediaAddress>) -> Write<'a, Plain> {
        let target = target.into();
        self.command(|dialog| Command::Call { dialog, action, target })
    }

    /// Changes call variables and the wrap-up reason, all of which are options. An agent names the own extension, a supervisor and the administrator
    /// need not. Names are given once, and variables of the dialer (`BA…`) cannot be set. 202; 400, 401, 404, 500, 503.
    pub fn update_call_data(&self, target: Option<Extension>) -> Write<'a, CallData> {
        self.command(|dialog| Command::UpdateCallData {
            dialog,
            target,
            variables: Vec::new(),
            wrap_up_reason: None,
            wrap_up_items: Vec::new(),
        })
    }

    /// Sends tones: `0` to `9`, `*`, `#`, and on CCE `A` to `D`. Who takes part, not while holding. 202; 400, 401, 404, 500, 503.
    pub fn send_dtmf(&self, target: Extension, digits: impl Into<String>) -> Write<'a, Plain> {
        let digits = digits.into();
        self.command(|dialog| Command::SendDtmf { dialog, target, digits })
    }

    /// Calls a third party beside this active call, with options for call variables. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn make_consult_call(&self, target: Extension, to: impl Into<String>) -> Write<'a, NewCall> {
        let (to, variables) = (to.into(), Vec::new());
        self.command(|dialog| Command::ConsultCall { dialog, target, to, variables })
    }

    /// Transfers the call without consulting. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn blind_transfer(&self, target: Extension, to: impl Into<String>) -> Write<'a, Plain> {
        let to = to.into();
        self.command(|dialog| Command::BlindTransfer { dialog, target, to })
    }

    /// Stops listening; the dialog is that of the silent monitoring. The supervisor, by the own extension. 202; 400, 401, 404, 500, 503.
    pub fn end_silent_monitor(&self, supervisor: Extension) -> Write<'a, Plain> {
        self.take_action(CallAction::Drop, supervisor)
    }

    /// Leaves a call that was joined by a barge. The supervisor, by the own extension. 202; 400, 401, 404, 500, 503.
    pub fn end_barge_call(&self, supervisor: Extension) -> Write<'a, Plain> {
        self.take_action(CallAction::Drop, supervisor)
    }

    /// Removes somebody from a conference, by extension or number. A supervisor on the call; agents where the system allows it. 202; 400, 401, 404,
    /// 500, 501 (CCX), 503. CCE.
    pub fn drop_participant(&self, party: impl Into<String>) -> Write<'a, Plain> {
        let party = party.into();
        self.command(|dialog| Command::DropParticipant { dialog, party })
    }

    /// Records the call. Who takes part. 202; 400, 401, 404, 500, 503. CCX.
    pub fn start_recording(&self, target: Extension) -> Write<'a, Plain> {
        self.take_action(CallAction::StartRecording, target)
    }

    /// Accepts, closes or rejects a preview reservation. Who has it. 202; 400, 401, 404, 500, 501, 503. CCE.
    pub fn answer_preview(&self, answer: PreviewAnswer, target: Extension) -> Write<'a, Plain> {
        let action = match answer {
            PreviewAnswer::Accept => CallAction::Accept,
            PreviewAnswer::Close => CallAction::Close,
            PreviewAnswer::Reject => CallAction::Reject,
        };
        self.take_action(action, target)
    }

    /// Accepts, closes or rejects a direct preview reservation. Who has it. 202; 400, 401, 404, 500, 503. CCX, and CCE from 11.x.
    pub fn answer_direct_preview(&self, answer: PreviewAnswer, target: Extension) -> Write<'a, Plain> {
        self.answer_preview(answer, target)
    }

    /// Says what a direct preview call reached. The outcome shows only in the variable `BAResponse`. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn reclassify(&self, target: Extension, classification: OutboundClassification) -> Write<'a, Plain> {
        self.command(|dialog| Command::Reclassify { dialog, target, classification })
    }

    /// Schedules a callback or changes it; time and number are options, one of which must be given. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn schedule_callback(&self, target: Extension) -> Write<'a, Callback> {
        self.command(|dialog| Command::ScheduleCallback { dialog, target, time: None, number: None })
    }

    /// Cancels a callback. Who takes part. 202; 400, 401, 404, 500, 503.
    pub fn cancel_callback(&self, target: Extension) -> Write<'a, Plain> {
        self.take_action(CallAction::CancelCallback, target)
    }

    /// Transfers a task to a script selector. The agent who has it; errors come as notifications. 202; 400, 401, 404, 500, 501 (CCX), 503. CCE,
    /// from 11.5(1).
    pub fn transfer_task(&self, agent: UserId, selector: impl Into<String>) -> Write<'a, Plain> {
        let to = selector.into();
        self.command(|dialog| Command::TransferTask { dialog, agent, to })
    }
}

impl<'a> IntoFuture for DialogResource<'a> {
    type Output = Result<Dialog, Error>;
    type IntoFuture = Boxed<'a, Dialog>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.get().await })
    }
}
