//! How a command is written. What the server would refuse for its form alone is refused here, with the field named.

use finesse_model::request::{Body, RequestError};
use finesse_model::{
    DialogLogoutAction, Extension, InterruptAction, MediaState, MobileMode, OutboundClassification,
    ReasonCodeId, UserState,
};
use http::Method;

use super::{Command, media_list, variables};
use crate::plan::{Plan, path};

impl Command {
    /// The request, or the field that cannot be sent.
    pub(crate) fn plan(&self) -> Result<Plan, RequestError> {
        self.check()?;
        let body = self.body()?;
        let (method, segments) = match (self, self.user(), self.dialog(), self.media()) {
            (Self::BargeCall { .. } | Self::MakeCall { .. } | Self::SilentMonitor { .. }, Some(user), ..) => {
                (Method::POST, vec!["User", user.as_str(), "Dialogs"])
            }
            (Self::PutMedia { .. }, Some(user), ..) => (Method::PUT, vec!["User", user.as_str(), "Media"]),
            (_, Some(user), _, Some(media)) => {
                (Method::PUT, vec!["User", user.as_str(), "Media", media.as_str()])
            }
            (_, Some(user), ..) => (Method::PUT, vec!["User", user.as_str()]),
            (_, _, Some(dialog), _) => (Method::PUT, vec!["Dialog", dialog.as_str()]),
            // Every command is about one of them.
            _ => return Err(RequestError::new("id", "the command names neither user nor dialog")),
        };
        Ok(Plan::new(method, path(&segments)?).xml(body))
    }

    fn check(&self) -> Result<(), RequestError> {
        let refuse = |field: &str, why: &str| Err(RequestError::new(field, why));
        match self {
            Self::BlindTransfer { to, .. }
            | Self::ConsultCall { to, .. }
            | Self::MakeCall { to, .. }
            | Self::TransferTask { to, .. }
                if to.trim().is_empty() =>
            {
                refuse("toAddress", "no destination given")
            }
            Self::MakeCall { from, to, .. }
            | Self::ConsultCall { target: from, to, .. }
            | Self::BlindTransfer { target: from, to, .. }
                if to.trim() == from.as_str() =>
            {
                refuse("toAddress", "it is the caller's own extension")
            }
            Self::BargeCall { from, agent, .. } | Self::SilentMonitor { from, agent, .. }
                if from == agent =>
            {
                refuse("toAddress", "it is the supervisor's own extension")
            }
            Self::MakeCall { variables, .. } | Self::ConsultCall { variables, .. } => {
                variables::check(variables)
            }
            Self::DropParticipant { party, .. } if party.trim().is_empty() => {
                refuse("targetMediaAddress", "nobody named")
            }
            Self::MediaSignIn { max_dialogs, .. } if !(1..=10).contains(max_dialogs) => {
                refuse("maxDialogLimit", "1 to 10 are allowed")
            }
            Self::MediaSignIn { interrupt: InterruptAction::Other(_), .. } => {
                refuse("interruptAction", "ACCEPT or IGNORE")
            }
            Self::MediaSignIn { at_logout: Some(DialogLogoutAction::Other(_)), .. } => {
                refuse("dialogLogoutAction", "CLOSE or TRANSFER")
            }
            Self::PutMedia { list, .. } => media_list::check(list),
            Self::Reclassify { classification: OutboundClassification::Other(_), .. } => {
                refuse("outboundClassification", "VOICE, FAX, ANS_MACHINE, INVALID, BUSY or DO_NOT_CALL")
            }
            Self::ScheduleCallback { time: None, number: None, .. } => {
                refuse("callbackTime", "neither a time nor a number given")
            }
            Self::ScheduleCallback { time: Some(time), .. } if !is_callback_time(time) => refuse(
                "callbackTime",
                "it must read YYYY-MM-DDThh:mm, without a zone, and be a time that there is",
            ),
            Self::ScheduleCallback { number: Some(number), .. } if number.trim().is_empty() => {
                refuse("callbackNumber", "it is empty")
            }
            Self::SendDtmf { digits, .. }
                if digits.is_empty()
                    || !digits.chars().all(|digit| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')) =>
            {
                refuse("dtmfString", "tones are 0 to 9, *, # and A to D")
            }
            Self::SetMediaState { state, reason, .. } => match state {
                MediaState::NotReady => Ok(()),
                MediaState::Ready | MediaState::Active if reason.is_none() => Ok(()),
                MediaState::Ready | MediaState::Active => {
                    refuse("reasonCodeId", "only NOT_READY and LOGOUT take a reason code")
                }
                _ => refuse("state", "READY, NOT_READY or ACTIVE; LOGIN and LOGOUT are sign-in and sign-out"),
            },
            Self::SetState { state, reason, .. } => match state {
                UserState::NotReady | UserState::Logout => Ok(()),
                UserState::Ready | UserState::Work | UserState::WorkReady if reason.is_none() => Ok(()),
                UserState::Ready | UserState::Work | UserState::WorkReady => {
                    refuse("reasonCodeId", "only NOT_READY and LOGOUT take a reason code")
                }
                _ => refuse(
                    "state",
                    "only READY, NOT_READY, WORK, WORK_READY and LOGOUT can be asked for; LOGIN is a sign-in",
                ),
            },
            Self::SignIn { mobile: Some(mobile), .. } => {
                let number = mobile.dial_number.as_deref().unwrap_or_default();
                match mobile.mode {
                    Some(MobileMode::CallByCall | MobileMode::NailedConnection)
                        if number.trim().is_empty() =>
                    {
                        refuse("dialNumber", "a mobile agent must have one")
                    }
                    Some(MobileMode::CallByCall | MobileMode::NailedConnection) => Ok(()),
                    _ => refuse("mode", "CALL_BY_CALL or NAILED_CONNECTION"),
                }
            }
            Self::UpdateCallData { variables, wrap_up_reason, wrap_up_items, .. } => {
                if variables.is_empty() && wrap_up_reason.is_none() && wrap_up_items.is_empty() {
                    return refuse("mediaProperties", "neither a call variable nor a wrap-up reason given");
                }
                if wrap_up_reason.as_ref().is_some_and(|label| label.trim().is_empty()) {
                    return refuse("wrapUpReason", "it is empty");
                }
                if wrap_up_items.iter().any(|label| label.trim().is_empty()) {
                    return refuse("wrapUpItem", "it is empty");
                }
                variables::check(variables)
            }
            _ => Ok(()),
        }
    }

    fn body(&self) -> Result<String, RequestError> {
        let body = match self {
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
            Self::SignOut { reason, all_media, .. } => state("User", "LOGOUT", reason.as_ref())
                .optional("logoutAllMedia", all_media.then_some("true")),
            Self::SetState { state: wanted, reason, .. } => state("User", wanted.as_str(), reason.as_ref()),
            Self::MediaSignIn { max_dialogs, interrupt, at_logout, .. } => Body::new("Media")
                .field("maxDialogLimit", &max_dialogs.to_string())
                .field("state", "LOGIN")
                .field("interruptAction", interrupt.as_str())
                .optional("dialogLogoutAction", at_logout.as_ref().map(DialogLogoutAction::as_str)),
            Self::MediaSignOut { reason, .. } => state("Media", "LOGOUT", reason.as_ref()),
            Self::SetMediaState { state: wanted, reason, .. } => {
                state("Media", wanted.as_str(), reason.as_ref())
            }
            Self::SetRoutable { routable, .. } => {
                Body::new("Media").field("routable", if *routable { "true" } else { "false" })
            }
            Self::PutMedia { list, .. } => media_list::body(list),
            Self::MakeCall { from, to, variables, .. } => {
                carried(self.call(from).field("toAddress", to.trim()), variables)
            }
            Self::SilentMonitor { from, agent, .. } => self.call(from).field("toAddress", agent.as_str()),
            Self::BargeCall { from, agent, monitoring, .. } => self
                .call(from)
                .field("toAddress", agent.as_str())
                .field("associatedDialogUri", &format!("/finesse/api/Dialog/{monitoring}")),
            Self::Call { target, .. } => self.action(target.as_str()),
            Self::DropParticipant { party, .. } => self.action(party.trim()),
            Self::BlindTransfer { target, to, .. } => {
                self.action(target.as_str()).field("toAddress", to.trim())
            }
            Self::TransferTask { agent, to, .. } => self.action(agent.as_str()).field("toAddress", to.trim()),
            Self::ConsultCall { target, to, variables, .. } => {
                carried(self.action(target.as_str()).field("toAddress", to.trim()), variables)
            }
            Self::SendDtmf { target, digits, .. } => {
                params(self.action(target.as_str()), &[("dtmfString", Some(digits))])
            }
            Self::Reclassify { target, classification, .. } => params(
                self.action(target.as_str()),
                &[("outboundClassification", Some(classification.as_str()))],
            ),
            Self::ScheduleCallback { target, time, number, .. } => params(
                self.action(target.as_str()),
                &[("callbackTime", time.as_deref()), ("callbackNumber", number.as_deref())],
            ),
            Self::UpdateCallData { target, variables, wrap_up_reason, wrap_up_items, .. } => {
                Body::new("Dialog")
                    .field("requestedAction", self.verb())
                    .optional("targetMediaAddress", target.as_ref().map(Extension::as_str))
                    .group("mediaProperties", |properties| {
                        let mut properties = properties.optional("wrapUpReason", wrap_up_reason.as_deref());
                        if !wrap_up_items.is_empty() {
                            properties = properties.group("wrapUpItems", |items| {
                                wrap_up_items
                                    .iter()
                                    .fold(items, |items, item| items.field("wrapUpItem", item))
                            });
                        }
                        write_variables(properties, variables)
                    })
            }
        };
        body.into_xml()
    }

    fn call(&self, from: &Extension) -> Body {
        Body::new("Dialog").field("requestedAction", self.verb()).field("fromAddress", from.as_str())
    }

    fn action(&self, target: &str) -> Body {
        Body::new("Dialog").field("requestedAction", self.verb()).field("targetMediaAddress", target)
    }
}

fn state(root: &'static str, state: &str, reason: Option<&ReasonCodeId>) -> Body {
    Body::new(root).field("state", state).optional("reasonCodeId", reason.map(ReasonCodeId::as_str))
}

fn params(body: Body, pairs: &[(&str, Option<&str>)]) -> Body {
    body.group("actionParams", |list| {
        pairs.iter().filter_map(|(name, value)| value.map(|value| (name, value))).fold(
            list,
            |list, (name, value)| {
                list.group("ActionParam", |one| one.field("name", name).field("value", value))
            },
        )
    })
}

/// The call variables of a new call.
fn carried(body: Body, variables: &[(String, String)]) -> Body {
    if variables.is_empty() {
        return body;
    }
    body.group("mediaProperties", |properties| write_variables(properties, variables))
}

fn write_variables(body: Body, variables: &[(String, String)]) -> Body {
    if variables.is_empty() {
        return body;
    }
    body.group("callvariables", |list| {
        variables.iter().fold(list, |list, (name, value)| {
            list.group("CallVariable", |one| one.field("name", name).field("value", value))
        })
    })
}

/// `2024-03-05T10:30`, and a day that there is.
fn is_callback_time(text: &str) -> bool {
    let form = text.len() == 16
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    let number = |from, to| text.get(from..to).and_then(|digits| digits.parse::<u16>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    form && (1..=days).contains(&day)
        && number(11, 13).is_some_and(|hour| hour < 24)
        && number(14, 16).is_some_and(|minute| minute < 60)
}
