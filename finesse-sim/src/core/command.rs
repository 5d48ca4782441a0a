//! Commands an agent gives through a side, on their way to CTI.

use std::collections::BTreeMap;

/// What is to be done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallVerb {
    /// Take a ringing call.
    Answer,
    /// Put it on hold.
    Hold,
    /// Take it back.
    Retrieve,
    /// Leave it.
    Drop,
    /// Connect the held call with the active one and leave both.
    Transfer,
    /// Join the held call and the active one.
    Conference,
}

impl CallVerb {
    /// As `requestedAction`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "ANSWER",
            Self::Hold => "HOLD",
            Self::Retrieve => "RETRIEVE",
            Self::Drop => "DROP",
            Self::Transfer => "TRANSFER",
            Self::Conference => "CONFERENCE",
        }
    }
}

/// Answers to the offer of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreviewVerb {
    /// Call him.
    Accept,
    /// Not now.
    Reject,
    /// Never.
    Close,
}

impl PreviewVerb {
    /// As `requestedAction`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
            Self::Close => "CLOSE",
        }
    }
}

/// Changes of an agent in a media routing domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MediaChange {
    /// Sign in, or set again what was given at the sign-in.
    Login(MediaSettings),
    /// `READY`, `NOT_READY`, `LOGOUT`, or `ACTIVE` to leave work.
    State { state: &'static str, reason: Option<i64> },
    /// Whether new tasks may be routed.
    Routable(bool),
}

/// What an agent chooses when he signs in to a media routing domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaSettings {
    /// Tasks at a time: 1 to 10.
    pub(crate) max_dialogs: u32,
    /// What happens when another medium interrupts: `ACCEPT` or `IGNORE`.
    pub(crate) interrupt: &'static str,
    /// What happens to tasks at sign-out: `CLOSE` or `TRANSFER`.
    pub(crate) at_logout: &'static str,
}

/// What is to be done with a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskVerb {
    /// Take the offer.
    Accept,
    /// Begin to work.
    Start,
    /// Leave it for a while.
    Pause,
    /// Come back to it.
    Resume,
    /// Begin after-work.
    WrapUp,
    /// End it.
    Close,
    /// Send it to a script selector.
    Transfer { to: String },
}

impl TaskVerb {
    /// As `requestedAction`.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Start => "START",
            Self::Pause => "PAUSE",
            Self::Resume => "RESUME",
            Self::WrapUp => "WRAP_UP",
            Self::Close => "CLOSE",
            Self::Transfer { .. } => "TRANSFER",
        }
    }
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sign in, or re-authenticate who is signed in.
    Login { extension: String, mobile: Option<(String, String)> },
    /// Change of state by the agent; with `all_media` he leaves every media routing domain too.
    State { state: &'static str, reason: Option<i64>, all_media: bool },
    /// Change of state by a supervisor.
    Supervisor { state: &'static str },
    /// A new call.
    Make { from: String, to: String, vars: BTreeMap<String, String> },
    /// Something with a call.
    Call { verb: CallVerb },
    /// Ask somebody about a call.
    Consult { to: String, vars: BTreeMap<String, String> },
    /// Send a call away without asking.
    Sst { to: String },
    /// Press keys.
    Dtmf,
    /// Call variables and wrap-up reasons.
    Data { vars: BTreeMap<String, String>, wrap_up: Option<String>, items: Option<Vec<String>> },
    /// Listen to an agent.
    Monitor { from: String, to: String },
    /// Join the call of an agent who is listened to.
    Barge { from: String, to: String, monitoring: u64 },
    /// Put another party out of a conference.
    DropParticipant { party: String },
    /// Record the call, where the system can.
    Record { works: bool },
    /// Answer the offer of a customer.
    Preview { verb: PreviewVerb },
    /// Say what the customer turned out to be.
    Reclassify { to: String },
    /// Agree on a call later, or on its number.
    Callback { time: Option<String>, number: Option<String> },
    /// Give up what was agreed.
    CancelCallback,
    /// Something with a media routing domain.
    Media { domain: u32, change: MediaChange },
    /// Something with a task.
    Task { id: String, verb: TaskVerb },
    /// Call variables and wrap-up reason of a task.
    TaskData { id: String, vars: BTreeMap<String, String>, wrap_up: Option<String> },
}

/// A command, whose it is and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The agent it concerns.
    pub(crate) user: String,
    /// The client's requestId.
    pub(crate) request_id: Option<String>,
    /// The dialog it concerns.
    pub(crate) dialog: Option<u64>,
    /// What to do.
    pub(crate) kind: Kind,
}

impl Command {
    /// Name for logs.
    pub(crate) fn verb(&self) -> &'static str {
        match &self.kind {
            Kind::Login { .. } => "LOGIN",
            Kind::State { state, .. } | Kind::Supervisor { state } => state,
            Kind::Make { .. } => "MAKE_CALL",
            Kind::Call { verb } => verb.as_str(),
            Kind::Consult { .. } => "CONSULT_CALL",
            Kind::Sst { .. } => "TRANSFER_SST",
            Kind::Dtmf => "SEND_DTMF",
            Kind::Data { .. } | Kind::TaskData { .. } => "UPDATE_CALL_DATA",
            Kind::Monitor { .. } => "SILENT_MONITOR",
            Kind::Barge { .. } => "BARGE_CALL",
            Kind::DropParticipant { .. } => "PARTICIPANT_DROP",
            Kind::Record { .. } => "START_RECORDING",
            Kind::Preview { verb } => verb.as_str(),
            Kind::Reclassify { .. } => "RECLASSIFY",
            Kind::Callback { .. } => "UPDATE_SCHEDULED_CALLBACK",
            Kind::CancelCallback => "CANCEL_SCHEDULED_CALLBACK",
            Kind::Media { change: MediaChange::Login(_), .. } => "MEDIA_LOGIN",
            Kind::Media { change: MediaChange::State { state, .. }, .. } => state,
            Kind::Media { change: MediaChange::Routable(_), .. } => "ROUTABLE",
            Kind::Task { verb, .. } => verb.as_str(),
        }
    }

    /// URI of the object, and the node its errors are published to.
    pub(crate) fn source_and_node(&self) -> (String, String) {
        let user = format!("/finesse/api/User/{}", self.user);
        match (&self.kind, self.dialog) {
            (Kind::Media { domain, .. }, _) => (format!("{user}/Media/{domain}"), format!("{user}/Media")),
            (Kind::Task { id, .. } | Kind::TaskData { id, .. }, _) => {
                (format!("/finesse/api/Dialog/{id}"), format!("{user}/Dialogs/Media"))
            }
            (_, Some(id)) => (format!("/finesse/api/Dialog/{id}"), format!("{user}/Dialogs")),
            (_, None) => (user.clone(), user),
        }
    }

    /// The object whose queue the command waits in: a side works on one command per object at a time.
    pub(crate) fn object(&self) -> String {
        match (&self.kind, self.dialog) {
            (Kind::Media { domain, .. }, _) => format!("User/{}/Media/{domain}", self.user),
            (Kind::Task { id, .. } | Kind::TaskData { id, .. }, _) => format!("Dialog/{id}"),
            (_, Some(id)) => format!("Dialog/{id}"),
            (_, None) => format!("User/{}", self.user),
        }
    }
}

/// Why CTI refused a command; told in an error event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CtiError {
    /// `errorType`.
    pub(crate) kind: &'static str,
    /// `errorMessage`.
    pub(crate) message: String,
    /// `errorData`.
    pub(crate) data: String,
    /// `peripheralErrorCode`.
    pub(crate) peripheral: Option<&'static str>,
    /// `errorMedia`: the media routing domain.
    pub(crate) media: Option<u32>,
}

impl CtiError {
    /// An error without a peripheral's code.
    pub(crate) fn new(kind: &'static str, message: impl Into<String>, data: impl Into<String>) -> Self {
        Self { kind, message: message.into(), data: data.into(), peripheral: None, media: None }
    }

    /// The state does not allow it.
    pub(crate) fn invalid_state() -> Self {
        Self::new("Invalid State", "CF_INVALID_OBJECT_STATE", "22")
    }

    /// The extension cannot be signed in with.
    pub(crate) fn invalid_device() -> Self {
        Self {
            peripheral: Some("10125"),
            ..Self::new("Invalid Device", "CF_INVALID_LOGON_DEVICE_SPECIFIED", "260")
        }
    }

    /// The party may not do this with the call now.
    pub(crate) fn invalid_action(verb: &str, extension: &str) -> Self {
        Self::new("Generic Error", format!("INVALID_ACTION {verb} on extension {extension}"), "4047")
    }

    /// An error of task routing, with its number and name.
    pub(crate) fn task_routing(domain: u32, number: &str, name: &str) -> Self {
        Self { media: Some(domain), ..Self::new("Generic Error", format!("E_ARM_STAT_{name}"), number) }
    }
}
