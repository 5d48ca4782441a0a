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

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sign in, or re-authenticate who is signed in.
    Login { extension: String, mobile: Option<(String, String)> },
    /// Change of state by the agent.
    State { state: &'static str, reason: Option<i64> },
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
    /// Call variables and wrap-up reason.
    Data { vars: BTreeMap<String, String>, wrap_up: Option<String> },
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
            Kind::Data { .. } => "UPDATE_CALL_DATA",
        }
    }

    /// The object whose queue the command waits in: a side works on one command per object at a time.
    pub(crate) fn object(&self) -> String {
        match self.dialog {
            Some(id) => format!("Dialog/{id}"),
            None => format!("User/{}", self.user),
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
}

impl CtiError {
    /// An error without a peripheral's code.
    pub(crate) fn new(kind: &'static str, message: impl Into<String>, data: impl Into<String>) -> Self {
        Self { kind, message: message.into(), data: data.into(), peripheral: None }
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
}
