//! What `finesse user` and `finesse call` can ask for, and the request each becomes.

use finesse_model::{Extension, MediaAddress, UserId, UserState};
use finesse_rest::{CallAction, Command};

use crate::args::{CallVerb, UserVerb};

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Verb {
    User(UserVerb),
    Call(CallVerb),
}

impl Verb {
    /// The API's word for it, as the request's own [`Command::verb`].
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::User(UserVerb::SignIn) => "LOGIN",
            Self::User(UserVerb::SignOut { .. }) => "LOGOUT",
            Self::User(UserVerb::Ready) => "READY",
            Self::User(UserVerb::NotReady { .. }) => "NOT_READY",
            Self::User(UserVerb::Work) => "WORK",
            Self::Call(CallVerb::Make { .. }) => "MAKE_CALL",
            Self::Call(CallVerb::Consult { .. }) => "CONSULT_CALL",
            Self::Call(CallVerb::Transfer { number: Some(_), .. }) => "TRANSFER_SST",
            Self::Call(CallVerb::Dtmf { .. }) => "SEND_DTMF",
            Self::Call(CallVerb::Data { .. } | CallVerb::WrapUp { .. }) => "UPDATE_CALL_DATA",
            Self::Call(CallVerb::Answer { .. }) => CallAction::Answer.as_str(),
            Self::Call(CallVerb::Hold { .. }) => CallAction::Hold.as_str(),
            Self::Call(CallVerb::Retrieve { .. }) => CallAction::Retrieve.as_str(),
            Self::Call(CallVerb::Drop { .. }) => CallAction::Drop.as_str(),
            Self::Call(CallVerb::Transfer { number: None, .. }) => CallAction::Transfer.as_str(),
            Self::Call(CallVerb::Conference { .. }) => CallAction::Conference.as_str(),
        }
    }

    /// Whether `--extension` signs a signed-out agent in first. Not for what is the sign-in itself, or the opposite.
    pub(crate) fn signs_in_first(&self) -> bool {
        !matches!(self, Self::User(UserVerb::SignIn | UserVerb::SignOut { .. }))
    }

    /// Whether it is the sign-in itself.
    pub(crate) fn is_sign_in(&self) -> bool {
        matches!(self, Self::User(UserVerb::SignIn))
    }

    /// The request, or `None` without an extension that it needs.
    pub(crate) fn command(&self, user: &UserId, extension: Option<&Extension>) -> Option<Command> {
        let user = user.clone();
        Some(match self {
            Self::User(verb) => match verb {
                UserVerb::SignIn => sign_in(user, extension?.clone()),
                UserVerb::SignOut { reason } => {
                    Command::SignOut { user, reason: reason.clone(), all_media: false }
                }
                UserVerb::Ready => Command::SetState { user, state: UserState::Ready, reason: None },
                UserVerb::NotReady { reason } => {
                    Command::SetState { user, state: UserState::NotReady, reason: reason.clone() }
                }
                UserVerb::Work => Command::SetState { user, state: UserState::Work, reason: None },
            },
            Self::Call(verb) => of_call(verb, user, extension?.clone()),
        })
    }
}

/// Signs an agent in on an ordinary phone.
pub(crate) fn sign_in(user: UserId, extension: Extension) -> Command {
    Command::SignIn { user, extension, device: None, mobile: None }
}

fn of_call(verb: &CallVerb, user: UserId, target: Extension) -> Command {
    let act = |dialog: &finesse_model::DialogId, action, target| Command::Call {
        dialog: dialog.clone(),
        action,
        target: MediaAddress::from(target),
    };
    match verb {
        CallVerb::Make { number } => {
            Command::MakeCall { user, from: target, to: number.clone(), variables: Vec::new() }
        }
        CallVerb::Answer { dialog } => act(dialog, CallAction::Answer, target),
        CallVerb::Hold { dialog } => act(dialog, CallAction::Hold, target),
        CallVerb::Retrieve { dialog } => act(dialog, CallAction::Retrieve, target),
        CallVerb::Drop { dialog } => act(dialog, CallAction::Drop, target),
        CallVerb::Consult { dialog, number } => {
            Command::ConsultCall { dialog: dialog.clone(), target, to: number.clone(), variables: Vec::new() }
        }
        CallVerb::Transfer { dialog, number: None } => act(dialog, CallAction::Transfer, target),
        CallVerb::Transfer { dialog, number: Some(number) } => {
            Command::BlindTransfer { dialog: dialog.clone(), target, to: number.clone() }
        }
        CallVerb::Conference { dialog } => act(dialog, CallAction::Conference, target),
        CallVerb::Dtmf { dialog, digits } => {
            Command::SendDtmf { dialog: dialog.clone(), target, digits: digits.clone() }
        }
        CallVerb::Data { dialog, values } => Command::UpdateCallData {
            dialog: dialog.clone(),
            target: Some(target),
            variables: values.clone(),
            wrap_up_reason: None,
            wrap_up_items: Vec::new(),
        },
        CallVerb::WrapUp { dialog, reason } => Command::UpdateCallData {
            dialog: dialog.clone(),
            target: Some(target),
            variables: Vec::new(),
            wrap_up_reason: Some(reason.clone()),
            wrap_up_items: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use finesse_model::DialogId;

    use super::*;

    fn verbs() -> Vec<Verb> {
        let dialog = DialogId::new("16804377").unwrap();
        let number = String::from("5550142");
        let user = [
            UserVerb::SignIn,
            UserVerb::SignOut { reason: None },
            UserVerb::Ready,
            UserVerb::NotReady { reason: None },
            UserVerb::Work,
        ];
        let call = [
            CallVerb::Make { number: number.clone() },
            CallVerb::Answer { dialog: dialog.clone() },
            CallVerb::Hold { dialog: dialog.clone() },
            CallVerb::Retrieve { dialog: dialog.clone() },
            CallVerb::Drop { dialog: dialog.clone() },
            CallVerb::Consult { dialog: dialog.clone(), number: number.clone() },
            CallVerb::Transfer { dialog: dialog.clone(), number: None },
            CallVerb::Transfer { dialog: dialog.clone(), number: Some(number) },
            CallVerb::Conference { dialog: dialog.clone() },
            CallVerb::Dtmf { dialog: dialog.clone(), digits: String::from("1#") },
            CallVerb::Data { dialog: dialog.clone(), values: Vec::new() },
            CallVerb::WrapUp { dialog, reason: String::from("Sale") },
        ];
        user.into_iter().map(Verb::User).chain(call.into_iter().map(Verb::Call)).collect()
    }

    #[test]
    fn the_word_for_it_is_that_of_the_request() {
        let (user, extension) = (UserId::new("40217").unwrap(), Extension::new("7301").unwrap());
        for verb in verbs() {
            let command = verb.command(&user, Some(&extension)).unwrap();
            assert_eq!(verb.word(), command.verb(), "{verb:?}");
            let needs_extension = matches!(verb, Verb::Call(_)) || verb.is_sign_in();
            assert_eq!(verb.command(&user, None).is_none(), needs_extension, "{verb:?}");
        }
    }
}
