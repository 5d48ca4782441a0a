//! Everything an agent or his supervisor can ask for that changes something, and how it is written as a request.
//!
//! Invariants: what the server is known to refuse for its form alone is refused here before anything is sent; every text is escaped; one
//! command is one request.

mod media_list;
mod variables;
mod write;

use finesse_model::request::RequestError;
use finesse_model::{
    DialogId, DialogLogoutAction, Extension, InterruptAction, Media, MediaAddress, MediaId, MediaState,
    MobileAgent, OutboundClassification, ReasonCodeId, UserId, UserState,
};

/// A write. The server's 202 means that it is queued; what becomes of it is reported by a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Joins a call that is silently monitored. A supervisor's.
    BargeCall {
        /// The supervisor.
        user: UserId,
        /// The supervisor's extension.
        from: Extension,
        /// The agent's extension.
        agent: Extension,
        /// The dialog of the silent monitoring.
        monitoring: DialogId,
    },
    /// Transfers a call without consulting (`TRANSFER_SST`).
    BlindTransfer {
        /// The active call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// Whom to transfer to.
        to: String,
    },
    /// Acts on a call, a preview or a task.
    Call {
        /// The call. For transfer and conference it is the held one.
        dialog: DialogId,
        /// What to do.
        action: CallAction,
        /// The agent's extension; for a task the agent's id.
        target: MediaAddress,
    },
    /// Calls a third party beside an active call.
    ConsultCall {
        /// The active call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// Whom to call.
        to: String,
        /// Call variables for the new call: names and values. CCE.
        variables: Vec<(String, String)>,
    },
    /// Removes somebody from a conference. CCE.
    DropParticipant {
        /// The conference.
        dialog: DialogId,
        /// The extension or number of who is removed.
        party: String,
    },
    /// Calls somebody.
    MakeCall {
        /// The agent.
        user: UserId,
        /// The agent's extension.
        from: Extension,
        /// Whom to call.
        to: String,
        /// Call variables for the new call: names and values. CCE.
        variables: Vec<(String, String)>,
    },
    /// Signs an agent in to a media routing domain. CCE.
    MediaSignIn {
        /// The agent.
        user: UserId,
        /// The media routing domain.
        media: MediaId,
        /// How many tasks at a time, 1 to 10.
        max_dialogs: u8,
        /// What happens to tasks when another medium interrupts.
        interrupt: InterruptAction,
        /// What happens to tasks when the agent's session ends.
        at_logout: Option<DialogLogoutAction>,
    },
    /// Signs an agent out of a media routing domain. CCE.
    MediaSignOut {
        /// The agent.
        user: UserId,
        /// The media routing domain.
        media: MediaId,
        /// Database id of a reason code, where the site demands one.
        reason: Option<ReasonCodeId>,
    },
    /// Changes several media routing domains of an agent at once. CCE, from 12.6(2).
    PutMedia {
        /// The agent.
        user: UserId,
        /// What is to be in each: `id`, and of state, reason code, limit, the two actions and `routable` what changes.
        list: Vec<Media>,
    },
    /// Says what a direct preview call reached.
    Reclassify {
        /// The call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// What it reached.
        classification: OutboundClassification,
    },
    /// Schedules a callback or changes it; at least one of time and number.
    ScheduleCallback {
        /// The call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// `YYYY-MM-DDThh:mm` in the customer's time zone.
        time: Option<String>,
        /// The number to be called.
        number: Option<String>,
    },
    /// Sends tones on an active call.
    SendDtmf {
        /// The call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digits: String,
    },
    /// Changes an agent's state in a media routing domain. CCE.
    SetMediaState {
        /// The agent.
        user: UserId,
        /// The media routing domain.
        media: MediaId,
        /// `READY`, `NOT_READY`, or `ACTIVE` to leave `WORK`.
        state: MediaState,
        /// Database id of a reason code, for `NOT_READY`.
        reason: Option<ReasonCodeId>,
    },
    /// Says whether tasks are routed to an agent. CCE.
    SetRoutable {
        /// The agent.
        user: UserId,
        /// The media routing domain.
        media: MediaId,
        /// Whether they are.
        routable: bool,
    },
    /// Changes an agent's state.
    SetState {
        /// The agent.
        user: UserId,
        /// `READY`, `NOT_READY`, `WORK`, `WORK_READY`. For `LOGOUT` see [`Command::SignOut`].
        state: UserState,
        /// Database id of a reason code, for `NOT_READY`.
        reason: Option<ReasonCodeId>,
    },
    /// Signs an agent in. Signing in again while signed in keeps the state.
    SignIn {
        /// The agent.
        user: UserId,
        /// The extension to use.
        extension: Extension,
        /// Which of several devices with that extension.
        device: Option<String>,
        /// For agents who are called on another phone.
        mobile: Option<MobileAgent>,
    },
    /// Signs an agent out.
    SignOut {
        /// The agent.
        user: UserId,
        /// Database id of a reason code, where the site demands one.
        reason: Option<ReasonCodeId>,
        /// Whether the agent also leaves all media routing domains. CCE.
        all_media: bool,
    },
    /// Listens to an agent's call. A supervisor's, in `NOT_READY`.
    SilentMonitor {
        /// The supervisor.
        user: UserId,
        /// The supervisor's extension.
        from: Extension,
        /// The agent's extension.
        agent: Extension,
    },
    /// Transfers a task. CCE, from 11.5(1).
    TransferTask {
        /// The task.
        dialog: DialogId,
        /// The agent.
        agent: UserId,
        /// The script selector it goes to.
        to: String,
    },
    /// Changes call variables, and the wrap-up reason.
    UpdateCallData {
        /// The call.
        dialog: DialogId,
        /// The agent's extension; a supervisor leaves it out.
        target: Option<Extension>,
        /// Names and new values.
        variables: Vec<(String, String)>,
        /// The wrap-up reason's label.
        wrap_up_reason: Option<String>,
        /// Several wrap-up reasons. CCX.
        wrap_up_items: Vec<String>,
    },
}

/// What can be done with a call, a preview or a task without further arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallAction {
    /// Takes a preview or a task.
    Accept,
    /// Takes an alerting call.
    Answer,
    /// Cancels a scheduled callback.
    CancelCallback,
    /// Refuses a preview for good, or closes a task.
    Close,
    /// Completes a consult as a conference.
    Conference,
    /// Leaves the call. Also ends silent monitoring and barging.
    Drop,
    /// Puts it on hold.
    Hold,
    /// Lets a task rest.
    Pause,
    /// Refuses a preview, which may be offered again.
    Reject,
    /// Goes on with a task.
    Resume,
    /// Takes it back from hold.
    Retrieve,
    /// Begins a task.
    Start,
    /// Records the call. CCX.
    StartRecording,
    /// Completes a consult as a transfer.
    Transfer,
    /// Wraps a task up.
    WrapUp,
}

impl CallAction {
    /// The name that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Answer => "ANSWER",
            Self::CancelCallback => "CANCEL_SCHEDULED_CALLBACK",
            Self::Close => "CLOSE",
            Self::Conference => "CONFERENCE",
            Self::Drop => "DROP",
            Self::Hold => "HOLD",
            Self::Pause => "PAUSE",
            Self::Reject => "REJECT",
            Self::Resume => "RESUME",
            Self::Retrieve => "RETRIEVE",
            Self::Start => "START",
            Self::StartRecording => "START_RECORDING",
            Self::Transfer => "TRANSFER",
            Self::WrapUp => "WRAP_UP",
        }
    }
}

impl Command {
    /// The API's word for it: the requested action, or the wanted state with `LOGIN` and `LOGOUT`.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::BargeCall { .. } => "BARGE_CALL",
            Self::BlindTransfer { .. } => "TRANSFER_SST",
            Self::Call { action, .. } => action.as_str(),
            Self::ConsultCall { .. } => "CONSULT_CALL",
            Self::DropParticipant { .. } => "PARTICIPANT_DROP",
            Self::MakeCall { .. } => "MAKE_CALL",
            Self::MediaSignIn { .. } => "LOGIN",
            Self::MediaSignOut { .. } => "LOGOUT",
            Self::PutMedia { .. } => "PUT_MEDIA",
            Self::Reclassify { .. } => "RECLASSIFY",
            Self::ScheduleCallback { .. } => "UPDATE_SCHEDULED_CALLBACK",
            Self::SendDtmf { .. } => "SEND_DTMF",
            Self::SetMediaState { state, .. } => match state {
                MediaState::Ready => "READY",
                MediaState::NotReady => "NOT_READY",
                MediaState::Active => "ACTIVE",
                _ => "SET_STATE",
            },
            Self::SetRoutable { .. } => "ROUTABLE",
            Self::SetState { state, .. } => match state {
                UserState::Ready => "READY",
                UserState::NotReady => "NOT_READY",
                UserState::Work => "WORK",
                UserState::WorkReady => "WORK_READY",
                UserState::Logout => "LOGOUT",
                UserState::Login => "LOGIN",
                _ => "SET_STATE",
            },
            Self::SignIn { .. } => "LOGIN",
            Self::SignOut { .. } => "LOGOUT",
            Self::SilentMonitor { .. } => "SILENT_MONITOR",
            Self::TransferTask { .. } => "TRANSFER",
            Self::UpdateCallData { .. } => "UPDATE_CALL_DATA",
        }
    }

    /// Whether doing it twice in a row leaves things as doing it once. Not a permission to repeat it: something else may have happened in
    /// between.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        match self {
            Self::Call { action, .. } => {
                !matches!(action, CallAction::Transfer | CallAction::Conference | CallAction::StartRecording)
            }
            Self::DropParticipant { .. }
            | Self::MediaSignIn { .. }
            | Self::MediaSignOut { .. }
            | Self::PutMedia { .. }
            | Self::Reclassify { .. }
            | Self::ScheduleCallback { .. }
            | Self::SetMediaState { .. }
            | Self::SetRoutable { .. }
            | Self::SetState { .. }
            | Self::SignIn { .. }
            | Self::SignOut { .. }
            | Self::UpdateCallData { .. } => true,
            Self::BargeCall { .. }
            | Self::BlindTransfer { .. }
            | Self::ConsultCall { .. }
            | Self::MakeCall { .. }
            | Self::SendDtmf { .. }
            | Self::SilentMonitor { .. }
            | Self::TransferTask { .. } => false,
        }
    }

    /// The user it is about, if it is about one.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::BargeCall { user, .. }
            | Self::MakeCall { user, .. }
            | Self::MediaSignIn { user, .. }
            | Self::MediaSignOut { user, .. }
            | Self::PutMedia { user, .. }
            | Self::SetMediaState { user, .. }
            | Self::SetRoutable { user, .. }
            | Self::SetState { user, .. }
            | Self::SignIn { user, .. }
            | Self::SignOut { user, .. }
            | Self::SilentMonitor { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The dialog it is about, if it is about one.
    #[must_use]
    pub fn dialog(&self) -> Option<&DialogId> {
        match self {
            Self::BlindTransfer { dialog, .. }
            | Self::Call { dialog, .. }
            | Self::ConsultCall { dialog, .. }
            | Self::DropParticipant { dialog, .. }
            | Self::Reclassify { dialog, .. }
            | Self::ScheduleCallback { dialog, .. }
            | Self::SendDtmf { dialog, .. }
            | Self::TransferTask { dialog, .. }
            | Self::UpdateCallData { dialog, .. } => Some(dialog),
            _ => None,
        }
    }

    /// The media routing domain it is about, if it is about one.
    #[must_use]
    pub fn media(&self) -> Option<&MediaId> {
        match self {
            Self::MediaSignIn { media, .. }
            | Self::MediaSignOut { media, .. }
            | Self::SetMediaState { media, .. }
            | Self::SetRoutable { media, .. } => Some(media),
            _ => None,
        }
    }

    /// Whether it gives a reason code. Only agents may give one, and only for themselves.
    fn gives_reason(&self) -> bool {
        match self {
            Self::PutMedia { list, .. } => list.iter().any(|media| media_list::reason(media).is_some()),
            Self::MediaSignOut { reason, .. }
            | Self::SetMediaState { reason, .. }
            | Self::SetState { reason, .. }
            | Self::SignOut { reason, .. } => reason.is_some(),
            _ => false,
        }
    }

    /// Refuses what nobody may ask for another user.
    pub(crate) fn check_sender(&self, sender: &UserId) -> Result<(), RequestError> {
        let refuse = |field: &str, why: &str| Err(RequestError::new(field, why));
        // On CCE ids are numbers, so that case makes no difference there either.
        if self.user().is_none_or(|user| user.is_same_on_ccx(sender)) {
            return Ok(());
        }
        match self {
            Self::SignIn { .. } => refuse("state", "only the agents themselves may sign in"),
            Self::SetState { state: UserState::Work | UserState::WorkReady, .. } => {
                refuse("state", "a supervisor may ask for READY, NOT_READY and LOGOUT")
            }
            _ if self.gives_reason() => refuse("reasonCodeId", "only the agents themselves may give one"),
            _ => Ok(()),
        }
    }

    /// What is said in messages, for example "ANSWER on dialog 16804377". Texts a person typed are left out.
    pub(crate) fn describe(&self) -> String {
        let verb = self.verb();
        match (self.user(), self.dialog()) {
            (Some(user), _) => match self.media() {
                Some(media) => format!("{verb} for user {user} in media {media}"),
                None => format!("{verb} for user {user}"),
            },
            (_, Some(dialog)) => format!("{verb} on dialog {dialog}"),
            _ => verb.to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
