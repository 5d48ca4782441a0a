//! Everything an agent can ask for that changes something, and how it is written as a request.
//!
//! Invariants: what the server is known to refuse for its form alone is refused here before anything is sent; every text is escaped; one
//! command is one request.

use finesse_model::request::Body;
use finesse_model::{DialogId, Extension, MobileAgent, MobileMode, ReasonCodeId, UserId, UserState};
use http::Method;

use crate::base::segment;

/// A write. The server's 202 means that it is queued; what becomes of it is reported by a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Transfers a call without consulting (`TRANSFER_SST`).
    BlindTransfer {
        /// The active call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// Whom to transfer to.
        to: String,
    },
    /// Acts on a call.
    Call {
        /// The call. For transfer and conference it is the held one.
        dialog: DialogId,
        /// What to do.
        action: CallAction,
        /// The agent's extension.
        target: Extension,
    },
    /// Calls a third party beside an active call.
    ConsultCall {
        /// The active call.
        dialog: DialogId,
        /// The agent's extension.
        target: Extension,
        /// Whom to call.
        to: String,
    },
    /// Calls somebody.
    MakeCall {
        /// The agent.
        user: UserId,
        /// The agent's extension.
        from: Extension,
        /// Whom to call.
        to: String,
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
    },
}

/// What can be done with a call without further arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallAction {
    /// Takes an alerting call.
    Answer,
    /// Completes a consult as a conference.
    Conference,
    /// Leaves the call.
    Drop,
    /// Puts it on hold.
    Hold,
    /// Takes it back from hold.
    Retrieve,
    /// Completes a consult as a transfer.
    Transfer,
}

impl CallAction {
    /// The name that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "ANSWER",
            Self::Conference => "CONFERENCE",
            Self::Drop => "DROP",
            Self::Hold => "HOLD",
            Self::Retrieve => "RETRIEVE",
            Self::Transfer => "TRANSFER",
        }
    }
}

/// A command as a request: method, path below the API's root, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Command {
    /// The API's word for it: the requested action, or the wanted state with `LOGIN` and `LOGOUT`.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::BlindTransfer { .. } => "TRANSFER_SST",
            Self::Call { action, .. } => action.as_str(),
            Self::ConsultCall { .. } => "CONSULT_CALL",
            Self::MakeCall { .. } => "MAKE_CALL",
            Self::SendDtmf { .. } => "SEND_DTMF",
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
            Self::UpdateCallData { .. } => "UPDATE_CALL_DATA",
        }
    }

    /// Whether doing it twice in a row leaves things as doing it once. Not a permission to repeat it: something else may have happened in
    /// between.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        match self {
            Self::Call { action, .. } => !matches!(action, CallAction::Transfer | CallAction::Conference),
            Self::SetState { .. }
            | Self::SignIn { .. }
            | Self::SignOut { .. }
            | Self::UpdateCallData { .. } => true,
            Self::BlindTransfer { .. }
            | Self::ConsultCall { .. }
            | Self::MakeCall { .. }
            | Self::SendDtmf { .. } => false,
        }
    }

    /// The user it is about, if it is about one.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::MakeCall { user, .. }
            | Self::SetState { user, .. }
            | Self::SignIn { user, .. }
            | Self::SignOut { user, .. } => Some(user),
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
            | Self::SendDtmf { dialog, .. }
            | Self::UpdateCallData { dialog, .. } => Some(dialog),
            _ => None,
        }
    }

    /// What is said in messages, for example "ANSWER on dialog 16804377". Texts a person typed are left out.
    pub(crate) fn describe(&self) -> String {
        let verb = self.verb();
        match (self.user(), self.dialog()) {
            (Some(user), _) => format!("{verb} for user {user}"),
            (_, Some(dialog)) => format!("{verb} on dialog {dialog}"),
            _ => verb.to_owned(),
        }
    }

    /// The request, or why it cannot be made.
    pub(crate) fn write(&self) -> Result<Written, String> {
        self.check()?;
        let body = self.body().into_xml().map_err(|error| error.to_string())?;
        let (method, path) = match (self, self.user(), self.dialog()) {
            (Self::MakeCall { .. }, Some(user), _) => {
                (Method::POST, format!("/User/{}/Dialogs", id(user.as_str())?))
            }
            (_, Some(user), _) => (Method::PUT, format!("/User/{}", id(user.as_str())?)),
            (_, _, Some(dialog)) => (Method::PUT, format!("/Dialog/{}", id(dialog.as_str())?)),
            // Every command is about one of them.
            _ => return Err(String::from("the command names neither user nor dialog")),
        };
        Ok(Written { method, path, body })
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::BlindTransfer { to, .. } | Self::ConsultCall { to, .. } | Self::MakeCall { to, .. }
                if to.trim().is_empty() =>
            {
                Err(String::from("no destination given"))
            }
            Self::SendDtmf { digits, .. }
                if digits.is_empty()
                    || !digits.chars().all(|digit| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')) =>
            {
                Err(String::from("tones are 0 to 9, *, # and A to D"))
            }
            Self::SetState { state, .. }
                if !matches!(
                    state,
                    UserState::Ready
                        | UserState::NotReady
                        | UserState::Work
                        | UserState::WorkReady
                        | UserState::Logout
                ) =>
            {
                Err(String::from(
                    "only READY, NOT_READY, WORK, WORK_READY and LOGOUT can be asked for; LOGIN is a sign-in",
                ))
            }
            Self::UpdateCallData { variables, wrap_up_reason, .. } => {
                if variables.is_empty() && wrap_up_reason.is_none() {
                    return Err(String::from("neither a call variable nor a wrap-up reason given"));
                }
                for (index, (name, _)) in variables.iter().enumerate() {
                    if name.trim().is_empty() {
                        return Err(String::from("a call variable without a name"));
                    }
                    if variables[..index].iter().any(|(other, _)| other == name) {
                        // The server refuses the whole request.
                        return Err(format!("the call variable {name:?} is given twice"));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::SignIn { extension, device, mobile, .. } => {
                let body = Body::new("User")
                    .field("state", "LOGIN")
                    .field("extension", extension.as_str())
                    .optional("activeDeviceId", device.as_deref());
                match mobile {
                    Some(mobile) => body.group("mobileAgent", |group| {
                        group
                            .optional("mode", mobile.mode.as_ref().map(MobileMode::as_str))
                            .optional("dialNumber", mobile.dial_number.as_deref())
                    }),
                    None => body,
                }
            }
            Self::SignOut { reason, .. } => state("LOGOUT", reason.as_ref()),
            Self::SetState { state: wanted, reason, .. } => state(wanted.as_str(), reason.as_ref()),
            Self::MakeCall { from, to, .. } => Body::new("Dialog")
                .field("requestedAction", self.verb())
                .field("fromAddress", from.as_str())
                .field("toAddress", to.trim()),
            Self::Call { target, .. } => self.action(target),
            Self::BlindTransfer { target, to, .. } | Self::ConsultCall { target, to, .. } => {
                self.action(target).field("toAddress", to.trim())
            }
            Self::SendDtmf { target, digits, .. } => self.action(target).group("actionParams", |list| {
                list.group("ActionParam", |one| one.field("name", "dtmfString").field("value", digits))
            }),
            Self::UpdateCallData { target, variables, wrap_up_reason, .. } => Body::new("Dialog")
                .field("requestedAction", self.verb())
                .optional("targetMediaAddress", target.as_ref().map(Extension::as_str))
                .group("mediaProperties", |properties| {
                    let properties = properties.optional("wrapUpReason", wrap_up_reason.as_deref());
                    if variables.is_empty() {
                        return properties;
                    }
                    properties.group("callvariables", |mut list| {
                        for (name, value) in variables {
                            list = list
                                .group("CallVariable", |one| one.field("name", name).field("value", value));
                        }
                        list
                    })
                }),
        }
    }

    fn action(&self, target: &Extension) -> Body {
        Body::new("Dialog").field("requestedAction", self.verb()).field("targetMediaAddress", target.as_str())
    }
}

fn state(state: &str, reason: Option<&ReasonCodeId>) -> Body {
    Body::new("User").field("state", state).optional("reasonCodeId", reason.map(ReasonCodeId::as_str))
}

fn id(text: &str) -> Result<String, String> {
    segment(text).ok_or_else(|| format!("{text:?} cannot be part of an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserId {
        UserId::new("40217").unwrap()
    }

    fn dialog() -> DialogId {
        DialogId::new("16804377").unwrap()
    }

    fn extension() -> Extension {
        Extension::new("7301").unwrap()
    }

    fn reason() -> Option<ReasonCodeId> {
        Some(ReasonCodeId::new("61").unwrap())
    }

    fn update(variables: &[(&str, &str)], wrap_up: Option<&str>) -> Command {
        Command::UpdateCallData {
            dialog: dialog(),
            target: Some(extension()),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            wrap_up_reason: wrap_up.map(str::to_owned),
        }
    }

    #[test]
    fn every_command_becomes_its_documented_request() {
        let mobile = MobileAgent {
            mode: Some(MobileMode::CallByCall),
            dial_number: Some("5550142".into()),
            ..MobileAgent::default()
        };
        let on_call = |action| Command::Call { dialog: dialog(), action, target: extension() };
        let table = [
            (
                Command::SignIn { user: user(), extension: extension(), device: None, mobile: None },
                ("LOGIN", true, "PUT", "/User/40217"),
                "<User><state>LOGIN</state><extension>7301</extension></User>",
            ),
            (
                Command::SignIn {
                    user: user(),
                    extension: extension(),
                    device: Some("SEP1".into()),
                    mobile: Some(mobile),
                },
                ("LOGIN", true, "PUT", "/User/40217"),
                "<User><state>LOGIN</state><extension>7301</extension><activeDeviceId>SEP1</activeDeviceId>\
                 <mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>5550142</dialNumber></mobileAgent></User>",
            ),
            (
                Command::SignOut { user: user(), reason: reason() },
                ("LOGOUT", true, "PUT", "/User/40217"),
                "<User><state>LOGOUT</state><reasonCodeId>61</reasonCodeId></User>",
            ),
            (
                Command::SetState { user: user(), state: UserState::Ready, reason: None },
                ("READY", true, "PUT", "/User/40217"),
                "<User><state>READY</state></User>",
            ),
            (
                Command::SetState { user: user(), state: UserState::NotReady, reason: reason() },
                ("NOT_READY", true, "PUT", "/User/40217"),
                "<User><state>NOT_READY</state><reasonCodeId>61</reasonCodeId></User>",
            ),
            (
                Command::MakeCall { user: user(), from: extension(), to: " 5550142 ".into() },
                ("MAKE_CALL", false, "POST", "/User/40217/Dialogs"),
                "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>7301</fromAddress>\
                 <toAddress>5550142</toAddress></Dialog>",
            ),
            (
                on_call(CallAction::Answer),
                ("ANSWER", true, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>ANSWER</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>",
            ),
            (
                on_call(CallAction::Transfer),
                ("TRANSFER", false, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>TRANSFER</requestedAction><targetMediaAddress>7301</targetMediaAddress></Dialog>",
            ),
            (
                Command::ConsultCall { dialog: dialog(), target: extension(), to: "7302".into() },
                ("CONSULT_CALL", false, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>CONSULT_CALL</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
                 <toAddress>7302</toAddress></Dialog>",
            ),
            (
                Command::BlindTransfer { dialog: dialog(), target: extension(), to: "7302".into() },
                ("TRANSFER_SST", false, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>TRANSFER_SST</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
                 <toAddress>7302</toAddress></Dialog>",
            ),
            (
                Command::SendDtmf { dialog: dialog(), target: extension(), digits: "12#".into() },
                ("SEND_DTMF", false, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>SEND_DTMF</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
                 <actionParams><ActionParam><name>dtmfString</name><value>12#</value></ActionParam></actionParams></Dialog>",
            ),
            (
                update(&[("callVariable1", "A&B <Ltd>"), ("user.order[0]", "")], Some("Sale")),
                ("UPDATE_CALL_DATA", true, "PUT", "/Dialog/16804377"),
                "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><targetMediaAddress>7301</targetMediaAddress>\
                 <mediaProperties><wrapUpReason>Sale</wrapUpReason><callvariables>\
                 <CallVariable><name>callVariable1</name><value>A&amp;B &lt;Ltd&gt;</value></CallVariable>\
                 <CallVariable><name>user.order[0]</name><value></value></CallVariable>\
                 </callvariables></mediaProperties></Dialog>",
            ),
        ];
        for (command, (verb, idempotent, method, path), body) in table {
            let written = command.write().unwrap();
            assert_eq!((command.verb(), command.is_idempotent()), (verb, idempotent), "{command:?}");
            assert_eq!((written.method.as_str(), written.path.as_str()), (method, path), "{command:?}");
            assert_eq!(written.body, body);
        }
    }

    #[test]
    fn what_the_server_would_refuse_for_its_form_is_not_written() {
        let dtmf =
            |digits: &str| Command::SendDtmf { dialog: dialog(), target: extension(), digits: digits.into() };
        for command in [
            Command::MakeCall { user: user(), from: extension(), to: " ".into() },
            Command::MakeCall { user: user(), from: extension(), to: "7\u{0}".into() },
            Command::SetState { user: user(), state: UserState::Talking, reason: None },
            Command::SetState { user: user(), state: UserState::Login, reason: None },
            Command::SetState { user: UserId::new("..").unwrap(), state: UserState::Ready, reason: None },
            dtmf(""),
            dtmf("12x"),
            update(&[], None),
            update(&[("a", "1"), ("a", "2")], None),
            update(&[(" ", "1")], None),
        ] {
            assert!(command.write().is_err(), "{command:?}");
        }
    }
}
