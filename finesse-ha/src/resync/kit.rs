//! What the tests of this module build on: agents, calls and notifications in few words.
//!
//! Times are milliseconds after a fixed moment by the server's clock, which has nothing to do with the client's.

use finesse_model::{
    Dialog, DialogId, RequestId, Resource, SystemInfo, Timestamp, Update, User, UserId, Verb,
};
use finesse_notify::Notification;

pub(super) const OWN: &str = "7301";

pub(super) fn own() -> UserId {
    UserId::new("1001").unwrap()
}

pub(super) fn id(text: &str) -> DialogId {
    DialogId::new(text).unwrap()
}

/// A server's time.
pub(super) fn at(millis: u64) -> String {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_772_438_400_000 + millis);
    humantime::format_rfc3339_millis(moment).to_string()
}

/// The agent, signed in unless the state says otherwise; `reason` 0 is none.
pub(super) fn agent(state: &str, millis: u64, reason: i64) -> User {
    let extension = if state == "LOGOUT" { "" } else { OWN };
    let reason = match reason {
        0 => String::new(),
        code => format!("<reasonCode><code>{code}</code></reasonCode>"),
    };
    User::from_xml(&format!(
        "<User><loginId>1001</loginId><state>{state}</state><stateChangeTime>{}</stateChangeTime><pendingState></pendingState>\
         <extension>{extension}</extension>{reason}</User>",
        at(millis)
    ))
    .unwrap()
}

/// A call of the agent with parties as address, state, milliseconds.
pub(super) fn call(id: &str, parties: &[(&str, &str, u64)]) -> Dialog {
    let parties: Vec<(&str, &str, String)> =
        parties.iter().map(|(address, state, millis)| (*address, *state, at(*millis))).collect();
    let parties: Vec<(&str, &str, &str)> =
        parties.iter().map(|(address, state, time)| (*address, *state, time.as_str())).collect();
    timed_call(id, &parties)
}

/// The same with times as texts, which may be empty.
pub(super) fn timed_call(id: &str, parties: &[(&str, &str, &str)]) -> Dialog {
    let parties: String = parties
        .iter()
        .map(|(address, state, time)| {
            format!(
                "<Participant><mediaAddress>{address}</mediaAddress><state>{state}</state>\
                 <stateChangeTime>{time}</stateChangeTime></Participant>"
            )
        })
        .collect();
    Dialog::from_xml(&format!(
        "<Dialog><id>{id}</id><state>ACTIVE</state><participants>{parties}</participants></Dialog>"
    ))
    .unwrap()
}

/// The agent and one customer on a call, both in that state since then.
pub(super) fn talk(id: &str, state: &str, millis: u64) -> Dialog {
    call(id, &[(OWN, state, millis), ("5550142", "ACTIVE", 0)])
}

/// The same call with a call variable.
pub(super) fn with_variable(mut dialog: Dialog, value: &str) -> Dialog {
    let xml = format!(
        "<Dialog><id>1</id><mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>{value}</value>\
         </CallVariable></callvariables></mediaProperties></Dialog>"
    );
    dialog.media_properties = Dialog::from_xml(&xml).unwrap().media_properties;
    dialog
}

pub(super) fn time(millis: u64) -> Timestamp {
    Timestamp(at(millis))
}

fn notification(node: &str, update: Update) -> Notification {
    Notification { node: node.to_owned(), item_id: None, delayed: false, update: Ok(update) }
}

/// The server tells the agent's state.
pub(super) fn says_agent(user: &User) -> Notification {
    let node = "/finesse/api/User/1001";
    let data = Some(Resource::User(Box::new(user.clone())));
    notification(node, Update::new(Verb::Put, node, data))
}

/// The server tells of a call.
pub(super) fn says_call(dialog: &Dialog) -> Notification {
    let data = Some(Resource::Dialog(Box::new(dialog.clone())));
    let update = Update::new(Verb::Put, format!("/finesse/api/Dialog/{}", dialog.id), data);
    notification("/finesse/api/User/1001/Dialogs", update)
}

/// The server tells that a call is over.
pub(super) fn says_over(dialog: &Dialog) -> Notification {
    let mut notification = says_call(dialog);
    if let Ok(update) = &mut notification.update {
        update.event = Verb::Delete;
    }
    notification
}

/// The server tells how its side is.
pub(super) fn says_status(status: &str) -> Notification {
    let xml = format!("<SystemInfo><status>{status}</status></SystemInfo>");
    let data = Some(Resource::SystemInfo(Box::new(SystemInfo::from_xml(&xml).unwrap())));
    notification("/finesse/api/SystemInfo", Update::new(Verb::Put, "/finesse/api/SystemInfo", data))
}

/// The server refuses what it had accepted.
pub(super) fn says_refused(source: &str, request_id: Option<&RequestId>, message: &str) -> Notification {
    let xml = format!(
        "<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorMessage>{message}</ErrorMessage></ApiError></ApiErrors>"
    );
    let errors = finesse_model::ApiErrors::from_xml(&xml).unwrap();
    let data = Some(Resource::ApiErrors(errors));
    notification(
        "/finesse/api/User/1001",
        Update { request_id: request_id.cloned(), ..Update::new(Verb::Put, source, data) },
    )
}
