//! Several media routing domains of one agent in one request. What the server tells and nobody can change (name, times, whether it is
//! connected) is left out, so that a list that was read can be changed and sent back.

use finesse_model::request::{Body, RequestError};
use finesse_model::{DialogLogoutAction, InterruptAction, Media, MediaState};

/// Whether these can be sent together.
pub(super) fn check(list: &[Media]) -> Result<(), RequestError> {
    let refuse = |field: &str, why: &str| Err(RequestError::new(field, why));
    if list.is_empty() {
        return refuse("MediaList", "it is empty");
    }
    for (index, media) in list.iter().enumerate() {
        let Some(id) = &media.id else {
            return refuse("id", "every media must have one");
        };
        if list[..index].iter().any(|other| other.id.as_ref() == Some(id)) {
            return refuse("id", "the same media routing domain is given twice");
        }
        let takes_reason = match &media.state {
            Some(MediaState::NotReady | MediaState::Logout) => true,
            None | Some(MediaState::Ready | MediaState::Login | MediaState::Active) => false,
            Some(_) => return refuse("state", "LOGIN, LOGOUT, READY, NOT_READY or ACTIVE"),
        };
        if reason(media).is_some() && !takes_reason {
            return refuse("reasonCodeId", "only NOT_READY and LOGOUT take a reason code");
        }
        if let Some(limit) = &media.max_dialog_limit
            && !limit.value().is_some_and(|limit| (1..=10).contains(limit))
        {
            return refuse("maxDialogLimit", "1 to 10 are allowed");
        }
        if matches!(media.interrupt_action, Some(InterruptAction::Other(_))) {
            return refuse("interruptAction", "ACCEPT or IGNORE");
        }
        if matches!(media.dialog_logout_action, Some(DialogLogoutAction::Other(_))) {
            return refuse("dialogLogoutAction", "CLOSE or TRANSFER");
        }
    }
    Ok(())
}

/// The database id of a reason code. What is read has -1 where there is none.
pub(super) fn reason(media: &Media) -> Option<i64> {
    media.reason_code_id.as_ref()?.value().copied().filter(|id| *id >= 0)
}

/// A list that was checked.
pub(super) fn body(list: &[Media]) -> Body {
    list.iter().fold(Body::new("MediaList"), |body, media| {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let routable = media.routable.as_ref().and_then(|flag| flag.value()).map(bool::to_string);
        body.group("Media", |one| {
            one.optional("id", media.id.as_ref().map(|id| id.as_str()))
                .optional(
                    "maxDialogLimit",
                    number(media.max_dialog_limit.as_ref().and_then(|limit| limit.value()).copied())
                        .as_deref(),
                )
                .optional("state", media.state.as_ref().map(MediaState::as_str))
                .optional("reasonCodeId", number(reason(media)).as_deref())
                .optional("interruptAction", media.interrupt_action.as_ref().map(InterruptAction::as_str))
                .optional(
                    "dialogLogoutAction",
                    media.dialog_logout_action.as_ref().map(DialogLogoutAction::as_str),
                )
                .optional("routable", routable.as_deref())
        })
    })
}

#[cfg(test)]
mod tests {
    use finesse_model::Scalar;

    use super::*;

    fn media(id: &str, xml: &str) -> Media {
        Media::from_xml(&format!("<Media><id>{id}</id>{xml}</Media>")).unwrap()
    }

    #[test]
    fn what_was_read_can_be_sent_back_and_what_is_only_told_is_left_out() {
        let read = media(
            "5000",
            "<description>Chat</description><dialogLogoutAction>CLOSE</dialogLogoutAction><interruptAction>IGNORE</interruptAction>\
             <interruptible>false</interruptible><maxDialogLimit>5</maxDialogLimit><name>Cisco_Chat_MRD</name>\
             <reasonCodeId>-1</reasonCodeId><routable>true</routable><state>NOT_READY</state>\
             <stateChangeTime>2024-03-05T08:55:14.782Z</stateChangeTime><uri>/finesse/api/User/41217/Media/5000</uri>",
        );
        check(std::slice::from_ref(&read)).unwrap();
        assert_eq!(
            body(&[read]).into_xml().unwrap(),
            "<MediaList><Media><id>5000</id><maxDialogLimit>5</maxDialogLimit><state>NOT_READY</state>\
             <interruptAction>IGNORE</interruptAction><dialogLogoutAction>CLOSE</dialogLogoutAction><routable>true</routable></Media></MediaList>"
        );
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_the_field_named() {
        for (list, field) in [
            (Vec::new(), "MediaList"),
            (vec![Media::default()], "id"),
            (vec![media("5000", ""), media("5001", ""), media("5000", "")], "id"),
            (vec![media("5000", "<state>RESERVED</state>")], "state"),
            (vec![media("5000", "<state>READY</state><reasonCodeId>7</reasonCodeId>")], "reasonCodeId"),
            (vec![media("5000", "<reasonCodeId>7</reasonCodeId>")], "reasonCodeId"),
            (vec![media("5000", "<maxDialogLimit>11</maxDialogLimit>")], "maxDialogLimit"),
            (vec![Media { max_dialog_limit: Some(Scalar::Value(0)), ..media("5000", "") }], "maxDialogLimit"),
            (vec![media("5000", "<interruptAction>X</interruptAction>")], "interruptAction"),
            (vec![media("5000", "<dialogLogoutAction>X</dialogLogoutAction>")], "dialogLogoutAction"),
        ] {
            assert_eq!(check(&list).unwrap_err().field(), field, "{list:?}");
        }
    }
}
