//! Commands of an agent: each ends in exactly one outcome.
//!
//! A command given while the session is not live is refused as not sent: carrying out an agent's click forty seconds later is
//! worse than refusing it.

use finesse_model::{DialogId, Extension, ReasonCodeId, UserId, UserState};
use finesse_rest::{CallAction, Command};
use tokio::sync::{mpsc, oneshot};

use crate::outcome::Outcome;
use crate::resync::CommandRequest;

/// Gives commands to a session. Clones give them to the same session.
#[derive(Debug, Clone)]
pub struct Commands {
    sender: mpsc::Sender<CommandRequest>,
    user: UserId,
    extension: Option<Extension>,
}

impl Commands {
    pub(crate) fn new(
        sender: mpsc::Sender<CommandRequest>,
        user: UserId,
        extension: Option<Extension>,
    ) -> Self {
        Self { sender, user, extension }
    }

    /// Submits any command and waits for its outcome: "not sent" for whatever the session has not taken before it ended.
    pub async fn submit(&self, command: Command) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        if self.sender.send(CommandRequest { command, reply }).await.is_err() {
            return Outcome::NotSent { why: String::from("the session is closed") };
        }
        // The session answers every request; it goes silent only if it is dropped after it has taken this one.
        outcome.await.unwrap_or(Outcome::Unknown {
            why: String::from("the session ended before the outcome was known"),
        })
    }

    /// READY: calls may come.
    pub async fn ready(&self) -> Outcome {
        self.set_state(UserState::Ready, None).await
    }

    /// NOT_READY, with the database id of a reason code where the site demands one.
    pub async fn not_ready(&self, reason: Option<ReasonCodeId>) -> Outcome {
        self.set_state(UserState::NotReady, reason).await
    }

    /// Any state that can be asked for.
    pub async fn set_state(&self, state: UserState, reason: Option<ReasonCodeId>) -> Outcome {
        self.submit(Command::SetState { user: self.user.clone(), state, reason }).await
    }

    /// Signs the agent out.
    pub async fn sign_out(&self, reason: Option<ReasonCodeId>) -> Outcome {
        self.submit(Command::SignOut { user: self.user.clone(), reason, all_media: false }).await
    }

    /// Calls `to` from the agent's extension. Never repeated by itself.
    pub async fn make_call(&self, to: impl Into<String>) -> Outcome {
        match self.extension.clone() {
            Some(from) => {
                self.submit(Command::MakeCall {
                    user: self.user.clone(),
                    from,
                    to: to.into(),
                    variables: Vec::new(),
                })
                .await
            }
            None => observer(),
        }
    }

    /// Commands on one dialog.
    #[must_use]
    pub fn call(&self, dialog: &DialogId) -> Call {
        Call { commands: self.clone(), dialog: dialog.clone() }
    }
}

/// Commands on one dialog, for the agent's own extension.
#[derive(Debug, Clone)]
pub struct Call {
    commands: Commands,
    dialog: DialogId,
}

impl Call {
    /// Answers it.
    pub async fn answer(&self) -> Outcome {
        self.act(CallAction::Answer).await
    }

    /// Puts it on hold.
    pub async fn hold(&self) -> Outcome {
        self.act(CallAction::Hold).await
    }

    /// Takes it back from hold.
    pub async fn retrieve(&self) -> Outcome {
        self.act(CallAction::Retrieve).await
    }

    /// Leaves it.
    pub async fn drop_call(&self) -> Outcome {
        self.act(CallAction::Drop).await
    }

    /// Completes a consult as a transfer; given on the held dialog. Never repeated by itself.
    pub async fn transfer(&self) -> Outcome {
        self.act(CallAction::Transfer).await
    }

    /// Completes a consult as a conference; given on the held dialog. Never repeated by itself.
    pub async fn conference(&self) -> Outcome {
        self.act(CallAction::Conference).await
    }

    /// Calls a third party to consult. Never repeated by itself.
    pub async fn consult(&self, to: impl Into<String>) -> Outcome {
        let to = to.into();
        self.with_extension(|dialog, target| Command::ConsultCall {
            dialog,
            target,
            to,
            variables: Vec::new(),
        })
        .await
    }

    /// Transfers without consulting. Never repeated by itself.
    pub async fn blind_transfer(&self, to: impl Into<String>) -> Outcome {
        let to = to.into();
        self.with_extension(|dialog, target| Command::BlindTransfer { dialog, target, to }).await
    }

    /// Sends DTMF tones. Never repeated by itself.
    pub async fn send_dtmf(&self, digits: impl Into<String>) -> Outcome {
        let digits = digits.into();
        self.with_extension(|dialog, target| Command::SendDtmf { dialog, target, digits }).await
    }

    /// Changes call variables, and the wrap-up reason if one is given.
    pub async fn update_call_data(
        &self,
        variables: Vec<(String, String)>,
        wrap_up_reason: Option<String>,
    ) -> Outcome {
        let target = self.commands.extension.clone();
        let command = Command::UpdateCallData {
            dialog: self.dialog.clone(),
            target,
            variables,
            wrap_up_reason,
            wrap_up_items: Vec::new(),
        };
        self.commands.submit(command).await
    }

    async fn act(&self, action: CallAction) -> Outcome {
        self.with_extension(|dialog, target| Command::Call { dialog, action, target: target.into() }).await
    }

    async fn with_extension(&self, command: impl FnOnce(DialogId, Extension) -> Command) -> Outcome {
        match self.commands.extension.clone() {
            Some(target) => self.commands.submit(command(self.dialog.clone(), target)).await,
            None => observer(),
        }
    }
}

fn observer() -> Outcome {
    Outcome::NotSent { why: String::from("this session only observes: it was opened without an extension") }
}
